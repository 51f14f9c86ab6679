"""Anything at all may arrive: no crash, no send, and a console that nobody else steers."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.safety.fuzz import Target, updates
from userbot.rules.policy import Allowed

SEED = int(os.environ.get("FUZZ_SEED", "1"))
SHORT, LONG = 3_000, 100_000
NOBODY = frozenset({-1})


@pytest.fixture
async def target(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Target]:
    allowed: Allowed = request.param
    target = Target(tmp_path, allowed)
    yield target
    target.close()


nobody_may = pytest.mark.parametrize("target", [NOBODY], indirect=True, ids=["nobody may ask"])
anyone_may = pytest.mark.parametrize("target", ["anyone"], indirect=True, ids=["anyone may ask"])


def test_every_constructor_of_an_update_is_known() -> None:
    assert len(updates()) > 150


@nobody_may
async def test_whatever_arrives_nobody_is_answered_who_may_not_ask(target: Target) -> None:
    await throw(target, SHORT)
    assert [ask for ask in target.asks if not ask.by_owner] == []


@anyone_may
async def test_whatever_arrives_nothing_crashes_and_nothing_is_sent(target: Target) -> None:
    await throw(target, SHORT)
    assert target.asks, "some of it was a question"
    assert all(ask.sender.id > 0 and not ask.sender.bot for ask in target.asks)


@pytest.mark.slow
@nobody_may
async def test_a_hundred_thousand_updates_and_nobody_is_answered(target: Target) -> None:
    await throw(target, LONG)
    assert [ask for ask in target.asks if not ask.by_owner] == []


@pytest.mark.slow
@anyone_may
async def test_a_hundred_thousand_updates_and_nothing_crashes(target: Target) -> None:
    await throw(target, LONG)


async def throw(target: Target, count: int) -> None:
    print(f"FUZZ_SEED={SEED}, {count} updates")
    refused = await target.throw(SEED, count)
    assert not target.failures, "\n".join(target.failures)
    asked = {type(request).__name__ for request in target.client.asked}
    assert all(name.startswith("Get") for name in asked), f"more than reading: {asked}"
    assert refused < count // 10, "Telethon itself could not take too many of them"
