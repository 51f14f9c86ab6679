"""Fenced code of a Markdown text, line by line, and where a block with fences in it ends.

A model that shows Markdown in a block of its own often forgets that the outer fence has to be
longer than those within. CommonMark ends the outer block at the first bare fence; here it ends
where its author meant, and gets a fence so long that the parser agrees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_FENCE = re.compile(r"^([ \t>]*(?:[-*+][ \t]+|\d+[.)][ \t]+)?)(`{3,}|~{3,})(.*)$")
_MARKDOWN = frozenset({"markdown", "md", "mdx", "gfm", "rmd", "qmd"})

_DEEPEST = 4
"""Blocks within blocks; what looks deeper is a row of blocks without an end."""


def fenced(lines: list[str], *, unfinished: bool = False) -> Iterator[tuple[str, list[str]]]:
    """The lines in order, as stretches: the fence that they stand in ("" for none), and they.

    A block's own fences are part of it. `unfinished`: there will be more lines.
    """
    fences = [_fence(line) for line in lines]
    odd = _odd_behind(fences)
    begin = at = 0
    while at < len(lines):
        fence = fences[at]
        if fence is None or (fence[0][0] == "`" and "`" in fence[1]):  # that is inline code
            at += 1
            continue
        if begin < at:
            yield "", lines[begin:at]
        mark, end = _block(lines, fences, at, odd, unfinished)
        block = lines[at : end + 1]
        if mark != fence[0]:
            block[0] = _with_fence(block[0], mark)
            if end < len(lines):
                block[-1] = _with_fence(block[-1], mark)
        yield mark, block
        begin = at = end + 1
    if begin < len(lines):
        yield "", lines[begin:]


def open_fence(lines: list[str]) -> str:
    """The fence of the code block that the lines end in; "" if they end in none."""
    *_, (mark, block) = fenced(lines) if lines else [("", [""])]
    if not mark or (len(block) > 1 and _closes(_fence(block[-1]), mark)):
        return ""
    return mark


def _fence(line: str) -> tuple[str, str] | None:
    """The fence that a line is, and its info string."""
    if "```" not in line and "~~~" not in line:
        return None
    found = _FENCE.match(line)
    return (found[2], found[3].strip()) if found else None


def _closes(fence: tuple[str, str] | None, mark: str) -> bool:
    return (
        fence is not None and not fence[1] and fence[0][0] == mark[0] and len(fence[0]) >= len(mark)
    )


def _odd_behind(fences: list[tuple[str, str] | None]) -> list[bool]:
    """Behind each line: whether the fences there, taken in pairs, leave one open."""
    odd = [False] * (len(fences) + 1)
    for at in range(len(fences) - 1, -1, -1):
        odd[at] = odd[at + 1] != (fences[at] is not None)
    return odd


def _block(
    lines: list[str],
    fences: list[tuple[str, str] | None],
    begin: int,
    odd: list[bool],
    unfinished: bool,
) -> tuple[str, int]:
    """The fence that the block beginning there needs, and its last line; past all if it is open."""
    opening = fences[begin]
    assert opening is not None
    mark, info = opening
    for_people = info.partition(" ")[0].lower() in _MARKDOWN
    plain = longest = 0
    inside: list[str] = []
    for at in range(begin + 1, len(lines)):
        fence = fences[at]
        if fence is None or fence[0][0] != mark[0]:
            continue
        if fence[1]:
            inside.append(fence[0])
            if plain and len(inside) > _DEEPEST:
                return mark, plain
        elif inside and len(fence[0]) >= len(inside[-1]):
            plain = plain or (at if len(fence[0]) >= len(mark) else 0)
            inside.pop()
        elif len(fence[0]) >= len(mark):
            plain = plain or at
            if for_people and _opens_within(lines, at):
                inside.append(fence[0])
            else:
                if plain == at or for_people or odd[plain + 1]:
                    return (mark[0] * (longest + 1) if plain != at else mark), at
                break
        longest = max(longest, len(fence[0]), len(mark))
        if plain and not for_people and not odd[plain + 1]:
            break
    if plain and not (unfinished and for_people):
        return mark, plain
    return (mark[0] * (longest + 1) if plain else mark), len(lines)


def _opens_within(lines: list[str], at: int) -> bool:
    """Whether a bare fence in a block of Markdown begins a block there, by the lines around."""
    before, behind = lines[at - 1].strip(" \t>"), (lines[at + 1 :] or [""])[0].strip(" \t>")
    return bool(behind) and not _fence(behind) and (not before or before.endswith(":"))


def _with_fence(line: str, mark: str) -> str:
    return _FENCE.sub(lambda found: f"{found[1]}{mark}{found[3]}", line)
