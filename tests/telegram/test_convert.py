"""What becomes of messages that tell less than they could, or what cannot be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from telethon.sessions import MemorySession
from telethon.tl import types

from tests.questions import OWNER
from userbot.ports import SystemClock
from userbot.rules.rate_limiter import RateLimiter
from userbot.telegram.client import Client
from userbot.telegram.convert import voice_of
from userbot.telegram.gate import Gate
from userbot.telegram.people import People
from userbot.telegram.updates import Updates
from userbot.types import ConversationId, Message

GROUP, FRIEND = 4_000_001, 502


def message(client: Any, number: int, group: Any | None) -> Any:
    """A message of a basic group; without `group` it came as a short update, as text alone."""
    found = types.Message(
        number, types.PeerChat(GROUP), datetime.now(UTC), "hi", from_id=types.PeerUser(FRIEND)
    )
    entities = {FRIEND: types.User(FRIEND, first_name="Max")}
    found._finish_init(client, entities | ({-GROUP: group} if group else {}), None)
    return found


class Listening:
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def receive(self, message: Message) -> None:
        self.messages.append(message)

    def edited(self, message: Message) -> None:
        raise NotImplementedError

    def deleted(self, chat: int | None, messages: Sequence[int]) -> None:
        raise NotImplementedError

    def moved(self, old: int, new: int, title: str) -> None:
        raise NotImplementedError

    def read(self, conversation: ConversationId, message: int) -> None:
        raise NotImplementedError

    def sent(self, chat: int, scheduled: int, message: int) -> None:
        raise NotImplementedError


async def test_a_protected_group_is_known_by_what_came_before() -> None:
    gate = Gate(RateLimiter(1, 20), SystemClock(), print, print)
    client = Client(MemorySession(), 1, "hash", gate=gate)
    client._mb_entity_cache.set_self_user(OWNER.id, False, 1)
    listener = Listening()
    updates = Updates(client, People(client, print), listener, print)
    updates.open(OWNER, listener)
    now = datetime.now(UTC)
    for number, protects in enumerate((True, None, False, None), 1):
        group = protects is not None and types.Chat(
            GROUP, "Weekend", types.ChatPhotoEmpty(), 3, now, 1, noforwards=protects
        )
        updates.bring(message(client, number, group or None))
    assert [one.protected for one in listener.messages] == [True, True, False, False]


@pytest.mark.parametrize("duration", [math.nan, math.inf, -math.inf, -3.0])
def test_a_length_that_is_none_is_not_known(duration: float) -> None:
    video = types.DocumentAttributeVideo(duration, 1, 1, round_message=True)
    document = types.Document(1, 1, b"", None, "video/mp4", 1000, 2, [video])
    media = types.MessageMediaDocument(document=document)
    voice = voice_of(SimpleNamespace(media=media, noforwards=False, chat=None))
    assert voice is not None
    assert voice.seconds == 0.0
