"""Carries out what the owner ordered in a chat, at once, and says what came of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from userbot.path.again import Again
from userbot.path.conversations import Conversations
from userbot.path.house_rules import HouseRules
from userbot.path.memory import Memory
from userbot.ports import Clock
from userbot.rules import commands, limits
from userbot.rules.command_texts import CommandTexts
from userbot.rules.trigger import forbidden_now
from userbot.settings import OpenAIConfig, Override
from userbot.storage.store import Store
from userbot.types import (
    Message,
    Person,
)

_MONTH = timedelta(days=30)


class Orders:
    """Nothing here is awaited: what is ordered holds when a call returns."""

    def __init__(
        self,
        *,
        owner: Person,
        texts: CommandTexts,
        settings: OpenAIConfig,
        timezone: str | None,
        rules: HouseRules,
        store: Store,
        memory: Memory,
        conversations: Conversations,
        again: Again,
        clock: Clock,
    ) -> None:
        self._owner = owner
        self._texts = texts
        self._settings = settings
        self._timezone = timezone
        self._rules = rules
        self._store = store
        self._memory = memory
        self._conversations = conversations
        self._again = again
        self._clock = clock

    def carried_out(self, incoming: Message, order: commands.ChatCommand | commands.Mistake) -> str:
        """Do what was ordered; gives what to tell. Raises StorageError."""
        say = self._texts.say
        match order:
            case commands.Mistake():
                return self._texts.mistake(order)
            case commands.New():
                self._store.conversations.begin_anew(incoming.conversation)
                self._memory.forget(incoming.conversation)
                return say("new")
            case commands.ShowHistory():
                turns = self._store.conversations.exchanges(incoming.conversation, order.count)
                return self._texts.history(turns, named=incoming.kind.several_people)
            case commands.Setting():
                return self._setting(incoming.chat, order)
            case commands.ShowUsage():
                return self._usage(incoming.chat)
            case commands.Stop():
                return say(
                    "stopped" if self._conversations.stop(incoming.conversation) else "stop_none"
                )
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

    def forgotten(self, person: int | None, name: str) -> str:
        """Forget a person, if that name is anybody's; gives what to tell. Raises StorageError."""
        say = self._texts.say
        if person is None:
            return say("forget_nobody", who=name)
        if person == self._owner.id:
            return say("forget_me")
        if person in self._rules.forgotten:
            return say("forgot_already", who=name)
        hit = self._store.people.forget(person, self._clock.now())
        self._rules.forgotten.add(person)
        self._memory.clear()
        self._conversations.stop_all(lambda ask: ask.sender.id == person, "stopped")
        return say("forgot", who=name, n=hit)

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
            today=cost(self._store.conversations.cost(today)),
            today_here=cost(self._store.conversations.cost(today, chat)),
            month=cost(self._store.conversations.cost(month)),
            month_here=cost(self._store.conversations.cost(month, chat)),
        )

    def _retry(self, incoming: Message) -> str:
        say = self._texts.say
        if incoming.reply_to is None:
            return say("retry_how")
        became = self._again.ask(incoming.chat, incoming.reply_to)
        return say(f"retry_{became}")


def _with(said: Override, key: str, value: str | None) -> Override:
    return replace(said, system=value) if key == "system" else replace(said, model=value)
