"""What was said aloud among the messages of a recap: what was kept of it, and what is listened to.

Rule 1: what was transcribed for a question before is known, and costs nothing.
Rule 2: the rest is listened to where the owner wants it, and paid as always, once; its words are
kept in the turn alone. What cannot be heard is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from userbot.errors import AudioError, ModelError, NothingToAnswerError, TelegramError
from userbot.events import Report, ToolCalled, about
from userbot.storage.store import Store
from userbot.texts import n_
from userbot.turn.budget import Budget
from userbot.turn.chat_rules import ChatRules
from userbot.turn.turn import Turn
from userbot.turn.understand.transcribe import Transcribe
from userbot.types import Message

Heard = dict[tuple[int, int], str]
"""Words by chat and message."""


class VoiceNotes:
    """Their words. `transcribe`: None where nothing is listened to."""

    def __init__(
        self,
        chats: ChatRules,
        transcribe: Transcribe | None,
        budget: Budget,
        store: Store,
        report: Report,
    ) -> None:
        self._chats = chats
        self._transcribe = transcribe
        self._budget = budget
        self._store = store
        self._report = report

    async def words(self, turn: Turn, said: Iterable[Message], *, listen: bool) -> Heard:
        """What is known of the sounds of these messages.

        `listen`: they are transcribed if need be. Raises LimitReachedError and StorageError.
        """
        found: Heard = {}
        unknown: list[Message] = []
        for one in said:
            if one.voice is None:
                continue
            where = one.conversation.chat, one.message
            kept = self._store.transcripts.find(*where)
            if kept is not None:
                found[where] = kept.text
            elif not one.voice.sealed and self._chats.policy.voice_in(where[0]).enabled:
                unknown.append(one)
        if not listen or self._transcribe is None or not unknown:
            return found
        told = n_("listening to {count} recording", "listening to {count} recordings", len(unknown))
        self._report(ToolCalled(**about(turn.question), name="recap", text=told))
        for one in unknown:
            found[one.conversation.chat, one.message] = await self._heard(turn, one)
        return found

    async def _heard(self, turn: Turn, one: Message) -> str:
        assert self._transcribe is not None
        assert one.voice is not None
        chat = one.conversation.chat
        # Of a note that is perhaps meant for others no words are stored: nor of this one.
        own = Turn(replace(turn.question, source=chat, listen_first=True))
        beside = turn.listening.setdefault(chat, own)
        try:
            voice = self._chats.policy.voice_in(chat)
            return (await self._transcribe.words(beside, one.message, one.voice, voice)).text
        except (NothingToAnswerError, AudioError, ModelError, TelegramError):
            return ""
        finally:
            self._budget.capture_or_void(beside)
