"""What a model may look up while it answers, as the stages see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from userbot.turn.turn import Turn
from userbot.types import ToolCall, ToolSpec


class Tools(Protocol):
    """What a model may call, for one turn; what it gives is data for the model."""

    def specs(self, turn: Turn) -> tuple[ToolSpec, ...]:
        """What may be called now; nothing, if nothing may or may any more."""

    def instructions(self, turn: Turn) -> str:
        """What the system text says of it; "" where the turn may look nothing up."""

    async def call(self, turn: Turn, call: ToolCall) -> str:
        """Carry a call out; gives what the model is told, of its mistakes too.

        Raises NotLoggedInError, PostponedError and StorageError.
        """

    def plan(self) -> tuple[str, Mapping[str, Any]]:
        """For a model that calls nothing: what it is asked before its answer, and as which JSON."""

    async def planned(self, turn: Turn, reply: str) -> str:
        """Carry out what such a model has asked for: a block for right before the question; "" if
        it asked for nothing. Raises as `call` does."""
