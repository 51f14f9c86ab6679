"""A watch over the program itself: what works beside the questions and dies is told, and restarted.

Without it a task that dies does so in silence, and with it whatever it was there for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from userbot.errors import UserbotError
from userbot.events import Failed, Report
from userbot.ports import Clock
from userbot.texts import _

RESTART_SECONDS = 30.0
"""Before what died is started again."""
_log = logging.getLogger(__name__)


class Watch:
    """Tells of tasks that die. Only the kind of an error is shown: its words may be anybody's."""

    def __init__(self, clock: Clock, report: Report) -> None:
        self._clock = clock
        self._report = report

    def keep(self, work: Callable[[], Coroutine[Any, Any, None]], name: str) -> asyncio.Task[None]:
        """Run something that goes on until it is cancelled; started again if it dies."""
        return asyncio.create_task(self._kept(work, name), name=name)

    def once(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[bool]:
        """Run something that ends by itself."""
        return asyncio.create_task(self._run(work, name), name=name)

    @contextmanager
    def over_the_loop(self) -> Iterator[None]:
        """While the block runs, tell of every other task that dies unnoticed, whoever made it."""
        loop = asyncio.get_running_loop()
        before = loop.get_exception_handler()
        loop.set_exception_handler(self._unnoticed)
        try:
            yield
        finally:
            loop.set_exception_handler(before)

    async def _kept(self, work: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
        while not await self._run(work(), name):
            await self._clock.sleep(RESTART_SECONDS)

    async def _run(self, work: Coroutine[Any, Any, None], name: str) -> bool:
        """Whether it came to its own end."""
        try:
            await work
        except Exception as error:
            self._died(name, error)
            return False
        return True

    def _unnoticed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is None:
            loop.default_exception_handler(context)
            return
        task = context.get("task") or context.get("future")
        name = task.get_name() if isinstance(task, asyncio.Task) else "a callback"
        self._died(name, error)

    def _died(self, name: str, error: BaseException) -> None:
        if isinstance(error, UserbotError):
            self._report(Failed.of(error))
            return
        _log.error("%s died", name, exc_info=error)
        self._report(
            Failed(
                reason="task_died",
                error=_(
                    "A part of the program failed: {name} ({kind}).",
                    name=name,
                    kind=type(error).__name__,
                ),
                hint=_("The rest keeps running. Run with -v to see where, and report it."),
            )
        )
