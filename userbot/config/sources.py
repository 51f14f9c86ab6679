"""The config's sources laid over each other: the file, a profile of it, variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from userbot.config.environment import values_in
from userbot.config.faults import BLOCKS, Key, Problem, did_you_mean, shown_name, value_at
from userbot.texts import _, joined


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from: for a fault ("config.toml:12"), and told in full."""

    where: str
    told: str
    line: int = 0
    profile: str | None = None


class Sources:
    """Tables, and the origin of every key in them."""

    def __init__(self, name: str, data: dict[str, Any], lines: Mapping[Key, int]) -> None:
        """`name`: the file's; `data` and `lines`: as read from it. `data` is changed."""
        self._name = name
        self._lines = lines
        profiles = data.pop("profile", None)
        self.profiles = profiles if isinstance(profiles, dict) else {}
        self.data = data
        self._origins = {key: self._in_file(line) for key, line in lines.items()}

    def lay_profile(self, profile: str) -> Problem | None:
        """Lay [profile.NAME] over the rest: tables merge by key, lists are replaced."""
        chosen = self.profiles.get(profile)
        if isinstance(chosen, dict):
            self._lay(self.data, chosen, (), profile)
            return None
        names = [shown_name(name) for name in self.profiles]
        hint = _("The file has no [profile.NAME]: add one, or use no profile.")
        if names:
            hint = _("The profiles are {names}.", names=", ".join(names))
        hint = joined(hint, did_you_mean(profile, names) or "")
        message = _('there is no profile "{name}"', name=shown_name(profile))
        return Problem(("profile",), message, hint)

    def lay_environment(self, environ: Mapping[str, str], file: str = "") -> None:
        """Lay variables over the rest; `file`: the one that sets them, if not the process."""
        for name, key, value in values_in(environ):
            origin = Origin(name, f"{file or 'environment'} {name}")
            table: Any = self.data
            for depth, part in enumerate(key[:-1], 1):
                if part not in table:
                    table[part] = {}
                    self._origins[key[:depth]] = origin
                table = table[part]
                if not isinstance(table, dict):
                    break  # told as what it is: no table
            else:
                table[key[-1]] = value
                self._origins[key] = origin

    def origin(self, key: Key) -> Origin:
        """Where a key stands, or the nearest table around it."""
        while key and key not in self._origins:
            key = key[:-1]
        return self._origins.get(key, Origin(self._name, self._name))

    def told(self) -> dict[str, str]:
        """Where each key that has a value comes from; tables and elements of lists left out."""
        told = {}
        for key, origin in self._origins.items():
            value = value_at(self.data, key)
            table = value is None or isinstance(value, dict) or (len(key) == 1 and key[0] in BLOCKS)
            if isinstance(key[-1], str) and not table:
                told[_dotted(key)] = origin.told
        return told

    def _in_file(self, line: int, profile: str | None = None) -> Origin:
        where = f"{self._name}:{line}"
        return Origin(where, f"profile {profile} ({where})" if profile else where, line, profile)

    def _lay(self, under: dict[str, Any], over: dict[str, Any], at: Key, profile: str) -> None:
        for name, value in over.items():
            key = (*at, name)
            below = under.get(name)
            if isinstance(value, dict) and isinstance(below, dict):
                self._lay(below, value, key, profile)
                continue
            under[name] = value
            # The origins at and below the key are now those of the profile.
            for old in [old for old in self._origins if old[: len(key)] == key]:
                del self._origins[old]
            source: Key = ("profile", profile, *key)
            for place, line in self._lines.items():
                if place[: len(source)] == source:
                    self._origins[place[2:]] = self._in_file(line, profile)


def _dotted(key: Key) -> str:
    """A key as one word, blocks counted from one: "chats[1].respond"."""
    word = ""
    for part in key:
        word += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return word[1:]
