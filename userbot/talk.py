"""The assistant in the terminal, without Telegram: the same turns, with a screen to write on.

It has the same model, history, limits and database. Its conversation has a place of its own in the
store, which `userbot run` leaves alone.
"""

# ruff: noqa: ARG002 - what stands in for chats needs nothing of what is asked
from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NoReturn, cast

from userbot.build import history_of, server_tools, tool_rules
from userbot.console.describe import printable
from userbot.console.terminal import Terminal
from userbot.errors import StorageError, TelegramError, UserbotError
from userbot.events import Report
from userbot.intake.forgetting import Forgetting
from userbot.openai_api.chat import OpenAIChat
from userbot.ports import Reader, Sender, SystemClock
from userbot.rules.loops import LoopWatch
from userbot.rules.policy import Policy
from userbot.rules.switches import parse
from userbot.rules.trigger import command_of, question_of
from userbot.settings import PacingConfig, Settings
from userbot.storage.store import Store
from userbot.texts import _, joined
from userbot.timings import USUAL
from userbot.turn.answer import AnswerStage
from userbot.turn.budget import Budget, Limits
from userbot.turn.chat_rules import ChatRules
from userbot.turn.complete import Complete
from userbot.turn.deliver.messages import ReplyMessages
from userbot.turn.deliver.typing import Typing
from userbot.turn.deliver.writing import InWriting, WritingStyle
from userbot.turn.endings import refused
from userbot.turn.migration import Migration
from userbot.turn.outbound import Outbound
from userbot.turn.requests import Requests
from userbot.turn.resume import Resume
from userbot.turn.runner import Runner, Stages
from userbot.turn.settle import OutcomeReporter, Settle
from userbot.turn.store_back import StoreBack
from userbot.turn.tools import AskHere
from userbot.turn.turn import Interruption, Material, Turn
from userbot.turn.understand.switched import checked
from userbot.types import (
    AS_EVER,
    TERMINAL,
    ChatKind,
    ConversationId,
    Person,
    Question,
    Since,
    Switches,
)

_YOU = Person(id=TERMINAL, name="You")
_TERMINAL = ConversationId(TERMINAL)
_LIVELY = PacingConfig(edit_seconds=0.05, max_previews=100_000)
_WHOLE = PacingConfig(max_previews=0)
HERE = ("/new", "/help", "/quit", "/exit")
"""The commands of the terminal, which are so only alone on their line."""
_COMMANDS_HERE = _("Here there are /new, /help and /quit.")
_ABANDONED = timedelta(hours=1)
"""What is open for longer belongs to a conversation that was killed."""


async def _nobody(_call: str) -> None:
    """Nobody sits here who could say yes."""


class Talk:
    """A conversation. Where the terminal is lively, an answer is shown as it grows."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        report: Report,
        terminal: Terminal,
        ask: AskHere = _nobody,
    ) -> None:
        self._prefix = settings.trigger.prefix
        self._store = store
        self._terminal = terminal
        self._clock = clock = SystemClock()
        self._broken: StorageError | None = None
        self._report = report
        self._outcomes = OutcomeReporter(report)
        self._store_back = store_back = StoreBack(store, clock, report, self._stop)
        self._history = history = history_of(settings, store)
        retention = settings.history.retention_days
        self._forgetting = Forgetting(store.eraser, history, store_back, clock, retention)
        policy = Policy(
            prefix=self._prefix,
            owner=TERMINAL,
            owner_usernames=frozenset(),
            elsewhere="me",
            chats={},
            began=clock.now(),  # not the first start, which is that of `userbot run`
            models=settings.models,
        )
        self._chats = chats = ChatRules(policy, {}, "me", store)
        # What answers asks of them is less than the whole port.
        reader, sender = cast("Reader", _Nowhere()), cast("Sender", terminal)
        rules = tool_rules(settings, {one.name: "me" for one in settings.tools}, ask)
        self._tools = server_tools(rules, chats, store_back, clock, report)
        requests = Requests(settings.openai, chats, history, self._tools)
        limits = Limits(
            settings.limits,
            models=settings.models,
            model=settings.openai.model,
            system=settings.openai.system,
        )
        self._budget = budget = Budget(limits, chats, store, clock, report)
        self._model = OpenAIChat(settings.openai, report)
        resume = Resume(chats, reader, store, _ABANDONED, clock, report)
        outbound = Outbound(sender, chats, resume, store, clock, report)
        typing = Typing(sender, chats, clock)
        style = WritingStyle(_LIVELY if terminal.lively else _WHOLE)
        messages = ReplyMessages(sender, outbound, store, clock)
        longest = USUAL.silences * settings.openai.timeout
        answer = AnswerStage(
            Complete(self._model, requests, budget, longest, clock, report),
            chats,
            outbound,
            InWriting(style, sender, messages, clock, report),
            store.approvals,
        )
        settle = Settle(store, history, LoopWatch(), self._outcomes, clock)
        stages = Stages(resume, self._understand, self._understand, answer, settle)
        migration = Migration(chats, reader, history, report)
        self._runner = Runner(stages, typing, migration, store_back, clock)

    @property
    def failed(self) -> int:
        """How many questions were not answered."""
        return self._outcomes.failed_count

    @property
    def answered(self) -> int:
        """How many were."""
        return self._outcomes.answered_count

    def begin(self) -> None:
        """Do what is due at a start: erase what is old, give up what was left open."""
        self._forgetting.sweep_once()
        now = self._clock.now()
        self._budget.capture_lost("talk", now - _ABANDONED)
        for question, _answer in self._store.questions.pending(terminal=True):
            if now - question.at > _ABANDONED:
                self._store.questions.mark(question, "skipped", "stopped", now)

    async def say(self, line: str) -> bool:
        """Answer a line; False if it was stopped by cancelling.

        Raises UserbotError if it is a command that there is none of here, and StorageError.
        """
        order = command_of(line, self._prefix)
        if order is not None or line.strip().lower() == "/new":
            self._order(getattr(order, "name", "new"))
            return True
        self._refuse_command(line)
        question = self._question(line, self._clock.now())
        if question is None:
            return True
        return await self._answered(Turn(question, resumed=True))

    async def _answered(self, turn: Turn) -> bool:
        """Answer a question; False if that was stopped by cancelling. Raises StorageError."""
        running = asyncio.ensure_future(self._runner.run(turn))
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            turn.interrupt(Interruption("stopped", "stopped"))
            await running
            return False
        finally:
            self._terminal.end()
            if self._broken is not None:
                raise self._broken
        return True

    async def aclose(self) -> None:
        """Close what was opened."""
        if self._tools is not None:
            await self._tools.aclose()
        self._store_back.leave()
        await self._store_back.drain()
        await self._model.aclose()

    async def _understand(self, turn: Turn) -> None:
        """What is typed says what it says. Raises SwitchError."""
        turn.question = checked(turn.question, self._chats.policy.models, self._report)
        self._history.begin(turn.question)
        turn.material = Material(turn.question)

    def _question(self, line: str, now: datetime) -> Question | None:
        """What a line asks; its switches need no prefix, since nothing else stands before them."""
        asked = question_of(line, self._prefix)
        switched = parse(line.strip() if asked is None else asked)
        chosen = switched.chosen(self._chats.policy.models, by_owner=True)
        if switched.quiet or switched.about is not None:
            raise UserbotError(
                _("-q and -c are for chats."), _("What follows -- is a question as it stands.")
            )
        if not switched.text and switched.given:
            raise UserbotError(
                _("Nothing was asked."), _("Write the question behind the switches.")
            )
        return self._admitted(self._typed(switched.text, now, chosen)) if switched.text else None

    def _typed(self, text: str, now: datetime, switches: Switches = AS_EVER) -> Question:
        return Question(
            conversation=_TERMINAL,
            source=TERMINAL,
            message=self._terminal.new_message(),
            kind=ChatKind.PRIVATE,
            title="Terminal",
            sender=_YOU,
            text=text,
            at=now,
            by_owner=True,
            switches=switches,
        )

    def _admitted(self, typed: Question) -> Question | None:
        """A question as it is stored; None if a limit refuses it, which is told."""
        now = typed.at
        with self._store.database.transaction():
            least = self._budget.least(typed)
            question = self._store.questions.add(typed, now, least)
            if question is None:
                return None
            refusal = self._budget.admit(question, now, least)
            if refusal is None:
                return question
            self._store.questions.mark(question, "skipped", refusal.reason, now)
        self._outcomes.ended(question, refused(refusal))
        return None

    def _refuse_command(self, line: str) -> None:
        """Let no slip of a command go to the model; a path such as /etc/hosts is none."""
        word = line.split(maxsplit=1)[0] if line[:1] == "/" else ""
        is_command = re.fullmatch(r"/\w+", word) is not None and word.lower() not in HERE
        if is_command and question_of(line, self._prefix) is None:
            raise UserbotError(
                _("There is no {word} here.", word=printable(word)),
                joined(_COMMANDS_HERE, _("With a space before it, it is a question.")),
            )

    def _order(self, name: str) -> None:
        if name != "new":
            raise UserbotError(_("That command is for chats."), _COMMANDS_HERE)
        self._store.conversations.begin_anew(_TERMINAL)
        self._history.forget(_TERMINAL)

    def _stop(self, error: StorageError) -> None:
        self._broken = error


class _Nowhere:
    """There is no chat behind the terminal; nothing of a turn asks for it."""

    async def since(self, chat: int, messages: Sequence[int]) -> Since:
        self._refuse()

    async def lately(self, chat: int, at: datetime) -> Since:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise TelegramError(_("Telegram is not available here."), reason="terminal")
