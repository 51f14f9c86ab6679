"""The few things of the outside world that the path needs, as the path sees them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from userbot.messages import (
    Answer,
    Ask,
    ChatRequest,
    Delta,
    Expected,
    Finish,
    KeptName,
    Place,
    Quoted,
    RichText,
    Spent,
    Turn,
    Usage,
)

R = TypeVar("R")


class Clock(Protocol):
    """Time, so that tests can own it."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class Outbox(Protocol):
    """Writes into Telegram, in place."""

    async def send(
        self, place: Place, text: RichText, *, reply_to: int | None, random_id: int
    ) -> int:
        """Send a message and give its id. Raises TelegramError."""
        ...


class Lookup(Protocol):
    """Reads single messages from Telegram."""

    async def quoted(self, chat: int, message: int) -> Quoted | None:
        """The message with its speaker, or None if it is gone or may not be used."""
        ...


class ChatModel(Protocol):
    """A model behind an OpenAI-compatible endpoint."""

    def stream(self, request: ChatRequest) -> AsyncGenerator[Delta | Finish, None]:
        """The answer in pieces, then one Finish. Raises ModelError."""
        ...


class Store(Protocol):
    """Memory on disk. Every call is one short transaction; all raise StorageError."""

    def owns(self, chat: int, message: int, text: str | None = None) -> bool:
        """Whether the message is an answer of ours.

        With `text`, a recorded write to that chat whose id is not yet known counts too
        if its text is the same: it came back before its own confirmation.
        """
        ...

    def add(self, ask: Ask, at: datetime) -> Ask | None:
        """Store a question as pending; None if this message is known already."""
        ...

    def admit(
        self,
        ask: Ask,
        at: datetime,
        day_began: datetime,
        expected: Expected,
        judge: Callable[[Spent], R | None],
    ) -> tuple[Ask, R | None] | None:
        """Store a question and reserve what it is expected to cost, unless `judge` refuses it.

        All in one transaction. None if this message is known already.
        """
        ...

    def mark(self, ask: Ask, state: str, reason: str, at: datetime) -> None:
        """Set a question's state: "answering", "failed" or "skipped", and why."""
        ...

    def writing(self, ask: Ask, part: int, random_id: int, text: str, at: datetime) -> None:
        """Record a write before it leaves."""
        ...

    def written(self, random_id: int, message: int) -> None:
        """Telegram gave the recorded write this message id."""
        ...

    def settle(self, ask: Ask, text: str, answer: Answer, at: datetime, *, cost: int = 0) -> None:
        """The question (as `text`) is answered: its state, its turn and its usage at once."""
        ...

    def turns(self, place: Place, newest: int) -> list[Turn]:
        """The newest turns of a conversation, oldest first, since it was last begun anew."""
        ...

    def pending(self) -> list[tuple[Ask, bool]]:
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
        ask: Ask,
        expected: Expected,
        now: datetime,
        day_began: datetime,
        judge: Callable[[Spent], R | None],
    ) -> R | None:
        """Reserve what a stored question is about to cost, unless `judge` refuses."""
        ...

    def spend(
        self,
        ask: Ask,
        at: datetime,
        *,
        kind: str,
        model: str,
        usage: Usage | None = None,
        audio_seconds: float = 0.0,
        cost: int = 0,
    ) -> None:
        """Count what was paid for a question beside its answer: "audio", or what "failed"."""
        ...

    def tell_once(self, person: int, reason: str, since: datetime, now: datetime) -> bool:
        """Whether to tell a person of a limit: not if that was done after `since`."""
        ...


class Eraser(Protocol):
    """Takes words out of the history, and leaves the proof. All raise StorageError."""

    def deleted(self, messages: Sequence[int], chat: int | None, now: datetime) -> set[Place]:
        """Messages were deleted in Telegram (`chat` None: which chat is not known).

        Gives the conversations that lost words, as the others do.
        """
        ...

    def gone(self, ask: Ask) -> bool:
        """Whether the words of a question were erased."""
        ...

    def older_than(self, before: datetime, now: datetime) -> set[Place]:
        """Erase what was asked before a date."""
        ...

    def expired(self, now: datetime) -> set[Place]:
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
