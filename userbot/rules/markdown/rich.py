"""A text with formatted stretches, while it is being made. Offsets are of Python's `str`."""

from __future__ import annotations

import heapq
import itertools
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

OPAQUE = frozenset({"code", "pre"})
"""Nothing else may be formatted inside these, and Telegram finds no names in them."""


@dataclass(frozen=True, slots=True)
class Span:
    """A formatted stretch of a text."""

    kind: str
    start: int
    end: int
    url: str | None = None
    language: str | None = None

    def at(self, start: int, end: int) -> Span:
        """The same elsewhere; `dataclasses.replace` takes four times as long."""
        return Span(self.kind, start, end, self.url, self.language)


@dataclass(frozen=True, slots=True)
class Rich:
    """A text and its stretches."""

    text: str = ""
    spans: list[Span] = field(default_factory=list)

    def opaque(self) -> list[tuple[int, int]]:
        """Where the code is, in order, without overlaps."""
        found: list[tuple[int, int]] = []
        for span in sorted((s for s in self.spans if s.kind in OPAQUE), key=lambda s: s.start):
            if found and span.start <= found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], span.end))
            else:
                found.append((span.start, span.end))
        return found

    def changed(self, changes: Iterable[tuple[int, int, str]]) -> Rich:
        """With other texts in some places: (start, end, new), in order and apart."""
        pieces: list[str] = []
        moves: list[tuple[int, int, int]] = []  # from where, past where, and how far from there
        done = shift = 0
        for start, end, new in changes:
            pieces += (self.text[done:start], new)
            shift += len(new) - (end - start)
            moves.append((start, end, shift))
            done = end
        if not moves:
            return self
        pieces.append(self.text[done:])
        moved: dict[int, int] = {}
        at = by = 0
        for offset in sorted({offset for span in self.spans for offset in (span.start, span.end)}):
            while at < len(moves) and moves[at][1] <= offset:
                by = moves[at][2]
                at += 1
            inside = at < len(moves) and moves[at][0] < offset
            moved[offset] = (moves[at][0] if inside else offset) + by
        spans = [s.at(moved[s.start], moved[s.end]) for s in self.spans]
        return Rich("".join(pieces), spans)


def meets(stretches: list[tuple[int, int]], start: int, end: int) -> bool:
    """Whether any of these, which are in order and apart, has a character from there to there."""
    before = bisect_left(stretches, (end,)) - 1
    return before >= 0 and stretches[before][1] > start


def tidy(rich: Rich) -> Rich:
    """The same to a reader, as Telegram wants it: properly nested, nothing around code or spaces.

    core.telegram.org/bots/api#messageentity: code contains and is part of nothing else, quotes
    are not nested, and of two stretches with common characters one lies within the other.
    """
    opaque = rich.opaque()
    spans: list[Span] = []
    for span in rich.spans:
        pieces = [span] if span.kind in OPAQUE else _without(span, opaque)
        spans += (kept for piece in pieces if (kept := trimmed(piece, rich.text)))
    return Rich(rich.text, _nested(_merged(spans)))


def _without(span: Span, holes: list[tuple[int, int]]) -> Iterator[Span]:
    start = span.start
    for hole_start, hole_end in holes:
        if hole_end <= start or hole_start >= span.end:
            continue
        if start < hole_start:
            yield span.at(start, hole_start)
        start = hole_end
    if start < span.end:
        yield span.at(start, span.end)


def trimmed(span: Span, text: str) -> Span | None:
    """The span without the white space at its ends, but for the indent of code; None if empty."""
    start, end = span.start, span.end
    while end > start and text[end - 1].isspace():
        end -= 1
    if span.kind != "pre":
        while start < end and text[start].isspace():
            start += 1
    return span.at(start, end) if start < end else None


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Neighbours of one kind as one; of a kind within itself, the outer one."""
    found: list[Span] = []
    kinds = sorted(spans, key=lambda s: (s.kind, s.url or "", s.start, -s.end))
    for span in kinds:
        last = found[-1] if found else None
        alike = last and (last.kind, last.url, last.language) == (
            span.kind,
            span.url,
            span.language,
        )
        if last and alike and span.start < last.end:
            found[-1] = last.at(last.start, max(last.end, span.end))
        elif last and alike and span.start == last.end and span.kind not in (*OPAQUE, "text_link"):
            found[-1] = last.at(last.start, span.end)
        else:
            found.append(span)
    return found


def _nested(spans: Iterable[Span]) -> list[Span]:
    """Cut where one begins inside another and ends outside."""
    number = itertools.count()
    waiting = [(s.start, -s.end, next(number), s) for s in spans]
    heapq.heapify(waiting)
    found: list[Span] = []
    around: list[int] = []
    while waiting:
        _, _, _, span = heapq.heappop(waiting)
        while around and around[-1] <= span.start:
            around.pop()
        if around and span.end > around[-1]:
            rest = span.at(around[-1], span.end)
            heapq.heappush(waiting, (rest.start, -rest.end, next(number), rest))
            span = span.at(span.start, around[-1])
        around.append(span.end)
        found.append(span)
    return found
