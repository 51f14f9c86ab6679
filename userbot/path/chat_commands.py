"""Carries out what the owner orders in a chat, and tells him in Saved Messages.

Rule 1: an order is recorded before it is carried out, so that it is carried out once.
Rule 2: what it changes is changed before anything is awaited; only the telling takes time.
Rule 3: outside Saved Messages nothing of it stays: the command's message, and no other, is
deleted for all, and the result goes to Saved Messages, recorded as ours before it leaves. If
the program ends before that, the next start does it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol, TypeVar

from userbot.activity import Failed, Notice, Report
from userbot.errors import PauseAskedError, StorageError, UserbotError
from userbot.messages import (
    SAVED_TITLE,
    ChatKind,
    Command,
    CommandMessage,
    Cost,
    Incoming,
    Place,
    RichText,
    Turn,
)
from userbot.path.again import Again
from userbot.path.conversations import Conversations
from userbot.path.house_rules import HouseRules
from userbot.path.memory import Memory
from userbot.ports import Clock, Write
from userbot.rules import commands, limits
from userbot.rules.command_texts import CommandTexts
from userbot.rules.plain import messages
from userbot.rules.random_id import random_id
from userbot.rules.trigger import forbidden_now
from userbot.settings import OpenAI, Override

_MONTH = timedelta(days=30)
_DELETABLE = timedelta(hours=48)
"""Older messages cannot be deleted for all everywhere."""
T = TypeVar("T")


class Writer(Protocol):
    """Writes of the owner's account, each after its turn. All raise TelegramError."""

    async def turn(self, place: Place, write: Write, title: str = "") -> None: ...

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
        self, chat: int, message: int, name: str, at: datetime
    ) -> CommandMessage | None: ...

    def untold(self, since: datetime) -> list[tuple[CommandMessage, str]]: ...

    def noting(
        self, command: CommandMessage, chat: int, random_id: int, text: str, at: datetime
    ) -> None: ...

    def noted(self, random_id: int, message: int) -> None: ...

    def begin_anew(self, place: Place, after: int | None = None) -> None: ...

    def turns(self, place: Place, newest: int) -> list[Turn]: ...

    def cost(self, since: datetime, chat: int | None = None) -> Cost: ...

    def forget(self, person: int, at: datetime) -> int: ...


class ChatCommands:
    """The owner's orders. `owner` is his id, `secret` keys the random ids of this database."""

    def __init__(
        self,
        *,
        owner: int,
        secret: bytes,
        texts: CommandTexts,
        settings: OpenAI,
        timezone: str | None,
        rules: HouseRules,
        store: OrderBook,
        memory: Memory,
        conversations: Conversations,
        again: Again,
        writer: Writer,
        people: People,
        clock: Clock,
        report: Report,
    ) -> None:
        self._saved = Place(owner)
        self._secret = secret
        self._texts = texts
        self._settings = settings
        self._timezone = timezone
        self._rules = rules
        self._store = store
        self._memory = memory
        self._conversations = conversations
        self._again = again
        self._writer = writer
        self._people = people
        self._clock = clock
        self._report = report
        self._telling: dict[asyncio.Task[None], tuple[Incoming, str]] = {}

    def receive(self, incoming: Incoming, command: Command) -> None:
        """Carry out an order; its result is told meanwhile. Raises StorageError."""
        now = self._clock.now()
        recorded = self._store.ordered(incoming.chat, incoming.message, command.name, now)
        if recorded is None:
            return  # Telegram brought it twice; the first one was carried out.
        self._report(
            Notice(
                chat=incoming.chat,
                title=incoming.title,
                message=incoming.message,
                person=incoming.sender,
                reason="command",
                detail=self._texts.say("ordered", word=command.name),
            )
        )
        order = commands.parse(command)
        if isinstance(order, commands.ForgetPerson):
            telling = self._forget(incoming, recorded, command, order)
        else:
            try:
                result = self._carried_out(incoming, order)
            except StorageError as error:  # it is recorded: it would not be carried out again
                self._failed(incoming, error)
                result = self._texts.say("failed", error=error)
            telling = self._tell(incoming, recorded, command, result)
        self._begin(telling, incoming, command.name)

    def take_up(self) -> None:
        """At a start: nothing stays of commands that the last run did not get to tell of.

        Raises StorageError.
        """
        now = self._clock.now()
        for recorded, name in self._store.untold(now - _DELETABLE):
            saved = recorded.chat == self._saved.chat
            order = Incoming(
                place=Place(recorded.chat),
                message=recorded.message,
                kind=ChatKind.SAVED if saved else ChatKind.PRIVATE,
                title=SAVED_TITLE if saved else "",
                sender=None,
                text="",
                at=now,
            )
            result = self._texts.say("interrupted")
            self._begin(self._tell(order, recorded, Command(name, ""), result), order, name)

    def _begin(self, telling: Coroutine[Any, Any, None], order: Incoming, name: str) -> None:
        task = asyncio.create_task(telling)
        self._telling[task] = order, name
        task.add_done_callback(lambda done: self._telling.pop(done, None))

    async def drain(self, seconds: float) -> None:
        """Let the results on their way be told, for so long; then cancel them, and say which."""
        if self._telling:
            _, late = await asyncio.wait(self._telling, timeout=seconds)
            for task in late:
                incoming, name = self._telling[task]
                self._failed(
                    incoming,
                    UserbotError(
                        f"The program ended before the result of {self._texts.named(name)}"
                        " was in Saved Messages.",
                        "The next start deletes the command, if it still stands in the chat.",
                        reason="command_cut_off",
                    ),
                )
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

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

    async def _forget(
        self,
        incoming: Incoming,
        recorded: CommandMessage,
        command: Command,
        order: commands.ForgetPerson,
    ) -> None:
        try:
            who = order.who if isinstance(order.who, int) else await self._people.find(order.who)
            text = self._forgotten(who, str(order.who))
        except UserbotError as error:
            self._failed(incoming, error)
            text = self._texts.say("failed", error=error)
        await self._tell(incoming, recorded, command, text)

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

    async def _tell(
        self, incoming: Incoming, recorded: CommandMessage, command: Command, text: str
    ) -> None:
        if incoming.kind is ChatKind.SAVED:
            place, reply_to = incoming.place, incoming.message
        else:
            place, reply_to = self._saved, None
            text = self._texts.headed(incoming.title, command.name, text)
            try:
                here = Place(recorded.chat)
                delete = partial(self._writer.delete, recorded)
                await self._in_turn(here, "delete", incoming.title, delete)
            except UserbotError as error:
                self._failed(incoming, error)
        try:
            for number, part in enumerate(messages(text)):
                identity = random_id(self._secret, recorded.chat, recorded.message, -1, number)
                now = self._clock.now()
                self._store.noting(recorded, place.chat, identity, part.text, now)
                send = partial(
                    self._writer.send, place, part, reply_to=reply_to, random_id=identity
                )
                self._store.noted(identity, await self._in_turn(place, "send", SAVED_TITLE, send))
        except UserbotError as error:
            self._failed(incoming, error)

    async def _in_turn(
        self, place: Place, kind: Write, title: str, write: Callable[[], Awaitable[T]]
    ) -> T:
        while True:
            await self._writer.turn(place, kind, title)
            with suppress(PauseAskedError):
                return await write()

    def _failed(self, incoming: Incoming, error: UserbotError) -> None:
        self._report(
            Failed(
                chat=incoming.chat,
                title=incoming.title,
                message=incoming.message,
                person=incoming.sender,
                reason=error.reason,
                error=str(error),
                hint=error.hint,
            )
        )


def _with(said: Override, key: str, value: str | None) -> Override:
    return replace(said, system=value) if key == "system" else replace(said, model=value)
