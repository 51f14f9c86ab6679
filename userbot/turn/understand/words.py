"""The words of a question: written, spoken, and those of the message that it is about."""

from __future__ import annotations

from dataclasses import replace

from userbot.errors import AudioError, ModelError, NothingToAnswerError, TelegramError
from userbot.events import Notice, Report, about
from userbot.rules.above_answer import beginning, quotation
from userbot.rules.transcript import question_in
from userbot.storage.store import Store
from userbot.texts import _
from userbot.turn.chat_rules import ChatRules
from userbot.turn.turn import Material, Turn
from userbot.turn.understand.pages import LinkedPages
from userbot.turn.understand.replied import Replied
from userbot.turn.understand.switched import checked
from userbot.turn.understand.transcribe import Transcribe
from userbot.types import AS_EVER, LinkedPage, Question, Quoted, Transcript
from userbot.types import Voice as Recording


class Words:
    """Finds out what is asked, but for pictures."""

    def __init__(
        self,
        transcribe: Transcribe,
        replied: Replied,
        chats: ChatRules,
        store: Store,
        report: Report,
        pages: LinkedPages,
    ) -> None:
        self._pages = pages
        self._transcribe = transcribe
        self._replied = replied
        self._chats = chats
        self._store = store
        self._report = report

    async def of(self, turn: Turn) -> Material:
        """Read and hear a question.

        What is written is answered even if what is said cannot be heard. Raises
        NothingToAnswerError when it turns out to be none, TelegramError when it is nothing but a
        message that is gone, SwitchError, StorageError, and what transcribing raises.
        """
        if turn.question.switches != AS_EVER:
            turn.question = checked(turn.question, self._chats.policy.models, self._report)
        material = await self._read(turn)
        quoted, pages = material.quoted, tuple[LinkedPage, ...]()
        known = (() if quoted is None else quoted.pages, *(one.pages for one in turn.pieces))
        if any(found != () for found in known) and not material.only_transcript:
            pages = await self._pages.of(turn, quoted)
        return replace(material, preface=self._preface(material), pages=pages)

    async def _read(self, turn: Turn) -> Material:
        question = turn.question
        if question.voice is not None:
            return await self._own_sound(turn, question.voice)
        quoted = await self._asked_about(turn)
        if quoted is None or quoted.voice is None:
            return Material(question, quoted)
        written = question.text or quoted.text
        spoken = await self._heard(turn, quoted.message, quoted.voice, written)
        if not self._store.quotes.wants(question, quoted.message):
            # While it was listened to it was deleted, or its speaker forgotten.
            self._check_asked(question, None)
            return Material(question)
        if spoken is None:
            return Material(question, quoted)
        words = "\n\n".join(filter(None, (quoted.text, spoken.text)))
        quoted = replace(quoted, text=words, media=None)
        only = not question.text and self._shows(question) == "transcript"
        return Material(question, quoted, spoken, only_transcript=only)

    async def _own_sound(self, turn: Turn, voice: Recording) -> Material:
        question = turn.question
        spoken = await self._heard(turn, question.message, voice, question.text)
        if spoken is None:
            return Material(question, await self._quoted(turn))
        words = spoken.text
        if question.listen_first:
            words = self._addressed(turn, spoken)
            self._transcribe.keep(turn, question.message)
        quoted = await self._quoted(turn)
        if question.text:
            # What is written beside a recording says what to do with it.
            above = () if quoted is None else (*quoted.above, quoted)
            return Material(question, Quoted(question.sender.name, words, above=above), spoken)
        only = self._shows(question) == "transcript"
        return Material(replace(question, text=words), quoted, spoken, only_transcript=only)

    def _preface(self, material: Material) -> str:
        """What stands before the answer: what was heard, where the chat wants it shown.

        And the question itself, where no reply can point at it.
        """
        question, quoted, spoken = material.question, material.quoted, material.spoken
        if material.only_transcript:
            return ""
        if spoken is not None and self._shows(question) == "both":
            return quotation(spoken.text)
        if question.replied_to is None:
            words = question.text or (quoted.text if quoted else "")
            line = beginning(question, words)
            return quotation(line) if line else ""
        return ""

    def _shows(self, question: Question) -> str:
        """What the chat shows of what was spoken: "transcript" is all of the answer then."""
        return self._chats.policy.voice_in(question.conversation.chat).show

    def _addressed(self, turn: Turn, spoken: Transcript) -> str:
        """What a note asks. Raises NothingToAnswerError if it does not address the owner."""
        question = turn.question
        wake_words = self._chats.policy.voice_in(question.conversation.chat).wake_words
        addressed = question_in(spoken.text, self._chats.policy.prefix, wake_words)
        if addressed is None:
            raise NothingToAnswerError(_("You were not addressed."), reason="no_wake_word")
        return addressed

    async def _heard(
        self, turn: Turn, message: int, recording: Recording, written: str
    ) -> Transcript | None:
        """What is said in a recording; None if it cannot be heard and `written` goes without it."""
        voice = self._chats.policy.voice_in(turn.question.conversation.chat)
        if not voice.enabled:
            if not written:
                raise NothingToAnswerError(_("Voice is off in this chat."), reason="voice_off")
            return None
        try:
            return await self._transcribe.words(turn, message, recording, voice)
        except (NothingToAnswerError, AudioError, ModelError) as error:
            if not written:
                raise
            self._report(
                Notice(
                    **about(turn.question),
                    reason="unheard",
                    detail=_("Answering the text without the recording. {error}", error=error),
                    hint=error.hint,
                )
            )
            return None

    async def _quoted(self, turn: Turn) -> Quoted | None:
        """The message that the question replies to; its words go when it goes, from now on."""
        question = turn.question
        left_out = question.switches.by_itself and not question.is_reply_alone
        if left_out or not question.is_reply:
            return None
        quoted = await self._replied.quoted(question)
        if question.reply_to is not None or quoted is not None:
            self._store.quotes.keep(question, quoted)
        return quoted

    async def _asked_about(self, turn: Turn) -> Quoted | None:
        """The message that the question replies to, unless the history shows it anyway."""
        quoted = await self._quoted(turn)
        self._check_asked(turn.question, quoted)
        return quoted

    def _check_asked(self, question: Question, quoted: Quoted | None) -> None:
        """Raise TelegramError where nothing is asked, neither in words nor by what is quoted."""
        empty = quoted is None or not quoted.tells_something
        if empty and not question.text and not question.pictures:
            raise TelegramError(
                _("The message asked about contains nothing that can be used."),
                _("Ask again in your own words."),
                reason="nothing_asked",
            )
