"""How far a chat was read before its owner came to it."""

from __future__ import annotations

from datetime import timedelta

from tests.questions import NOW
from userbot.turn.visits import VISIT, Visits
from userbot.types import ConversationId

CHAT = ConversationId(-100)
AWAY = VISIT + timedelta(seconds=1)
A_MOMENT = timedelta(seconds=20)


def test_what_is_read_while_he_is_there_counts_as_unread() -> None:
    visits, now = Visits(), NOW
    visits.read(CHAT, 10, now)
    now += AWAY
    for message in (14, 17, 20):
        visits.read(CHAT, message, now)
        now += A_MOMENT
    assert visits.before(CHAT, now) == 10
    assert visits.before(ConversationId(-100, 7), now) == 0


def test_what_was_read_on_an_earlier_visit_is_read() -> None:
    visits = Visits()
    visits.read(CHAT, 10, NOW)
    assert visits.before(CHAT, NOW + AWAY) == 10


def test_of_the_first_visit_nobody_knows_what_was_read_before() -> None:
    visits = Visits()
    visits.read(CHAT, 10, NOW)
    visits.read(CHAT, 12, NOW + A_MOMENT)
    assert visits.before(CHAT, NOW + A_MOMENT) == 0


def test_older_chats_are_forgotten_first() -> None:
    visits = Visits()
    for chat in range(1, 2000):
        visits.read(ConversationId(chat), 5, NOW)
    assert visits.before(ConversationId(1), NOW + AWAY) == 0
    assert visits.before(ConversationId(1999), NOW + AWAY) == 5
