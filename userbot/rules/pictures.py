"""Which copy of a picture is shown to a model, and what a file is. Pure.

Telegram keeps each photo in several sizes (core.telegram.org/api/files#image-thumbnail-types); one
of them is taken as it is, so nothing is decoded here. A picture that came as a file has a small
copy at most: the file itself is taken only if it is small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MARK: Final = "[picture]"
"""What stands in a question's text, and stays in the history, where a picture was."""
LONGEST: Final = 1280
"""Pixels of the longer side: fine print can be read, and providers scale down what has more."""
LONGEST_OF_SEVERAL: Final = 800
MOST_BYTES: Final = 2_000_000
"""Of one picture as it is fetched."""
MOST_TOGETHER: Final = 4_000_000
"""Bytes of all pictures of one question."""
MOST_FILE_BYTES: Final = 1_000_000
"""Of a picture that came as a file: what has more is shown by its small copy."""
MOST: Final = 10
"""Pictures of one question, as many as an album has."""

_KINDS: Final = (
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"WEBP", 8, "image/webp"),
)
TYPES: Final = frozenset(mime for _, _, mime in _KINDS)
"""What every model that sees pictures takes."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One size of a picture: Telegram's letter for it ("" for the file itself), in pixels."""

    letter: str
    width: int
    height: int
    size: int
    """Bytes."""

    @property
    def longest(self) -> int:
        return max(self.width, self.height)


def best_copy(copies: Sequence[Copy], *, several: bool = False) -> Copy | None:
    """The largest copy that is no larger than needed, else the smallest; None if all are too big.

    `several`: it is one of many, which are looked at less closely.
    """
    wanted = LONGEST_OF_SEVERAL if several else LONGEST
    light = [copy for copy in copies if copy.size <= MOST_BYTES]
    fitting = [copy for copy in light if copy.longest <= wanted]
    if fitting:
        return max(fitting, key=lambda copy: copy.longest)
    return min(light, key=lambda copy: copy.longest, default=None)


def that_fit(sizes: Sequence[int]) -> int:
    """How many pictures of so many bytes go into one request."""
    room = MOST_TOGETHER
    for number, size in enumerate(sizes[:MOST]):
        room -= size
        if room < 0:
            return number
    return min(len(sizes), MOST)


def type_of(data: bytes) -> str | None:
    """What a file is by its first bytes; None if no model takes it."""
    for mark, at, mime in _KINDS:
        if data[at : at + len(mark)] == mark:
            return mime
    return None


def marked(text: str) -> str:
    """A text beside a picture."""
    return f"{MARK} {text}".rstrip()
