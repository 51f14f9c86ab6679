"""The composition root: opens what `wiring` made, in order, and ends it in order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, closing, suppress
from typing import Any, TypeVar

from userbot.clock import SystemClock
from userbot.edges import Edges, House, house_of
from userbot.errors import StorageError, UserbotError
from userbot.events import Notice, Ready, Report, Stopped
from userbot.ground import Ground
from userbot.path.asked_again import AskedAgain
from userbot.path.recovery import recover
from userbot.path.watch import Watch
from userbot.ports import Clock
from userbot.rules.rate_limiter import RateLimiter
from userbot.settings import Settings
from userbot.signals import stop_on_signals
from userbot.storage.store import Store
from userbot.telegram.changes import Changes
from userbot.telegram.directory import Directory
from userbot.telegram.gate import Gate
from userbot.telegram.network_log import network_told
from userbot.telegram.outage import Outage, watch_line
from userbot.telegram.refusals import login_ended, why_disconnected
from userbot.telegram.session import session_file
from userbot.telegram.session_lock import session_lock
from userbot.wiring import Rooms

T = TypeVar("T")

DRAIN_SECONDS = 10.0
"""How long an answer being written may still take after Ctrl-C or SIGTERM."""

STORE_SECONDS = 0.05
"""How long one step of the store may hold up everything while another process is writing."""

_AGAIN_SECONDS = 0.2
"""After which a connecting that goes on all the same is cancelled once more."""

PEOPLE_SECONDS = 5.0
"""How long the first messages wait for the account's contacts."""


async def run(
    settings: Settings,
    report: Report,
    *,
    began: float,
    end: asyncio.Future[str] | None = None,
    clock: Clock | None = None,
    leaving: Callable[[], None] = lambda: None,
) -> str:
    """The main job, until a signal or Telegram ends it; gives the reason ("interrupted", …).

    `began`: when the program started, in `time.monotonic()` seconds, for the Ready line.
    `end`: another way to end it, by setting the reason. `clock`: another than this machine's.
    `leaving`: called when a second signal ends the process at once.
    Raises UserbotError when it cannot begin or cannot go on.
    """
    if not session_file(settings.telegram.session).exists():
        raise login_ended("AUTH_KEY_UNREGISTERED")
    with (
        session_lock(settings.telegram.session),
        closing(Store.open(settings.history.database)) as store,
    ):
        running = _Run(settings, report, store, began, end, clock)
        with network_told(report, running.outage.lost):
            return await running.until_stopped(leaving)


class _Run:
    """One run: what lives from the connection to the disconnection."""

    def __init__(
        self,
        settings: Settings,
        report: Report,
        store: Store,
        began: float,
        end: asyncio.Future[str] | None,
        clock: Clock | None,
    ) -> None:
        self._report = report
        self._store = store
        self._began = began
        self._clock = clock or SystemClock()
        self.outage = Outage(self._clock, report)
        self._watch = Watch(self._clock, report)
        self._ground = Ground(settings, report, store, self._clock, self._stop)
        self._end = end or asyncio.get_running_loop().create_future()
        limiter = RateLimiter(settings.pacing.writes_per_second, settings.pacing.burst)
        self._gate = Gate(limiter, self._clock, report, self._stop)
        self._tasks: list[asyncio.Task[Any]] = []

    async def until_stopped(self, leaving: Callable[[], None]) -> str:
        """Work until a signal, or until the connection is gone for good."""
        reason = "failed"
        with stop_on_signals(self._stop, leaving), self._watch.over_the_loop():
            work = asyncio.create_task(self._work())
            try:
                await asyncio.wait({work, self._end}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                work.cancel()
                try:
                    with suppress(asyncio.CancelledError):
                        await work
                    # What Telegram ended the run with, if not a signal, is raised here.
                    if self._end.done():
                        reason = self._end.result()
                finally:
                    self._report(self._summary(reason))
        return reason

    def _summary(self, reason: str) -> Stopped:
        pending = 0
        with suppress(StorageError):  # whatever is wrong was told already
            pending = len(self._store.questions.pending())
        return Stopped(
            reason=reason,
            answered=self._ground.settlement.answered_count,
            failed=self._ground.settlement.failed_count,
            pending=pending,
            restricted=self._gate.stopped.reason if self._gate.stopped else "",
        )

    def _stop(self, why: str | UserbotError) -> None:
        if self._end.done():
            return
        if isinstance(why, UserbotError):
            self._end.set_exception(why)
        else:
            self._end.set_result(why)

    async def _work(self) -> None:
        """Connect, recover, listen; on the way out let answers finish, then disconnect."""
        ground = self._ground
        async with AsyncExitStack() as on_the_way_out:
            on_the_way_out.push_async_callback(_gather, self._tasks)
            edges = Edges(ground, self._gate)
            on_the_way_out.push_async_callback(edges.aclose)
            # openai's import takes half a second: it runs in a thread while Telegram connects, and
            # the first question waits for what is left of it.
            warm = asyncio.create_task(edges.model.warm())
            self._until(on_the_way_out, warm)
            on_the_way_out.callback(self.outage.over)
            connecting = asyncio.create_task(edges.client.connect())
            on_the_way_out.push_async_callback(_cancelled, connecting)
            await asyncio.wait({connecting, self._end}, return_when=asyncio.FIRST_COMPLETED)
            if not connecting.done():
                return
            connecting.result()
            self.outage.over()
            awake = watch_line(self._clock, self._report, edges.client, self.outage)
            self._until(on_the_way_out, asyncio.create_task(awake))
            # Both lists come while names are looked up; the inbox holds what arrives before them.
            known = self._beside(self._watch.once(edges.people.load(), "the list of contacts"))
            directory = Directory(edges.client, self._store.names)
            house = await house_of(directory, ground)
            rooms = Rooms(ground, edges, house)
            self._end_in_order(on_the_way_out, edges, rooms)
            # Whoever is not known as a contact by then is none; a dead connection must not hold us.
            await asyncio.wait({known}, timeout=PEOPLE_SECONDS)
            await self._recover(edges, rooms, house)
            changes = Changes(edges.client, edges.inbox, rooms.edited, rooms.migration.moved)
            on_the_way_out.callback(changes.close)
            edges.inbox.open(house.owner, rooms.doorstep.receive)
            edges.client.takes_updates = True
            self._store.limit_wait(STORE_SECONDS)
            for work, name in (
                (rooms.catch_up.watch, "the look for what was missed"),
                (ground.forgetting.sweep, "the erasing of old words"),
                (self._wishes(rooms).watch, "the look-out for userbot retry"),
            ):
                self._until(on_the_way_out, self._watch.keep(work, name))
            self._beside(self._watch.once(self._tell_moved(directory), "the look at @names"))
            # Cancelling `run_until_disconnected` would disconnect before the answers are out.
            listening = asyncio.create_task(edges.client.run_until_disconnected())
            self._beside(listening)
            await warm
            await asyncio.wait({listening, self._end}, return_when=asyncio.FIRST_COMPLETED)
            if listening.done():
                self._stop(why_disconnected(listening.exception()))

    async def _recover(self, edges: Edges, rooms: Rooms, house: House) -> None:
        """What was pending comes first; then it is said that all is ready."""

        def reconnected() -> None:
            rooms.reconnected(self.outage.back())

        edges.client.on_reconnect = reconnected
        edges.client.on_missed = rooms.missed
        rooms.allowance.count_lost()
        self._ground.forgetting.sweep_once()
        rooms.migration.remind()
        await rooms.migration.look(ask for ask, _ in self._store.questions.pending())
        edges.deletions.open(rooms.deleted)
        await rooms.catch_up.begin()
        self._wishes(rooms).begin()
        pending = recover(
            rooms.rules.policy,
            self._ground.settings.catch_up.max_age_minutes,
            self._store,
            rooms.conversations,
            rooms.aftermath,
            self._ground.settlement,
            edges.people.known,
            self._clock,
        )
        rooms.commands.take_up(self._ground.settings.catch_up.max_age_minutes)
        self._report(
            Ready(
                account=house.owner.name,
                model=self._ground.settings.openai.model,
                chats=len(rooms.rules.policy.chats),
                seconds=time.monotonic() - self._began,
                pending=pending,
            )
        )

    def _end_in_order(self, on_the_way_out: AsyncExitStack, edges: Edges, rooms: Rooms) -> None:
        """How it ends, last line first: nothing new is begun, what is begun has ten seconds."""
        # While the last answers are written, what arrives is stored for the next start.
        on_the_way_out.push_async_callback(edges.inbox.close)
        on_the_way_out.push_async_callback(self._ground.storing.drain)
        on_the_way_out.push_async_callback(_drained, rooms)
        on_the_way_out.callback(self._ground.patience.leave)
        on_the_way_out.callback(self._gate.waits.leave)
        on_the_way_out.callback(edges.deletions.close)
        on_the_way_out.callback(edges.people.close)
        on_the_way_out.callback(self._tell_stopping, rooms)
        on_the_way_out.push_async_callback(rooms.doorstep.close)

    def _beside(self, task: asyncio.Task[T]) -> asyncio.Task[T]:
        """A task whose end is waited for at the end."""
        self._tasks.append(task)
        return task

    def _until(self, on_the_way_out: AsyncExitStack, task: asyncio.Task[Any]) -> None:
        """A task that goes on until then."""
        on_the_way_out.callback(task.cancel)
        self._beside(task)

    def _wishes(self, rooms: Rooms) -> AskedAgain:
        store = self._store
        return AskedAgain(store, self._ground.storing, rooms.again, self._clock)

    def _tell_stopping(self, rooms: Rooms) -> None:
        if writing := rooms.conversations.answering:
            detail = f"Stopping, waiting for answers: {writing}."
            self._report(Notice(reason="stopping", detail=detail, count=writing))
        if telling := rooms.commands.telling:
            detail = f"Stopping, waiting for results of commands: {telling}."
            self._report(Notice(reason="stopping_commands", detail=detail, count=telling))

    async def _tell_moved(self, directory: Directory) -> None:
        for name in await directory.moved_on():
            self._report(
                Notice(
                    reason="name_moved",
                    detail=f"{name} is another's name by now, or nobody's.",
                    hint="Its right stays with whom you gave it to; to give it anew, write an id.",
                )
            )


async def _cancelled(task: asyncio.Task[None]) -> None:
    """Cancel a task until it has ended.

    `asyncio.wait_for`, with which Telethon connects, loses a cancellation that comes in the very
    moment in which what it waits for is there (Python 3.11).
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=_AGAIN_SECONDS)


async def _drained(rooms: Rooms) -> None:
    """Let what is on its way leave: all of it at once, since ten seconds are all there is."""
    await asyncio.gather(
        rooms.conversations.drain(DRAIN_SECONDS),
        rooms.commands.drain(DRAIN_SECONDS),
        rooms.telling.drain(DRAIN_SECONDS),
    )


async def _gather(tasks: list[asyncio.Task[Any]]) -> None:
    """Wait for tasks whose work has ended, and take note of how."""
    await asyncio.gather(*tasks, return_exceptions=True)
