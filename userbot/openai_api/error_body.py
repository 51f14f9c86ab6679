"""What an error object says, in whatever shape: its words, its slugs, the parameter it names.

Servers put the same few things under other names, in lists, as strings, in JSON inside a string,
and gateways put the answer of the server behind them into their own. So it is looked for by the
names that such things have, wherever they stand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

_SENTENCES: Final = (
    "message",
    "msg",
    "error_msg",
    "error_message",
    "errorMessage",
    "error_description",
    "status_msg",
    "statusMessage",
    "detail",
    "description",
    "reason",
    "title",
)
"""Names of what is said, the most telling first."""
_WITHIN: Final = ("error", "errors", "detail", "details", "base_resp", "response", "body", "cause")
"""Names of what may hold an error of its own."""
_BEHIND: Final = ("raw", "metadata", "provider_error", "upstream_error")
"""The same of the server behind a gateway: its words are the reason."""
_SLUGS: Final = ("code", "type", "status", "error_code", "error_type", "errorCode", "error")
_STATUS: Final = ("code", "status", "status_code", "statusCode", "http_status", "error_code")
_LONGEST_SLUG: Final = 80
_DEEPEST: Final = 6
_MOST: Final = 3
"""So many errors of a list are told."""


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """`status`: 0 where it names none; what is missing is empty."""

    text: str
    slugs: frozenset[str]
    param: str
    status: int


def read_error(body: object) -> ErrorBody:
    """Read an error object, a list of them, or a text that may hold one."""
    body = _opened(body)
    found = list(_objects(body, _DEEPEST))
    slugs = {str(one[name]) for one in found for name in _SLUGS if _is_slug(one.get(name))}
    params = (one.get(name) for one in found for name in ("param", "parameter"))
    statuses = (_status(one.get(name)) for one in found for name in _STATUS)
    return ErrorBody(
        text=_text(body, _DEEPEST),
        slugs=frozenset(slugs),
        param=next((param for param in params if isinstance(param, str) and param), ""),
        status=next(filter(None, statuses), 0),
    )


def is_error(body: Mapping[str, Any]) -> bool:
    """Whether an object that came with status 200 is an error, and no part of an answer."""
    if body.get("error"):
        return True
    if "choices" in body or body.get("usage") or body.get("object"):
        return False
    return bool(_text(body, _DEEPEST))


def _opened(value: object) -> object:
    """A text that is JSON, or an event of a stream, as what it holds."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.startswith("event:"):
        text = text.partition("\n")[2].lstrip()
    while text.startswith("data:"):
        text = text.removeprefix("data:").lstrip()
    if not text.startswith(("{", "[", '"')):
        return value
    try:
        # Behind an object more may follow, as another event; a quoted word only begins a sentence.
        return json.JSONDecoder().raw_decode(text)[0] if text[0] == "{" else json.loads(text)
    except (ValueError, RecursionError):
        return value


def _objects(value: object, deep: int) -> Iterator[Mapping[str, Any]]:
    """An object and what it holds of others, the innermost cause last."""
    value = _opened(value)
    if deep and isinstance(value, Mapping):
        yield value
        for name in (*_WITHIN, *_BEHIND, "message"):
            yield from _objects(value.get(name), deep - 1)
    elif deep and _is_list(value):
        for one in value[:_MOST]:
            yield from _objects(one, deep - 1)


def _text(value: object, deep: int) -> str:
    value = _opened(value)
    if isinstance(value, str):
        # A web page from something in between says nothing to a person.
        return "" if value.lstrip().startswith("<") else value.strip()
    if not deep:
        return ""
    if _is_list(value):
        return "; ".join(
            dict.fromkeys(filter(None, (_text(one, deep - 1) for one in value[:_MOST])))
        )
    if not isinstance(value, Mapping):
        return ""
    for name in _BEHIND:
        if behind := _text(value.get(name), deep - 1):
            return behind
    nested = [_text(value.get(name), deep - 1) for name in _WITHIN if not _is_slug(value.get(name))]
    within = "; ".join(dict.fromkeys(filter(None, nested)))
    own = next((text for name in _SENTENCES if (text := _own(value, name, deep - 1))), "")
    if own and within and own not in within and within not in own:
        text = f"{own.rstrip('.:')}: {within}"
    else:
        text = max(own, within, key=len)
    if not text and _is_slug(value.get("error")):
        text = str(value["error"])
    where = value.get("loc")
    if text and _is_list(where):
        return f"{'.'.join(map(str, where))}: {text}"
    return text


def _own(value: Mapping[str, Any], name: str, deep: int) -> str:
    said = value.get(name)
    return _text(said, deep) if isinstance(said, str) or name == "message" else ""


def _is_list(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _is_slug(value: object) -> bool:
    if isinstance(value, str):
        return bool(value) and len(value) < _LONGEST_SLUG and not re.search(r"\s", value)
    return isinstance(value, int) and not isinstance(value, bool)


def _status(value: object) -> int:
    if isinstance(value, str) and re.fullmatch(r"[45]\d\d", value):
        return int(value)
    return value if type(value) is int and 400 <= value < 600 else 0
