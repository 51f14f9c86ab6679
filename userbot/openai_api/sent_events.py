"""Server-sent events, as far as an answer needs them: the data of each event.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
An event without data (a comment that keeps the connection, a bare name) is none. Two fields that
the standard does not know are read as servers mean them: an error that stands there by itself, as
JSON (LiteLLM) or behind its own name (llama.cpp).
"""

from __future__ import annotations

import codecs
import re
from typing import Final

_LINE_END: Final = re.compile(r"\r\n|\n|\r(?=.)", re.S)
"""A carriage return in the last place waits for what comes next: they may be one end of a line."""
_END: Final = "[DONE]"
MOST: Final = 4 * 2**20
"""Characters of one event, or bytes of a whole answer: the longest have a quarter of it."""


class SentEvents:
    """Feed it the pieces of a stream. `ended`: OpenAI's last event has come."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._rest: list[str] = []  # of a line without an end
        self._waiting = 0  # its length
        self._turned = False  # its last character is a carriage return
        self._data: list[str] = []
        self._held = 0
        self.ended = False

    def feed(self, piece: bytes) -> list[str]:
        """The data of the events that this piece completes, up to the end of the answer.

        Raises ValueError: it is no text, or an event has no end.
        """
        text = self._decoder.decode(piece)
        lines: list[str] = []
        if "\n" in text or "\r" in text or self._turned:
            *lines, rest = _LINE_END.split("".join(self._rest) + text)
            self._rest, self._waiting = [rest], len(rest)
        else:  # a long line is put together once, in however many pieces it comes
            self._rest.append(text)
            self._waiting += len(text)
        self._turned = self._rest[-1].endswith("\r")
        complete: list[str] = []
        for line in lines:
            if line.startswith("data:"):
                self._data.append(line.removeprefix("data:").removeprefix(" "))
                self._held += len(line)
            elif line.startswith(("{", "error:")):
                error = line.removeprefix("error:")
                self._data.append(line if error is line else f'{{"error": {error}}}')
                self._held += len(line)
            elif not line and self._data:
                data = "\n".join(self._data)
                if data.startswith(_END):
                    self.ended = True
                    break
                complete.append(data)
                self._data.clear()
                self._held = 0
        if self._held + self._waiting > MOST:
            raise ValueError("an event without an end")
        return complete
