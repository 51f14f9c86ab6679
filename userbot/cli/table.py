"""Rows for a person: a table in a terminal, tabs between columns elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence

_WHOLE = ("id", "kind")
"""Ids are copied from here: they stay whole, and what people wrote is folded."""
_NARROWEST = 8
"""Of a column that is folded; where there is less room, a row is a few lines instead."""


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, plain: bool) -> None:
    """Print rows; whatever stands in them cannot steer the terminal."""
    from userbot.cli.language import said
    from userbot.console.safe import printable

    safe = [[printable(cell) for cell in row] for row in rows]
    if plain or not sys.stdout.isatty():
        for row in safe:
            print("\t".join(row))
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    widths = [max(map(len, column)) for column in zip(map(said, heads), *safe, strict=True)]
    least = (
        width if head in _WHOLE else min(width, _NARROWEST)
        for head, width in zip(heads, widths, strict=True)
    )
    if sum(least) + 3 * (len(heads) - 1) > console.width:
        print_records(heads, safe)
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for head in heads:
        table.add_column(said(head), overflow="fold", no_wrap=head in _WHOLE)
    for row in safe:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def print_records(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Rows in a terminal that is too narrow for columns: what identifies one, and the rest."""
    from userbot.cli.common import fitted
    from userbot.cli.language import said

    for first, *others in rows:
        print(first)
        for head, cell in zip(heads[1:], others, strict=True):
            if cell:
                print(fitted(f"  {said(head)}: {cell}" if head else f"  {cell}", sys.stdout))
