"""What the model is asked with: system, history, background, the question, its pictures."""

from __future__ import annotations

from userbot.rules.policy import voice_of
from userbot.rules.prompt import request, system_text
from userbot.settings import OpenAIConfig, VoiceConfig
from userbot.turn.chat_rules import ChatRules
from userbot.turn.history import History
from userbot.turn.turn import Turn
from userbot.types import ChatRequest


class Requests:
    """Builds requests from what a turn holds and its conversation remembers."""

    def __init__(
        self, settings: OpenAIConfig, voice: VoiceConfig, chats: ChatRules, history: History
    ) -> None:
        self._settings = settings
        self._voice = voice
        self._chats = chats
        self._history = history

    @property
    def prefix(self) -> str:
        """What asks."""
        return self._chats.policy.prefix

    def voice_in(self, chat: int) -> VoiceConfig:
        """[voice] as it holds in a chat."""
        return voice_of(self._voice, self._chats.get(chat))

    def begin(self, turn: Turn) -> None:
        """A turn is about to be understood: a conversation that was silent long is new."""
        self._history.begin(turn.question)

    def build(self, turn: Turn) -> ChatRequest:
        """The request of a turn; a tight one does without the background. Raises StorageError."""
        material = turn.material
        assert material is not None
        chat = self._chats.get(turn.question.conversation.chat)
        messages = self._history.messages(
            system_text(self._settings, chat),
            material.question,
            material.quoted,
            "" if turn.tight else material.background,
        )
        return request(self._settings, chat, messages, material.pictures)

    def shrink(self, turn: Turn) -> None:
        """The request was too long for the model. Raises StorageError."""
        self._history.shrink(turn.question.conversation, turn.estimated)
