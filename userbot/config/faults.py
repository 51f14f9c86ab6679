"""What pydantic finds wrong with the tables, as sentences for a person.

They name keys and types, never a value of the file, for it may be a secret in a wrong place.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, Final, get_args, get_type_hints

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from userbot.config.keys import Key, Problem, label, shown_name, table_label, value_at
from userbot.settings import Settings
from userbot.texts import Text, _

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
_TAKES: Final = {
    "id": _("`userbot chats` lists them."),
    "respond": _('Use "all", "mention", "prefix" or "off".'),
    "from": _('Use "me", "contacts", "anyone", or a list of @names and ids.'),
}
"""What the keys without a default take."""


def problems_of(error: ValidationError, data: dict[str, Any]) -> Iterator[Problem]:
    """Every problem that the check of `data` found, the more precise of two at a key first."""
    for detail in error.errors(include_url=False, include_input=False):
        key = _key(detail, data)
        match detail["type"]:
            case "missing":
                hint = _TAKES.get(str(key[-1]), "")
                yield Problem(key, _("{key} is missing", key=label(key)), hint)
            case "unexpected_keyword_argument":
                yield _unknown(key, value_at(data, key))
            case "literal_error":
                yield _no_such_word(detail, key, value_at(data, key))
            case kind:
                yield _unfit(kind, detail.get("ctx", {}), key, value_at(data, key))


def section_of(name: str) -> str | None:
    """The section that has a key of this name, if there is just one."""
    owners = [
        section for section, kind in keys_of(Settings).items() if name in keys_of(_table(kind))
    ]
    return owners[0] if len(owners) == 1 else None


def keys_of(kind: Any) -> dict[str, Any]:
    """The keys of a section as written in the file (`from_` is "from" there), and their types."""
    hints = get_type_hints(kind) if kind else {}
    return {name.removesuffix("_"): hint for name, hint in hints.items() if name[0] != "_"}


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


def _section(key: Key) -> Any:
    """The section that a key's table is; a name of the file's own stands for one of many."""
    kind: Any = Settings
    for part in key:
        kind = _table(keys_of(kind).get(str(part))) or kind
    return kind


def _unknown(key: Key, value: Any) -> Problem:
    *above, last = key
    table, name = tuple(above), str(last)
    known = keys_of(_section(table))
    close = get_close_matches(name.lower(), known, n=1)
    owner = section_of(name)
    if not table:
        if owner is not None and not isinstance(value, dict):
            return Problem(
                key,
                _('"{name}" is in no section', name=name),
                _("Move it under [{owner}].", owner=owner),
            )
        hint = (
            _("Did you mean [{name}]?", name=close[0])
            if close
            else _("The sections are {names}.", names=listed(known))
        )
        return Problem(key, _("there is no section [{name}]", name=shown_name(name)), hint)
    if close:
        hint = _('Did you mean "{name}"?', name=close[0])
    elif owner is not None:
        hint = _("It belongs under [{owner}].", owner=owner)
    else:
        hint = _("The keys here are {names}.", names=listed(known))
    return Problem(
        key,
        _('{table} has no key "{name}"', table=table_label(table), name=shown_name(name)),
        hint,
    )


def _no_such_word(detail: ErrorDetails, key: Key, value: Any) -> Problem:
    words = re.findall("'([^']*)'", detail["ctx"]["expected"])
    people = detail["loc"][-1] == "word"
    wanted = either(words)
    if people:
        wanted = _("{words} or a list of @names and ids", words=wanted)
    if not isinstance(value, str):
        return Problem(
            key,
            _must_be(label(key), wanted, value),
        )
    close = get_close_matches(value.strip().lower(), words, n=1)
    hint = _('Did you mean "{name}"?', name=close[0]) if close else ""
    if people and value.startswith("@"):
        hint = _("Put it in brackets: a list.")
    return Problem(key, _("{key} must be {wanted}", key=label(key), wanted=wanted), hint)


def _unfit(kind: str, limits: dict[str, Any], key: Key, value: Any) -> Problem:
    bounds = {name: f"{bound:.15g}" for name, bound in limits.items() if name in ("ge", "gt", "le")}
    wanted = _WANTED[kind].filled(**bounds)
    if key[0] == "chats" and len(key) < 3:  # the blocks themselves
        wanted = _("blocks") if key == ("chats",) else wanted
        message = _must_be("[[chats]]", wanted, value)
        return Problem(key, message, _("Write [[chats]] with two brackets."))
    if kind in ("dataclass_type", "dict_type"):
        return Problem(
            key,
            _must_be(table_label(key), wanted, value),
        )
    if isinstance(key[-1], int):  # an entry of a list
        return Problem(
            key, _("{key} must be {wanted}", key=label(key[:-1]), wanted=_WANTED["tuple_type"])
        )
    if not kind.endswith("_type") or (kind == "path_type" and isinstance(value, str)):
        return Problem(key, _("{key} must be {wanted}", key=label(key), wanted=wanted))
    hint = ""
    if isinstance(value, str) and kind in ("int_type", "float_type"):
        hint = _("Write the number without quotes.")
    elif isinstance(value, str) and kind == "bool_type":
        hint = _("Write it without quotes.")
    return Problem(
        key,
        _must_be(label(key), wanted, value),
        hint,
    )


def _must_be(name: str, wanted: str, value: Any) -> Text:
    noun = _NOUNS.get(type(value), _OTHER_NOUN)
    return _("{key} must be {wanted}, not {noun}", key=name, wanted=wanted, noun=noun)


def listed(words: Iterable[str]) -> str:
    """Words in quotation marks, as an enumeration."""
    return ", ".join(f'"{word}"' for word in words)


def either(words: Iterable[str]) -> str:
    """Words in quotation marks, of which one is wanted."""
    *most, last = (f'"{word}"' for word in words)
    return _("{words} or {last}", words=", ".join(most), last=last) if most else last
