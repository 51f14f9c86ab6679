"""Documents that were made to do harm, or that came to harm; small on their way in.

Each with the reasons that it may be refused for; "" where it may as well be read, bounded.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

from tests.documents import made

MEGA = 1_000_000
_LAUGHS = (
    '<!DOCTYPE w [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + at)} "{f"&{chr(97 + at)};" * 10}">' for at in range(9))
    + "]>"
)
_EXTERNAL = '<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
_PARAGRAPH = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"


def _of_zeros(name: str, size: int) -> bytes:
    return made.zipped({"[Content_Types].xml": "<a/>", name: bytes(size)})


def _lying(data: bytes, claimed: int) -> bytes:
    """An archive whose members claim another size than they have."""
    out = bytearray(data)
    at = out.find(b"PK\x01\x02")
    while at >= 0:
        out[at + 24 : at + 28] = struct.pack("<I", claimed)
        at = out.find(b"PK\x01\x02", at + 4)
    return bytes(out)


def _nested(depth: int) -> bytes:
    data = bytes(10 * MEGA)
    for level in range(depth):
        data = made.zipped({f"{level}.zip": data})
    return data


def _overlapping() -> bytes:
    """One packed member that the directory lists a thousand times."""
    data = made.zipped({"word/document.xml": b"<a>" + b"x" * 9_000_000 + b"</a>"})
    at, end = data.find(b"PK\x01\x02"), data.find(b"PK\x05\x06")
    entry, count = data[at:end], 1000
    tail = bytearray(data[end:])
    tail[8:12] = struct.pack("<HH", count, count)
    tail[12:16] = struct.pack("<I", len(entry) * count)
    return data[:at] + entry * count + bytes(tail)


def _flagged() -> bytes:
    """An archive whose members are encrypted."""
    out = bytearray(made.docx(["x"]))
    for mark, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = out.find(mark)
        while at >= 0:
            out[at + offset] |= 1
            at = out.find(mark, at + 4)
    return bytes(out)


def _names(names: list[str]) -> bytes:
    return made.zipped(dict.fromkeys(names, "x"))


def _huge_sheet(cells: str) -> bytes:
    archive = zipfile.ZipFile(io.BytesIO(made.xlsx([["x"]])))
    members = {name: archive.read(name) for name in archive.namelist()}
    sheet = members["xl/worksheets/s1.xml"].decode()
    begin, end = sheet.index("<row"), sheet.index("</sheetData>")
    members["xl/worksheets/s1.xml"] = (sheet[:begin] + cells + sheet[end:]).encode()
    return made.zipped(members)


def _deep_pdf() -> bytes:
    return made.pdf_of(["<< /Type /Catalog /Pages 2 0 R >>", "[" * 100_000 + "]" * 100_000])


def _loop_pdf() -> bytes:
    return made.pdf_of(
        ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 9 >>"]
    )


def _bomb_pdf(size: int) -> bytes:
    """A page whose content is deflated twice over."""
    once = zlib.compress(b"BT ET " * (size // 6), 9)
    packed = zlib.compress(once, 9).decode("latin-1")
    head = f"<< /Length {len(packed)} /Filter [/FlateDecode /FlateDecode] >>"
    return made.pdf_of(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>",
            f"{head}\nstream\n{packed}\nendstream",
        ]
    )


def _wide_pdf(side: float) -> bytes:
    return made.pdf_of(
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {side} {side}] >>",
        ]
    )


def _scripted_pdf() -> bytes:
    return made.pdf(
        ["Open me."], trailer="/Info << /OpenAction << /S /JavaScript /JS (while(1);) >> >>"
    )


def _noise(head: bytes) -> bytes:
    return head + random.Random(7).randbytes(100_000)


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _flipped(data: bytes) -> bytes:
    out, dice = bytearray(data), random.Random(3)
    for _ in range(max(8, len(out) // 20)):
        out[dice.randrange(8, len(out))] ^= 1 << dice.randrange(8)
    return bytes(out)


HARMFUL: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "a zip of zeros": (lambda: _of_zeros("word/document.xml", 200 * MEGA), {"bomb"}),
    "a zip of many zeros": (lambda: _of_zeros("xl/workbook.xml", 400 * MEGA), {"bomb"}),
    "a zip that lies about its size": (
        lambda: _lying(_of_zeros("word/document.xml", 200 * MEGA), 100),
        {"broken", "bomb", "memory"},
    ),
    "zips within zips": (lambda: _nested(6), {"unknown"}),
    "one member a thousand times": (_overlapping, {"unknown", "broken"}),
    "a million empty members' worth of names": (
        lambda: _names(
            ["[Content_Types].xml", "word/document.xml", *(f"{at}" for at in range(25_000))]
        ),
        {"bomb"},
    ),
    "a zip of nothing": (lambda: b"PK\x05\x06" + bytes(18), {"unknown", "broken"}),
    "a zip that is cut off": (lambda: _cut(made.docx(["x"] * 50)), {"broken"}),
    "an encrypted zip": (_flagged, {"encrypted"}),
    "names that climb": (lambda: _names(["../../etc/passwd", "/etc/cron.d/x"]), {"unknown"}),
    "names with controls": (lambda: _names(["a\x00b", "\u202egnp.exe", "\x1b[2J"]), {"unknown"}),
    "a billion laughs in a docx": (lambda: made.docx([], body="&i;", doctype=_LAUGHS), {"bomb"}),
    "a file of ours in a docx": (lambda: made.docx([], body="&x;", doctype=_EXTERNAL), {"bomb"}),
    "a billion laughs in an odt": (lambda: made.odf("text", "&i;", doctype=_LAUGHS), {"bomb"}),
    "a file of ours in an odt": (lambda: made.odf("text", "&x;", doctype=_EXTERNAL), {"bomb"}),
    "a billion laughs in a pptx": (
        lambda: made.zipped(
            {
                "[Content_Types].xml": "<a/>",
                "ppt/presentation.xml": "<a/>",
                "ppt/slides/slide1.xml": f"{_LAUGHS}<a>&i;</a>",
            }
        ),
        {"bomb"},
    ),
    "a docx without an end": (lambda: made.docx([], body="<w:p>" * 50_000), {"broken", "bomb"}),
    "a docx of depth": (
        lambda: made.docx([], body="<w:sdt>" * 100_000 + "</w:sdt>" * 100_000),
        {"broken", "bomb", "memory"},
    ),
    "a docx of many paragraphs": (
        lambda: made.docx([], body="".join(_PARAGRAPH.format(at) for at in range(300_000))),
        {"", "memory", "slow"},
    ),
    "a docx whose text is one line": (
        lambda: made.docx([], body=_PARAGRAPH.format("word " * 1_500_000)),
        {"", "memory"},
    ),
    "a docx without its main part": (
        lambda: made.zipped({"[Content_Types].xml": "<a/>", "word/document2.xml": "<a/>"}),
        {"broken"},
    ),
    "a docx that is no xml": (
        lambda: made.zipped({"[Content_Types].xml": "<a/>", "word/document.xml": "]]>"}),
        {"broken"},
    ),
    "an encrypted docx": (
        lambda: made.ole({"EncryptedPackage": b"x", "EncryptionInfo": b"x"}),
        {"encrypted"},
    ),
    "a doc of an old Word": (lambda: made.ole({"WordDocument": b"x"}), {"old_office"}),
    "a compound file of noise": (
        lambda: _noise(made.ole({"Workbook": b"x"})[:512]),
        {"unknown", "broken"},
    ),
    "an xls of noise": (lambda: made.ole({"Workbook": _noise(b"")}), {"broken", "empty"}),
    "an xls that is cut off": (lambda: _cut(made.xls([["x"]])), {"broken", "unknown"}),
    "an encrypted odt": (
        lambda: made.odf("text", "<text:p>x</text:p>", manifest="<m><encryption-data/></m>"),
        {"encrypted"},
    ),
    "spaces by the million in an odt": (
        lambda: made.odf("text", "<text:p>a" + '<text:s text:c="9999"/>' * 50_000 + "</text:p>"),
        {""},
    ),
    "rows repeated in an ods": (
        lambda: made.odf(
            "spreadsheet",
            '<table:table table:name="S"><table:table-row table:number-rows-repeated="1048576">'
            '<table:table-cell table:number-columns-repeated="16384" office:value-type="string">'
            "<text:p>x</text:p></table:table-cell></table:table-row></table:table>",
        ),
        {"", "memory", "broken", "slow"},
    ),
    "a cell at the end of an xlsx": (
        lambda: _huge_sheet(
            '<row r="1"><c r="A1"><v>1</v></c></row>'
            '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
        ),
        {"", "memory", "slow", "broken"},
    ),
    "an xlsx of many rows": (
        lambda: _huge_sheet(
            "".join(
                f'<row r="{at}"><c r="A{at}" t="inlineStr"><is><t>row {at}</t></is></c></row>'
                for at in range(1, 300_000)
            )
        ),
        {""},
    ),
    "an xlsx without sheets": (lambda: made.xlsx([["x"]], sheets=0), {"empty", "broken"}),
    "an xlsx of five hundred sheets": (lambda: made.xlsx([["x"]], sheets=500), {""}),
    "a pdf of noise": (lambda: _noise(b"%PDF-1.7\n"), {"broken"}),
    "a pdf that is cut off": (lambda: _cut(made.pdf(["word " * 50] * 20)), {"", "broken", "empty"}),
    "a pdf with flipped bits": (
        lambda: _flipped(made.pdf(["word " * 50] * 20)),
        {"", "broken", "empty"},
    ),
    "a pdf of a million pages": (lambda: made.pdf(["a page that has words"], count=MEGA), {""}),
    "a pdf of fewer than no pages": (
        lambda: made.pdf(["words"], count=-1),
        {"", "broken", "empty"},
    ),
    "a pdf that is its own page": (_loop_pdf, {"broken", "empty"}),
    "a pdf of depth": (_deep_pdf, {"broken", "empty"}),
    "a pdf that is encrypted": (made.encrypted_pdf, {"encrypted"}),
    "a pdf that unpacks without end": (
        lambda: _bomb_pdf(600 * MEGA),
        {"", "memory", "slow", "broken", "empty"},
    ),
    "a pdf of a wide page": (lambda: _wide_pdf(1e9), {"empty", "broken", ""}),
    "a pdf of no width": (lambda: _wide_pdf(0), {"", "empty", "broken"}),
    "a pdf with a script": (_scripted_pdf, {""}),
    "a program": (lambda: _noise(b"\x7fELF\x02\x01\x01\0"), {"unknown"}),
    "a picture that is called a pdf": (lambda: _noise(b"\x89PNG\r\n\x1a\n"), {"unknown"}),
    "nothing": (lambda: b"", {"empty"}),
    "zeros": (lambda: bytes(MEGA), {"unknown"}),
    "a text of one line": (lambda: b"a" * (15 * MEGA), {""}),
    "a text of invisible characters": (
        lambda: ("\u202e\u2066\x00\x1b" * 20).encode(),
        {"unknown", "empty"},
    ),
    "a page of open comments": (
        lambda: b"<!doctype html>" + b"<!--" * 200_000,
        {"", "slow", "empty"},
    ),
    "a page of open tags": (lambda: b"<!doctype html>" + b"<div " * 300_000, {"", "slow", "empty"}),
    "a rich text": (lambda: b"{\\rtf1 words}", {"unknown"}),
}


def cases() -> Iterator[tuple[str, Callable[[], bytes], set[str]]]:
    """Each with its name."""
    for name, (make, reasons) in HARMFUL.items():
        yield name, make, reasons
