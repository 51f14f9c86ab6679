"""Markdown that is still being written, as if it ended here: what is open is closed.

A reader of a preview shall see neither a lone ``**``, nor an address half written, nor the source
of a table whose second line is not there yet.
"""

from __future__ import annotations

import re

from userbot.rules.markdown.fences import open_fence
from userbot.rules.markdown.formulas import is_formula

_LONE_MARK = re.compile(r"^[ \t>]*(?:[-*+_=#>|~`]+|\d+[.)]?|[-*+]\s+\[[ xX]?\]?|`{3,}\S*)[ \t]*$")
_LINK = re.compile(r"!?\[([^\[\]\n]*)(?:\](?:\([^()\n]*)?)?$")
_MATH = (("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)"))
_MARKER = re.compile(r"\\.|`+|\*{1,3}|_{1,3}|~~|\|\|", re.S)
_HALF_MARK = re.compile(r"(?<![|~\\])[|~]$")
_DELIMITER = re.compile(r"^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")


def closed(markdown: str) -> str:
    """The text with its open ends closed or, where nothing can be shown of them yet, cut."""
    lines = markdown.split("\n")
    fence = open_fence(lines)
    if fence:
        last = lines[-1].strip()
        half = bool(last) and set(last) == {fence[0]} and len(last) < len(fence)
        return "\n".join(lines[:-1]) if half else markdown
    if not lines[-1].strip() and len(lines) > 1:
        lines.pop()  # a line that has just ended may still be part of what follows
    if open_fence(lines[:-1]):
        return markdown  # it has just closed a code block
    if _LONE_MARK.match(lines[-1]):
        lines.pop()
    lines = _without_table_head(lines)
    begin = len(lines)
    while begin and lines[begin - 1].strip():
        begin -= 1
    tail = "\n".join(lines[begin:])
    return "\n".join([*lines[:begin], _closed_inline(tail)])


def _without_table_head(lines: list[str]) -> list[str]:
    begin = len(lines)
    while begin and lines[begin - 1].lstrip().startswith("|"):
        begin -= 1
    rows = lines[begin:]
    # Of two lines the second may still become the line below the heading.
    growing = len(rows) == 2 and not _is_delimiter(rows) and set(rows[1].strip()) <= set("|:- ")
    return lines[:begin] if len(rows) == 1 or growing else lines


def _is_delimiter(rows: list[str]) -> bool:
    same = rows[0].strip().strip("|").count("|") == rows[1].strip().strip("|").count("|")
    return same and _DELIMITER.match(rows[1]) is not None


def _closed_inline(tail: str) -> str:
    if not tail.rpartition("\n")[2].lstrip().startswith("|"):
        tail = _HALF_MARK.sub("", tail)
    for opening, closing in _MATH:
        at = tail.rfind(opening)
        if at >= 0 and closing not in tail[at + len(opening) :] and _begins_formula(tail[at + 2 :]):
            tail = tail[:at]
    open_markers: list[tuple[str, int]] = []
    at = 0
    while found := _MARKER.search(tail, at):
        marker, at = found[0], found.end()
        if marker[0] == "\\":
            continue
        if marker[0] == "`":
            closing_at = _same_run(tail, marker, at)
            if closing_at < 0:
                open_markers.append((marker, found.start()))
                tail = tail[:at] + tail[at:].rstrip("`")
                break
            at = closing_at + len(marker)
        else:
            _note(open_markers, tail, marker, found.start())
    if not (open_markers and open_markers[-1][0][0] == "`"):
        tail = _LINK.sub(r"\1", tail)
    while open_markers and not tail[open_markers[-1][1] + len(open_markers[-1][0]) :].strip(
        " *_~|`"
    ):
        tail = tail[: open_markers.pop()[1]]
    return tail.rstrip() + "".join(marker for marker, _ in reversed(open_markers))


def _begins_formula(content: str) -> bool:
    content = content.strip()
    open_braces = "}" * (content.count("{") - content.count("}"))
    return not content or is_formula(content + open_braces, display=True)


def _same_run(tail: str, marker: str, at: int) -> int:
    found = re.compile(rf"(?<!`){marker}(?!`)").search(tail, at)
    return found.start() if found else -1


def _note(open_markers: list[tuple[str, int]], tail: str, marker: str, at: int) -> None:
    """A marker opens what follows it or closes what is open, by the spaces around it."""
    before = tail[at - 1] if at else " "
    after = tail[at + len(marker)] if at + len(marker) < len(tail) else " "
    within_word = marker[0] == "_" and before.isalnum() and after.isalnum()
    if within_word:
        return
    if not before.isspace():
        for number in range(len(open_markers) - 1, -1, -1):
            if open_markers[number][0] == marker:
                del open_markers[number:]
                return
    if not after.isspace() or at + len(marker) == len(tail):
        open_markers.append((marker, at))
