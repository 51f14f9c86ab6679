"""What a message carries is told in words, and hidden addresses with it."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from telethon.extensions import BinaryReader
from telethon.tl import types

from tests.pace import growth
from userbot.telegram.words import item, media_in_words, pages_of, said, with_addresses

EMPTY_POLL = types.PollResults()


def text(words: str) -> types.TextWithEntities:
    return types.TextWithEntities(words, [])


def document(*attributes: Any, mime: str = "application/pdf") -> Any:
    return types.MessageMediaDocument(
        document=types.Document(1, 1, b"", None, mime, 10, 1, list(attributes))
    )


POLL = types.MessageMediaPoll(
    types.Poll(
        1,
        text("Where to?"),
        [types.PollAnswer(text("The sea"), b"0"), types.PollAnswer(text("The\n[hills]"), b"1")],
        0,
    ),
    EMPTY_POLL,
)
CHECKLIST = types.MessageMediaToDo(
    types.TodoList(text("Trip"), [types.TodoItem(1, text("Tent")), types.TodoItem(2, text("Map"))]),
    [types.TodoCompletion(2, types.PeerUser(1), None)],
)
POINT = types.GeoPoint(long=37.6, lat=55.75, access_hash=1)
NAMED = types.DocumentAttributeFilename("plan.pdf")
STICKER = types.DocumentAttributeSticker("😀", types.InputStickerSetEmpty())
SONG = types.DocumentAttributeAudio(5, title="Song", performer="Ann")


@pytest.mark.parametrize(
    ("media", "words"),
    [
        (None, None),
        (types.MessageMediaEmpty(), None),
        (POLL, "poll “Where to?”, options: “The sea”; “The (hills)”"),
        (CHECKLIST, "checklist “Trip”, tasks: “Tent” (open); “Map” (done)"),
        (types.MessageMediaGeo(POINT), "place at latitude 55.75000, longitude 37.60000"),
        (types.MessageMediaGeo(types.GeoPointEmpty()), "place"),
        (
            types.MessageMediaVenue(POINT, "Café", "Main st. 1", "", "", ""),
            "place “Café”, “Main st. 1”, at latitude 55.75000, longitude 37.60000",
        ),
        (
            types.MessageMediaContact("+4912345", "Ann", "Lee", "TEL:+4912345", 5),
            "contact “Ann Lee”",
        ),
        (types.MessageMediaDice(4, "🎲"), "dice 🎲 showing 4"),
        (
            types.MessageMediaGame(types.Game(1, 1, "g", "Chess", "Mate", types.PhotoEmpty(1))),
            "game “Chess”: “Mate”",
        ),
        (
            types.MessageMediaInvoice("Tea", "Green", "EUR", 350, ""),
            "invoice “Tea”: “Green”, 350 of the smallest unit of EUR",
        ),
        (types.MessageMediaStory(types.PeerUser(1), 1), "story"),
        (
            types.MessageMediaGiveaway(
                [1], 3, datetime(2026, 12, 1, tzinfo=UTC), prize_description="Books"
            ),
            "giveaway of 3 until 2026-12-01 00:00 UTC, prize “Books”",
        ),
        (types.MessageMediaUnsupported(), "unsupported"),
        (types.MessageMediaPhoto(), "photo"),
        (document(NAMED), "document “plan.pdf”"),
        (document(), "document"),
        (document(STICKER, mime="image/webp"), "sticker 😀"),
        (document(SONG, mime="audio/mpeg"), "audio “Song” by “Ann”"),
        (document(types.DocumentAttributeAudio(5, voice=True), mime="audio/ogg"), "voice"),
        (document(types.DocumentAttributeAnimated(), mime="video/mp4"), "gif"),
    ],
)
def test_what_is_carried_is_told_in_words(media: Any, words: str | None) -> None:
    assert media_in_words(media) == words


def test_one_task_or_option_can_be_meant() -> None:
    assert item(SimpleNamespace(media=CHECKLIST), 2, b"") == "Map"
    assert item(SimpleNamespace(media=POLL), 0, b"0") == "The sea"
    assert item(SimpleNamespace(media=POLL), 1, b"9") == ""


@pytest.mark.parametrize(
    ("words", "link", "shown"),
    [
        ("😀 see this now", (3, 8, "https://a.example/x"), "😀 see this (https://a.example/x) now"),
        ("https://a.example", (0, 17, "https://a.example/"), "https://a.example"),
        ("a.example", (0, 9, "https://b.example"), "a.example (https://b.example)"),
        ("see", (5, 3, "https://a.example"), "see"),
    ],
)
def test_a_hidden_address_stands_behind_its_words(
    words: str, link: tuple[int, int, str], shown: str
) -> None:
    entity = types.MessageEntityTextUrl(*link)
    assert said(SimpleNamespace(message=words, entities=[entity])) == shown


def test_no_half_of_a_surrogate_pair_comes_over_the_line() -> None:
    sent = bytes(types.TextPlain("half")).replace(b"half", b"\xed\xa0\xbd!")
    assert BinaryReader(sent).tgread_object().text.encode()


def test_of_a_long_page_no_more_is_read_than_anybody_is_shown() -> None:
    class Unread(types.PageBlockParagraph):  # type: ignore[misc]
        text = property(lambda _: pytest.fail("it was read"), lambda *_: None)

    long = types.PageBlockParagraph(types.TextPlain("word " * 2000))
    blocks = [long, long, Unread(None)]
    page = types.WebPage(1, "a.example", "a", 0, cached_page=types.Page("a", blocks, [], []))
    (found,) = pages_of(SimpleNamespace(media=types.MessageMediaWebPage(page))) or ()
    assert len(found.text) == 20_000


def test_many_hidden_links_take_time_that_grows_with_their_number() -> None:
    def read(size: int) -> str:
        links = [types.MessageEntityTextUrl(at * 40, 20, "https://e.org") for at in range(size)]
        return with_addresses("🙂" + "я" * 40 * size, links)

    assert growth(lambda: read(40), lambda: read(400)) < 40
