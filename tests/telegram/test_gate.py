"""The gate that every request passes: what waits there, what is held back, what is remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from telethon.errors import FloodWaitError, RPCError, SlowModeWaitError
from telethon.tl import functions, types

from tests.quick_clock import SteppedClock
from userbot.errors import (
    AccountStoppedError,
    ChatRefusedError,
    NotLoggedInError,
    PauseAskedError,
    PostponedError,
    TelegramError,
    UserbotError,
)
from userbot.events import Event, Notice, Waiting
from userbot.rules.rate_limiter import REST_SECONDS, RateLimiter
from userbot.telegram.gate import QUESTION_SECONDS, Gate
from userbot.types import ConversationId

FRIEND, OTHER = ConversationId(300), ConversationId(301)
CLUB = ConversationId(-1_000_000_000_100)
ME = functions.users.GetUsersRequest([types.InputUserSelf()])
STATE = functions.updates.GetDifferenceRequest(1, None, 0)
MUTED = RPCError(None, "CHAT_SEND_PLAIN_FORBIDDEN", 400)


def says(conversation: ConversationId, topic: int | None = None) -> Any:
    """A message to a friend or into the club; in a topic of it."""
    if conversation == CLUB:
        header = types.InputReplyToMessage(1, top_msg_id=topic)
        peer = types.InputPeerChannel(100, 1)
        return functions.messages.SendMessageRequest(peer, "hi", reply_to=header)
    return functions.messages.SendMessageRequest(types.InputPeerUser(conversation.chat, 1), "hi")


class Telegram:
    """Answers with these errors, one a request, then with "fine"; counts what reached it."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.reached = 0

    async def __call__(self) -> str:
        self.reached += 1
        if self.errors:
            raise self.errors.pop(0)
        return "fine"


class Bench:
    """A gate, its clock, and what it told."""

    def __init__(self) -> None:
        self.clock = SteppedClock()
        self.told: list[Event] = []
        self.fatal: list[UserbotError] = []
        limiter = RateLimiter(writes_per_second=1000, burst=1000)
        self.gate = Gate(limiter, self.clock, self.told.append, self.fatal.append)

    def waits(self) -> list[tuple[str, int | None, float]]:
        return [
            (one.reason, one.chat, one.seconds) for one in self.told if isinstance(one, Waiting)
        ]

    async def pauses(self, request: Any, seconds: int, slow: bool = False) -> None:
        """Telegram asks for a pause of a write."""
        error = SlowModeWaitError if slow else FloodWaitError
        with pytest.raises(PauseAskedError):
            await self.gate.let_through(request, Telegram(error(None, capture=seconds)))

    async def refuses(self, request: Any, error: RPCError) -> None:
        with pytest.raises(RPCError):
            await self.gate.let_through(request, Telegram(error))

    def may(self, conversation: ConversationId) -> bool:
        try:
            self.gate.check(conversation)
        except UserbotError:
            return False
        return True


@pytest.fixture
async def bench() -> Bench:
    return Bench()


async def ended(work: asyncio.Future[Any], bench: Bench, seconds: float) -> bool:
    await asyncio.sleep(0.01)  # it has begun
    await bench.clock.passes(seconds, 0.5)
    return work.done()


@pytest.mark.parametrize("request_", [ME, STATE], ids=["ours", "telethon's own"])
async def test_what_reads_waits_as_long_as_telegram_asks_and_goes_on(
    bench: Bench, request_: Any
) -> None:
    telegram = Telegram(FloodWaitError(None, capture=30), FloodWaitError(None, capture=20))
    work = asyncio.ensure_future(bench.gate.let_through(request_, telegram))
    assert not await ended(work, bench, 29)
    assert not await ended(work, bench, 20)
    assert await ended(work, bench, 5)
    assert (work.result(), telegram.reached) == ("fine", 3)
    assert [(reason, chat) for reason, chat, _ in bench.waits()] == [("flood_wait", None)] * 2


async def test_who_comes_meanwhile_waits_too_and_it_is_told_once(bench: Bench) -> None:
    flooded, later = Telegram(FloodWaitError(None, capture=30)), Telegram()
    first = asyncio.ensure_future(bench.gate.let_through(ME, flooded))
    await bench.clock.passes(1, 0.5)
    second = asyncio.ensure_future(bench.gate.let_through(ME, later))
    assert not await ended(second, bench, 28)
    assert later.reached == 0
    other = functions.contacts.GetContactsRequest(0)
    assert await bench.gate.let_through(other, Telegram()) == "fine"  # another method goes on
    assert await ended(second, bench, 5)
    assert first.done()
    assert len(bench.waits()) == 1


async def test_a_question_gives_up_what_it_only_reads_when_nobody_expects_its_answer(
    bench: Bench,
) -> None:
    long = FloodWaitError(None, capture=int(QUESTION_SECONDS))
    with bench.gate.for_a_question(FRIEND.chat), pytest.raises(TelegramError) as caught:
        await bench.gate.let_through(ME, Telegram(long))
    assert caught.value.reason == "flood_wait"
    assert not bench.waits()


async def test_a_write_that_is_recorded_never_waits_here(bench: Bench) -> None:
    await bench.pauses(says(FRIEND), 30)
    telegram = Telegram()
    with pytest.raises(PauseAskedError):
        await bench.gate.let_through(says(FRIEND), telegram)
    assert telegram.reached == 0
    assert await bench.gate.let_through(says(OTHER), telegram) == "fine"
    permit = asyncio.ensure_future(bench.gate.acquire(FRIEND, "send"))
    assert not await ended(permit, bench, 29)
    assert await ended(permit, bench, 3)


async def test_a_pause_of_what_reads_holds_no_write(bench: Bench) -> None:
    reading = asyncio.ensure_future(
        bench.gate.let_through(ME, Telegram(FloodWaitError(None, capture=30)))
    )
    await asyncio.sleep(0)
    await asyncio.wait_for(bench.gate.acquire(FRIEND, "send"), 5)
    assert await bench.gate.let_through(says(FRIEND), Telegram()) == "fine"
    reading.cancel()


async def test_without_a_line_nothing_is_written_and_it_leaves_when_that_is_back(
    bench: Bench,
) -> None:
    bench.gate.waits.line.clear()
    telegram = Telegram()
    with pytest.raises(PauseAskedError):
        await bench.gate.let_through(says(FRIEND), telegram)
    assert telegram.reached == 0
    assert not bench.gate.try_acquire(FRIEND, "edit")
    permit = asyncio.ensure_future(bench.gate.acquire(FRIEND, "send"))
    assert not await ended(permit, bench, 60)
    bench.gate.waits.line.set()
    assert await ended(permit, bench, 1)


@pytest.mark.parametrize(
    "wait",
    [
        pytest.param(lambda gate: gate.waits.connected(), id="line"),
        pytest.param(lambda gate: gate.acquire(FRIEND, "send"), id="permit"),
        pytest.param(
            lambda gate: gate.let_through(ME, Telegram(FloodWaitError(None, capture=3600))),
            id="reading",
        ),
    ],
)
async def test_each_wait_ends_when_the_program_does(
    bench: Bench, wait: Callable[[Gate], Any]
) -> None:
    await bench.pauses(says(FRIEND), 3600)
    bench.gate.waits.line.clear()
    waiting = asyncio.ensure_future(wait(bench.gate))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    bench.gate.waits.leave()
    with pytest.raises(PostponedError):
        await asyncio.wait_for(waiting, 5)


async def test_a_wait_that_is_over_soon_is_waited_out_at_the_end(bench: Bench) -> None:
    await bench.pauses(says(FRIEND), 5)
    permit = asyncio.ensure_future(bench.gate.acquire(FRIEND, "send"))
    await asyncio.sleep(0.01)
    bench.gate.waits.leave()
    assert await ended(permit, bench, 6)
    permit.result()


async def test_a_chat_that_refuses_again_rests_longer_and_one_that_takes_a_message_no_more(
    bench: Bench,
) -> None:
    for seconds in REST_SECONDS:
        await bench.refuses(says(CLUB), MUTED)
        await bench.clock.passes(seconds - 1, seconds - 1)
        assert not bench.may(CLUB)
        await bench.clock.passes(2, 2)
        assert bench.may(CLUB)
    assert await bench.gate.let_through(says(CLUB), Telegram()) == "fine"
    await bench.refuses(says(CLUB), MUTED)
    await bench.clock.passes(REST_SECONDS[0] + 1, REST_SECONDS[0] + 1)
    assert bench.may(CLUB)


async def test_a_closed_topic_rests_alone_and_a_ban_rests_the_whole_chat(bench: Bench) -> None:
    here, beside = ConversationId(CLUB.chat, 7), ConversationId(CLUB.chat, 8)
    await bench.refuses(says(CLUB, topic=7), RPCError(None, "TOPIC_CLOSED", 400))
    assert [bench.may(one) for one in (here, beside, CLUB)] == [False, True, True]
    await bench.refuses(says(CLUB, topic=7), RPCError(None, "USER_BANNED_IN_CHANNEL", 400))
    assert [bench.may(one) for one in (here, beside, CLUB, FRIEND)] == [False, False, False, True]


async def test_a_chat_that_may_not_be_read_can_still_be_written_to(bench: Bench) -> None:
    history = functions.messages.GetHistoryRequest(
        types.InputPeerChannel(100, 1), 0, None, 0, 10, 0, 0, 0
    )
    await bench.refuses(history, RPCError(None, "CHANNEL_PRIVATE", 400))
    assert bench.may(CLUB)


async def test_slow_mode_is_remembered_of_its_chat(bench: Bench) -> None:
    await bench.pauses(says(CLUB), 30, slow=True)
    assert [bench.gate.in_slow_mode(one) for one in (CLUB, FRIEND)] == [True, False]


@pytest.mark.parametrize(
    ("name", "kind", "fatal"),
    [
        pytest.param("PEER_FLOOD", AccountStoppedError, False, id="peer flood"),
        pytest.param("FROZEN_METHOD_INVALID", AccountStoppedError, True, id="frozen"),
        pytest.param("SESSION_REVOKED", NotLoggedInError, True, id="logged out"),
    ],
)
async def test_an_account_that_is_stopped_writes_no_more(
    bench: Bench, name: str, kind: type[UserbotError], fatal: bool
) -> None:
    await bench.refuses(ME, RPCError(None, name, 400))
    with pytest.raises(kind):
        await bench.gate.acquire(FRIEND, "send")
    assert isinstance(bench.gate.stopped, kind)
    assert bool(bench.fatal) is fatal
    assert bool([one for one in bench.told if isinstance(one, Notice)]) is not fatal


async def test_a_key_that_a_files_data_centre_does_not_know_is_not_the_end_of_the_login(
    bench: Bench,
) -> None:
    unknown = RPCError(None, "AUTH_KEY_UNREGISTERED", 401)
    with pytest.raises(RPCError):
        await bench.gate.let_through(ME, Telegram(unknown), account=False)
    assert bench.gate.stopped is None


async def test_a_refused_recording_does_not_let_the_chat_rest(bench: Bench) -> None:
    await bench.refuses(says(CLUB), RPCError(None, "CHAT_SEND_VOICES_FORBIDDEN", 400))
    assert bench.may(CLUB)


async def test_a_permit_that_is_not_used_is_the_next_ones(bench: Bench) -> None:
    limiter = RateLimiter(writes_per_second=1, burst=1)
    gate = Gate(limiter, bench.clock, bench.told.append, bench.fatal.append)
    await gate.acquire(FRIEND, "send")
    waiting = asyncio.ensure_future(gate.acquire(OTHER, "send"))
    await asyncio.sleep(0.01)
    waiting.cancel()
    await asyncio.wait({waiting})
    following = asyncio.ensure_future(gate.acquire(OTHER, "send"))
    assert await ended(following, bench, 1.1)


async def test_refusals_of_chats_carry_why(bench: Bench) -> None:
    await bench.refuses(says(CLUB), MUTED)
    with pytest.raises(ChatRefusedError) as caught:
        bench.gate.check(CLUB)
    assert caught.value.reason == "chat_send_plain_forbidden"
