"""Rows for a person: a table in a terminal, tabs between columns elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence


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

    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for head in heads:
        # Ids are copied from here: they stay whole, and what people wrote is folded.
        table.add_column(said(head), overflow="fold", no_wrap=head in ("id", "kind"))
    for row in safe:
        table.add_row(*(Text(cell) for cell in row))
    Console(highlight=False).print(table)
