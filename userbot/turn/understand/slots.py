"""A slot for what is in work only a few at a time: pictures, documents, recordings."""

from __future__ import annotations

import asyncio

from userbot.events import Report, Waiting, about
from userbot.turn.turn import Turn


async def take_slot(
    slots: asyncio.Semaphore, turn: Turn, report: Report, reason: str, message: int | None = None
) -> None:
    """Wait for a slot, which the console shows; whoever has taken one releases it.

    `message`: which one it is for, where that is not the question's own. Raises PostponedError
    when the program ends.
    """
    if slots.locked():
        report(Waiting(**about(turn.question, message), reason=reason, seconds=0))
    with turn.waits(reason):
        await slots.acquire()
