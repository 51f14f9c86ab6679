"""PDF by PDFium: the words of each page; pages that have none are drawn."""

from __future__ import annotations

import base64
import re
import struct
import zlib
from typing import Any

from userbot.documents.extract import EnoughError, Extract, UnreadableError

_LONGEST = 1280
"""Pixels of the longer side of a page that is drawn; see `rules.pictures.LONGEST`."""
_PASSWORD = 4
"""FPDF_ERR_PASSWORD."""
_LEAST_LETTERS = 30
"""Of all pages together; a scan has perhaps numbers of pages, and on each of them the stamp of the
program that made it, which is counted once."""
_NUMBER = re.compile(r"\d+")
_MOST_ON_A_PAGE = 200_000
"""Characters of one page that are looked at."""
_GREYS = bytes(min(255, round(level / 17) * 17) for level in range(256))
"""Sixteen of them are enough to read by, and take half the room."""


def read_pdf(data: bytes, extract: Extract) -> None:
    """Its pages, or pictures of the first ones. Raises UnreadableError and ImportError."""
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise UnreadableError("encrypted" if error.err_code == _PASSWORD else "broken") from error
    count = len(pdf)
    extract.begin("pdf", count)
    texts = [_words(pdf, at) for at in range(min(count, extract.wanted))]
    different = {_NUMBER.sub("", text) for text in texts}
    letters = sum(map(str.isalpha, "".join(different)[: 4 * _MOST_ON_A_PAGE]))
    if letters < _LEAST_LETTERS:
        for at in range(min(count, extract.pictures)):
            _draw(pdf, at, extract)
        if count > extract.pictures:
            raise EnoughError
        return
    for number, text in enumerate(texts, 1):
        extract.page(text, number)
    if count > len(texts):
        raise EnoughError


def _words(pdf: Any, at: int) -> str:
    import pypdfium2

    try:
        page = pdf[at]
        text = page.get_textpage()
        words = str(text.get_text_range(0, min(_MOST_ON_A_PAGE, text.count_chars())))
        text.close()
        page.close()
    except pypdfium2.PdfiumError:
        return ""  # a damaged page among others
    return words.replace("\ufffe", "-").replace("\x02", "-")


def _draw(pdf: Any, at: int, extract: Extract) -> None:
    import pypdfium2

    try:
        page = pdf[at]
        width, height = page.get_size()
        if not (0 < width < 20_000 and 0 < height < 20_000):
            return
        scale = _LONGEST / max(width, height)
        drawn = page.render(scale=scale, grayscale=True, may_draw_forms=False)
        extract.picture(at + 1, base64.b64encode(_png(drawn)).decode())
        drawn.close()
        page.close()
    except pypdfium2.PdfiumError:
        return


def _png(drawn: Any) -> bytes:
    """A grey picture as a PNG file (https://www.w3.org/TR/png)."""
    lines = bytes(drawn.buffer).translate(_GREYS)
    rows = (
        b"\0" + lines[at * drawn.stride : at * drawn.stride + drawn.width]
        for at in range(drawn.height)
    )
    head = struct.pack(">IIBBBBB", drawn.width, drawn.height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
