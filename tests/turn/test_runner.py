"""What the runner does with a turn before its first stage."""

from __future__ import annotations

from types import SimpleNamespace

from tests.questions import question
from userbot.errors import NothingToAnswerError
from userbot.events import Event
from userbot.ports import SystemClock
from userbot.turn.migration import Migration
from userbot.turn.runner import Runner
from userbot.turn.turn import Outcome, Turn
from userbot.types import ChatKind, ConversationId

OLD, NEW = -4_000_001, -1_000_000_000_007


class Stages:
    """Notes where a question is understood, and settles that it has no answer."""

    approve = None

    def __init__(self) -> None:
        self.asked_in: list[ConversationId] = []
        self.answer = self

    async def understand(self, turn: Turn) -> None:
        self.asked_in.append(turn.question.conversation)
        turn.outcome = Outcome("skipped", NothingToAnswerError("Stopped.", reason="stopped"))

    async def abandon(self, turn: Turn) -> None: ...

    def settle(self, turn: Turn) -> None:
        turn.settled = True


async def test_what_waited_behind_the_one_that_found_the_move_is_asked_in_the_new_group() -> None:
    told: list[Event] = []
    chats, stages = SimpleNamespace(moved={OLD: NEW}), Stages()
    migration = Migration(chats, None, None, told.append)  # type: ignore[arg-type]
    runner = Runner(stages, None, migration, None, SystemClock())  # type: ignore[arg-type]
    await runner.run(Turn(question(chat=OLD, kind=ChatKind.GROUP), resumed=True))
    await runner.run(Turn(question(chat=-4_000_002, kind=ChatKind.GROUP), resumed=True))
    assert stages.asked_in == [ConversationId(NEW), ConversationId(-4_000_002)]
