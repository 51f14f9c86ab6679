"""Anything at all may arrive: no crash, no send, and a console that nobody else steers."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest

from tests.harness import Stage
from tests.safety.fuzz import Target, updates

SEED = int(os.environ.get("FUZZ_SEED", "1"))
SHORT, LONG = 2_000, 100_000
RAISED = {"rights": 4_880, "scheduled": 13_126, "sent": 19_367, "title": 34_900}
"""Seeds of updates: of the rights in a group whose number is missing, of scheduled messages that
were sent without saying which, of one that was sent in a chat that cannot be, and of a chat without
a title."""


@pytest.fixture
async def target(stage: Stage, request: pytest.FixtureRequest) -> AsyncIterator[Target]:
    target = Target(stage)
    await target.start(anyone=request.param)
    yield target
    target.close()


nobody_may = pytest.mark.parametrize("target", [False], indirect=True, ids=["nobody may ask"])
anyone_may = pytest.mark.parametrize("target", [True], indirect=True, ids=["anyone may ask"])


def test_every_constructor_of_an_update_is_known() -> None:
    assert len(updates()) > 150


@nobody_may
async def test_whatever_arrives_nobody_is_answered_who_may_not_ask(target: Target) -> None:
    await throw(target, SHORT)
    assert [one for one in target.heard() if one.person != target.stage.olga.id] == []


@anyone_may
async def test_whatever_arrives_nothing_crashes_and_nothing_is_sent(target: Target) -> None:
    await throw(target, SHORT)
    askers = {one.person for one in target.heard()}
    assert askers - {target.stage.olga.id}, "some of it was a question"
    assert all(person > 0 for person in askers)


@nobody_may
@pytest.mark.parametrize("seed", RAISED.values(), ids=RAISED)
async def test_what_once_raised_an_exception_raises_none(target: Target, seed: int) -> None:
    await target.throw(seed, 1)
    assert not target.failures


@pytest.mark.slow
@nobody_may
async def test_a_hundred_thousand_updates_and_nobody_is_answered(target: Target) -> None:
    await throw(target, LONG)
    assert [one for one in target.heard() if one.person != target.stage.olga.id] == []


@pytest.mark.slow
@anyone_may
async def test_a_hundred_thousand_updates_and_nothing_crashes(target: Target) -> None:
    await throw(target, LONG)


async def throw(target: Target, count: int) -> None:
    print(f"FUZZ_SEED={SEED}, {count} updates")
    refused = await target.throw(SEED, count)
    assert not target.failures, "\n".join(target.failures)
    assert [getattr(one.request, "message", one) for one in target.answered()] == []
    assert refused < count // 10, "Telethon itself could not take too many of them"
