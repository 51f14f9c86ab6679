"""What the model may call while it answers, as `complete` sees it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from userbot.turn.turn import Turn
from userbot.types import ToolSpec

AskHere = Callable[[str], Awaitable[bool | None]]
"""Asks whoever sits at the keyboard for his yes to a call in words; None where nobody sits."""


class Tools(Protocol):
    """Tools for answers.

    `connects`: there are servers among them: `connect` is to be awaited before a model is asked.
    Else only a turn with a chat to look things up in has any.
    """

    connects: bool

    async def connect(self, turn: Turn) -> None:
        """See that what the turn may call is there, as far as it can be. Raises StorageError."""

    def specs(self, turn: Turn) -> tuple[ToolSpec, ...]:
        """What the answer of a turn may call now; nothing where it may not, or no more."""

    def instructions(self, turn: Turn) -> str:
        """What the system text says of them; "" where the turn has none."""

    async def call(self, turn: Turn, name: str, arguments: Mapping[str, Any]) -> str:
        """Carry out a call and give its result, as the model is to read it.

        `name` is one of `specs`; what is wrong in its arguments is the result. It may be carried
        out again, if it was cut off. Raises TelegramError and StorageError.
        """
