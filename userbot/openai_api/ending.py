"""Why an answer ended, by the word that its server has for it.

OpenAI knows "stop", "length" and "content_filter"; others say "eos", "MAX_TOKENS", "SAFETY" or
"insufficient_system_resource". What nothing here knows is taken for a good end.
"""

from __future__ import annotations

import re
from typing import Final

from userbot.types import CUT

GOOD: Final = "stop"
FILTERED: Final = "content_filter"
BROKEN: Final = "broken"

_FILTER: Final = re.compile(
    r"filter|safety|recitation|prohibit|block|moderat|sensitive|refus|guardrail|spii|policy"
)
_BROKEN: Final = re.compile(
    r"error|fail|abort|cancel|insufficient|resource|overload|time.?out|unavailable|malformed"
    r"|interrupt|disconnect|network"
)
_CUT: Final = re.compile(r"length|max.*token|token.*(limit|max)|limit.*token|context|incomplete")


def ending(reason: str) -> str:
    """One of the four above."""
    said = reason.lower()
    if _FILTER.search(said):
        return FILTERED
    if _BROKEN.search(said):
        return BROKEN
    return CUT if _CUT.search(said) else GOOD
