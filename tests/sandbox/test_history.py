"""Reading back: history page by page, dialogs, single messages."""

from typing import Any

import pytest
from telethon.tl import functions, types

from userbot.sandbox.accounts import Account
from userbot.sandbox.telegram import Telegram

from .devices import Devices


@pytest.fixture(params=["private", "group", "supergroup"])
def chat(request: pytest.FixtureRequest, tg: Telegram, alice: Account, bob: Account) -> Any:
    """A chat of Alice's with 250 texts of Bob's."""
    where: Any = bob
    if request.param != "private":
        make = tg.add_group if request.param == "group" else tg.add_supergroup
        where = make("Trip", creator=alice, members=[bob])
    for number in range(250):
        bob.says(alice if where is bob else where, str(number))
    return where


async def test_history_is_read_in_pages_both_ways(
    alice: Account, devices: Devices, chat: Any
) -> None:
    client = (await devices.of(alice)).client
    texts = [m.text async for m in client.iter_messages(chat.id, wait_time=0) if m.text]
    assert texts == [str(number) for number in reversed(range(250))]
    oldest = [
        m.text async for m in client.iter_messages(chat.id, reverse=True, wait_time=0) if m.text
    ]
    assert oldest == texts[::-1]
    assert (await client.get_messages(chat.id, limit=0)).total >= 250


async def test_history_after_a_message_and_before_another(
    alice: Account, devices: Devices, chat: Any
) -> None:
    client = (await devices.of(alice)).client
    first, last = (m.id_for(alice) for m in (alice.messages(chat)[-10], alice.messages(chat)[-1]))
    page = await client.get_messages(chat.id, min_id=first, max_id=last, limit=50)
    assert [m.text for m in page] == [str(number) for number in reversed(range(241, 249))]
    page = await client.get_messages(chat.id, offset_id=last, limit=2)
    assert [m.text for m in page] == ["248", "247"]


async def test_dialogs_come_latest_first_and_in_pages(
    tg: Telegram, alice: Account, bob: Account, devices: Devices
) -> None:
    people = [tg.add_account(f"P{number}", username=f"person{number}") for number in range(150)]
    for person in people:
        person.says(alice, "hi")
    club = tg.add_supergroup("Club", creator=alice, members=[bob])
    bob.says(club, "hello")
    client = (await devices.of(alice)).client
    dialogs = await client.get_dialogs()
    assert [dialog.id for dialog in dialogs] == [club.id, *(p.id for p in reversed(people))]
    assert dialogs[0].message.message == "hello"
    assert dialogs[0].dialog.pts == club.mailbox.pts


async def test_messages_that_are_not_there_are_empty(
    tg: Telegram, alice: Account, bob: Account, devices: Devices
) -> None:
    club = tg.add_supergroup("Club", creator=alice)
    bob.says(alice, "and")
    hello = bob.says(alice, "hello")
    client = (await devices.of(alice)).client
    ids = [types.InputMessageID(hello.id_for(alice)), types.InputMessageID(99)]
    here, gone = (await client(functions.messages.GetMessagesRequest(ids))).messages
    assert here.message == "hello"
    assert isinstance(gone, types.MessageEmpty)
    answer = await client(
        functions.channels.GetMessagesRequest(await client.get_input_entity(club.id), ids)
    )
    assert [type(m) for m in answer.messages] == [types.MessageEmpty, types.MessageEmpty]


async def test_the_dialogs_of_named_chats_are_their_newest_messages(
    tg: Telegram, alice: Account, bob: Account, devices: Devices
) -> None:
    club = tg.add_supergroup("Club", creator=alice, members=[bob])
    quiet = tg.add_account("Quiet", contact_of=[alice])
    bob.says(club, "hello")
    bob.says(alice, "hi")
    client = (await devices.of(alice)).client
    await client.get_dialogs()
    await client.get_entity(quiet.phone)
    asked = [await client.get_input_entity(chat.id) for chat in (club, bob, quiet)]
    answer = await client(
        functions.messages.GetPeerDialogsRequest([types.InputDialogPeer(peer) for peer in asked])
    )
    assert [message.message for message in answer.messages] == ["hello", "hi"]
    assert [dialog.top_message for dialog in answer.dialogs] == [m.id for m in answer.messages]
    assert (answer.dialogs[0].pts, answer.state.pts) == (club.mailbox.pts, alice.mailbox.pts)
