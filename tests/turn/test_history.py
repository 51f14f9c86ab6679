"""The memory of conversations: loaded once, grown by answers, small."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.questions import ANNA, COST, NOW, answer, pay_and_settle, question
from userbot.rules import prompt
from userbot.rules.window import estimate_messages
from userbot.storage.conversations import Conversations
from userbot.storage.store import Store
from userbot.turn.history import History
from userbot.types import ChatKind, ConversationId, Exchange, PromptMessage, Usage

PLACE = ConversationId(ANNA.id)


class CountingConversations(Conversations):
    """Remembers which conversations were read."""

    def __init__(self, store: Store) -> None:
        super().__init__(store.database, store.quotes)
        self.reads: list[ConversationId] = []

    def exchanges(self, conversation: ConversationId, newest: int) -> list[Exchange]:
        self.reads.append(conversation)
        return super().exchanges(conversation, newest)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "history.db") as store:
        store.conversations = CountingConversations(store)
        yield store


def reads(store: Store) -> list[ConversationId]:
    assert isinstance(store.conversations, CountingConversations)
    return store.conversations.reads


def settle(store: Store, message: int, text: str, *, chat: int = ANNA.id) -> Exchange:
    ask = store.questions.add(question(text, chat=chat, message=message), NOW)
    assert ask is not None
    pay_and_settle(store, ask, text, answer("Yes."), NOW)
    return Exchange("Anna", text, "Yes.")


def test_a_conversation_is_read_from_the_store_once(store: Store) -> None:
    exchange = settle(store, 1, "first")
    memory = History(store, 8000)
    assert memory.exchanges(PLACE) == (exchange,)
    assert memory.exchanges(PLACE) == (exchange,)
    assert reads(store) == [PLACE]


def test_an_answer_becomes_the_newest_exchange(store: Store) -> None:
    memory = History(store, 8000)
    assert memory.exchanges(PLACE) == ()
    exchange = settle(store, 1, "first")
    memory.remember(PLACE, exchange, COST, 30)
    assert memory.exchanges(PLACE) == (exchange,)
    assert reads(store) == [PLACE]


@pytest.mark.parametrize("settled_first", [True, False], ids=["after", "before"])
def test_an_answer_in_a_conversation_that_was_let_go_is_not_there_twice(
    store: Store, settled_first: bool
) -> None:
    memory = History(store, 8000)
    exchange = Exchange("Anna", "first", "Yes.")
    if settled_first:
        settle(store, 1, "first")
        memory.remember(PLACE, exchange, COST, 30)
    else:
        memory.remember(PLACE, exchange, COST, 30)
        settle(store, 1, "first")
    assert memory.exchanges(PLACE) == (exchange,)


def test_conversations_do_not_share_exchanges(store: Store) -> None:
    exchange = settle(store, 1, "here")
    memory = History(store, 8000)
    assert memory.exchanges(PLACE) == (exchange,)
    assert memory.exchanges(ConversationId(ANNA.id, 45)) == ()


def test_the_conversation_silent_for_longest_is_let_go(store: Store) -> None:
    memory = History(store, 8000, conversations=2)
    for chat in (1, 2, 1, 3, 1, 2):
        memory.exchanges(ConversationId(chat))
    assert [conversation.chat for conversation in reads(store)] == [1, 2, 3, 2]


def test_a_conversation_that_is_forgotten_is_read_again(store: Store) -> None:
    memory = History(store, 8000)
    memory.exchanges(PLACE)
    memory.forget(PLACE)
    memory.exchanges(PLACE)
    assert reads(store) == [PLACE, PLACE]


def test_exchanges_in_memory_are_bounded_by_the_budget(store: Store) -> None:
    memory = History(store, 1000)
    memory.exchanges(PLACE)
    most = 0
    for _ in range(200):
        memory.remember(PLACE, Exchange("Anna", "q" * 150, "a" * 150), None, 0)
        most = max(most, len(memory.exchanges(PLACE)))
    assert most <= 1000 // 100


def test_a_long_history_is_read_in_part(store: Store) -> None:
    for message in range(1, 60):
        settle(store, message, f"question {message}")
    exchanges = History(store, 1000).exchanges(PLACE)
    assert len(exchanges) == 25
    assert exchanges[-1].question == "question 59"


def test_what_a_request_cost_makes_the_window_narrower(store: Store) -> None:
    memory = History(store, 1000)
    memory.exchanges(PLACE)
    for _ in range(8):
        memory.remember(PLACE, Exchange("Anna", "q" * 150, "a" * 120), None, 0)
    assert len(memory.exchanges(PLACE)) == 8
    memory.remember(PLACE, Exchange("Anna", "q", "a"), Usage(1600, 10), 800)
    assert len(memory.exchanges(PLACE)) < 4


def test_a_request_is_the_past_that_fits_and_the_question(store: Store) -> None:
    settle(store, 1, "Is it far?")
    memory = History(store, 1000)
    assert memory.messages("Be brief.", question("And back?", message=2)) == (
        PromptMessage("system", "Be brief."),
        PromptMessage("user", "Is it far?"),
        PromptMessage("assistant", "Yes."),
        PromptMessage("user", "And back?"),
    )


def test_a_question_larger_than_the_budget_is_sent_alone(store: Store) -> None:
    settle(store, 1, "Is it far?")
    memory = History(store, 1000)
    huge = memory.messages("Be brief.", question("long " * 2000, message=2))
    assert [message.role for message in huge] == ["system", "user"]
    assert estimate_messages(huge) > 1000


def test_what_the_model_has_seen_of_the_past_is_not_made_anew_and_is_right_after_a_cut(
    store: Store,
) -> None:
    memory, seen = History(store, 400), 0
    before: tuple[PromptMessage, ...] = ()
    for number in range(40):
        now = memory.messages("", question("now?"))
        past = prompt.said_before(memory.exchanges(PLACE), named=False)
        assert now[:-1] == past
        if before and past[: len(before)] == before:
            assert all(one is other for one, other in zip(before, now, strict=False))
            seen += 1
        before = now[:-1]
        memory.remember(PLACE, Exchange("Anna", f"q{number}" * 10, "a" * 40), None, 0)
    assert 20 < seen < 39  # sometimes it was cut


def test_a_conversation_of_one_that_becomes_one_of_several_names_all_of_them(store: Store) -> None:
    memory = History(store, 8000)
    memory.messages("", question("now?"))
    memory.remember(PLACE, Exchange("Anna", "When?", "At ten."), None, 0)
    assert memory.messages("", question("now?"))[0] == PromptMessage("user", "When?")
    group = replace(question("now?"), kind=ChatKind.GROUP)
    assert PromptMessage("user", "Anna: When?") in memory.messages("", group)
