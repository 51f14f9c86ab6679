"""What the model is asked with: system, history, background, the question, its pictures."""

from __future__ import annotations

from userbot.rules.prompt import request, system_text
from userbot.settings import OpenAIConfig
from userbot.turn.chat_rules import ChatRules
from userbot.turn.history import History
from userbot.turn.turn import Turn
from userbot.types import ChatRequest


class Requests:
    """Builds requests from what a turn holds and its conversation remembers."""

    def __init__(self, settings: OpenAIConfig, chats: ChatRules, history: History) -> None:
        self._settings = settings
        self._chats = chats
        self._history = history

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
        """The request was too long for the model: the next is tight. Raises StorageError.

        The window becomes smaller, and stays so. The store keeps every word.
        """
        self._history.shrink(turn.question.conversation, turn.estimated)
        turn.tight, turn.request = True, None
