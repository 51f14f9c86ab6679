"""A table in a chat: aligned columns if they fit a phone, else each row as a small list."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from userbot.rules.markdown.rich import Rich, Span

WIDEST = 48
"""Columns of a monospaced line that a phone still shows without wrapping it, held sideways."""

Row = Sequence[Rich]


def table(rows: Sequence[Row], alignments: Sequence[str] = ()) -> Rich:
    """Rows of cells, the first one the heading, as a text of lines.

    `alignments`: a word a column; "Right" puts its cells to the right, as numbers like it.
    """
    columns = max((len(row) for row in rows), default=0)
    if not columns:
        return Rich()
    plain = [[_line(row[n].text) if n < len(row) else "" for n in range(columns)] for row in rows]
    widths = [max(width(row[n]) for row in plain) for n in range(columns)]
    linked = any(span.kind == "text_link" for row in rows for cell in row for span in cell.spans)
    if len(rows) > 1 and (linked or sum(widths) + 3 * (columns - 1) > WIDEST):
        return _records(rows)
    right = [n < len(alignments) and alignments[n] == "Right" for n in range(columns)]
    lines = [_aligned(row, widths, right) for row in plain]
    if len(lines) > 1:
        lines.insert(1, "─┼─".join("─" * each for each in widths))
    text = "\n".join(lines)
    return Rich(text, [Span("pre", 0, len(text))])


def width(text: str) -> int:
    """Columns that a text takes in a monospaced font."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(one) in "WF" for one in text)
    unseen = sum(unicodedata.category(one) in ("Mn", "Me", "Cf") for one in text)
    return len(text) + wide - unseen


def _aligned(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    cells = []
    for cell, most, to_the_right in zip(row, widths, right, strict=True):
        gap = " " * (most - width(cell))
        cells.append(gap + cell if to_the_right else cell + gap)
    return " │ ".join(cells).rstrip()


def _records(rows: Sequence[Row]) -> Rich:
    """The first cell of a row in bold, then a line for each other one, named by its heading."""
    heading = [_line(cell.text) for cell in rows[0]]
    text = " · ".join(name for name in heading if name)
    spans = [Span("italic", 0, len(text))]

    def add(cell: Rich) -> None:
        nonlocal text
        spans.extend(span.at(span.start + len(text), span.end + len(text)) for span in cell.spans)
        text += cell.text.replace("\n", " ")

    for row in rows[1:]:
        text += "\n"
        begin = len(text)
        if row:
            add(row[0])
        spans.append(Span("bold", begin, len(text)))
        for number, cell in enumerate(row[1:], 1):
            if not cell.text.strip():
                continue
            name = heading[number] if number < len(heading) else ""
            text += f"\n  {name}: " if name else "\n  "
            add(cell)
    return Rich(text, spans)


def _line(text: str) -> str:
    return " ".join(text.split())
