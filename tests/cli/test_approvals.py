"""`userbot approvals`, and the keys y and n: the owner's word without Saved Messages."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.house import House
from tests.harness import Stage
from tests.path.test_approvals import ANSWER, SHOWN, begun, requested
from tests.path.voice.notes import answered, until
from tests.questions import NOW, OWNER, question
from userbot.cli.approvals import _decide, _whole
from userbot.settings import HistoryConfig, Settings, TelegramConfig
from userbot.storage.store import Store
from userbot.types import Approval, Wanted

CHATS = (
    '[[chats]]\nid = {chat}\nrespond = "all"\nfrom = "anyone"\nanswer = "ask"\ndraft_after = 0\n'
)


async def test_it_lists_what_waits_and_its_word_is_carried_out_by_the_program_that_runs(
    stage: Stage,
) -> None:
    program = await begun(stage)
    first = stage.max.says(stage.group, "when do we meet?")
    second = stage.lena.says(stage.group, "and where?")
    await requested(stage, 2)
    rows = stage.command("approvals")
    assert [(row.approval, row.question, row.what) for row in rows] == [
        (1, "when do we meet?", ANSWER),
        (2, "and where?", ANSWER),
    ]
    stage.command("approvals", "1", "yes")
    stage.command("approvals", "2", "At", "Ben's.")
    await answered(program, 2)
    assert [one.text for one in stage.answers(first)] == [SHOWN]
    assert [one.text for one in stage.answers(second)] == ["At Ben's."]
    await until(lambda: stage.olga.messages(stage.olga)[0].text == "Weekend · Max: sent.")
    assert stage.command("approvals") == []
    with pytest.raises(SystemExit):
        stage.command("approvals", "1", "no")


async def test_a_word_that_is_said_while_nothing_runs_is_carried_out_by_the_next_start(
    stage: Stage,
) -> None:
    program = await begun(stage)
    question = stage.max.says(stage.group, "when do we meet?")
    await requested(stage)
    await program.stop()
    stage.command("approvals", "1", "yes")
    assert stage.answers(question) == []
    program = await begun(stage)
    await program.tells("answered")
    assert [one.text for one in stage.answers(question)] == [SHOWN]


@pytest.mark.parametrize(
    ("kind", "what", "shown"),
    [
        ("answer", "At \x9b2Jeight\u202e.\nBye", "At 2Jeight.\nBye"),
        ("call", "add\ntext: \x9b2J\u202e\n    да", "add\ntext: \\u009b2J\\u202e\n    да"),
    ],
)
def test_what_waits_is_shown_whole_and_steers_no_terminal(kind: Any, what: str, shown: str) -> None:
    assert _whole(Approval(1, 1, kind, what, what, NOW, NOW)) == shown


@pytest.mark.parametrize(
    ("kind", "word", "told"),
    [
        ("answer", "yes", "1: yes. The running `userbot` sends it, or"),
        ("answer", "At Ben's.", "1: your text is sent instead."),
        ("call", "yes", "1: yes. The running `userbot` makes the call, or"),
        ("call", "no", "1: no. The call is not made; the answer goes on without it."),
        ("call", "tomorrow", "1: the call is not made; your words go to the model."),
    ],
)
def test_what_comes_of_a_word_is_told_as_of_what_it_was_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: Any, word: str, told: str
) -> None:
    telegram = TelegramConfig(api_id=1, api_hash="x", session=tmp_path / "me")
    settings = Settings(telegram=telegram, history=HistoryConfig(database=tmp_path / "history.db"))
    now = datetime.now(UTC)
    with Store.open(settings.history.database) as store:
        asked = store.questions.add(question(sender=OWNER), now)
        assert asked is not None
        wanted = Wanted(kind, "x", ())
        approval = store.approvals.ask(asked, wanted, now, now + timedelta(hours=1))
    _decide(settings, [(asked, approval)], word)
    out = capsys.readouterr()
    assert told in out.out + out.err


async def test_y_and_n_say_it_to_the_row_that_is_marked(house: House) -> None:
    stage = house.stage
    house.write_config(CHATS.format(chat=stage.group.id) + "[approvals]\nring = false\n")
    house.log_in()
    screen = await house.terminal("run", columns=100)
    await screen.shows("● connected")
    screen.types("y")
    await screen.shows("Nothing waits for your yes.")
    first = stage.max.says(stage.group, "hello")
    await screen.shows("▸ Weekend · Max +waiting for your yes")
    await screen.shows("1 waits for your yes")
    await asyncio.sleep(1.2)
    screen.types("н")  # the same key where a keyboard writes Russian
    assert await stage.max.expects(stage.group, reply_to=first)
    second = stage.max.says(stage.group, "and again")
    await screen.shows("asks you .*number 2")
    await asyncio.sleep(1.2)
    screen.types("n")
    await screen.shows("You said no.")
    screen.types("\x03")
    assert await screen.ends() == 130
    assert [one for one in stage.max.messages(stage.group) if one.reply_to is second] == []


async def test_a_yes_after_the_time_is_over_sends_nothing(stage: Stage) -> None:
    program = await begun(stage, approvals={"ring": False, "wait_minutes": 0.001})
    question = stage.max.says(stage.group, "when do we meet?")
    await requested(stage)
    await program.crash()
    await asyncio.sleep(0.1)
    stage.command("approvals", "1", "yes")
    program = await begun(stage)
    await program.tells("skipped", reason="no_yes")
    assert stage.answers(question) == []
