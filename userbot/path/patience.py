"""Waits before something is tried again.

Each ends at once when the program does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from userbot.errors import PostponedError
from userbot.events import Report, Waiting, about
from userbot.ports import Clock
from userbot.types import Question


class Patience:
    """Everybody who waits to try again waits here."""

    def __init__(self, clock: Clock, report: Report) -> None:
        self._clock = clock
        self._report = report
        self._leaving = asyncio.Event()

    async def wait(
        self,
        ask: Question,
        reason: str,
        seconds: float,
        detail: str = "",
        *,
        message: int | None = None,
    ) -> None:
        """Wait and say so; `message`: another than the question's. Raises PostponedError."""
        self._report(
            Waiting(
                **about(ask, message),
                reason=reason,
                seconds=seconds,
                detail=detail,
            )
        )
        await self.pause(seconds)

    async def pause(self, seconds: float) -> None:
        """Wait in silence.

        Raises PostponedError when the program ends: the question is left as it is, for the next
        start.
        """
        await self._until(self._clock.sleep(seconds))

    async def _until(self, comes: Coroutine[Any, Any, Any]) -> None:
        leaving = asyncio.ensure_future(self._leaving.wait())
        coming = asyncio.ensure_future(comes)
        try:
            await asyncio.wait({leaving, coming}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            coming.cancel()
        if self._leaving.is_set():
            raise PostponedError(
                "The program ended before this was tried again.",
                "It is tried again at the next start.",
                reason="postponed",
            )

    def leave(self) -> None:
        """The program ends: nobody waits any longer."""
        self._leaving.set()
