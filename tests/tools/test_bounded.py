"""Lines without an end are cut, wherever the pieces end in which they come."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from userbot.tools.bounded import ENCODING, BoundedDecoder


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_of_a_line_that_is_too_long_the_beginning_is_kept_and_the_next_is_whole(size: int) -> None:
    said = "short\n" + "ы" * 500 + "\nда\n" + "x" * 500
    data, decoder = said.encode(), BoundedDecoder("replace")
    with patch("userbot.tools.bounded.LONGEST", 20):
        pieces = [decoder.decode(data[at : at + size]) for at in range(0, len(data), size)]
    assert "".join(pieces) == "short\n" + "ы" * 20 + "\nда\n" + "x" * 20


def test_what_is_not_too_long_is_utf_8() -> None:
    assert "да".encode(ENCODING) == "да".encode()
    assert BoundedDecoder("replace").decode("да\n".encode() + b"\xff", final=True) == "да\n\ufffd"
