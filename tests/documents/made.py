"""Small documents of each kind, made here, in whatever language."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

ENGLISH = ("The contract ends on 5 May.", "The rent is 900 euros.")
RUSSIAN = ("Договор истекает 5 мая.", "Аренда стоит 900 евро.")
_TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{}</Types>'
_RELATIONS = (
    '<?xml version="1.0"?><Relationships'
    ' xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)
_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    """A zip file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def docx(paragraphs: Sequence[str], *, body: str = "", doctype: str = "") -> bytes:
    """A document of Word; `body`: WordprocessingML instead."""
    body = body or "".join(f"<w:p><w:r><w:t>{escape(one)}</w:t></w:r></w:p>" for one in paragraphs)
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return zipped(
        {
            "[Content_Types].xml": _TYPES.format(
                '<Default Extension="rels"'
                ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                f'<Override PartName="/word/document.xml" ContentType="{main}"/>'
            ),
            "_rels/.rels": _RELATIONS.format(
                f'<Relationship Id="r1" Type="{_KIND}/officeDocument" Target="word/document.xml"/>'
            ),
            "word/document.xml": f'<?xml version="1.0" encoding="UTF-8"?>{doctype}<w:document'
            ' xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
            f"<w:body>{body}</w:body></w:document>",
        }
    )


def pptx(
    slides: Sequence[str], order: Sequence[int] = (), notes: Mapping[int, str] | None = None
) -> bytes:
    """A presentation of PowerPoint, with as much of it as is read.

    `order`: in which its slides are shown, where another than that in which they were made.
    `notes`: what is noted for the speaker, by slides.
    """
    ids = "".join(f'<p:sldId id="{at}" r:id="r{at}"/>' for at in order)
    members = {
        "[Content_Types].xml": _TYPES.format(""),
        "ppt/presentation.xml": (
            f'<p:presentation xmlns:p="p" xmlns:r="r"><p:sldIdLst>{ids}</p:sldIdLst>'
            "</p:presentation>"
        ),
        "ppt/_rels/presentation.xml.rels": _RELATIONS.format(
            "".join(
                f'<Relationship Id="r{at}" Type="{_KIND}/slide" Target="slides/slide{at}.xml"/>'
                for at in order
            )
        ),
    }
    for file, (at, text) in enumerate((notes or {}).items(), 1):
        target = f"/ppt/notesSlides/notesSlide{file}.xml"
        members[f"ppt/slides/_rels/slide{at}.xml.rels"] = _RELATIONS.format(
            f'<Relationship Id="r1" Type="{_KIND}/notesSlide" Target="{target}"/>'
        )
        members[target[1:]] = (
            f'<p:notes xmlns:p="p" xmlns:a="a"><a:p><a:t>{text}</a:t></a:p></p:notes>'
        )
    for number, text in enumerate(slides, 1):
        members[f"ppt/slides/slide{number}.xml"] = (
            '<p:sld xmlns:p="p" xmlns:a="a"><p:txBody>'
            f"<a:p><a:r><a:t>{escape(text)}</a:t></a:r></a:p></p:txBody></p:sld>"
        )
    return zipped(members)


def xlsx(rows: Sequence[Sequence[str]], sheets: int = 1) -> bytes:
    """A table of Excel, each sheet with the same rows."""
    numbers = range(1, sheets + 1)
    cells = "".join(
        f'<row r="{at}">'
        + "".join(
            f'<c r="{chr(65 + column)}{at}" t="inlineStr"><is><t>{escape(one)}</t></is></c>'
            for column, one in enumerate(row)
        )
        + "</row>"
        for at, row in enumerate(rows, 1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    members = {
        "[Content_Types].xml": _TYPES.format(""),
        "_rels/.rels": _RELATIONS.format(
            f'<Relationship Id="r1" Type="{_KIND}/officeDocument" Target="xl/workbook.xml"/>'
        ),
        "xl/_rels/workbook.xml.rels": _RELATIONS.format(
            "".join(
                f'<Relationship Id="r{at}" Type="{_KIND}/worksheet" Target="worksheets/s{at}.xml"/>'
                for at in numbers
            )
        ),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{_KIND}"><sheets>'
        + "".join(f'<sheet name="S{at}" sheetId="{at}" r:id="r{at}"/>' for at in numbers)
        + "</sheets></workbook>",
    }
    sheet = f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'
    return zipped(members | {f"xl/worksheets/s{at}.xml": sheet for at in numbers})


def odf(kind: str, body: str, *, manifest: str = "", doctype: str = "") -> bytes:
    """A document of OpenDocument: "text", "spreadsheet" or "presentation"."""
    mime = f"application/vnd.oasis.opendocument.{kind}"
    names = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<?xml version="1.0"?>{doctype}<office:document-content'
        f' xmlns:office="{names}:office:1.0" xmlns:text="{names}:text:1.0"'
        f' xmlns:table="{names}:table:1.0" xmlns:draw="{names}:drawing:1.0"'
        f' office:version="1.2"><office:body><office:{kind}>{body}</office:{kind}>'
        "</office:body></office:document-content>"
    )
    plain = (
        f'<manifest:manifest xmlns:manifest="{names}:manifest:1.0"><manifest:file-entry'
        f' manifest:full-path="/" manifest:media-type="{mime}"/></manifest:manifest>'
    )
    members = {"mimetype": mime, "META-INF/manifest.xml": manifest or plain}
    return zipped({**members, "content.xml": content})


def odt(paragraphs: Sequence[str]) -> bytes:
    """A text of OpenDocument."""
    return odf("text", "".join(f"<text:p>{escape(one)}</text:p>" for one in paragraphs))


def odp(slides: Sequence[str]) -> bytes:
    """A presentation of OpenDocument."""
    page = "<draw:page><draw:frame><text:p>{}</text:p></draw:frame></draw:page>"
    return odf("presentation", "".join(page.format(escape(one)) for one in slides))


def ods(rows: Sequence[Sequence[str]]) -> bytes:
    """A table of OpenDocument."""
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    body = "".join(
        f"<table:table-row>{''.join(cell.format(escape(one)) for one in row)}</table:table-row>"
        for row in rows
    )
    return odf("spreadsheet", f'<table:table table:name="S1">{body}</table:table>')


def xls(rows: Sequence[Sequence[str]]) -> bytes:
    """A table of Excel 97 ([MS-XLS]): one sheet of labels."""

    def record(kind: int, data: bytes) -> bytes:
        return struct.pack("<HH", kind, len(data)) + data

    def words(text: str, size: str) -> bytes:
        return struct.pack(size, len(text)) + b"\1" + text.encode("utf-16-le")

    labels = b"".join(
        record(0x0204, struct.pack("<HHH", at, column, 0) + words(one, "<H"))
        for at, row in enumerate(rows)
        for column, one in enumerate(row)
    )
    bof = struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0)
    name = words("S1", "<B")
    begin = record(0x0809, bof)
    length = len(begin) + 4 + 6 + len(name) + 4
    globals_ = begin + record(0x0085, struct.pack("<IBB", length, 0, 0) + name) + record(0x0A, b"")
    sheet = record(0x0809, bof[:2] + b"\x10\0" + bof[4:]) + labels + record(0x0A, b"")
    return ole({"Workbook": globals_ + sheet})


def ole(streams: Mapping[str, bytes]) -> bytes:
    """A compound file ([MS-CFB]) with these streams, each padded to what needs no mini stream."""
    blocks: list[bytes] = []
    fat: list[int] = []

    def put(data: bytes) -> int:
        first, count = len(blocks), -(-len(data) // 512)
        blocks.extend(data[at : at + 512].ljust(512, b"\0") for at in range(0, len(data), 512))
        fat.extend([*range(first + 1, first + count), 0xFFFFFFFE])
        return first

    def entry(name: str, kind: int, child: int, sibling: int, start: int, size: int) -> bytes:
        written = name.encode("utf-16-le")
        return (
            written.ljust(64, b"\0")
            + struct.pack("<HBBiii", len(written) + 2, kind, 1, -1, sibling, child)
            + bytes(36)
            + struct.pack("<IQ", start, size)
        )

    placed = [
        (name, put(padded), len(padded))
        for name, data in streams.items()
        for padded in [data.ljust(4096, b"\0")]
    ]
    entries = [entry("Root Entry", 5, 1 if placed else -1, -1, 0xFFFFFFFE, 0)]
    for number, (name, start, size) in enumerate(placed, 1):
        entries.append(entry(name, 2, -1, number + 1 if number < len(placed) else -1, start, size))
    directory = put(b"".join(entries).ljust(-(-len(entries) // 4) * 512, b"\0"))
    table = len(blocks)
    fat.append(0xFFFFFFFD)
    blocks.append(b"".join(struct.pack("<I", one) for one in fat).ljust(512, b"\xff"))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack(
        "<HHHHH6xIIIIIIIII",
        0x3E,
        3,
        0xFFFE,
        9,
        6,
        0,
        1,
        directory,
        0,
        4096,
        0xFFFFFFFE,
        0,
        0xFFFFFFFE,
        0,
    )
    head += struct.pack("<I", table)
    return head.ljust(512, b"\xff") + b"".join(blocks)


def pdf(pages: Sequence[str], *, count: int | None = None, trailer: str = "") -> bytes:
    """A PDF with a line on each page, in any language: its letters are told, and not drawn.

    `count`: how many pages it claims to have.
    """
    letters = sorted({one for page in pages for one in page})
    codes = {one: at for at, one in enumerate(letters, 1)}
    told = "\n".join(f"<{at:04x}> <{ord(one):04x}>" for one, at in codes.items())
    map_ = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CMapName /M def /CMapType 2 def 1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        f"{len(codes)} beginbfchar\n{told}\nendbfchar endcmap end end"
    )
    kids = " ".join(f"{6 + 2 * at} 0 R" for at in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages) if count is None else count} >>",
        (
            "<< /Type /Font /Subtype /Type0 /BaseFont /F /Encoding /Identity-H"
            " /DescendantFonts [4 0 R] /ToUnicode 5 0 R >>"
        ),
        (
            "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /F /CIDSystemInfo"
            " << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 600 >>"
        ),
        f"<< /Length {len(map_)} >>\nstream\n{map_}\nendstream",
    ]
    for at, page in enumerate(pages):
        shown = "".join(f"{codes[one]:04x}" for one in page)
        content = f"BT /F 12 Tf 50 700 Td <{shown}> Tj ET" if page else "0 0 100 100 re f"
        objects += [
            (
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources"
                f" << /Font << /F 3 0 R >> >> /Contents {7 + 2 * at} 0 R >>"
            ),
            f"<< /Length {len(content)} >>\nstream\n{content}\nendstream",
        ]
    return pdf_of(objects, trailer)


def pdf_of(objects: Sequence[str], trailer: str = "") -> bytes:
    """A PDF with these objects, the first of them its catalog."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{one}\nendobj\n".encode("latin-1")
    at = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\n".encode()
    return bytes(out + f"startxref\n{at}\n%%EOF\n".encode())


def encrypted_pdf() -> bytes:
    """A PDF that nothing but its password opens."""
    handler = (
        f"<< /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <{'41' * 32}> /U <{'42' * 32}> >>"
    )
    return pdf(["secret"], trailer=f"/Encrypt {handler} /ID [<{'43' * 16}> <{'43' * 16}>]")


def html(paragraphs: Sequence[str]) -> bytes:
    """A page of the web, with what nobody sees."""
    words = "".join(f"<p>{escape(one)}</p>" for one in paragraphs)
    head = "<head><script>alert(1)</script></head>"
    return f"<!doctype html><html>{head}<body>{words}</body></html>".encode()


def all_kinds(words: Sequence[str]) -> dict[str, bytes]:
    """A document of each kind by its ending, which says these two sentences."""
    rows = [[one] for one in words]
    text = "\n".join(words)
    return {
        "pdf": pdf(words),
        "docx": docx(words),
        "xlsx": xlsx(rows),
        "xls": xls(rows),
        "ods": ods(rows),
        "pptx": pptx(words),
        "odt": odt(words),
        "odp": odp(words),
        "html": html(words),
        "md": f"# {text}".encode(),
        "csv": text.encode("utf-8-sig"),
        "txt": text.encode("utf-16"),
    }
