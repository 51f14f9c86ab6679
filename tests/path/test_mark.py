"""`[trigger] mark`: each answer ends with it in Telegram, and nowhere else."""

from __future__ import annotations

import pytest

from tests.harness import Stage, listed
from tests.path.test_answered_once import CUT_OFF, SEND
from tests.path.test_approvals import requested
from tests.path.test_chat_commands import result
from tests.path.test_live_reply import FAST, streamed
from tests.path.test_own_prompt import until_text
from tests.path.test_recap import daily
from tests.path.voice.notes import answered, until
from tests.quick_clock import QuickClock
from userbot.sandbox.endpoint import Reply

MARK = {"from": "anyone", "mark": "🤖"}


async def test_every_answer_ends_with_it_and_the_history_knows_nothing_of_it(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "It is **blue**."
    program = await stage.program(trigger=MARK)
    question = stage.max.says(stage.group, "/gpt what is blue?")
    answer = await stage.max.expects(stage.group, reply_to=question)
    assert answer.text == "It is blue. 🤖"
    assert (await program.tells("answered")).text == "It is blue."
    stage.max.says(stage.group, "/gpt sure?", reply_to=answer)
    await answered(program, 2)
    stage.lena.says(stage.group, "/gpt", reply_to=answer)  # it alone is the question
    await answered(program, 3)
    assert "🤖" not in str(stage.asked())
    assert "> It is blue." in stage.asked()[-1][-1]["content"]
    assert [row.answer for row in stage.history()] == ["It is **blue**."] * 3


async def test_a_long_streamed_answer_has_it_once_at_its_end(stage: Stage) -> None:
    said = [f"Paragraph {n}. {'word ' * 60}\n\n" for n in range(16)]
    stage.endpoint.responder = lambda _: streamed(*said)
    program = await stage.program(trigger=MARK, pacing=FAST)
    question = stage.max.says(stage.group, "/gpt a lot")
    answered = await program.tells("answered")
    parts = [one for one in stage.olga.messages(stage.group) if one.sender is stage.olga]
    assert len(parts) == len(answered.answers) > 1
    shown = "".join(one.text for one in parts)
    assert (shown.count("🤖"), parts[-1].text[-2:]) == (1, " 🤖")
    assert "".join(shown.split()) == "".join("".join(said).split()) + "🤖"
    assert parts[0].reply_to is question


async def test_slow_mode_leaves_one_message_that_has_it(stage: Stage) -> None:
    program = await stage.program(trigger=MARK)
    await stage.all_arrives()
    stage.endpoint.responder = lambda _: "word " * 2000
    # The first message leaves, and the second is told of slow mode.
    stage.telegram.faults.add(SEND, chat=stage.club)
    stage.telegram.faults.add(SEND, "SLOWMODE_WAIT_600", chat=stage.club)
    stage.max.says(stage.club, "/gpt a lot")
    assert await program.tells("notice", reason="slow_mode_rest")
    (_question, answer) = [one for one in stage.olga.messages(stage.club) if one.text]
    assert answer.text.endswith("word 🤖")


async def test_an_answer_in_the_owners_own_message_has_it_and_can_be_asked_about(
    stage: Stage,
) -> None:
    stage.endpoint.responder = lambda _: "It is blue."
    await stage.program(trigger=MARK | {"own_prompt": "edit"})
    question = stage.olga.says(stage.max, "/gpt what is blue?")
    await until_text(question, "what is blue?\n\nIt is blue. 🤖")
    more = stage.max.says(stage.olga, "/gpt and green?", reply_to=question)
    await stage.max.expects(stage.olga, reply_to=more)
    assert "🤖" not in str(stage.asked())


async def test_a_quiet_answer_and_a_recap_have_it(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "On Saturday [1]."
    program = await stage.program(trigger=MARK)
    stage.max.says(stage.club, "we meet on Saturday")
    stage.olga.says(stage.club, "/gpt -q when?")
    await program.tells("answered")
    assert (await result(stage)).endswith(" 🤖")
    stage.olga.says(stage.club, "/gpt_recap 5")
    await program.tells("answered")
    recap = stage.olga.messages(stage.olga)[-1]
    assert (recap.text.count("🤖"), recap.text[-1]) == (1, "🤖")
    assert "🤖" not in str(stage.asked())


async def test_a_scheduled_recap_has_it_and_what_is_kept_of_it_has_not(stage: Stage) -> None:
    stage.max.says(stage.club, "we meet on Saturday")
    stage.endpoint.responder = lambda _: "Saturday."
    kept = {"trigger": MARK, **daily(stage.club.id)}
    killed = await stage.process(**kept)
    sending = stage.telegram.faults.add("messages.sendMessage", delay=0.2)
    await until(lambda: sending.happened)
    await killed.kill()
    await until(lambda: stage.telegram.state.scheduled)
    stage.telegram.advance(20)
    program = await stage.program(**kept, clock=QuickClock(100))
    answered = await program.tells("answered")
    (recap,) = stage.olga.messages(stage.olga)
    assert recap.text.endswith("Saturday. 🤖")
    assert "🤖" not in answered.text
    (row,) = stage.history()
    assert "🤖" not in row.answer


async def test_a_scheduled_recap_is_told_without_it(stage: Stage) -> None:
    stage.max.says(stage.club, "we meet on Saturday")
    stage.endpoint.responder = lambda _: "Saturday."
    program = await stage.program(trigger=MARK, **daily(stage.club.id))
    assert (await program.tells("answered")).text.endswith("Saturday.")


@pytest.mark.parametrize(
    ("word", "sent"), [("yes", "It is blue. 🤖"), ("It is green.", "It is green.")]
)
async def test_what_the_owner_approves_has_it_and_what_he_writes_instead_has_not(
    stage: Stage, word: str, sent: str
) -> None:
    stage.endpoint.responder = lambda _: "It is blue."
    chats = [listed(stage.group.id, answer="ask", draft_after=0)]
    program = await stage.program(chats, trigger=MARK, approvals={"ring": False})
    question = stage.max.says(stage.group, "what is blue?")
    await program.tells("asked")
    stage.olga.says(stage.olga, word, reply_to=await requested(stage))
    await program.tells("answered")
    (answer,) = stage.answers(question)
    assert answer.text == sent
    (row,) = stage.history()
    assert row.answer == sent.removesuffix(" 🤖")


async def test_a_spoken_answer_has_it_in_its_caption_if_it_has_one(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "At nine."
    voice = {"answer_as": "voice"}
    program = await stage.program([listed(stage.group.id)], trigger=MARK, voice=voice)
    stage.max.says(stage.group, "When?")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert (answer.text, answer.media is not None) == ("At nine. 🤖", True)
    assert stage.endpoint.speeches[0]["input"] == "At nine."
    assert (await program.tells("answered")).text == "At nine."
    stage.endpoint.responder = lambda _: "word " * 300
    stage.max.says(stage.group, "At length?")
    assert not (await stage.max.expects(stage.group, from_=stage.olga)).text


@pytest.mark.parametrize("shown", ["half", "whole"])
async def test_after_a_kill_it_is_found_again_and_stands_once(stage: Stage, shown: str) -> None:
    stage.endpoint.responder = lambda _: Reply("Half an answer.", chunks=("Half an ", "answer."))
    if shown == "half":
        stage.endpoint.faults.add("stall", after=1)
    stage.timings = CUT_OFF
    # Nobody learns what became of what was written: it is found by its words.
    stage.telegram.faults.add(SEND, drop="after")
    looking = stage.telegram.faults.add("messages.getHistory", delay=60, times=None)
    program = await stage.program(trigger=MARK, openai={"stream": shown == "half"})
    question = stage.max.says(stage.group, "/gpt hello")
    await until(lambda: looking.happened)
    await program.crash()
    stage.telegram.faults.clear()
    program = await stage.program(trigger=MARK)
    await program.tells("answered")
    (answer,) = stage.answers(question)
    assert answer.text == "Half an answer. 🤖"
    (row,) = stage.history()
    assert row.answer == "Half an answer."
