"""What the model is asked with: system, history, background, the question, its pictures."""

from __future__ import annotations

from dataclasses import replace

from userbot.rules import recap
from userbot.rules.prompt import request, system_text
from userbot.rules.window import estimate_messages, halved, is_long
from userbot.settings import OpenAIConfig
from userbot.turn.chat_rules import ChatRules
from userbot.turn.history import History
from userbot.turn.turn import Turn
from userbot.types import ChatRequest


class Requests:
    """Builds requests from what a turn holds and its conversation remembers."""

    def __init__(self, settings: OpenAIConfig, chats: ChatRules, history: History) -> None:
        self.settings = settings
        """[openai] as it holds now."""
        self._chats = chats
        self._history = history

    def build(self, turn: Turn) -> ChatRequest:
        """The request of a turn; a tight one does without the background. Raises StorageError."""
        material = turn.material
        assert material is not None
        chat = self._chats.get(turn.question.conversation.chat)
        if material.said is not None and turn.summing is not None:
            turn.summing = turn.summing.asking()
            system, owner = self.settings.system, turn.question.sender.name
            prompt = recap.messages(system, material.said.title, owner, turn.summing)
            return request(self.settings, chat, prompt)
        messages = self._history.messages(
            system_text(self.settings, chat),
            material.question,
            material.quoted,
            "" if turn.tight else material.background,
        )
        return request(self.settings, chat, messages, material.pictures)

    def shrink(self, turn: Turn) -> None:
        """The request was too long for the model: the next is tight. Raises StorageError.

        The window becomes smaller, and stays so. The store keeps every word.
        """
        if turn.summing is not None:
            turn.summing = turn.summing.smaller(turn.estimated)
            turn.request = None
            return
        self._history.shrink(turn.question.conversation, turn.estimated)
        turn.tight, turn.request, turn.whole = True, None, None

    def halve(self, turn: Turn) -> bool:
        """Perhaps the request was too long: the next has half of the history and no background.

        Gives whether that makes it shorter. Nothing stays of it: `stays_half` or `whole_again`
        tells what came of it. Raises StorageError.
        """
        whole = turn.request
        window = self._history.window_tokens
        if turn.summing is not None or whole is None or turn.tight:
            return False
        if not is_long(turn.estimated, window):
            return False
        turn.tight = True
        tight = self.build(turn)
        half = replace(tight, messages=halved(tight.messages))
        if estimate_messages(half.messages) >= turn.estimated:
            turn.tight = False
            return False
        turn.whole, turn.request = whole, half
        return True

    def stays_half(self, turn: Turn) -> None:
        """That was it: the window stays smaller. Raises StorageError."""
        assert turn.whole is not None
        estimated = estimate_messages(turn.whole.messages)
        self._history.shrink(turn.question.conversation, estimated)
        turn.whole = None

    def whole_again(self, turn: Turn) -> None:
        """It was something else: the next request is the whole one, and is not halved again."""
        turn.request, turn.whole = turn.whole, None
