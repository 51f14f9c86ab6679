"""Words and slides: DOCX by mammoth; PPTX, ODT and ODP by their XML, which is plain enough."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile

from userbot.documents import packed
from userbot.documents.extract import Extract
from userbot.documents.plain_text import text_of_html

_PRESENTATION = "ppt/presentation.xml"
_NOTES = re.compile(r"ppt/notesSlides/[^/]+\.xml")
_SLIDE = re.compile(r"ppt/slides/slide(\d{1,6})\.xml")
_MOST_REPEATED = 1000
"""Spaces that one mark of ODF may stand for."""


def read_docx(archive: zipfile.ZipFile, data: bytes, extract: Extract) -> None:
    """A document of Word. raises extract.UnreadableError and ImportError."""
    import mammoth

    names = [name for name in archive.namelist() if name.endswith((".xml", ".rels"))]
    packed.check_xml(archive, names)
    extract.begin("docx")
    nothing = mammoth.images.img_element(lambda _image: {"src": ""})
    result = mammoth.convert_to_html(io.BytesIO(data), convert_image=nothing)
    extract.flow(text_of_html(result.value))


def read_pptx(archive: zipfile.ZipFile, extract: Extract) -> None:
    """A presentation of PowerPoint: a slide a page, what is noted for the speaker below it."""
    slides = _slides(archive)
    extract.begin("pptx", len(slides))
    for number, name in enumerate(slides, 1):
        text = _paragraphs(packed.member(archive, name))
        related = _related(archive, name).values() if number <= extract.wanted else ()
        for notes in filter(_NOTES.fullmatch, related):
            said = _paragraphs(packed.member(archive, notes))
            text = f"{text}\n\nNotes: {said}" if said.strip(" \n0123456789") else text
        extract.page(text, number)


def _slides(archive: zipfile.ZipFile) -> list[str]:
    """The files of the slides in the order in which they are shown.

    Their names have the order in which they were made: it holds where the presentation tells none.
    """
    shown: list[str] = []
    related = _related(archive, _PRESENTATION)

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "sldId":
            ids = (value for key, value in attributes.items() if key.endswith(":id"))
            shown.extend(related[one] for one in ids if one in related)

    if _PRESENTATION in archive.NameToInfo:
        packed.walk(packed.member(archive, _PRESENTATION), start)
    made = {name: int(match[1]) for name in archive.namelist() if (match := _SLIDE.fullmatch(name))}
    return [name for name in dict.fromkeys(shown) if name in made] or sorted(
        made, key=lambda name: made[name]
    )


def _related(archive: zipfile.ZipFile, name: str) -> dict[str, str]:
    """The files of the archive that one of them names, by its ids for them (ECMA-376, part 2)."""
    folder, _slash, own = name.rpartition("/")
    found: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            path = posixpath.join("/", folder, attributes.get("Target", ""))
            path = posixpath.normpath(path).lstrip("/")
            if path in archive.NameToInfo:
                found[attributes.get("Id", "")] = path

    relations = f"{folder}/_rels/{own}.rels"
    if relations in archive.NameToInfo:
        packed.walk(packed.member(archive, relations), start)
    return found


def _end_cell(parts: list[str]) -> None:
    """A tab behind a cell: its last line ends with it."""
    while parts and parts[-1] == "\n":
        parts.pop()
    parts.append("\t")


def _paragraphs(data: bytes) -> str:
    """The paragraphs of DrawingML: what stands in `a:t`, a line each `a:p`; cells by tabs."""
    parts: list[str] = []
    within = False

    def start(name: str, _attributes: dict[str, str]) -> None:
        nonlocal within
        within = name == "t"
        if name == "br":
            parts.append("\n")

    def end(name: str) -> None:
        nonlocal within
        within = False
        if name == "p":
            parts.append("\n")
        elif name == "tc":
            _end_cell(parts)
        elif name == "tr":
            parts.append("\n")

    packed.walk(data, start, end, lambda text: parts.append(text) if within else None)
    return "".join(parts)


def read_odf(archive: zipfile.ZipFile, kind: str, extract: Extract) -> None:
    """A text or presentation of OpenDocument; a slide is a page."""
    text = _OdfText()
    packed.walk(packed.member(archive, "content.xml"), text.start, text.end, text.words)
    if kind == "odt":
        extract.begin(kind)
        extract.flow("".join(text.pages[0]))
        return
    extract.begin(kind, len(text.pages) - 1)
    for number, page in enumerate(text.pages[1:], 1):
        extract.page("".join(page), number)


class _OdfText:
    """Collects what a reader sees; `pages`: before the first slide, and each slide."""

    def __init__(self) -> None:
        self.pages: list[list[str]] = [[]]
        self._open = 0
        """Within how many paragraphs it is: a note is one within another."""
        self._hidden = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if self._hidden or name in ("tracked-changes", "annotation", "settings"):
            self._hidden += 1
            return
        if name == "page":
            self.pages.append([])
        parts = self.pages[-1]
        if name in ("p", "h"):
            level = attributes.get("text:outline-level", "")
            mark = "#" * min(int(level), 6) + " " if name == "h" and level.isdecimal() else ""
            parts.append(mark if not self._open else " (")
            self._open += 1
        elif name == "s":
            count = attributes.get("text:c", "1")
            number = int(count) if count.isdecimal() and len(count) < 5 else 1
            parts.append(" " * min(number, _MOST_REPEATED))
        elif name == "tab":
            parts.append("\t")
        elif name == "line-break":
            parts.append("\n")
        elif name == "list-item":
            parts.append("- ")

    def end(self, name: str) -> None:
        """An element ends."""
        if self._hidden:
            self._hidden -= 1
            return
        parts = self.pages[-1]
        if name in ("p", "h"):
            self._open -= 1
            parts.append("\n" if not self._open else ")")
        elif name == "table-cell":
            _end_cell(parts)
        elif name == "table-row":
            parts.append("\n")

    def words(self, text: str) -> None:
        """Words between."""
        if self._open and not self._hidden:
            self.pages[-1].append(re.sub(r"\s+", " ", text))
