"""How much of each request an endpoint has seen before: a conversation of 100 turns, played.

A provider's prompt cache holds the beginning that a request shares with an earlier one of the same
conversation; what is counted here is the share with the one before it, in bytes.
"""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from tests.questions import NOW, answer, in_group, pay_and_settle, question
from userbot.rules import background
from userbot.rules.background import Remark
from userbot.rules.window import estimate_messages
from userbot.storage.store import Store
from userbot.turn.history import History
from userbot.types import Exchange, Person, PromptMessage, Usage

SYSTEM = "You are a helpful assistant in a Telegram chat. Answer briefly. Markdown is fine."
PEOPLE = tuple(Person(id=600 + n, name=name) for n, name in enumerate(("Max", "Lena", "Vera")))
WINDOW = 8000
TALK = 6
"""Messages that others write between two questions."""


@dataclass(frozen=True, slots=True)
class Share:
    """The bytes of all requests, and how many of them began as the request before."""

    reused: int
    sent: int
    largest: int
    """Estimated tokens of the largest request."""

    @property
    def percent(self) -> float:
        return 100 * self.reused / self.sent


def play(context_messages: int, turns: int = 100, seed: int = 7) -> Share:
    """Ask so many questions in a group; the endpoint counts a third more than is estimated."""
    dice = random.Random(seed)
    reused = sent = largest = 0
    before = ""
    with (
        tempfile.TemporaryDirectory() as folder,
        Store.open(Path(folder) / "history.db") as store,
    ):
        memory = History(store, WINDOW)
        talk: list[Remark] = []
        for number in range(1, turns + 1):
            for _ in range(TALK):
                person = dice.choice(PEOPLE)
                talk.append(
                    Remark(
                        message=len(talk) + number,
                        topic=None,
                        person=person.id,
                        name=person.name,
                        text=_words(dice, 3, 20),
                    )
                )
            text = _words(dice, 5, 40)
            asked = in_group(question(text, message=10_000 + number, sender=dice.choice(PEOPLE)))
            ask = store.questions.add(replace(asked, at=NOW), NOW)
            assert ask is not None
            shown = background.newest(
                talk, topic=None, before=ask.message, count=context_messages, now=NOW
            )
            messages = memory.messages(SYSTEM, ask, None, background.block(shown, WINDOW))
            request = _as_text(messages)
            reused += _in_common(before, request)
            sent += len(request)
            before = request
            estimated = estimate_messages(messages)
            largest = max(largest, estimated)
            reply = answer(_words(dice, 30, 150), usage=Usage(estimated * 4 // 3, 100))
            pay_and_settle(store, ask, ask.text, reply, NOW)
            turn = Exchange(ask.sender.name, ask.text, reply.text, ask.id)
            memory.remember(ask.conversation, turn, reply.finish.usage, estimated)
    return Share(reused, sent, largest)


def _in_common(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _as_text(messages: tuple[PromptMessage, ...]) -> str:
    return "".join(f"<{message.role}>{message.content}</>" for message in messages)


def _words(dice: random.Random, least: int, most: int) -> str:
    return " ".join("x" * dice.randint(2, 9) for _ in range(dice.randint(least, most)))
