"""What a server sends, cut into its JSON values' texts as it arrives.

A body is read by what it is, not by its label nor by what was asked for: server-sent events, lines
of JSON, or one JSON value over as many lines as it likes.
"""

from __future__ import annotations

import codecs
import io
from itertools import pairwise
from typing import Final

MOST: Final = 4 * 2**20
"""Characters of one event, or bytes of a whole answer: the longest have a quarter of it."""
_END: Final = "[DONE]"
_DATA: Final = "data:"
_USUAL: Final = "data: {"


class SentEvents:
    """Server-sent events as far as an answer needs them: pieces of a stream in, their data out.

    https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
    openai's own reader would do for OpenAI. This one forgives what others send: an event without
    data (a comment that keeps the connection, a bare name) is none; JSON may stand there by
    itself (LiteLLM's errors, Ollama's lines), an error behind its own name (llama.cpp); the blank
    line between two events may be missing: no JSON goes on with a line that begins with a brace
    when the line before ended with one. And it gives up on an event without an end. `ended`:
    OpenAI's last event has come.
    """

    def __init__(self) -> None:
        # A carriage return in the last place waits for what comes next: both may be one line's end.
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._decoder = io.IncrementalNewlineDecoder(decoder, translate=True)
        self._rest: list[str] = []
        """Pieces of a line that has no end yet: a long one is put together once."""
        self._data: list[str] = []
        self._bare = False
        """What is held is JSON that stands there by itself: each line belongs to it."""
        self._held = 0
        """Characters since the last event."""
        self.begun = False
        """A line has come that is not empty."""
        self._complete: list[str] = []
        self.ended = False

    def feed(self, piece: bytes) -> list[str]:
        """The data of the events that this piece completes, up to the end of the answer.

        Raises ValueError: it is no text, a web page, or an event has no end.
        """
        lines = self._decoder.decode(piece).split("\n")
        self._rest.append(lines[0])
        self._held += len(lines[0])
        if len(lines) > 1:
            lines[0], self._rest = "".join(self._rest), lines[-1:]
        for line, begun in pairwise(lines):
            self._take(line)
            if self.ended:
                break
            self._held += len(begun)
        if self._held > MOST:
            raise ValueError("an event without an end")
        complete, self._complete = self._complete, []
        return complete

    def rest(self) -> list[str]:
        """Nothing more comes: the last event may lack what ends it."""
        complete = self.feed(b"\n") if not self.ended else []
        self._flush()
        complete += self._complete
        self._complete = []
        return complete

    def _take(self, line: str) -> None:
        if not self._data and line.startswith(_USUAL):  # as nearly always
            self.begun = True
            self._data.append(line[len(_DATA) + 1 :])
            return
        if not line and not self._bare:
            self._flush()
            return
        if not self.begun and line.strip():
            self.begun = True
            if line.lstrip().startswith("<"):
                raise ValueError("a web page")
        if line.startswith(_DATA):
            while line.startswith(_DATA):
                line = line.removeprefix(_DATA).removeprefix(" ")
            self._hold(line)
        elif line.startswith("error:"):
            self._hold(f'{{"error": {line.removeprefix("error:")}}}')
        elif line.startswith(("{", "[")) or (self._bare and line):
            self._hold(line)
            self._bare = bool(self._data)
        elif not line and self._data[-1].endswith(("}", "]")):
            self._flush()

    def _hold(self, line: str) -> None:
        if self._data and self._data[-1].endswith("}") and line.startswith(("{", _END)):
            self._flush()
        if not self._data and line.startswith(_END):
            self.ended = True
            return
        self._data.append(line)

    def _flush(self) -> None:
        if self._data:
            self._complete.append("\n".join(self._data))
        self._data, self._bare, self._held = [], False, 0
