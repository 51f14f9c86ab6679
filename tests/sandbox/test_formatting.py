"""Texts as Telegram takes them in."""

from typing import Any

import pytest
from telethon.tl import types as t

from userbot.sandbox.errors import RpcError
from userbot.sandbox.formatting import prepare

BOLD, CODE = t.MessageEntityBold, t.MessageEntityCode


def shape(entities: list[Any]) -> list[tuple[str, int, int]]:
    return [(type(e).__name__.removeprefix("MessageEntity"), e.offset, e.length) for e in entities]


@pytest.mark.parametrize(
    ("text", "given", "stored", "entities"),
    [
        pytest.param("plain", [], "plain", [], id="plain"),
        pytest.param("  hi \n", [BOLD(2, 2)], "hi", [("Bold", 0, 2)], id="stripped"),
        pytest.param(" hi ", [BOLD(0, 4)], "hi", [("Bold", 0, 2)], id="clipped"),
        pytest.param("hi  ", [BOLD(2, 2)], "hi", [], id="nothing left of it"),
        pytest.param("🙂 @bobby", [], "🙂 @bobby", [("Mention", 3, 6)], id="UTF-16"),
        pytest.param("me@example.com", [], "me@example.com", [], id="no mention in a mail"),
        pytest.param("/gpt why?", [], "/gpt why?", [("BotCommand", 0, 4)], id="command"),
        pytest.param("1/2", [], "1/2", [], id="no command in a fraction"),
        pytest.param("#tag #1", [], "#tag #1", [("Hashtag", 0, 4)], id="hashtag"),
        pytest.param(
            "see https://a.example/b?c.",
            [],
            "see https://a.example/b?c.",
            [("Url", 4, 21)],
            id="url",
        ),
        pytest.param(
            "`@bobby`", [CODE(1, 6)], "`@bobby`", [("Code", 1, 6)], id="nothing is found in code"
        ),
        pytest.param(
            "@bobby",
            [BOLD(0, 6)],
            "@bobby",
            [("Bold", 0, 6), ("Mention", 0, 6)],
            id="both at once",
        ),
    ],
)
def test_a_text_is_stored_as_telegram_would(
    text: str, given: list[Any], stored: str, entities: list[tuple[str, int, int]]
) -> None:
    ready = prepare(text, given, ())
    assert ready.text == stored
    assert shape(ready.entities) == entities


@pytest.mark.parametrize(
    ("text", "entities", "error"),
    [
        (" ", [], "MESSAGE_EMPTY"),
        ("x" * 4097, [], "MESSAGE_TOO_LONG"),
        ("hi", [BOLD(0, 3)], "ENTITY_BOUNDS_INVALID"),
        ("hi", [BOLD(-1, 2)], "ENTITY_BOUNDS_INVALID"),
        ("hi", [BOLD(0, 0)], "ENTITY_BOUNDS_INVALID"),
        ("x" * 200, [BOLD(n, 1) for n in range(101)], "ENTITIES_TOO_LONG"),
        (
            "hi",
            [t.InputMessageEntityMentionName(0, 2, t.InputUser(5, 6))],
            "ENTITY_MENTION_USER_INVALID",
        ),
    ],
)
def test_a_text_can_be_refused(text: str, entities: list[Any], error: str) -> None:
    with pytest.raises(RpcError, match=error):
        prepare(text, entities, ())
