"""What a model thinks is neither shown nor kept, however it is cut into pieces."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userbot.openai_api.chat import OpenAIChat
from userbot.openai_api.reading import AnswerReader, ThoughtFilter
from userbot.sandbox.endpoint import Endpoint, Reply
from userbot.settings import OpenAIConfig
from userbot.types import Delta, Finish

from .test_chat import REQUEST, chunk

CASES = [
    pytest.param("Hello.", "Hello.", id="no thought"),
    pytest.param("<think>hm</think>Hello.", "Hello.", id="a thought"),
    pytest.param("\n<think>\nhm\n</think>\n\nHello.", "Hello.", id="with lines around"),
    pytest.param("<Thinking>a < b</thinking> Hello.", "Hello.", id="another name"),
    pytest.param("<think>a</think><think>b</think>Hello.", "Hello.", id="two thoughts"),
    pytest.param("<think></think>\n\nHello.", "Hello.", id="an empty one"),
    pytest.param("<think>never ends", "", id="one that does not end"),
    pytest.param("Use <think>x</think>.", "Use <think>x</think>.", id="somebody's words"),
    pytest.param("<thin", "<thin", id="no tag after all"),
    pytest.param("<b>bold</b>", "<b>bold</b>", id="another tag"),
    pytest.param("  indented", "  indented", id="space before the answer"),
]


@pytest.mark.parametrize(("text", "answer"), CASES)
@given(data=st.data())
def test_in_any_pieces(data: st.DataObject, text: str, answer: str) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)))))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    thinking = ThoughtFilter()
    assert "".join([*map(thinking.feed, pieces), thinking.rest()]) == answer


def test_a_thought_of_any_length_holds_nothing_up_and_keeps_little() -> None:
    thinking = ThoughtFilter()
    thinking.feed("<think>")
    for _ in range(10_000):
        assert thinking.feed("hm, ") == ""
    assert len(thinking._held) < 20
    assert thinking.feed("</think>Hello") == "Hello"


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
    reading = AnswerReader("m")
    reading.feed({"choices": [{"delta": delta}]})
    assert reading.taken() == ""
    assert not reading.has_text
    assert reading.thought() == (0 if "reasoning_details" in delta else 2)
    reading.feed(chunk("Hello"))
    assert (reading.taken(), reading.thought()) == ("Hello", 0)


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
