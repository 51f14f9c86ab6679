"""What holds in a chat: who may search it, how its sound is treated, which answers are spoken."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.questions import policy, question
from userbot.rules.policy import Allowed, ChatRule, may_search, voice_of
from userbot.settings import AnswerAs, ChatConfig, ChatVoiceConfig, MaySearch, VoiceConfig
from userbot.types import Voice


def block(search: MaySearch | None) -> ChatConfig:
    return ChatConfig(id=-1, respond="all", from_="contacts", search=search)


@pytest.mark.parametrize(
    ("general", "chat", "allowed", "expected"),
    [
        pytest.param("off", None, "contacts", "off", id="nothing is said"),
        pytest.param("me", None, "contacts", "me", id="no block"),
        pytest.param("askers", block(None), "contacts", "askers", id="a block that says nothing"),
        pytest.param("askers", block("off"), "contacts", "off", id="a block against it"),
        pytest.param("off", block("askers"), frozenset({5}), "askers", id="a block for it"),
        pytest.param("askers", block(None), "anyone", "me", id="a command let everybody in"),
        pytest.param("off", block("askers"), "anyone", "me", id="the same with a block for it"),
    ],
)
def test_a_block_says_whose_answers_search_its_chat(
    general: MaySearch, chat: ChatConfig | None, allowed: Allowed, expected: MaySearch
) -> None:
    assert may_search(general, chat, allowed) == expected


NOTE, SONG = Voice(kind="voice", size=100), Voice(kind="audio", size=100)


@pytest.mark.parametrize(
    ("everywhere", "here", "voice", "spoken"),
    [
        pytest.param("text", None, NOTE, False, id="as text, whatever was asked"),
        pytest.param("voice", None, None, True, id="by voice, whatever was asked"),
        pytest.param("same", None, NOTE, True, id="as it was asked: a note"),
        pytest.param("same", None, None, False, id="as it was asked: in writing"),
        pytest.param("same", None, SONG, False, id="a song was not spoken to anybody"),
        pytest.param("voice", "text", None, False, id="the chat's own block holds"),
    ],
)
def test_an_answer_is_spoken_where_its_chat_says_so(
    everywhere: AnswerAs, here: AnswerAs | None, voice: Voice | None, spoken: bool
) -> None:
    asked = replace(question(), voice=voice)
    own = None if here is None else VoiceConfig(answer_as=here)
    rule = ChatRule(respond="all", allowed="anyone", voice=own)
    rules = policy({asked.conversation.chat: rule}, voice=VoiceConfig(answer_as=everywhere))
    assert rules.answers_by_voice(asked) == spoken


def test_a_chats_own_words_win_over_the_general_ones() -> None:
    general = VoiceConfig(language="de", show="answer", wake_words=("olga",))
    chat = ChatConfig(
        id=1,
        respond="all",
        from_="me",
        voice=ChatVoiceConfig(show="both", enabled=False, wake_words=()),
    )
    merged = voice_of(general, chat)
    assert (merged.language, merged.show, merged.enabled, merged.wake_words) == (
        "de",
        "both",
        False,
        (),
    )
    assert voice_of(general, None) is general
