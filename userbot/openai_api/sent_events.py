"""Server-sent events, as far as an answer needs them: the data of each event.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
openai's own reader would do for OpenAI. This one forgives what others send: an event without data
(a comment that keeps the connection, a bare name) is none; the last event may lack its blank line;
an error may stand there by itself, as JSON (LiteLLM) or behind its own name (llama.cpp). And it
gives up on an event without an end.
"""

from __future__ import annotations

import codecs
import io
from typing import Final

_END: Final = "[DONE]"
MOST: Final = 4 * 2**20
"""Characters of one event, or bytes of a whole answer: the longest have a quarter of it."""


class SentEvents:
    """Feed it the pieces of a stream. `ended`: OpenAI's last event has come."""

    def __init__(self) -> None:
        # A carriage return in the last place waits for what comes next: both may be one line's end.
        decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._decoder = io.IncrementalNewlineDecoder(decoder, translate=True)
        self._rest: list[str] = []
        """Pieces of a line that has no end yet: a long one is put together once."""
        self._data: list[str] = []
        self._held = 0
        """Characters since the last blank line."""
        self.ended = False

    def feed(self, piece: bytes) -> list[str]:
        """The data of the events that this piece completes, up to the end of the answer.

        Raises ValueError: it is no text, or an event has no end.
        """
        first, *more = self._decoder.decode(piece).split("\n")
        self._rest.append(first)
        self._held += len(first)
        complete: list[str] = []
        for begun in more:
            line, self._rest = "".join(self._rest), [begun]
            if line.startswith("data:"):
                self._data.append(line.removeprefix("data:").removeprefix(" "))
            elif line.startswith("error:"):
                self._data.append(f'{{"error": {line.removeprefix("error:")}}}')
            elif line.startswith("{"):
                self._data.append(line)
            elif not line:
                data, self._data, self._held = self._data, [], 0
                if data and data[0].startswith(_END):
                    self.ended = True
                    break
                complete += ["\n".join(data)] if data else []
            self._held += len(begun)
        if self._held > MOST:
            raise ValueError("an event without an end")
        return complete
