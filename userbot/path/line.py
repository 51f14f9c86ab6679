"""A question that waits in its conversation, or is being answered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from math import inf

from userbot.types import Question


@dataclass(eq=False)
class Line:
    """A question in its queue: as it is asked, and the messages that it is made of."""

    ask: Question
    pieces: list[Question]
    joinable: float
    """When its last message arrived; messages join it for a while after that."""
    begins: float = -inf
    """Not before that, since more of it is expected."""
    task: asyncio.Task[None] | None = None
    again: bool = False
    """What handles it was cancelled to start over."""
    restarts: int = 0
    ended: str = ""
    """Why it will not be answered, once that is decided."""

    @property
    def running(self) -> bool:
        return self.task is not None and not self.task.done()

    @property
    def has_started_over(self) -> bool:
        """Whether it is being answered for another time already."""
        return self.running and not self.again and self.restarts > 0

    def is_over(self) -> bool:
        """Whether it is decided that it will not be answered."""
        return bool(self.ended)

    def cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()
