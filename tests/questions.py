"""Questions, answers and policies for tests, with only what a test cares about spelled out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from userbot.rules.policy import Allowed, ChatRule, Policy
from userbot.storage.store import Store
from userbot.types import Answer, ChatKind, ConversationId, Finish, Payment, Person, Question, Usage

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
ANNA = Person(id=501, name="Anna", username="anna")
OWNER = Person(id=7, name="Olga", username="olga")


COST = Usage(prompt_tokens=30, completion_tokens=12)


def question(
    text: str = "What is a turn?",
    *,
    chat: int = ANNA.id,
    topic: int | None = None,
    message: int = 1,
    kind: ChatKind = ChatKind.PRIVATE,
    title: str = "Anna",
    sender: Person = ANNA,
    at: datetime = NOW,
    reply_to: int | None = None,
    about_reply: bool = False,
) -> Question:
    """A question; the owner's if Olga sent it."""
    return Question(
        conversation=ConversationId(chat, topic),
        source=chat,
        message=message,
        kind=kind,
        title=title,
        sender=sender,
        text=text,
        at=at,
        by_owner=sender.id == OWNER.id,
        reply_to=reply_to,
        about_reply=about_reply,
    )


def in_group(asked: Question, title: str = "Weekend plans") -> Question:
    """The same question, asked in a group."""
    return replace(
        asked,
        conversation=ConversationId(-1001, None),
        source=-1001,
        kind=ChatKind.SUPERGROUP,
        title=title,
    )


def policy(
    chats: Mapping[int, ChatRule] = MappingProxyType({}),
    *,
    elsewhere: Allowed = "me",
    began: datetime = NOW,
    **more: Any,
) -> Policy:
    """What Olga has decided; `more`: further fields of it."""
    return Policy(
        prefix="/gpt",
        owner=OWNER.id,
        owner_usernames=frozenset(),
        elsewhere=elsewhere,
        chats=chats,
        began=began,
        **more,
    )


def answer(
    text: str = "A question with its answer.",
    *,
    usage: Usage | None = COST,
    messages: tuple[int, ...] = (2,),
) -> Answer:
    return Answer(text, text, Finish("stop", usage, "small-model"), messages)


def authorized(
    store: Store, question: Question, payment: Payment | None = None, at: datetime = NOW
) -> int:
    """A payment that no limit refuses."""
    payment = payment or Payment("answer", "small-model")
    return store.ledger.authorize(question, payment, at)


def paid(
    store: Store,
    question: Question,
    at: datetime = NOW,
    *,
    kind: str = "answer",
    usage: Usage | None = COST,
    seconds: float = 0.0,
    cost: int = 0,
    text: str | None = "A question with its answer.",
    model: str = "small-model",
) -> None:
    """It was paid; `text`: the model's whole answer, None if that broke off."""
    payment = authorized(store, question, Payment(kind, model), at)
    whole = None
    if kind == "answer" and text is not None:
        whole = text, Finish("stop", usage, model)
    store.ledger.capture(
        payment,
        cost,
        at,
        usage=usage if kind == "answer" else None,
        seconds=seconds,
        whole=whole,
    )


def pay_and_settle(
    store: Store, asked: Question, text: str, given: Answer, at: datetime, *, cost: int = 0
) -> None:
    """The model's answer came, was paid, and stands; the question reads so."""
    usage = given.finish.usage or Usage(0, 0)
    paid(store, asked, at, usage=usage, cost=cost, text=given.text)
    store.questions.settle(replace(asked, text=text), given, at)


def reword(store: Store, whole: Question, at: datetime = NOW) -> None:
    """A question has other words now, before it is answered."""
    store.questions.save_pieces([whole], whole, (), at)
