"""Answered once: what left is recorded, what may stand is looked for, what stands is finished."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.quick_clock import QuickClock
from tests.stage import Stage
from userbot.events import Answered, Answering, Failed, Heard, Notice, Skipped, Waiting
from userbot.rules.random_id import random_id
from userbot.sandbox.accounts import Account
from userbot.sandbox.endpoint import Reply
from userbot.sandbox.state import Group, Message, Supergroup
from userbot.sandbox.telegram import RandomIdBehaviour
from userbot.storage.store import Store
from userbot.types import ChatKind, ConversationId, Person, Question

SEND = "messages.sendMessage"
BEHAVIOURS: list[RandomIdBehaviour] = ["duplicate", "original", "silent", "forget"]
CHATS = ["private", "group", "supergroup"]


def conversation(stage: Stage, chat: str) -> Any:
    return {"private": stage.olga, "group": stage.group, "supergroup": stage.club}[chat]


def answers(stage: Stage, question: Message) -> list[Message]:
    """What Olga has written under a question, as it stands."""
    chat: Account | Group = question.chat if isinstance(question.chat, Group) else stage.olga
    return [
        one
        for one in stage.max.messages(chat)
        if one.sender is stage.olga and one.reply_to is question
    ]


def waiting(stage: Stage, question: Message) -> Question:
    """A question of Max's as the last run would have stored it."""
    chat = question.chat
    kind = ChatKind.PRIVATE
    if isinstance(chat, Group):
        kind = ChatKind.SUPERGROUP if isinstance(chat, Supergroup) else ChatKind.GROUP
    ask = Question(
        conversation=ConversationId(chat.id if isinstance(chat, Group) else stage.max.id),
        message=question.id_for(stage.olga),
        kind=kind,
        title="Weekend",
        sender=Person(id=stage.max.id, name="Max"),
        text="hello",
        at=datetime.now(UTC),
        by_owner=False,
    )
    with Store.open(stage.folder / "history.db") as store:
        kept = store.questions.add(ask, ask.at)
        assert kept is not None
        store.questions.mark(kept, "answering", "", ask.at)
    return kept


def wrote(stage: Stage, ask: Question, *texts: str, ids: tuple[int, ...] = ()) -> None:
    """The last run has recorded these parts, and the ids of the first of them."""
    with Store.open(stage.folder / "history.db") as store:
        for part, text in enumerate(texts):
            identity = random_id(store.secret(), ask.chat, ask.message, ask.attempt, part)
            store.outbound.record(ask, part, identity, text, ask.at)
            if part < len(ids):
                store.outbound.confirm(identity, ids[part])


@pytest.mark.parametrize("chat", CHATS)
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
async def test_a_message_whose_connection_was_lost_after_it_left_stands_once(
    stage: Stage, chat: str, behaviour: RandomIdBehaviour
) -> None:
    stage.telegram.random_id_behaviour = behaviour
    program = await stage.program()
    stage.telegram.faults.add(SEND, drop="after")
    question = stage.max.says(conversation(stage, chat), "/gpt hello")
    answered = await program.tells(Answered)
    assert len(answers(stage, question)) == len(answered.answers) == 1
    assert len(stage.writes("sendMessage")) == 1
    assert await program.tells(Notice, reason="looked_for")


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
async def test_a_message_that_is_carried_out_after_its_connection_was_lost_is_not_the_owners(
    stage: Stage, behaviour: RandomIdBehaviour
) -> None:
    stage.telegram.random_id_behaviour = behaviour
    program = await stage.program()
    slow = stage.telegram.faults.add(SEND, delay=0.4)
    question = stage.max.says(stage.group, "/gpt hello")
    while not slow.happened:
        await asyncio.sleep(0.01)
    stage.telegram.drop_connections(stage.olga)
    answered = await program.tells(Answered)
    assert len(answered.answers) == 1
    if behaviour != "forget":  # then it left again before the first one was carried out
        assert len(answers(stage, question)) == 1


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
async def test_a_message_that_never_arrived_leaves_again_under_its_random_id(
    stage: Stage, behaviour: RandomIdBehaviour
) -> None:
    stage.telegram.random_id_behaviour = behaviour
    program = await stage.program()
    stage.telegram.faults.add(SEND, drop="before")
    question = stage.max.says(stage.group, "/gpt hello")
    await program.tells(Answered)
    assert len(answers(stage, question)) == 1
    assert len({send.random_id for send in stage.writes("sendMessage")}) == 1


@pytest.mark.parametrize("error", ["RPC_CALL_FAIL", "TIMEOUT"])
async def test_trouble_of_telegrams_own_is_looked_into_and_not_sat_out(
    stage: Stage, error: str
) -> None:
    program = await stage.program()
    stage.telegram.faults.add(SEND, error)
    question = stage.max.says(stage.group, "/gpt hello")
    await program.tells(Answered)
    assert len(answers(stage, question)) == 1
    assert len(stage.writes("sendMessage")) == 2


async def test_a_used_random_id_with_nothing_in_the_chat_is_listed_at_once(stage: Stage) -> None:
    program = await stage.program()
    stage.telegram.faults.add(SEND, "RANDOM_ID_DUPLICATE")
    stage.max.says(stage.group, "/gpt what is in doubt?")
    skipped = await program.tells(Skipped)  # Telethon alone would try for 12 s
    assert (skipped.reason, skipped.text) == ("in_doubt", "what is in doubt?")
    assert "/gpt_retry" in skipped.hint
    assert len(stage.writes("sendMessage")) == 1


async def test_what_waits_for_telegrams_pause_is_not_recorded_as_sent(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("userbot.app.DRAIN_SECONDS", 0.1)
    program = await stage.program()
    stage.telegram.faults.add(SEND, "FLOOD_WAIT_60")
    stage.max.says(stage.group, "/gpt hello")
    await program.tells(Waiting, reason="flood_wait")
    with Store.open(stage.folder / "history.db") as store:
        assert [writing for _, writing in store.questions.pending()] == [False]
    await program.stop()


@pytest.mark.parametrize("chat", CHATS)
@pytest.mark.parametrize("known", [True, False], ids=["id-known", "id-unknown"])
async def test_a_half_written_answer_is_finished_in_its_own_message(
    stage: Stage, chat: str, known: bool
) -> None:
    question = stage.max.says(conversation(stage, chat), "/gpt hello")
    begun = stage.olga.says(
        stage.max if chat == "private" else conversation(stage, chat), "Half an", reply_to=question
    )
    ask = waiting(stage, question)
    wrote(stage, ask, "Half an ", ids=(begun.id_for(stage.olga),) if known else ())
    stage.endpoint.responder = lambda _: "Half an answer is whole now."
    program = await stage.program()
    answered = await program.tells(Answered)
    assert answered.answers == (begun.id_for(stage.olga),)
    assert begun.text == "Half an answer is whole now."
    assert answers(stage, question) == [begun]
    assert not stage.writes("sendMessage")
    assert await program.tells(Notice, reason="taken_up")


async def test_an_edit_that_was_cut_off_is_made_again(stage: Stage) -> None:
    # The whole answer was recorded, and the program died before the edit left.
    question = stage.max.says(stage.group, "/gpt hello")
    begun = stage.olga.says(stage.group, "Half an", reply_to=question)
    wrote(stage, waiting(stage, question), "It is whole.", ids=(begun.id_for(stage.olga),))
    stage.endpoint.responder = lambda _: "It is whole."
    program = await stage.program()
    await program.tells(Answered)
    assert begun.text == "It is whole."


async def test_all_parts_of_a_long_answer_are_taken_up(stage: Stage) -> None:
    question = stage.max.says(stage.group, "/gpt hello")
    first = stage.olga.says(stage.group, "one", reply_to=question)
    stage.max.says(stage.group, "meanwhile")
    second = stage.olga.says(stage.group, "two", reply_to=first)
    wrote(stage, waiting(stage, question), "one", "two", ids=(first.id_for(stage.olga),))
    long = "\n\n".join(f"Paragraph {n}. " + "word " * 60 for n in range(20))
    stage.endpoint.responder = lambda _: long
    program = await stage.program()
    answered = await program.tells(Answered)
    assert answered.answers == (first.id_for(stage.olga), second.id_for(stage.olga))
    assert first.text.startswith("Paragraph 0")
    assert second.text.endswith("word")


@pytest.mark.parametrize("recorded", [(), ("Something else",)], ids=["nothing", "a-write"])
async def test_what_the_owner_answered_by_hand_is_left_alone(
    stage: Stage, recorded: tuple[str, ...]
) -> None:
    question = stage.max.says(stage.group, "/gpt hello")
    by_hand = stage.olga.says(stage.group, "Hi Max, it is me.", reply_to=question)
    ask = waiting(stage, question)
    wrote(stage, ask, *recorded)
    program = await stage.program()
    assert (await program.tells(Skipped)).reason == "owner_answered"
    assert (by_hand.text, by_hand.edits) == ("Hi Max, it is me.", [])
    assert answers(stage, question) == [by_hand]
    assert not stage.asked()


async def test_what_arrived_while_away_and_was_answered_by_hand_is_skipped(stage: Stage) -> None:
    program = await stage.program()
    first = stage.max.says(stage.group, "/gpt first")
    await stage.max.expects(stage.group, reply_to=first)
    await program.stop()
    missed = stage.max.says(stage.group, "/gpt missed")
    stage.olga.says(stage.group, "Later!", reply_to=missed)
    program = await stage.program()
    assert (await program.tells(Skipped)).reason == "owner_answered"
    assert len(stage.asked()) == 1


async def test_the_same_words_typed_on_the_phone_are_the_owners(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("userbot.app.DRAIN_SECONDS", 0.1)
    begun = asyncio.Event()

    async def never(_: object) -> str:
        begun.set()
        await asyncio.sleep(60)
        return "Hello!"

    stage.endpoint.responder = never
    program = await stage.program()
    question = stage.max.says(stage.group, "/gpt hello")
    await begun.wait()
    typed = stage.olga.says(stage.group, "Hello!", reply_to=question)
    await asyncio.sleep(0.1)
    assert program._task is not None
    with Store.open(stage.folder / "history.db") as store:
        [(ask, _)] = store.questions.pending()
        assert store.outbound.elsewhere(ask.chat, [typed.id_for(stage.olga)])
        identity = random_id(store.secret(), ask.chat, ask.message, 0, 0)
        store.outbound.record(ask, 0, identity, "Hello!", datetime.now(UTC))
        store.questions.mark(ask, "answering", "", datetime.now(UTC))
    stage.endpoint.responder = lambda _: "Hello to you!"
    program._task.cancel()
    await asyncio.wait({program._task})
    program = await stage.program()
    assert (await program.tells(Skipped)).reason == "owner_answered"
    assert typed.text == "Hello!"


async def test_nothing_found_leaves_again_where_telegram_never_had_it(stage: Stage) -> None:
    question = stage.max.says(stage.group, "/gpt hello")
    ask = waiting(stage, question)
    wrote(stage, ask, "It never left.")
    program = await stage.program()
    await program.tells(Answered)
    assert len(answers(stage, question)) == 1
    with Store.open(stage.folder / "history.db") as store:
        identity = random_id(store.secret(), ask.chat, ask.message, 0, 0)
    assert [send.random_id for send in stage.writes("sendMessage")] == [identity]


async def test_a_question_deleted_meanwhile_is_not_answered(stage: Stage) -> None:
    question = stage.max.says(stage.group, "/gpt hello")
    waiting(stage, question)
    stage.max.deletes(question)
    program = await stage.program()
    assert (await program.tells(Skipped)).reason == "deleted"
    assert not stage.asked()


async def test_an_answer_that_was_deleted_meanwhile_is_not_given_again(stage: Stage) -> None:
    question = stage.max.says(stage.group, "/gpt hello")
    begun = stage.olga.says(stage.group, "Half an", reply_to=question)
    wrote(stage, waiting(stage, question), "Half an", ids=(begun.id_for(stage.olga),))
    stage.olga.deletes(begun)
    program = await stage.program()
    assert (await program.tells(Skipped)).reason == "answer_gone"
    assert not stage.asked()


async def test_where_the_chat_cannot_be_looked_through_nothing_is_sent(stage: Stage) -> None:
    question = stage.max.says(stage.group, "/gpt hello")
    wrote(stage, waiting(stage, question), "Half an")
    stage.telegram.faults.add("messages.getHistory", "CHANNEL_PRIVATE", chat=stage.group)
    program = await stage.program()
    assert (await program.tells(Skipped)).reason == "in_doubt"
    assert not stage.writes("sendMessage")


async def test_a_model_that_fails_leaves_what_stood_closed(stage: Stage) -> None:
    question = stage.max.says(stage.group, "/gpt hello")
    begun = stage.olga.says(stage.group, "Half an", reply_to=question)
    wrote(stage, waiting(stage, question), "Half an", ids=(begun.id_for(stage.olga),))
    stage.endpoint.faults.add("quota")
    program = await stage.program()
    await program.tells(Failed)
    assert begun.text == "Half an …"


@pytest.mark.parametrize("lost", [1, 3, 4])
async def test_a_message_that_is_lost_on_its_way_again_and_again_is_said_once(
    stage: Stage, lost: int
) -> None:
    program = await stage.program(clock=QuickClock(20))
    stage.telegram.faults.add("messages.sendMessage", drop="before", times=lost)
    question = stage.max.says(stage.group, "/gpt hello")
    await program.tells(Answered)
    assert len(answers(stage, question)) == 1


async def test_a_message_that_is_carried_out_late_is_found_in_the_end(stage: Stage) -> None:
    program = await stage.program(clock=QuickClock(20))
    stage.telegram.faults.add("messages.sendMessage", drop="before", times=4)
    late = stage.telegram.faults.add("messages.sendMessage", delay=0.5)
    question = stage.max.says(stage.group, "/gpt hello")
    async with asyncio.timeout(60):
        while not late.happened:
            await asyncio.sleep(0.01)
    stage.telegram.drop_connections(stage.olga)
    await program.tells(Answered)
    assert len(answers(stage, question)) == len(stage.writes("sendMessage")) - 4 == 1


async def test_what_waits_while_the_connection_is_lost_is_looked_up_before_it_is_answered(
    stage: Stage,
) -> None:
    async def answer(request: dict[str, list[dict[str, str]]]) -> Reply:
        if "first" in request["messages"][-1]["content"]:
            await go_on.wait()
        return Reply("here you are")

    go_on = asyncio.Event()
    stage.endpoint.responder = answer
    program = await stage.program()
    first = stage.max.says(stage.group, "/gpt first")
    await program.tells(Answering)
    second = stage.max.says(stage.group, "/gpt second")
    third = stage.max.says(stage.group, "/gpt third")
    await program.tells(Heard, text="third")
    stage.telegram.faults.add(push="lose", account=stage.olga)
    stage.olga.says(stage.group, "I know that one.", reply_to=second)
    stage.telegram.drop_connections(stage.olga)
    await program.tells(Notice, reason="reconnected")
    go_on.set()
    assert await stage.max.expects(stage.group, reply_to=third)
    (skipped,) = program.events(Skipped)
    assert (skipped.message, skipped.reason) == (second.id_for(stage.olga), "owner_answered")
    assert len(answers(stage, first)) == len(answers(stage, second)) == 1
