"""Whether spoken words address the owner: the second half of the trigger's decision.

A transcript has neither the slash of the prefix nor reliable marks or capitals, so words are
compared without them: "/gpt" is heard as "GPT, …", and «Ёлка» as «елка».
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"\w+")


def question_in(transcript: str, prefix: str, wake_words: Iterable[str]) -> str | None:
    """What was asked, if the transcript begins with one of the wake words or the prefix's word.

    The rest of the transcript, or all of it if nothing follows; None if it begins otherwise.
    """
    spoken = [(folded(found.group()), found.end()) for found in _WORD.finditer(transcript)]
    for phrase in (prefix, *wake_words):
        words = [folded(word) for word in _WORD.findall(phrase)]
        if words and [word for word, _ in spoken[: len(words)]] == words:
            rest = transcript[spoken[len(words) - 1][1] :].lstrip(" \t\n,.:;!?…—–-")
            return rest or transcript
    return None


def folded(word: str) -> str:
    """A word as it is compared: one Unicode form, no case, "ё" as "е"."""
    return unicodedata.normalize("NFKC", word).casefold().replace("ё", "е")
