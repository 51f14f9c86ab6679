"""The queues of conversations, with a handler that breaks its word."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.questions import question
from tests.quick_clock import QuickClock
from userbot.errors import StorageError
from userbot.path.conversations import Conversations
from userbot.path.first_text import FirstText
from userbot.types import Question


class Untold:
    """Stores nothing."""

    def joined(self, earlier: Question, whole: Question) -> None: ...

    def reworded(self, whole: Question) -> None: ...

    def parted(
        self, before: Question, whole: Question, gone: Sequence[Question], why: str
    ) -> None: ...

    def starts_over(self, ask: Question) -> None: ...


async def test_a_question_that_cannot_be_settled_does_not_take_those_behind_it_along() -> None:
    handled: list[str] = []
    told: list[dict[str, Any]] = []
    done = asyncio.Event()

    async def handle(ask: Question) -> None:
        handled.append(ask.text)
        if ask.text == "last":
            done.set()
        else:
            await asyncio.Event().wait()

    def stopped(ask: Question, why: str) -> None:
        raise StorageError("The database is busy.", "Wait.", reason="storage_busy")

    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    conversations = Conversations(handle, stopped, Untold(), FirstText(), QuickClock(1), 0.0)
    for number, text in enumerate(("first", "last"), 1):
        conversations.put(replace(question(text, message=number), id=number))
    await asyncio.sleep(0.01)
    conversations.stop(question().conversation)
    await asyncio.wait_for(done.wait(), 60)
    assert handled == ["first", "last"]
    assert [str(context["exception"]) for context in told] == ["The database is busy."]
