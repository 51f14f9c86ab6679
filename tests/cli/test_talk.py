"""`userbot talk`: the assistant in a terminal and in a pipe, without any Telegram."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cli.house import House
from tests.cli.processes import Process
from tests.path.voice.notes import until
from tests.questions import question
from tests.tool_servers import Served
from userbot.sandbox.endpoint import Reply
from userbot.storage.archive import Archive, ArchivedQuestion
from userbot.storage.store import Store
from userbot.types import TERMINAL, ToolCall

SENTENCES = [f"Sentence number {n} says a little more than the one before it. " for n in range(12)]


def write_config(house: House, more: str = "") -> None:
    """A config that says nothing of Telegram."""
    path = house.folder / "config.toml"
    path.write_text(
        f'[openai]\nbase_url = "{house.stage.endpoint.base_url}"\napi_key = "sandbox-key"\n'
        f'model = "sandbox"\n{more}\n',
        encoding="utf-8",
    )
    path.chmod(0o600)


def kept(house: House) -> list[ArchivedQuestion]:
    with Archive.reading(house.folder / "sessions" / "history.db") as archive:
        assert archive is not None
        return archive.exchanges(100)


async def test_a_pipe_gets_an_answer_a_line_and_nothing_else(house: House) -> None:
    write_config(house)
    ended = await house.run("talk", lines="what is a turn\n\n/gpt and a line\n")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "You asked: what is a turn\nYou asked: and a line\n"
    assert len(house.stage.endpoint.requests[1]["messages"]) == 4, "it remembers what was said"
    ended = await house.run("talk", lines="and once more")
    assert len(house.stage.endpoint.requests[2]["messages"]) == 6, "also another time"
    ended = await house.run("talk", lines="/gpt_new\nand now")
    assert len(house.stage.endpoint.requests[3]["messages"]) == 2
    assert {(one.conversation.chat, one.title, one.state) for one in kept(house)} == {
        (TERMINAL, "Terminal", "answered")
    }


async def test_with_a_text_it_answers_that_and_ends(house: House) -> None:
    write_config(house)
    ended = await house.run("talk", "what is", "a turn", lines="never asked\n")
    assert (ended.code, ended.out, ended.err) == (0, "You asked: what is a turn\n", "")
    house.stage.endpoint.faults.add("quota")
    assert (await house.run("talk", "and now")).code == 1


async def test_it_has_commands_of_its_own(house: House) -> None:
    write_config(house)
    ended = await house.run("talk", lines="one\n/new\n/help\ntwo\n/gpt_usage\n")
    assert ended.out == "You asked: one\nYou asked: two\n"
    assert len(house.stage.endpoint.requests[1]["messages"]) == 2
    shown = [line for line in ended.err.splitlines() if re.match(r"  [-/]\w", line)]
    assert len({re.split(r" {2,}", line[2:])[0] for line in shown}) == 4
    assert len({line.index(re.split(r" {2,}", line[2:])[1]) for line in shown}) == 1, "one column"
    assert max(map(len, shown)) <= 79
    assert "That command is for chats.\n  → Here there are /new, /help and /quit." in ended.err


async def test_a_command_that_it_does_not_know_never_goes_to_the_model(house: House) -> None:
    write_config(house)
    asked = "/bogus\n/help me\n/etc/hosts has what?\n /bogus asks\n/gpt /bogus\n"
    ended = await house.run("talk", lines=asked)
    assert ended.out.splitlines() == [
        "You asked: /help me",
        "You asked: /etc/hosts has what?",
        "You asked: /bogus asks",
        "You asked: /bogus",
    ]
    (hint,) = ended.hints
    assert ended.sentences == ["error: There is no /bogus here."]
    assert hint.startswith("  → Here there are /new, /help and /quit.")
    assert ended.code == 1
    assert (await house.run("talk", "/histroy")).code == 1
    assert len(house.stage.endpoint.requests) == 4


async def test_ctrl_c_clears_a_line_that_was_begun_and_leaves_at_an_empty_one(house: House) -> None:
    write_config(house)
    screen = await house.terminal("talk")
    await screen.shows("› ")
    screen.types("half a line")
    await screen.shows("half a line$")
    await asyncio.sleep(0.3)  # readline sees no signal between its prompt and its wait for keys
    screen.types("\x03")
    await screen.shows("half a line(\\^C)?\n+› $")
    screen.types("whole\n")
    await screen.shows("You asked: whole")
    await screen.shows("\n› $")
    await asyncio.sleep(0.3)
    screen.types("\x03")
    assert await screen.ends() == 130


@pytest.mark.parametrize("word", ["/quit", " /EXIT "])
async def test_quit_and_exit_leave(house: House, word: str) -> None:
    write_config(house)
    ended = await house.run("talk", lines=f"/quit or not\n{word}\nnever asked\n")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "You asked: /quit or not\n"
    assert len(house.stage.endpoint.requests) == 1


async def test_it_is_no_first_start(house: House) -> None:
    write_config(house)
    await house.run("talk", lines="hello")
    now = datetime.now(UTC)
    with Store.open(house.folder / "sessions" / "history.db") as store:
        assert store.began(now) == now, (
            "what was written to the account before is nobody's question"
        )


async def test_the_rest_of_the_config_is_still_looked_at(house: House) -> None:
    write_config(house, '[telegram]\napi_id = 0\napi_hash = "…"\n[history]\nwindow = 3\n')
    ended = await house.run("talk", lines="hello")
    assert ended.code == 3
    assert "api_id" not in ended.err
    assert "window" in ended.err


async def test_a_failure_in_a_pipe_is_told_with_a_hint_and_an_exit_code(house: House) -> None:
    write_config(house)
    house.stage.endpoint.faults.add("quota")
    ended = await house.run("talk", "--plain", lines="one\ntwo\n")
    assert ended.code == 1
    assert ended.out == "You asked: two\n"
    assert "out of credit" in ended.err
    assert "→" in ended.err


async def test_json_tells_what_happens(house: House) -> None:
    write_config(house)
    ended = await house.run("talk", "--json", lines="one\n")
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert [row["event"] for row in rows] == ["answering", "answered"]


async def test_in_a_terminal_the_answer_grows_and_ctrl_d_ends(house: House) -> None:
    write_config(house)
    house.stage.endpoint.responder = lambda _: Reply(
        "".join(SENTENCES), chunks=tuple(SENTENCES), delay=0.15
    )
    screen = await house.terminal("talk")
    await screen.shows("› ")
    screen.types("tell me\n")
    await screen.shows("Sentence number 0")
    assert "number 11" not in screen.plain, "it grows"
    await screen.shows("Sentence number 11 says a little more than the one before it")
    await screen.shows("it\\.\n› $")
    screen.types("\x04")
    assert await screen.ends() == 0
    assert screen.plain.endswith("› \n"), "the shell goes on in a line of its own"
    assert screen.plain.count("Sentence number 3 ") == 1, "what stands is not printed again"
    (one,) = kept(house)
    assert one.answer == "".join(SENTENCES)


async def test_what_changes_while_it_grows_is_printed_over(house: House) -> None:
    write_config(house)
    first = "A whole first line is here. **bo"
    pieces = (first, "ld", "** and [a li", "nk](https://x.example/)", ".")
    house.stage.endpoint.responder = lambda _: Reply("".join(pieces), chunks=pieces, delay=0.7)
    screen = await house.terminal("talk")
    await screen.shows("› ")
    screen.types("tell me\n")
    await screen.shows("bold and a link")
    await screen.shows("a link.*\\.\n› $")
    screen.types("\x04")
    assert await screen.ends() == 0


async def test_in_a_terminal_what_happens_is_on_lines_of_its_own_that_end_between_words(
    house: House,
) -> None:
    write_config(house)
    house.stage.endpoint.faults.add("cut", after=30)
    screen = await house.terminal("talk", columns=50)
    await screen.shows("› ")
    screen.types("tell me\n")
    await screen.shows("waiting  Terminal")
    await screen.shows("tell me.?\n› $")
    told = screen.plain.split("tell me\n")[1].splitlines()
    assert [one for one in told if re.match(r"\d\d:\d\d:\d\d waiting", one)], told
    assert max(map(len, told)) <= 50
    screen.types("\x04")
    assert await screen.ends() == 0


async def test_ctrl_c_stops_the_answer_and_a_second_one_leaves(house: House) -> None:
    write_config(house)
    house.stage.endpoint.responder = lambda _: Reply(
        "".join(SENTENCES * 9), chunks=tuple(SENTENCES * 9), delay=0.1
    )
    screen = await house.terminal("talk")
    await screen.shows("› ")
    screen.types("tell me\n")
    await screen.shows("Sentence number 2 ")
    screen.types("\x03")
    await until(lambda: house.stage.endpoint.cancelled == 1)
    await screen.shows("\n› $")
    screen.types("\x03")
    assert await screen.ends() == 130
    (one,) = kept(house)
    assert (one.state, one.reason) == ("answered", "stopped")
    assert one.answer is not None
    assert one.answer.startswith(SENTENCES[0])


async def test_ctrl_c_in_a_pipe_leaves(house: House) -> None:
    write_config(house)
    asked = asyncio.Event()

    async def answer(_: Any) -> Reply:
        asked.set()
        await asyncio.sleep(30)
        return Reply("never")

    house.stage.endpoint.responder = answer
    running = await house.start("talk")
    assert isinstance(running.process, Process)
    running.process.types(b"one\ntwo\n")
    await asyncio.wait_for(asked.wait(), 60)
    assert (await running.stop(signal.SIGINT)).code == 130
    assert len(house.stage.endpoint.requests) == 1


async def test_what_was_left_open_in_the_terminal_never_goes_to_telegram(house: House) -> None:
    now = datetime.now(UTC)
    house.log_in()
    house.write_config()
    with Store.open(house.folder / "sessions" / "history.db") as store:
        assert store.questions.add(question(chat=TERMINAL, message=1, at=now), now)
        failed = store.questions.add(question(chat=TERMINAL, message=2, at=now), now)
        assert failed is not None
        store.questions.mark(failed, "failed", "quota", now)
    running = await house.start("run", "--json")
    assert (await running.event("ready"))["pending"] == 0
    assert "No failed questions" in (await house.run("retry")).err
    await running.stop(signal.SIGINT)
    assert not house.stage.endpoint.requests


async def test_a_question_says_how_it_is_asked(house: House) -> None:
    write_config(house, '[models]\nbig = "gpt-big"\n')
    lines = (
        "one\n-m big -e high two\n/gpt -n -m gpt-own three\n-e huge four\n-n\n-c x why?\n-- -n x\n"
    )
    ended = await house.run("talk", lines=lines)
    assert ended.out.splitlines() == [
        f"You asked: {word}" for word in ("one", "two", "three", "-n x")
    ]
    requests = house.stage.endpoint.requests
    assert [one["model"] for one in requests] == ["sandbox", "gpt-big", "gpt-own", "sandbox"]
    assert [one.get("reasoning_effort") for one in requests] == [None, "high", None, None]
    assert [len(one["messages"]) for one in requests] == [2, 4, 2, 8]
    assert "-e takes low, medium or high.  → Example: -e high." in ended.err
    assert "Nothing was asked." in ended.err
    assert "-q and -c are for chats." in ended.err
    ended = await house.run("talk", "--", "-m", "big", "five?")
    assert ended.out == "You asked: five?\n"
    assert requests[-1]["model"] == "gpt-big"
    assert "userbot talk -- -m big" in (await house.run("talk", "--help")).out


def calls(house: House, call: ToolCall) -> None:
    """The model calls it, and then says what it returned."""

    def respond(request: dict[str, Any]) -> Reply:
        told = [one["content"] for one in request["messages"] if one["role"] == "tool"]
        return Reply(told[-1]) if told else Reply("", calls=(call,))

    house.stage.endpoint.responder = respond


async def test_who_sits_at_the_keyboard_is_asked_for_his_yes_right_there(
    house: House, notes: Served
) -> None:
    calls(house, ToolCall("a1", "notes__add", json.dumps({"text": "milk"})))
    block = {**notes.block(), "allow": [], "ask": ["add"]}
    lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in block.items())
    write_config(house, f"[[tools]]\n{lines}")
    screen = await house.terminal("talk")
    await screen.shows("› ")
    screen.types("note it\nyes\n")  # a word that was typed before the question is no answer
    await screen.shows(r"text: milk\s+Go ahead\? \(yes, no\): $")
    assert notes.called("add") == []
    screen.types("no\n")
    await screen.shows("The owner has said no.")
    assert notes.called("add") == []
    screen.types("once more\n")
    await until(lambda: screen.plain.count("Go ahead?") == 2)
    screen.types("да\n")
    await screen.shows("Added: milk")
    assert notes.called("add") == [{"text": "milk"}]
    screen.types("/quit\n")
    assert await screen.ends() == 0


async def test_tools_of_servers_are_there_and_what_needs_a_yes_is_not_done(
    house: House, notes: Served
) -> None:
    calls(house, ToolCall("a1", "notes__add", json.dumps({"text": "milk"})))
    block = "\n".join(f"{key} = {json.dumps(value)}" for key, value in notes.block().items())
    write_config(house, f"[[tools]]\n{block}")
    ended = await house.run("talk", lines="note: milk\nand once more\n")
    first, second = (one for one in ended.out.splitlines() if one.startswith(("Added", "This")))
    assert first == "Added: milk"
    assert "needs the owner's yes" in second, "an answer to a tool's result is in sight"
    assert "notes__add needs your yes, which cannot be given here." in ended.err
    assert notes.called("add") == [{"text": "milk"}]
