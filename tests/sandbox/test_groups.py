"""Groups made and joined by clients, and what outsiders can do."""

from typing import Any

import pytest
from telethon.tl import functions, types

from userbot.sandbox.accounts import Account
from userbot.sandbox.peers import access_hash
from userbot.sandbox.state import Group, Supergroup
from userbot.sandbox.telegram import Telegram

from .devices import Devices, refusal


async def input_user(client: Any, account: Account) -> Any:
    return await client.get_input_entity(account.username)


async def test_a_client_makes_a_basic_group_and_adds_somebody(
    tg: Telegram, alice: Account, bob: Account, devices: Devices
) -> None:
    olga = tg.add_account("Olga", username="olga")
    creator, invited = await devices.of(alice), await devices.of(bob)
    bob_peer = await input_user(creator.client, bob)
    made = await creator.client(functions.messages.CreateChatRequest([bob_peer], "Trip"))
    (chat,) = made.updates.chats
    (group,) = tg.groups
    assert (group.title, group.id, group.number) == ("Trip", -chat.id, chat.id)
    service = await invited.hears()
    assert isinstance(service.action, types.MessageActionChatCreate)
    assert service.action.users == [alice.id, bob.id]
    peer = await input_user(creator.client, olga)
    await creator.client(functions.messages.AddChatUserRequest(chat.id, peer, 0))
    assert group.has(olga)
    assert (await invited.hears()).action.users == [olga.id]
    again = functions.messages.AddChatUserRequest(chat.id, peer, 0)
    assert await refusal(creator.client(again)) == "USER_ALREADY_PARTICIPANT"
    full = await creator.client(functions.messages.GetFullChatRequest(chat.id))
    assert [p.user_id for p in full.full_chat.participants.participants] == [
        account.id for account in (alice, bob, olga)
    ]
    olga.says(group, "hi")
    assert (await invited.hears()).message == "hi"


async def test_a_client_makes_a_supergroup_and_invites_somebody(
    tg: Telegram, alice: Account, bob: Account, devices: Devices
) -> None:
    creator, invited = await devices.of(alice), await devices.of(bob)
    request = functions.channels.CreateChannelRequest("Club", about="", megagroup=True)
    made = await creator.client(request)
    (channel,) = made.chats
    assert channel.megagroup
    (group,) = tg.groups
    assert isinstance(group, Supergroup)
    bob_peer = await input_user(creator.client, bob)
    await creator.client(functions.channels.InviteToChannelRequest(channel, [bob_peer]))
    service = await invited.hears()
    assert service.action.users == [bob.id]
    assert service.id == group.mailbox.pts - 1
    sent = await creator.client.send_message(channel, "welcome")
    assert (await invited.hears()).id == sent.id
    await invited.client(
        functions.channels.LeaveChannelRequest(await invited.client.get_input_entity(group.id))
    )
    assert not group.has(bob)


@pytest.mark.parametrize("kind", ["group", "supergroup"])
async def test_who_is_out_of_a_group_writes_and_hears_nothing_there(
    tg: Telegram, alice: Account, bob: Account, devices: Devices, kind: str
) -> None:
    make = tg.add_group if kind == "group" else tg.add_supergroup
    group = make("Trip", creator=alice, members=[bob])
    device = await devices.of(bob)
    alice.removes(bob, group)
    alice.says(group, "he is gone")
    await device.settled()
    heard = []
    while not device.updates.empty():
        update = device.updates.get_nowait()
        heard += [update.message.message] if hasattr(update, "message") else []
    assert heard == ([None] if kind == "group" else [])
    error = await refusal(device.client.send_message(group.id, "hello?"))
    assert error == ("CHAT_WRITE_FORBIDDEN" if kind == "group" else "CHANNEL_PRIVATE")
    with pytest.raises(ValueError, match="not in"):
        bob.says(group, "hello?")
    alice.invites(bob, group)
    bob.says(group, "back")
    assert (await alice.expects(group)).text == "back"


async def test_a_member_cannot_put_out_somebody_else(
    tg: Telegram, alice: Account, bob: Account, olga: Account, devices: Devices
) -> None:
    group = tg.add_group("Trip", creator=alice, members=[bob, olga])
    device = await devices.of(bob)
    olga.says(group, "hi")
    await device.hears()
    peer = await device.client.get_input_entity(olga.id)
    remove = functions.messages.DeleteChatUserRequest(group.number, peer)
    assert await refusal(device.client(remove)) == "CHAT_ADMIN_REQUIRED"
    leave = functions.messages.DeleteChatUserRequest(group.number, types.InputUserSelf())
    await device.client(leave)
    assert not group.has(bob)


async def test_a_public_supergroup_is_found_by_name_and_read_from_outside(
    tg: Telegram, alice: Account, bob: Account, devices: Devices
) -> None:
    group = tg.add_supergroup("Club", creator=alice, username="python_club")
    alice.says(group, "welcome")
    device = await devices.of(bob)
    entity = await device.client.get_entity("@Python_Club")
    assert (entity.title, entity.left) == ("Club", True)
    assert (await device.client.get_messages(entity, limit=1))[0].text == "welcome"
    assert await refusal(device.client.send_message(entity, "hi")) == "CHAT_WRITE_FORBIDDEN"
    resolve = functions.contacts.ResolveUsernameRequest
    assert await refusal(device.client(resolve("nobody_at_all"))) == "USERNAME_NOT_OCCUPIED"


@pytest.mark.parametrize("stranger", ["user", "channel", "chat"])
async def test_an_access_hash_of_another_account_opens_nothing(
    tg: Telegram, alice: Account, bob: Account, olga: Account, devices: Devices, stranger: str
) -> None:
    club = tg.add_supergroup("Club", creator=alice, members=[bob])
    trip = tg.add_group("Trip", creator=alice, members=[bob])
    peers: dict[str, tuple[Any, str]] = {
        "user": (types.InputPeerUser(bob.id, access_hash(alice, bob.id)), "PEER_ID_INVALID"),
        "channel": (
            types.InputPeerChannel(club.number, access_hash(alice, club.id)),
            "CHANNEL_INVALID",
        ),
        "chat": (types.InputPeerChat(trip.number), "CHAT_ID_INVALID"),
    }
    peer, error = peers[stranger]
    device = await devices.of(olga)
    send = functions.messages.SendMessageRequest(peer, "hi")
    assert await refusal(device.client(send)) == error


async def test_a_contact_is_listed_and_shows_its_phone(
    alice: Account, bob: Account, devices: Devices
) -> None:
    device = await devices.of(alice)
    contacts = await device.client(functions.contacts.GetContactsRequest(0))
    (contact,) = contacts.users
    assert (contact.id, contact.phone, contact.contact) == (bob.id, bob.phone, True)
    full = await device.client(functions.users.GetFullUserRequest(contact))
    assert full.full_user.id == bob.id


async def test_ids_are_marked_as_clients_mark_them(
    tg: Telegram, alice: Account, bob: Account, devices: Devices
) -> None:
    groups: list[Group] = [
        tg.add_group("Trip", creator=alice, members=[bob]),
        tg.add_supergroup("Club", creator=alice, members=[bob]),
    ]
    bob.says(alice, "hello")
    client = (await devices.of(alice)).client
    dialogs = await client.get_dialogs()
    assert {dialog.id for dialog in dialogs} == {bob.id, *(group.id for group in groups)}
    for group in groups:
        assert (await client.get_entity(group.id)).title == group.title


async def test_requests_about_groups_can_be_refused(
    tg: Telegram, alice: Account, bob: Account, devices: Devices
) -> None:
    club = tg.add_supergroup("Club", creator=alice, members=[bob])
    trip = tg.add_group("Trip", creator=alice, members=[bob])
    client = (await devices.of(alice)).client
    user, channel = await input_user(client, bob), await client.get_input_entity(club.id)
    messages, channels = functions.messages, functions.channels
    refused = {
        "USERS_TOO_FEW": [
            messages.CreateChatRequest([], "Trip"),
            channels.InviteToChannelRequest(channel, []),
        ],
        "CHAT_TITLE_EMPTY": [
            messages.CreateChatRequest([user], " "),
            channels.CreateChannelRequest(" ", about="", megagroup=True),
        ],
        "USER_CREATOR": [channels.LeaveChannelRequest(channel)],
        "USERNAME_INVALID": [functions.contacts.ResolveUsernameRequest("a b")],
        "CHANNEL_INVALID": [channels.GetChannelsRequest([types.InputChannelEmpty()])],
        "USER_ID_INVALID": [messages.CreateChatRequest([types.InputUser(bob.id, 1)], "Trip")],
    }
    for error, requests in refused.items():
        for request in requests:
            assert await refusal(client(request)) == error
    bob.leaves(trip)
    remove = messages.DeleteChatUserRequest(trip.number, user)
    assert await refusal(client(remove)) == "USER_NOT_PARTICIPANT"


async def test_a_supergroup_is_described_in_full(
    tg: Telegram, alice: Account, bob: Account, devices: Devices
) -> None:
    club = tg.add_supergroup("Club", creator=alice, members=[bob])
    client = (await devices.of(bob)).client
    channel = await client.get_input_entity(club.id)
    full = (await client(functions.channels.GetFullChannelRequest(channel))).full_chat
    assert (full.participants_count, full.pts) == (2, club.mailbox.pts)
    await client(functions.channels.LeaveChannelRequest(channel))
    assert not club.has(bob)


async def test_one_unknown_user_does_not_spoil_the_others(
    alice: Account, bob: Account, devices: Devices
) -> None:
    client = (await devices.of(alice)).client
    users = [types.InputUser(5, 6), types.InputUserSelf()]
    unknown, me = await client(functions.users.GetUsersRequest(users))
    assert isinstance(unknown, types.UserEmpty)
    assert me.id == alice.id
