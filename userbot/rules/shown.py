"""How a transcript, or a question, is shown: as a quotation, in Markdown."""

from __future__ import annotations

import re

# Not the opening brackets: after a backslash they begin a formula.
_MARKS = re.compile(r"([\\`*_{})\]#+\-.!|~>=<$&])")


_MOST_QUOTED = 160
"""Characters of a question that is quoted because a reply cannot point at it."""


def question_quoted(question: str) -> str:
    """The beginning of a question, on one line, as `quotation` shows it; "" for no words."""
    words = " ".join(question.split())
    if not words:
        return ""
    short = words if len(words) <= _MOST_QUOTED else words[:_MOST_QUOTED].rstrip() + "…"
    return quotation(short)


def quotation(transcript: str) -> str:
    """The transcript as a quotation whose words are no markup, with an empty line after it."""
    lines = transcript.strip().splitlines() or [""]
    return "\n".join("> " + _MARKS.sub(r"\\\1", line) for line in lines) + "\n\n"
