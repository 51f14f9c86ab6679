"""Whatever happens to questions, in whatever order, with ends, kills and restarts between.

The program is whole, over a real store; Telegram and the model are fakes at the ports, and time
leaps. What has to hold then:

1. at most one answer to a message;
2. each request at the model has exactly one payment;
3. nothing leaves any more once the program was left;
4. the words of deleted messages are nowhere in the history's files;
5. in the end every question has its end.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.faults import Call, busy, watched
from tests.questions import ANNA, NOW, OWNER, policy
from tests.quick_clock import LeapingLoop, LoopClock
from tests.turn.fakes import (
    CLUB,
    Asked,
    FakeAdapters,
    FakeLine,
    FakeModel,
    FakeModelLine,
    FakeTelegram,
    Post,
)
from userbot import app
from userbot.build import Account
from userbot.controls import Controls
from userbot.events import Answering, Event
from userbot.rules.policy import ChatRule
from userbot.settings import HistoryConfig, LimitsConfig, Settings, TelegramConfig, TriggerConfig
from userbot.types import ConversationId, Person

T = TypeVar("T")
MAX = Person(id=502, name="Max")
UNLIMITED = LimitsConfig(requests_per_minute=10**6, answers_per_hour=10**6, tokens_per_day=10**9)
DRAIN = 10.0
"""Seconds that what is being written has at the end."""
LAST = 6.0
"""Seconds after which what was cut then has ended, too."""

people = st.sampled_from([ANNA, MAX])
which = st.integers(0, 10**6)
seconds = st.sampled_from([0.02, 0.07, 0.2, 0.35, 0.6, 1.4, 3.0])


class AnyOrder(RuleBasedStateMachine):
    """What people, Telegram, the model, the disk and the owner's keyboard may do."""

    def __init__(self) -> None:
        super().__init__()
        logging.disable(logging.CRITICAL)
        self.closing = ExitStack()
        self.folder = Path(self.closing.enter_context(TemporaryDirectory()))
        (self.folder / "me.session").touch()
        self.settings = Settings(
            telegram=TelegramConfig(api_id=1, api_hash="x", session=self.folder / "me"),
            history=HistoryConfig(database=self.folder / "history.db"),
            trigger=TriggerConfig(from_="anyone", edits=True, stand_down=True),
            limits=UNLIMITED,
        )
        self.loop = LeapingLoop()
        self.clock = LoopClock(self.loop, NOW)
        self.telegram = FakeTelegram(self.loop, self.clock)
        self.model = FakeModel(self.asks)
        self.closing.enter_context(watched(self.before))
        self.closing.enter_context(patch.object(app, "Adapters", self.reaches))
        self.closing.enter_context(patch.object(app, "account_of", self.account))
        self.closing.enter_context(patch.object(app, "stop_on_signals", lambda *_: nullcontext()))
        self.busy_until = 0.0
        self.runs = 0
        self.run: asyncio.Task[str] | None = None
        self.left: list[tuple[FakeLine, float]] = []
        """The lines of programs that were left, and until when something may leave by them."""
        self.kills = 0
        self.told: list[Event] = []
        self.retried: set[int] = set()
        self.words = 0
        self.owed: list[Post] = []
        """What was deleted, and the program was told."""

    # -- what the program is given

    def before(self, call: Call) -> None:
        if call.where == "store" and call.writes and self.loop.time() < self.busy_until:
            raise busy()

    def reaches(self, *given: Any) -> Any:
        """What the program reaches out by. `given`: as `build.Adapters` is given it."""
        _, _, listener, _, _ = given
        line = self.telegram.line = FakeLine(self.telegram, self.runs, listener)
        return FakeAdapters(line, FakeModelLine(self.model, self.runs))

    def hears(self, event: Event) -> None:
        """What the program tells; for whom it asks, it says right before."""
        self.told.append(event)
        if isinstance(event, Answering):
            self.model.message = event.message or 0

    async def account(self, _: Any, __: Any, began: datetime, now: datetime) -> Account:
        chats = {CLUB: ChatRule(respond="all", allowed="anyone")}
        rules = policy(chats, elsewhere="anyone", began=began)
        return Account(OWNER, rules, {}, {}, began >= now)

    def asks(self, asked: Asked) -> None:
        """A request leaves for the model: it is being paid, once."""
        rows = self.rows(
            "SELECT count(*) FROM payments JOIN questions ON questions.id = payments.question"
            " WHERE payments.state = 'authorized' AND payments.kind = 'answer'"
            f" AND message = {asked.message}"
        )
        assert rows == [(1,)], f"{rows} authorized for a request about {asked.message}"

    def rows(self, statement: str) -> list[Any]:
        db = sqlite3.connect(self.folder / "history.db")
        try:
            return db.execute(statement).fetchall()
        finally:
            db.close()

    # -- how time passes, and programs begin and end

    @initialize()
    def begins(self) -> None:
        self.starts()
        self.passes(1)

    def passes(self, seconds: float) -> None:
        self.loop.run_until_complete(asyncio.sleep(seconds))

    def happens(self, what: Callable[[], T]) -> T:
        """Something happens while the program runs."""

        async def happen() -> T:
            return what()

        return self.loop.run_until_complete(happen())

    def starts(self) -> None:
        async def start() -> None:
            self.runs += 1
            self.end: asyncio.Future[str] = self.loop.create_future()
            self.controls = Controls()
            self.run = asyncio.ensure_future(
                app.run(
                    self.settings,
                    self.hears,
                    began=0.0,
                    end=self.end,
                    clock=self.clock,
                    controls=self.controls,
                )
            )

        self.loop.run_until_complete(start())

    @property
    def services(self) -> Any:
        running = self.controls.running
        return None if running is None else running.services

    def runs_now(self) -> bool:
        return self.run is not None

    @rule(seconds=seconds)
    def time_passes(self, seconds: float) -> None:
        self.passes(seconds)

    @precondition(lambda self: self.run is None and self.loop.time() >= self.busy_until)
    @rule()
    def it_is_started_again(self) -> None:
        self.starts()

    @precondition(runs_now)
    @rule(waited_for=st.booleans())
    def it_is_asked_to_end(self, waited_for: bool) -> None:
        if not self.end.done():
            self.end.set_result("interrupted")
            if self.telegram.line is not None:
                self.left.append((self.telegram.line, self.loop.time() + DRAIN + LAST))
        if waited_for:
            self.passes(DRAIN + LAST)
            self.has_ended()

    def has_ended(self) -> None:
        assert self.run is not None
        assert self.run.done(), "it does not come to its end"
        assert self.run.result() == "interrupted"
        self.over()

    def over(self) -> None:
        self.run, self.telegram.line = None, None
        if self.loop.time() < self.busy_until + 60:
            self.owed.clear()  # what the store did not take is not told again

    @precondition(runs_now)
    @rule()
    def it_is_killed(self) -> None:
        line = self.telegram.line
        self.kills += 1
        if line is not None:
            line.cut.set()
            self.left.append((line, self.loop.time()))
        if self.controls.running is not None:
            self.controls.running.store.close()

        async def die() -> None:
            me = asyncio.current_task()
            while others := asyncio.all_tasks() - {me}:
                for one in others:
                    one.cancel()
                await asyncio.wait(others, timeout=20)

        self.loop.run_until_complete(die())
        assert self.run is not None
        if not self.run.cancelled():
            self.run.exception()
        self.over()

    # -- what people do

    def posts(self) -> list[Post]:
        """What people wrote and still stands."""
        return [
            one
            for one in self.telegram.posts
            if not (one.deleted or one.by_program or one.message.outgoing)
        ]

    def said(self) -> str:
        self.words += 1
        return f"word{self.words:05}"

    @rule(person=people, times=st.integers(1, 2), about=st.none() | which)
    def somebody_asks(self, person: Person, times: int, about: int | None) -> None:
        posts = self.posts()
        reply_to = posts[about % len(posts)].message.message if posts and about else None
        for _ in range(times):
            self.happens(partial(self.telegram.write, person, self.said(), reply_to))

    @precondition(lambda self: self.posts())
    @rule(which=which, text=st.sampled_from(["another", "the same", "none"]))
    def a_question_is_edited(self, which: int, text: str) -> None:
        post = self.posts()[which % len(self.posts())]
        words = {"another": self.said(), "the same": post.message.text, "none": ""}[text]
        self.happens(partial(self.telegram.change, post, words))

    @precondition(lambda self: self.posts())
    @rule(which=which)
    def a_question_is_deleted(self, which: int) -> None:
        post = self.posts()[which % len(self.posts())]
        if self.happens(partial(self.telegram.delete, post)):
            self.owed.append(post)

    @precondition(lambda self: any(one.by_program for one in self.telegram.posts))
    @rule(which=which)
    def an_answer_is_deleted(self, which: int) -> None:
        posts = [one for one in self.telegram.posts if one.by_program]
        self.happens(partial(self.telegram.delete, posts[which % len(posts)]))

    @rule(which=st.none() | which)
    def the_owner_writes_himself(self, which: int | None) -> None:
        posts = self.posts()
        reply_to = posts[which % len(posts)].message.message if posts and which else None
        text = f"the owner's {self.said()}"
        self.happens(partial(self.telegram.write, OWNER, text, reply_to))

    @precondition(lambda self: self.services is not None and self.run is not None)
    @rule()
    def the_answer_is_stopped(self) -> None:
        self.happens(partial(self.services.queue.stop, ConversationId(CLUB)))

    @precondition(lambda self: self.services is not None and self.run and self.posts())
    @rule(which=which)
    def a_question_is_retried(self, which: int) -> None:
        if not self.end.done() and self.loop.time() >= self.busy_until:
            number = self.posts()[which % len(self.posts())].message.message
            ask = partial(self.services.retries.ask, CLUB, number, self.clock.now())
            if self.happens(ask) == "asked":
                self.retried.add(number)

    # -- what goes wrong

    @rule(what=st.sampled_from(["lost before", "lost after", "late", "refused"]))
    def a_write_goes_wrong(self, what: str) -> None:
        self.telegram.trouble.append(what)

    @rule(what=st.sampled_from(["fails", "refuses", "breaks off", "is long"]))
    def the_model_goes_wrong(self, what: str) -> None:
        self.model.trouble.append(what)

    @precondition(lambda self: self.telegram.line is not None and self.telegram.line.listens)
    @rule(seconds=seconds)
    def the_store_is_busy(self, seconds: float) -> None:
        self.busy_until = self.loop.time() + seconds

    @precondition(lambda self: self.telegram.line is not None and self.telegram.line.listens)
    @rule(seconds=seconds)
    def the_line_is_lost(self, seconds: float) -> None:
        line = self.telegram.line
        assert line is not None
        if line.up.is_set():
            line.up.clear()
            self.passes(seconds)
            line.up.set()
            if line is self.telegram.line and line.listens:
                self.happens(line.listener.reconnected)

    @precondition(lambda self: self.telegram.line is not None and self.telegram.line.listens)
    @rule()
    def something_may_have_been_missed(self) -> None:
        assert self.telegram.line is not None
        self.happens(self.telegram.line.listener.missed)

    # -- what has to hold

    @invariant()
    def a_message_is_answered_at_most_once(self) -> None:
        for post in self.telegram.posts:
            number = post.message.message
            if number in self.retried:
                continue  # asked again, it is another attempt
            answers = [
                one
                for one in self.telegram.posts
                if one.by_program and one.message.reply_to == number
            ]
            if not post.by_program:
                assert len(answers) <= 1, f"{post} has {answers}"

    @invariant()
    def nothing_leaves_once_it_was_left(self) -> None:
        for line, until in self.left:
            assert not [at for at in line.noted if at > until]

    @invariant()
    def nothing_dies(self) -> None:
        bad = ("internal", "task_died")
        assert not [event for event in self.told if getattr(event, "reason", "") in bad]

    @precondition(runs_now)
    @rule()
    def all_comes_to_rest(self) -> None:
        assert self.run is not None
        if self.end.done():
            self.passes(DRAIN + LAST)
            self.has_ended()
            return
        self.passes(120)
        assert self.rows("SELECT * FROM payments WHERE state = 'authorized'") == []
        for number in {one.message for one in self.model.asked}:
            self.look_at_payments(number)
        open_ = "SELECT message, state FROM questions WHERE state IN ('pending', 'answering')"
        assert self.rows(open_) == []
        self.look_for_words()

    def look_at_payments(self, number: int) -> None:
        asked = [one for one in self.model.asked if one.message == number]
        ((paid,),) = self.rows(
            "SELECT count(*) FROM payments JOIN questions ON questions.id = payments.question"
            f" WHERE payments.kind = 'answer' AND message = {number}"
        )
        surely = sum(one.came == "words" for one in asked)
        assert surely <= paid <= len(asked) + self.kills, f"{paid} paid of {asked}"

    def look_for_words(self) -> None:
        for post in self.owed:
            for text in filter(None, post.texts):
                files = self.folder.glob("history.db*")
                held = [one.name for one in files if text.encode() in one.read_bytes()]
                assert not held, f"{text} was deleted, and stands in {held}: {self.rows_with(text)}"

    def rows_with(self, text: str) -> list[Any]:
        names = self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        found = [(name, row) for (name,) in names for row in self.rows(f"SELECT * FROM {name}")]
        return [one for one in found if text in str(one)]

    def teardown(self) -> None:
        try:
            if self.run is not None and self.end.done():
                self.all_comes_to_rest()
            if self.run is None:
                self.passes(10)
                self.starts()
            self.all_comes_to_rest()
            self.it_is_asked_to_end(True)
            self.look_for_words()
        finally:
            if self.run is not None:
                self.it_is_killed()
            self.loop.close()
            self.closing.close()
            logging.disable(logging.NOTSET)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=30,
    stateful_step_count=30,
    deadline=None,
    # To shrink what fails may take minutes; thirty steps are read as they are.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
