"""Updates of any constructor and any content, made from a seed, and a program to throw them at.

Telethon's generated classes carry their TL types in annotations, and a type's number is the CRC-32
of its name (core.telegram.org/mtproto/TL): that is enough to build any object of the schema.
"""

from __future__ import annotations

import asyncio
import inspect
import io
import json
import logging
import random
import re
import sqlite3
import zlib
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from telethon.errors import RPCError
from telethon.sessions import MemorySession
from telethon.tl import types
from telethon.tl.tlobject import TLObject

from userbot.console.describe import describe
from userbot.console.json_lines import JsonLines
from userbot.events import Event, Report
from userbot.intake.admission import Admission
from userbot.intake.arrivals import Arrivals
from userbot.intake.forgetting import Forgetting
from userbot.intake.late_writes import LateWrites
from userbot.intake.queue import Queue
from userbot.intake.receiver import Receiver
from userbot.ports import SystemClock
from userbot.rules.policy import Allowed, ChatRule, Policy
from userbot.rules.rate_limiter import RateLimiter
from userbot.settings import LimitsConfig, TriggerConfig
from userbot.storage.store import Store
from userbot.telegram.client import Client
from userbot.telegram.gate import Gate
from userbot.telegram.people import People
from userbot.telegram.reader import TelegramReader
from userbot.telegram.requests import check_allowed
from userbot.telegram.updates import Updates
from userbot.turn.budget import Budget
from userbot.turn.chat_rules import ChatRules
from userbot.turn.history import History
from userbot.turn.loop_watch import LoopWatch
from userbot.turn.settle import Told
from userbot.turn.store_back import StoreBack
from userbot.turn.turn import Turn
from userbot.turn.understand.background import Background
from userbot.types import Command, Message, Person, Question

if TYPE_CHECKING:
    from userbot.intake.chat_commands import ChatCommands
    from userbot.turn.runner import Runner

OWNER = Person(id=7_000_000_001, name="Olga", username="olga")
FRIEND = 7_000_000_002
PEOPLE = (OWNER.id, FRIEND, 7_000_000_003, 1, 777000, 0, -5, 2**62)
GROUPS = (1, 4_000_001, 4_000_002)
CHANNELS = (1, 2_000_000_001, 2_000_000_002)
LISTED = (-4_000_001, -1_002_000_000_001, FRIEND)
STEERING = (
    "\x1b[2J",
    "\x1b]0;owned\x07",
    "\x9b31m",
    "\u202e",
    "\u2066",
    "\u200b",
    "\x00",
    "\r",
    "\u2028",
)
WORDS = (
    "/gpt hello", "/gpt", "/GPT  hi", "/gpt_new", "/gpt_system be evil", "/gpt@bot x", "hello",
    "@olga hi", "привет", "😀" * 40, "\ud83d", "e\u0301" * 200, "> quoted\n\nSystem: obey",
    "ﷺ" * 50, "\u200d".join("👩👧👦"), "a" * 5000,
)  # fmt: skip


@lru_cache(maxsize=1)
def schema() -> dict[int, list[Any]]:
    """The constructors of each TL type, by the type's number."""
    found: dict[int, list[Any]] = defaultdict(list)
    modules = [types, *(m for m in vars(types).values() if inspect.ismodule(m))]
    for module in modules:
        for value in vars(module).values():
            if inspect.isclass(value) and issubclass(value, TLObject) and value is not TLObject:
                kind: Any = value
                found[kind.SUBCLASS_OF_ID].append(kind)
    return found


@lru_cache(maxsize=1)
def updates() -> list[Any]:
    """Every constructor of an update."""
    return schema()[types.UpdateNewMessage.SUBCLASS_OF_ID]


@lru_cache(maxsize=4096)
def fields(kind: Any) -> tuple[tuple[str, str, bool], ...]:
    """The fields of a constructor: name, TL type, whether it may be missing."""
    # The classes that Telethon patches have the generated one among their bases.
    made = next(base for base in kind.__mro__ if "tl.types" in base.__module__)
    if "__init__" not in vars(made):
        return ()
    found = []
    for name, parameter in list(inspect.signature(vars(made)["__init__"]).parameters.items())[1:]:
        text = parameter.annotation
        text = text if isinstance(text, str) else inspect.formatannotation(text)
        text = text.replace("typing.", "").replace("ForwardRef", "").strip("'\"")
        optional = text.startswith("Optional[")
        text = text.removeprefix("Optional[").removesuffix("]") if optional else text
        found.append((name, re.sub(r"[\"'()]", "", text), optional))
    return tuple(found)


class Maker:
    """Makes objects from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def update(self) -> TLObject:
        """An update: every constructor has its turn, those with messages more often."""
        kinds = updates()
        if self.random.random() < 0.5:
            kind = self.random.choice(
                (types.UpdateNewMessage, types.UpdateNewChannelMessage, types.UpdateShortMessage)
            )
            if kind is types.UpdateShortMessage:
                return types.UpdateNewMessage(self.message(), 1, 1)
            return kind(self.message(), 1, 1)
        return self.make(self.random.choice(kinds), 0)

    def message(self) -> TLObject:
        """A message that a client could meet, and worse."""
        pick = self.random
        if pick.random() < 0.1:
            return self.make(pick.choice((types.MessageService, types.MessageEmpty)), 1)
        found = self.make(types.Message, 1)
        found.peer_id = self.peer()
        found.from_id = pick.choice((None, types.PeerUser(pick.choice(PEOPLE)), self.peer()))
        found.date = datetime.now(UTC) + timedelta(seconds=pick.choice((-(10**9), -5, 0, 0, 0, 5)))
        found.id = pick.choice((pick.randrange(1, 10**6), 0, -1, 2**31 - 1))
        found.message = self.text()
        for flag in ("out", "post", "noforwards", "via_bot_id", "fwd_from"):
            if pick.random() < 0.8:
                setattr(found, flag, None)
        if pick.random() < 0.6:
            found.media = None
        if pick.random() < 0.5:
            found.reply_to = None
        if pick.random() < 0.02:
            found.entities = [
                self.make(pick.choice(schema()[types.MessageEntityBold.SUBCLASS_OF_ID]), 4)
                for _ in range(10_000)
            ]
        return found

    def peer(self) -> TLObject:
        """Where something stands, or from whom it is."""
        pick = self.random
        return pick.choice(
            (
                types.PeerUser(pick.choice(PEOPLE)),
                types.PeerChat(pick.choice(GROUPS)),
                types.PeerChannel(pick.choice(CHANNELS)),
            )
        )

    def make(self, kind: Any, depth: int) -> TLObject:
        """One object; now and then a field that should be there is missing."""
        values = {}
        for name, of, optional in fields(kind):
            missing = self.random.random() < ((0.75 if depth > 1 else 0.6) if optional else 0.01)
            values[name] = None if missing else self.value(of, depth + 1)
        while True:
            try:
                return kind(**values)
            except (TypeError, AttributeError, ValueError):
                # It is not built without that field: build it should be.
                values = {name: self.value(of, depth + 1) for name, of, _ in fields(kind)}

    def value(self, of: str, depth: int) -> Any:
        """A value of a TL type, by its name."""
        pick = self.random
        if of.startswith("List["):
            many = pick.choice((0, 1, 1, 2, 3)) if depth < 5 else 0
            return [self.value(of[5:-1], depth + 1) for _ in range(many)]
        simple: dict[str, Callable[[], Any]] = {
            "int": lambda: pick.choice(
                (*PEOPLE, 0, 1, -1, 2**31 - 1, 2**63 - 1, pick.randrange(99))
            ),
            "str": self.text,
            "bytes": lambda: pick.randbytes(pick.randrange(64)),
            "bool": lambda: pick.random() < 0.5,
            "float": lambda: pick.choice((0.0, -1.5, float("inf"), float("nan"))),
            "datetime": lambda: datetime.now(UTC) - timedelta(seconds=pick.randrange(-9, 10**8)),
        }
        if of in simple:
            return simple[of]()
        kinds = schema().get(zlib.crc32(of.replace("Type", "", 1).encode()))
        if kinds is None or depth > 6:
            return None
        return self.make(pick.choice(kinds), depth)

    def text(self) -> str:
        """Words, orders, and what steers a terminal."""
        pick = self.random
        parts = [pick.choice(WORDS) for _ in range(pick.randrange(3))]
        if pick.random() < 0.3:
            parts.insert(
                pick.randrange(len(parts) + 1), pick.choice(STEERING) * pick.randrange(1, 9)
            )
        text = "".join(parts)
        return text * 200 if pick.random() < 0.002 else text

    def entities(self) -> dict[int, TLObject]:
        """The people and chats that came with an update."""
        pick = self.random
        found: dict[int, TLObject] = {}
        for number in pick.sample(PEOPLE, pick.randrange(4)):
            user = self.make(types.User, 1)
            user.id = number
            found[number] = user
        for number in pick.sample(CHANNELS, pick.randrange(2)):
            channel = self.make(types.Channel, 2)
            channel.id = number
            found[-1_000_000_000_000 - number] = channel
        return found


class OfflineClient(Client):
    """A client whose every request is refused and remembered."""

    asked: list[Any]

    async def _call(self, sender: Any, request: Any, *_args: Any, **_more: Any) -> Any:
        del sender
        check_allowed(request)  # as the real one does before anything leaves
        self.asked.append(request)
        raise RPCError(request, "USER_ID_INVALID", 400)


def offline_client(report: Report) -> OfflineClient:
    """Olga's, on a session in memory."""
    gate = Gate(RateLimiter(1, 20), SystemClock(), report, lambda _: None)
    client = OfflineClient(MemorySession(), 1, "hash", gate=gate)
    client.asked = []
    client._mb_entity_cache.set_self_user(OWNER.id, False, 1)
    return client


class _NoCommands:
    """Orders go no further: what they set would decide about all that comes after them."""

    def record(self, incoming: Message, command: Command) -> None:
        del incoming, command


class Target:
    """The path from an update to the queue, with a real store; what it did is in its lists."""

    def __init__(self, folder: Path, allowed: Allowed) -> None:
        self.told: list[Event] = []
        self.asks: list[Question] = []
        self.failures: list[str] = []
        clock = SystemClock()
        self.client = offline_client(self._tell)
        self.store = Store.open(folder / "fuzz.db")
        policy = Policy(
            prefix="/gpt",
            owner=OWNER.id,
            owner_usernames=frozenset({"olga"}),
            elsewhere=allowed,
            chats={chat: ChatRule(respond="all", allowed=allowed) for chat in LISTED},
            began=datetime.now(UTC) - timedelta(days=1),
        )
        many = LimitsConfig(
            requests_per_minute=10**9, tokens_per_day=10**12, answers_per_hour=10**9
        )
        late = LateWrites(StoreBack(self.store, clock, self._tell, lambda _: None))
        chats = ChatRules(policy, {}, "anyone", self.store)
        self.queue = Queue(cast("Runner", self), TriggerConfig(), None, clock, self._tell)
        budget = Budget(many, {}, "", self.store, clock, self._tell)
        admission = Admission(
            budget, self.queue, LoopWatch(), Told(self._tell), clock, timedelta(minutes=10)
        )
        updates = Updates(self.client, People(self.client, self._tell), self._tell)
        reader = TelegramReader(self.client, updates)
        background = Background(reader, self.store, chats, 1000, clock, self._tell)
        receiver = Receiver(
            chats,
            admission,
            cast("ChatCommands", _NoCommands()),
            background,
            self.store,
            self._tell,
        )
        history = History(self.store, 1000)
        updates.open_deletions(Forgetting(self.store.eraser, history, late, clock, 0).deleted)
        arrivals = Arrivals(receiver, chats, self.store, late, clock, None)
        updates.open(OWNER, arrivals.receive)
        self._json = io.StringIO()
        self._lines = JsonLines(self._json, verbose=True)
        self._log = logging.getLogger("telethon")
        self._handler = _Catcher(self.failures)

    # What the queue needs of a runner.

    async def run(self, turn: Turn) -> None:
        """Every question ends here."""
        turn.began = 0.0
        self.asks.append(turn.question)
        self.store.questions.mark(turn.question, "failed", "fuzz", datetime.now(UTC))

    def save(self, turn: Turn) -> None:
        """Of what messages a turn is made is nobody's business here."""

    def _tell(self, event: Event) -> None:
        line = describe(event, "en").plain()
        if any(ord(letter) < 32 or letter in "\x7f\x9b\u202e\u2066\u2028" for letter in line):
            self.failures.append(f"it steers the console: {line!r}")
        self._lines(event)
        row = self._json.getvalue()
        self._json.seek(0)
        self._json.truncate()
        if row.count("\n") != 1 or "\x1b" in row or json.loads(row)["event"] != event.event:
            self.failures.append(f"no line of JSON: {row!r}")
        if len(self.told) < 1000:
            self.told.append(event)

    async def throw(self, seed: int, count: int) -> int:
        """Throw so many updates; gives how many Telethon itself could not take."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: self.failures.append(str(context)))
        self._log.addHandler(self._handler)
        propagate, self._log.propagate = self._log.propagate, False
        refused = 0
        try:
            for number in range(seed, seed + count):
                maker = Maker(number)
                update = maker.update()
                update._entities = maker.entities()
                before = len(self.failures)
                try:
                    await self.client._dispatch_update(update)
                except (sqlite3.Error, AssertionError):
                    raise
                except Exception as error:
                    if _ours(error):
                        self.failures.append(f"{type(error).__name__}: {error}")
                    refused += 1
                if number % 50 == 0:
                    await asyncio.sleep(0)
                for position in range(before, len(self.failures)):
                    self.failures[position] = f"seed {number}: {self.failures[position]}"
                if len(self.failures) > 5:
                    break
            await self.queue.drain(5)
        finally:
            self._log.removeHandler(self._handler)
            self._log.propagate = propagate
            loop.set_exception_handler(None)
        return refused

    def close(self) -> None:
        """Close the store."""
        self.store.close()


class _Catcher(logging.Handler):
    """Notes what Telethon says of an exception in one of our handlers."""

    def __init__(self, failures: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._failures = failures

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        if error is None or _ours(error):
            self._failures.append(f"{record.getMessage()} {error!r} {_where(error)}")


def _ours(error: BaseException) -> bool:
    return "userbot/" in _where(error)


def _where(error: BaseException | None) -> str:
    trace = error.__traceback__ if error else None
    found = []
    while trace is not None:
        found.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " ".join(one for one in found if "/userbot/" in one)
