"""What was said in a chat, read so that it can be summed up.

Rule 1: nothing of it is stored; it is gone with the turn.
Rule 2: what cannot be summed up, or holds nothing new, is answered without asking a model.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from userbot.errors import ModelError, NoSuchChatError, NothingToAnswerError
from userbot.ports import Clock, Lookups, Reader, Sender
from userbot.rules import limits, recap
from userbot.rules.above_answer import escaped
from userbot.rules.plain import thousands
from userbot.settings import Prices, RecapConfig
from userbot.texts import Language, Text, _, joined, n_, translated
from userbot.turn.budget import Budget
from userbot.turn.deliver.typing import Typing
from userbot.turn.endings import scheduled_answer
from userbot.turn.history import History
from userbot.turn.named_chats import named_chat
from userbot.turn.sources import source_of
from userbot.turn.turn import Material, Turn
from userbot.turn.understand.span import Bounds, Spans
from userbot.turn.understand.voice_notes import Heard, VoiceNotes
from userbot.types import ConversationId, Message, Question, Recap, Scope

_LOOKED_BACK = 200
"""How many messages are looked through for the owner's last one."""


@dataclass(frozen=True, slots=True)
class RecapRules:
    """What the config says of recaps: of [recap], [reading], [history] and others."""

    config: RecapConfig
    links: bool
    window_tokens: int
    system: str
    zone: ZoneInfo | None
    language: Language


class _None(Exception):  # noqa: N818 - what is answered instead of a recap
    pass


class Recaps:
    """Reads what is to be summed up."""

    def __init__(
        self,
        rules: RecapRules,
        lookups: Lookups,
        reader: Reader,
        spans: Spans,
        voice_notes: VoiceNotes,
        clock: Clock,
    ) -> None:
        self.rules = rules
        """What holds now."""
        self._lookups = lookups
        self._reader = reader
        self._spans = spans
        self._voice_notes = voice_notes
        self._clock = clock

    async def of(self, turn: Turn, prices: Prices | None) -> Material:
        """Read what a recap is of. `prices`: of the model that will be asked.

        Raises NoSuchChatError, TelegramError and StorageError.
        """
        question = turn.question
        try:
            return await self._read(turn, prices)
        except _None as why:
            if question.recap is not None and question.recap.ring:
                raise NothingToAnswerError(why.args[0], reason="no_recap") from None
            return Material(question, answer=escaped(self._told(why.args[0])))

    async def _read(self, turn: Turn, prices: Prices | None) -> Material:
        question, order = turn.question, turn.question.recap
        assert order is not None
        where, title = await self._where(question, order)
        scope = await self._lookups.scope_of(where)
        if scope is None:
            raise _None(self._protected(title))
        bounds = await self._bounds(question, order, where)
        span = await self._spans.read(question, scope, title, bounds)
        if not span.messages:
            empty = self._nothing(title, order, bounds.after)
            raise _None(self._protected(title) if span.protected else empty)
        said = recap.oldest_first(span.messages)
        listen = order.voice or self.rules.config.voice
        heard = await self._voice_notes.words(turn, said, listen=listen)
        whole = self._said(turn, scope, title, said, heard)
        assert turn.summing is not None
        head = self._head(whole, turn.summing, prices, span.left_out)
        return Material(question, said=whole, preface=f"{head}\n\n")

    async def _where(self, question: Question, order: Recap) -> tuple[ConversationId, str]:
        """Which conversation is meant, and how it is called."""
        if question.about is not None:
            return question.about, question.about_name
        chat = await named_chat(self._reader, order.chat)
        return ConversationId(chat.id), chat.title

    async def _person(self, order: Recap) -> int:
        person = await self._reader.find_person(order.person)
        if person is None:
            raise _None(_("Nobody has the name {who}.", who=order.person))
        return person

    async def _bounds(self, question: Question, order: Recap, where: ConversationId) -> Bounds:
        config, now = self.rules.config, self._clock.now()
        since, most = now - timedelta(days=config.max_days), config.max_messages
        if order.hours:
            return Bounds(0, max(since, now - timedelta(hours=order.hours)), most)
        if order.count:
            return Bounds(0, since, min(most, order.count))
        if order.person:
            return Bounds(0, since, most, await self._person(order))
        if not order.ring and question.source != question.conversation.chat:
            return Bounds(order.after or await self._last_own(question, where), since, most)
        tops = await self._reader.tops([where.chat])
        return Bounds(next((one.read for one in tops), 0), since, most)

    async def _last_own(self, question: Question, where: ConversationId) -> int:
        """The owner's last message in a chat before the order; 0 if it is not among the newest."""
        for one in await self._reader.latest(where.chat, question.message, _LOOKED_BACK):
            here = one.conversation.topic == where.topic
            if one.outgoing and here and not one.service and not self._spans.is_order(one):
                return one.message
        return 0

    def _said(
        self, turn: Turn, scope: Scope, title: str, said: list[Message], heard: Heard
    ) -> recap.Said:
        rules = self.rules
        turn.looked_up.sources = [
            source_of(one, scope, self._lookups, links=rules.links, zone=rules.zone) for one in said
        ]
        lines = tuple(
            recap.line(number, one, heard.get((one.conversation.chat, one.message), ""), rules.zone)
            for number, one in enumerate(said, 1)
        )
        room = recap.room(rules.window_tokens, rules.system, title)
        turn.summing = recap.Summing(lines, room)
        return recap.Said(title, lines, len(said), recap.people_of(said), said[0].at)

    def _head(
        self,
        said: recap.Said,
        summing: recap.Summing,
        prices: Prices | None,
        left_out: Text | str,
    ) -> str:
        """The line above a recap: how much it is of, and what it is likely to cost."""
        rules = self.rules
        beside = recap.beside(rules.system, said.title)
        asked, answered = recap.likely_tokens(summing, beside)
        money = limits.cost(prices, asked, answered) / limits.MICRO
        assert said.since is not None
        since = said.since.astimezone(rules.zone).strftime("%Y-%m-%d %H:%M")
        told = joined(
            n_("{count} message", "{count} messages", said.messages),
            n_("of {count} person", "of {count} people", said.people),
            _("since {since};", since=since),
            _("up to about {tokens} tokens", tokens=thousands(asked + answered, rules.language)),
            f"({money:.2g})" if money else "",
        )
        text = self._told(joined(_("{told}.", told=told), left_out))
        return f"**{escaped(said.title)}**: {text}"

    def _protected(self, title: str) -> Text:
        return _("“{title}” is protected from copying, so there is no recap.", title=title)

    def _nothing(self, title: str, order: Recap, after: int) -> Text:
        if order.hours or order.count or order.person or not after:
            return _("“{title}”: nothing was said there in that time.", title=title)
        return _("“{title}”: nothing new since you read it.", title=title)

    def _told(self, text: str) -> str:
        return translated(text, self.rules.language)


class RecapStage:
    """The second stage of a question that asks for a recap."""

    def __init__(
        self,
        recaps: Recaps,
        history: History,
        budget: Budget,
        sender: Sender,
        typing: Typing,
    ) -> None:
        self._recaps = recaps
        self._history = history
        self._budget = budget
        self._sender = sender
        self._typing = typing

    async def __call__(self, turn: Turn) -> None:
        """Read what is to be summed up. Raises as `Understand` does."""
        if turn.taken_up and turn.question.rings:  # what was sent by then is all of it
            turn.answer = scheduled_answer(turn)
            turn.material = Material(turn.question)
            return
        if turn.taken_up and turn.paid_answer is not None:
            head = turn.messages[0].text.text.partition("\n")[0]
            turn.material = Material(turn.question, preface=f"{escaped(head)}\n\n")
            return
        if turn.taken_up:  # it was begun by a run that was killed: half of it is worth nothing
            turn.material, turn.failure = Material(turn.question), cut_off()
            return
        self._sender.check(turn.question.conversation)
        self._history.begin(turn.question)
        self._typing.begin(turn)
        try:
            with turn.waits("recap"):  # a long one is paced, and does not hang
                prices = self._budget.prices(turn.question)
                turn.material = await self._recaps.of(turn, prices)
        except NoSuchChatError as error:  # told where the answer would stand
            turn.material, turn.failure = Material(turn.question), error


def cut_off() -> ModelError:
    """Why a recap that was begun before the program ended is not gone on with."""
    return ModelError(
        _("The recap was cut off when the program ended."),
        _("Reply /gpt_retry to the question, or run `userbot retry`."),
        reason="recap_cut_off",
    )
