"""What a client has missed: differences, gaps, channels that moved."""

from typing import Any

import pytest
from telethon.tl import functions, types

from userbot.sandbox.accounts import Account
from userbot.sandbox.peers import access_hash
from userbot.sandbox.state import Supergroup
from userbot.sandbox.telegram import Telegram

from .devices import Device, Devices, refusal, until


@pytest.fixture
def club(tg: Telegram, alice: Account, bob: Account) -> Supergroup:
    return tg.add_supergroup("Club", creator=alice, members=[bob])


async def test_a_fresh_client_has_missed_nothing(alice: Account, devices: Devices) -> None:
    client = (await devices.of(alice)).client
    state = await client(functions.updates.GetStateRequest())
    assert (state.pts, state.qts) == (1, 0)
    request = functions.updates.GetDifferenceRequest(pts=1, date=state.date, qts=0)
    assert isinstance(await client(request), types.updates.DifferenceEmpty)


async def test_the_difference_comes_in_slices_of_a_hundred(
    alice: Account, bob: Account, devices: Devices
) -> None:
    client = (await devices.of(alice)).client
    start = await client(functions.updates.GetStateRequest())
    for number in range(250):
        bob.says(alice, str(number))
    texts: list[str] = []
    slices, pts = 0, start.pts
    while True:
        request = functions.updates.GetDifferenceRequest(pts=pts, date=start.date, qts=0)
        difference = await client(request)
        texts += [message.message for message in difference.new_messages]
        assert {user.id for user in difference.users} >= {bob.id}
        if isinstance(difference, types.updates.Difference):
            break
        slices, pts = slices + 1, difference.intermediate_state.pts
    assert texts == [str(number) for number in range(250)]
    assert slices == 2
    assert difference.state.pts == start.pts + 250


async def test_the_difference_shows_messages_as_they_are_now(
    alice: Account, bob: Account, devices: Devices
) -> None:
    client = (await devices.of(alice)).client
    start = await client(functions.updates.GetStateRequest())
    kept, gone = bob.says(alice, "kept"), bob.says(alice, "gone")
    bob.edits(kept, "kept and changed")
    bob.deletes(gone)
    request = functions.updates.GetDifferenceRequest(pts=start.pts, date=start.date, qts=0)
    difference = await client(request)
    assert [m.message for m in difference.new_messages] == ["kept and changed"]
    edit, deletion = difference.other_updates
    assert (edit.message.id, edit.pts_count) == (kept.id_for(alice), 1)
    assert (deletion.messages, deletion.pts) == ([gone.id_for(alice)], difference.state.pts)


@pytest.mark.parametrize(
    ("pts", "error"),
    [(0, "PERSISTENT_TIMESTAMP_EMPTY"), (999, "PERSISTENT_TIMESTAMP_INVALID")],
)
async def test_a_pts_that_cannot_be_is_refused(
    alice: Account, club: Supergroup, devices: Devices, pts: int, error: str
) -> None:
    client = (await devices.of(alice)).client
    account = functions.updates.GetDifferenceRequest(pts=pts, date=None, qts=0)
    assert await refusal(client(account)) == error
    peer = types.InputChannel(club.number, access_hash(alice, club.id))
    everything = types.ChannelMessagesFilterEmpty()
    channel = functions.updates.GetChannelDifferenceRequest(peer, everything, pts, 100)
    assert await refusal(client(channel)) == error


async def leaves_and_returns(devices: Devices, device: Device, meanwhile: Any) -> Device:
    path = device.file
    await device.client.disconnect()
    meanwhile()
    return await devices.open(path, catch_up=True)


@pytest.mark.parametrize("kind", ["private", "supergroup"])
async def test_a_client_that_was_away_catches_up_in_order(
    alice: Account, bob: Account, club: Supergroup, devices: Devices, kind: str
) -> None:
    where: Any = alice if kind == "private" else club
    device = await devices.of(alice)
    bob.says(where, "before")
    await device.hears()

    def talk() -> None:
        for number in range(250):
            bob.says(where, str(number))

    device = await leaves_and_returns(devices, device, talk)
    heard = [(await device.hears()).message for _ in range(250)]
    assert heard == [str(number) for number in range(250)]
    bob.says(where, "after")
    assert (await device.hears()).message == "after"


async def test_a_supergroup_that_has_not_moved_is_not_asked_about(
    tg: Telegram, alice: Account, bob: Account, club: Supergroup, devices: Devices
) -> None:
    device = await devices.of(alice)
    bob.says(club, "before")
    await device.hears()
    tg.advance(60)
    bob.says(alice, "later")
    await device.hears()
    tg.calls.clear()
    device = await leaves_and_returns(devices, device, lambda: None)
    await until(lambda: any(call.method == "updates.getDifference" for call in tg.calls))
    await device.settled()
    assert not any(call.method == "updates.getChannelDifference" for call in tg.calls)


async def test_an_update_lost_on_the_way_is_fetched_when_the_next_one_comes(
    tg: Telegram, alice: Account, bob: Account, devices: Devices
) -> None:
    device = await devices.of(alice)
    bob.says(alice, "zero")
    await device.hears()
    tg.faults.add(push="lose", account=alice)
    for text in ("one", "two"):
        bob.says(alice, text)
    assert [(await device.hears()).message for _ in range(2)] == ["one", "two"]
    assert tg.calls[-1].method == "updates.getDifference"


@pytest.mark.parametrize("push", ["duplicate", "swap"])
async def test_pushes_twice_or_out_of_order_are_sorted_out(
    tg: Telegram, alice: Account, bob: Account, club: Supergroup, devices: Devices, push: Any
) -> None:
    device = await devices.of(alice)
    for where in (alice, club):
        bob.says(where, "zero")
        assert (await device.hears()).message == "zero"
        fault = tg.faults.add(push=push, account=alice)
        for text in ("one", "two", "three"):
            bob.says(where, text)
        assert [(await device.hears()).message for _ in range(3)] == ["one", "two", "three"]
        assert fault.happened == 1
    await device.settled()
    assert device.updates.empty()


async def test_a_client_that_wants_no_updates_gets_none(
    alice: Account, bob: Account, devices: Devices
) -> None:
    device = await devices.of(alice, receive_updates=False)
    bob.says(alice, "hello")
    await device.settled()
    assert device.updates.empty()
