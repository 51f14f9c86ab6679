"""Carries out what the owner orders in a chat, and tells him in Saved Messages.

Rule 1: an order is recorded before it is carried out, so that it is carried out once.
Rule 2: what it changes is changed before anything is awaited; only the telling takes time. Whom
to forget and which model there is must be asked first.
Rule 3: the message of a quiet question is a command as far as it is deleted like one.
Rule 4: what a run leaves of this undone, the next one finishes, if it starts soon enough.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial

from userbot.errors import (
    ModelError,
    PostponedError,
    StorageError,
    UserbotError,
)
from userbot.intake.command_handlers import CommandHandlers
from userbot.intake.command_results import DOUBT, QUIET, CommandResults
from userbot.intake.queue import Queue
from userbot.ports import Clock, Reader
from userbot.rules import commands
from userbot.rules.plain import preview
from userbot.storage.store import Store
from userbot.texts import _
from userbot.turn.store_back import StoreBack
from userbot.types import (
    Command,
    CommandMessage,
    CommandNote,
    Message,
)

_LIST_SECONDS = 5.0
"""How long a server is waited for that is asked for its models."""
_LOOK_SECONDS = 0.1
"""How often a question that waits for its turn is looked at."""
_QUOTES = frozenset({"history", "system"})
"""What these tell holds words of people, which no log is to hold."""


class ChatCommands:
    """The owner's commands, from their message to their result."""

    def __init__(
        self,
        handlers: CommandHandlers,
        results: CommandResults,
        reader: Reader,
        store: Store,
        store_back: StoreBack,
        clock: Clock,
    ) -> None:
        self._handlers = handlers
        self._results = results
        self._texts = handlers.texts
        self._reader = reader
        self._store = store
        self._store_back = store_back
        self._clock = clock
        self._newest_model: dict[int, int] = {}
        """The newest command that set a model, by chat."""
        self._telling: dict[asyncio.Task[None], CommandMessage] = {}

    def record(self, incoming: Message, command: Command) -> CommandMessage | None:
        """Record an order before it is carried out; None if Telegram brought it twice.

        Raises StorageError.
        """
        chat, now = incoming.conversation.chat, self._clock.now()
        commands = self._store.commands
        return commands.record(chat, incoming.message, command.name, now, incoming.title)

    def carry_out(self, recorded: CommandMessage, incoming: Message, command: Command) -> None:
        """Carry out an order; its result is told meanwhile."""
        order = commands.parse(command)
        if isinstance(order, commands.ForgetPerson):
            self._begin(recorded, self._forget(recorded, order))
            return
        if isinstance(order, commands.Setting) and order.key == "model" and order.value is not None:
            self._newest_model[recorded.chat] = recorded.message
            if order.value:
                order = self._handlers.rules.named(order)
                self._begin(recorded, self._set_model(recorded, incoming, order))
                return
        carry_out = partial(self._handlers.carry_out, incoming, order)
        try:
            result = carry_out()
        except StorageError:  # it is recorded: it would not be carried out again
            self._begin(recorded, self._later(recorded, carry_out))
        else:
            self._say_ordered(recorded, result, wrong=isinstance(order, commands.Mistake))
            self._begin(recorded, self._results.told(recorded, result, self._clock.now()))

    def hide(self, recorded: CommandMessage, queue: Queue) -> None:
        """Delete the message of a quiet question, once all of it is read."""
        self._begin(recorded, self._hide(recorded, queue))

    def tell(self, recorded: CommandMessage, notes: Sequence[CommandNote]) -> None:
        """Tell what is recorded already."""
        self._begin(recorded, self._results.tell(recorded, notes))

    def take_up(self, max_age_minutes: float, queue: Queue) -> None:
        """At start: finish what the last run left open. Of what is older it is only said, but for
        the messages of quiet questions, which go at any age, and for calls in doubt.

        Raises StorageError.
        """
        now = self._clock.now()
        for left in self._store.commands.open():
            command = left.command
            if command.name == QUIET:
                self.hide(command, queue)
                continue
            notes: Sequence[CommandNote] | None = left.notes
            if command.name == DOUBT:
                self.tell(command, notes or ())
                continue
            if now - left.at > timedelta(minutes=max_age_minutes):
                self._store.commands.finish(command)
                hint = _("If the command is still in the chat, delete it there.")
                self._results.failed(command, self._cut_off(command, hint))
                continue
            named = self._texts.named(command.name)
            self._results.notice(
                command, "command_taken_up", _("Finishing {named} from the last run.", named=named)
            )
            if notes is None:
                self._begin(
                    command,
                    self._results.told(command, self._texts.say("cut_off"), self._clock.now()),
                )
            else:
                self.tell(command, notes)

    @property
    def telling(self) -> int:
        """How many commands wait to be deleted, or their results to be told."""
        return len(self._telling)

    async def drain(self, seconds: float) -> None:
        """Let the results on their way be told, for so long; then cancel them, and say which."""
        if self._telling:
            _done, late = await asyncio.wait(self._telling, timeout=seconds)
            for task in late:
                self._tell_cut_off(self._telling[task])
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _hide(self, recorded: CommandMessage, queue: Queue) -> None:
        while queue.reads(recorded.chat, recorded.message):
            await self._clock.sleep(_LOOK_SECONDS)
        await self._results.tell(recorded, ())

    async def _forget(self, recorded: CommandMessage, order: commands.ForgetPerson) -> None:
        try:
            who = (
                order.who
                if isinstance(order.who, int)
                else await self._reader.find_person(order.who)
            )
            text = await self._store_back.done(
                lambda: self._handlers.forget.forget(who, str(order.who))
            )
        except UserbotError as error:
            self._results.failed(recorded, error)
            text = self._texts.say("failed", error=error)
        else:
            self._say_ordered(recorded, text)
        await self._results.told(recorded, text, self._clock.now())

    async def _set_model(
        self, recorded: CommandMessage, incoming: Message, order: commands.Setting
    ) -> None:
        """Ask the model's server first; what was ordered since then counts instead."""
        like: Sequence[str] | None = ()
        with suppress(ModelError, TimeoutError):
            async with asyncio.timeout(_LIST_SECONDS):
                like = await self._handlers.models.offers(order.value or "")
        carry_out = partial(self._handlers.set_model, incoming, order, like)
        if self._newest_model[recorded.chat] != recorded.message:
            carry_out = partial(self._handlers.carry_out, incoming, commands.Setting("model"))
        await self._later(recorded, carry_out)

    async def _later(self, command: CommandMessage, carry_out: Callable[[], str]) -> None:
        """Carry an order out as soon as the store lets it be, and tell its result."""
        try:
            text = await self._store_back.done(carry_out)
        except StorageError as error:
            if self._store_back.is_leaving:
                return  # what is left of it, the next start finishes
            text = self._texts.say("failed", error=error)
        self._say_ordered(command, text)
        await self._results.told(command, text, self._clock.now())

    def _say_ordered(self, command: CommandMessage, outcome: str, *, wrong: bool = False) -> None:
        """Say on the console what was ordered, and what came of it: the head of that, no words
        of the conversation. `wrong`: nothing came of it, and that is why.
        """
        named = self._texts.named(command.name)
        quotes = command.name in _QUOTES and not wrong
        shown = "" if quotes else preview(outcome.split("\n")[0])
        if shown.endswith(":"):  # the head of a list that is told in Saved Messages
            shown = ""
        if named in shown:  # a sentence about the command, which names it
            detail = shown
        else:
            detail = _("{named}: {outcome}", named=named, outcome=shown) if shown else named
        self._results.notice(command, "command", detail)

    def _begin(self, command: CommandMessage, telling: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(self._to_its_end(command, telling))
        self._telling[task] = command
        task.add_done_callback(lambda done: self._telling.pop(done, None))

    async def _to_its_end(
        self, command: CommandMessage, telling: Coroutine[None, None, None]
    ) -> None:
        try:
            await telling
        except PostponedError:
            self._tell_cut_off(command)

    def _tell_cut_off(self, command: CommandMessage) -> None:
        hint = _("It is finished at the next start, if that is soon.")
        self._results.failed(command, self._cut_off(command, hint))

    def _cut_off(self, command: CommandMessage, hint: str) -> UserbotError:
        if command.name == QUIET:
            return UserbotError(
                _("The program ended before the question was deleted from its chat."),
                _("It is deleted at the next start."),
                reason="command_cut_off",
            )
        if command.name == DOUBT:
            return UserbotError(
                _("The program stopped before it could report a call of unknown outcome."),
                _("The next start reports it in Saved Messages."),
                reason="command_cut_off",
            )
        return UserbotError(
            _(
                "The program ended before the result of {named} reached Saved Messages.",
                named=self._texts.named(command.name),
            ),
            hint,
            reason="command_cut_off",
        )
