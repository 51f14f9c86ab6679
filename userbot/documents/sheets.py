"""Tables: XLSX, XLS and ODS by calamine. A sheet is a page, a row a line, cells parted by tabs."""

from __future__ import annotations

import io
from datetime import date, datetime, time, timedelta

from userbot.documents.extract import CHARACTERS_A_PAGE, EnoughError, Extract, UnreadableError


def read_sheets(data: bytes, kind: str, extract: Extract) -> None:
    """Sheet after sheet, empty rows left out. Raises UnreadableError and ImportError."""
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
    except python_calamine.PasswordError as error:
        raise UnreadableError("encrypted") from error
    except python_calamine.CalamineError as error:
        raise UnreadableError("broken") from error
    extract.begin(kind, len(names))
    room, cut = extract.wanted * CHARACTERS_A_PAGE, False
    for number, name in enumerate(names, 1):
        lines = [f"Sheet “{' '.join(name.split())}”:"]
        try:
            sheet = book.get_sheet_by_index(number - 1)
            for row in sheet.iter_rows():
                line = "\t".join(map(_cell, row)).rstrip("\t")
                if line:
                    lines.append(line)
                    room -= len(line) + 1
                if room < 0:
                    cut = True
                    break
        except python_calamine.CalamineError as error:
            raise UnreadableError("broken") from error
        extract.page("\n".join(lines) if len(lines) > 1 else "", number)
        if cut:
            raise EnoughError


def _cell(value: int | float | str | bool | time | date | datetime | timedelta) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**15:
        return str(int(value))
    return " ".join(str(value).split()) if isinstance(value, str) else str(value)
