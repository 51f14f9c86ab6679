"""An answer in whatever pieces it arrives: its events, and what of it is a thought."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pace import growth
from userbot.openai_api.chat import OpenAIChat
from userbot.openai_api.reading import AnswerReader
from userbot.openai_api.sent_events import MOST, SentEvents
from userbot.sandbox.endpoint import Endpoint, Reply
from userbot.settings import OpenAIConfig
from userbot.types import Delta, Finish

from .test_chat import REQUEST, chunk


@pytest.mark.parametrize(
    "delta",
    [
        {"reasoning_content": "hm", "content": None},
        {"reasoning": "hm"},
        {"reasoning_details": [{"text": "hm"}], "content": ""},
        {"content": [{"type": "thinking", "text": "hm"}]},
    ],
)
def test_fields_for_thoughts_are_not_read(delta: dict[str, object]) -> None:
    answer = AnswerReader("m")
    told = list(answer.feed(json.dumps({"choices": [{"delta": delta}]}).encode() + b"\n\n"))
    assert [(one.text, one.thought) for one in told] == [("", 2)] * (
        "reasoning_details" not in delta
    )
    (shown,) = answer.feed(json.dumps(chunk("Hello")).encode() + b"\n\n")
    assert (shown.text, shown.thought) == ("Hello", 0)


@pytest.mark.parametrize("stream", [True, False])
async def test_a_thinking_model_over_sockets(stream: bool) -> None:
    endpoint = Endpoint()
    await endpoint.start()
    pieces = ("<th", "ink>I wonder", " about</thi", "nk>\n", "\nHel", "lo.")
    endpoint.responder = lambda _: Reply("".join(pieces), chunks=pieces, delay=0.01)
    chat = OpenAIChat(OpenAIConfig(api_key="sandbox-key", base_url=endpoint.base_url))
    *deltas, finish = [piece async for piece in chat.stream(replace(REQUEST, stream=stream))]
    await chat.aclose()
    await endpoint.stop()
    assert isinstance(finish, Finish)
    assert "".join(delta.text for delta in deltas if not isinstance(delta, Finish)) == "Hello."


async def test_what_was_thought_is_told_while_it_is_thought() -> None:
    endpoint = Endpoint()
    await endpoint.start()
    pieces = ("<think>", "I wonder about", " that</think>", "Hello.")
    endpoint.responder = lambda _: Reply("".join(pieces), chunks=pieces, delay=0.01)
    chat = OpenAIChat(OpenAIConfig(api_key="sandbox-key", base_url=endpoint.base_url))
    *deltas, _ = [piece async for piece in chat.stream(REQUEST)]
    await chat.aclose()
    await endpoint.stop()
    told = [(delta.text, delta.thought) for delta in deltas if isinstance(delta, Delta)]
    assert told == [("", 7), ("", 14), ("", 13), ("Hello.", 0)]


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
def test_events_in_any_pieces_are_the_same(
    text: str, events: list[str], data: st.DataObject
) -> None:
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
