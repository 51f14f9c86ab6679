"""Carries out what the owner ordered in a chat, at once, and says what came of it.

Nothing here is awaited: what is ordered holds when a call returns. Each call raises StorageError.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from userbot.intake.queue import Queue
from userbot.intake.retries import Retries
from userbot.ports import Clock, ModelList
from userbot.rules import commands, limits
from userbot.rules.command_texts import CommandTexts
from userbot.rules.policy import forbidden_now
from userbot.rules.switches import named_model
from userbot.settings import Override
from userbot.storage.store import Store
from userbot.turn.chat_rules import ChatRules
from userbot.turn.history import History
from userbot.turn.requests import Requests
from userbot.types import ChatKind, Message, Person, Question

_MONTH = timedelta(days=30)


class ConversationCommands:
    """What concerns the conversation that a command stands in."""

    def __init__(
        self,
        texts: CommandTexts,
        store: Store,
        history: History,
        queue: Queue,
        retries: Retries,
        clock: Clock,
    ) -> None:
        self._texts = texts
        self._store = store
        self._history = history
        self._queue = queue
        self._retries = retries
        self._clock = clock

    def new(self, message: Message) -> str:
        """The conversation begins anew."""
        self._store.conversations.begin_anew(message.conversation)
        self._history.forget(message.conversation)
        return self._texts.say("new")

    def history(self, message: Message, count: int) -> str:
        """Its last exchanges."""
        exchanges = self._store.conversations.exchanges(message.conversation, count)
        return self._texts.history(exchanges, named=message.kind.several_people)

    def stop(self, message: Message) -> str:
        """The answer that is being written there ends."""
        return self._texts.say("stopped" if self._queue.stop(message.conversation) else "stop_none")

    def retry(self, message: Message) -> str:
        """The question that the command replies to is asked again."""
        if message.reply_to is None:
            return self._texts.say("retry_how")
        became = self._retries.ask(message.conversation.chat, message.reply_to, self._clock.now())
        return self._texts.say(f"retry_{became}")


class ChatRuleCommands:
    """Who is answered in a chat, and how."""

    def __init__(
        self, texts: CommandTexts, requests: Requests, chats: ChatRules, queue: Queue
    ) -> None:
        self._texts = texts
        self._requests = requests
        self._chats = chats
        self._queue = queue

    def on(self, message: Message, order: commands.On) -> str:
        """Others are answered there, from this message on."""
        chat = message.conversation.chat
        was_off = self._chats.override(chat).respond == "off"
        if order.from_ == "anyone" and self._chats.search_said(chat) == "askers":
            return self._texts.say("on_searched")
        protected = f"\n{self._texts.say('on_protected')}" if message.noforwards else ""
        if order.bare and was_off and self._chats.answers_by_file(chat):
            return self.as_configured(chat) + protected
        said = self._chats.override(chat)
        answer = order.answer or said.answer
        to = replace(said, respond=order.respond, from_=order.from_, answer=answer)
        self._allow(chat, to, since=message.message)
        told = self._texts.say("on", rule=self._texts.rule(self._chats.get(chat))) + protected
        offered = not message.noforwards and self._chats.search_said(chat) == "off"
        return f"{told}\n{self._texts.say('on_search')}" if offered else told

    def help(self) -> str:
        """What there is to write, with the names of [models]."""
        names = ", ".join(self._chats.policy.models)
        known = f"\n{self._texts.say('help_models', names=names)}" if names else ""
        return self._texts.say("help") + known

    def named(self, order: commands.Setting) -> commands.Setting:
        """An order for a model, which may name one from [models]."""
        return replace(
            order, value=named_model(order.value or "", self._chats.policy.models) or order.value
        )

    def off(self, chat: int) -> str:
        """Nobody but the owner is answered there."""
        self._allow(chat, replace(self._chats.override(chat), respond="off"))
        return self._texts.say("off")

    def as_configured(self, chat: int) -> str:
        """What the file says holds there again."""
        self._allow(
            chat, replace(self._chats.override(chat), respond=None, from_=None, answer=None)
        )
        return self._texts.say("as_configured", rule=self._texts.rule(self._chats.get(chat)))

    def setting(self, chat: int, order: commands.Setting) -> str:
        """Show or set the system text or the model of a chat."""
        key, said = order.key, self._chats.override(chat)
        if order.value is not None:
            value = order.value or None
            changed = replace(said, system=value) if key == "system" else replace(said, model=value)
            self._chats.set_override(chat, changed)
        block = self._chats.get(chat)
        here = None if block is None else getattr(block, key)
        now = str(getattr(self._requests.settings, key) if here is None else here)
        if order.value is None:
            return self._texts.setting(key, now, by_command=getattr(said, key) is not None)
        return self._texts.say(f"{key}_{'set' if order.value else 'reset'}", value=now)

    def _allow(self, chat: int, to: Override, since: int = 0) -> None:
        """From now on this holds in a chat, for what waits there and does not show yet, too."""
        self._chats.set_override(chat, to, since)

        def is_forbidden(question: Question) -> bool:
            return (
                question.conversation.chat == chat
                and forbidden_now(question, self._chats.policy) is not None
            )

        self._queue.stop_all(is_forbidden, "not_allowed")


class UsageCommand:
    """What was spent."""

    def __init__(
        self, texts: CommandTexts, store: Store, timezone: str | None, clock: Clock
    ) -> None:
        self._texts = texts
        self._store = store
        self._timezone = timezone
        self._clock = clock

    def usage(self, chat: int) -> str:
        """Today and in a month, everywhere and in a chat."""
        now, cost = self._clock.now(), self._texts.cost
        today, month = limits.day_began(now, self._timezone), now - _MONTH
        return self._texts.say(
            "usage",
            today=cost(self._store.conversations.cost(today)),
            today_here=cost(self._store.conversations.cost(today, chat)),
            month=cost(self._store.conversations.cost(month)),
            month_here=cost(self._store.conversations.cost(month, chat)),
        )


class ForgetCommand:
    """A person's words leave the history, and are kept out."""

    def __init__(
        self,
        owner: Person,
        texts: CommandTexts,
        chats: ChatRules,
        history: History,
        queue: Queue,
        clock: Clock,
    ) -> None:
        self._owner = owner
        self._texts = texts
        self._chats = chats
        self._history = history
        self._queue = queue
        self._clock = clock

    def forget(self, person: int | None, name: str) -> str:
        """Forget a person, if that name is anybody's; gives what to tell."""
        if person is None:
            return self._texts.say("forget_nobody", who=name)
        if person == self._owner.id:
            return self._texts.say("forget_me")
        if self._chats.forgets(person):
            return self._texts.say("forgot_already", who=name)
        hit = self._chats.forget(person, self._clock.now())
        self._history.clear()

        def is_theirs(question: Question) -> bool:
            return question.sender.id == person

        self._queue.stop_all(is_theirs, "stopped", shown=True)
        self._queue.forgotten(person)
        return self._texts.say("forgot", who=name, n=hit)


class CommandHandlers:
    """Hands each command to whom it concerns."""

    def __init__(
        self,
        texts: CommandTexts,
        conversation: ConversationCommands,
        rules: ChatRuleCommands,
        usage: UsageCommand,
        forget: ForgetCommand,
        models: ModelList,
    ) -> None:
        self.texts = texts
        self.models = models
        self.rules = rules
        self._conversation = conversation
        self._usage = usage
        self.forget = forget

    def set_model(
        self, message: Message, order: commands.Setting, like: Sequence[str] | None
    ) -> str:
        """Set the model of a chat, unless its server said that it has no such model.

        `like`: what it has instead, nothing if it did not say; None if it has the model.
        """
        if like:
            return self.texts.say("model_unknown", value=order.value, like=", ".join(like))
        told = self.rules.setting(message.conversation.chat, order)
        unchecked = self.texts.say("model_unchecked", value=order.value)
        return told if like is None else f"{told} {unchecked}"

    def carry_out(self, message: Message, order: commands.ChatCommand | commands.Mistake) -> str:
        """Do what was ordered; gives what to tell."""
        match order:
            case commands.Mistake():
                return self.texts.mistake(order)
            case commands.Bare.NEW:
                return self._conversation.new(message)
            case commands.ShowHistory():
                return self._conversation.history(message, order.count)
            case commands.Bare.STOP:
                return self._conversation.stop(message)
            case commands.Bare.RETRY:
                return self._conversation.retry(message)
            case commands.Setting():
                return self.rules.setting(message.conversation.chat, order)
            case commands.On():
                return self.rules.on(message, order)
            case commands.Bare.AS_CONFIGURED:
                return self.rules.as_configured(message.conversation.chat)
            case commands.Bare.OFF:
                return self.rules.off(message.conversation.chat)
            case commands.Bare.NO_RECAP:
                saved = message.kind is ChatKind.SAVED
                return self.texts.say("recap_chat" if saved else "recap_protected")
            case commands.Bare.USAGE:
                return self._usage.usage(message.conversation.chat)
            case _:
                return self.rules.help()
