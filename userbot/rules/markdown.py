"""The model's Markdown as Telegram shows it: plain text with entities, in messages of a size."""

from __future__ import annotations

from dataclasses import replace

from telegramify_markdown import RenderConfig, convert, split_entities

from userbot.messages import Entity, RichText

MESSAGE_UNITS = 4096
"""UTF-16 units of one message (core.telegram.org/api/config, `message_length_max`)."""

_KINDS = frozenset(
    {
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "code",
        "pre",
        "text_link",
        "blockquote",
        "expandable_blockquote",
    }
)


def _plain_symbols() -> RenderConfig:
    config = RenderConfig.isolated()
    symbol = config.markdown_symbol
    # Bold headings say enough; the library's pictures before them are not the model's words.
    symbol.heading_level_1 = symbol.heading_level_2 = ""
    symbol.heading_level_3 = symbol.heading_level_4 = ""
    symbol.unordered_list_item = "•"
    symbol.image = symbol.link = ""
    return config


_CONFIG = _plain_symbols()


def broken_off(parts: tuple[RichText, ...]) -> tuple[RichText, ...]:
    """The messages of an answer that will not be finished: the last one ends with an ellipsis."""
    *whole, last = parts
    return (*whole, replace(last, text=last.text + " …"))


def render(markdown: str) -> tuple[RichText, ...]:
    """Markdown as one or more messages of at most `MESSAGE_UNITS` UTF-16 units each.

    Text that would show nothing gives no message at all.
    """
    text, entities = convert(markdown, config=_CONFIG)
    parts = []
    for part, clipped in split_entities(text, entities, MESSAGE_UNITS):
        if not part.strip():
            continue
        kept = tuple(
            Entity(entity.type, entity.offset, entity.length, entity.url, entity.language)
            for entity in clipped
            if entity.type in _KINDS
        )
        parts.append(RichText(part, kept))
    return tuple(parts)
