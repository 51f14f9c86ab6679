"""Calls of tools, as servers write them: read from the pieces of a stream or from a whole answer.

OpenAI sends a call's id and name in its first piece and its arguments as JSON in pieces behind an
index. Others leave out the index or the id, give every call the index 0, repeat the name in each
piece, send the arguments as an object (Ollama), the whole of it again at the end, or one call under
the older name `function_call`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from userbot.rules.plain import paired
from userbot.types import ToolCall

CALLED: Final = frozenset({"tool_calls", "function_call"})
"""Under which of these names a message calls, if it does."""
_EXTRA: Final = "extra_content"
"""What Gemini thought before a call stands there, signed; without it the result is refused.
https://ai.google.dev/gemini-api/docs/thought-signatures"""
_MOST_CALLS: Final = 16
"""Calls of one answer that are read; nobody needs as many at once."""
_MOST_CHARACTERS: Final = 2**16
"""Of the arguments of one answer; the rest is not kept, and what is cut is no JSON."""


@dataclass(slots=True)
class _Begun:
    """A call as far as it has come."""

    index: object
    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    def call(self) -> ToolCall:
        extra = json.dumps(self.extra) if self.extra else ""
        arguments = _json("".join(self.arguments))
        return ToolCall(paired(self.id), paired(self.name), arguments, extra)


class CallReader:
    """The calls of one answer. `came`: whether the model called anything, readable or not."""

    def __init__(self) -> None:
        self.came = False
        self._begun: list[_Begun] = []
        self._room = _MOST_CHARACTERS

    def feed(self, message: Mapping[str, Any], *, whole: bool = False) -> int:
        """Take what a piece or a `whole` message calls; gives the bytes of it.

        A whole message behind the pieces repeats them.
        """
        given = message.get("tool_calls")
        given = given if isinstance(given, list) else [given] if isinstance(given, dict) else []
        older = message.get("function_call")
        if isinstance(older, dict) and not given:
            given = [{"index": 0, "function": older}]
        self.came = self.came or bool(given)
        repeats = whole and bool(given and self._begun)
        if repeats:
            self._begun, self._room = [], _MOST_CHARACTERS
        size = sum(self._take(one, whole) for one in given if isinstance(one, dict))
        return 0 if repeats else size

    def calls(self, *, cut: bool = False) -> tuple[ToolCall, ...]:
        """What was called, in order; a call without a name is none.

        `cut`: the answer was ended by its length, which may have been in the middle of one.
        """
        calls = list(dict.fromkeys(one.call() for one in self._begun if one.name))
        if cut and calls and not _is_json(calls[-1].arguments):
            del calls[-1]
        return tuple(calls)

    def _take(self, piece: Mapping[str, Any], whole: bool) -> int:
        function = piece.get("function")
        function = function if isinstance(function, dict) else piece
        id_, name = _word(piece.get("call_id") or piece.get("id")), _word(function.get("name"))
        arguments = function.get("arguments")
        if arguments is not None and not isinstance(arguments, str):
            arguments = json.dumps(arguments, ensure_ascii=False)
        call = None if whole else self._of(piece.get("index"), id_, name, bool(arguments))
        if call is None:
            if len(self._begun) >= _MOST_CALLS:
                return 0
            call = _Begun(piece.get("index"))
            self._begun.append(call)
        call.id = call.id or id_
        if name != call.name and not call.arguments:
            call.name += name
        kept = (arguments or "")[: self._room]
        self._room -= len(kept)
        if kept:
            call.arguments.append(kept)
        if isinstance(piece.get(_EXTRA), dict):
            call.extra = {_EXTRA: piece[_EXTRA]}
        return len(name) + len((arguments or "").encode("utf-8", "surrogatepass"))

    def _of(self, index: object, id_: str, name: str, argues: bool) -> _Begun | None:
        """The call that a piece goes on with; None if it begins one."""
        if index is None:
            last = self._begun[-1] if self._begun else None
            begins = last is None or (bool(id_) and id_ != last.id) or (bool(name) and not id_)
            return None if begins else last
        for one in reversed(self._begun):
            if one.index == index:
                named = bool(name) and (id_ != one.id or not id_)
                another = bool(id_ and one.id) or (argues and _is_json("".join(one.arguments)))
                return None if named and another else one
        return None


def _word(value: object) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _json(text: str) -> str:
    """Arguments as JSON: nothing is an empty object, and what stands there twice stands once."""
    text = paired(text.strip())
    if not text or text == "null":
        return "{}"
    try:
        value, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, str) and end == len(text):  # JSON in a string
        return _json(value) if value.lstrip().startswith("{") else text
    return text[:end] if text[end:].lstrip().startswith("{") else text


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
