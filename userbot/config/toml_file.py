"""A TOML file as tables, and the line on which each of its keys stands.

The parser proper gives values without places. The scanner takes a text that the parser has
accepted, so it never judges; it follows headers, [[blocks]], dotted keys, arrays and inline
tables. Grammar: https://toml.io/en/v1.1.0
Whatever is wrong with the file as a whole is one plain fault.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from pathlib import Path
from typing import Any, Final, NoReturn

import tomli

from userbot.config.faults import Key
from userbot.errors import ConfigError, Fault, system_reason
from userbot.texts import Text, _

_MOST_BYTES: Final = 1_000_000
_INIT: Final = _("`userbot init` creates one; --config FILE uses another.")
_TOKEN = re.compile(
    r'''(?P<text>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?'{3,5}|"(?:\\.|[^"\\])*"|'[^']*')'''
    r"""|\#[^\n]*|(?P<newline>\n)|(?P<mark>[\[\]{}=,.])|(?P<word>[^\s\[\]{}=,.\#"']+)""",
    re.DOTALL,
)
_END = ""

_SHOWS: Final = _("https://toml.io shows how such a file is written.")
_QUOTES: Final = _("Put texts in quotes; numbers, true and false without.")
_CLOSED: Final = _("A quotation mark may be missing at the end of a text.")
_TWICE: Final = _("Remove one of the two.")
_SLASH: Final = _("In a path write / for \\, or put the text in single quotes.")
_TOMLI: Final = (
    ("twice|Duplicate|overwrite|namespace", _("a key or a section appears twice"), _TWICE),
    ("Invalid value", _("invalid value"), _QUOTES),
    ("Unescaped", _("a \\ in a text"), _SLASH),
    ("Illegal character", _("illegal character"), _CLOSED),
    ("Unterminated", _("unterminated text"), _CLOSED),
    ("Unclosed", _("unclosed bracket"), _SHOWS),
    ("date|hex", _("invalid date or number"), _QUOTES),
    ("newline", _("more text after a value"), _SHOWS),
    ("[Ee]xpected '(.{1,2})'", _("{sign} is missing"), _SHOWS),
    ("statement|key", _("invalid line"), _SHOWS),
)
"""What the parser says, for people alone: by what its sentences are known, and how we say it."""


def read(path: Path) -> tuple[dict[str, Any], dict[Key, int]]:
    """The file's tables and the line of each key. Raises ConfigError with a single fault."""
    return parse(path, _text(path))


def parse(path: Path, text: str) -> tuple[dict[str, Any], dict[Key, int]]:
    """The same of a text that this file holds, or is going to hold."""
    try:
        return tomli.loads(text), lines_of(text)
    except tomli.TOMLDecodeError as error:
        message, hint = _syntax(error.msg)
        raise fault(f"{path.name}:{error.lineno}:{error.colno}", message, hint) from None
    except (ValueError, RecursionError):  # tomli's limits on digits and on nesting
        told = _("the config file {path} contains a number or a list that is far too long")
        _refuse(path, told, _("It should be a small text file."))


def fault(where: str, message: str, hint: str) -> ConfigError:
    """A config that is wrong in one way."""
    return ConfigError((Fault(where, message, hint),))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        _refuse(path, _("the config file {path} does not exist"), _INIT)
    except IsADirectoryError:
        _refuse(path, _("the config file {path} is a folder"), _INIT)
    except PermissionError:
        hint = _("Run the program as the owner of that file.")
        _refuse(path, _("you have no permission to read the config file {path}"), hint)
    except (OSError, ValueError) as error:
        why = system_reason(error) if isinstance(error, OSError) else _("invalid file name")
        _refuse(path, _("the config file {path} cannot be read: {why}"), _INIT, why)
    if len(content) > _MOST_BYTES:
        _refuse(path, _("the config file {path} is too large"), _INIT)
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        told = _("the config file {path} is not UTF-8 text (line {line})", path=path, line=line)
        hint = _("Save it as UTF-8 in your editor, or move it away and run `userbot init`.")
        raise fault("", told, hint) from None  # it names the file itself


def _refuse(path: Path, told: Text, hint: str, why: str = "") -> NoReturn:
    raise fault("", told.filled(path=path, why=why), hint) from None  # it names the file itself


def _syntax(message: str) -> tuple[str, str]:
    """What the parser found, without words of the file, and what is usually meant."""
    for pattern, what, hint in _TOMLI:
        if found := re.search(pattern, message):
            what = what.filled(sign=found[1]) if found.groups() else what
            return _("this is not valid TOML: {what}", what=what), hint
    return _("this is not valid TOML"), _SHOWS


def lines_of(text: str) -> dict[Key, int]:
    """Every key and table of a valid TOML text, and the line (from 1) where it first stands.

    Blocks of [[name]] and elements of arrays are counted from 0.
    """
    return _Scanner(text).lines


class _Scanner:
    def __init__(self, text: str) -> None:
        self.lines: dict[Key, int] = {}
        self._starts = [found.end() for found in re.finditer("\n", text)]
        self._tokens = _TOKEN.finditer(text)
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

    def _advance(self) -> None:
        for found in self._tokens:
            if found.lastgroup is not None:  # not a comment
                self._piece, self._kind, self._offset = found[0], found.lastgroup, found.start()
                return
        self._piece = self._kind = _END

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
        opening, position = self._piece, 0
        if opening in ("[", "{"):
            self._advance()
            self._skip("\n", ",")
            while self._piece not in ("]", "}", _END):
                if opening == "{":
                    self._pair(key)
                else:
                    self.lines[(*key, position)] = self._line(self._offset)
                    self._value((*key, position))
                    position += 1
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
