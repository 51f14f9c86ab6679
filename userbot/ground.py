"""What every part stands on, with Telegram or without: what both programs share.

`app` builds `userbot run` on it, `talk` the same assistant in the terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from userbot.errors import StorageError
from userbot.events import Report
from userbot.path.aftermath import Aftermath, QuestionChanges
from userbot.path.allowance import Allowance
from userbot.path.asking import SILENCES, Inquiry
from userbot.path.assistant import Assistant
from userbot.path.background import Background
from userbot.path.first_text import FirstText
from userbot.path.forgetting import Forgetting
from userbot.path.hearing import Ears
from userbot.path.house_rules import HouseRules
from userbot.path.live_reply import LiveReply
from userbot.path.loop_watch import LoopWatch
from userbot.path.memory import Memory
from userbot.path.patience import Patience
from userbot.path.replying import Answers
from userbot.path.seeing import Seeing
from userbot.path.settlement import Settlement
from userbot.path.storing import Storing
from userbot.path.typing import Typing
from userbot.path.writes import Writes
from userbot.ports import ChatModel, Clock, Reader, Sender
from userbot.rules.limits import Refusal
from userbot.settings import PacingConfig, PersonLimits, Settings
from userbot.storage.store import Store
from userbot.types import Question


class Ground:
    """What every part stands on. `broken`: told when the history can be written no more."""

    def __init__(
        self,
        settings: Settings,
        report: Report,
        store: Store,
        clock: Clock,
        broken: Callable[[StorageError], None],
    ) -> None:
        self.settings = settings
        self.report = report
        self.store = store
        self.clock = clock
        self.patience = Patience(clock, report)
        self.storing = Storing(self.patience, clock, report, broken)
        self.loops = LoopWatch()
        self.first_text = FirstText()
        self.settlement = Settlement(
            store, self.storing, clock, report, settings.limits.prices, self.loops
        )
        idle = timedelta(minutes=settings.history.idle_reset_minutes)
        self.memory = Memory(store, settings.history.window_tokens, idle=idle or None)
        self.forgetting = Forgetting(
            store.eraser, self.memory, self.storing, clock, settings.history.retention_days
        )

    def allowance(
        self,
        people: Mapping[int, PersonLimits],
        refused: Callable[[Question, Refusal], None] = lambda _ask, _refusal: None,
    ) -> Allowance:
        """The limits; `refused` tells a person of them."""
        store, settings = self.store, self.settings
        system, ledger = settings.openai.system, store.ledger
        return Allowance(
            settings.limits,
            people,
            system,
            store,
            ledger,
            self.storing,
            self.patience,
            self.clock,
            self.report,
            refused,
        )

    def aftermath(self, reader: Reader, questions: QuestionChanges) -> Aftermath:
        """What became of questions, and of answers that an earlier run began."""
        aftermath = Aftermath(
            self.settings.trigger.prefix,
            timedelta(minutes=self.settings.catch_up.max_age_minutes),
            reader,
            questions,
            self.store,
            self.store.eraser,
            self.clock,
            self.report,
        )
        self.first_text.before = lambda ask: self.storing.through(
            lambda: aftermath.before_first_text(ask), ask
        )
        return aftermath

    def background(self, reader: Reader, rules: HouseRules) -> Background:
        """What was said around a question."""
        window = self.settings.history.window_tokens
        return Background(reader, self.store, rules, window, self.clock, self.report)

    def in_writing(
        self,
        pacing: PacingConfig,
        sender: Sender,
        writes: Writes,
        own_prompt: str = "reply",
        told: Callable[[str], str] = str,
    ) -> LiveReply:
        """Answers as text. `told`: an error's sentence in the owner's language."""
        return LiveReply(
            pacing,
            sender,
            writes,
            self.store,
            self.storing,
            self.patience,
            self.clock,
            self.report,
            self.store.secret(),
            self.first_text,
            own_prompt,
            told,
        )

    def writes(self, sender: Sender, reader: Reader, aftermath: Aftermath) -> Writes:
        """What leaves, each recorded before."""
        return Writes(
            sender,
            reader,
            self.store,
            self.storing,
            aftermath.still_wanted,
            self.clock,
            self.report,
        )

    def assistant(
        self,
        rules: HouseRules,
        aftermath: Aftermath,
        hearing: Ears,
        reader: Reader,
        background: Background,
        model: ChatModel,
        allowance: Allowance,
        sender: Sender,
        replying: Answers,
    ) -> Assistant:
        """The path of one question."""
        return Assistant(
            settings=self.settings.openai,
            rules=rules,
            aftermath=aftermath,
            hearing=hearing,
            seeing=Seeing(reader, self.report),
            background=background,
            memory=self.memory,
            inquiry=Inquiry(
                model,
                SILENCES * self.settings.openai.timeout,
                self.memory,
                allowance,
                self.settlement,
                self.patience,
                self.storing,
                self.clock,
                self.report,
            ),
            sender=sender,
            typing=Typing(sender, self.clock),
            replying=replying,
            settlement=self.settlement,
            store=self.store,
            storing=self.storing,
            clock=self.clock,
        )
