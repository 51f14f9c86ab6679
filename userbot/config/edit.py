"""Changes in the text of a config that leave everything else in it as it is, comments too."""

from __future__ import annotations

import json
import re

from userbot.config.faults import Key


def quoted(text: str) -> str:
    """A text as TOML writes it."""
    # A JSON string without escapes for other scripts is a basic string; only DEL differs.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def with_values(text: str, lines: dict[Key, int], table: str, values: dict[str, str | int]) -> str:
    """The config with these keys in [table]; `lines`: where its keys stand, as `parse` tells.

    A key that is there gets the value on its own line, which must be a single one; others follow
    the table's head, or a new table at the end.
    """
    rows = text.splitlines()
    path: Key = tuple(table.split("."))
    new = []
    for name, value in values.items():
        row = f"{name} = {quoted(value) if isinstance(value, str) else value}"
        at = lines.get((*path, name))
        if at is None:
            new.append(row)
        else:
            rows[at - 1] = row
    if not new:
        return "\n".join([*rows, ""])
    head = rf"\s*\[\s*{re.escape(table)}\s*\]\s*(#.*)?"
    at = next((at for at, row in enumerate(rows, 1) if re.fullmatch(head, row)), None)
    if at is not None:
        return "\n".join([*rows[:at], *new, *rows[at:], ""])
    gap = [""] if rows and rows[-1].strip() else []
    return "\n".join([*rows, *gap, f"[{table}]", *new, ""])


def with_blocks(text: str, blocks: list[str]) -> str:
    """The config with these [[chats]] blocks at its end."""
    return "\n".join([text.rstrip("\n"), "", *blocks]) if blocks else text
