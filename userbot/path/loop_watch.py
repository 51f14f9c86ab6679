"""Keeps the rhythm of everybody who is answered, so that two programs cannot go on for ever."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime

from userbot.rules import loops
from userbot.rules.loops import Rhythm
from userbot.types import ConversationId, Question

SENDERS = 1024
"""How many are kept in mind; who was silent for longest is let go."""


class LoopWatch:
    """A rhythm for each sender in each conversation. The owner has none."""

    def __init__(self) -> None:
        self._rhythms: OrderedDict[tuple[ConversationId, int], Rhythm] = OrderedDict()

    def stops(self, ask: Question, now: datetime, *, replies: bool, prefixed: bool) -> bool:
        """Take note of a question; whether it is one too many of a loop.

        `replies`: to an answer of ours.
        """
        if ask.by_owner:
            return False
        rhythm = self._rhythms.get(_key(ask))
        if rhythm is None:
            return False
        # Nobody speaks a note in less time than it lasts.
        spoken = ask.voice.seconds if ask.voice is not None and ask.voice.spoken else 0.0
        characters = max(len(ask.text), round(min(spoken, loops.PAUSE) * loops.TYPING))
        rhythm = loops.heard(
            rhythm, now.timestamp(), characters, replies=replies, prefixed=prefixed
        )
        self._keep(ask, rhythm)
        return loops.stopped(rhythm)

    def answered(self, ask: Question, now: datetime) -> None:
        """Our answer to this question stands."""
        if not ask.by_owner:
            rhythm = self._rhythms.get(_key(ask), Rhythm())
            self._keep(ask, loops.answered(rhythm, now.timestamp()))

    def told(self, ask: Question) -> str:
        """Why a question is refused, in a sentence."""
        minutes = round(loops.COOL / 60)
        return (
            f"{ask.sender.name} comes back quicker than a person could, as a program does: no more"
            f" answers there until {minutes} minutes of silence."
        )

    def _keep(self, ask: Question, rhythm: Rhythm) -> None:
        self._rhythms[_key(ask)] = rhythm
        self._rhythms.move_to_end(_key(ask))
        if len(self._rhythms) > SENDERS:
            self._rhythms.popitem(last=False)


def _key(ask: Question) -> tuple[ConversationId, int]:
    return ask.conversation, ask.sender.id
