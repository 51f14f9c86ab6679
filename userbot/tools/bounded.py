"""UTF-8 in which each line has an end: of what is longer the rest is left out.

The SDK reads a server's output a line at a time, however long that is, and each piece of it copies
all that there is: without an end it would take all memory, and the loop. It lets one say in which
encoding, and that is where a bound can stand. A line that is cut is no JSON, so its request gets no
answer.
"""

from __future__ import annotations

import codecs
from typing import Final

LONGEST: Final = 16 * 1024 * 1024
"""Characters of a line: a result with a picture, as some tools return, takes a few million."""
ENCODING: Final = "utf_8_bounded"
_UTF8: Final = codecs.lookup("utf-8")


class BoundedDecoder(codecs.IncrementalDecoder):
    """Decodes piece by piece."""

    def __init__(self, errors: str = "strict") -> None:
        super().__init__(errors)
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors)
        self._line = 0
        """Characters of the present line."""

    def decode(self, data: bytes, final: bool = False) -> str:  # type: ignore[override]
        """The next characters, as far as they are kept."""
        kept = []
        for at, piece in enumerate(self._decoder.decode(data, final).split("\n")):
            if at > 0:
                self._line = 0
            kept.append(piece[: max(0, LONGEST - self._line)])
            self._line += len(piece)
        return "\n".join(kept)

    def reset(self) -> None:
        """Begin anew."""
        self._decoder.reset()
        self._line = 0


def _found(name: str) -> codecs.CodecInfo | None:
    if name != ENCODING:
        return None
    return codecs.CodecInfo(
        name=ENCODING,
        encode=_UTF8.encode,
        decode=_UTF8.decode,
        incrementalencoder=_UTF8.incrementalencoder,
        incrementaldecoder=BoundedDecoder,
    )


codecs.register(_found)
