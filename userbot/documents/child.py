"""The process that reads one document: a line of JSON and the file come in, lines of JSON go out.

Run as ``python -I -m userbot.documents.child`` in an empty folder with an empty environment. What
the system lets it take is limited before the first byte of the file is read; whoever started it
watches its memory and its time besides, since not every system keeps these limits.
"""

from __future__ import annotations

import contextlib
import json
import sys

from userbot.documents import office, packed, pdf, plain_text, sheets
from userbot.documents.extract import EnoughError, Extract, UnreadableError

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How the older formats of Office begin, and newer ones that are encrypted ([MS-CFB])."""
_OLD_OFFICE = ("WordDocument", "PowerPoint Document")
"""The streams of its files ([MS-DOC], [MS-PPT]); installers and mails are compound files, too."""
_PDF_WITHIN = 1024
"""Bytes among which a PDF begins (ISO 32000, implementation notes)."""


def main() -> None:
    """Read what standard input brings."""
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    order = json.loads(sys.stdin.buffer.readline())
    _limit(int(order["memory"]), int(order["seconds"]))
    extract = Extract(sys.stdout, int(order["pages"]), int(order["pictures"]))
    extract.ready()
    try:
        read(sys.stdin.buffer.read(), extract)
    except UnreadableError as error:
        extract.fail(error.reason)
    except ImportError:
        extract.fail("missing")
    except MemoryError:
        extract.fail("memory")
    except RecursionError:
        extract.fail("bomb")
    except BaseException as error:  # whatever a library makes of it: Rust's panic is no Exception
        extract.fail("memory" if packed.ran_out(error) else "broken")


def read(data: bytes, extract: Extract) -> None:
    """Read a document: what it is tells its content. Raises UnreadableError and ImportError."""
    cut = False
    try:
        _read(data, extract)
    except EnoughError:
        cut = True
    if not extract.has_something:
        raise UnreadableError("empty")
    extract.end(cut=cut)


def _read(data: bytes, extract: Extract) -> None:
    begins = data.find(b"%PDF-", 0, _PDF_WITHIN)
    if begins >= 0:
        try:
            pdf.read_pdf(data, extract)
        except UnreadableError as error:
            if begins == 0 or error.reason != "broken":
                raise
            _read_text(data, extract)  # it tells of PDFs
    elif data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        _read_packed(data, extract)
    elif data.startswith(_OLE):
        if _has_stream(data, "EncryptedPackage"):
            raise UnreadableError("encrypted")
        if not (_has_stream(data, "Workbook") or _has_stream(data, "Book")):
            old = any(_has_stream(data, name) for name in _OLD_OFFICE)
            raise UnreadableError("old_office" if old else "unknown")
        sheets.read_sheets(data, "xls", extract)
    elif data.startswith(b"{\\rtf"):
        raise UnreadableError("unknown")
    else:
        _read_text(data, extract)


def _read_text(data: bytes, extract: Extract) -> None:
    text = plain_text.decoded(data)
    html = plain_text.is_html(text)
    extract.begin("html" if html else "text")
    extract.flow(plain_text.text_of_html(text) if html else text)


def _read_packed(data: bytes, extract: Extract) -> None:
    archive = packed.opened(data)
    kind = packed.kind_of(archive)
    packed.check(archive)
    if kind == "docx":
        office.read_docx(archive, data, extract)
    elif kind == "pptx":
        office.read_pptx(archive, extract)
    elif kind in ("odt", "odp"):
        office.read_odf(archive, kind, extract)
    else:
        sheets.read_sheets(data, kind, extract)


def _has_stream(data: bytes, name: str) -> bool:
    """Whether a compound file has a stream of this name; its directory has names in UTF-16."""
    return name.encode("utf-16-le") + b"\0\0" in data


def _limit(memory: int, seconds: int) -> None:
    """Take no more than that, where the system sees to it; memory 0: as much as there is."""
    if sys.platform != "win32":
        import resource

        limits = [
            (resource.RLIMIT_CPU, seconds + 1),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_NOFILE, 64),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_NPROC, 0),
            *([(resource.RLIMIT_AS, memory)] if memory else []),
        ]
        for kind, most in limits:
            # macOS refuses some; whoever started this process watches it.
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    main()
