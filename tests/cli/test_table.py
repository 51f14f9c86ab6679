"""Rows for people where there is little room."""

from __future__ import annotations

from itertools import pairwise

import pytest
from rich.cells import cell_len

from userbot.cli.attended import KEYS
from userbot.cli.table import packed
from userbot.texts import LANGUAGES, Language, translated


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [39, 79, 139])
def test_a_line_of_keys_ends_between_them_and_never_within_one(
    width: int, language: Language
) -> None:
    keys = [translated(key, language) for key in KEYS]
    lines = packed(keys, width)
    assert max(map(cell_len, lines)) <= width
    assert [key for line in lines for key in line.split(" · ")] == keys
    for line, following in pairwise(lines):  # none is begun that the one before has room for
        assert cell_len(f"{line} · {following.split(' · ')[0]}") > width


def test_what_is_longer_than_a_line_has_one_of_its_own() -> None:
    assert packed(["a", "much too long", "b", "c"], 6) == ["a", "much too long", "b · c"]
