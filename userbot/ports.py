"""The few things of the outside world that the middle needs, as the middle sees them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Collection, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from userbot.settings import DocumentsConfig
from userbot.types import (
    Brought,
    ChatRequest,
    ChatTop,
    CommandMessage,
    ConversationId,
    Delta,
    Dialog,
    Document,
    DocumentText,
    Finish,
    Format,
    Hints,
    KeptName,
    LinkedPage,
    Loudness,
    Message,
    Picture,
    Quoted,
    ReplyPart,
    RichText,
    Scope,
    Search,
    Since,
    Sound,
    Speech,
    Transcript,
)

T = TypeVar("T")

Judge = Callable[[bytes], object]
"""Sees the first bytes of a file before more is fetched; what it raises ends the download."""

Write = Literal["send", "edit", "delete"]
"""What Telegram counts apart: a pause that it asks for holds one of them."""


request_sent: ContextVar[asyncio.Event | None] = ContextVar("whether it has left", default=None)
"""Set by whoever sends a request to a model's server, as its first byte leaves: what is cut off
before that costs nothing. A variable of the task that asks, since openai's client lies between.
"""


class Clock(Protocol):
    """Time, so that tests can own it."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds that never go back."""

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The real clock: Python's own functions, since every step of a question asks for the time."""

    now = staticmethod(partial(datetime.now, UTC))
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(asyncio.sleep)


async def first_of(*things: Coroutine[Any, Any, object]) -> bool:
    """Come back when one of these has come, or failed; the others are ended.

    Whether that was the first that is named.
    """
    waits = [asyncio.ensure_future(one) for one in things]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        return waits[0].done()
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)


async def together(*things: Coroutine[Any, Any, T]) -> list[T]:
    """What all of these give, in their order; where one fails, the others are ended."""
    running = [asyncio.ensure_future(one) for one in things]
    try:
        return list(await asyncio.gather(*running))
    finally:
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def ended_within(tasks: Collection[asyncio.Task[Any]], seconds: float) -> None:
    """Let these come to their end, for so long; then cut them. What they raise is passed over."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)


class Reader(Protocol):
    """Reads from Telegram: pauses that it asks for are waited out and shown.

    Every method but `waits` may raise TelegramError.
    """

    @property
    def waits(self) -> bool:
        """Whether something waits for Telegram to say who sent it, or for a connection to come."""

    async def quoted(self, chat: int, message: int, part: ReplyPart | None = None) -> Quoted | None:
        """The message with its speaker, or None if it is gone or may not be used.

        `part`: what of it is meant, if not all of it.
        """

    async def reply_part(self, chat: int, message: int) -> ReplyPart:
        """What a message says of the one that it replies to."""

    async def pages(self, chat: int, message: int) -> tuple[LinkedPage, ...] | None:
        """What stands at the address in a message; None while Telegram still looks at that."""

    async def since(self, chat: int, messages: Sequence[int]) -> Since:
        """A question's messages as they stand, and the account's after the first of them.

        All in one look, however many they are.
        """

    async def lately(self, chat: int, at: datetime) -> Since:
        """The account's messages since a moment of Telegram's."""

    async def latest(self, chat: int, before: int, count: int) -> list[Message]:
        """The messages before that one, the newest first."""

    async def migrated(self, chats: Sequence[int]) -> list[tuple[int, int, str]]:
        """Which of these basic groups are supergroups by now: old id, new id, title."""

    async def tops(self, chats: Sequence[int]) -> list[ChatTop]:
        """These chats with their newest message; without those that refuse to be looked at."""

    async def dialogs(self) -> list[Dialog]:
        """All chats of the account, the most recent first."""

    async def newest_tops(self) -> list[ChatTop]:
        """The newest chats of the account, whichever they are, with their newest message."""

    async def bring(
        self, chat: int, *, after: int = 0, since: datetime | None = None, own: bool = False
    ) -> Brought:
        """Let arrive what is newer than a message, or than a date; `own`: what is our own.

        Oldest first, 2000 messages at most.
        """

    async def scheduled(self, chat: int) -> list[tuple[int, str]]:
        """What the account has scheduled in a chat: its ids so far, and texts."""

    async def fetch_file(self, chat: int, message: int, limit: int, judge: Judge) -> bytes:
        """The file of a message, in memory.

        Raises AudioError if it is gone, empty or larger than `limit` bytes.
        """

    async def save_file(
        self, chat: int, message: int, limit: int, path: Path, judge: Judge
    ) -> None:
        """The same as `path`, part by part."""

    async def fetch_pictures(
        self, chat: int, message: int, *, several: bool = False
    ) -> list[Picture]:
        """The picture of a message, with those of its album; `several`: there are others beside."""

    async def documents(self, chat: int, message: int) -> list[Document]:
        """The file of a message that may be read, with those of its album; none if it is gone."""

    async def fetch_document(self, chat: int, message: int, limit: int) -> bytes:
        """Such a file, in memory. Raises DocumentError if it is gone, or has more bytes."""

    async def find_person(self, name: str) -> int | None:
        """The id of the person with this @name; None if nobody has it."""


class Lookups(Protocol):
    """Looks up what was said in a chat, for one answer; nothing of it is kept.

    Every method may raise TelegramError; what a scope does not hold never leaves Telegram.
    """

    async def scope_of(
        self, conversation: ConversationId, person: int | None = None
    ) -> Scope | None:
        """Where an answer in a conversation may look things up; None where it may not at all.

        `person`: who asked, if that is not the owner. Then it is what that person could read.
        """

    async def search(self, scope: Scope, wanted: Search, limit: int) -> list[Message]:
        """Messages of a scope, the newest first; without words at most 500 of a span of time.

        Each spelling is a request.
        """

    async def around(
        self, scope: Scope, message: int, before: int, after: int, *, chat: int | None = None
    ) -> list[Message]:
        """A message of a scope with so many before and after it, oldest first.

        Nothing if it is not there; 49 at most on each side. `chat`: in which chat of the scope, if
        not in the present one.
        """

    def span(
        self, scope: Scope, *, after: int = 0, most: int = 500
    ) -> AsyncGenerator[list[Message], None]:
        """All that was said after a message: pages, the newest first.

        At most so many messages are looked at. Each page waits for its place among what is read.
        """

    def link(self, scope: Scope, message: int, *, chat: int | None = None) -> str:
        """The address of a message; "" where it has none, or no link may stand in its chat."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A voice note that Telegram has and nobody sees; `file`: the sender's own word for it."""

    speech: Speech
    file: object


class Sender(Protocol):
    """Writes into Telegram, in place. A write takes its permit first, then leaves at once.

    Every call but `typing` may raise ChatRefusedError, when the chat takes nothing from us, and
    AccountStoppedError, when the account may not write at all. A permit that is waited for raises
    PostponedError when the program ends first.
    """

    def check(self, conversation: ConversationId) -> None:
        """Raise if it is known already that nothing may be written here."""

    async def acquire(self, conversation: ConversationId, write: Write, title: str = "") -> None:
        """Wait for the permit of a first text or an end; waits that are felt are shown.

        `title`: how the chat is called when a wait is shown.
        """

    async def acquire_after_answers(
        self, conversation: ConversationId, write: Write, title: str = ""
    ) -> None:
        """Wait for a permit that no answer needs: the way of what commands write."""

    def try_acquire(self, conversation: ConversationId, write: Write) -> bool:
        """Take a permit if nobody else needs it: the way of a preview."""

    def in_slow_mode(self, conversation: ConversationId) -> bool:
        """Whether the chat was found to be in slow mode: an answer is one message there."""

    async def send(
        self,
        conversation: ConversationId,
        text: RichText,
        *,
        reply_to: int | None,
        random_id: int,
        silent: bool = False,
        schedule: float = 0,
    ) -> int:
        """Send a message and give its id; `silent`: nobody's phone rings.

        `schedule`: Telegram sends it after so many seconds, 10 at least, in Saved Messages alone,
        so that the phone rings there, too; its id is another by then (`Listener.sent`).

        Raises PauseAskedError when it did not leave and another permit is needed,
        MessageGoneError when `reply_to` is not there, WriteInDoubtError when it may stand all
        the same, else TelegramError.
        """

    async def edit(self, conversation: ConversationId, message: int, text: RichText) -> None:
        """Put another text into a message of ours; the same text again is fine.

        Raises PauseAskedError when it did not leave and another permit is needed,
        MessageGoneError when the message is not there, else TelegramError.
        """

    async def typing(self, conversation: ConversationId, typing: bool) -> bool:
        """Show that an answer is being written, or no longer; whether it was. Never raises."""

    async def delete(self, command: CommandMessage) -> None:
        """Delete a command's message for all; no other message can be deleted.

        Raises as `send` does.
        """

    async def unschedule(self, conversation: ConversationId, messages: Sequence[int]) -> None:
        """Let these not be sent that were scheduled. Raises TelegramError."""

    def takes_voice(self, conversation: ConversationId) -> bool:
        """False once Telegram has said that voice notes are not taken there."""

    async def upload_voice(self, conversation: ConversationId, speech: Speech) -> Uploaded:
        """Bring a voice note to Telegram, where nobody sees it yet; it can be sent once.

        It takes no permit. Raises VoiceRefusedError when it cannot be, and as `check` does.
        """

    async def send_voice(
        self,
        conversation: ConversationId,
        uploaded: Uploaded,
        caption: RichText,
        *,
        reply_to: int | None,
        random_id: int,
    ) -> int:
        """Send a voice note and give its id. Raises VoiceRefusedError, and as `send` does."""


class Transcriber(Protocol):
    """Speech to text behind an OpenAI-compatible endpoint."""

    async def transcribe(self, sound: Sound, hints: Hints) -> Transcript:
        """What is spoken. Raises ModelError; asks once."""


class NoteTranscriber(Protocol):
    """Speech to text by Telegram itself, which costs nothing."""

    async def transcribe(self, chat: int, message: int, *, trial: bool) -> str:
        """What is spoken in a voice note or a round video; "" if nothing is.

        `trial`: an account that may not may use up its weekly trial. Raises NotTranscribedError,
        AccountStoppedError, NotLoggedInError and PostponedError.
        """


class Speaker(Protocol):
    """Text to speech behind an OpenAI-compatible endpoint."""

    @property
    def model(self) -> str: ...

    async def speak(self, text: str) -> Speech:
        """The text, spoken; at most 4096 characters. Raises ModelError."""


class Workplace(Protocol):
    """A private folder for one recording, which is gone afterwards."""

    source: Path
    """Where the recording is to be put."""

    async def read(self, form: Format) -> float:
        """Decode what was put there; gives its seconds. Raises AudioError if it is damaged."""

    async def loudness(self) -> Loudness:
        """How loud the loudest of it is, after `read`."""

    def parts(self) -> AsyncGenerator[tuple[Sound, Loudness], None]:
        """What was read, in sounds that every endpoint takes, cut where nobody speaks."""


class Audio(Protocol):
    """Makes other formats, or less, of a recording."""

    async def usable(self) -> bool:
        """Whether what it needs is installed."""

    def workplace(self, max_seconds: float) -> AbstractAsyncContextManager[Workplace]:
        """A place for one recording, of which a little more than that is read at most."""


class DocumentReader(Protocol):
    """Reads what documents say, where they can do no harm."""

    config: DocumentsConfig
    at_once: int
    """So many are read at the same time."""

    async def read(self, data: bytes) -> DocumentText:
        """What a document says. Raises DocumentError."""


class ChatModel(Protocol):
    """A model behind an OpenAI-compatible endpoint."""

    def stream(self, request: ChatRequest) -> AsyncGenerator[Delta | Finish, None]:
        """The answer in pieces, then one Finish. Raises ModelError."""


class ModelList(Protocol):
    """What an endpoint says of its models."""

    async def offers(self, model: str) -> Sequence[str] | None:
        """None if it has that model; else the names most like it, none if it lists no models.

        Raises ModelError.
        """


class KnownNames(Protocol):
    """Whom @names meant when they were first resolved. All raise StorageError."""

    def kept(self, name: str) -> KeptName | None:
        """Whom the name meant; None if it was never resolved."""

    def keep(self, name: KeptName, at: datetime) -> None:
        """Remember a name; one that is known already stays as it is."""
