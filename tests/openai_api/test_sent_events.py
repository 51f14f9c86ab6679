"""Server-sent events, in whatever pieces they arrive."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pace import growth
from userbot.openai_api.sent_events import MOST, SentEvents

STREAMS = [
    pytest.param("data: a\n\ndata: b\n\n", ["a", "b"], id="two"),
    pytest.param("data:a\r\n\r\ndata:  b\r\n\r\n", ["a", " b"], id="carriage return, line feed"),
    pytest.param("data: a\r\rdata: b\r\rdata: c", ["a", "b"], id="carriage return"),
    pytest.param("data: a\r\ndata: b\r\n\r\n", ["a\nb"], id="data of two lines"),
    pytest.param("data: a\u2028b\x0bc\x85\n\n", ["a\u2028b\x0bc\x85"], id="no ends of a line"),
    pytest.param(": alive\n\n: alive\ndata: a\n: alive\n\n", ["a"], id="comments"),
    pytest.param("event: ping\n\nid: 7\nretry: 9\n\n\n\n", [], id="nothing in them"),
    pytest.param("event: message\ndata: a\nid: 7\n\n", ["a"], id="other fields"),
    pytest.param("data: a\n\ndata: b\n", ["a"], id="no blank line at the end"),
    pytest.param("data: a\n\ndata: [DONE]\n\ndata: b\n\n", ["a"], id="the end"),
    pytest.param("\ufeffdata: a\n\n", ["a"], id="byte order mark"),
    pytest.param("data: жё🙂\n\n", ["жё🙂"], id="letters of several bytes"),
]


@pytest.mark.parametrize(("text", "events"), STREAMS)
@given(data=st.data())
def test_in_any_pieces_they_are_the_same(text: str, events: list[str], data: st.DataObject) -> None:
    raw = text.encode()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(raw)))))
    sent, found = SentEvents(), []
    for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True):
        if not sent.ended:
            found += sent.feed(raw[start:end])
    assert found == events
    assert sent.ended is ("[DONE]" in text)


def test_an_event_is_given_as_soon_as_it_is_complete() -> None:
    sent = SentEvents()
    assert sent.feed(b"data: a\r\n\r\n") == ["a"]
    assert sent.feed(b"data: b\n") == []
    assert sent.feed(b"\n") == ["b"]


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        SentEvents().feed(b"data: {}\n\n\xff\n\n")


@pytest.mark.parametrize(
    "piece",
    [b"x" * 1000, b"data: x\n" * 100, b"{      \n" * 100],
    ids=["a line", "lines", "braces"],
)
def test_an_event_without_an_end_is_refused(piece: bytes) -> None:
    sent = SentEvents()
    much = piece * (MOST // len(piece))
    sent.feed(much)
    with pytest.raises(ValueError, match="end"):
        sent.feed(much)


def test_a_long_line_takes_time_by_its_length_in_however_many_pieces_it_comes() -> None:
    def read(pieces: int) -> None:
        sent = SentEvents()
        sent.feed(b"data: ")
        for _ in range(pieces):
            sent.feed(b"x" * 2_000)
        assert [len(event) for event in sent.feed(b"\n\n")] == [2_000 * pieces]

    assert growth(lambda: read(200), lambda: read(2_000)) < 40
