"""What one document says while it is read, bounded; and why it cannot be read."""

from __future__ import annotations

import json
import re
from typing import TextIO

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_BLANK_LINES = re.compile(r"\n[ \t\n]*\n[ \t\n]*\n")
CHARACTERS_A_PAGE = 3000
"""Of what has no pages of its own."""
MOST_CHARACTERS = 2_000_000
"""Of all that is read of one document."""


class UnreadableError(Exception):
    """A document cannot be read; `reason` is one of the slugs that `process` has sentences for."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class EnoughError(Exception):
    """So much was read as may be: the rest is left out."""


class Extract:
    """Takes what is read, and passes it on as lines of JSON.

    `pages`: how many are wanted. `pictures`: how many pages without words are to be shown.
    """

    def __init__(self, out: TextIO, pages: int, pictures: int) -> None:
        self._out = out
        self.wanted = pages
        self.pictures = pictures
        self._left = MOST_CHARACTERS
        self._page = 0
        self.has_something = False

    def ready(self) -> None:
        """The process stands, and what comes now is the document."""
        self._tell({"ready": True})

    def begin(self, kind: str, pages: int = 0) -> None:
        """It is known what it is; `pages`: how many it has, if that is known."""
        self._tell({"kind": kind, "pages": pages})

    def page(self, text: str, number: int = 0) -> None:
        """The next page, or that one. Raises EnoughError where no more is wanted."""
        self._page = number or self._page + 1
        if self._page > self.wanted:
            raise EnoughError
        text = _cleaned(text)
        more, text = len(text) > self._left, text[: self._left]
        self._left -= len(text)
        if text:
            self.has_something = True
            self._tell({"page": self._page, "text": text})
        if more:
            raise EnoughError

    def flow(self, text: str) -> None:
        """A text that has no pages: cut between lines into pieces of a page's size."""
        for piece in pieces(_cleaned(text)):
            self.page(piece)

    def picture(self, page: int, png: str) -> None:
        """A page as it looks: a PNG in base64."""
        self.has_something = True
        self._tell({"picture": page, "png": png})

    def end(self, *, cut: bool) -> None:
        """That was it; `cut`: there was more."""
        self._tell({"end": True, "cut": cut})

    def fail(self, reason: str) -> None:
        """It cannot be read."""
        self._tell({"error": reason})

    def _tell(self, row: dict[str, object]) -> None:
        self._out.write(json.dumps(row, ensure_ascii=False) + "\n")
        self._out.flush()


def pieces(text: str) -> list[str]:
    """A text in pieces of a page's size, cut between lines where that is possible."""
    found, begin = [], 0
    while len(text) - begin > CHARACTERS_A_PAGE:
        end = text.rfind("\n", begin + CHARACTERS_A_PAGE // 2, begin + CHARACTERS_A_PAGE)
        end = begin + CHARACTERS_A_PAGE if end < 0 else end + 1
        found.append(text[begin:end])
        begin = end
    return [*found, text[begin:]]


def _cleaned(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n").replace("\f", "\n")
    text = _CONTROLS.sub("", text.encode("utf-8", "replace").decode())
    return _BLANK_LINES.sub("\n\n", text).strip()
