"""The memory on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from userbot.types import (
    Answer,
    ConversationId,
    Exchange,
    Expected,
    Finish,
    KeptName,
    Owed,
    Question,
    Recorded,
    Spent,
    Transcript,
    Usage,
)

R = TypeVar("R")


class SeenStore(Protocol):
    """How far chats were seen. All raise StorageError."""

    def owns(self, chat: int, message: int, text: str | None = None) -> bool:
        """Whether the program wrote the message."""
        ...

    def seen(self, chat: int) -> int | None:
        """The newest message of a chat that was decided about."""
        ...

    def see(self, chat: int, message: int) -> None:
        """It is this one now, unless a newer one is."""
        ...

    def read_out(self, chat: int) -> None:
        """A group that became a supergroup holds nothing that was not decided about."""
        ...

    def last_look(self) -> datetime | None:
        """When all chats were last looked at; None: never."""
        ...

    def looked(self, at: datetime) -> None:
        """All chats were looked at."""
        ...


class Store(Protocol):
    """Memory on disk. Every call is one short transaction; all raise StorageError."""

    def owns(self, chat: int, message: int, text: str | None = None) -> bool:
        """Whether the program wrote the message: an answer, or a command's result.

        With `text`, a recorded write to that chat whose id is not yet known counts too
        if its text is the same: it came back before its own confirmation.
        """
        ...

    def answered_by(self, chat: int, message: int) -> int | None:
        """The question that the message answers or is a part of the answer to, if it does."""
        ...

    def asked_by(self, chat: int, message: int) -> int | None:
        """The question that the message is, if it is one."""
        ...

    def add(self, question: Question, at: datetime) -> Question | None:
        """Store a question as pending; None if this message is known already."""
        ...

    def admit(
        self,
        question: Question,
        at: datetime,
        day_began: datetime,
        expected: Expected,
        judge: Callable[[Spent], R | None],
    ) -> tuple[Question, R | None] | None:
        """Store a question and reserve what it is expected to cost, unless `judge` refuses it.

        All in one transaction. None if this message is known already.
        """
        ...

    def anew(
        self,
        question: Question,
        at: datetime,
        day_began: datetime,
        expected: Expected,
        judge: Callable[[Spent], R | None],
    ) -> tuple[Question, R | None] | None:
        """Make an answered question, worded otherwise, pending anew, unless `judge` refuses.

        What stands of its answer belongs to the new one. None if there is nothing to ask anew.
        """
        ...

    def join(self, earlier: Question, whole: Question, at: datetime) -> None:
        """A question that is not answered yet is one with a later message, as `whole`."""
        ...

    def joined(self, question: Question) -> list[Question]:
        """The earlier messages that are one with a question, oldest first."""
        ...

    def part(
        self, before: Question, whole: Question, gone: Sequence[Question], reason: str, at: datetime
    ) -> None:
        """Of the messages of a question some are gone, and why: it is `whole` now."""
        ...

    def reword(self, whole: Question) -> None:
        """A question that is not answered yet has other words now."""
        ...

    def mark(self, question: Question, state: str, reason: str, at: datetime) -> None:
        """Set a question's state: "answering", "failed" or "skipped", and why."""
        ...

    def writing(
        self, question: Question, part: int, random_id: int, text: str, at: datetime
    ) -> None:
        """Record a write before it leaves."""
        ...

    def rewriting(self, random_id: int, text: str, at: datetime) -> None:
        """Record, before it leaves, the text that a recorded write will have from now on."""
        ...

    def written(self, random_id: int, message: int) -> None:
        """Telegram gave the recorded write this message id."""
        ...

    def unwritten(self, random_id: int) -> None:
        """Telegram certainly did not take the recorded write."""
        ...

    def recorded(self, question: Question) -> list[Recorded]:
        """The writes of the answer under way, by part; those of one part in their order."""
        ...

    def typed_elsewhere(self, chat: int, message: int) -> None:
        """A message of the account's came from another device: it is the owner's own."""
        ...

    def elsewhere(self, chat: int, messages: Sequence[int]) -> set[int]:
        """Which of these messages came from another device."""
        ...

    def standing(self, question: Question) -> list[tuple[int, str]]:
        """What stands of the answer under way: its messages and their texts, in order."""
        ...

    def owed(
        self, before: datetime | None = None, *, terminal: bool = False
    ) -> list[tuple[Question, Owed, str]]:
        """What is owed for questions, asked `before` then, and what stands of each answer."""
        ...

    def settle(
        self, question: Question, text: str, answer: Answer, at: datetime, *, cost: int = 0
    ) -> None:
        """The question (as `text`) is answered: its state, its turn and its usage at once."""
        ...

    def quotes(
        self,
        question: Question,
        people: frozenset[int],
        messages: frozenset[int],
        until: datetime | None = None,
    ) -> None:
        """A question is about to hold words of these people, from these messages of its chat.

        `until`: when they go by themselves, because the chat deletes their message then.
        """
        ...

    def may_quote(
        self, question: Question, people: frozenset[int], messages: frozenset[int]
    ) -> bool:
        """Whether a question may be kept with the words that it quotes.

        Not if one of the people was forgotten, or one of the messages deleted, since `quotes`.
        """
        ...

    def last_answered(self, conversation: ConversationId) -> datetime | None:
        """When the conversation was last answered since it was begun anew, if it was."""
        ...

    def begin_anew(self, conversation: ConversationId, after: int | None = None) -> None:
        """The conversation forgets what was asked until now, or up to the question `after`."""
        ...

    def transcript(self, chat: int, message: int) -> Transcript | None:
        """What was heard in a message before, if it was kept."""
        ...

    def heard(
        self, question: Question, message: int, transcript: Transcript, at: datetime, *, keep: bool
    ) -> None:
        """A message was listened to for a question; its words are stored only if to `keep`."""
        ...

    def parts_heard(self, chat: int, message: int) -> list[Transcript]:
        """What was heard of a message that was not heard to its end, part by part."""
        ...

    def heard_parts(
        self, question: Question, message: int, parts: Sequence[Transcript], at: datetime
    ) -> None:
        """So far a message was listened to; its parts are kept until all of it is `heard`."""
        ...

    def turns(self, conversation: ConversationId, newest: int) -> list[Exchange]:
        """The newest turns of a conversation, oldest first, since it was last begun anew."""
        ...

    def pending(self) -> list[tuple[Question, bool]]:
        """Questions that are neither answered nor given up, oldest first.

        The flag tells whether a write for it was recorded.
        """
        ...

    def changed_elsewhere(self) -> bool:
        """Whether another process has written since the last call."""
        ...


class Ledger(Protocol):
    """What was spent and is reserved. Every call is one transaction; all raise StorageError."""

    def reserve(
        self,
        question: Question,
        expected: Expected,
        now: datetime,
        day_began: datetime,
        judge: Callable[[Spent], R | None],
        owed: Owed | None = None,
    ) -> R | None:
        """Reserve what a stored question is about to cost, unless `judge` refuses.

        `owed`: what is paid from now on, and counted even if the program is killed meanwhile.
        """
        ...

    def free(self, question: Question, kind: str) -> None:
        """What was owed was not paid."""
        ...

    def said(self, question: Question, text: str, finish: Finish, usage: Usage, cost: int) -> None:
        """The model's answer is whole, and cost so much: kept until it is settled."""
        ...

    def whole(self, question: Question) -> tuple[str, Finish] | None:
        """The model's answer to an open question, if all of it came before the program ended."""
        ...

    def spend(
        self,
        question: Question,
        at: datetime,
        *,
        kind: str,
        model: str,
        usage: Usage | None = None,
        audio_seconds: float = 0.0,
        cost: int = 0,
    ) -> None:
        """Count what was paid beside an answer: "audio", "speech", or what "failed".

        It is owed no longer.
        """
        ...

    def longest_answer(self) -> int:
        """Tokens of the longest of the answers that were paid lately; 0 before the first."""
        ...

    def tell_once(self, person: int, reason: str, since: datetime, now: datetime) -> bool:
        """Whether to tell a person of a limit: not if that was done after `since`."""
        ...


class Eraser(Protocol):
    """Takes words out of the history, and leaves the proof. All raise StorageError."""

    def deleted(
        self, messages: Sequence[int], chat: int | None, now: datetime
    ) -> set[ConversationId]:
        """Messages were deleted in Telegram (`chat` None: which chat is not known).

        Gives the conversations that lost words, as the others do.
        """
        ...

    def gone(self, question: Question) -> bool:
        """Whether the words of a question were erased."""
        ...

    def older_than(self, before: datetime, now: datetime) -> set[ConversationId]:
        """Erase what was asked before a date."""
        ...

    def expired(self, now: datetime) -> set[ConversationId]:
        """Erase what its chat has deleted by itself."""
        ...


class Names(Protocol):
    """Whom @names meant when they were first resolved. All raise StorageError."""

    def kept(self, name: str) -> KeptName | None:
        """Whom the name meant; None if it was never resolved."""
        ...

    def keep(self, name: KeptName, at: datetime) -> None:
        """Remember a name; one that is known already stays as it is."""
        ...
