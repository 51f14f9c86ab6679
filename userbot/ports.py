"""The few things of the outside world that the path needs, as the path sees them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from userbot.messages import (
    Answer,
    Ask,
    Brought,
    ChatRequest,
    ChatTop,
    Delta,
    Expected,
    Finish,
    Format,
    Hints,
    KeptName,
    Loudness,
    Owed,
    Picture,
    Place,
    Quoted,
    Recorded,
    RichText,
    Since,
    Sound,
    Speech,
    Spent,
    Transcript,
    Turn,
    Usage,
)

R = TypeVar("R")
Judge = Callable[[bytes], object]


class Clock(Protocol):
    """Time, so that tests can own it."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    async def sleep(self, seconds: float) -> None: ...


Write = Literal["send", "edit", "delete"]
"""What Telegram counts apart: a pause that it asks for holds one of them."""


class Outbox(Protocol):
    """Writes into Telegram, in place. A write takes its turn first, then leaves at once.

    Every call but `typing` may raise ChatRefusedError, when the chat takes nothing from us, and
    AccountStoppedError, when the account may not write at all.
    """

    def check(self, place: Place) -> None:
        """Raise if it is known already that nothing may be written here."""
        ...

    async def turn(self, place: Place, write: Write, title: str = "") -> None:
        """Wait until a first text or an end may leave; waits that are felt are shown.

        `title`: how the chat is called when a wait is shown.
        """
        ...

    def spare(self, place: Place, write: Write) -> bool:
        """Take a turn if nobody else needs it: the way of a preview."""
        ...

    def slow(self, place: Place) -> bool:
        """Whether the chat was found to be in slow mode: an answer is one message there."""
        ...

    async def send(
        self,
        place: Place,
        text: RichText,
        *,
        reply_to: int | None,
        random_id: int,
        silent: bool = False,
    ) -> int:
        """Send a message and give its id; `silent`: nobody's phone rings.

        Raises PauseAskedError when it did not leave and another turn is needed,
        MessageGoneError when `reply_to` is not there, WriteInDoubtError when it may stand all
        the same, else TelegramError.
        """
        ...

    async def edit(self, place: Place, message: int, text: RichText) -> None:
        """Put another text into a message of ours; the same text again is fine.

        Raises PauseAskedError when it did not leave and another turn is needed,
        MessageGoneError when the message is not there, else TelegramError.
        """
        ...

    async def typing(self, place: Place, typing: bool) -> bool:
        """Show that an answer is being written, or no longer; whether it was. Never raises."""
        ...


class Lookup(Protocol):
    """Reads single messages from Telegram."""

    async def quoted(self, chat: int, message: int) -> Quoted | None:
        """The message with its speaker, or None if it is gone or may not be used."""
        ...


class History(Protocol):
    """Looks up in Telegram what became of a question while nobody listened."""

    async def since(self, chat: int, message: int) -> Since:
        """The question as it stands, and the account's messages after it. Raises TelegramError."""
        ...


class Groups(Protocol):
    """What became of basic groups."""

    async def moved(self, chats: Sequence[int]) -> list[tuple[int, int, str]]:
        """Which are supergroups by now: old id, new id, title. Raises TelegramError."""
        ...


class Past(Protocol):
    """What chats hold that never arrived. All raise TelegramError."""

    async def tops(self) -> list[ChatTop]:
        """The newest chats with their newest message."""
        ...

    async def bring(
        self, chat: int, *, after: int = 0, since: datetime | None = None, own: bool = False
    ) -> Brought:
        """Let arrive what is newer than a message, or than a date; `own`: what is our own."""
        ...

    @property
    def waits(self) -> bool:
        """Whether something that arrived waits for Telegram to say who sent it."""
        ...


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


class Files(Protocol):
    """Files of messages. All raise AudioError if there is none, TelegramError if Telegram fails.

    `judge` sees the first bytes before more is fetched; what it raises ends the download.
    """

    async def fetch(self, chat: int, message: int, limit: int, judge: Judge) -> bytes:
        """The file in memory; AudioError if it has more than `limit` bytes."""
        ...

    async def save(self, chat: int, message: int, limit: int, path: Path, judge: Judge) -> None:
        """The file as `path`, part by part."""
        ...


class Pictures(Protocol):
    """Pictures of messages."""

    async def fetch(self, chat: int, message: int, *, several: bool = False) -> list[Picture]:
        """The picture of a message, with those of its album; `several`: there are others beside.

        Raises TelegramError.
        """
        ...


class Transcriber(Protocol):
    """Speech to text behind an OpenAI-compatible endpoint."""

    async def transcribe(self, sound: Sound, hints: Hints) -> Transcript:
        """What is spoken. Raises ModelError; asks once."""
        ...


class Speaker(Protocol):
    """Text to speech behind an OpenAI-compatible endpoint."""

    @property
    def model(self) -> str: ...

    async def speak(self, text: str) -> Speech:
        """The text, spoken; at most 4096 characters. Raises ModelError."""
        ...


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A voice note that Telegram has and nobody sees; `file`: the outbox's own word for it."""

    speech: Speech
    file: object


class VoiceOutbox(Outbox, Protocol):
    """Voice notes into Telegram, in place."""

    def takes_voice(self, place: Place) -> bool:
        """False once Telegram has said that voice notes are not taken there."""
        ...

    async def upload_voice(self, place: Place, speech: Speech) -> Uploaded:
        """Bring a voice note to Telegram, where nobody sees it yet; it can be sent once.

        It takes no turn. Raises VoiceRefusedError when it cannot be, and as `check` does.
        """
        ...

    async def send_voice(
        self,
        place: Place,
        uploaded: Uploaded,
        caption: RichText,
        *,
        reply_to: int | None,
        random_id: int,
    ) -> int:
        """Send a voice note and give its id. Raises VoiceRefusedError, and as `send` does."""
        ...


class Workplace(Protocol):
    """A private folder for one recording, which is gone afterwards."""

    source: Path
    """Where the recording is to be put."""

    async def read(self, form: Format) -> float:
        """Decode what was put there; gives its seconds. Raises AudioError if it is damaged."""
        ...

    async def loudness(self) -> Loudness:
        """How loud the loudest of it is, after `read`."""
        ...

    def parts(self) -> AsyncGenerator[tuple[Sound, Loudness], None]:
        """What was read, in sounds that every endpoint takes, cut where nobody speaks."""
        ...


class Audio(Protocol):
    """Makes other formats, or less, of a recording."""

    async def usable(self) -> bool:
        """Whether what it needs is installed."""
        ...

    def workplace(self, max_seconds: float) -> AbstractAsyncContextManager[Workplace]:
        """A place for one recording, of which a little more than that is read at most."""
        ...


class ChatModel(Protocol):
    """A model behind an OpenAI-compatible endpoint."""

    def stream(self, request: ChatRequest) -> AsyncGenerator[Delta | Finish, None]:
        """The answer in pieces, then one Finish. Raises ModelError."""
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

    def anew(
        self,
        ask: Ask,
        at: datetime,
        day_began: datetime,
        expected: Expected,
        judge: Callable[[Spent], R | None],
    ) -> tuple[Ask, R | None] | None:
        """Make an answered question, worded otherwise, pending anew, unless `judge` refuses.

        What stands of its answer belongs to the new one. None if there is nothing to ask anew.
        """
        ...

    def join(self, earlier: Ask, whole: Ask, at: datetime) -> None:
        """A question that is not answered yet is one with a later message, as `whole`."""
        ...

    def reword(self, whole: Ask) -> None:
        """A question that is not answered yet has other words now."""
        ...

    def mark(self, ask: Ask, state: str, reason: str, at: datetime) -> None:
        """Set a question's state: "answering", "failed" or "skipped", and why."""
        ...

    def writing(self, ask: Ask, part: int, random_id: int, text: str, at: datetime) -> None:
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

    def recorded(self, ask: Ask) -> list[Recorded]:
        """The writes of the answer under way, by part; those of one part in their order."""
        ...

    def typed_elsewhere(self, chat: int, message: int) -> None:
        """A message of the account's came from another device: it is the owner's own."""
        ...

    def elsewhere(self, chat: int, messages: Sequence[int]) -> set[int]:
        """Which of these messages came from another device."""
        ...

    def standing(self, ask: Ask) -> list[tuple[int, str]]:
        """What stands of the answer under way: its messages and their texts, in order."""
        ...

    def owed(
        self, before: datetime | None = None, *, terminal: bool = False
    ) -> list[tuple[Ask, Owed, str]]:
        """What is owed for questions, asked `before` then, and what stands of each answer."""
        ...

    def settle(self, ask: Ask, text: str, answer: Answer, at: datetime, *, cost: int = 0) -> None:
        """The question (as `text`) is answered: its state, its turn and its usage at once."""
        ...

    def quotes(
        self,
        ask: Ask,
        people: frozenset[int],
        messages: frozenset[int],
        until: datetime | None = None,
    ) -> None:
        """A question is about to hold words of these people, from these messages of its chat.

        `until`: when they go by themselves, because the chat deletes their message then.
        """
        ...

    def may_quote(self, ask: Ask, people: frozenset[int], messages: frozenset[int]) -> bool:
        """Whether a question may be kept with the words that it quotes.

        Not if one of the people was forgotten, or one of the messages deleted, since `quotes`.
        """
        ...

    def last_answered(self, place: Place) -> datetime | None:
        """When the conversation was last answered since it was begun anew, if it was."""
        ...

    def begin_anew(self, place: Place, after: int | None = None) -> None:
        """The conversation forgets what was asked until now, or up to the question `after`."""
        ...

    def transcript(self, chat: int, message: int) -> Transcript | None:
        """What was heard in a message before, if it was kept."""
        ...

    def heard(
        self, ask: Ask, message: int, transcript: Transcript, at: datetime, *, keep: bool
    ) -> None:
        """A message was listened to for a question; its words are stored only if to `keep`."""
        ...

    def parts_heard(self, chat: int, message: int) -> list[Transcript]:
        """What was heard of a message that was not heard to its end, part by part."""
        ...

    def heard_parts(
        self, ask: Ask, message: int, parts: Sequence[Transcript], at: datetime
    ) -> None:
        """So far a message was listened to; its parts are kept until all of it is `heard`."""
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
        owed: Owed | None = None,
    ) -> R | None:
        """Reserve what a stored question is about to cost, unless `judge` refuses.

        `owed`: what is paid from now on, and counted even if the program is killed meanwhile.
        """
        ...

    def free(self, ask: Ask, kind: str) -> None:
        """What was owed was not paid."""
        ...

    def said(self, ask: Ask, text: str, finish: Finish, usage: Usage, cost: int) -> None:
        """The model's answer is whole, and cost so much: kept until it is settled."""
        ...

    def whole(self, ask: Ask) -> tuple[str, Finish] | None:
        """The model's answer to an open question, if all of it came before the program ended."""
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
