"""What a question says: its text, its sound, and the message that it is about."""

from __future__ import annotations

from dataclasses import dataclass, replace

from userbot.errors import NothingToAnswerError, TelegramError
from userbot.messages import Ask, Quoted, Transcript
from userbot.path.house_rules import HouseRules
from userbot.path.replies import Replies
from userbot.path.transcription import Transcription
from userbot.ports import Clock, Store
from userbot.rules.voice import voice_of
from userbot.rules.wake import question_in
from userbot.settings import Voice


@dataclass(frozen=True, slots=True)
class Said:
    """A question as it was understood.

    `ask`: with its spoken words as text. `quoted`: what it is about, spoken words included.
    `spoken`: what was listened to for it, if anything.
    """

    ask: Ask
    quoted: Quoted | None
    spoken: Transcript | None = None
    only_spoken: bool = False
    """Nobody wrote a word: the recording is all that was asked."""


class Hearing:
    """Message → text."""

    def __init__(
        self,
        replies: Replies,
        transcription: Transcription,
        voice: Voice,
        prefix: str,
        rules: HouseRules,
        store: Store,
        clock: Clock,
    ) -> None:
        self._replies = replies
        self._transcription = transcription
        self._voice = voice
        self._prefix = prefix
        self._rules = rules
        self._store = store
        self._clock = clock

    def voice_in(self, chat: int) -> Voice:
        """[voice] as it holds in a chat."""
        return voice_of(self._voice, self._rules.get(chat))

    async def hear(self, ask: Ask) -> Said:
        """Understand a question.

        Raises NothingToAnswerError when it turns out to be none, TelegramError when it is
        nothing but a message that is gone, and what listening raises.
        """
        if ask.voice is not None:
            return await self._own_sound(ask)
        quoted = await self._quoted(ask)
        if quoted is None or quoted.voice is None or ask.reply_to is None:
            return Said(ask, quoted)
        voice = self.voice_in(ask.chat)
        if not voice.enabled:
            if not quoted.text and not ask.text:
                raise NothingToAnswerError("Voice is off in this chat.", reason="voice_off")
            return Said(ask, quoted)
        spoken = await self._transcription.words(ask, ask.reply_to, quoted.voice, voice)
        words = "\n\n".join(filter(None, (quoted.text, spoken.text)))
        return Said(ask, replace(quoted, text=words, media=None), spoken, not ask.text)

    async def _own_sound(self, ask: Ask) -> Said:
        assert ask.voice is not None
        voice = self.voice_in(ask.chat)
        kept = not ask.listen_first
        spoken = await self._transcription.words(ask, ask.message, ask.voice, voice, keep=kept)
        words = spoken.text
        if ask.listen_first:
            addressed = question_in(words, self._prefix, voice.wake_words)
            if addressed is None:
                raise NothingToAnswerError("Nobody was addressed.", reason="no_wake_word")
            now = self._clock.now()
            self._store.heard(ask, ask.message, replace(spoken, seconds=0), now, keep=True)
            words = addressed
        replied = await self._replies.quoted(ask)
        if ask.text:
            # What is written beside a recording says what to do with it.
            above = () if replied is None else (*replied.above, replied)
            return Said(ask, Quoted(ask.sender.name, words, above=above), spoken)
        return Said(replace(ask, text=words), replied, spoken, only_spoken=True)

    async def _quoted(self, ask: Ask) -> Quoted | None:
        """The message that the question replies to, unless the history shows it anyway."""
        quoted = await self._replies.quoted(ask)
        empty = quoted is None or not (quoted.text or quoted.voice)
        if empty and not ask.text:
            raise TelegramError(
                "The message asked about has nothing that may be used.",
                "Ask again in words of your own.",
                reason="nothing_asked",
            )
        return quoted
