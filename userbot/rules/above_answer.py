"""What stands above an answer: the owner's prompt, a transcript, or the question quoted.

With `own_prompt = "edit"` the owner's message is prompt and answer in one: the prompt stays as a
quotation, without its prefix, and the answer grows below it. What Telegram would not let be edited
that way, or what would leave little room, is answered by a reply.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from userbot.rules.plain import MESSAGE_UNITS, clean, units, whole
from userbot.types import Question

EDITABLE = timedelta(hours=47)
"""Telegram lets a message be edited for 48 hours; an answer takes a while."""
MOST_PROMPT = MESSAGE_UNITS // 4
"""UTF-16 units of a prompt that stays above its answer; a longer one is left as it is."""
_MOST_WORD = 16
"""Characters of a word that stands before a prompt that might act."""
_MOST_QUOTED = 160
"""Characters of a question that is quoted because a reply cannot point at it."""
# Not the opening brackets: after a backslash they begin a formula.
_MARKS = re.compile(r"([\\`*_{})\]#+\-.!|~>=<$&])")


def above_answer(question: Question, now: datetime) -> str | None:
    """What stands above the answer in the question's own message; None: answered by a reply.

    A reply, since the message is not the owner's, not plain text, too old, or too long. "" where
    the prefix alone replied to a message: then the answer is all there is.
    """
    if not question.by_owner or not question.plain or now - question.at >= EDITABLE:
        return None
    if question.replied_to is None:
        return None  # the group that it stands in is closed
    prompt = prompt_of(question)
    return prompt if units(prompt) <= MOST_PROMPT else None


def prompt_of(question: Question) -> str:
    """The prompt as it stays visible."""
    return question.text.strip()


def below_prompt(question: Question, shown: str) -> str:
    """What a message shows of the answer, without the prompt above it, and a word before that."""
    at = shown.find(prompt := clean(prompt_of(question)), 0, len(prompt) + _MOST_WORD)
    return shown[max(at, 0) + len(prompt) * (at >= 0) :].lstrip("\n")


def beginning(question: Question, words: str) -> str:
    """The chat that a question is about and the beginning of its words, on one line."""
    line = " ".join(" · ".join(filter(None, (question.about_name, words))).split())
    if len(line) > _MOST_QUOTED:
        line = line[: whole(line, 0, _MOST_QUOTED)].rstrip() + "…"
    return line


def quotation(transcript: str) -> str:
    """The transcript as a quotation whose words are no markup, with an empty line after it."""
    lines = transcript.strip().splitlines() or [""]
    return "\n".join(f"> {escaped(line)}" for line in lines) + "\n\n"


def escaped(text: str) -> str:
    """Words whose characters are no markup."""
    return _MARKS.sub(r"\\\1", text)
