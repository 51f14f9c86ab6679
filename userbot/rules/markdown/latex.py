"""LaTeX as people read it in a chat: ``x^2 \\leq \\frac{a}{b}`` is x² ≤ a/b."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

_ROOT = re.compile(r"\\sqrt\{([^{}]*)\}")
_UNKNOWN = re.compile(r"\\(?:displaystyle|textstyle|limits|nolimits|quad|qquad|,|;|!)(?![A-Za-z])")
_LINES = re.compile(r"\\(?:begin|end)\{(?:aligned|align|gathered|gather|split|equation)\*?\}")
_LONGEST = 2000
"""Characters; what is longer is no formula, and the conversion is slow."""


def readable(formula: str) -> str:
    """A formula in Unicode; as it was written where it cannot be read."""
    if len(formula) > _LONGEST:
        return formula
    if _LINES.search(formula):
        lines = _LINES.sub("", formula).replace("&", "").split("\\\\")
        return "\n".join(readable(" ".join(line.split())) for line in lines).strip()
    simple = _ROOT.sub(
        lambda found: f"√({found[1]})" if len(found[1]) > 1 else f"√{found[1]}", formula
    )
    convert = _convert()
    try:
        converted = str(convert(_UNKNOWN.sub(" ", simple))).strip()
    except Exception:
        # A library's parser of a language without an end: whatever it stumbles over.
        return formula
    return converted if _words(converted) >= _words(formula) // 2 and converted else formula


def superscript(text: str) -> str:
    """A text as a power: ``10`` is ¹⁰."""
    converted = readable(f"^{{{text}}}")
    return converted or text


@cache
def _convert() -> Callable[[str], str]:
    # Its package takes as long to import as the rest of the rules, and few answers hold formulas.
    from telegramify_markdown.latex_escape.helper import LatexToUnicodeHelper

    convert: Callable[[str], str] = LatexToUnicodeHelper().convert
    return convert


def _words(text: str) -> int:
    return sum(character.isalnum() for character in re.sub(r"\\[A-Za-z]+", "", text))
