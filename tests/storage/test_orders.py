"""The owner's commands in the database: carried out once, known again, and words really gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.questions import ANNA, NOW, OWNER, answer, question
from userbot.settings import Override
from userbot.storage.store import Store
from userbot.types import CommandNote, ConversationId, Cost, Exchange, Finish, Question, Usage

GROUP = -1001


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "history.db") as store:
        yield store


def stored(store: Store, asked: Question) -> Question:
    ask = store.add(asked, NOW)
    assert ask is not None
    return ask


def settled(store: Store, asked: Question, text: str | None = None) -> Question:
    ask = stored(store, asked)
    store.writing(ask, 0, ask.id, "Yes, because.", NOW)
    store.written(ask.id, asked.message + 100)
    store.settle(ask, text or ask.text, answer("Yes, because."), NOW)
    return ask


def test_a_command_is_recorded_once(store: Store) -> None:
    first = store.ordered(GROUP, 7, "new", NOW)
    assert first is not None
    assert (first.chat, first.message) == (GROUP, 7)
    assert store.ordered(GROUP, 7, "new", NOW) is None
    assert store.ordered(GROUP, 8, "new", NOW) is not None


def test_a_result_is_ours_before_and_after_telegram_gave_its_id(store: Store) -> None:
    command = store.ordered(GROUP, 7, "new", NOW)
    assert command is not None
    assert not store.owns(OWNER.id, 9, "Forgotten.")
    store.noting(command, OWNER.id, [CommandNote(55, "Forgotten.")], NOW)
    assert store.owns(OWNER.id, 9, "Forgotten. ")
    assert not store.owns(GROUP, 9, "Forgotten.")
    store.noted(55, 9)
    assert store.owns(OWNER.id, 9)
    assert store.answered_by(OWNER.id, 9) is None


def test_what_is_set_replaces_what_was_set(store: Store) -> None:
    store.override(GROUP, Override(respond="all", from_="anyone"))
    store.override(GROUP, Override(system="Arr."))
    assert store.overrides() == {GROUP: Override(system="Arr.")}
    store.override(GROUP, Override())
    assert store.overrides() == {}


def test_a_conversation_begins_anew_after_all_that_was_asked(store: Store) -> None:
    settled(store, question("first"))
    waiting = stored(store, question("asked before, answered after", message=2))
    store.begin_anew(ConversationId(ANNA.id))
    store.settle(waiting, waiting.text, answer(), NOW)
    assert store.turns(ConversationId(ANNA.id), 10) == []
    settled(store, question("then", message=3))
    assert store.turns(ConversationId(ANNA.id), 10) == [Exchange("Anna", "then", "Yes, because.")]


def test_the_cost_is_that_of_a_while_and_a_chat(store: Store) -> None:
    settled(store, question())
    settled(store, question(chat=GROUP))
    assert store.cost(NOW) == Cost(2, 60, 24)
    assert store.cost(NOW, GROUP) == Cost(1, 30, 12)
    assert store.cost(NOW + timedelta(seconds=1)) == Cost(0, 0, 0)


@pytest.mark.parametrize("state", ["failed", "skipped"])
def test_a_question_is_asked_again_as_another_attempt(store: Store, state: str) -> None:
    ask = stored(store, question())
    store.writing(ask, 0, 77, "half an ans", NOW)
    store.written(77, 42)
    store.mark(ask, state, "timeout", NOW)
    for message in (ask.message, 42):
        again = store.again(ask.chat, message, NOW)
        assert again == replace(ask, sender=replace(ANNA), attempt=ask.attempt + 1)
        assert isinstance(again, Question)
        assert store.pending() == [(again, False)]
        store.writing(again, 0, 78, "a whole answer", NOW)
        assert store.pending() == [(again, True)]
        store.mark(again, state, "timeout", NOW)
        ask = again


def test_a_question_in_another_state_is_not_asked_again(store: Store) -> None:
    ask = stored(store, question())
    assert store.again(ask.chat, ask.message, NOW) == "pending"
    store.settle(ask, ask.text, answer(), NOW)
    assert store.again(ask.chat, ask.message, NOW) == "answered"
    assert store.again(ask.chat, 99, NOW) is None


def test_forgotten_words_are_gone_from_the_file(store: Store, tmp_path: Path) -> None:
    settled(store, question("my cherries"))
    open_one = stored(store, question("cherries again", message=2))
    usage = Usage(prompt_tokens=1, completion_tokens=1)
    store.ledger.said(open_one, "Sweet cherries.", Finish("stop", usage, "m"), usage, 0)
    quoting = settled(
        store,
        question("is that so?", message=3, chat=GROUP, sender=OWNER),
        "> my cherries\n\nis that so?",
    )
    store.quotes(quoting, frozenset({ANNA.id}), frozenset())
    other = settled(store, question("apples", message=4, sender=OWNER))
    assert store.forget(ANNA.id, NOW) == 2
    assert store.forgotten() == {ANNA.id}
    assert store.pending() == []
    assert store.turns(ConversationId(GROUP), 5) == [
        Exchange("Olga", "is that so?", "Yes, because.")
    ]
    assert store.turns(other.conversation, 5) == [Exchange("Olga", "apples", "Yes, because.")]
    assert store.again(ANNA.id, 2, NOW) is None
    assert store.add(question("my cherries"), NOW) is None, "it was answered once"
    for file in tmp_path.iterdir():
        assert b"cherries" not in file.read_bytes()


def test_a_command_is_open_until_all_of_it_is_done(store: Store) -> None:
    command = store.ordered(GROUP, 7, "new", NOW, "Weekend")
    assert command is not None
    (left,) = store.open_commands()
    assert (left.command, left.at, left.notes) == (command, NOW, None)
    notes = (CommandNote(55, "First."), CommandNote(56, "Second."))
    store.noting(command, OWNER.id, notes, NOW)
    store.noted(55, 9)
    assert [left.notes for left in store.open_commands()] == [notes[1:]]
    store.finished(command)
    assert store.open_commands() == []
    assert not store.owns(OWNER.id, 10, "Second."), "its words are gone"
