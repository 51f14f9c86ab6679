"""The way of a message up to its queue, over a real store: chats are lists, turns end at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

from tests.questions import ANNA, OWNER, policy
from userbot.events import Event
from userbot.intake.admission import Admission
from userbot.intake.arrivals import Arrivals
from userbot.intake.catch_up import CatchUp
from userbot.intake.overheard import Overheard
from userbot.intake.queue import Queue
from userbot.intake.receiver import Receiver
from userbot.ports import SystemClock
from userbot.rules.loops import LoopWatch
from userbot.rules.policy import ChatRule
from userbot.settings import LimitsConfig, TriggerConfig
from userbot.storage.store import Store
from userbot.turn.budget import Budget, Limits
from userbot.turn.chat_rules import ChatRules
from userbot.turn.settle import OutcomeReporter
from userbot.turn.store_back import StoreBack
from userbot.turn.turn import Stage
from userbot.turn.understand.background import Background
from userbot.types import (
    Brought,
    Came,
    ChatKind,
    ChatTop,
    Command,
    CommandMessage,
    ConversationId,
    Message,
)

if TYPE_CHECKING:
    from userbot.intake.chat_commands import ChatCommands
    from userbot.intake.verdicts import Verdicts
    from userbot.ports import Reader
    from userbot.turn.runner import Runner
    from userbot.turn.turn import Turn

CLUB = -1_000_000_000_001
"""A supergroup in which everybody is answered."""
ELSEWHERE = -5
"""A group that no rule names."""


def message(number: int, text: str = "hello", *, chat: int = CLUB, own: bool = False) -> Message:
    """A message as Telegram tells of it when it is written."""
    return Message(
        conversation=ConversationId(chat),
        message=number,
        kind=ChatKind.SUPERGROUP if chat == CLUB else ChatKind.GROUP,
        title="Club",
        sender=OWNER if own else ANNA,
        text=text,
        at=datetime.now(UTC),
        outgoing=own,
    )


class House:
    """What stands between Telegram and the turns. `chats`: all that was written, by chat."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.told: list[Event] = []
        self.asked: list[str] = []
        self.begun: list[Stage | None] = []
        """With which stage each of them began."""
        self.carried_out: list[str] = []
        self.words: list[str] = []
        """What was looked at as the owner's word to something that waits."""
        self.chats: dict[int, list[Message]] = {CLUB: [], ELSEWHERE: []}
        self.meanwhile: list[Message] = []
        """What arrives while the history is on its way, and is not in it yet."""
        clock = SystemClock()
        rule = ChatRule(respond="all", allowed="anyone")
        began = datetime.now(UTC) - timedelta(days=1)
        rules = policy({CLUB: rule}, elsewhere="anyone", began=began)
        self.store_back = StoreBack(store, clock, self.told.append, lambda _: None)
        chats = ChatRules(rules, {}, "anyone", store)
        trigger = TriggerConfig(burst_seconds=0)
        self.queue = Queue(cast("Runner", self), trigger, None, chats, clock, self.told.append)
        limits = LimitsConfig(requests_per_minute=10**6, answers_per_hour=10**6)
        budget = Budget(Limits(limits), chats, store, clock, self.told.append)
        told, age = OutcomeReporter(self.told.append), timedelta(hours=1)
        reader = cast("Reader", self)
        receiver = Receiver(
            chats,
            Admission(store.questions, budget, self.queue, LoopWatch(), told, age),
            cast("ChatCommands", self),
            cast("Verdicts", self),
            Overheard(
                chats,
                Background(reader, chats, 1000, clock, self.told.append),
                self.queue,
                self.told.append,
            ),
            store,
        )
        self.arrivals = Arrivals(receiver, chats, store, self.store_back, clock, None)
        self.catch_up = CatchUp(self.arrivals, chats, reader, age, clock, self.told.append)

    def arrives(self, *messages: Message) -> None:
        """These are written, and Telegram tells of it."""
        for one in messages:
            self.chats[one.conversation.chat].append(one)
            self.arrivals.receive(one)

    async def look(self) -> None:
        """One look at all chats."""
        await self.catch_up._look()

    def events(self, kind: str) -> list[Event]:
        return [event for event in self.told if event.event == kind]

    # What is asked of the owner's words.

    def of(self, message: Message, _prefix: str) -> None:
        self.words.append(message.text)

    # What is asked of a reader.

    waits = False

    async def tops(self, chats: list[int]) -> list[ChatTop]:
        return [top for top in await self.newest_tops() if top.chat in chats]

    async def newest_tops(self) -> list[ChatTop]:
        return [
            ChatTop(chat, written[-1].message, written[-1].at, supergroup=chat == CLUB)
            for chat, written in self.chats.items()
            if written
        ]

    async def bring(
        self, chat: int, *, after: int = 0, since: datetime | None = None, own: bool = False
    ) -> Brought:
        page = [
            one
            for one in self.chats[chat]
            if one.message > after
            and (since is None or one.at >= since)
            and (one.outgoing or not own)
        ]
        meanwhile, self.meanwhile = self.meanwhile, []
        self.arrives(*meanwhile)
        for one in page:
            self.arrivals.receive(replace(one, came=Came.FOUND))
        return Brought(page[-1].message if page else after, "Club", whole=True)

    # What is asked of a runner, and of the commands.

    async def run(self, turn: Turn) -> None:
        self.asked.append(turn.question.text)
        self.begun.append(turn.next())
        self.store.questions.mark(turn.question, "failed", "no_model", datetime.now(UTC))

    async def until_it_begins(self, turn: Turn) -> None: ...

    def save(self, turn: Turn) -> None: ...

    def record(self, incoming: Message, command: Command) -> CommandMessage | None:
        at, chat = datetime.now(UTC), incoming.conversation.chat
        return self.store.commands.record(chat, incoming.message, command.name, at)

    def carry_out(self, recorded: CommandMessage, incoming: Message, command: Command) -> None:
        del recorded, incoming
        self.carried_out.append(command.name)
