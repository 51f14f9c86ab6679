"""Carries out what the owner orders in a chat, and tells him in Saved Messages.

Rule 1: an order is recorded before it is carried out, so that it is carried out once.
Rule 2: what it changes is changed before anything is awaited; only the telling takes time.
Rule 3: outside Saved Messages nothing of it stays: the command's message, and no other, is
deleted for all, and the result goes to Saved Messages, recorded as ours before it leaves.
Rule 4: what a run leaves of this undone, the next one finishes, if it starts soon enough.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from userbot.activity import About, Failed, Notice, Report
from userbot.errors import (
    ChatRefusedError,
    PauseAskedError,
    PostponedError,
    StorageError,
    UserbotError,
    WriteInDoubtError,
)
from userbot.messages import (
    SAVED_TITLE,
    Command,
    CommandMessage,
    CommandNote,
    Cost,
    Incoming,
    OpenCommand,
    Person,
    Place,
    RichText,
    Turn,
)
from userbot.path.again import Again
from userbot.path.conversations import Conversations
from userbot.path.house_rules import HouseRules
from userbot.path.memory import Memory
from userbot.path.storing import Storing
from userbot.ports import Clock, Write
from userbot.rules import commands, limits
from userbot.rules.command_texts import CommandTexts
from userbot.rules.plain import messages
from userbot.rules.random_id import random_id
from userbot.rules.trigger import forbidden_now
from userbot.settings import OpenAI, Override

_MONTH = timedelta(days=30)
T = TypeVar("T")


class Writer(Protocol):
    """Writes of the owner's account, each after its turn. All raise TelegramError."""

    async def turn_after_answers(self, place: Place, write: Write, title: str = "") -> None: ...

    async def send(
        self, place: Place, text: RichText, *, reply_to: int | None, random_id: int
    ) -> int: ...

    async def delete(self, command: CommandMessage) -> None:
        """Delete a command's message for all."""
        ...


class People(Protocol):
    """Who is called what."""

    async def find(self, name: str) -> int | None:
        """The id of the person with this @name; None if nobody has it. Raises TelegramError."""
        ...


class OrderBook(Protocol):
    """Where orders and results are recorded, and what they ask for. All raise StorageError."""

    def ordered(
        self, chat: int, message: int, name: str, at: datetime, title: str = ""
    ) -> CommandMessage | None: ...

    def noting(
        self, command: CommandMessage, chat: int, notes: Sequence[CommandNote], at: datetime
    ) -> None: ...

    def noted(self, random_id: int, message: int) -> None: ...

    def finished(self, command: CommandMessage) -> None: ...

    def open_commands(self) -> list[OpenCommand]: ...

    def begin_anew(self, place: Place, after: int | None = None) -> None: ...

    def turns(self, place: Place, newest: int) -> list[Turn]: ...

    def cost(self, since: datetime, chat: int | None = None) -> Cost: ...

    def forget(self, person: int, at: datetime) -> int: ...


class ChatCommands:
    """The owner's orders. `secret` keys the random ids of this database."""

    def __init__(
        self,
        *,
        owner: Person,
        secret: bytes,
        texts: CommandTexts,
        settings: OpenAI,
        timezone: str | None,
        rules: HouseRules,
        store: OrderBook,
        storing: Storing,
        memory: Memory,
        conversations: Conversations,
        again: Again,
        writer: Writer,
        people: People,
        clock: Clock,
        report: Report,
    ) -> None:
        self._owner = owner
        self._saved = Place(owner.id)
        self._secret = secret
        self._texts = texts
        self._settings = settings
        self._timezone = timezone
        self._rules = rules
        self._store = store
        self._storing = storing
        self._memory = memory
        self._conversations = conversations
        self._again = again
        self._writer = writer
        self._people = people
        self._clock = clock
        self._report = report
        self._telling: dict[asyncio.Task[None], CommandMessage] = {}

    def receive(self, incoming: Incoming, command: Command) -> None:
        """Carry out an order; its result is told meanwhile. Raises StorageError."""
        now = self._clock.now()
        recorded = self._store.ordered(
            incoming.chat, incoming.message, command.name, now, incoming.title
        )
        if recorded is None:
            return  # Telegram brought it twice; the first one was carried out.
        self._notice(recorded, "command", self._texts.say("ordered", word=command.name))
        order = commands.parse(command)
        if isinstance(order, commands.ForgetPerson):
            self._begin(recorded, self._forget(recorded, order))
            return
        carry_out = partial(self._carried_out, incoming, order)
        try:
            result = carry_out()
        except StorageError:  # it is recorded: it would not be carried out again
            self._begin(recorded, self._later(recorded, carry_out))
        else:
            self._begin(recorded, self._told(recorded, result))

    def take_up(self, max_age_minutes: float) -> None:
        """At start: finish what the last run left open. Of what is older it is only said.

        Raises StorageError.
        """
        now = self._clock.now()
        for left in self._store.open_commands():
            command = left.command
            notes: Sequence[CommandNote] | None = left.notes
            if now - left.at > timedelta(minutes=max_age_minutes):
                self._store.finished(command)
                hint = "If the command still stands in the chat, delete it there."
                self._failed(command, self._cut_off(command, hint))
                continue
            named = self._texts.named(command.name)
            self._notice(command, "command_taken_up", f"{named} of the last run is finished.")
            if notes is None:
                self._begin(command, self._told(command, self._texts.say("cut_off")))
            else:
                self._begin(command, self._tell(command, notes))

    def _begin(self, command: CommandMessage, telling: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(telling)
        self._telling[task] = command
        task.add_done_callback(lambda done: self._telling.pop(done, None))

    @property
    def telling(self) -> int:
        """How many commands wait to be deleted, or their results to be told."""
        return len(self._telling)

    async def drain(self, seconds: float) -> None:
        """Let the results on their way be told, for so long; then cancel them, and say which."""
        if self._telling:
            _, late = await asyncio.wait(self._telling, timeout=seconds)
            for task in late:
                command = self._telling[task]
                hint = "It is finished at the next start, if that is soon."
                self._failed(command, self._cut_off(command, hint))
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _cut_off(self, command: CommandMessage, hint: str) -> UserbotError:
        return UserbotError(
            f"The program ended before the result of {self._texts.named(command.name)}"
            " was in Saved Messages.",
            hint,
            reason="command_cut_off",
        )

    def _carried_out(
        self, incoming: Incoming, order: commands.ChatCommand | commands.Mistake
    ) -> str:
        """Do what was ordered; gives what to tell."""
        say = self._texts.say
        match order:
            case commands.Mistake():
                return self._texts.mistake(order)
            case commands.New():
                self._store.begin_anew(incoming.place)
                self._memory.forget(incoming.place)
                return say("new")
            case commands.ShowHistory():
                turns = self._store.turns(incoming.place, order.count)
                return self._texts.history(turns, named=incoming.kind.several_people)
            case commands.Setting():
                return self._setting(incoming.chat, order)
            case commands.ShowUsage():
                return self._usage(incoming.chat)
            case commands.Stop():
                return say("stopped" if self._conversations.stop(incoming.place) else "stop_none")
            case commands.Retry():
                return self._retry(incoming)
            case commands.On():
                said = self._rules.said(incoming.chat)
                self._allow(incoming.chat, replace(said, respond=order.respond, from_=order.from_))
                return say("on", rule=self._texts.rule(self._rules.get(incoming.chat)))
            case commands.AsConfigured():
                said = self._rules.said(incoming.chat)
                self._allow(incoming.chat, replace(said, respond=None, from_=None))
                return say("as_configured", rule=self._texts.rule(self._rules.get(incoming.chat)))
            case commands.Off():
                said = self._rules.said(incoming.chat)
                self._allow(incoming.chat, replace(said, respond="off"))
                return say("off")
            case _:
                return say("help")

    def _allow(self, chat: int, to: Override) -> None:
        """From now on this holds in a chat, for what waits there and does not show yet, too."""
        self._rules.say(chat, to)
        policy = self._rules.policy
        self._conversations.stop_all(
            lambda ask: ask.chat == chat and forbidden_now(ask, policy) is not None,
            "not_allowed",
            shown=False,
        )

    def _setting(self, chat: int, order: commands.Setting) -> str:
        if order.value is not None:
            self._rules.say(chat, _with(self._rules.said(chat), order.key, order.value or None))
        block = self._rules.get(chat)
        here = None if block is None else getattr(block, order.key)
        value = str(getattr(self._settings, order.key) if here is None else here)
        if order.value is None:
            by_command = getattr(self._rules.said(chat), order.key) is not None
            return self._texts.setting(order.key, value, by_command=by_command)
        return self._texts.say(f"{order.key}_{'set' if order.value else 'reset'}", value=value)

    def _usage(self, chat: int) -> str:
        now = self._clock.now()
        today, month = limits.day_began(now, self._timezone), now - _MONTH
        cost = self._texts.cost
        return self._texts.say(
            "usage",
            today=cost(self._store.cost(today)),
            today_here=cost(self._store.cost(today, chat)),
            month=cost(self._store.cost(month)),
            month_here=cost(self._store.cost(month, chat)),
        )

    def _retry(self, incoming: Incoming) -> str:
        say = self._texts.say
        if incoming.reply_to is None:
            return say("retry_how")
        became = self._again.ask(incoming.chat, incoming.reply_to)
        return say(f"retry_{became}")

    async def _forget(self, recorded: CommandMessage, order: commands.ForgetPerson) -> None:
        try:
            who = order.who if isinstance(order.who, int) else await self._people.find(order.who)
            text = await self._storing.done(lambda: self._forgotten(who, str(order.who)))
        except UserbotError as error:
            self._failed(recorded, error)
            text = self._texts.say("failed", error=error)
        await self._told(recorded, text)

    def _forgotten(self, person: int | None, name: str) -> str:
        say = self._texts.say
        if person is None:
            return say("forget_nobody", who=name)
        if person == self._saved.chat:
            return say("forget_me")
        if person in self._rules.forgotten:
            return say("forgot_already", who=name)
        hit = self._store.forget(person, self._clock.now())
        self._rules.forgotten.add(person)
        self._memory.clear()
        self._conversations.stop_all(lambda ask: ask.sender.id == person, "stopped")
        return say("forgot", who=name, n=hit)

    async def _later(self, command: CommandMessage, carry_out: Callable[[], str]) -> None:
        """Carry an order out as soon as the store lets it be, and tell its result."""
        try:
            text = await self._storing.done(carry_out)
        except StorageError as error:
            text = self._texts.say("failed", error=error)
        except PostponedError:
            return  # what is left of it, the next start finishes
        await self._told(command, text)

    async def _told(self, command: CommandMessage, text: str) -> None:
        """Record a result as messages, and tell it; if it cannot be recorded it is not told."""
        try:
            notes: Sequence[CommandNote] | None = await self._noted(command, text)
        except UserbotError as error:
            self._failed(command, error)
            notes = None
        await self._tell(command, notes)

    async def _noted(self, command: CommandMessage, text: str) -> Sequence[CommandNote]:
        if command.chat != self._saved.chat:
            text = self._texts.headed(command.title, command.name, text)
        notes = [
            CommandNote(
                random_id(self._secret, command.chat, command.message, -1, number), part.text
            )
            for number, part in enumerate(messages(text))
        ]
        now = self._clock.now()
        note = partial(self._store.noting, command, self._saved.chat, notes, now)
        await self._storing.done(note)
        return notes

    async def _tell(self, command: CommandMessage, notes: Sequence[CommandNote] | None) -> None:
        """Delete the command and tell its result; what fails stays open for the next start."""
        done = await self._deleted(command)
        try:
            for note in notes or ():
                await self._send(command, note)
            if done and notes is not None:
                await self._storing.done(partial(self._store.finished, command))
        except UserbotError as error:
            self._failed(command, error)

    async def _deleted(self, command: CommandMessage) -> bool:
        """Delete a command outside Saved Messages; False if another try may help."""
        if command.chat == self._saved.chat:
            return True
        try:
            delete = partial(self._writer.delete, command)
            await self._in_turn(Place(command.chat), "delete", command.title, delete)
        except UserbotError as error:
            self._failed(command, error)
            return isinstance(error, ChatRefusedError)
        return True

    async def _send(self, command: CommandMessage, note: CommandNote) -> None:
        send = partial(
            self._writer.send,
            self._saved,
            RichText(note.text),
            reply_to=command.message if command.chat == self._saved.chat else None,
            random_id=note.random_id,
        )
        try:
            message = await self._in_turn(self._saved, "send", SAVED_TITLE, send)
        except WriteInDoubtError as doubt:
            if not doubt.landed:
                raise
            if doubt.message is None:
                return
            message = doubt.message
        await self._storing.done(partial(self._store.noted, note.random_id, message))

    async def _in_turn(
        self, place: Place, kind: Write, title: str, write: Callable[[], Awaitable[T]]
    ) -> T:
        while True:
            await self._writer.turn_after_answers(place, kind, title)
            with suppress(PauseAskedError):
                return await write()

    def _notice(self, command: CommandMessage, reason: str, detail: str) -> None:
        self._report(Notice(**self._about(command), reason=reason, detail=detail))

    def _failed(self, command: CommandMessage, error: UserbotError) -> None:
        self._report(
            Failed(**self._about(command), reason=error.reason, error=str(error), hint=error.hint)
        )

    def _about(self, command: CommandMessage) -> About:
        return About(
            chat=command.chat, title=command.title, message=command.message, person=self._owner
        )


def _with(said: Override, key: str, value: str | None) -> Override:
    return replace(said, system=value) if key == "system" else replace(said, model=value)
