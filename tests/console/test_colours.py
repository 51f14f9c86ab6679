"""The colours of the console can be read on a light and on a dark background."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.color import Color

import userbot
from userbot.console import colours

NAMED = {name: getattr(colours, name) for name in dir(colours) if name.isupper()}
LEAST = 3.0
"""Of a large text or a sign (WCAG 2.2, 1.4.11); a small one has 4.5, which none has on both."""
BACKGROUNDS = {"white": "#ffffff", "cream": "#fdf6e3", "black": "#000000", "night": "#002b36"}
STYLES = re.compile(
    r"""["'](?:(?:bold|italic|underline|dim) )*"""
    r"""(?:bright_)?(?:black|red|green|yellow|blue|magenta|cyan|white|gr[ae]y\d*)["']"""
)


def luminance(colour: str) -> float:
    """As WCAG 2.2 defines it."""
    parts = (part / 255 for part in Color.parse(colour).get_truecolor())
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("name", NAMED)
def test_every_colour_can_be_read_on_every_background(name: str, background: str) -> None:
    pair = sorted((luminance(NAMED[name]), luminance(BACKGROUNDS[background])))
    assert (pair[1] + 0.05) / (pair[0] + 0.05) >= LEAST


def test_no_other_colours_are_used() -> None:
    package = Path(userbot.__file__).parent
    files = [*(package / "console").glob("*.py"), *(package / "cli").glob("*.py")]
    used = [(file.name, one) for file in files for one in STYLES.findall(file.read_text("utf-8"))]
    assert used == []
