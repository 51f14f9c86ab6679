"""The owner is asked for his yes, and says it: how both read. Pure.

A word is short and in either language; whatever else he replies is what is sent instead. So only
the word alone is one, but for what ends a sentence; behind "again" he says how to write anew.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Final

from userbot.rules.plain import MESSAGE_UNITS, shortened, units
from userbot.rules.tool_words import in_sight
from userbot.texts import Language, Text, _, joined, quoted, translated
from userbot.types import (
    CHANNELS,
    SAVED_TITLE,
    Approval,
    ApprovalEnd,
    ApprovalKind,
    Question,
    RichText,
    Wanted,
)

_YES: Final = frozenset({"yes", "да", "+"})
_NO: Final = frozenset({"no", "нет", "-", "–", "—", "−"})
_AGAIN: Final = re.compile(r"(?:again|заново)(?:[\s,:;.!—–-]+(?P<how>.*))?", re.I | re.S)
_MOST_ASKED: Final = 300
"""Characters of the question that a request shows."""
_HOW: Final[dict[ApprovalKind, Text]] = {
    "answer": _("Reply yes, no or again to this message, or with the text to send instead."),
    "call": _("Reply yes or no to this message."),
}
_HOW_OF_EVERY: Final = _(
    "Reply yes or no to this message. A yes is for every call of this tool for this question."
)


def word_of(text: RichText) -> ApprovalEnd | None:
    """What the owner's reply to a request says; None if it says nothing."""
    words = text.text.strip()
    bare = words.rstrip(".!").casefold() or words
    if not words:
        return None
    if bare in _YES:
        return ApprovalEnd("yes")
    if bare in _NO:
        return ApprovalEnd("no")
    if again := _AGAIN.fullmatch(words):
        return ApprovalEnd("again", RichText((again["how"] or "").strip()))
    return ApprovalEnd("text", text if text.text == words else RichText(words))


def in_time(said: ApprovalEnd, deadline: datetime, at: datetime) -> ApprovalEnd:
    """What counts of a word that was said at that time: after the deadline nothing is sent."""
    return said if at <= deadline or said.word == "no" else ApprovalEnd("late")


def where(question: Question) -> Text:
    """Whose question, and where it was asked."""
    person, title = question.sender.name, question.title
    if title == SAVED_TITLE:
        title = _("Saved Messages")
    return joined("" if title == person else title, person, by=" · ")


def request(question: Question, wanted: Wanted, language: Language) -> tuple[RichText, ...]:
    """The messages that ask the owner: whose question it is, how to answer, what is wanted."""
    asked = shortened(question.text, _MOST_ASKED)
    whose = joined("❓", where(question))
    head = "\n".join(
        filter(
            None,
            (
                translated(joined(whose, quoted(asked) if asked else "", by=": "), language),
                link(question),
                translated(_HOW_OF_EVERY if wanted.every else _HOW[wanted.kind], language),
            ),
        )
    )
    first, *more = wanted.told or (RichText(""),)
    offset = units(head) + 2
    if offset + units(first.text) > MESSAGE_UNITS:
        return (RichText(head), first, *more)
    moved = tuple(replace(one, offset=one.offset + offset) for one in first.entities)
    return (RichText(f"{head}\n\n{first.text}", moved), *more)


def call_of(approval: Approval) -> str:
    """A call that waits, in lines; what cannot be seen is written as JSON writes it."""
    return "\n".join(map(in_sight, approval.told.split("\n")))


def on_one_line(approval: Approval) -> str:
    """What waits; no argument of a call can pose as two."""
    if approval.kind == "answer":
        return approval.what
    lines = call_of(approval).replace("·", r"\u00b7").replace("\n    ", " ⏎ ")
    return " · ".join(lines.split("\n"))


def noted(question: Question, why: str, language: Language) -> RichText:
    """What a request says when it is not open any more: no word of what it asked."""
    return RichText(translated(joined(where(question), why, by=": "), language))


def link(question: Question) -> str:
    """The address of a question's message; "" where it has none: only supergroups have one."""
    chat = question.source
    if chat >= CHANNELS:
        return ""
    topic = question.conversation.thread
    path = f"{CHANNELS - chat}/{topic}/" if topic is not None else f"{CHANNELS - chat}/"
    return f"https://t.me/c/{path}{question.message}"
