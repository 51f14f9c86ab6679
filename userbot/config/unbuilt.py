"""Keys of the config whose features are not built yet. A feature that is built leaves this list."""

from __future__ import annotations

from typing import Any, Final

from userbot.config.keys import Key, value_at

_NONE: Final = object()
"""No value of this key is what the program does today."""

_WITHOUT_EFFECT: Final[dict[Key, Any]] = {
    ("trigger", "edits"): False,
}
"""Keys that change nothing yet, and the value that says what is done today anyway."""


def without_effect(data: dict[str, Any]) -> list[Key]:
    """The keys set in the config that change nothing yet."""
    found: list[Key] = []
    for key, today in _WITHOUT_EFFECT.items():
        for place in _places(data, key):
            value = value_at(data, place)
            if isinstance(value, dict):
                found += [(*place, name) for name in value]
            elif value is not None and value != today:
                found.append(place)
    return found


def _places(data: dict[str, Any], key: Key) -> list[Key]:
    """Where a key stands: for one of [[chats]], in each block."""
    blocks = data.get("chats")
    if key[0] == "chats" and isinstance(blocks, list):
        return [("chats", number, *key[1:]) for number in range(len(blocks))]
    return [key]
