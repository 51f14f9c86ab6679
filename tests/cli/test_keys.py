"""The keys of a run in a terminal, and what its bottom line says."""

from __future__ import annotations

import asyncio
import io
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from tests.cli.house import House
from tests.questions import ANNA, answer, paid, question
from userbot.cli.attended import Attended
from userbot.config import load
from userbot.console.live import Live
from userbot.console.status import Status
from userbot.controls import Controls
from userbot.events import Asked, Event, Ready, about
from userbot.storage import schema
from userbot.storage.store import Store
from userbot.types import ApprovalEnd, Usage

CHATS = '[[chats]]\nid = {chat}\nrespond = "prefix"\nfrom = "anyone"\n'


async def test_keys_pause_retry_and_show_chats_usage_and_help(house: House) -> None:
    stage = house.stage
    house.write_config(CHATS.format(chat=stage.group.id))
    house.log_in()
    screen = await house.terminal("run", columns=100)
    await screen.shows("● Olga · sandbox · Weekend for everybody")
    await screen.shows("● connected · 1 chat")
    assert not screen.echoes

    screen.types("p")
    await screen.shows("● connected · paused")
    question = stage.max.says(stage.group, "/gpt hello")
    await screen.shows(r"Weekend · Max +waiting \d s")
    await asyncio.sleep(0.5)
    assert not [one for one in stage.max.messages(stage.group) if one.reply_to is question]
    screen.types("з")  # the same key where a keyboard writes Russian
    assert await stage.max.expects(stage.group, reply_to=question)
    await screen.shows(r"today 1 answer · \d+ tokens")

    stage.endpoint.faults.add("unauthorized")
    again = stage.max.says(stage.group, "/gpt once more")
    await screen.shows("1 failed")
    screen.types("r")
    await screen.shows("Retrying 1 question")
    assert await stage.max.expects(stage.group, reply_to=again)
    await screen.shows(r"today 2 answers · \d+ tokens\s*(\x1b|$|[^·\s])")

    screen.types("c")
    await screen.shows("  Weekend for everybody")
    screen.types("u")
    await screen.shows(r"Weekend +3|Weekend +2")
    screen.types("?")
    await screen.shows("p pause")
    screen.types("\x03")
    assert await screen.ends() == 130
    assert "^C" not in screen.plain
    assert screen.echoes


def test_the_day_is_counted_when_all_is_ready_also_after_the_history_was_brought_up_to_date(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    asked = store.questions.add(question("When?", message=1, sender=ANNA, at=now), now)
    assert asked is not None
    for _round in range(2):  # the second after a call of a tool: one answer all the same
        paid(store, asked, now, usage=Usage(50, 25))
    store.questions.settle(asked, answer("Now."), now)
    told: list[Event] = []
    loaded = load(folder / "config.toml", None, {}, need_key=False)
    screen = Live("en", verbose=False, console=Console(file=io.StringIO()), status=Status())
    monkeypatch.setattr(schema, "NEWEST", schema.NEWEST + 1)
    attended = Attended(screen, loaded, Controls(), told.append, "en")
    monkeypatch.undo()  # the program has opened the history, and taken what it lacked
    ready = Ready(account="Olga", model="m", chats=0, seconds=0.5)
    attended(ready)
    assert screen.status is not None
    assert (screen.status.today.answers, screen.status.today.tokens) == (1, 150)
    assert told == [ready]


def test_a_key_says_no_yes_to_a_call_of_which_not_all_was_shown(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[int, ApprovalEnd]] = []
    paper = io.StringIO()
    screen = Live("en", verbose=False, console=Console(file=paper), status=Status())
    controls = Controls()
    monkeypatch.setattr(controls, "say", lambda *word: said.append(word))
    loaded = load(folder / "config.toml", None, {}, need_key=False)
    attended = Attended(screen, loaded, controls, lambda _event: None, "en")
    text = 'notes__add {"text": "mi…'
    where = about(question("Note it.", message=7, sender=ANNA))
    screen(Asked(**where, approval=3, kind="call", minutes=60, text=text))
    screen.chosen()
    now = time.monotonic() + 5
    monkeypatch.setattr("time.monotonic", lambda: now)
    attended.pressed("y")
    assert said == []
    assert "userbot approvals" in paper.getvalue()
    attended.pressed("n")
    assert said == [(3, ApprovalEnd("no"))]


async def test_an_endpoint_or_a_key_that_does_not_answer_is_told_at_the_start(house: House) -> None:
    path = house.write_config()
    path.write_text(
        path.read_text().replace(house.stage.endpoint.base_url, "http://127.0.0.1:9/v1")
    )
    house.log_in()
    screen = await house.terminal("run")
    await screen.shows("127.0.0.1:9")
    screen.types("\x03")
    assert await screen.ends() == 130
