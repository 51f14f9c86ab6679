"""Rows for a person or a program: a table in a terminal, tabs between columns elsewhere, JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from userbot.cli.common import Common
from userbot.cli.language import language, said
from userbot.console.describe import printable
from userbot.console.lines import json_text
from userbot.rules.plain import thousands
from userbot.texts import _
from userbot.types import SAVED_TITLE, TERMINAL

_KINDS: Final = {
    "saved": _("saved"),
    "private": _("private"),
    "group": _("group"),
    "supergroup": _("supergroup"),
    "channel": _("channel"),
}
NONE = "–"
"""Where there is nothing to say: no price is set, no rule."""
_NARROWEST = 12
"""Columns of what may be folded; where there is less room, a row is a few lines instead."""
_GAP = 2
_BETWEEN = " · "


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `right`: of numbers; `folds`: what is too long goes on in the next line.

    `verbose`: shown only with -v, as ids are.
    """

    head: str
    right: bool = False
    folds: bool = False
    verbose: bool = False


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
    return thousands(value, language())


def print_json(rows: Iterable[Mapping[str, Any]]) -> None:
    """An object a line, in which nothing can steer a terminal."""
    for row in rows:
        print(json_text(row))


def print_table(
    common: Common,
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    total: Sequence[str] | None = None,
) -> None:
    """Print rows, the name of each first: as a table in a terminal, with tabs elsewhere.

    `total`: a last row of sums, in a terminal. Nothing in them can steer the terminal.
    """
    if common.lively:
        console = Console(highlight=False)
        console.print(table(columns, rows, console.width, total, verbose=common.verbose))
        return
    shown = [number for number, one in enumerate(columns) if common.verbose or not one.verbose]
    for row in rows:
        print("\t".join(printable(row[number]) for number in shown))


def table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    width: int,
    total: Sequence[str] | None = None,
    *,
    verbose: bool = False,
) -> RenderableType:
    """Rows as a terminal of so many columns shows them; columns without values are left out."""
    safe = [[printable(cell) for cell in row] for row in rows]
    last = [printable(cell) for cell in total or ()]
    shown = [
        number
        for number, column in enumerate(columns)
        if (verbose or not column.verbose) and any(row[number] not in ("", "0") for row in safe)
    ]
    columns = [columns[number] for number in shown]
    safe = [[row[number] for number in shown] for row in safe]
    lines = [*safe, [last[number] for number in shown]] if last and len(safe) > 1 else safe
    widths = [
        max(cell_len(said(column.head)), *(cell_len(line[at]) for line in lines))
        for at, column in enumerate(columns)
    ]
    least = [
        min(width, _NARROWEST) if column.folds else width
        for column, width in zip(columns, widths, strict=True)
    ]
    if sum(least) + _GAP * (len(columns) - 1) > width:
        return _records(columns, lines, width)
    shape = Table(
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, _GAP - 1, 0, 0),  # beside a divider of one blank
        header_style="bold",
        show_edge=False,
        show_footer=False,
    )
    for column in columns:
        shape.add_column(
            said(column.head),
            justify="right" if column.right else "left",
            overflow="fold",
            no_wrap=not column.folds,
        )
    for number, line in enumerate(lines):
        is_total = number == len(safe)
        shape.add_row(*map(Text, line), style="bold" if is_total else "")
    return shape


def _records(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> Text:
    """Rows where columns have no room: the name of each, and the rest set in below it."""
    told = Text(f"{said(columns[0].head)}\n", overflow="fold")
    told.stylize("dim")
    for first, *others in rows:
        cells = [
            (said(column.head), cell) for column, cell in zip(columns[1:], others, strict=True)
        ]
        beside = "".join(f"  {cell}" for head, cell in cells if cell and not head)
        told.append(first, "bold").append(f"{beside}\n")
        named = (f"{head}: {cell}" for head, cell in cells if cell and head)
        for line in packed(named, width - _GAP):
            told.append(f"  {line}\n")
    told.right_crop(1)
    return told


def packed(items: Iterable[str], width: int) -> list[str]:
    """Items side by side, as many a line as fit into a width; a line never ends within one."""
    lines: list[str] = []
    for item in items:
        longer = f"{lines[-1]}{_BETWEEN}{item}" if lines else item
        if lines and cell_len(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(item)
    return lines
