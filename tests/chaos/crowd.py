"""People who ask numbered questions in five conversations, and what they are left with, counted.

The model's answer to question 7 ends with "end of 7.", so that an answer that stands whole is told
from half of one by its last words.
"""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.harness import Event, Stage
from userbot.sandbox.accounts import Account
from userbot.sandbox.endpoint import Reply
from userbot.sandbox.state import Group, Message
from userbot.sandbox.telegram import RandomIdBehaviour

SEED = int(os.environ.get("CHAOS_SEED", "1"))
BEHAVIOURS: list[RandomIdBehaviour] = ["duplicate", "original", "silent", "forget"]
"""What Telegram may say about a random_id that was used before."""

EN = Path(__file__).parent.parent / "data" / "voice_en.ogg"
MOST_WAITING = 2
"""So many open questions of one person in one place; then the next one waits."""


@dataclass
class Asked:
    """One question and what people did about it."""

    number: int
    message: Message
    where: Account | Group
    voice: bool
    by_hand: Message | None = None
    begun_before: bool = False
    """The program had written something before the owner answered."""


@dataclass
class Left:
    """What is wrong in the end, one line each."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)
    turns: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    """Words of the owner's that are not as he wrote them."""
    doubt: list[str] = field(default_factory=list)
    """Not answered, and listed as in doubt: what may happen, if it cannot be known."""

    @property
    def numbers(self) -> tuple[int, int, int, int]:
        """The columns of the table: lost, answered twice, left half, lost turns."""
        return len(self.lost), len(self.twice), len(self.half), len(self.turns)

    @property
    def faults(self) -> list[str]:
        return [*self.lost, *self.twice, *self.half, *self.turns, *self.touched]


class Crowd:
    """Max, Lena and Vera on a stage; the endpoint answers them from now on."""

    def __init__(self, stage: Stage, dice: random.Random, prefix: str = "") -> None:
        self.stage = stage
        self.prefix = prefix
        self.dice = dice
        self.asked: list[Asked] = []
        self._takes: Counter[int] = Counter()
        self._recording = EN.read_bytes()
        everybody = [stage.olga, stage.max, stage.lena, stage.vera]
        choir = stage.telegram.add_supergroup("Choir", creator=stage.vera, members=everybody)
        self.places: list[tuple[Account, Account | Group]] = [
            (stage.max, stage.olga),
            (stage.lena, stage.olga),
            (stage.max, stage.group),
            (stage.lena, stage.club),
            (stage.vera, choir),
        ]
        self.chats = [stage.max.id, stage.lena.id, stage.group.id, stage.club.id, choir.id]
        stage.endpoint.responder = self._answer

    def ask(self) -> Asked | None:
        """Somebody asks something, unless he still waits for too many answers."""
        who, where = self.dice.choice(self.places)
        waiting = [one for one in self.open if one.where is where and one.message.sender is who]
        if len(waiting) >= MOST_WAITING:
            return None
        number = len(self.asked) + 1
        voice = self.dice.random() < 0.3
        words = f"question {number}, please"
        if voice:
            recording = self._recording + number.to_bytes(8, "big")
            self.stage.endpoint.understands(recording, words)
            message = who.sends_voice(where, recording)
        else:
            message = who.says(where, self.prefix + words)
        self.asked.append(Asked(number, message, where, voice))
        return self.asked[-1]

    @property
    def open(self) -> list[Asked]:
        """What nobody has answered yet."""
        return [one for one in self.asked if one.by_hand is None and not self.whole(one)]

    def answers(self, one: Asked) -> list[Message]:
        """The program's replies to a question."""
        olga = self.stage.olga
        return [
            message
            for message in self._history(one)
            if message.sender is olga
            and message.reply_to is one.message
            and message is not one.by_hand
        ]

    def whole(self, one: Asked) -> bool:
        """Whether one answer stands to its end."""
        return any(self._ends(one, answer) for answer in self.answers(one))

    def judge(self, history: list[Event]) -> Left:
        """Look at every question, as it stands in the chats and in the history."""
        rows = {
            (row.chat, row.message): (row.state, row.reason, row.answer or "") for row in history
        }
        left = Left()
        for one in self.asked:
            self._judge_one(one, rows, left)
        return left

    def _judge_one(self, one: Asked, rows: dict[tuple[int, int], Any], left: Left) -> None:
        answers = self.answers(one)
        chat = one.where.id if isinstance(one.where, Group) else one.message.sender.id
        row = rows.get((chat, one.message.id_for(self.stage.olga)))
        about = f"question {one.number} in {chat}: {row}, {answers}"
        # What was given up is closed with "…" and stands beside the answer to the next attempt.
        whole = [it for it in answers if not it.text.endswith("…")]
        answers = whole or answers[:1]
        if row and not answers and row[:2] == ("skipped", "in_doubt"):
            left.doubt.append(f"in doubt: {about}")
            return
        if len(answers) > 1 or (answers and one.by_hand and not one.begun_before):
            left.twice.append(f"twice: {about}")
        if not answers and one.by_hand is None:
            left.lost.append(f"lost: {about}")
        if not all(self._ends(one, answer) for answer in answers):
            left.half.append(f"half: {about}")
        if row is None or (
            row[0] != "answered" or f"end of {one.number}." not in row[2]
            if answers
            else row[:2] != ("skipped", "owner_answered")
        ):
            left.turns.append(f"turn: {about}")
        if one.by_hand and (one.by_hand.text != f"By hand: {one.number}." or one.by_hand.edits):
            left.touched.append(f"touched: {about}")

    def _ends(self, one: Asked, first: Message) -> bool:
        """Whether an answer, in all its messages, has its last words."""
        last: Message | None = first
        history = self._history(one)
        while last is not None:
            if f"end of {one.number}." in last.text:
                return True
            last = next(
                (it for it in history if it.reply_to is last and it.sender is first.sender), None
            )
        return False

    def _history(self, one: Asked) -> list[Message]:
        where = one.where if isinstance(one.where, Group) else one.message.sender
        return self.stage.olga.messages(where)

    def _answer(self, request: dict[str, Any]) -> Reply:
        number = int(re.findall(r"question (\d+)", str(request["messages"][-1]["content"]))[-1])
        self._takes[number] += 1
        words = f"Answer {number}, take {self._takes[number]}. " + "It goes on like this. " * (
            250 if number % 7 == 0 else 20
        )
        pieces = re.findall(r".{1,40}|.{1,400}" if number % 7 else r".{1,400}", words)
        pieces.append(f" This is the end of {number}.")
        seconds = (0.1, 0.3, 1.0)[number % 3]
        return Reply("".join(pieces), chunks=tuple(pieces), delay=seconds / len(pieces))
