"""Which copy of a picture is shown to a model."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from userbot.rules.pictures import Copy, best_copy, that_fit, type_of

SMALL, MIDDLE = Copy("m", 320, 240, 20_000), Copy("x", 600, 800, 90_000)
LARGE, HUGE = Copy("y", 1280, 960, 200_000), Copy("w", 2560, 1920, 900_000)
HEAVY = Copy("y", 1280, 960, 3_000_000)


@pytest.mark.parametrize(
    ("copies", "several", "letter"),
    [
        pytest.param([SMALL, MIDDLE, LARGE, HUGE], False, "y", id="of one 1280 pixels"),
        pytest.param([SMALL, MIDDLE, LARGE, HUGE], True, "x", id="of several 800"),
        pytest.param([SMALL], False, "m", id="the only one"),
        pytest.param([HUGE], False, "w", id="larger than needed, but the smallest"),
        pytest.param([MIDDLE, HEAVY], False, "x", id="too many bytes"),
        pytest.param([HEAVY], False, None, id="nothing that is light enough"),
        pytest.param([], False, None, id="none"),
    ],
)
def test_a_copy_is_as_large_as_needed(
    copies: Sequence[Copy], several: bool, letter: str | None
) -> None:
    best = best_copy(copies, several=several)
    assert (best and best.letter) == letter


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"RIFF\0\0\0\0WEBPVP8", "image/webp"),
        (b"GIF89a", None),
        (b"<svg/>", None),
        (b"", None),
    ],
)
def test_a_picture_is_what_its_bytes_say(data: bytes, mime: str | None) -> None:
    assert type_of(data) == mime


def test_one_question_has_so_many_pictures_and_bytes() -> None:
    assert that_fit([1] * 12) == 10
    assert that_fit([1_500_000] * 3) == 2
    assert that_fit([]) == 0
