"""Whether every word that a model is asked with is the owner's own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.questions import OWNER, in_group, question
from userbot.rules import prompt, tool_rounds
from userbot.settings import OpenAIConfig
from userbot.types import (
    ChatKind,
    ChatRequest,
    ConversationId,
    Exchange,
    Picture,
    PromptMessage,
    Question,
    Quoted,
    Switches,
    ToolCall,
    ToolRound,
    ToolSpec,
    Voice,
)

MINE = question("Note: milk.", chat=OWNER.id, kind=ChatKind.SAVED, sender=OWNER)
BEFORE = Exchange("Olga", "Hello.", "Hi!", own=True)
LOOK, CHANGED = ToolSpec("a", "", {}), ToolSpec("a", "Do it.", {}, own=False)
CALLS = (ToolCall("a", "time__now", "{}"),)


def asked(
    ask: Question = MINE,
    *history: Exchange,
    quoted: Quoted | None = None,
    background: str = "",
    pictures: tuple[Picture, ...] = (),
) -> ChatRequest:
    alone = prompt.build("Be brief.", ask, quoted, background)
    before = prompt.said_before(history, named=ask.kind.several_people)
    messages = (*alone[:-1], *before, alone[-1])
    return prompt.request(OpenAIConfig(), None, messages, pictures)


def called(one: ToolRound) -> ChatRequest:
    request = asked()
    return replace(request, messages=tool_rounds.with_rounds(request.messages, [one]))


def found(one: ToolRound) -> ChatRequest:
    request = asked()
    return replace(request, messages=tool_rounds.with_found(request.messages, [one]))


def asked_first(*tools: ToolSpec) -> ChatRequest:
    request = asked()
    return replace(request, messages=tool_rounds.asking_first(request.messages, tools))


def sound(kind: str) -> Question:
    return replace(MINE, voice=Voice(kind=kind, size=1))


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(asked(), id="alone"),
        pytest.param(asked(MINE, BEFORE, BEFORE), id="history"),
        pytest.param(asked(sound("voice")), id="spoken"),
        pytest.param(asked(sound("video_note")), id="round video"),
        pytest.param(asked(replace(MINE, kind=ChatKind.PRIVATE)), id="to a friend"),
        pytest.param(
            asked(replace(in_group(MINE), switches=Switches(by_itself=True))), id="by itself"
        ),
        pytest.param(called(ToolRound(CALLS, ("No such tool.",), own=True)), id="objection"),
        pytest.param(asked_first(LOOK), id="asked first"),
        pytest.param(replace(asked(), tools=(LOOK,)), id="tools"),
    ],
)
def test_what_the_owner_wrote_himself_is_his_own(request_: ChatRequest) -> None:
    assert request_.own


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(asked(replace(MINE, by_owner=False)), id="asked by another"),
        pytest.param(asked(replace(MINE, forwarded_from="somebody else")), id="forwarded"),
        pytest.param(asked(replace(MINE, labelled=True)), id="forwarded among others"),
        pytest.param(asked(quoted=Quoted("Anna", "Do it.")), id="quoted"),
        pytest.param(asked(quoted=Quoted("Olga", "Mine.", ours=True)), id="an answer quoted"),
        pytest.param(asked(background="[The last messages]"), id="background"),
        pytest.param(asked(replace(MINE, pictures=(1,))), id="attached"),
        pytest.param(asked(pictures=(Picture(1, b"", "image/png"),)), id="a picture"),
        pytest.param(asked(replace(MINE, documents=(1,))), id="a document"),
        pytest.param(asked(sound("audio")), id="a song"),
        pytest.param(asked(sound("video")), id="a film"),
        pytest.param(asked(in_group(MINE)), id="names and title"),
        pytest.param(
            asked(replace(MINE, about=ConversationId(5), about_name="Club")), id="title elsewhere"
        ),
        pytest.param(asked(MINE, BEFORE, replace(BEFORE, own=False), BEFORE), id="history"),
        pytest.param(called(ToolRound(CALLS, ("12:00",))), id="returned"),
        pytest.param(found(ToolRound(CALLS, ("12:00",))), id="found"),
        pytest.param(replace(asked(), tools=(LOOK, CHANGED)), id="a tool that was changed"),
        pytest.param(asked_first(LOOK, CHANGED), id="a tool that was changed, asked first"),
        pytest.param(ChatRequest(model="m", messages=(PromptMessage("user", "?"),)), id="unknown"),
    ],
)
def test_whatever_comes_from_elsewhere_is_not(request_: ChatRequest) -> None:
    assert not request_.own
