"""Sending, receiving, editing and deleting, in every kind of chat."""

from typing import Any

import pytest
from telethon import helpers, utils
from telethon.tl import functions, types

from userbot.sandbox.accounts import Account
from userbot.sandbox.state import Group
from userbot.sandbox.telegram import Telegram

from .devices import Devices, refusal


@pytest.fixture(params=["private", "group", "supergroup"])
def where(request: pytest.FixtureRequest, tg: Telegram, alice: Account, bob: Account) -> Any:
    """Where Alice talks to Bob: what it is to her, and what it is to him."""
    if request.param == "private":
        bob.says(alice, "hi")  # or Alice's clients would not know him
        return bob, alice
    make = tg.add_group if request.param == "group" else tg.add_supergroup
    group = make("Weekend plans", creator=alice, members=[bob])
    return group, group


async def test_a_reply_reaches_the_other_side(
    alice: Account, bob: Account, devices: Devices, where: Any
) -> None:
    to_alice, to_bob = where
    for _ in range(3):  # so that ids differ between the mailboxes
        bob.says(bob, "a note")
    device = await devices.of(alice)
    question = bob.says(to_bob, "what is new?")
    heard = await device.hears()
    assert (heard.message, heard.out) == ("what is new?", False)
    assert heard.id == question.id_for(alice)
    assert utils.get_peer_id(heard.peer_id) == to_alice.id
    assert utils.get_peer_id(heard.from_id) == bob.id
    sent = await device.client.send_message(to_alice.id, "not much", reply_to=heard.id)
    answer = await bob.expects(to_bob, reply_to=question)
    assert (answer.text, answer.sender, answer.id_for(alice)) == ("not much", alice, sent.id)
    assert bob.messages(to_bob)[-1] is answer
    assert isinstance(to_bob, Group) or answer.id_for(bob) != answer.id_for(alice)
    again = await device.client.get_messages(to_alice.id, ids=sent.id)
    assert (again.text, again.reply_to.reply_to_msg_id, again.out) == ("not much", heard.id, True)


async def test_what_an_account_says_elsewhere_arrives_as_its_own(
    alice: Account, bob: Account, devices: Devices, where: Any
) -> None:
    to_alice, _ = where
    first, second = await devices.of(alice), await devices.of(alice)
    alice.says(to_alice, "from my phone")
    for device in (first, second):
        heard = await device.hears()
        assert (heard.message, heard.out) == ("from my phone", True)
    await first.client.send_message(to_alice.id, "from my desk")
    heard = await second.hears()
    assert (heard.message, heard.out) == ("from my desk", True)
    await first.settled()
    assert first.updates.empty()


async def test_an_edit_is_seen_by_everyone(
    alice: Account, bob: Account, devices: Devices, where: Any
) -> None:
    to_alice, to_bob = where
    writer, reader = await devices.of(alice), await devices.of(bob)
    sent = await writer.client.send_message(to_alice.id, "on")
    await reader.hears()
    await writer.client.edit_message(to_alice.id, sent.id, "one")
    kinds = (types.UpdateEditMessage, types.UpdateEditChannelMessage)
    edited = (await reader.gets(*kinds)).message
    message = await bob.expects(to_bob)
    assert edited.message == message.text == "one"
    assert edited.id == message.id_for(bob)
    assert edited.edit_date
    assert message.edits == ["on"]
    second = bob.says(to_bob, "fine")
    await writer.hears()
    bob.edits(second, "fine!")
    assert (await writer.gets(*kinds)).message.message == "fine!"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("first", "MESSAGE_NOT_MODIFIED", id="the same"),
        pytest.param("  first\n", "MESSAGE_NOT_MODIFIED", id="the same but for white space"),
        pytest.param("x" * 4097, "MESSAGE_TOO_LONG", id="too long"),
        pytest.param("🙂" * 2049, "MESSAGE_TOO_LONG", id="too long in UTF-16"),
        pytest.param(" \n", "MESSAGE_EMPTY", id="empty"),
        pytest.param("🙂" * 2048, "nothing", id="just fits"),
    ],
)
async def test_an_edit_can_be_refused(
    alice: Account, bob: Account, devices: Devices, where: Any, text: str, error: str
) -> None:
    to_alice, _ = where
    device = await devices.of(alice)
    message = alice.says(to_alice, "first")
    peer = await device.client.get_input_entity((await device.hears()).peer_id)
    edit = functions.messages.EditMessageRequest(peer, message.id_for(alice), message=text)
    assert await refusal(device.client(edit)) == error
    assert bool(message.edits) == (error == "nothing")


async def test_only_the_author_edits_and_only_for_48_hours(
    tg: Telegram, alice: Account, bob: Account, devices: Devices, where: Any
) -> None:
    to_alice, to_bob = where
    device = await devices.of(alice)
    old, own, foreign = (
        alice.says(to_alice, "old"),
        alice.says(to_alice, "own"),
        bob.says(to_bob, "foreign"),
    )
    tg.advance(48 * 3600 + 1)
    young = alice.says(to_alice, "young")
    peer = await device.client.get_input_entity((await device.hears()).peer_id)

    async def edit(number: int) -> str:
        request = functions.messages.EditMessageRequest(peer, number, message="changed")
        return await refusal(device.client(request))

    assert await edit(old.id_for(alice)) == "MESSAGE_EDIT_TIME_EXPIRED"
    assert await edit(own.id_for(alice)) == "MESSAGE_EDIT_TIME_EXPIRED"
    assert await edit(foreign.id_for(alice)) == "MESSAGE_AUTHOR_REQUIRED"
    assert await edit(99) == "MESSAGE_ID_INVALID"
    assert await edit(young.id_for(alice)) == "nothing"


async def test_a_note_to_oneself_is_not_outgoing_and_never_too_old_to_edit(
    tg: Telegram, alice: Account, devices: Devices
) -> None:
    device = await devices.of(alice)
    sent = await device.client.send_message("me", "milk")
    raw = await device.client(
        functions.messages.GetMessagesRequest([types.InputMessageID(sent.id)])
    )
    assert utils.get_peer_id(raw.messages[0].peer_id) == alice.id
    tg.advance(100 * 3600)
    await device.client.edit_message("me", sent.id, "milk, bread")
    (note,) = alice.messages(alice)
    assert (note.text, note.id_for(alice)) == ("milk, bread", sent.id)


async def test_a_deleted_message_is_gone_for_everyone(
    alice: Account, bob: Account, devices: Devices, where: Any
) -> None:
    to_alice, to_bob = where
    writer, reader = await devices.of(alice), await devices.of(bob)
    sent = await writer.client.send_message(to_alice.id, "oops")
    await reader.hears()
    message = await bob.expects(to_bob)
    await writer.client.delete_messages(to_alice.id, [sent.id])
    kinds = (types.UpdateDeleteMessages, types.UpdateDeleteChannelMessages)
    assert (await reader.gets(*kinds)).messages == [message.id_for(bob)]
    assert message.deleted
    assert message not in bob.messages(to_bob)
    assert message not in alice.messages(to_alice)
    assert await reader.client.get_messages(to_bob.id, ids=message.id_for(bob)) is None
    answer = bob.says(to_bob, "what was that?")
    assert (await writer.hears()).message == answer.text
    bob.deletes(answer)
    assert (await writer.gets(*kinds)).messages == [answer.id_for(alice)]


async def test_a_message_can_be_deleted_for_oneself_alone(
    alice: Account, bob: Account, devices: Devices
) -> None:
    device = await devices.of(alice)
    message = bob.says(alice, "hello")
    await device.hears()
    await device.client.delete_messages(bob.id, [message.id_for(alice)], revoke=False)
    assert alice.messages(bob) == []
    assert bob.messages(alice) == [message]
    assert not message.deleted


async def test_in_a_supergroup_only_author_and_creator_delete(
    tg: Telegram, alice: Account, bob: Account, devices: Devices
) -> None:
    club = tg.add_supergroup("Club", creator=alice, members=[bob])
    hers, his = alice.says(club, "hers"), bob.says(club, "his")
    device = await devices.of(bob)
    delete = functions.channels.DeleteMessagesRequest
    peer = await device.client.get_input_entity(club.id)
    error = await refusal(device.client(delete(peer, [hers.id_for(bob)])))
    assert error == "MESSAGE_DELETE_FORBIDDEN"
    await device.client.delete_messages(club.id, [his.id_for(bob)])
    assert (hers.deleted, his.deleted) == (False, True)


async def test_typing_is_shown_to_the_others(
    alice: Account, bob: Account, devices: Devices, where: Any
) -> None:
    to_alice, _ = where
    writer, reader = await devices.of(alice), await devices.of(bob)
    async with writer.client.action(to_alice.id, "typing"):
        kinds = (types.UpdateUserTyping, types.UpdateChatUserTyping, types.UpdateChannelUserTyping)
        update = await reader.gets(*kinds)
    assert isinstance(update.action, types.SendMessageTypingAction)


@pytest.mark.parametrize(
    ("behaviour", "messages"), [("duplicate", 1), ("original", 1), ("silent", 1), ("forget", 2)]
)
async def test_a_random_id_used_before_is_answered_as_chosen(
    tg: Telegram,
    alice: Account,
    bob: Account,
    devices: Devices,
    where: Any,
    behaviour: Any,
    messages: int,
) -> None:
    _, to_bob = where
    tg.random_id_behaviour = behaviour
    device = await devices.of(alice)
    bob.says(to_bob, "hello")
    peer = await device.client.get_input_entity((await device.hears()).peer_id)
    request = functions.messages.SendMessageRequest(
        peer, "once", random_id=helpers.generate_random_long()
    )
    await device.client(request)
    message = await bob.expects(to_bob)
    if behaviour == "duplicate":
        # Not through the client, which tries six times over twelve seconds.
        assert await refusal(device.client._sender.send(request)) == "RANDOM_ID_DUPLICATE"
    else:
        answer = await device.client(request)
    if behaviour == "silent":
        assert answer.updates == []
    if behaviour == "original":
        sent, original = answer.updates
        assert (sent.id, sent.random_id) == (message.id_for(alice), request.random_id)
        assert original.message.id == message.id_for(alice)
        assert original.pts_count == 0
    assert len([m for m in bob.messages(to_bob) if m.text == "once"]) == messages


async def test_a_reply_to_a_message_that_is_not_there_is_refused(
    alice: Account, bob: Account, devices: Devices
) -> None:
    device = await devices.of(alice)
    note = alice.says(alice, "elsewhere")
    bob.says(alice, "hello")
    assert [(await device.hears()).message for _ in range(2)] == ["elsewhere", "hello"]
    send = device.client.send_message(bob.id, "what?", reply_to=note.id_for(alice))
    assert await refusal(send) == "REPLY_MESSAGE_ID_INVALID"


async def test_a_link_preview_is_only_made_if_wanted(
    alice: Account, bob: Account, devices: Devices
) -> None:
    client = (await devices.of(alice)).client
    for preview in (True, False):
        await client.send_message("bob", "see https://example.com", link_preview=preview)
        message = await bob.expects(alice)
        assert message.link_preview is preview
    sent = await client.send_message("bob", "plain")
    await client.edit_message("bob", sent.id, "https://example.com", link_preview=False)
    assert not (await bob.expects(alice)).link_preview


async def test_where_links_may_not_be_embedded_a_client_gets_no_preview_either(
    tg: Telegram, alice: Account, bob: Account, devices: Devices
) -> None:
    bare = tg.add_group("Bare", creator=alice, members=[bob])
    tg.forbid_links(bare)
    client = (await devices.of(alice)).client
    sent = await client.send_message(bare.id, "see https://example.com")
    message = await bob.expects(bare)
    assert not message.link_preview
    await client.edit_message(bare.id, sent.id, "https://example.com/2")
    assert (message.text, message.link_preview) == ("https://example.com/2", False)


async def test_a_person_waits_for_what_fits_and_is_told_what_came_instead(
    alice: Account, bob: Account, olga: Account
) -> None:
    one = bob.says(alice, "one")
    two, three = bob.says(alice, "two", reply_to=one), bob.says(alice, "three")
    assert await alice.expects(bob, reply_to=one) is two
    assert await alice.expects(bob, from_=bob) is one
    with pytest.raises(TimeoutError, match="three"):
        await alice.expects(olga, timeout=0.01)
    assert await alice.expects(bob) is three
