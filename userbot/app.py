"""One run: opens what is built, in order, and ends it in order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, closing, suppress
from datetime import timedelta
from functools import partial
from typing import Any

from userbot.build import Adapters, Program, Services, account_of
from userbot.controls import Controls, Running
from userbot.errors import StorageError, UserbotError
from userbot.events import Ignored, Notice, Ready, Report, Stopped, about_message
from userbot.intake.edits import MENDED
from userbot.intake.watch import Watch
from userbot.ports import Clock, SystemClock
from userbot.rules.rate_limiter import RateLimiter
from userbot.settings import Settings
from userbot.signals import stop_on_signals
from userbot.storage.store import Store
from userbot.telegram.gate import Gate
from userbot.telegram.names import NameResolver
from userbot.telegram.outage import Outage, network_told
from userbot.telegram.refusals import why_disconnected
from userbot.telegram.session import require_session, session_lock
from userbot.texts import _, n_
from userbot.timings import USUAL, Timings
from userbot.turn.store_back import StoreBack
from userbot.types import ConversationId, Message

STORE_SECONDS = 0.05
"""How long one step of the store may hold up everything while another process is writing."""

_AGAIN_SECONDS = 0.2
"""After which a connecting that goes on all the same is cancelled once more."""

_LET_GO_SECONDS = 1.0
"""How long a start waits for a process that lets go of the session: one that ends, or looks."""
RETRY_SECONDS = 1.0
"""How often `userbot retry` is looked out for."""


async def run(
    settings: Settings,
    report: Report,
    *,
    began: float,
    end: asyncio.Future[str] | None = None,
    clock: Clock | None = None,
    timings: Timings = USUAL,
    leaving: Callable[[], None] = lambda: None,
    controls: Controls | None = None,
) -> str:
    """The main job, until a signal or Telegram ends it; gives the reason ("interrupted", …).

    `began`: when the program started, in `time.monotonic()` seconds, for the Ready line.
    `end`: another way to end it, by setting the reason. `clock`: another than this machine's.
    `timings`: what tests shorten.
    `leaving`: called when a second signal ends the process at once.
    `controls`: by which it can be told what to do while it runs.
    Raises UserbotError when it cannot begin or cannot go on.
    """
    require_session(settings.telegram.session)
    with (
        session_lock(settings.telegram.session, _LET_GO_SECONDS),
        closing(Store.open(settings.history.database)) as store,
    ):
        running = _Run(settings, report, store, end, clock or SystemClock(), timings)
        with network_told(report, running.outage):
            return await running.until_stopped(began, leaving, controls or Controls())


class _Run:
    """One run: what lives from the connection to the disconnection."""

    def __init__(
        self,
        settings: Settings,
        report: Report,
        store: Store,
        end: asyncio.Future[str] | None,
        clock: Clock,
        timings: Timings,
    ) -> None:
        self._timings = timings
        self._report = report
        self._store = store
        # What sleeps, and looks whether the computer slept, goes by its own clock; all else by
        # Telegram's.
        self.outage = Outage(clock, report)
        self._watch = Watch(clock, report)
        self._settings = settings
        self._store_back = StoreBack(store, clock, report, self._stop)
        self._end = end or asyncio.get_running_loop().create_future()
        limiter = RateLimiter(settings.pacing.writes_per_second, settings.pacing.burst)
        self._gate = Gate(limiter, clock, report, self._stop)
        self._clock = self._gate.time
        self._tasks: list[asyncio.Task[Any]] = []
        self._services: Services | None = None

    async def until_stopped(
        self, began: float, leaving: Callable[[], None], controls: Controls
    ) -> str:
        """Work until a signal, or until the connection is gone for good."""
        reason = "failed"
        with stop_on_signals(self._stop, leaving), self._watch.over_the_loop():
            work = asyncio.create_task(self._work(began, controls))
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
        outcomes = None if self._services is None else self._services.outcomes
        return Stopped(
            reason=reason,
            answered=outcomes.answered_count if outcomes else 0,
            failed=outcomes.failed_count if outcomes else 0,
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

    async def _work(self, began: float, controls: Controls) -> None:
        """Connect, recover, listen; on the way out let answers finish, then disconnect."""
        async with AsyncExitStack() as on_the_way_out:
            on_the_way_out.push_async_callback(_gather, self._tasks)
            adapters = Adapters(self._settings, self._gate, self, self._report, self._timings)
            on_the_way_out.push_async_callback(adapters.aclose)
            # openai's import takes half a second: it runs in a thread while Telegram connects, and
            # the first question waits for what is left of it.
            warm = asyncio.create_task(adapters.model.warm())
            self._until(on_the_way_out, warm)
            on_the_way_out.callback(self.outage.over)
            connecting = asyncio.create_task(adapters.client.connect())
            on_the_way_out.push_async_callback(_cancelled, connecting)
            await asyncio.wait({connecting, self._end}, return_when=asyncio.FIRST_COMPLETED)
            if not connecting.done():
                return
            connecting.result()
            self.outage.over()
            awake = self.outage.watch(adapters.client)
            self._until(on_the_way_out, asyncio.create_task(awake))
            # Both lists come while names are looked up; what arrives before them is held.
            contacts, blocked = adapters.people.load_contacts(), adapters.people.load_blocked()
            known = self._watch.once(contacts, "the list of contacts")
            refused = self._watch.once(blocked, "the list of who is blocked")
            self._until(on_the_way_out, known)
            self._until(on_the_way_out, refused)
            names = NameResolver(adapters.client, self._store.names)
            now = self._clock.now()
            account = await account_of(names, self._settings, self._store.began(now), now)
            for warning in account.warnings():
                self._report(warning)
            self._store.belongs_to(account.owner.id)
            adapters.people.introduce(account.owner)
            program = Program(account, adapters)
            services = self._services = Services(
                self._settings,
                self._store_back,
                program,
                self._clock,
                self._report,
                self._timings,
            )
            running = controls.running = Running(
                program, services, self._gate, self._store, self._clock, self._report
            )
            self._end_in_order(on_the_way_out, adapters, services)
            # Whoever is not known as a contact by then is none; a dead connection must not hold us.
            await asyncio.wait({known}, timeout=self._timings.contacts_seconds)
            await asyncio.wait({refused})  # who is blocked may not ask, however long this takes
            await self._recover(running, began)
            adapters.updates.open_changes()
            on_the_way_out.callback(adapters.updates.close_changes)
            adapters.updates.open(account.owner, services.arrivals)
            adapters.client.takes_updates = True
            self._store.limit_wait(STORE_SECONDS)
            for work, name in (
                (services.catch_up.watch, "the look for what was missed"),
                (services.forgetting.sweep, "the erasing of old words"),
                (services.daily_recaps.watch, "the daily recaps"),
                (self._look_for_retries, "the look-out for userbot retry"),
            ):
                self._until(on_the_way_out, self._watch.keep(work, name))
            blocked = adapters.people.find_blocked()
            self._until(on_the_way_out, self._watch.once(blocked, "the list of who is blocked"))
            moved = self._watch.once(self._tell_moved(names), "the look at @names")
            self._until(on_the_way_out, moved)
            # Cancelling `run_until_disconnected` would disconnect before the answers are out.
            listening = asyncio.create_task(adapters.client.run_until_disconnected())
            self._tasks.append(listening)
            await warm
            await asyncio.wait({listening, self._end}, return_when=asyncio.FIRST_COMPLETED)
            if listening.done():
                self._stop(why_disconnected(listening.exception()))

    async def _recover(self, running: Running, began: float) -> None:
        """What was pending comes first; then it is said that all is ready."""
        adapters, services = running.program.adapters, running.services
        max_age = timedelta(minutes=self._settings.catch_up.max_age_minutes)
        services.budget.capture_lost()
        services.forgetting.sweep_once()
        services.migration.remind()
        services.doubts.begin()
        await services.migration.look(question for question, _ in self._store.questions.pending())
        adapters.updates.open_deletions()
        services.verdicts.begin()
        await services.verdicts.find()
        await services.catch_up.begin()
        pending = services.retries.at_start(self._clock.now(), max_age)
        services.commands.take_up(self._settings.catch_up.max_age_minutes, services.queue)
        services.doubts.look()
        self._report(
            Ready(
                account=running.program.account.owner.name,
                model=self._settings.openai.model,
                chats=len(services.chats.policy.chats),
                seconds=time.monotonic() - began,
                pending=pending,
                selected=tuple(told for _, told in running.selected()),
                prefix=self._settings.trigger.prefix,
            )
        )

    # -- what Telegram tells

    def edited(self, message: Message) -> None:
        """A message reads otherwise now."""
        self._built.store_back.soon(partial(self._edited, message))

    def _edited(self, message: Message) -> None:
        services = self._built
        after = services.edits.edited(message)
        if after is None:
            return
        if after <= MENDED:  # a typo in the prefix
            services.arrivals.receive_again(message)
        else:
            self._report(Ignored(**about_message(message), reason="edited_late", notable=False))

    def deleted(self, chat: int | None, messages: Sequence[int]) -> None:
        """Messages are gone; `chat` where Telegram says which."""
        services = self._built
        # First, so that what is left of a question is not taken for the words that go.
        services.queue.deleted(chat, messages)
        services.forgetting.deleted(chat, messages)
        services.background.deleted(chat, messages)

    def moved(self, old: int, new: int, title: str) -> None:
        """A group became a supergroup."""
        self._built.store_back.soon(partial(self._move, old, new, title))

    def _move(self, old: int, new: int, title: str) -> None:
        services = self._built
        services.migration.moved(old, new, title)
        for turn in services.queue.turns_in(old):
            services.migration.move(turn)

    def read(self, conversation: ConversationId, message: int) -> None:
        """The owner has read a chat, or a topic of one, up to a message, on another device."""
        if (services := self._services) is not None:
            services.chats.visits.read(conversation, message, self._clock.now())

    def sent(self, chat: int, scheduled: int, message: int) -> None:
        """A scheduled message was sent, and has another id now."""
        if (services := self._services) is not None:
            services.store_back.soon(partial(services.messages.sent, chat, scheduled, message))
            sent = partial(self._store.approvals.sent, chat, scheduled, message)
            services.store_back.soon(sent)

    def missed(self) -> None:
        """Telegram skips what it had to tell, or could not tell it: look for it."""
        services = self._services
        if services is None:
            return  # whatever it is, a look comes after the start
        services.background.clear()  # edits and deletions that were missed are never told
        services.queue.missed()
        services.verdicts.missed()
        services.arrivals.wake()

    def reconnected(self) -> None:
        """The connection stands again: what grew too old meanwhile is not answered."""
        services, now = self._services, self._clock.now()
        if services is None:
            return
        lost = now - timedelta(seconds=self.outage.back())
        self.missed()
        services.store_back.soon(partial(services.leave_out_old, lost, now))

    @property
    def _built(self) -> Services:
        assert self._services is not None
        return self._services

    async def _look_for_retries(self) -> None:
        """Take up what another process wants asked again, or has decided, until cancelled; and tell
        of calls that are in doubt.
        """
        services = self._built
        seen: int | None = None
        while True:
            try:
                written = seen != (version := self._store.database.data_version())
                if written:
                    services.retries.look(self._clock.now())
                if written or services.tools is not None:
                    services.doubts.look()
                seen = version
                if services.queue.aside:
                    services.verdicts.look()
                    await services.verdicts.find()
            except StorageError as trouble:
                with suppress(StorageError):  # told
                    await self._store_back.wait(trouble)
            await self._clock.sleep(RETRY_SECONDS)

    # -- the end

    def _end_in_order(
        self, on_the_way_out: AsyncExitStack, adapters: Adapters, services: Services
    ) -> None:
        """How it ends, last line first: nothing new is begun, what is begun has ten seconds."""
        # While the last answers are written, what arrives is stored for the next start.
        on_the_way_out.push_async_callback(adapters.updates.close)
        on_the_way_out.push_async_callback(services.store_back.drain)
        if services.tools is not None:
            on_the_way_out.push_async_callback(services.tools.aclose)
        on_the_way_out.push_async_callback(_drained, services, self._timings.drain_seconds)
        on_the_way_out.callback(self._store_back.leave)
        on_the_way_out.callback(self._gate.waits.leave)
        on_the_way_out.callback(adapters.people.close)
        on_the_way_out.callback(self._tell_stopping, services)

    def _until(self, on_the_way_out: AsyncExitStack, task: asyncio.Task[Any]) -> None:
        """A task that goes on until then, and whose end is waited for."""
        on_the_way_out.callback(task.cancel)
        self._tasks.append(task)

    def _tell_stopping(self, services: Services) -> None:
        if writing := services.queue.answering:
            detail = n_(
                "Stopping: waiting for {count} answer. Ctrl-C again stops at once.",
                "Stopping: waiting for {count} answers. Ctrl-C again stops at once.",
                writing,
            )
            self._report(Notice(reason="stopping", detail=detail, count=writing))
        if telling := services.commands.telling:
            detail = n_(
                "Stopping: waiting for {count} command. Ctrl-C again stops at once.",
                "Stopping: waiting for {count} commands. Ctrl-C again stops at once.",
                telling,
            )
            self._report(Notice(reason="stopping_commands", detail=detail, count=telling))

    async def _tell_moved(self, names: NameResolver) -> None:
        for name in await names.moved_on():
            self._report(
                Notice(
                    reason="name_moved",
                    detail=_("{name} now belongs to somebody else or to nobody.", name=name),
                    hint=_("The person you meant may still ask. To change that, use an id."),
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
    if not task.cancelled():
        task.exception()  # what ended the run is raised elsewhere; here it is only taken note of


async def _drained(services: Services, seconds: float) -> None:
    """Let what is on its way leave: all of it at once, since ten seconds are all there is."""
    await asyncio.gather(
        services.queue.drain(seconds),
        services.commands.drain(seconds),
        services.limit_notice.drain(seconds),
        services.approve.drain(seconds),
    )


async def _gather(tasks: list[asyncio.Task[Any]]) -> None:
    """Wait for tasks whose work has ended, and take note of how."""
    await asyncio.gather(*tasks, return_exceptions=True)
