"""What was edited or deleted while nobody listened is found before the first text leaves."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.harness import Program, Stage, Timings, listed
from tests.path.test_bursts import BURSTS, asked, questions, quiet
from tests.path.voice.notes import EN, WORDS_EN
from userbot.sandbox.endpoint import Reply
from userbot.sandbox.state import Message

PLAIN = BURSTS | {"burst_seconds": 0}
VOICES = {"written": {}, "spoken": {"answer_as": "voice"}}


def held(stage: Stage) -> asyncio.Event:
    """A model that says nothing before this is set."""
    go_on = asyncio.Event()

    async def answer(request: dict[str, Any]) -> Reply:
        await go_on.wait()
        return Reply(f"You said: {request['messages'][-1]['content']}")

    stage.endpoint.responder = answer
    return go_on


@asynccontextmanager
async def line_lost(stage: Stage, program: Program) -> AsyncIterator[None]:
    """While the block runs there is no connection; Telegram never tells what happened meanwhile."""
    stage.telegram.tells_at_most(0)
    before = len(program.events("notice"))
    async with stage.down(stage.telegram):
        yield
    async with asyncio.timeout(60):
        while all(one.reason != "reconnected" for one in program.events("notice")[before:]):
            await asyncio.sleep(0.01)


async def cut_off(program: Program, stage: Stage) -> None:
    """The program dies, and the model knows nothing of it."""
    await program.crash()
    stage.telegram.tells_at_most(0)


@pytest.mark.parametrize("as_what", VOICES)
async def test_a_question_edited_while_its_model_works_and_the_line_is_lost_is_asked_as_edited(
    stage: Stage, as_what: str
) -> None:
    go_on = held(stage)
    program = await stage.program(trigger=PLAIN, voice=VOICES[as_what])
    question = stage.max.says(stage.group, "/gpt what is bleu?")
    await asked(stage, 1)
    async with line_lost(stage, program):
        stage.max.edits(question, "/gpt what is blue?")
    go_on.set()
    await quiet(program, 1)
    (answer,) = stage.answers(question)
    assert answer.text == "You said: Max: what is blue?"
    assert program.events("notice")[-1].reason == "question_edited"


async def test_the_first_text_waits_for_the_line_and_for_what_happened_meanwhile(
    stage: Stage,
) -> None:
    go_on = held(stage)
    program = await stage.program(trigger=PLAIN)
    edited = stage.max.says(stage.group, "/gpt what is bleu?")
    deleted = stage.lena.says(stage.club, "/gpt what is red?")
    await asked(stage, 2)
    async with line_lost(stage, program):
        go_on.set()
        stage.max.edits(edited, "/gpt what is blue?")
        stage.lena.deletes(deleted)
        await asyncio.sleep(0.5)
    await quiet(program, 1)
    assert stage.answers(edited)[0].text == "You said: Max: what is blue?"
    assert (await program.tells("skipped")).reason == "deleted"
    assert len(stage.writes("sendMessage")) == 1


async def test_what_waited_for_the_line_leaves_no_faster_than_the_account_may_write(
    stage: Stage,
) -> None:
    go_on = held(stage)
    pacing = {"writes_per_second": 2, "burst": 1}
    program = await stage.program(trigger=PLAIN, pacing=pacing)
    for who in (stage.max, stage.lena, stage.vera):
        who.says(stage.olga, "/gpt what is blue?")
    await asked(stage, 3)
    async with line_lost(stage, program):
        go_on.set()
        await asyncio.sleep(1.5)  # time enough for three turns
    await quiet(program, 3)
    left = [call.at for call in stage.telegram.calls if call.method == "messages.sendMessage"]
    assert left[-1] - left[0] > 0.9


async def test_an_answer_that_waits_for_the_line_does_not_hold_up_the_end(stage: Stage) -> None:
    go_on = held(stage)
    program = await stage.program(trigger=PLAIN)
    stage.max.says(stage.group, "/gpt what is blue?")
    await asked(stage, 1)
    await asyncio.sleep(0.2)  # it types
    async with stage.down(stage.telegram):
        go_on.set()
        await asyncio.sleep(0.5)  # the answer has come, and waits
        await asyncio.wait_for(program.stop(), 9)  # and not the ten seconds for answers under way
        assert program.events("stopped")[0].pending == 1


@pytest.mark.parametrize("what", ["deleted", "edited away", "answered by hand"])
async def test_what_is_no_question_any_more_when_the_line_is_back_is_not_answered(
    stage: Stage, what: str
) -> None:
    go_on = held(stage)
    program = await stage.program(trigger=PLAIN)
    question = stage.max.says(stage.group, "/gpt what is blue?")
    await asked(stage, 1)
    async with line_lost(stage, program):
        if what == "deleted":
            stage.max.deletes(question)
        elif what == "edited away":
            stage.max.edits(question, "never mind")
        else:
            stage.olga.says(stage.group, "A colour.", reply_to=question)
    go_on.set()
    skipped = await program.tells("skipped")
    assert skipped.reason == {"edited away": "edited", "answered by hand": "owner_answered"}.get(
        what, what
    )
    await asyncio.sleep(0.2)
    assert not stage.writes("sendMessage")


async def test_on_any_other_day_telegram_is_asked_for_nothing(stage: Stage) -> None:
    program = await stage.program(trigger=BURSTS)
    stage.max.says(stage.group, "/gpt one")
    await quiet(program, 1)
    asked_before = len(stage.writes("getHistory")), len(stage.writes("getMessages"))
    stage.max.says(stage.group, "/gpt two")
    await quiet(program, 2)
    assert (len(stage.writes("getHistory")), len(stage.writes("getMessages"))) == asked_before


@pytest.mark.parametrize("what", ["edited", "deleted"])
@pytest.mark.parametrize("why", ["before all is ready", "for who began its thread"])
async def test_a_message_that_changes_while_it_waits_to_be_taken_is_asked_as_it_is_left(
    stage: Stage, why: str, what: str
) -> None:
    async def comes(method: str, count: int) -> None:
        async with asyncio.timeout(60):
            while len(stage.writes(method)) < count:
                await asyncio.sleep(0.01)

    post = stage.telegram.post(stage.club, "We sell bicycles.")
    if why == "before all is ready":
        stage.telegram.faults.add("contacts.getContacts", delay=2)
        starting = asyncio.create_task(stage.program(trigger=PLAIN))
        await comes("getContacts", 1)
        question = stage.max.says(stage.olga, "/gpt what is bleu?")
    else:
        stage.telegram.faults.add("channels.getMessages", delay=2)
        starting = asyncio.create_task(stage.program(trigger=PLAIN))
        await starting
        question = stage.max.says(stage.club, "/gpt what is bleu?", reply_to=post)
        await comes("getMessages", 1)
    await asyncio.sleep(0.1)
    if what == "edited":
        stage.max.edits(question, "/gpt what is blue?")
    else:
        stage.max.deletes(question)
    program = await starting
    if what == "edited":
        await quiet(program, 1)
        (answer,) = stage.answers(question)
        assert answer.text.endswith("what is blue?")
    else:
        assert (await program.tells("skipped")).reason == "deleted"
        await asyncio.sleep(0.1)
        assert not stage.writes("sendMessage")


Change = Callable[[Stage, list[Message]], None]


def _edit(number: int, text: str) -> Change:
    return lambda stage, burst: stage.max.edits(burst[number], text)


def _delete(*numbers: int) -> Change:
    def change(stage: Stage, burst: list[Message]) -> None:
        for number in numbers:
            stage.max.deletes(burst[number])

    return change


def _both(first: Change, second: Change) -> Change:
    def change(stage: Stage, burst: list[Message]) -> None:
        first(stage, burst)
        second(stage, burst)

    return change


CHANGES = [
    pytest.param(_edit(0, "One"), "One\ntwo\nthree", 2, id="first-edited"),
    pytest.param(_edit(2, "Three"), "one\ntwo\nThree", 2, id="last-edited"),
    pytest.param(_delete(0), "two\nthree", 2, id="first-deleted"),
    pytest.param(_delete(1), "one\nthree", 2, id="middle-deleted"),
    pytest.param(_delete(2), "one\ntwo", 1, id="last-deleted"),
    pytest.param(_delete(1, 2), "one", 0, id="all-but-the-first-deleted"),
    pytest.param(_both(_edit(1, "Two"), _delete(2)), "one\nTwo", 1, id="edited-and-deleted"),
    pytest.param(_both(_edit(2, "Three"), _delete(2)), "one\ntwo", 1, id="edited-then-deleted"),
    pytest.param(_delete(0, 1, 2), None, None, id="all-deleted"),
]


async def burst_of_three(stage: Stage, program: Program) -> list[Message]:
    """Three messages sent in one breath, which are one question that is being asked."""
    burst = [stage.max.says(stage.olga, text) for text in ("one", "two", "three")]
    async with asyncio.timeout(60):
        while not stage.asked() or questions(stage)[-1] != "one\ntwo\nthree":
            await asyncio.sleep(0.005)
    assert len(program.events("heard")) == 3
    return burst


async def answered_as(
    stage: Stage, program: Program, burst: list[Message], text: str | None, place: int | None
) -> None:
    if text is None or place is None:
        await program.tells("skipped", reason="deleted")
        await asyncio.sleep(0.2)
        assert not stage.writes("sendMessage")
        return
    await quiet(program, 1)
    (answer,) = [one for one in stage.max.messages(stage.olga) if one.sender is stage.olga]
    assert answer.text == f"You said: {text}"
    assert answer.reply_to is burst[place]


@pytest.mark.parametrize(("change", "text", "place"), CHANGES)
async def test_a_burst_that_changes_while_it_is_asked_is_asked_as_it_is_left(
    stage: Stage, change: Change, text: str | None, place: int | None
) -> None:
    go_on = held(stage)
    program = await stage.program([listed(stage.max.id)], trigger=BURSTS)
    burst = await burst_of_three(stage, program)
    change(stage, burst)
    await asyncio.sleep(0.1)
    go_on.set()
    await answered_as(stage, program, burst, text, place)


@pytest.mark.parametrize(("change", "text", "place"), CHANGES)
async def test_a_burst_that_changes_while_the_line_is_lost_is_asked_as_it_is_left(
    stage: Stage, change: Change, text: str | None, place: int | None
) -> None:
    go_on = held(stage)
    program = await stage.program([listed(stage.max.id)], trigger=BURSTS)
    burst = await burst_of_three(stage, program)
    async with line_lost(stage, program):
        change(stage, burst)
    go_on.set()
    await answered_as(stage, program, burst, text, place)


@pytest.mark.parametrize(("change", "text", "place"), CHANGES)
async def test_a_burst_that_changes_while_the_program_is_off_is_asked_as_it_is_left(
    stage: Stage, change: Change, text: str | None, place: int
) -> None:
    stage.timings = Timings(drain_seconds=0.1)
    held(stage)
    program = await stage.program([listed(stage.max.id)], trigger=BURSTS)
    burst = await burst_of_three(stage, program)
    await cut_off(program, stage)
    change(stage, burst)
    held(stage).set()
    program = await stage.program([listed(stage.max.id)], trigger=BURSTS)
    await answered_as(stage, program, burst, text, place)
    if text is not None:
        await program.stop()
        (kept,) = [row for row in stage.history() if row.state == "answered"]
        assert kept.text == text, "what was deleted took none of the other words"
        program = await stage.program([listed(stage.max.id)], trigger=BURSTS)
        later = stage.max.says(stage.olga, "four")
        await quiet(program, 1)  # what would be asked again would come before it
        assert [one.message for one in program.events("answered")] == [later.id_for(stage.olga)]


async def test_a_burst_that_nobody_touched_is_asked_as_it_was_after_a_restart(stage: Stage) -> None:
    stage.timings = Timings(drain_seconds=0.1)
    held(stage)
    program = await stage.program([listed(stage.max.id)], trigger=BURSTS)
    burst = await burst_of_three(stage, program)
    await cut_off(program, stage)
    go_on = held(stage)
    program = await stage.program([listed(stage.max.id)], trigger=BURSTS)
    before = len(stage.asked())
    await asked(stage, before + 1)
    stage.max.edits(burst[0], "One")  # told now, of a message that the last run put together
    await asked(stage, before + 2)
    go_on.set()
    await answered_as(stage, program, burst, "One\ntwo\nthree", 2)
    assert len(stage.asked()) == before + 2


async def test_a_burst_of_which_a_message_is_deleted_after_the_first_text_ends_as_ever(
    stage: Stage,
) -> None:
    stage.endpoint.chunk_delay = 0.05
    stage.endpoint.responder = lambda _: Reply("A whole sentence. " + "and " * 40)
    program = await stage.program([listed(stage.max.id)], trigger=BURSTS)
    burst = [stage.max.says(stage.olga, "one")]
    await program.tells("heard", text="one")
    burst.append(stage.max.says(stage.olga, "two"))
    await stage.max.expects(stage.olga, reply_to=burst[1])
    so_far = len(questions(stage))
    stage.max.deletes(burst[0])
    answered = await program.tells("answered")
    assert answered.reason == "stopped"
    assert len(questions(stage)) == so_far


@pytest.mark.parametrize("when", ["line lost", "program off"])
@pytest.mark.parametrize("what", ["deleted", "its caption edited"])
async def test_a_voice_note_is_looked_up_too(stage: Stage, when: str, what: str) -> None:
    stage.timings = Timings(drain_seconds=0.1)
    stage.endpoint.understands(EN, WORDS_EN)
    go_on = held(stage)
    chats = [listed(stage.max.id)]
    program = await stage.program(chats, trigger=PLAIN)
    note = stage.max.sends_voice(stage.olga, EN, caption="in shrot?")
    await asked(stage, 1)

    def change() -> None:
        if what == "deleted":
            stage.max.deletes(note)
        else:
            stage.max.edits(note, "in short?")

    if when == "line lost":
        async with line_lost(stage, program):
            change()
        go_on.set()
    else:
        await cut_off(program, stage)
        change()
        held(stage).set()
        program = await stage.program(chats, trigger=PLAIN)
    if what == "deleted":
        await program.tells("skipped", reason="deleted")
        await asyncio.sleep(0.2)
        assert not stage.writes("sendMessage")
        return
    await quiet(program, 1)
    last = questions(stage)[-1]
    assert "in short?" in last
    assert "in shrot?" not in last
    assert WORDS_EN in last


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_in_whatever_order_the_answer_is_to_what_stands(
    stage: Stage, seed: int
) -> None:
    """Edits, deletions, lost lines and the model's word in random order, told or not."""
    pick = random.Random(int(os.environ.get("MISSED_SEED", 0)) * 1000 + seed)
    go_on = held(stage)
    program = await stage.program([listed(stage.max.id)], trigger=BURSTS)
    burst = await burst_of_three(stage, program)
    texts: dict[int, str] = dict(enumerate(("one", "two", "three")))

    def change() -> None:
        if not texts:
            return
        number = pick.choice(list(texts))
        if pick.random() < 0.5:
            texts[number] = f"{texts[number]}!"
            stage.max.edits(burst[number], texts[number])
        else:
            del texts[number]
            stage.max.deletes(burst[number])

    for _ in range(pick.randint(1, 3)):
        if pick.random() < 0.5:
            change()
            await asyncio.sleep(pick.choice((0, 0.02, 0.1)))
        else:
            async with line_lost(stage, program):
                for _ in range(pick.randint(1, 2)):
                    change()
            stage.telegram.tells_at_most(1_000_000)
        await asyncio.sleep(pick.choice((0, 0.05)))
    await asyncio.sleep(0.3)
    go_on.set()
    text = "\n".join(texts[number] for number in sorted(texts))
    await answered_as(stage, program, burst, text or None, max(texts, default=None))
