"""What a question says: its text, its sound, and the message that it is about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from userbot.errors import (
    AudioError,
    ModelError,
    NothingToAnswerError,
    TelegramError,
    UserbotError,
)
from userbot.events import Notice, Report, about
from userbot.path.house_rules import HouseRules
from userbot.path.replies import Replies
from userbot.path.storing import Storing
from userbot.path.transcription import Transcription
from userbot.ports import Clock
from userbot.rules.prompt import kept_until, messages_in, people_in
from userbot.rules.voice import voice_of
from userbot.rules.wake import question_in
from userbot.settings import VoiceConfig
from userbot.storage.store import Store
from userbot.types import Picture, Question, Quoted, Transcript
from userbot.types import Voice as Recording


@dataclass(frozen=True, slots=True)
class Said:
    """A question as it was understood.

    `ask`: with its spoken words as text. `quoted`: what it is about, spoken words included.
    `spoken`: what was listened to for it, if anything.
    """

    ask: Question
    quoted: Quoted | None
    spoken: Transcript | None = None
    only_spoken: bool = False
    """Nobody wrote a word: the recording is all that was asked."""
    pictures: tuple[Picture, ...] = ()
    """What it shows; see `seeing`."""


class Ears(Protocol):
    """What the assistant needs to understand a question."""

    def voice_in(self, chat: int) -> VoiceConfig: ...

    async def hear(self, ask: Question) -> Said: ...


class Hearing:
    """Message → text."""

    def __init__(
        self,
        replies: Replies,
        transcription: Transcription,
        voice: VoiceConfig,
        prefix: str,
        rules: HouseRules,
        store: Store,
        storing: Storing,
        clock: Clock,
        report: Report,
    ) -> None:
        self._replies = replies
        self._transcription = transcription
        self._voice = voice
        self._prefix = prefix
        self._rules = rules
        self._store = store
        self._storing = storing
        self._clock = clock
        self._report = report

    def voice_in(self, chat: int) -> VoiceConfig:
        """[voice] as it holds in a chat."""
        return voice_of(self._voice, self._rules.get(chat))

    async def hear(self, ask: Question) -> Said:
        """Understand a question.

        What is written is answered even if what is said cannot be heard. Raises
        NothingToAnswerError when it turns out to be none, TelegramError when it is nothing but a
        message that is gone, and what listening raises.
        """
        if ask.voice is not None:
            return await self._own_sound(ask)
        quoted = await self._quoted(ask)
        if quoted is None or quoted.voice is None or ask.reply_to is None:
            return Said(ask, quoted)
        written = ask.text or quoted.text
        spoken = await self._words(ask, ask.reply_to, quoted.voice, written)
        if spoken is None:
            return Said(ask, quoted)
        words = "\n\n".join(filter(None, (quoted.text, spoken.text)))
        return Said(ask, replace(quoted, text=words, media=None), spoken, not ask.text)

    async def _own_sound(self, ask: Question) -> Said:
        assert ask.voice is not None
        spoken = await self._words(ask, ask.message, ask.voice, ask.text)
        if spoken is None:
            return Said(ask, await self._replied(ask))
        words = spoken.text
        if ask.listen_first:
            wake_words = self.voice_in(ask.chat).wake_words
            addressed = question_in(words, self._prefix, wake_words)
            if addressed is None:
                raise NothingToAnswerError("Nobody was addressed.", reason="no_wake_word")
            now, free = self._clock.now(), replace(spoken, seconds=0)
            keep = partial(self._store.transcripts.keep, ask, ask.message, free, now, words=True)
            await self._storing.done(keep, ask)
            words = addressed
        replied = await self._replied(ask)
        if ask.text:
            # What is written beside a recording says what to do with it.
            above = () if replied is None else (*replied.above, replied)
            return Said(ask, Quoted(ask.sender.name, words, above=above), spoken)
        return Said(replace(ask, text=words), replied, spoken, only_spoken=True)

    async def _words(
        self, ask: Question, message: int, recording: Recording, written: str
    ) -> Transcript | None:
        """What is said in a recording; None if it cannot be heard and `written` goes without it."""
        voice = self.voice_in(ask.chat)
        if not voice.enabled:
            if not written:
                raise NothingToAnswerError("Voice is off in this chat.", reason="voice_off")
            return None
        kept = not ask.listen_first
        try:
            return await self._transcription.words(ask, message, recording, voice, keep=kept)
        except (NothingToAnswerError, AudioError, ModelError) as error:
            if not written:
                raise
            self._tell(ask, error)
            return None

    def _tell(self, ask: Question, error: UserbotError) -> None:
        self._report(
            Notice(
                **about(ask),
                reason="unheard",
                detail=f"What is written is answered without the recording. {error}",
                hint=error.hint,
            )
        )

    async def _replied(self, ask: Question) -> Quoted | None:
        """The message that the question replies to; its words go when it goes, from now on."""
        quoted = await self._storing.through(lambda: self._replies.quoted(ask), ask)
        if quoted is not None:
            people, messages = people_in(quoted), messages_in(quoted)
            until = kept_until(quoted)
            note = partial(self._store.quotes.keep, ask, people, messages, until)
            await self._storing.done(note, ask)
        return quoted

    async def _quoted(self, ask: Question) -> Quoted | None:
        """The message that the question replies to, unless the history shows it anyway."""
        quoted = await self._replied(ask)
        empty = quoted is None or not (quoted.text or quoted.voice or quoted.picture)
        if empty and not ask.text and not ask.pictures:
            raise TelegramError(
                "The message asked about has nothing that may be used.",
                "Ask again in words of your own.",
                reason="nothing_asked",
            )
        return quoted
