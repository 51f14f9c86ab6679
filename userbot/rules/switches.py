"""Switches right behind the prefix: `-m big`, `-c "Weekend plans"`, in any order. Pure.

Rule 1: a switch is one letter behind a dash, whatever dash a phone makes of it, single or doubled,
and a word by itself. The first word that is none begins the text, and from there on nothing is one.
Rule 2: two dashes by themselves end them. Phones make one long dash of the two, which begins many a
sentence: without a switch before or behind it, it is text.
Rule 3: what is no switch is not changed by a letter.
Rule 4: whoever may ask may say how: but which model only by the names of [models], since the owner
pays. He may name any. A word that means nothing is dropped with its switch; the owner is told so
instead of an answer, before anything is paid.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from userbot.errors import SwitchError
from userbot.texts import Text, _, joined
from userbot.types import Question, Switches

EFFORTS: Final = ("low", "medium", "high")
"""What a question may say of `reasoning_effort`; others than these are for [openai]."""
MODEL_CHARACTERS: Final = 100
"""Of the name of a model: longer is none."""
_TAKES_WORD: Final[Mapping[str, bool]] = {
    "q": False,
    "c": True,
    "m": True,
    "e": True,
    "n": False,
}
"""The switches, and which of them are followed by a word, or by several in quotation marks."""
_MISTAKEN: Final[Mapping[str, tuple[Text, Text]]] = {
    "m": (
        _("-m needs the name of a model."),
        _("Example: -m big, with a name from [models], or a model of the server."),
    ),
    "e": (
        _("-e takes low, medium or high."),
        _("Example: -e high."),
    ),
}
"""What is told to an owner who mistook a switch, by its letter."""
_DASH: Final = "[-\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d]"
_SWITCH: Final = re.compile(rf"{_DASH}{{1,2}}([{''.join(_TAKES_WORD)}])(?!\S)\s*", re.IGNORECASE)
_END: Final = re.compile(rf"(?:{_DASH}{{2}}|\u2014)(?!\S)\s*")
_QUOTED: Final = ('"([^"]*)"', "'([^']*)'", "[“„”]([^“”]*)[“”]", "«([^»]*)»", "[‘’]([^‘’]*)[‘’]")
_WORD: Final = re.compile(rf"(?:{'|'.join(_QUOTED)}|(\S+))(?!\S)\s*")


@dataclass(frozen=True, slots=True)
class Switched:
    """What is asked, and how: the switches by their letters, each with its word if it takes one."""

    text: str
    given: Mapping[str, str]

    @property
    def quiet(self) -> bool:
        """Answered in Saved Messages, and the question is deleted."""
        return "q" in self.given

    @property
    def about(self) -> str | None:
        """The chat that it is about; "" if none was named behind the switch."""
        return self.given.get("c")

    def chosen(self, models: Mapping[str, str], *, by_owner: bool) -> Switches:
        """How the question is asked. `models`: [models], by the names that people write."""
        effort, name = self.given.get("e"), self.given.get("m")
        model, wrong = "", ""
        if name is not None:
            model = named_model(name, models) or (name if by_owner and _may_be_model(name) else "")
            wrong = "" if model else "m"
        if effort is not None and effort.lower() not in EFFORTS:
            effort, wrong = None, "e"
        return Switches(
            model=model, effort=(effort or "").lower(), by_itself="n" in self.given, wrong=wrong
        )


def named_model(name: str, models: Mapping[str, str]) -> str:
    """The model that [models] gives a name, in any case; "" if none has it."""
    same = name.casefold()
    return next((model for own, model in models.items() if own.casefold() == same), "")


def as_allowed(switches: Switches, models: Mapping[str, str]) -> Switches:
    """Somebody else's switches, where [models] may have become shorter since he wrote them."""
    if not switches.model or switches.model in models.values():
        return switches
    return replace(switches, model="", wrong="m")


def mistake(question: Question, models: Mapping[str, str]) -> SwitchError | None:
    """Why a question of the owner's is not asked as he wrote it, if so."""
    wrong = question.switches.wrong
    if not (wrong and question.by_owner):
        return None
    told, hint = _MISTAKEN[wrong]
    names = ", ".join(models) if wrong == "m" else ""
    known = _("[models] has {names}.", names=names) if names else ""
    return SwitchError(told, joined(hint, known))


def parse(text: str) -> Switched:
    """Read the switches that a text begins with; the rest is what is asked."""
    given: dict[str, str] = {}
    at = 0
    while found := _SWITCH.match(text, at):
        letter = found[1].lower()
        at = found.end()
        given[letter] = ""
        if not _TAKES_WORD[letter] or _SWITCH.match(text, at) or _END.match(text, at):
            continue
        if word := _WORD.match(text, at):
            given[letter] = next(filter(None, word.groups()), "").strip()
            at = word.end()
    if (end := _END.match(text, at)) and (given or _SWITCH.match(text, end.end())):
        at = end.end()
    return Switched(text[at:], given)


def _may_be_model(name: str) -> bool:
    return 0 < len(name) <= MODEL_CHARACTERS and name.isprintable()
