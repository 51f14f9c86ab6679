"""The line on which each key of a TOML file stands.

The parser proper gives values without places. This scanner takes a text that the parser has
accepted, so it never judges; it follows headers, [[blocks]], dotted keys, arrays and inline
tables. Grammar: https://toml.io/en/v1.1.0
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator

import tomli

from userbot.config.keys import Key

_TOKEN = re.compile(
    r'''(?P<text>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?'{3,5}|"(?:\\.|[^"\\])*"|'[^']*')'''
    r"""|\#[^\n]*|(?P<newline>\n)|(?P<mark>[\[\]{}=,.])|(?P<word>[^\s\[\]{}=,.\#"']+)""",
    re.DOTALL,
)
_END = ""


def lines_of(text: str) -> dict[Key, int]:
    """Every key and table of a valid TOML text, and the line (from 1) where it first stands.

    Blocks of [[name]] and elements of arrays are counted from 0.
    """
    return _Scanner(text).lines


class _Scanner:
    def __init__(self, text: str) -> None:
        self.lines: dict[Key, int] = {}
        self._starts = [found.end() for found in re.finditer("\n", text)]
        self._tokens = self._scan(text)
        self._piece = self._kind = _END
        self._offset = 0
        self._blocks: Counter[Key] = Counter()
        self._advance()
        table: Key = ()
        while self._piece != _END:
            if self._kind == "newline":
                self._advance()
            elif self._piece == "[":
                table = self._header()
            else:
                self._pair(table)

    @staticmethod
    def _scan(text: str) -> Iterator[tuple[str, str, int]]:
        for found in _TOKEN.finditer(text):
            if found.lastgroup is not None:  # not a comment
                yield found.group(), found.lastgroup, found.start()

    def _advance(self) -> None:
        self._piece, self._kind, self._offset = next(self._tokens, (_END, _END, 0))

    def _skip(self, *unwanted: str) -> None:
        while self._piece in unwanted and self._piece != _END:
            self._advance()

    def _header(self) -> Key:
        offset = self._offset
        self._advance()
        block = self._piece == "["
        self._skip("[")
        key = self._in_blocks(self._name())
        self._skip("]")
        if block:
            self._blocks[key] += 1
            key = (*key, self._blocks[key] - 1)
        self._note((), key, offset)
        return key

    def _in_blocks(self, name: Key) -> Key:
        """A header's name, with the number of the newest block where it passes through one."""
        key: Key = ()
        for part in name[:-1]:
            key = (*key, part)
            if key in self._blocks:
                key = (*key, self._blocks[key] - 1)
        return (*key, *name[-1:])

    def _name(self) -> Key:
        parts: list[str] = []
        while self._kind in ("word", "text") or self._piece == ".":
            if self._kind == "text":
                parts.append(str(tomli.loads(f"key = {self._piece}")["key"]))
            elif self._kind == "word":
                parts.append(self._piece)
            self._advance()
        return tuple(parts)

    def _pair(self, table: Key) -> None:
        offset = self._offset
        name = self._name()
        self._note(table, name, offset)
        self._advance()  # the equals sign
        self._value((*table, *name))

    def _value(self, key: Key) -> None:
        if self._piece == "[":
            self._advance()
            self._skip("\n", ",")
            position = 0
            while self._piece not in ("]", _END):
                self.lines[(*key, position)] = self._line(self._offset)
                self._value((*key, position))
                self._skip("\n", ",")
                position += 1
            self._advance()
        elif self._piece == "{":
            self._advance()
            self._skip("\n", ",")
            while self._piece not in ("}", _END):
                self._pair(key)
                self._skip("\n", ",")
            self._advance()
        else:
            while self._kind in ("word", "text") or self._piece == ".":
                self._advance()

    def _note(self, table: Key, name: Key, offset: int) -> None:
        for end in range(1, len(name) + 1):
            self.lines.setdefault((*table, *name[:end]), self._line(offset))

    def _line(self, offset: int) -> int:
        return bisect_right(self._starts, offset) + 1
