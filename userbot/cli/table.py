"""Rows for a person or a program: a table in a terminal, tabs between columns elsewhere, JSON."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from userbot.cli.language import fitted, language, said
from userbot.console.describe import printable
from userbot.console.lines import json_text
from userbot.texts import _
from userbot.types import SAVED_TITLE, TERMINAL

_KINDS: Final = {
    "saved": _("saved"),
    "private": _("private"),
    "group": _("group"),
    "supergroup": _("supergroup"),
    "channel": _("channel"),
}
_WHOLE = ("id", "kind")
"""Ids are copied from here: they stay whole, and what people wrote is folded."""
_NARROWEST = 8
"""Of a column that is folded; where there is less room, a row is a few lines instead."""


def titled(title: str, chat: str | int) -> str:
    """How a chat is called: those that only the program has a name for, in that language."""
    if title == SAVED_TITLE:
        return said(_("Saved Messages"))
    return said(_("Terminal")) if chat == TERMINAL else title


def kind(chat: str) -> str:
    """What kind of chat it is, in that language."""
    return said(_KINDS[chat])


def number(value: int) -> str:
    """A number with its thousands apart, as that language writes it."""
    thousands = f"{value:,}"
    return thousands if language() == "en" else thousands.replace(",", "\u00a0")


def print_json(rows: Iterable[Mapping[str, Any]]) -> None:
    """An object a line, in which nothing can steer a terminal."""
    for row in rows:
        print(json_text(row))


def print_table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    lively: bool,
    right: Collection[str] = (),
    row_a_line: bool = False,
) -> None:
    """Print rows, as a table where it is `lively`; nothing in them can steer the terminal.

    `right`: heads of numbers. `row_a_line`: what is too long is cut in the last column; otherwise
    what people wrote is folded.
    """
    safe = [[printable(cell) for cell in row] for row in rows]
    if not lively:
        for row in safe:
            print("\t".join(row))
        return
    console = Console(highlight=False)
    widths = [max(map(len, column)) for column in zip(map(said, heads), *safe, strict=True)]
    whole = heads[:-1] if row_a_line else _WHOLE
    least = [
        width if head in whole else min(width, _NARROWEST)
        for head, width in zip(heads, widths, strict=True)
    ]
    gaps = 3 * (len(heads) - 1)
    if sum(least) + gaps > console.width:
        print_records(heads, safe)
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for head in heads:
        justify: JustifyMethod = "right" if head in right else "left"
        table.add_column(
            said(head), justify=justify, overflow="fold", no_wrap=row_a_line or head in whole
        )
    for row in safe:
        cells = list(map(Text, row))
        if row_a_line:
            cells[-1].truncate(console.width - sum(widths[:-1]) - gaps, overflow="ellipsis")
        table.add_row(*cells)
    console.print(table)


def print_records(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Rows in a terminal that is too narrow for columns: what identifies one, and the rest."""
    for first, *others in rows:
        print(first)
        for head, cell in zip(heads[1:], others, strict=True):
            if cell:
                print(fitted(f"  {said(head)}: {cell}" if head else f"  {cell}", sys.stdout))
