"""The models that a server offers, in whatever shape it lists them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from difflib import get_close_matches
from typing import Final

from userbot.rules.plain import paired

_SHOWN: Final = 8
_NEAR: Final = 3
_LISTS: Final = ("data", "models", "result", "items")
_NAMES: Final = ("id", "model", "name", "slug")
_ENDS: Final = (
    "shutdown_date",
    "deprecation",
    "deprecation_date",
    "sunset_date",
    "expiration_date",
)


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """A model by its name; `ends`: the day from which it will be gone, if that is announced."""

    id: str
    ends: date | None = None


def read_models(listed: object) -> list[OfferedModel]:
    """What a response lists; nothing if it has a shape that is not known."""
    if isinstance(listed, dict):
        lists = (listed.get(name) for name in _LISTS)
        listed = next((one for one in lists if isinstance(one, list)), None)
    if not isinstance(listed, list):
        return []
    found = (_model(one) for one in listed)
    return [model for model in found if model is not None]


def offered(name: str, models: Iterable[OfferedModel]) -> OfferedModel | None:
    """The model that a server means by a name: "m" is "m:latest", or "models/m", too."""
    models = list(models)
    for same in (str, _bare):
        for model in models:
            if same(model.id) == same(name):
                return model
    return None


def like(name: str, models: Sequence[OfferedModel]) -> list[str]:
    """The names most like one; the first of all where none is."""
    names = sorted(one.id for one in models)
    return get_close_matches(name, names, n=_NEAR, cutoff=0.4) or names[:_NEAR]


def some_of(models: Sequence[OfferedModel]) -> str:
    """The first of their names."""
    names = sorted(one.id for one in models)
    return ", ".join(names[:_SHOWN] + ["…"] * (len(names) > _SHOWN))


def _bare(name: str) -> str:
    return name.removeprefix("models/").removesuffix(":latest").lower()


def _model(one: object) -> OfferedModel | None:
    if isinstance(one, str):
        return OfferedModel(paired(one))
    if not isinstance(one, dict):
        return None
    names = (one.get(name) for name in _NAMES)
    name = next((name for name in names if isinstance(name, str) and name), None)
    if name is None:
        return None
    ends = next(filter(None, (_day(one.get(end)) for end in _ENDS)), None)
    return OfferedModel(paired(name), ends)


def _day(value: object) -> date | None:
    """A date as text, or a moment in seconds."""
    with suppress(ValueError, OverflowError, OSError):
        if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d", value):
            return date.fromisoformat(value[:10])
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return datetime.fromtimestamp(value, UTC).date()
    return None
