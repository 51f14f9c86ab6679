"""How a transcript is shown: as a quotation, in Markdown."""

from __future__ import annotations

import re

# Not the opening brackets: after a backslash they begin a formula.
_MARKS = re.compile(r"([\\`*_{})\]#+\-.!|~>=<$&])")


def quotation(transcript: str) -> str:
    """The transcript as a quotation whose words are no markup, with an empty line after it."""
    lines = transcript.strip().splitlines() or [""]
    return "\n".join("> " + _MARKS.sub(r"\\\1", line) for line in lines) + "\n\n"
