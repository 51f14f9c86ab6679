"""A text as Telegram takes it in (core.telegram.org/api/entities).

Rules:
1. White space around a text is dropped, and its entities move with it. An empty text is refused.
2. A text has at most 4096 characters and 100 entities, counted and placed in UTF-16 units; a
   caption has at most 1024 and may be empty.
3. An entity outside the text is refused.
4. Telegram itself marks @names, #tags, /commands and addresses that no code or link covers.
"""

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass

from . import tl
from .errors import bad_request

MAX_LENGTH = 4096
MAX_CAPTION = 1024
MAX_ENTITIES = 100

_FOUND = re.compile(
    r"(?P<url>https?://[^\s<>\"]+[^\s<>\".,;:!?)])"
    r"|(?<![\w@/])@(?P<mention>[A-Za-z]\w{3,31})"
    r"|(?<![\w/])/(?P<command>\w{1,64})(?:@\w{3,32})?(?![\w/])"
    r"|(?<![\w#])#(?P<tag>\w*[^\W\d]\w*)"
)
_KINDS = {
    "url": tl.types.MessageEntityUrl,
    "mention": tl.types.MessageEntityMention,
    "command": tl.types.MessageEntityBotCommand,
    "tag": tl.types.MessageEntityHashtag,
}
_OPAQUE = (
    tl.types.MessageEntityCode,
    tl.types.MessageEntityPre,
    tl.types.MessageEntityTextUrl,
    tl.types.MessageEntityMentionName,
    *_KINDS.values(),
)


@dataclass(frozen=True, slots=True)
class FormattedText:
    """A text that was accepted."""

    text: str
    entities: list[tl.Tl]


def prepare(
    text: str,
    entities: Iterable[tl.Tl],
    people: Container[int],
    *,
    caption: bool = False,
) -> FormattedText:
    """The text and entities that Telegram stores; `people` may be named by their ids.

    Raises RpcError for what it does not take.
    """
    stripped = text.strip()
    if not stripped and not caption:
        raise bad_request("MESSAGE_EMPTY")
    length = utf16_length(stripped)
    if caption and length > MAX_CAPTION:
        raise bad_request("MEDIA_CAPTION_TOO_LONG")
    if length > MAX_LENGTH:
        raise bad_request("MESSAGE_TOO_LONG")
    shift = utf16_length(text[: len(text) - len(text.lstrip())])
    whole = utf16_length(text)
    kept: list[tl.Tl] = []
    for entity in entities:
        start, end = entity.offset, entity.offset + entity.length
        if start < 0 or end <= start or end > whole:
            raise bad_request("ENTITY_BOUNDS_INVALID")
        start, end = max(start - shift, 0), min(end - shift, length)
        if start < end:
            kept.append(_stored(entity, start, end - start, people))
    if len(kept) > MAX_ENTITIES:
        raise bad_request("ENTITIES_TOO_LONG")
    kept += _found(stripped, kept)
    kept.sort(key=lambda entity: (entity.offset, -entity.length))
    return FormattedText(stripped, kept[:MAX_ENTITIES])


def utf16_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _stored(entity: tl.Tl, offset: int, length: int, people: Container[int]) -> tl.Tl:
    if isinstance(entity, tl.types.InputMessageEntityMentionName):
        user_id = getattr(entity.user_id, "user_id", None)
        if user_id not in people:
            raise bad_request("ENTITY_MENTION_USER_INVALID")
        return tl.types.MessageEntityMentionName(offset, length, user_id)
    copy = tl.read(bytes(entity))
    copy.offset, copy.length = offset, length
    return copy


def _found(text: str, taken: list[tl.Tl]) -> list[tl.Tl]:
    covered = [(e.offset, e.offset + e.length) for e in taken if isinstance(e, _OPAQUE)]
    found: list[tl.Tl] = []
    for match in _FOUND.finditer(text):
        offset = utf16_length(text[: match.start()])
        end = offset + utf16_length(match.group())
        if not any(start < end and offset < stop for start, stop in covered):
            found.append(_KINDS[match.lastgroup or "url"](offset, end - offset))
    return found
