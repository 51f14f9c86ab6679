"""Finds a sentence of errors, hints, notices and commands in Russian.

Sentences are written in English where they arise, with their particulars in them; here each is
found again by its shape, and a particular is translated too if it is a sentence. What is not known
stays as it is. The Russian itself stands in `russian/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from userbot.console.russian import (
    commands,
    config,
    doctor,
    init,
    login,
    model,
    questions,
    recordings,
    storage,
    system,
    telegram,
)
from userbot.console.russian import help as help_texts
from userbot.console.words import plural

_DEEPEST = 3
"""How far particulars of particulars are looked at: what an endpoint says may have no end."""


class _Shapes:
    """Sentences by their shape. Holes are filled as early as possible, each with something."""

    def __init__(self, *families: Mapping[str, str]) -> None:
        self.russian = {shape: told for family in families for shape, told in family.items()}

    @cached_property
    def _by_length(self) -> list[tuple[list[str], str]]:
        """Those with particulars, in pieces; what says more comes first."""
        shapes = sorted((one for one in self.russian if "{}" in one), key=len, reverse=True)
        return [(one.split("{}"), self.russian[one]) for one in shapes]

    def find(self, sentence: str) -> tuple[str, list[str]] | None:
        """The Russian for a sentence, with the particulars that it is to be filled with."""
        if sentence in self.russian:
            return self.russian[sentence], []
        for pieces, told in self._by_length:
            if (held := _between(pieces, sentence)) is not None:
                return told, held
        return None


def in_russian(sentence: str) -> str:
    """A sentence of the program's in Russian, or as it is."""
    if sentence in _EXACT:
        return _EXACT[sentence]
    for top, below in _FAMILIES:
        if found := top.find(sentence):
            return _filled(found, below, 1)
    return sentence


def known(template: str) -> bool:
    """Whether sentences of this shape are translated; `{}` for each particular."""
    return any(template in top.russian for top, _ in _FAMILIES)


def _filled(found: tuple[str, list[str]], below: _Shapes, depth: int) -> str:
    told, held = found
    if not held:
        return told
    return told.format(*(_Particular(_below(one, below, depth)) for one in held))


def _below(particular: str, shapes: _Shapes, depth: int) -> str:
    if depth > _DEEPEST or not (found := shapes.find(particular)):
        return particular
    return _filled(found, shapes, depth + 1)


def _between(pieces: list[str], sentence: str) -> list[str] | None:
    """What stands between the pieces of a shape, if the sentence is of it."""
    first, last = pieces[0], pieces[-1]
    if not (sentence.startswith(first) and sentence.endswith(last)):
        return None
    ends = [len(first)]  # where each piece but the last one ends; a hole holds something
    begins = []
    for piece in pieces[1:-1]:
        at = sentence.find(piece, ends[-1] + 1)
        if at < 0:
            return None
        begins.append(at)
        ends.append(at + len(piece))
    begins.append(len(sentence) - len(last))
    if begins[-1] <= ends[-1]:
        return None
    return [sentence[end:begin] for end, begin in zip(ends, begins, strict=True)]


class _Particular(str):
    """What is put into a shape; `{0:вопрос|вопроса|вопросов}` is the word that its number asks."""

    __slots__ = ()

    def __format__(self, forms: str) -> str:
        return plural(self, forms) if forms else str(self)


_OPEN = tuple(
    family.SENTENCES
    for family in (
        questions,
        recordings,
        telegram,
        model,
        storage,
        login,
        init,
        doctor,
    )
)
_FAMILIES = (
    (_Shapes(*(family.NAMES for family in (commands, login, doctor, questions))), _Shapes()),
    (_Shapes(*_OPEN), _Shapes(*_OPEN, system.REASONS)),
    (_Shapes(system.SENTENCES), _Shapes(system.PARTS, system.REASONS)),
    (_Shapes(config.SENTENCES), _Shapes(config.PARTS, system.REASONS)),
    (_Shapes(init.WHOLE, commands.WHOLE, doctor.WHOLE, config.WHOLE, help_texts.WHOLE), _Shapes()),
)
"""Where a sentence is looked for, and where its particulars are; the first that knows it tells."""
_EXACT = {
    sentence: told
    for top, _ in reversed(_FAMILIES)
    for sentence, told in top.russian.items()
    if "{}" not in sentence
}
