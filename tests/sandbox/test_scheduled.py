"""What is to be sent later, and what was read: told to all of a person's devices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from telethon.tl import functions, types

from userbot.sandbox.accounts import Account
from userbot.sandbox.telegram import Telegram

from .devices import Devices, refusal, trust, until

ME = types.InputPeerSelf()


def later(text: str, seconds: float = 60, random_id: int = 7) -> Any:
    """To be sent to oneself in so many seconds."""
    date = datetime.now(UTC) + timedelta(seconds=seconds)
    return functions.messages.SendMessageRequest(ME, text, schedule_date=date, random_id=random_id)


async def test_a_scheduled_message_is_sent_when_the_clock_gets_there(
    tg: Telegram, alice: Account, devices: Devices
) -> None:
    one, other = await devices.of(alice), await devices.of(alice)
    answer = await one.client(later("breakfast"))
    sent, told = answer.updates
    assert isinstance(sent, types.UpdateMessageID)
    assert isinstance(told, types.UpdateNewScheduledMessage)
    assert told.message.id == sent.id
    assert (await other.gets(types.UpdateNewScheduledMessage)).message.message == "breakfast"
    waiting = await one.client(functions.messages.GetScheduledHistoryRequest(ME, 0))
    assert [message.message for message in waiting.messages] == ["breakfast"]
    assert not alice.messages(alice)
    tg.advance(61)
    message = await one.hears()
    assert (message.message, message.from_scheduled) == ("breakfast", True)
    gone = await one.gets(types.UpdateDeleteScheduledMessages)
    assert (gone.messages, gone.sent_messages) == ([sent.id], [message.id])
    assert message.id == alice.messages(alice)[-1].id_for(alice)
    assert not alice.scheduled(alice)
    # Not by the client itself, which tries that again for twelve seconds.
    again = await refusal(one.client._sender.send(later("breakfast")))
    assert again == "RANDOM_ID_DUPLICATE"


async def test_the_sandbox_sends_by_itself_and_what_is_due_soon_at_once(
    tg: Telegram, alice: Account, devices: Devices
) -> None:
    device = await devices.of(alice)
    await device.client(later("later", 60))
    await device.client(later("now", 5, random_id=8))
    assert [one.text for one in alice.messages(alice)] == ["now"]
    ahead = datetime.now(UTC).timestamp() + 61
    tg.goes_by(lambda: ahead)
    await until(lambda: [one.text for one in alice.messages(alice)] == ["now", "later"])


async def test_it_can_be_taken_back_or_sent_before_its_time(
    tg: Telegram, alice: Account, devices: Devices
) -> None:
    one, other = await devices.of(alice), await devices.of(alice)
    answers = [await one.client(later(text, 60, n)) for n, text in enumerate(("a", "b"), 1)]
    first, second = [answer.updates[0].id for answer in answers]
    await one.client(functions.messages.DeleteScheduledMessagesRequest(ME, [first]))
    assert (await other.gets(types.UpdateDeleteScheduledMessages)).sent_messages is None
    await one.client(functions.messages.SendScheduledMessagesRequest(ME, [second]))
    gone = await other.gets(types.UpdateDeleteScheduledMessages)
    (sent,) = alice.messages(alice)
    assert (sent.text, gone.messages, gone.sent_messages) == ("b", [second], [sent.id_for(alice)])
    nothing = functions.messages.SendScheduledMessagesRequest(ME, [second])
    assert await refusal(one.client(nothing)) == "MESSAGE_ID_INVALID"


async def test_what_is_scheduled_outlives_a_restart(tmp_path: Path, devices: Devices) -> None:
    old = Telegram(tmp_path / "data")
    alice = old.add_account("Alice")
    await old.start()
    trust(old)
    devices.tg = old
    device = await devices.of(alice)
    await device.client(later("breakfast"))
    await device.client.disconnect()
    await old.stop()
    new = Telegram(tmp_path / "data")
    (alice,) = new.accounts
    new.advance(61)
    assert [one.text for one in alice.messages(alice)] == ["breakfast"]
    await new.stop()


async def test_a_read_mark_is_told_to_ones_other_devices_and_stands_in_the_dialog(
    tg: Telegram, alice: Account, bob: Account, devices: Devices
) -> None:
    club = tg.add_supergroup("Club", creator=alice, members=[bob])
    here = [bob.says(club, str(number)) for number in range(3)]
    there = [bob.says(alice, str(number)) for number in range(3)]
    one, other = await devices.of(alice), await devices.of(alice)
    peers = [await one.client.get_input_entity(chat.id) for chat in (club, bob)]
    asked = functions.messages.GetPeerDialogsRequest(
        [types.InputDialogPeer(peer) for peer in peers]
    )

    async def marks() -> list[tuple[int, int]]:
        found = await one.client(asked)
        return [(dialog.read_inbox_max_id, dialog.unread_count) for dialog in found.dialogs]

    assert await marks() == [(0, 3), (0, 3)]
    ids = [here[1].id_for(alice), there[1].id_for(alice)]
    await one.client.send_read_acknowledge(club.id, max_id=ids[0])
    await one.client.send_read_acknowledge(bob.id, max_id=ids[1])
    assert await marks() == [(ids[0], 1), (ids[1], 1)]
    channel = await other.gets(types.UpdateReadChannelInbox)
    assert (channel.channel_id, channel.max_id) == (club.number, ids[0])
    private = await other.gets(types.UpdateReadHistoryInbox)
    assert (private.peer, private.max_id) == (types.PeerUser(bob.id), ids[1])
    assert private.still_unread_count == 1
    await one.client.send_read_acknowledge(bob.id, max_id=there[0].id_for(alice))
    assert (await marks())[1] == (ids[1], 1), "what was read stays read"
    alice.reads(bob)
    assert (await other.gets(types.UpdateReadHistoryInbox)).still_unread_count == 0


async def test_what_was_read_meanwhile_is_in_the_difference(
    tg: Telegram, alice: Account, bob: Account, devices: Devices
) -> None:
    device = await devices.of(alice)
    state = await device.client(functions.updates.GetStateRequest())
    said = bob.says(alice, "hello")
    alice.reads(bob, said)
    asked = functions.updates.GetDifferenceRequest(state.pts, state.date, 0)
    found = await device.client(asked)
    (read,) = found.other_updates
    assert (read.max_id, read.pts) == (said.id_for(alice), alice.mailbox.pts)
    assert found.state.pts == alice.mailbox.pts
