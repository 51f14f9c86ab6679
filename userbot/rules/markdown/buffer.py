"""A rich text as it grows at its end."""

from __future__ import annotations

from userbot.rules.markdown.rich import Rich, Span


class Buffer:
    """Written from left to right. A style within itself is one stretch."""

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
