"""The owner's commands in the database: carried out once, known again, and words really gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.questions import ANNA, NOW, OWNER, answer, paid, question
from userbot.settings import Override
from userbot.storage.store import Store
from userbot.types import CommandNote, ConversationId, Cost, Exchange, Question, Quoted

GROUP = -1001


def stored(store: Store, asked: Question) -> Question:
    ask = store.questions.add(asked, NOW)
    assert ask is not None
    return ask


def settled(store: Store, asked: Question) -> Question:
    ask = stored(store, asked)
    store.outbound.record(ask, 0, ask.id, "Yes, because.", NOW)
    store.outbound.confirm(ask.id, asked.message + 100)
    paid(store, ask)
    store.questions.settle(ask, answer("Yes, because."), NOW)
    return ask


def test_a_command_is_recorded_once(store: Store) -> None:
    first = store.commands.record(GROUP, 7, "new", NOW)
    assert first is not None
    assert (first.chat, first.message) == (GROUP, 7)
    assert store.commands.record(GROUP, 7, "new", NOW) is None
    assert store.commands.record(GROUP, 8, "new", NOW) is not None


def test_a_result_is_ours_before_and_after_telegram_gave_its_id(store: Store) -> None:
    command = store.commands.record(GROUP, 7, "new", NOW)
    assert command is not None
    assert not store.outbound.owns(OWNER.id, 9, "Forgotten.")
    store.commands.record_results(command, OWNER.id, [CommandNote(55, "Forgotten.")], NOW)
    assert store.outbound.owns(OWNER.id, 9, "Forgotten. ")
    assert not store.outbound.owns(GROUP, 9, "Forgotten.")
    store.commands.confirm_result(55, 9)
    assert store.outbound.owns(OWNER.id, 9)
    assert store.outbound.answered_by(OWNER.id, 9) is None


def test_what_is_set_replaces_what_was_set(store: Store) -> None:
    store.overrides.set(GROUP, Override(respond="all", from_="anyone"))
    store.overrides.set(GROUP, Override(system="Arr."))
    assert store.overrides.all() == {GROUP: Override(system="Arr.")}
    store.overrides.set(GROUP, Override())
    assert store.overrides.all() == {}


def test_a_conversation_begins_anew_after_all_that_was_asked(store: Store) -> None:
    settled(store, question("first"))
    waiting = stored(store, question("asked before, answered after", message=2))
    store.conversations.begin_anew(ConversationId(ANNA.id))
    store.questions.settle(waiting, answer(), NOW)
    assert store.conversations.exchanges(ConversationId(ANNA.id), 10) == []
    settled(store, question("then", message=3))
    assert store.conversations.exchanges(ConversationId(ANNA.id), 10) == [
        Exchange("Anna", "then", "Yes, because.")
    ]


def test_the_cost_is_that_of_a_while_and_a_chat(store: Store) -> None:
    settled(store, question())
    settled(store, question(chat=GROUP))
    assert store.conversations.cost(NOW) == Cost(2, 60, 24)
    assert store.conversations.cost(NOW, GROUP) == Cost(1, 30, 12)
    assert store.conversations.cost(NOW + timedelta(seconds=1)) == Cost(0, 0, 0)


@pytest.mark.parametrize("state", ["failed", "skipped"])
def test_a_question_is_asked_again_as_another_attempt(store: Store, state: str) -> None:
    ask = stored(store, question())
    store.outbound.record(ask, 0, 77, "half an ans", NOW)
    store.outbound.confirm(77, 42)
    store.questions.mark(ask, state, "timeout", NOW)
    for message in (ask.message, 42):
        again = store.questions.retry(ask.conversation.chat, message, NOW)
        assert again == replace(ask, sender=replace(ANNA), attempt=ask.attempt + 1)
        assert isinstance(again, Question)
        assert store.questions.pending() == [(again, False)]
        store.outbound.record(again, 0, 78, "a whole answer", NOW)
        assert store.questions.pending() == [(again, True)]
        store.questions.mark(again, state, "timeout", NOW)
        ask = again


def test_a_question_in_another_state_is_not_asked_again(store: Store) -> None:
    ask = stored(store, question())
    assert store.questions.retry(ask.conversation.chat, ask.message, NOW) == "pending"
    store.questions.settle(ask, answer(), NOW)
    assert store.questions.retry(ask.conversation.chat, ask.message, NOW) == "answered"
    assert store.questions.retry(ask.conversation.chat, 99, NOW) is None


def test_forgotten_words_are_gone_from_the_file(store: Store, tmp_path: Path) -> None:
    settled(store, question("my cherries"))
    open_one = stored(store, question("cherries again", message=2))
    paid(store, open_one, text="Sweet cherries.")
    quoting = settled(store, question("is that so?", message=3, chat=GROUP, sender=OWNER))
    store.quotes.keep(quoting, Quoted("Anna", "my cherries", message=2, person=ANNA.id))
    other = settled(store, question("apples", message=4, sender=OWNER))
    assert store.eraser.forget(ANNA.id, NOW) == 2
    assert store.eraser.forgotten() == {ANNA.id}
    assert store.questions.pending() == []
    assert store.conversations.exchanges(ConversationId(GROUP), 5) == [
        Exchange("Olga", "is that so?", "Yes, because.")
    ]
    assert store.conversations.exchanges(other.conversation, 5) == [
        Exchange("Olga", "apples", "Yes, because.")
    ]
    assert store.questions.retry(ANNA.id, 2, NOW) is None
    assert store.questions.add(question("my cherries"), NOW) is None, "it was answered once"
    for file in tmp_path.iterdir():
        assert b"cherries" not in file.read_bytes()


def test_a_command_is_open_until_all_of_it_is_done(store: Store) -> None:
    command = store.commands.record(GROUP, 7, "new", NOW, "Weekend")
    assert command is not None
    (left,) = store.commands.open()
    assert (left.command, left.at, left.notes) == (command, NOW, None)
    notes = (CommandNote(55, "First."), CommandNote(56, "Second."))
    store.commands.record_results(command, OWNER.id, notes, NOW)
    store.commands.confirm_result(55, 9)
    assert [left.notes for left in store.commands.open()] == [notes[1:]]
    store.commands.finish(command)
    assert store.commands.open() == []
    assert not store.outbound.owns(OWNER.id, 10, "Second."), "its words are gone"
