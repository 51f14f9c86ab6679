"""Typing: from the question until the first text, seldom, and never in the way."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from types import SimpleNamespace

import pytest

from tests.questions import question
from tests.quick_clock import QuickClock
from userbot.turn.deliver.typing import EVERY_SECONDS, Typing
from userbot.turn.turn import Turn
from userbot.types import ConversationId

QUICK = QuickClock(20)
PLACE, TOPIC = ConversationId(-100), ConversationId(-100, 7)
ASKING = -200
"""A chat whose answers wait for the owner's yes."""


class Signals:
    """The typing half of `ports.Outbox`, with when it was asked for what."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, ConversationId, bool]] = []

    async def typing(self, conversation: ConversationId, typing: bool) -> bool:
        self.seen.append((QUICK.monotonic(), conversation, typing))
        return True


def turn_in(conversation: ConversationId) -> Turn:
    """A question there that is being answered."""
    return Turn(replace(question(), conversation=conversation), began=QUICK.monotonic())


def text_stands(turn: Turn) -> None:
    """As whoever has written it does."""
    assert turn.typing is not None
    turn.typing.cancel()


@pytest.fixture
def signals() -> Signals:
    return Signals()


@pytest.fixture
def typing(signals: Signals) -> Typing:
    rules = SimpleNamespace(policy=SimpleNamespace(needs_yes=lambda chat: chat == ASKING))
    return Typing(signals, rules, QUICK)  # type: ignore[arg-type]


async def test_signals_go_on_until_the_first_text(typing: Typing, signals: Signals) -> None:
    turn = turn_in(PLACE)
    typing.begin(turn)
    await QUICK.sleep(12)
    text_stands(turn)
    await QUICK.sleep(12)
    times = [at for at, _, _ in signals.seen]
    assert len(times) == 3
    assert all(b - a >= EVERY_SECONDS for a, b in itertools.pairwise(times))
    assert all(on for _, _, on in signals.seen)


async def test_nothing_shows_where_answers_wait_for_a_yes(typing: Typing, signals: Signals) -> None:
    typing.begin(turn_in(ConversationId(ASKING)))
    await QUICK.sleep(12)
    assert signals.seen == []


async def test_two_answers_in_one_chat_share_its_signals(typing: Typing, signals: Signals) -> None:
    async def answer(conversation: ConversationId) -> None:
        turn = turn_in(conversation)
        typing.begin(turn)
        await QUICK.sleep(7)
        text_stands(turn)

    await asyncio.gather(answer(PLACE), answer(TOPIC))
    assert len(signals.seen) == 2


async def test_an_answer_that_is_there_at_once_is_not_announced(
    typing: Typing, signals: Signals
) -> None:
    turn = turn_in(PLACE)
    typing.begin(turn)
    text_stands(turn)
    assert signals.seen == []


@pytest.mark.parametrize(
    ("seconds", "seen"),
    [
        pytest.param(1, [True, False], id="a failure takes the signal back"),
        pytest.param(0, [], id="of a failure at once nobody learns"),
    ],
)
async def test_a_failure(
    typing: Typing, signals: Signals, seconds: float, seen: list[bool]
) -> None:
    turn = turn_in(PLACE)
    typing.begin(turn)
    await QUICK.sleep(seconds)
    await typing.over(turn)
    assert [on for _, _, on in signals.seen] == seen
