"""messages.search as clients ask for it, and what it does not find."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from telethon.errors import FloodWaitError
from telethon.tl import functions, types

from userbot.sandbox.accounts import Account
from userbot.sandbox.state import Supergroup
from userbot.sandbox.telegram import Telegram

from .devices import Devices, refusal

WORDS = [
    "The dacha is sold",
    "На даче тепло",
    "дача!",
    "Dacha? DACHA.",
    "the dachas",
    "a sold dacha, and a garden",
]


@pytest.fixture
def club(tg: Telegram, alice: Account, bob: Account) -> Supergroup:
    group = tg.add_supergroup("Club", creator=alice, members=[bob])
    for text in WORDS:
        bob.says(group, text)
    return group


def searching(peer: Any, q: str, **more: Any) -> Any:
    """A search for words, 100 at most."""
    fields = {
        "filter": types.InputMessagesFilterEmpty(),
        "min_date": None,
        "max_date": None,
        "offset_id": 0,
        "add_offset": 0,
        "limit": 100,
        "max_id": 0,
        "min_id": 0,
        "hash": 0,
    }
    return functions.messages.SearchRequest(peer, q, **(fields | more))


def texts(found: Any) -> list[str]:
    return [message.message for message in found.messages]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        pytest.param("dacha", [5, 3, 0], id="whole words, in any case"),
        pytest.param("ДАЧА", [2], id="no other forms"),
        pytest.param("dach", [], id="no beginnings"),
        pytest.param("dacha sold", [5, 0], id="all the words, in any order"),
        pytest.param("club", [], id="no service messages"),
    ],
)
async def test_whole_words_are_found_newest_first(
    alice: Account, devices: Devices, club: Supergroup, q: str, found: list[int]
) -> None:
    client = (await devices.of(alice)).client
    here = [message.text async for message in client.iter_messages(club.id, search=q)]
    assert here == [WORDS[number] for number in found]


async def test_a_page_begins_where_it_is_asked_to_and_holds_so_many(
    alice: Account, bob: Account, devices: Devices, club: Supergroup
) -> None:
    client = (await devices.of(alice)).client
    said = [bob.says(club, f"number {number}") for number in range(10)]
    ids = [message.id_for(alice) for message in said]
    peer = await client.get_input_entity(club.id)

    async def numbers(**more: Any) -> list[int]:
        found = await client(searching(peer, "number", **more))
        assert found.count == 10
        return [ids.index(message.id) for message in found.messages]

    assert await numbers(limit=3) == [9, 8, 7]
    assert await numbers(limit=3, offset_id=ids[5]) == [4, 3, 2]
    assert await numbers(limit=3, offset_id=ids[5], add_offset=-2) == [6, 5, 4]
    assert await numbers(max_id=ids[4], min_id=ids[1]) == [3, 2]
    assert await numbers(limit=0) == []


async def test_dates_end_it_on_both_sides(
    tg: Telegram, alice: Account, bob: Account, devices: Devices, club: Supergroup
) -> None:
    days = []
    for number in range(4):
        tg.advance(24 * 3600)
        days.append(datetime.fromtimestamp(bob.says(club, f"day {number}").date, UTC))
    client = (await devices.of(alice)).client
    peer = await client.get_input_entity(club.id)
    found = await client(searching(peer, "day", min_date=days[0], max_date=days[3]))
    assert texts(found) == ["day 2", "day 1"]


async def test_in_groups_a_person_can_be_named_and_in_private_chats_it_is_ignored(
    alice: Account, bob: Account, devices: Devices, club: Supergroup
) -> None:
    client = (await devices.of(alice)).client
    alice.says(club, "my dacha")
    alice.says(bob, "my dacha too")
    bob.says(alice, "which dacha")
    here, there = [await client.get_input_entity(one.id) for one in (club, bob)]
    me = types.InputPeerSelf()
    assert texts(await client(searching(here, "dacha", from_id=me))) == ["my dacha"]
    assert texts(await client(searching(here, "", from_id=me))) == ["my dacha"]
    private = await client(searching(there, "dacha", from_id=me))
    assert texts(private) == ["which dacha", "my dacha too"]


async def test_a_filter_alone_ignores_the_latest_date_and_fails_with_a_person(
    alice: Account, bob: Account, devices: Devices, club: Supergroup
) -> None:
    bob.sends_voice(club, b"sound", caption="dacha by voice")
    client = (await devices.of(alice)).client
    peer = await client.get_input_entity(club.id)
    voice, long_ago = types.InputMessagesFilterVoice(), datetime(2020, 1, 1, tzinfo=UTC)
    found = await client(searching(peer, "", filter=voice, max_date=long_ago))
    assert texts(found) == ["dacha by voice"]
    assert not texts(await client(searching(peer, "dacha", filter=voice, max_date=long_ago)))
    asked = searching(peer, "", filter=voice, from_id=types.InputPeerSelf())
    # Not by the client itself, which tries that again for twelve seconds.
    assert await refusal(client._sender.send(asked)) == "RPC_CALL_FAIL"
    assert await refusal(client(searching(peer, "?!"))) == "SEARCH_QUERY_EMPTY"


async def test_a_topic_and_a_subscriber_are_searched_alone(
    tg: Telegram, alice: Account, bob: Account, olga: Account, devices: Devices, club: Supergroup
) -> None:
    forum = tg.add_forum("Forum", creator=alice, members=[bob])
    first, second = alice.opens_topic(forum, "One"), alice.opens_topic(forum, "Two")
    bob.says(forum, "dacha one", topic=first)
    bob.says(forum, "dacha two", topic=second)
    bob.says(forum, "dacha outside")
    for one in (bob, alice):
        marks = {"saved_peer_id": types.PeerUser(one.id)}
        bob.says(club, f"to {one.first_name}", marks=marks)
    client = (await devices.of(alice)).client
    peer = await client.get_input_entity(forum.id)
    asked = [searching(peer, "dacha", top_msg_id=one.id_for(alice)) for one in (first, second)]
    asked.append(searching(peer, "dacha", top_msg_id=1))
    assert [texts(await client(one)) for one in asked] == [
        ["dacha one"], ["dacha two"], ["dacha outside"]
    ]  # fmt: skip
    peer = await client.get_input_entity(club.id)
    subscriber = await client.get_input_entity(bob.id)
    assert texts(await client(searching(peer, "to", saved_peer_id=subscriber))) == ["to Bob"]
    history = functions.messages.GetSavedHistoryRequest(
        subscriber, 0, None, 0, 10, 0, 0, 0, parent_peer=peer
    )
    assert texts(await client(history)) == ["to Bob"]


async def test_an_empty_peer_searches_all_private_chats_and_basic_groups(
    tg: Telegram, alice: Account, bob: Account, devices: Devices, club: Supergroup
) -> None:
    trip = tg.add_group("Trip", creator=bob, members=[alice])
    bob.says(alice, "a private dacha")
    bob.says(trip, "a dacha for all")
    alice.says(alice, "a dacha for me")
    client = (await devices.of(alice)).client
    found = texts(await client(searching(types.InputPeerEmpty(), "dacha")))
    assert found == ["a dacha for me", "a dacha for all", "a private dacha"]


async def test_who_searches_too_often_waits(
    tg: Telegram, alice: Account, devices: Devices, club: Supergroup
) -> None:
    client = (await devices.of(alice)).client
    tg.flood.searches_minute = 2
    peer = await client.get_input_entity(club.id)
    for _ in range(2):
        await client(searching(peer, "dacha"))
    with pytest.raises(FloodWaitError) as caught:
        await client(searching(peer, "dacha"))
    assert 50 < caught.value.seconds <= 60
    await client.get_messages(club.id, limit=1)  # reading is something else


async def test_where_the_past_is_hidden_a_member_sees_nothing_from_before_it_came(
    tg: Telegram, alice: Account, bob: Account, olga: Account, devices: Devices, club: Supergroup
) -> None:
    old = alice.messages(club)[-1]
    alice.promotes(bob, club)
    alice.invites(olga, club)
    bob.says(club, "a new dacha")
    client = (await devices.of(olga)).client
    peer = await client.get_input_entity(club.id)
    assert len(texts(await client(searching(peer, "dacha")))) == 4
    tg.hide_prehistory(club)
    full = await client(functions.channels.GetFullChannelRequest(peer))
    assert full.full_chat.hidden_prehistory
    assert texts(await client(searching(peer, "dacha"))) == ["a new dacha"]
    assert [one.text for one in await client.get_messages(club.id, limit=9) if one.text] == [
        "a new dacha"
    ]
    assert await client.get_messages(club.id, ids=old.id_for(olga)) is None
    creator = (await devices.of(alice)).client
    assert len([one async for one in creator.iter_messages(club.id, search="dacha")]) == 4


async def test_since_when_somebody_is_there_is_told_but_for_its_creator(
    tg: Telegram, alice: Account, bob: Account, olga: Account, devices: Devices, club: Supergroup
) -> None:
    tg.advance(3600)
    alice.invites(olga, club)
    came = {one.id: club.members[one.id].date for one in (bob, olga)}
    alice.promotes(bob, club)
    client = (await devices.of(olga)).client
    await client.get_messages(club.id, limit=100)
    peer = await client.get_input_entity(club.id)

    async def told(who: Any) -> Any:
        asked = functions.channels.GetParticipantRequest(peer, who)
        return (await client(asked)).participant

    people = [await client.get_input_entity(one.id) for one in (alice, bob)]
    creator, admin, self = [await told(one) for one in (*people, types.InputPeerSelf())]
    kinds = [type(one) for one in (creator, admin, self)]
    assert kinds == [
        types.ChannelParticipantCreator,
        types.ChannelParticipantAdmin,
        types.ChannelParticipantSelf,
    ]
    assert [admin.date.timestamp(), self.date.timestamp()] == [came[bob.id], came[olga.id]]
    assert not hasattr(creator, "date")
    bob.leaves(club)
    assert await refusal(told(people[1])) == "USER_NOT_PARTICIPANT"
    assert self.date - admin.date >= timedelta(hours=1)


async def test_a_supergroup_names_the_group_that_it_was(
    tg: Telegram, alice: Account, bob: Account, devices: Devices
) -> None:
    trip = tg.add_group("Trip", creator=bob, members=[alice])
    bob.says(trip, "a dacha of old")
    new = tg.migrate(trip)
    client = (await devices.of(alice)).client
    peer = await client.get_input_entity(new.id)
    full = (await client(functions.channels.GetFullChannelRequest(peer))).full_chat
    assert full.migrated_from_chat_id == trip.number
    found = await client(searching(types.InputPeerChat(trip.number), "dacha"))
    assert texts(found) == ["a dacha of old"]
    assert full.migrated_from_max_id > found.messages[0].id


async def test_in_a_channel_nobody_but_it_speaks(
    tg: Telegram, alice: Account, bob: Account, devices: Devices
) -> None:
    news = tg.add_channel("News", creator=alice, members=[bob], username="the_news")
    alice.says(news, "the dacha is news")
    client = (await devices.of(bob)).client
    (post,) = await client.get_messages(news.id, search="dacha")
    assert (post.post, post.sender_id, post.chat.broadcast) == (True, news.id, True)
    assert await refusal(client.send_message(news.id, "me too")) == "CHAT_ADMIN_REQUIRED"


async def test_a_thread_is_read_without_what_began_it(
    tg: Telegram, alice: Account, bob: Account, devices: Devices
) -> None:
    forum = tg.add_forum("Forum", creator=alice, members=[bob])
    topic = alice.opens_topic(forum, "One")
    for number in range(3):
        bob.says(forum, str(number), topic=topic)
        bob.says(forum, "outside")
    client = (await devices.of(alice)).client
    read = [m.text async for m in client.iter_messages(forum.id, reply_to=topic.id_for(alice))]
    assert read == ["2", "1", "0"]
