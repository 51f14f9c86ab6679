"""Text files in whatever encoding, and HTML.

The encoding is told by the marks at the beginning, else by what decodes: UTF-8 and UTF-16 hardly
ever do by chance. What is neither is of one byte a letter: Cyrillic (Windows, KOI8-R, DOS) if its
letters beyond ASCII stand beside each other, as in words of theirs, else Western. Of the Cyrillic
ones the right one has the common letters of Russian in it, rather small ones (KOI8-R has capitals
where Windows has small letters), and capitals within a word only if all of it is of them.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from html.parser import HTMLParser

from userbot.documents.extract import UnreadableError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CYRILLIC = ("cp1251", "koi8-r", "cp866")
_COMMON = frozenset("оеаинтсрвлкмдпу")
_CAPITAL = 0.9
"""What a capital counts: with it one of a hundred texts of six words is misread, in capitals or
not; of those in capitals a fourth at 0.8."""
_LOOKED_AT = 200_000
"""Bytes that an encoding is told by."""
_SPOILT = 1000
"""UTF-8 of which one character in so many is damaged is UTF-8 still."""
_MOST_CONTROLS = 0.01
"""Of a text's characters; what has more is no text."""
_USUAL_CONTROLS = "\t\n\r\f\x1b"
_HIGH = re.compile(rb"[\x80-\xff]")
_HIGH_PAIR = re.compile(rb"[\x80-\xff]{2}")
_HIGH_BESIDE_ASCII = re.compile(rb"[A-Za-z](?=[\x80-\xff])|[\x80-\xff](?=[A-Za-z])")
_CAPITAL_WITHIN = re.compile(r"[а-яё][А-ЯЁ]")
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S
)


def decoded(data: bytes) -> str:
    """A text file's text. Raises UnreadableError where it is none."""
    text = _decoded(data)
    head = text[:_LOOKED_AT]
    counted = Counter(head)
    strange = sum(counted[one] for one in counted if one < " " and one not in _USUAL_CONTROLS)
    if counted["\0"] or strange > 2 + len(head) * _MOST_CONTROLS:
        raise UnreadableError("unknown")
    return text


def _decoded(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    head = data[:_LOOKED_AT]
    if (wide := _wide(head)) is not None:
        return data.decode(wide, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
        if text.count("\ufffd") * _SPOILT < len(text):
            return text
    high, pairs = len(_HIGH.findall(head)), len(_HIGH_PAIR.findall(head))
    if pairs * 4 < high or pairs < len(_HIGH_BESIDE_ASCII.findall(head)):
        # Of pairs at most a half of all would do.
        return data.decode("cp1252", "replace")
    return data.decode(
        max(_CYRILLIC, key=lambda one: _russian(head.decode(one, "replace"))), "replace"
    )


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark, told by the half of its bytes that hardly changes."""
    pairs = len(head) // 2
    if pairs < 4:
        return None
    for encoding, upper in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
        blocks = Counter(upper)
        if blocks[0] and blocks[0] + blocks[4] > pairs * 0.9:  # spaces are of the first block
            return encoding
    return None


def _russian(text: str) -> float:
    counted = Counter(text)
    common = sum(counted[one] + _CAPITAL * counted[one.upper()] for one in _COMMON)
    return common - 4 * len(_CAPITAL_WITHIN.findall(text)) - 2 * counted["\ufffd"]


def is_html(text: str) -> bool:
    """Whether a text is a page of the web."""
    return _HTML.match(text[:4096]) is not None


def text_of_html(html: str) -> str:
    """What a reader sees of a page, a block a line; nothing is fetched."""
    page = _Page()
    page.feed(html)
    page.close()
    return page.text()


_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset"}
    | {"figcaption", "figure", "footer", "form", "header", "hr", "li", "main", "nav", "ol"}
    | {"option", "p", "pre", "section", "table", "title", "tr", "ul"}
    | {f"h{level}" for level in range(1, 7)}
)
_UNSEEN = frozenset({"script", "style", "template", "noscript", "svg", "math", "iframe", "object"})
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._unseen = ""
        self._depth = 0
        self._pre = 0

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        if self._unseen:
            self._depth += tag == self._unseen
            return
        if tag in _UNSEEN:
            self._unseen, self._depth = tag, 1
        elif tag in _BLOCKS:
            self._parts.append("\n" + _HEADINGS.get(tag, "- " if tag == "li" else ""))
            self._pre += tag == "pre"
        elif tag in ("td", "th"):
            self._parts.append("\t")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _UNSEEN:  # it has no end that would be waited for
            super().handle_startendtag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            self._depth -= tag == self._unseen
            self._unseen = self._unseen if self._depth else ""
        elif tag in _BLOCKS and tag != "br":
            self._parts.append("\n")
            self._pre = max(0, self._pre - (tag == "pre"))

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._parts.append(data if self._pre else re.sub(r"[ \t\r\n\f]+", " ", data))

    def text(self) -> str:
        """All of it so far."""
        lines = (line.strip(" ").removeprefix("\t") for line in "".join(self._parts).split("\n"))
        return "\n".join(lines)
