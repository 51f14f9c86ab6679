"""From the parser's events to a rich text: blocks, lists, quotes, links, code, tables."""

from __future__ import annotations

import re
from typing import Any

import pyromark
from pyromark.event import Range

from userbot.rules.markdown.latex import readable, superscript
from userbot.rules.markdown.rich import Rich, Span
from userbot.rules.markdown.source import MARK, SourceText
from userbot.rules.markdown.table import table

_OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
)
_BULLETS = "•◦▪"
_RULE = "———"
_STYLES = {"Strong": "bold", "Emphasis": "italic", "Strikethrough": "strikethrough"}
_INDENT = "  "
_BLANK_LINE = re.compile(rb"\n[ \t>]*\n[ \t>]*$")
_NUMBER = re.compile(rb"\s*(\d+)")
_LOOKED_BACK = 200
_LONGEST_POWER = 20
_WEB = re.compile(r"(?:https?://|www\.)[^\s]+", re.I)


class Buffer:
    """A rich text as it grows at its end. A style within itself is one stretch."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.length = 0
        self.spans: list[Span] = []
        self.newlines = 0
        """At its end."""
        self._open: dict[str, list[int]] = {}

    def write(self, text: str) -> None:
        if not text:
            return
        self.pieces.append(text)
        self.length += len(text)
        stripped = len(text) - len(text.rstrip("\n"))
        self.newlines = stripped + (self.newlines if stripped == len(text) else 0)

    def back_to(self, start: int) -> None:
        """Take back what was written from there on: whole pieces, without a newline."""
        while self.length > start:
            self.length -= len(self.pieces.pop())
        self.spans = [span for span in self.spans if span.end <= start]

    def add(self, rich: Rich) -> None:
        by = self.length
        self.spans += (span.at(span.start + by, span.end + by) for span in rich.spans)
        self.write(rich.text)

    def open(self, kind: str) -> None:
        self._open.setdefault(kind, []).append(self.length)

    def close(self, kind: str) -> None:
        starts = self._open.get(kind)
        if starts:
            start = starts.pop()
            if not starts and start < self.length:
                self.spans.append(Span(kind, start, self.length))

    def since(self, start: int) -> str:
        """What was written from there on."""
        found: list[str] = []
        left = self.length - start
        for piece in reversed(self.pieces):
            if left <= 0:
                break
            found.append(piece)
            left -= len(piece)
        return "".join(reversed(found))

    def rich(self) -> Rich:
        return Rich("".join(self.pieces), self.spans)


class Walker:
    """Walks through what the parser makes of a text."""

    def __init__(self, source: SourceText) -> None:
        self._source = source
        self._bytes = source.text.encode()
        self._out = Buffer()
        self._outer: list[Buffer] = []
        self._lists: list[int | None] = []
        self._behind_marker = False
        self._behind_heading = False
        self._code: list[str] | None = None
        self._language = ""
        self._quotes = 0
        self._links: list[tuple[str | None, int]] = []
        self._images: list[str] = []
        self._rows: list[list[Rich]] = []
        self._alignments: tuple[str, ...] = ()
        self._cell_end = 0
        self._raised = (self._out, 0)

    def walk(self) -> Rich:
        """The rich text. Where an event is, is told in bytes of UTF-8."""
        for event, where in pyromark.events_with_range(self._source.text, options=_OPTIONS):
            if isinstance(event, str):
                self._plain(event, where)
            else:
                ((name, value),) = event.items()
                self._named(name, value, where)
        return self._out.rich()

    def _plain(self, event: str, where: Range) -> None:
        if event == "Rule":
            self._begin(where)
            self._out.write(_RULE)
        else:  # SoftBreak, HardBreak
            self._break()

    def _named(self, name: str, value: Any, where: Range) -> None:
        match name:
            case "Start":
                tag, details = next(iter(value.items())) if isinstance(value, dict) else (value, {})
                self._start(tag, details, where)
            case "End":
                self._end(next(iter(value)) if isinstance(value, dict) else value, where)
            case "Text" | "Html" | "InlineHtml":
                self._text(value)
            case "Code":
                self._inline_code(self._source.restored(value))
            case "TaskListMarker":
                self._out.back_to(self._out.length - len(self._out.pieces[-1]))  # the bullet
                self._out.write("☑ " if value else "☐ ")
            case "FootnoteReference":
                self._out.write(f"[^{value}]")

    # -- blocks --

    def _begin(self, where: Range, *, box: bool = False) -> None:
        """Put the block that begins here on a line of its own, as far off as in the source."""
        out = self._out
        if self._behind_marker:
            self._behind_marker = False
            if box:
                out.write("\n")
            return
        if out.length:
            before = self._bytes[max(0, where["start"] - _LOOKED_BACK) : where["start"]]
            apart = 2 if _BLANK_LINE.search(before) and not self._behind_heading else 1
            out.write("\n" * (apart - out.newlines))
            if self._lists and not box:
                out.write(_INDENT * len(self._lists))
        self._behind_heading = False

    def _start(self, tag: str, details: Any, where: Range) -> None:
        match tag:
            case "Paragraph":
                self._begin(where)
            case "Heading":
                self._begin(where)
                self._out.open("bold")
            case "BlockQuote":
                self._begin(where, box=True)
                self._quotes += 1
                if self._quotes == 1:
                    self._out.open("blockquote")
            case "CodeBlock":
                self._begin(where, box=True)
                self._code = []
                fenced = details.get("Fenced", "") if isinstance(details, dict) else ""
                self._language = " ".join(self._source.restored(fenced).split())
            case "List":
                self._start_list(details, where)
            case "Item":
                self._start_item(where)
            case "Table":
                self._begin(where, box=True)
                self._rows, self._alignments = [], details
            case "TableHead" | "TableRow":
                self._rows.append([])
            case "TableCell":
                self._push()
            case "Link":
                self._links.append((_address(self._url(details)), self._out.length))
            case "Image":
                self._images.append(self._url(details))
                self._push()
            case _ if tag in _STYLES:
                self._out.open(_STYLES[tag])

    def _end(self, tag: str, where: Range) -> None:
        match tag:
            case "Heading":
                self._out.close("bold")
                self._behind_heading = True
            case "BlockQuote":
                self._quotes -= 1
                if self._quotes == 0:
                    self._out.close("blockquote")
            case "CodeBlock":
                self._end_code()
            case "List":
                self._lists.pop()
                self._behind_marker = False
            case "Item":
                self._behind_marker = False
            case "Table":
                self._out.add(table(self._rows, self._alignments))
            case "TableCell":
                self._rows[-1].append(self._pop())
                self._cell_end = where["end"]
            case "TableRow":
                self._end_row(where)
            case "Link":
                self._end_link()
            case "Image":
                self._end_image()
            case _ if tag in _STYLES:
                self._out.close(_STYLES[tag])

    def _start_list(self, first: int | None, where: Range) -> None:
        nested = bool(self._lists)
        if not nested:
            self._begin(where, box=True)
        self._lists.append(first)

    def _start_item(self, where: Range) -> None:
        out, depth, number = self._out, len(self._lists), self._lists[-1]
        self._begin(where, box=True)
        if number is not None:
            # As written: "1. B  3. C" answers two questions. The same number again counts on.
            written = _NUMBER.match(self._bytes, where["start"])
            if written and int(written[1]) > number:
                number = int(written[1])
            self._lists[-1] = number + 1
        out.write(_INDENT * (depth - 1))
        out.write(
            f"{_BULLETS[min(depth, len(_BULLETS)) - 1]} " if number is None else f"{number}. "
        )
        self._behind_marker = True

    def _end_code(self) -> None:
        code = self._source.restored("".join(self._code or ())).rstrip("\n")
        self._code = None
        language, _, more = self._language.partition(" ")
        if more.strip():  # a title
            self._out.write(f"{more.strip()}\n")
        start = self._out.length
        self._out.write(code)
        if code.strip():
            self._out.spans.append(Span("pre", start, self._out.length, language=language or None))
        elif language:
            self._out.write(language)

    def _end_row(self, where: Range) -> None:
        """The parser drops cells that the heading has no column for."""
        more = self._bytes[self._cell_end : where["end"]].decode().strip(" \t\n|")
        if more:
            self._rows[-1].append(Rich(self._source.restored(more)))

    # -- within a line --

    def _break(self) -> None:
        if self._outer:
            self._out.write(" ")
        else:
            self._out.write("\n" + _INDENT * len(self._lists))

    def _text(self, text: str) -> None:
        self._behind_marker = False
        if self._code is not None:
            self._code.append(text)
            return
        done = 0
        for found in MARK.finditer(text):
            self._out.write(text[done : found.start()])
            done = found.end()
            mark = self._source.meaning(found[1])
            if mark.does == "text":
                self._out.write(mark.was)
            elif mark.does == "formula":
                self._out.write(readable(mark.kind))
            elif mark.does == "break":
                self._break()
            elif mark.kind == "sup":
                self._superscript(mark.does)
            elif mark.kind and mark.does == "open":
                self._out.open(mark.kind)
            elif mark.kind:
                self._out.close(mark.kind)
        self._out.write(text[done:])

    def _superscript(self, does: str) -> None:
        if does == "open":
            self._raised = (self._out, self._out.length)
            return
        out, start = self._raised
        power = out.since(start)
        if out is self._out and power and len(power) <= _LONGEST_POWER and "\n" not in power:
            out.back_to(start)
            out.write(superscript(power))

    def _inline_code(self, code: str) -> None:
        self._behind_marker = False
        start = self._out.length
        self._out.write(code)
        if not self._links:  # a link's text cannot be code as well
            self._out.spans.append(Span("code", start, self._out.length))

    def _url(self, details: dict[str, str]) -> str:
        return self._source.restored(details["dest_url"])

    def _end_link(self) -> None:
        url, start = self._links.pop()
        if url and not self._links:
            shown = self._out.since(start)
            if shown == url:
                return  # Telegram finds it by itself
            if not shown:
                self._out.write(url)
            self._out.spans.append(Span("text_link", start, self._out.length, url=url))

    def _end_image(self) -> None:
        """A picture is not fetched: its description stands for it, and its address to see."""
        alt, url = self._pop(), _address(self._images.pop())
        if not url:
            self._out.write(alt.text)
        elif alt.text.strip():
            self._out.write(f"{alt.text} ({url})")
        else:
            self._out.write(url)

    def _push(self) -> None:
        self._outer.append(self._out)
        self._out = Buffer()

    def _pop(self) -> Rich:
        inner, self._out = self._out, self._outer.pop()
        return inner.rich()


def _address(url: str) -> str | None:
    """The address of a link that may be one: of the web only; ``tg://`` and others are not."""
    if not _WEB.fullmatch(url):
        return None
    return url if "://" in url else f"http://{url}"
