"""The config against the typed sections: every key known, every value of its type.

What the sections of `userbot.settings` say in their annotations is checked here, strictly: "6"
is no number and 1 is not true. Problems name keys and types, never a value of the file, for it
may be a secret in a wrong place.
"""

from __future__ import annotations

import dataclasses
import math
from datetime import date, datetime, time
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le, MinLen

from userbot.config.keys import Key, Problem, label, shown_name, table_label
from userbot.settings import Settings

_NO: Final = object()
"""A value that does not fit."""


def check_shape(data: dict[str, Any]) -> tuple[Settings | None, list[Problem]]:
    """Read parsed TOML as settings: those, or None and every problem."""
    reader = _Reader()
    settings = reader.section(Settings, data, ())
    return (None if reader.problems else settings), reader.problems


def section_of(name: str) -> str | None:
    """The section that has a key of this name, if there is just one."""
    owners = [
        section
        for section, kind in _hints(Settings).items()
        if dataclasses.is_dataclass(kind) and name in _keys(kind)
    ]
    return owners[0] if len(owners) == 1 else None


class _Reader:
    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def section(self, kind: Any, value: Any, key: Key) -> Any:
        """A table as an instance of a section; whatever is wrong becomes a problem."""
        if not isinstance(value, dict):
            hint = "Write [[chats]] with two brackets." if key[0] == "chats" else ""
            return self._wrong(table_label(key), key, f"must be a table, not {_noun(value)}", hint)
        known = _keys(kind)
        self.problems += [_unknown(kind, name, value, key) for name in value if name not in known]
        hints = _hints(kind)
        given = {}
        for name, field in known.items():
            here = (*key, name)
            if name in value:
                given[field.name] = self._value(hints[field.name], value[name], here)
            elif _required(field):
                if dataclasses.is_dataclass(hints[field.name]):
                    self.section(hints[field.name], {}, here)
                else:
                    wanted = " or ".join(_name(one) for one in _options(hints[field.name]))
                    self._wrong(label(here), here, "is missing", f"It takes {wanted}.")
        return _NO if self.problems else kind(**given)

    def _value(self, kind: Any, value: Any, key: Key) -> Any:
        options = _options(kind)
        first = options[0]
        inner = get_args(first)
        if dataclasses.is_dataclass(first):
            return self.section(first, value, key)
        if get_origin(first) is dict:
            if not isinstance(value, dict):
                return self._wrong(table_label(key), key, f"must be a table, not {_noun(value)}")
            return {name: self._value(inner[1], one, (*key, name)) for name, one in value.items()}
        if get_origin(first) is tuple and dataclasses.is_dataclass(inner[0]):
            if not isinstance(value, list):
                hint = "Write [[chats]] with two brackets."
                return self._wrong(
                    table_label(key), key, f"must be blocks, not {_noun(value)}", hint
                )
            return tuple(self.section(inner[0], one, (*key, i)) for i, one in enumerate(value))
        for option in options:
            read = _fit(option, value)
            if read is not _NO:
                return read
        message = f"must be {_wanted(options, value)}"
        return self._wrong(label(key), key, message, _help(options, value))

    def _wrong(self, name: str, key: Key, message: str, hint: str = "") -> object:
        self.problems.append(Problem(key, f"{name} {message}", hint))
        return _NO


def _unknown(kind: Any, name: str, table: dict[str, Any], key: Key) -> Problem:
    close = get_close_matches(name.lower(), _keys(kind), n=1)
    shown = shown_name(name)
    if not key:
        owner = section_of(name)
        if owner is not None and not isinstance(table[name], dict):
            return Problem((name,), f'"{name}" stands in no section', f"Move it under [{owner}].")
        hint = f"Did you mean [{close[0]}]?" if close else f"There are {_listed(_keys(kind))}."
        return Problem((name,), f"there is no section [{shown}]", hint)
    owner = section_of(name)
    if close:
        hint = f'Did you mean "{close[0]}"?'
    elif owner is not None:
        hint = f"It belongs under [{owner}]."
    else:
        hint = f"Here stand {_listed(_keys(kind))}."
    return Problem((*key, name), f'{table_label(key)} has no key "{shown}"', hint)


def _keys(kind: Any) -> dict[str, dataclasses.Field[Any]]:
    """The keys of a section as written in the file: `from_` is "from" there."""
    return {field.name.removesuffix("_"): field for field in dataclasses.fields(kind)}


def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _required(field: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return field.default is missing and field.default_factory is missing


def _options(kind: Any) -> list[Any]:
    """The alternatives of an annotation; None only stands for a key that is not set."""
    if get_origin(kind) in (Union, UnionType):
        return [option for option in get_args(kind) if option is not NoneType]
    return [kind]


def _fit(kind: Any, value: Any) -> Any:
    """The value as the annotation wants it, or _NO."""
    origin = get_origin(kind)
    if origin is Annotated:
        base, *limits = get_args(kind)
        read = _fit(base, value)
        return read if read is not _NO and all(_within(read, limit) for limit in limits) else _NO
    if origin in (Union, UnionType):
        fits = (_fit(option, value) for option in get_args(kind))
        return next((read for read in fits if read is not _NO), _NO)
    if origin is Literal:
        return value if isinstance(value, str) and value in get_args(kind) else _NO
    if origin is tuple:
        if not isinstance(value, list):
            return _NO
        items = tuple(_fit(get_args(kind)[0], item) for item in value)
        return _NO if any(item is _NO for item in items) else items
    if kind is Path:
        fine = isinstance(value, str) and value.strip() and "\0" not in value
        return Path(value) if fine else _NO
    if kind is float:
        return _number(value)
    return value if type(value) is kind else _NO


def _number(value: Any) -> Any:
    if type(value) not in (int, float) or abs(value) > 1e15 or math.isnan(value):
        return _NO
    return value


def _within(value: Any, limit: Any) -> bool:
    if isinstance(limit, MinLen):
        return len(value.strip()) >= limit.min_length
    if isinstance(limit, Ge):
        return bool(value >= limit.ge)
    if isinstance(limit, Gt):
        return bool(value > limit.gt)
    return bool(value <= limit.le)


def _wanted(options: list[Any], value: Any) -> str:
    """What a key takes, and what it was given if that is another type."""
    wanted = " or ".join(_name(option) for option in options)
    types = {kind for option in options for kind in _types(option)}
    return wanted if type(value) in types else f"{wanted}, not {_noun(value)}"


def _types(kind: Any) -> tuple[type, ...]:
    """The types of TOML that an annotation is about, whatever else it asks of them."""
    origin = get_origin(kind)
    if origin is Annotated:
        return _types(get_args(kind)[0])
    if origin is tuple:
        return (list,)
    if kind is float:
        return (int, float)
    return (kind,) if kind in (bool, int) else (str,)


def _name(kind: Any) -> str:
    origin = get_origin(kind)
    if origin is Annotated:
        base, *limits = get_args(kind)
        return _name(base) + _range(limits)
    if origin is Literal:
        return _listed(get_args(kind), "or")
    if origin is tuple:
        return "a list of texts" if get_args(kind)[0] is str else "a list of @names and ids"
    return {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        Path: "a path in quotes",
    }.get(kind, "a text in quotes")


def _range(limits: list[Any]) -> str:
    low = next((limit.ge for limit in limits if isinstance(limit, Ge)), None)
    high = next((limit.le for limit in limits if isinstance(limit, Le)), None)
    above = next((limit.gt for limit in limits if isinstance(limit, Gt)), None)
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f" of at least {low}"
    if above is not None:
        return f" above {above}" + (f", at most {high}" if high is not None else "")
    return " that is not empty"


def _noun(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int):
        return "a whole number"
    if isinstance(value, float):
        return "a number with a fraction"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, datetime | date | time):
        return "a date or time"
    return "text"


def _help(options: list[Any], value: Any) -> str:
    if not isinstance(value, str):
        return ""
    words = [
        word for option in options if get_origin(option) is Literal for word in get_args(option)
    ]
    close = get_close_matches(value.strip().lower(), words, n=1)
    if close:
        return f'Did you mean "{close[0]}"?'
    if value.startswith("@") and any(get_origin(option) is tuple for option in options):
        return "Put it in brackets: a list."
    types = {kind for option in options for kind in _types(option)}
    if types & {int, float}:
        return "Write the number without quotes."
    return "Write it without quotes." if bool in types else ""


def _listed(words: Any, joint: str = "and") -> str:
    quoted = [f'"{word}"' for word in words]
    return f" {joint} ".join([", ".join(quoted[:-1]), quoted[-1]]) if quoted[1:] else quoted[0]
