"""What an answer may look up, over sockets: where, for whom, and what leaves for it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from telethon.tl import functions, types
from telethon.utils import get_peer_id

from tests.harness import Stage
from tests.questions import ANNA, NOW, OWNER
from userbot.errors import TelegramError
from userbot.events import Event, Waiting
from userbot.ports import SystemClock
from userbot.rules.rate_limiter import SEARCHES_AT_ONCE, Bucket, RateLimiter
from userbot.sandbox.accounts import Account
from userbot.sandbox.state import Group
from userbot.sandbox.state import Message as Said
from userbot.telegram.client import new_client
from userbot.telegram.gate import Gate
from userbot.telegram.lookups import TelegramLookups, is_wanted
from userbot.telegram.people import People
from userbot.telegram.reader import TelegramReader
from userbot.telegram.sender import TelegramSender
from userbot.telegram.updates import Updates
from userbot.types import ChatKind, ConversationId, Message, Person, RichText, Scope, Search

CLUB = -1_000_000_000_100
READING = frozenset(
    {
        "messages.search",
        "messages.getHistory",
        "messages.getReplies",
        "messages.getSavedHistory",
        "messages.getMessages",
        "channels.getMessages",
    }
)
"""What brings messages."""


class Listening:
    """Keeps what is told of reading and of what was scheduled."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.marks: list[tuple[ConversationId, int]] = []
        self.sendings: list[tuple[int, int, int]] = []

    def receive(self, message: Message) -> None:
        self.messages.append(message)

    def edited(self, message: Message) -> None:
        raise NotImplementedError

    def deleted(self, chat: int | None, messages: Sequence[int]) -> None:
        """It is looked at by what is found."""

    def moved(self, old: int, new: int, title: str) -> None:
        """The same."""

    def read(self, conversation: ConversationId, message: int) -> None:
        self.marks.append((conversation, message))

    def sent(self, chat: int, scheduled: int, message: int) -> None:
        self.sendings.append((chat, scheduled, message))


class Olgas:
    """Her account as the program holds it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.told: list[Event] = []
        self.gate = Gate(RateLimiter(1, 20), SystemClock(), self.told.append, print)
        self.client = new_client(stage.settings().telegram, self.gate, persistent=False)
        self.listener = Listening()
        people = People(self.client, self.told.append)
        self.updates = Updates(self.client, people, self.listener, self.told.append)
        self.reader = TelegramReader(self.client, self.updates)
        self.lookups = TelegramLookups(self.client, self.updates)

    async def open(self) -> None:
        await self.client.connect()
        await self.client.get_dialogs()
        self.updates.open(Person(id=self.stage.olga.id, name="Olga"), self.listener)
        self.updates.open_deletions()
        self.updates.open_changes()

    async def scope(
        self, where: Group | Account, person: Account | None = None, topic: int | None = None
    ) -> Scope | None:
        conversation = ConversationId(where.id, topic)
        return await self.lookups.scope_of(conversation, person.id if person else None)

    async def finds(self, scope: Scope | None, *words: str, **wanted: Any) -> list[str]:
        """The texts that are found, the newest first."""
        assert scope is not None
        found = await self.lookups.search(scope, Search(words=words, **wanted), 100)
        return [one.text for one in found]

    def requests(self) -> list[Any]:
        """What reads messages, as far as the sandbox was asked."""
        return [call for call in self.stage.telegram.calls if call.method in READING]


@pytest.fixture
async def olgas(stage: Stage) -> AsyncIterator[Olgas]:
    olgas = Olgas(stage)
    await olgas.open()
    yield olgas
    await olgas.updates.close()
    await olgas.client.disconnect()


def at(message: Said) -> datetime:
    return datetime.fromtimestamp(message.date, UTC)


# Who may see what.


async def test_the_owner_sees_all_of_a_chat_and_of_the_group_that_it_was(
    stage: Stage, olgas: Olgas
) -> None:
    stage.max.says(stage.group, "the dacha of old")
    moved = stage.telegram.migrate(stage.group)
    stage.telegram.advance(60)
    stage.max.says(moved, "the dacha is sold")
    await olgas.client.get_dialogs()
    scope = await olgas.scope(moved)
    assert scope == Scope(ConversationId(moved.id), former=stage.group.id)
    assert await olgas.finds(scope, "dacha") == ["the dacha is sold", "the dacha of old"]
    stage.telegram.hide_prehistory(moved)
    asked = await olgas.scope(moved, stage.lena)
    assert await olgas.finds(asked, "dacha") == ["the dacha is sold"]


@pytest.mark.parametrize("kind", ["group", "hidden", "open"])
async def test_others_see_what_was_said_since_they_came(
    stage: Stage, olgas: Olgas, kind: str
) -> None:
    telegram, ann = stage.telegram, stage.telegram.add_account("Ann", username="ann_a")
    make = telegram.add_group if kind == "group" else telegram.add_supergroup
    where: Any = make("Trip", creator=stage.max, members=[stage.olga, stage.lena])
    if kind == "hidden":
        telegram.hide_prehistory(where)
    stage.max.says(where, "dacha before")
    telegram.advance(60)
    stage.max.invites(ann, where)
    telegram.advance(60)
    stage.max.says(where, "dacha after")
    await olgas.client.get_dialogs()
    await olgas.client.get_messages(where.id, limit=10)
    late = await olgas.scope(where, ann)
    assert late is not None
    both = ["dacha after", "dacha before"]
    assert await olgas.finds(late, "dacha") == (both if kind == "open" else both[:1])
    everything = [await olgas.scope(where, one) for one in (stage.max, None)]
    assert [await olgas.finds(one, "dacha") for one in everything] == [both, both]
    stranger = await olgas.scope(where, stage.vera)
    assert (stranger is None) is (kind != "open")
    ann.leaves(where)
    if kind != "open":
        assert await olgas.scope(where, ann) == late, "believed for a few minutes"
        olgas.lookups._scopes._came._told.clear()
        assert await olgas.scope(where, ann) is None


async def test_who_comes_after_the_past_was_hidden_sees_none_of_it(
    stage: Stage, olgas: Olgas
) -> None:
    telegram, ann = stage.telegram, stage.telegram.add_account("Ann", username="ann_a")
    stage.max.says(stage.club, "dacha before")
    await olgas.client.get_dialogs()
    assert await olgas.finds(await olgas.scope(stage.club, stage.vera), "dacha") == ["dacha before"]
    telegram.hide_prehistory(stage.club)
    telegram.advance(60)
    stage.olga.invites(ann, stage.club)
    telegram.advance(60)
    stage.max.says(stage.club, "dacha after")
    await olgas.client.get_messages(stage.club.id, limit=10)
    late = await olgas.scope(stage.club, ann)
    assert await olgas.finds(late, "dacha") == ["dacha after"], "all she sees herself"


async def test_who_came_in_the_same_second_as_a_message_may_not_have_seen_it(
    stage: Stage, olgas: Olgas
) -> None:
    telegram, ann = stage.telegram, stage.telegram.add_account("Ann", username="ann_a")
    stage.max.invites(ann, stage.group)
    said = stage.max.says(stage.group, "dacha")
    scope = await olgas.scope(stage.group, ann)
    assert scope is not None
    assert scope.since is not None
    assert scope.since > datetime.fromtimestamp(stage.group.members[ann.id].date, UTC)
    telegram.advance(5)
    stage.max.says(stage.group, "dacha later")
    later = await olgas.finds(scope, "dacha")
    assert later == (["dacha later"] if at(said) < scope.since else ["dacha later", "dacha"])


@pytest.mark.parametrize("method", ["channels.getFullChannel", "channels.getParticipant"])
async def test_what_cannot_be_found_out_is_nothing_but_for_the_owner(
    stage: Stage, olgas: Olgas, method: str
) -> None:
    stage.telegram.hide_prehistory(stage.club)
    stage.telegram.faults.add(method, "CHAT_ADMIN_REQUIRED", times=None)
    await olgas.client.get_messages(stage.club.id, limit=10)
    assert await olgas.scope(stage.club, stage.max) is None
    assert await olgas.scope(stage.club) == Scope(ConversationId(stage.club.id))


async def test_a_pause_is_not_waited_for_longer_than_it_is_worth(
    stage: Stage, olgas: Olgas
) -> None:
    stage.telegram.faults.add("channels.getFullChannel", "FLOOD_WAIT_30")
    async with asyncio.timeout(10):
        assert await olgas.scope(stage.club, stage.max) is None


async def test_private_chats_are_those_of_the_two(stage: Stage, olgas: Olgas) -> None:
    stage.max.says(stage.olga, "our dacha")
    scope = await olgas.scope(stage.max, stage.max)
    assert scope == await olgas.scope(stage.max) == Scope(ConversationId(stage.max.id))
    assert await olgas.finds(scope, "dacha") == ["our dacha"]
    assert await olgas.scope(stage.max, stage.lena) is None
    stage.olga.says(stage.olga, "my dacha")
    assert await olgas.finds(await olgas.scope(stage.olga, stage.olga), "dacha") == ["my dacha"]


async def test_nothing_of_a_protected_group_is_looked_up(stage: Stage, olgas: Olgas) -> None:
    stage.telegram.protect(stage.club)
    assert await olgas.scope(stage.club) is None


# What is found.


async def test_spellings_are_merged_newest_first_and_each_is_a_request(
    stage: Stage, olgas: Olgas
) -> None:
    texts = ["дача тут", "на даче", "дача и даче", "about a dacha"]
    for text in texts:
        stage.max.says(stage.club, text)
        stage.telegram.advance(2)
    scope = await olgas.scope(stage.club, stage.lena)
    assert await olgas.finds(scope, "дача", "даче", " ", "дача") == texts[2::-1]
    assert [call.request.q for call in olgas.requests()] == ["дача", "даче"]
    assert scope is not None
    two = await olgas.lookups.search(scope, Search(words=("дача", "даче")), 2)
    assert [one.text for one in two] == texts[2:0:-1]


async def test_dates_and_people_hold_also_where_telegram_ignores_them(
    stage: Stage, olgas: Olgas
) -> None:
    said = []
    for where in (stage.club, stage.olga):
        for number in range(4):
            said.append(stage.max.says(where, f"day {number}"))
            stage.telegram.advance(24 * 3600)
    stage.olga.says(stage.max, "day mine")
    stage.lena.says(stage.club, "day of lena")
    here, there = await olgas.scope(stage.club), await olgas.scope(stage.max)
    for scope, days in ((here, said[:4]), (there, said[4:])):
        span = {"since": at(days[1]), "until": at(days[3])}
        assert await olgas.finds(scope, "day", **span) == ["day 2", "day 1"]
        assert await olgas.finds(scope, **span) == ["day 2", "day 1"]
    his = [f"day {number}" for number in (3, 2, 1, 0)]
    assert await olgas.finds(here, "day", person=stage.max.id) == his
    assert await olgas.finds(there, "day", person=stage.max.id) == his
    assert await olgas.finds(here, "day", person=stage.lena.id) == ["day of lena"]


async def test_by_date_at_most_500_are_read(stage: Stage, olgas: Olgas) -> None:
    for number in range(620):
        stage.max.says(stage.club, str(number))
    scope = await olgas.scope(stage.club)
    assert scope is not None
    found = await olgas.lookups.search(scope, Search(), 1000)
    assert [one.text for one in found] == [str(number) for number in range(619, 119, -1)]
    assert len(olgas.requests()) == 5


async def test_what_is_around_a_message_is_read_in_one_request(stage: Stage, olgas: Olgas) -> None:
    said = [stage.max.says(stage.club, str(number)) for number in range(9)]
    other = stage.max.says(stage.olga, "elsewhere")
    scope = await olgas.scope(stage.club)
    assert scope is not None

    async def around(message: int, scope: Scope = scope) -> list[str]:
        return [one.text for one in await olgas.lookups.around(scope, message, 2, 3)]

    assert await around(said[4].id_for(stage.olga)) == ["2", "3", "4", "5", "6", "7"]
    assert await around(said[8].id_for(stage.olga)) == ["6", "7", "8"]
    assert len(olgas.requests()) == 2
    far = await olgas.lookups.around(scope, said[4].id_for(stage.olga), 1000, 1000)
    assert [one.text for one in far] == [str(number) for number in range(9)]
    stage.max.deletes(said[4])
    assert await around(said[4].id_for(stage.olga)) == []
    late = Scope(scope.conversation, since=datetime.now(UTC) + timedelta(hours=1))
    assert await around(said[5].id_for(stage.olga), late) == []
    private = await olgas.scope(stage.max)
    assert private is not None
    assert await around(other.id_for(stage.olga), private) == ["elsewhere"]
    stage.lena.says(stage.olga, "of lena")
    number = stage.olga.messages(stage.lena)[-1].id_for(stage.olga)
    assert await around(number, private) == []


async def test_topics_subscribers_and_comments_are_looked_into_alone(
    stage: Stage, olgas: Olgas
) -> None:
    everybody = [stage.olga, stage.max, stage.lena]
    forum = stage.telegram.add_forum("Forum", creator=stage.max, members=everybody)
    topics = [stage.max.opens_topic(forum, title) for title in ("One", "Two")]
    said = [stage.max.says(forum, f"dacha {n}", topic=one) for n, one in enumerate(topics)]
    post = stage.telegram.post(stage.club, "the dacha post")
    stage.max.says(stage.club, "dacha comment", reply_to=post)
    stage.max.says(stage.club, "dacha beside")
    direct = stage.telegram.add_supergroup("Direct", creator=stage.olga, members=everybody)
    for one in (stage.max, stage.lena):
        marks = {"saved_peer_id": types.PeerUser(one.id)}
        one.says(direct, f"dacha of {one.first_name}", marks=marks)
    await olgas.client.get_dialogs()
    scope = await olgas.scope(forum, topic=topics[1].id_for(stage.olga))
    assert await olgas.finds(scope, "dacha") == ["dacha 1"] == await olgas.finds(scope)
    assert scope is not None
    here = await olgas.lookups.around(scope, said[1].id_for(stage.olga), 5, 5)
    assert [one.text for one in here] == ["dacha 1"]
    comments = await olgas.scope(stage.club, stage.max, topic=post.id_for(stage.olga))
    assert await olgas.finds(comments, "dacha") == ["dacha comment", "the dacha post"]
    assert await olgas.finds(comments) == ["dacha comment"]
    his = await olgas.scope(direct, stage.max, topic=-stage.max.id)
    assert await olgas.finds(his, "dacha") == ["dacha of Max"] == await olgas.finds(his)
    assert his is not None
    assert olgas.lookups.link(his, 3) == ""


async def test_a_thread_is_asked_about_once_however_many_stand_in_it(
    stage: Stage, olgas: Olgas
) -> None:
    posts = [stage.telegram.post(stage.club, f"post {number}") for number in range(8)]
    for post in posts:
        stage.max.says(stage.club, "a comment", reply_to=post)
    scope = await olgas.scope(stage.club)
    await stage.all_arrives()
    olgas.updates._converter._posts.clear()  # as after a start
    assert len(await olgas.finds(scope, "comment")) == 8
    methods = [call.method for call in olgas.requests()]
    assert methods == ["messages.search", "channels.getMessages"]


async def test_what_was_said_since_a_message_comes_in_pages(stage: Stage, olgas: Olgas) -> None:
    said = [stage.max.says(stage.club, str(number)) for number in range(250)]
    scope = await olgas.scope(stage.club)
    assert scope is not None

    async def pages(**which: Any) -> list[list[str]]:
        return [[m.text for m in page] async for page in olgas.lookups.span(scope, **which)]

    after = said[99].id_for(stage.olga)
    read = await pages(after=after, most=1000)
    assert [len(page) for page in read] == [100, 50]
    assert [text for page in read for text in page] == [str(n) for n in range(249, 99, -1)]
    assert [len(page) for page in await pages(most=120)] == [100, 20]
    assert await pages(after=said[-1].id_for(stage.olga)) == []


SAID = Message(
    conversation=ConversationId(CLUB, 7),
    message=9,
    kind=ChatKind.SUPERGROUP,
    title="Club",
    sender=ANNA,
    text="dacha",
    at=NOW,
)


@pytest.mark.parametrize(
    ("where", "wanted", "is_found"),
    [
        pytest.param(ConversationId(CLUB), Search(), True, id="its chat"),
        pytest.param(ConversationId(CLUB, 7), Search(), True, id="its topic"),
        pytest.param(ConversationId(CLUB, 8), Search(), False, id="another topic"),
        pytest.param(ConversationId(CLUB, -ANNA.id), Search(), False, id="a subscriber"),
        pytest.param(ConversationId(ANNA.id), Search(), False, id="another chat"),
        pytest.param(ConversationId(CLUB), Search(since=NOW), True, id="since then"),
        pytest.param(ConversationId(CLUB), Search(until=NOW), False, id="until then"),
        pytest.param(ConversationId(CLUB), Search(person=ANNA.id), True, id="that person"),
        pytest.param(ConversationId(CLUB), Search(person=OWNER.id), False, id="another person"),
    ],
)
def test_what_telegram_gives_beyond_what_was_asked_for_is_left_out(
    where: ConversationId, wanted: Search, is_found: bool
) -> None:
    assert is_wanted(SAID, where, wanted) is is_found


# Links.


async def test_links_are_those_of_supergroups_and_channels_where_they_may_stand(
    stage: Stage, olgas: Olgas
) -> None:
    telegram, everybody = stage.telegram, [stage.olga, stage.max]
    news = telegram.add_channel("News", creator=stage.max, members=everybody, username="the_news")
    forum = telegram.add_forum("Forum", creator=stage.max, members=everybody)
    topic = stage.max.opens_topic(forum, "One").id_for(stage.olga)
    bare = telegram.add_supergroup("Bare", creator=stage.max, members=everybody)
    telegram.forbid_links(bare)
    stage.max.says(news, "hello")
    stage.max.says(stage.olga, "hello")
    await olgas.client.get_dialogs()
    link = olgas.lookups.link
    for where, thread, address in (
        (stage.club, None, f"https://t.me/c/{stage.club.number}/7"),
        (news, None, "https://t.me/the_news/7"),
        (forum, topic, f"https://t.me/c/{forum.number}/{topic}/7"),
        (bare, None, ""),
        (stage.group, None, ""),
        (stage.max, None, ""),
    ):
        scope = await olgas.scope(where, topic=thread)
        assert scope is not None
        assert link(scope, 7) == address
        assert link(scope, 7, chat=-5) == ""


# What leaves.


async def test_searches_are_paced_and_a_wait_is_shown_obeyed_and_can_be_given_up(
    stage: Stage, olgas: Olgas
) -> None:
    scope = await olgas.scope(stage.club)
    await olgas.finds(scope, *map(str, range(SEARCHES_AT_ONCE)))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await olgas.finds(scope, "one more")
    (wait,) = [one for one in olgas.told if isinstance(one, Waiting)]
    assert (wait.chat, wait.reason) == (stage.club.id, "governor")
    assert 2 < wait.seconds <= 3
    assert len(olgas.requests()) == SEARCHES_AT_ONCE
    olgas.gate._searching = Bucket(1000, 10)
    stage.telegram.faults.add("messages.search", delay=0.5)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await olgas.finds(scope, "slowly")
    stage.telegram.faults.add("messages.search", "FLOOD_WAIT_1")
    assert await olgas.finds(scope, "once more") == []
    assert [one.reason for one in olgas.told if isinstance(one, Waiting)][1:] == ["flood_wait"]
    stage.telegram.faults.add("messages.search", "FLOOD_WAIT_40")
    with pytest.raises(TelegramError) as caught:
        await olgas.finds(scope, "too much")
    assert caught.value.reason == "flood_wait"
    private = await olgas.scope(stage.max)
    with pytest.raises(TelegramError):
        await olgas.finds(private, "elsewhere")  # it is slowed down wherever it searches


async def test_no_request_leaves_for_another_scope(stage: Stage, olgas: Olgas) -> None:
    """As a property: random chats, topics, subscribers, people who came at random times."""
    chance = random.Random(15)
    telegram, people = stage.telegram, [stage.max, stage.lena, stage.vera]
    everybody = [stage.olga, *people]
    olgas.gate._searching = olgas.gate._reading = Bucket(1000, 1000)
    forum = telegram.add_forum("Forum", creator=stage.max, members=everybody[:2])
    topics = [stage.max.opens_topic(forum, title) for title in ("One", "Two")]
    hidden = telegram.add_supergroup("Hidden", creator=stage.max, members=everybody[:2])
    basic = telegram.add_group("Basic", creator=stage.max, members=everybody[:2])
    direct = telegram.add_supergroup("Direct", creator=stage.olga, members=everybody)
    telegram.hide_prehistory(hidden)
    places: list[tuple[Any, Said | Account | None]] = [
        (forum, topics[0]), (forum, topics[1]), (forum, None), (hidden, None), (basic, None),
        (direct, stage.max), (direct, stage.lena), (stage.max, None), (stage.olga, None),
    ]  # fmt: skip
    for _ in range(150):
        telegram.advance(chance.randrange(1, 50))
        where, within = chance.choice(places)
        writer = chance.choice(everybody)
        if where in (forum, hidden, basic) and not where.has(writer):
            stage.max.invites(writer, where)
            continue
        text = f"dacha {len(telegram.state.messages)}"
        if isinstance(within, Account):
            marks = {"saved_peer_id": types.PeerUser(within.id)}
            within.says(where, text, marks=marks)
        elif isinstance(where, Account):
            stage.olga.says(where, text)
        else:
            writer.says(where, text, topic=within)
    await olgas.client.get_dialogs()
    for one in (forum, hidden, basic, direct):
        await olgas.client.get_messages(one.id, limit=100)
    began = len(telegram.calls)
    for where, within in places:
        topic = within.id_for(stage.olga) if isinstance(within, Said) else None
        topic = -within.id if isinstance(within, Account) else topic
        for person in (None, *people):
            scope = await olgas.scope(where, person, topic)
            if scope is None:
                continue
            messages = await olgas.lookups.search(scope, Search(words=("dacha",)), 100)
            messages += await olgas.lookups.search(scope, Search(), 100)
            strange = chance.randrange(1, 400)
            messages += await olgas.lookups.around(scope, strange, 5, 5)
            for found in messages:
                said = next(m for m in telegram.state.messages if m.text == found.text)
                assert found.conversation.chat == where.id
                if isinstance(within, Said):
                    assert said.top is within
                if isinstance(within, Account):
                    assert said.subscriber == within.id
                if person is not None and isinstance(where, Group):
                    assert said in person.messages(where)
            read = [call for call in telegram.calls[began:] if call.method in READING]
            began = len(telegram.calls)
            assert {_place_of(call.request) for call in read} <= {where.id}
            for call in read:
                if call.method == "messages.search":
                    narrow = (call.request.top_msg_id, call.request.saved_peer_id is not None)
                    assert narrow == (scope.conversation.thread, isinstance(within, Account))


def _place_of(request: Any) -> int:
    """The marked id of the chat that a request reads."""
    named = [getattr(request, name, None) for name in ("parent_peer", "peer", "channel")]
    return int(get_peer_id(next(one for one in named if one is not None)))


@pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside"])
async def test_a_search_without_a_scope_or_beyond_it_never_leaves(
    stage: Stage, olgas: Olgas, inside: bool
) -> None:
    club, max_ = [await olgas.client.reach(one.id) for one in (stage.club, stage.max)]
    scope = Scope(ConversationId(stage.club.id))
    empty = types.InputMessagesFilterEmpty()

    def search(peer: Any, **more: Any) -> Any:
        return functions.messages.SearchRequest(
            peer, "dacha", empty, None, None, 0, 0, 10, 0, 0, 0, **more
        )

    nothing = types.InputPeerEmpty()
    beyond = [
        search(nothing), search(max_), search(types.InputPeerSelf()),
        search(club, top_msg_id=3), search(club, saved_peer_id=max_),
        functions.InvokeWithoutUpdatesRequest(search(nothing)), [search(nothing)],
        functions.messages.GetRepliesRequest(club, 3, 0, None, 0, 9, 0, 0, 0),
        functions.messages.GetSavedHistoryRequest(max_, 0, None, 0, 9, 0, 0, 0),
    ]  # fmt: skip
    beyond += (
        [
            functions.messages.GetHistoryRequest(max_, 0, None, 0, 9, 0, 0, 0),
            functions.messages.GetMessagesRequest([types.InputMessageID(1)]),
        ]
        if inside
        else [search(club)]
    )

    async def leaves(request: Any) -> None:
        with olgas.gate.within(scope) if inside else nullcontext():
            await olgas.client(request)

    before = len(stage.telegram.calls)
    for request in beyond:
        with pytest.raises(TelegramError) as caught:
            await leaves(request)
        assert caught.value.reason == "argument_not_allowed"
    assert len(stage.telegram.calls) == before, "the server saw nothing"
    with olgas.gate.within(scope):
        await olgas.client(search(club))


# What a recap needs.


async def test_how_far_the_owner_has_read_is_told_and_stands_with_a_chats_newest_message(
    stage: Stage, olgas: Olgas
) -> None:
    here = stage.max.says(stage.club, "hello")
    there = stage.max.says(stage.olga, "hello")
    forum = stage.telegram.add_forum("Forum", creator=stage.max, members=[stage.olga])
    topic = stage.max.opens_topic(forum, "One").id_for(stage.olga)
    window = await stage.window(stage.olga)
    for said, chat in ((here, stage.club), (there, stage.max)):
        number = said.id_for(stage.olga)
        await window.client.send_read_acknowledge(chat.id, max_id=number)
        async with asyncio.timeout(60):
            while (ConversationId(chat.id), number) not in olgas.listener.marks:
                await asyncio.sleep(0.005)
    tops = await olgas.reader.tops([stage.club.id, stage.max.id])
    marks = {one.chat: number for one, number in olgas.listener.marks}
    assert {top.chat: top.read for top in tops} == marks
    peer = await window.client.get_input_entity(forum.id)
    await window.client(functions.messages.ReadDiscussionRequest(peer, topic, 9))
    async with asyncio.timeout(60):
        while (ConversationId(forum.id, topic), 9) not in olgas.listener.marks:
            await asyncio.sleep(0.005)


async def test_a_message_to_oneself_is_sent_later_and_to_nobody_else(
    stage: Stage, olgas: Olgas
) -> None:
    sender = TelegramSender(olgas.client)
    mine = ConversationId(stage.olga.id)
    number = await sender.send(
        mine, RichText("good morning"), reply_to=None, random_id=5, schedule=15
    )
    assert [one.text for one in stage.olga.scheduled(stage.olga)] == ["good morning"]
    stage.telegram.advance(16)
    async with asyncio.timeout(60):
        while not (olgas.listener.sendings and olgas.listener.messages):
            await asyncio.sleep(0.005)
    (sent,) = stage.olga.messages(stage.olga)
    assert olgas.listener.sendings == [(mine.chat, number, sent.id_for(stage.olga))]
    assert [one.scheduled for one in olgas.listener.messages] == [True]
    for chat in (stage.max.id, stage.club.id):
        with pytest.raises(TelegramError) as caught:
            await sender.send(
                ConversationId(chat), RichText("hi"), reply_to=None, random_id=6, schedule=15
            )
        assert caught.value.reason == "argument_not_allowed"
        with pytest.raises(TelegramError) as caught:
            await sender.unschedule(ConversationId(chat), [number])
        assert caught.value.reason == "argument_not_allowed"
        with pytest.raises(TelegramError) as caught:
            await olgas.reader.scheduled(chat)
        assert caught.value.reason == "argument_not_allowed"
    assert len(stage.writes("sendMessage")) == 1


async def test_what_waits_to_be_sent_to_oneself_is_seen_and_taken_back(
    stage: Stage, olgas: Olgas
) -> None:
    sender, mine = TelegramSender(olgas.client), ConversationId(stage.olga.id)
    number = await sender.send(
        mine, RichText("good morning"), reply_to=None, random_id=5, schedule=15
    )
    assert await olgas.reader.scheduled(mine.chat) == [(number, "good morning")]
    await sender.unschedule(mine, [number])
    await sender.unschedule(mine, [number])
    assert await olgas.reader.scheduled(mine.chat) == []
    stage.telegram.advance(16)
    assert stage.olga.messages(stage.olga) == []
