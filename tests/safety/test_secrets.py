"""Secrets stay: a search through everything that a run wrote, with every layer made to fail."""

from __future__ import annotations

import asyncio
import logging
import signal
import stat
import sys
from pathlib import Path

import pytest

from tests.cli.house import API_HASH, MODEL_KEY, PASSWORD, PHONE, SECRETS, House
from tests.harness import LOGIN_CODE
from userbot import masking
from userbot.cli.common import explained, say_error
from userbot.errors import ConfigError, Fault, UserbotError
from userbot.events import Failed, Heard

KEPT_FOR_THAT = ("config.toml", ".session", ".session-journal")
"""Files that hold secrets by their nature; they are the owner's alone."""


def written(folder: Path) -> dict[str, bytes]:
    """Every file of a run that has no business to hold a secret."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(KEPT_FOR_THAT)
    }


@pytest.mark.long
async def test_nothing_that_a_run_writes_holds_a_secret(house: House) -> None:
    """Login with password, doctor, a run with failures of every layer: logs, JSON, console."""
    stage = house.stage
    nina = stage.telegram.add_account(
        "Nina", phone="+9996620009", code=LOGIN_CODE, password=PASSWORD
    )
    stage.max.invites(nina, stage.group)
    house.write_config(
        '[trigger]\nfrom = "anyone"\n[console]\nlog_file = "logs/run.log"\nlog_text = true\n'
    )
    printed = []
    lines = f"33333\n{LOGIN_CODE}\n{PASSWORD}\n"
    ended = await house.run("login", "--phone", "+9996620009", lines=lines)
    printed += [ended.out, ended.err]
    for flags in (("doctor",), ("doctor", "--json"), ("doctor", "-v")):
        ended = await house.run(*flags)
        printed += [ended.out, ended.err]
    repeats = f"Incorrect API key provided: {MODEL_KEY}. hash {API_HASH} phone 9996620009"
    stage.endpoint.faults.add("unauthorized")
    stage.endpoint.faults.add("error_object", message=repeats)
    for kind in ("junk", "cut", "empty"):
        stage.endpoint.faults.add(kind)
    stage.telegram.faults.add("messages.sendMessage", "INTERNAL")
    stage.telegram.faults.add("contacts.getBlocked", "FLOOD_WAIT_1")
    for flags in (("--json", "-v"), ("--plain", "-v")):
        running = await house.start("run", *flags)
        while "ready" not in await running.line():
            pass
        for number in range(7):
            stage.max.says(stage.group, f"/gpt question {number}")
            await asyncio.sleep(0.15)
        await asyncio.sleep(0.5)
        ended = await running.stop(signal.SIGINT)
        printed += [ended.out, ended.err]
    everything = {**written(house.folder), "printed": "".join(printed).encode()}
    assert "logs/run.log" in everything
    secrets = {*SECRETS, "9996620009", "+9996620009"}
    found = [
        (name, secret)
        for name, content in everything.items()
        for secret in secrets
        if secret.encode() in content
    ]
    assert not found
    assert b"failed" in everything["logs/run.log"], "something did go wrong"
    for path in house.folder.rglob("*"):
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    for folder in ("logs", "sessions"):
        assert stat.S_IMODE((house.folder / folder).stat().st_mode) == 0o700


async def test_what_is_told_of_an_error_in_any_layer_is_masked(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    masking.hide(API_HASH, "p@ss word", PHONE, "tiny-key-9")
    masking.hide_password_of("socks5://me:pr0xy-pass@host:1080")
    masking.hide_password_of("tg://proxy?server=h&port=1&secret=dd00112233445566778899aabbccddeeff")
    masking.hide_password_of("https://me:s3rver-pass@host/mcp?zone=Europe&apiKey=k3y%2Bof-7719")
    assert masking.masked("zone Europe") == "zone Europe"
    for text in (
        API_HASH,
        "s3rver-pass",
        "k3y%2Bof-7719",
        "k3y+of-7719",
        "p%40ss%20word",
        "p@ss word",
        PHONE.removeprefix("+"),
        PHONE,
        "pr0xy-pass",
        "dd00112233445566778899aabbccddeeff",
    ):
        say_error(UserbotError(f"it said {text}", f"look at {text}"))
        say_error(ConfigError((Fault("a", f"b {text}", f"c {text}"),)))
        say_error(explained(OSError(13, "denied", f"/home/{text}")))
        event = masking.masked_event(Failed(reason="x", error=f"got {text}", hint=text))
        assert text not in event.error + event.hint
        error = ValueError(f"cannot use {text}")
        assert text not in masking.traceback_of(error)
        printed = capsys.readouterr().err
        assert text not in printed
        assert masking.MASK in printed


def test_log_records_of_any_library_are_masked(caplog: pytest.LogCaptureFixture) -> None:
    hook, factory = sys.excepthook, logging.getLogRecordFactory()
    masking.hide("tiny-key-9")
    try:
        masking.install()
        masking.install()
        logger = logging.getLogger("some.library")
        logger.error("key %s, %d", "tiny-key-9", 5)
        logger.error("of %s", "nothing")
        try:
            raise RuntimeError("tiny-key-9 in an exception")
        except RuntimeError:
            logger.exception("it failed")
        assert "tiny-key-9" not in caplog.text
        assert "of nothing" in caplog.text
        assert "RuntimeError" in caplog.text
        assert caplog.records[1].msg == "of %s", "what needs no mask keeps its template"
    finally:
        sys.excepthook = hook
        logging.setLogRecordFactory(factory)


def test_ordinary_words_are_left_alone() -> None:
    masking.hide("", None, "abc")
    event = Heard(text="abc is short")
    assert masking.masked_event(event) is event
