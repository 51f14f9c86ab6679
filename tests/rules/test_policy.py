"""Whose answers may look up what was said in a chat."""

from __future__ import annotations

import pytest

from userbot.rules.policy import Allowed, may_search
from userbot.settings import ChatConfig, MaySearch


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
