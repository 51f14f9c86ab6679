"""What was said in a chat, read so that it can be summed up.

Rule 1: nothing of it is stored; it is gone with the turn.
Rule 2: it is bounded, and what was left out is said. What is protected, of people who are
forgotten, or made by Telegram is not read.
Rule 3: what cannot be summed up, or holds nothing new, is answered without asking a model.
Rule 4: nothing is marked as read.
"""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from userbot.errors import ModelError, NoSuchChatError, NothingToAnswerError
from userbot.events import Report, ToolCalled, about
from userbot.ports import Clock, Lookups, Reader, Sender
from userbot.rules import limits, recap
from userbot.rules.above_answer import escaped
from userbot.rules.trigger import command_of
from userbot.settings import Prices, RecapConfig
from userbot.texts import Language, Text, _, joined, n_, quoted, translated
from userbot.turn.budget import Budget
from userbot.turn.chat_rules import ChatRules
from userbot.turn.deliver.typing import Typing
from userbot.turn.endings import standing
from userbot.turn.history import History
from userbot.turn.named_chats import named_chat
from userbot.turn.turn import Material, Turn
from userbot.turn.understand.understand import Understand
from userbot.turn.understand.voice_notes import VoiceNotes, Words
from userbot.types import ConversationId, Message, Question, Recap, Scope, Source

_LOOKED_BACK = 200
"""How many messages are looked through for the owner's last one."""


@dataclass(frozen=True, slots=True)
class RecapRules:
    """What the config says of recaps: of [recap], [history], [openai], [limits] and [console]."""

    config: RecapConfig
    window_tokens: int
    system: str
    prices: Prices | None
    zone: ZoneInfo | None
    language: Language


@dataclass(slots=True)
class _Found:
    """What was read, the newest first, and why not more."""

    messages: list[Message]
    looked_at: int = 0
    left_out: Text | str = ""
    protected: bool = False
    """Something of it may not leave Telegram."""


class _None(Exception):  # noqa: N818 - what is answered instead of a recap
    pass


class Recaps:
    """Reads what is to be summed up."""

    def __init__(
        self,
        rules: RecapRules,
        lookups: Lookups,
        reader: Reader,
        chats: ChatRules,
        voice_notes: VoiceNotes,
        clock: Clock,
        report: Report,
    ) -> None:
        self.rules = rules
        """What holds now."""
        self._lookups = lookups
        self._reader = reader
        self._chats = chats
        self._voice_notes = voice_notes
        self._clock = clock
        self._report = report

    async def of(self, turn: Turn) -> Material:
        """Read what a recap is of. Raises NoSuchChatError, TelegramError and StorageError."""
        question = turn.question
        try:
            return await self._read(turn)
        except _None as why:
            if question.recap is not None and question.recap.ring:
                raise NothingToAnswerError(why.args[0], reason="no_recap") from None
            return Material(question, answer=escaped(self._told(why.args[0])))

    async def _read(self, turn: Turn) -> Material:
        question, order = turn.question, turn.question.recap
        assert order is not None
        where, title = await self._where(question, order)
        scope = await self._lookups.scope_of(where)
        if scope is None:
            raise _None(self._protected(title))
        person = await self._person(order)
        after, bound, most = await self._bounds(question, order, where)
        found = _Found([])
        async with aclosing(self._lookups.span(scope, after=after, most=most + 1)) as pages:
            async for page in pages:
                if not self._take(found, page, bound, most, question):
                    break
                self._progress(question, title, found.looked_at, most)
        said = [one for one in found.messages if person in (None, one.sender and one.sender.id)]
        self._report(
            ToolCalled(**about(question), name="recap", text=quoted(title), count=len(said))
        )
        if not said:
            raise _None(
                self._protected(title) if found.protected else self._nothing(title, order, after)
            )
        said = recap.oldest_first(said)
        listen = order.voice or self.rules.config.voice
        heard = await self._voice_notes.words(turn, said, listen=listen)
        return self._material(turn, scope, title, said, heard, found.left_out)

    async def _where(self, question: Question, order: Recap) -> tuple[ConversationId, str]:
        """Which conversation is meant, and how it is called."""
        if question.about is not None:
            return question.about, question.about_name
        chat = await named_chat(self._reader, order.chat)
        return ConversationId(chat.id), chat.title

    async def _person(self, order: Recap) -> int | None:
        if not order.person:
            return None
        person = await self._reader.find_person(order.person)
        if person is None:
            raise _None(_("Nobody has the name {who}.", who=order.person))
        return person

    async def _bounds(
        self, question: Question, order: Recap, where: ConversationId
    ) -> tuple[int, datetime, int]:
        """After which message, since when, and how many messages at most are read."""
        config, now = self.rules.config, self._clock.now()
        bound, most = now - timedelta(days=config.max_days), config.max_messages
        if order.hours:
            return 0, max(bound, now - timedelta(hours=order.hours)), most
        if order.count:
            return 0, bound, min(most, order.count)
        if order.person:
            return 0, bound, most
        if not order.ring and question.source != question.conversation.chat:
            return order.after or await self._last_own(question, where), bound, most
        tops = await self._reader.tops([where.chat])
        return next((one.read for one in tops), 0), bound, most

    async def _last_own(self, question: Question, where: ConversationId) -> int:
        """The owner's last message in a chat before the order; 0 if it is not among the newest."""
        for one in await self._reader.latest(where.chat, question.message, _LOOKED_BACK):
            here = one.conversation.topic == where.topic
            if one.outgoing and here and not one.service and not self._is_order(one):
                return one.message
        return 0

    def _take(
        self, found: _Found, page: list[Message], bound: datetime, most: int, question: Question
    ) -> bool:
        """Take a page; False if that was the last one that is wanted."""
        for one in page:
            if one.at < bound:
                found.left_out = _("What is older was left out.")
                return False
            if found.looked_at >= most:
                found.left_out = _("Only the newest {count} were read.", count=found.looked_at)
                return False
            found.looked_at += 1
            found.protected = found.protected or one.noforwards
            if self._is_usable(one, question):
                found.messages.append(one)
        return True

    def _is_usable(self, one: Message, question: Question) -> bool:
        if one.protected or one.noforwards or one.service or self._is_order(one):
            return False
        if (one.conversation.chat, one.message) == (question.source, question.message):
            return False
        if one.sender is not None and self._chats.forgets(one.sender.id):
            return False
        gone = one.expires_at is not None and one.expires_at <= self._clock.now()
        return not gone and bool(one.text or one.media)

    def _is_order(self, one: Message) -> bool:
        return one.outgoing and command_of(one.text, self._chats.policy.prefix) is not None

    def _material(
        self,
        turn: Turn,
        scope: Scope,
        title: str,
        said: list[Message],
        heard: Words,
        left_out: Text | str,
    ) -> Material:
        rules, question = self.rules, turn.question
        turn.sources = [
            Source(
                chat=one.conversation.chat,
                message=one.message,
                person=one.sender.id if one.sender else 0,
                name=one.sender.name if one.sender else "",
                at=one.at,
                link=self._lookups.link(scope, one.message, chat=one.conversation.chat),
            )
            for one in said
        ]
        lines = tuple(
            recap.line(number, one, heard.get((one.conversation.chat, one.message), ""), rules.zone)
            for number, one in enumerate(said, 1)
        )
        room = recap.room(rules.window_tokens, rules.system, title)
        turn.summing = recap.Summing(lines, room)
        whole = recap.Said(title, lines, len(said), recap.people_of(said), said[0].at)
        head = self._head(whole, turn.summing, left_out)
        return Material(question, said=whole, preface=f"{head}\n\n")

    def _head(self, said: recap.Said, summing: recap.Summing, left_out: Text | str) -> str:
        """The line above a recap: how much it is of, and what it is likely to cost."""
        rules = self.rules
        beside = recap.beside(rules.system, said.title)
        asked, answered = recap.likely_tokens(summing, beside)
        money = limits.cost(rules.prices, asked, answered) / limits.MICRO
        assert said.since is not None
        since = said.since.astimezone(rules.zone).strftime("%Y-%m-%d %H:%M")
        told = joined(
            n_("{count} message", "{count} messages", said.messages),
            n_("of {count} person", "of {count} people", said.people),
            _("since {since};", since=since),
            _("up to about {tokens} tokens", tokens=_thousands(asked + answered)),
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

    def _progress(self, question: Question, title: str, count: int, most: int) -> None:
        told = _("“{title}”: reading, {count} of {most}", title=title, count=count, most=most)
        self._report(ToolCalled(**about(question), name="recap", text=told))

    def _told(self, text: str) -> str:
        return translated(text, self.rules.language)


class RecapStage:
    """The second stage of a question that asks for a recap; of all others it is `understand`."""

    def __init__(
        self,
        understand: Understand,
        recaps: Recaps,
        history: History,
        budget: Budget,
        sender: Sender,
        typing: Typing,
    ) -> None:
        self._understand = understand
        self._recaps = recaps
        self._history = history
        self._budget = budget
        self._sender = sender
        self._typing = typing

    async def __call__(self, turn: Turn) -> None:
        """Read what is to be summed up. Raises as `Understand` does."""
        if turn.question.recap is None:
            await self._understand(turn)
            return
        if turn.taken_up and turn.question.recap.ring:  # what was sent by then is all of it
            turn.answer = standing(turn)
            turn.material = Material(turn.question)
            return
        if turn.taken_up and self._budget.whole(turn.question) is not None:
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
                turn.material = await self._recaps.of(turn)
        except NoSuchChatError as error:  # told where the answer would stand
            turn.material, turn.failure = Material(turn.question), error


def cut_off() -> ModelError:
    """Why a recap that was begun before the program ended is not gone on with."""
    return ModelError(
        _("The recap was cut off when the program ended."),
        _("Reply /gpt_retry to the question, or run `userbot retry`."),
        reason="recap_cut_off",
    )


def _thousands(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")
