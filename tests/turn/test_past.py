"""Where an answer may look things up, and what the store knows of that."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tests.questions import question
from userbot.errors import StorageError
from userbot.turn.turn import Turn
from userbot.turn.understand.past import Past
from userbot.types import ChatKind, Dialog, Question

CHAT = -1_000_000_000_042


class Chats:
    """The owner's chats; any of them may be searched."""

    async def dialogs(self) -> list[Dialog]:
        return [Dialog(CHAT, ChatKind.SUPERGROUP, "Weekend plans", None)]

    def may_search(self, chat: int) -> str:
        return "me" if chat == CHAT else "off"


class BusyOnce:
    """A store that takes nothing at first."""

    def __init__(self) -> None:
        self.located: list[Question] = []
        self.busy = True

    def locate(self, question: Question) -> None:
        if self.busy:
            self.busy = False
            raise StorageError("It is busy.", reason="storage_busy")
        self.located.append(question)


async def test_a_named_chat_is_stored_with_its_question_when_a_busy_store_is_back() -> None:
    store, chats, unused = BusyOnce(), Chats(), SimpleNamespace()
    services: Any = (unused, unused, chats, chats, SimpleNamespace(questions=store), unused)
    past = Past(*services)
    turn = Turn(replace(question(), about_name="weekend"))
    with pytest.raises(StorageError):
        await past.locate(turn)
    await past.locate(turn)
    assert [one.about for one in store.located] == [turn.question.about]
    assert turn.question.about is not None
    assert turn.question.about.chat == CHAT
