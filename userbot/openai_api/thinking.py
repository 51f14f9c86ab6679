"""What a model thinks before it answers is neither shown nor kept.

Most endpoints put it into a field of its own, which nobody reads here. Others, llama.cpp and Ollama
among them, may leave it in the text: ``<think>…</think>`` before the first word of the answer.
Later in a text the same tags are somebody's words.
"""

from __future__ import annotations

import re
from typing import Final

_TAGS: Final = ("<think>", "<thinking>", "<reasoning>")
_BEGIN: Final = re.compile(r"\s*<(think|thinking|reasoning)>", re.I)


class Thinking:
    """Feed it pieces of an answer; what it gives back is the answer."""

    def __init__(self) -> None:
        self._held = ""
        self._end = ""
        self._thought = False
        self._answering = False

    def feed(self, text: str) -> str:
        """The part of a piece, and of what was held back, that belongs to the answer."""
        if self._answering:
            return text
        self._held += text
        while True:
            if self._end:
                at = self._held.lower().find(self._end)
                if at < 0:
                    self._held = self._held[-len(self._end) :]  # the tag may be in two pieces
                    return ""
                self._held = self._held[at + len(self._end) :]
                self._end = ""
            begin = _BEGIN.match(self._held)
            if begin is None:
                break
            self._end, self._thought = f"</{begin[1].lower()}>", True
            self._held = self._held[begin.end() :]
        if _may_begin(self._held):
            return ""
        return self.rest()

    def rest(self) -> str:
        """What is still held back when nothing more comes; "" within a thought."""
        held, self._held = self._held, ""
        if self._end:
            return ""
        self._answering = True
        return held.lstrip() if self._thought else held


def _may_begin(text: str) -> bool:
    start = text.lstrip().lower()
    return not start or any(tag.startswith(start) for tag in _TAGS)
