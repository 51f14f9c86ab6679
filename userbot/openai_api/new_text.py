"""What of a piece of an answer was not said before, in well-formed text.

Some servers send with each piece all that was said so far, some repeat the whole message in the
last one. And JSON may be cut in the middle of a character.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from userbot.rules.plain import paired

_SURELY: Final = 16
"""Characters: who begins a piece with so many that were all that was said repeats them."""
_PERHAPS: Final = 4
"""The same where the piece is the last one, or the second of two."""


class NewText:
    """Feed it the pieces as they were sent; what it gives back is each word once."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._held = ""
        """A second piece that begins with the first: the third one tells what that means."""
        self._whole_each = False
        """Each piece holds all that was said."""
        self._half = ""
        """The first half of a surrogate pair."""

    def feed_all(self, pieces: Iterable[tuple[str, bool]]) -> str:
        """What is new in some pieces, each with whether it is the last one."""
        new: list[str] = []
        for piece, last in pieces:
            word = 0 < len(piece) < self._length - 2 and piece.isascii()
            if word and not (self._held or self._half):  # the usual way, in short
                new.append(self._added(piece))
            else:
                new.append(self.feed(piece, last=last))
        return "".join(new)

    def feed(self, piece: str, *, last: bool = False) -> str:
        """What is new in a piece; `last`: it says how the answer ended."""
        piece = self._well_formed(piece)
        return self._new(piece, last) if piece else ""

    def rest(self) -> str:
        """What is left when nothing more comes."""
        held, self._held = self._held, ""
        if held:
            repeats = self._length >= _PERHAPS
            held = held[self._length :] if repeats else held
        half, self._half = self._half, ""
        return held + paired(half) if half else held

    def _new(self, piece: str, last: bool) -> str:
        before = ""
        if self._held:
            held, self._held = self._held, ""
            repeated = len(piece) == len(held) == self._length  # "ha", "ha", "ha"
            if piece.startswith(held) and not repeated:
                self._whole_each = True
            else:
                before = self._added(held)
        if len(piece) < self._length - 2:
            # The usual way: a word. One of those who say all again does not say less.
            return before + self._added(piece)
        said = self._said()
        if self._whole_each and said.startswith(piece):
            return before
        if len(self._pieces) == 1 and not self._whole_each and piece.startswith(said):
            if not last:
                self._held = piece
                return before
            surely = _PERHAPS
        else:
            surely = 1 if self._whole_each else _PERHAPS if last else _SURELY
        if self._length < surely:
            return before + self._added(piece)
        if piece.startswith(said):
            self._pieces, self._length = [piece], len(piece)
            self._whole_each = self._whole_each or not last
            return before + piece[len(said) :]
        if piece.strip() == said.strip():
            return before
        return before + self._added(piece)

    def _added(self, piece: str) -> str:
        self._pieces.append(piece)
        self._length += len(piece)
        return piece

    def _said(self) -> str:
        if len(self._pieces) > 1:
            # Two stay two: it counts whether there was more than one.
            self._pieces = ["", "".join(self._pieces)]
        return "".join(self._pieces)

    def _well_formed(self, piece: str) -> str:
        half, self._half = self._half, ""
        if half and not (len(piece) >= self._length and piece.startswith(self._said())):
            piece = half + piece
        if piece and "\ud800" <= piece[-1] <= "\udbff":
            piece, self._half = piece[:-1], piece[-1]
        return piece if piece.isascii() else paired(piece)
