"""Where something stands in the config, and what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

Key = tuple[str | int, ...]
"""The way to a value through tables and lists: ("chats", 0, "respond")."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong at a key: a plain sentence without any value of the file, and a hint."""

    key: Key
    message: str
    hint: str = ""


def label(key: Key) -> str:
    """A key as a person finds it: "[openai] model", "[[chats]] respond", "[telegram.server] dc"."""
    if key[0] == "chats":
        return table_label(key)
    return f"{table_label(key[:-1])} {shown_name(str(key[-1]))}"


def table_label(key: Key) -> str:
    """A table as a person finds it: "[openai]", "[telegram.server]", "[[chats]] voice"."""
    shown = [shown_name(part) for part in key if isinstance(part, str)]
    if key[0] == "chats":
        return " ".join(["[[chats]]", ".".join(shown[1:])]).strip()
    return f"[{'.'.join(shown)}]"


def dotted(key: Key) -> str:
    """A key as one word, blocks counted from one: "chats[1].respond"."""
    word = ""
    for part in key:
        word += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return word[1:]


def shown_name(name: str) -> str:
    """A name from the file, if it looks like one: what was pasted in a wrong place is not shown."""
    return name if re.fullmatch(r"[A-Za-z_]{1,32}|@\w{1,32}", name) else "…"


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
