"""Keeps the rhythm of everybody who is answered, so that two programs cannot go on for ever."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta

from userbot.errors import LimitReachedError
from userbot.rules import loops
from userbot.rules.loops import Rhythm
from userbot.texts import _
from userbot.types import ConversationId, Question

SENDERS = 1024
"""How many are kept in mind; who was silent for longest is let go."""


class LoopWatch:
    """A rhythm for each sender in each conversation. The owner has none."""

    def __init__(self) -> None:
        self._rhythms: OrderedDict[tuple[ConversationId, int], Rhythm] = OrderedDict()

    def with_question(self, question: Question, now: datetime, *, replies: bool) -> Rhythm | None:
        """The rhythm of who asks, this question included; None where there is none to watch.

        `replies`: to an answer of ours.
        """
        rhythm = None if question.by_owner else self._rhythms.get(_key(question))
        if rhythm is None:
            return None
        # Nobody speaks a note in less time than it lasts.
        spoken = (
            question.voice.seconds if question.voice is not None and question.voice.spoken else 0.0
        )
        characters = max(len(question.text), round(min(spoken, loops.PAUSE) * loops.TYPING))
        return loops.heard(
            rhythm, now.timestamp(), characters, replies=replies, prefixed=question.prefixed
        )

    def answered(self, question: Question, now: datetime) -> None:
        """Our answer to this question stands."""
        if not question.by_owner:
            rhythm = self._rhythms.get(_key(question), Rhythm())
            self.keep(question, loops.answered(rhythm, now.timestamp()))

    def refusal(self, question: Question) -> LimitReachedError:
        """Why a question of a loop is not answered; in the chat nothing is said of that."""
        told = _(
            "{name} writes faster than a person, so it is probably a program: no"
            " answers there until {minutes} minutes of silence.",
            name=question.sender.name,
            minutes=round(loops.COOL / 60),
        )
        return LimitReachedError(told, reason="loop", window=timedelta())

    def keep(self, question: Question, rhythm: Rhythm) -> None:
        """This is the rhythm of who asks from now on."""
        self._rhythms[_key(question)] = rhythm
        self._rhythms.move_to_end(_key(question))
        if len(self._rhythms) > SENDERS:
            self._rhythms.popitem(last=False)


def _key(question: Question) -> tuple[ConversationId, int]:
    return question.conversation, question.sender.id
