"""Two programs that answer each other: told by their rhythm, stopped after a handful.

Nothing in a message says that a program wrote it. What gives it away is that it always comes back,
sooner than a person could have read our answer and typed the next words. So what comes back from
one sender in one conversation is counted while that rhythm goes on:

- a reply to an answer of ours, quicker than hands can be, is a whole exchange;
- a slower reply within a minute, or quick words that reply to nothing, are a quarter: people do
  that too, but not on and on;
- a new question after the prefix counts nothing unless it replies: somebody meant it, and the
  limits of a person count it;
- after a longer pause the count begins anew.

At `MOST` the sender is not answered there until silent for `COOL` seconds.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from userbot.errors import LimitReachedError
from userbot.texts import _
from userbot.types import ConversationId, Question

MOST = 6.0
"""Exchanges, after which they are stopped."""
COOL = 600.0
"""Seconds of silence, after which a sender is heard again."""
PAUSE = 60.0
"""Seconds between our answer and the next message, after which a person was thinking."""
READING = 2.0
"""Seconds that nobody is quicker than, to see an answer and begin to type."""
TYPING = 12.0
"""Characters a second that nobody types faster than: 144 words a minute."""
SENDERS = 1024
"""How many are kept in mind; who was silent for longest is let go."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What is known about one sender in one conversation; times in seconds of one clock."""

    exchanges: float = 0.0
    answered_at: float | None = None
    """When our last answer to them stood; None once they spoke on without replying to it."""
    stopped_at: float | None = None
    """When they last spoke while they were stopped."""


def heard(
    rhythm: Rhythm, at: float, characters: int, *, replies: bool, prefixed: bool = False
) -> Rhythm:
    """They asked with so many characters. `replies`: to an answer of ours."""
    if rhythm.stopped_at is not None:
        if at - rhythm.stopped_at < COOL:
            return Rhythm(rhythm.exchanges, rhythm.answered_at, at)
        return Rhythm()
    if rhythm.answered_at is None or (prefixed and not replies):
        return rhythm
    took = at - rhythm.answered_at
    if took >= PAUSE:
        return Rhythm()
    quick = took < READING + characters / TYPING
    exchanges = rhythm.exchanges + (1.0 if replies and quick else 0.25 if replies or quick else 0.0)
    # Words that reply to nothing count once an answer: people write several in a row.
    answered_at = rhythm.answered_at if replies else None
    return Rhythm(exchanges, answered_at, at if exchanges >= MOST else None)


def answered(rhythm: Rhythm, at: float) -> Rhythm:
    """Our answer to them stands."""
    return Rhythm(rhythm.exchanges, at, rhythm.stopped_at)


def stopped(rhythm: Rhythm) -> bool:
    """Whether they are not answered for now."""
    return rhythm.stopped_at is not None


def refusal(question: Question) -> LimitReachedError:
    """Why a question of a loop is not answered; in the chat nothing is said of that."""
    told = _(
        "{name} writes faster than a person, so it is probably a program: no"
        " answers there until it has been silent for {minutes} minutes.",
        name=question.sender.name,
        minutes=round(COOL / 60),
    )
    return LimitReachedError(told, reason="loop", window=timedelta())


class LoopWatch:
    """Remembers a rhythm for each sender in each conversation. The owner has none."""

    def __init__(self) -> None:
        self._rhythms: OrderedDict[tuple[ConversationId, int], Rhythm] = OrderedDict()

    def with_question(self, question: Question, now: datetime, *, replies: bool) -> Rhythm | None:
        """The rhythm of who asks, this question included; None where there is none to watch.

        `replies`: to an answer of ours.
        """
        rhythm = None if question.by_owner else self._rhythms.get(_key(question))
        if rhythm is None:
            return None
        voice = question.voice
        # Nobody speaks a note in less time than it lasts.
        spoken = voice.seconds if voice is not None and voice.spoken else 0.0
        characters = max(len(question.text), round(min(spoken, PAUSE) * TYPING))
        prefixed = question.prefixed
        return heard(rhythm, now.timestamp(), characters, replies=replies, prefixed=prefixed)

    def answered(self, question: Question, now: datetime) -> None:
        """Our answer to this question stands."""
        if not question.by_owner:
            rhythm = self._rhythms.get(_key(question), Rhythm())
            self.keep(question, answered(rhythm, now.timestamp()))

    def keep(self, question: Question, rhythm: Rhythm) -> None:
        """This is the rhythm of who asks from now on."""
        key = _key(question)
        self._rhythms[key] = rhythm
        self._rhythms.move_to_end(key)
        if len(self._rhythms) > SENDERS:
            self._rhythms.popitem(last=False)


def _key(question: Question) -> tuple[ConversationId, int]:
    return question.conversation, question.sender.id
