"""What the model may call while it answers, as `complete` sees it."""

from __future__ import annotations

from typing import Protocol

from userbot.turn.turn import Turn
from userbot.types import ToolCall, ToolSpec


class Tools(Protocol):
    """Tools for answers."""

    def specs(self, turn: Turn) -> tuple[ToolSpec, ...]:
        """What the answer of a turn may call now; nothing where it may not, or no more."""

    def instructions(self, turn: Turn) -> str:
        """What the system text says of them; "" where the turn has none."""

    async def call(self, turn: Turn, call: ToolCall) -> str:
        """Carry out a call and give its result, as the model is to read it.

        It is one of `specs`, and its arguments are a JSON object; what is wrong in that is the
        result. It may be carried out again, if it was cut off. Raises TelegramError and
        StorageError.
        """
