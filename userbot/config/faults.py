"""What is wrong in the config, as sentences for a person, each at its key.

The types say most of it (pydantic), `validate` what they cannot. A sentence names keys and types,
never a value of the file, for it may be a secret in a wrong place.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from types import MappingProxyType
from typing import Any, Final, get_args, get_type_hints

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from userbot.settings import Settings
from userbot.texts import Text, _, joined

Key = tuple[str | int, ...]
"""The way to a value through tables and lists: ("chats", 0, "respond")."""

BLOCKS: Final = ("chats", "tools")
"""What stands in the file as often as it is needed: [[chats]]."""
MISSING: Final = _("{key} is missing")
_MUST_BE: Final = _("{key} must be {wanted}")
_WANTED: Final = {
    "bool_type": _("true or false"),
    "int_type": _("a whole number"),
    "float_type": _("a number"),
    "finite_number": _("a finite number"),
    "greater_than_equal": _("at least {ge}"),
    "greater_than": _("above {gt}"),
    "less_than_equal": _("at most {le}"),
    "string_type": _("a text in quotes"),
    "string_pattern_mismatch": _("a text in quotes, not empty"),
    "path_type": _("a path in quotes"),
    "tuple_type": _("a list of texts"),
    "dataclass_type": _("a table"),
    "dict_type": _("a table"),
}
"""What a key must be, by the name that pydantic gives to what is wrong."""
_NOUNS: Final[dict[type, Text]] = {
    bool: _("true or false"),
    int: _("a whole number"),
    float: _("a number with a fraction"),
    str: _("text"),
    list: _("a list"),
    dict: _("a table"),
}
_OTHER_NOUN: Final = _("a date or time")
_DOTTED: Final = _('The name of a model with a dot stands in quotation marks: "gpt-5.5".')
_NUMBER_IN_QUOTES: Final = _("Write the number without quotes.")
_FLAG_IN_QUOTES: Final = _("Write it without quotes.")
_TAKES: Final = {
    "id": _("`userbot chats` lists them."),
    "respond": _('Use "all", "mention", "prefix" or "off".'),
    "from": _('Use "me", "contacts", "anyone", or a list of @names and ids.'),
}
"""What the keys without a default take."""


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong at a key: a plain sentence without any value of the file, and a hint."""

    key: Key
    message: str
    hint: str = ""

    @classmethod
    def at(cls, key: Key, told: Text, hint: str = "", /, **values: Any) -> Problem:
        """`told` with its particulars, among them `{key}` as a person finds it."""
        return cls(key, told.filled(**{"key": label(key), **values}), hint)


def label(key: Key) -> str:
    """A key as a person finds it: "[openai] model", "[[chats]] respond", "[telegram.server] dc".

    An entry of a list is found by its list.
    """
    if key[0] in BLOCKS:
        return table_label(key)
    *table, name = (part for part in key if isinstance(part, str))
    return f"{table_label(tuple(table))} {shown_name(name)}"


def table_label(key: Key) -> str:
    """A table as a person finds it: "[openai]", "[telegram.server]", "[[chats]] voice"."""
    shown = [shown_name(part) for part in key if isinstance(part, str)]
    if key[0] in BLOCKS:
        return " ".join([f"[[{key[0]}]]", ".".join(shown[1:])]).strip()
    return f"[{'.'.join(shown)}]"


def shown_name(name: str) -> str:
    """A name from the file, if it looks like one: what was pasted in a wrong place is not shown."""
    return name if re.fullmatch(r"[A-Za-z_]{1,32}|@\w{1,32}", name) else "…"


def did_you_mean(word: str, known: Iterable[str]) -> Text | None:
    """A hint at the known word that is almost the same, if there is one."""
    close = get_close_matches(word, known, n=1)
    return _('Did you mean "{name}"?', name=close[0]) if close else None


def value_at(data: Any, key: Key) -> Any:
    """The value at a key, or None if the way there ends."""
    for part in key:
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return None
    return data


def table_at(data: Any, *key: str | int) -> dict[str, Any]:
    """The table at a key, an empty one if there is none."""
    found = value_at(data, key)
    return found if isinstance(found, dict) else {}


def list_at(data: Any, *key: str | int) -> list[Any]:
    """The list at a key, an empty one if there is none."""
    found = value_at(data, key)
    return found if isinstance(found, list) else []


def blocks_at(data: dict[str, Any], name: str) -> Iterator[tuple[Key, dict[str, Any]]]:
    """The blocks of [[name]], each with its key; what is no table counts as an empty one."""
    for number, block in enumerate(list_at(data, name)):
        yield (name, number), table_at(block)


@cache
def keys_of(kind: Any) -> Mapping[str, Any]:
    """The keys of a section as written in the file (`from_` is "from" there), and their types.

    Kept, since to look the types up takes longer than all the rest of reading a config.
    """
    hints = get_type_hints(kind) if kind else {}
    fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    named = {one.name for one in fields if "by_name" in one.metadata}
    """Tables that the file names itself, and that are no key."""
    keys = {
        name.removesuffix("_"): hint
        for name, hint in hints.items()
        if name[0] != "_" and name not in named
    }
    return MappingProxyType(keys)


def problems_of(error: ValidationError, data: dict[str, Any]) -> Iterator[Problem]:
    """Every problem that the check of `data` found, the more precise of two at a key first."""
    for detail in error.errors(include_url=False, include_input=False):
        key = _key(detail, data)
        match detail["type"]:
            case "missing":
                yield Problem.at(key, MISSING, _TAKES.get(str(key[-1]), ""))
            case "unexpected_keyword_argument":
                yield _unknown(key, value_at(data, key))
            case "literal_error":
                yield _no_such_word(detail, key, value_at(data, key))
            case kind:
                yield _unfit(kind, detail.get("ctx", {}), key, value_at(data, key))


def _key(detail: ErrorDetails, data: dict[str, Any]) -> Key:
    """Where it is wrong: pydantic names the branches of a union on its way, too."""
    key: Key = ()
    here: Any = data
    for part in detail["loc"]:
        below = value_at(here, (part,))
        if below is not None:
            key, here = (*key, part), below
    return (*key, detail["loc"][-1]) if detail["type"] == "missing" else key


def _table(kind: Any) -> Any:
    """The section that an annotation speaks of, or None."""
    if dataclasses.is_dataclass(kind):
        return kind
    return next(filter(None, map(_table, get_args(kind))), None)


def section_of(key: Key) -> Any:
    """The section that a key's table is; a name of the file's own stands for one of many."""
    kind: Any = Settings
    for part in key:
        kind = _table(keys_of(kind).get(str(part))) or kind
    return kind


def _unknown(key: Key, value: Any) -> Problem:
    table, name = key[:-1], str(key[-1])
    known = keys_of(section_of(table))
    sections = keys_of(Settings).items()
    owners = [section for section, kind in sections if name in keys_of(_table(kind))]
    owner = owners[0] if len(owners) == 1 else None
    names = ", ".join(f'"{word}"' for word in known)
    if table:
        hint = did_you_mean(name.lower(), known)
        if hint is None and owner is not None:
            hint = _("It belongs under [{owner}].", owner=owner)
        hint = hint or _("The keys here are {names}.", names=names)
        if table == ("limits", "prices"):
            hint = joined(hint, _("One model's prices: [limits.prices.NAME]."))
        elif table[:2] == ("limits", "prices") and isinstance(value, dict):
            hint = _DOTTED
        told = _('{table} has no key "{name}"', table=table_label(table), name=shown_name(name))
    elif owner is not None and not isinstance(value, dict):
        told = _('"{name}" is in no section', name=name)
        hint = _("Move it under [{owner}].", owner=owner)
    else:
        told = _("there is no section [{name}]", name=shown_name(name))
        close = get_close_matches(name.lower(), known, n=1)
        hint = _("The sections are {names}.", names=names)
        if close:
            hint = _("Did you mean [{name}]?", name=close[0])
    return Problem(key, told, hint)


def _no_such_word(detail: ErrorDetails, key: Key, value: Any) -> Problem:
    words = re.findall("'([^']*)'", detail["ctx"]["expected"])
    people = detail["loc"][-1] == "word"
    *most, wanted = (f'"{word}"' for word in words)
    if most:
        wanted = _("{words} or {last}", words=", ".join(most), last=wanted)
    if people:
        wanted = _("{words} or a list of @names and ids", words=wanted)
    if not isinstance(value, str):
        return _wrong_type(key, label(key), wanted, value)
    hint = did_you_mean(value.strip().lower(), words)
    if people and value.startswith("@"):
        hint = _("Put it in brackets: a list.")
    return Problem.at(key, _MUST_BE, hint or "", wanted=wanted)


def _unfit(kind: str, limits: dict[str, Any], key: Key, value: Any) -> Problem:
    bounds = {name: f"{bound:.15g}" for name, bound in limits.items() if name in ("ge", "gt", "le")}
    wanted = _WANTED[kind].filled(**bounds)
    if key[0] in BLOCKS and len(key) < 3:  # the blocks themselves
        name = f"[[{key[0]}]]"
        wanted = _("blocks") if len(key) == 1 else wanted
        brackets = _("Write {name} with two brackets.", name=name)
        return _wrong_type(key, name, wanted, value, brackets)
    if kind in ("dataclass_type", "dict_type"):
        return _wrong_type(key, table_label(key), wanted, value)
    if isinstance(key[-1], int):  # an entry of a list
        return Problem.at(key, _MUST_BE, wanted=_WANTED["tuple_type"])
    if not kind.endswith("_type") or (kind == "path_type" and isinstance(value, str)):
        return Problem.at(key, _MUST_BE, wanted=wanted)
    hint: Text | str = _DOTTED if key[0] == "models" and isinstance(value, dict) else ""
    if isinstance(value, str) and kind in ("int_type", "float_type"):
        hint = _NUMBER_IN_QUOTES
    elif isinstance(value, str) and kind == "bool_type":
        hint = _FLAG_IN_QUOTES
    return _wrong_type(key, label(key), wanted, value, hint)


def _wrong_type(key: Key, name: str, wanted: str, value: Any, hint: str = "") -> Problem:
    noun = _NOUNS.get(type(value), _OTHER_NOUN)
    told = _("{key} must be {wanted}, not {noun}", key=name, wanted=wanted, noun=noun)
    return Problem(key, told, hint)
