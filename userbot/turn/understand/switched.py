"""What a question's switches mean now; one that means nothing is told before anything is paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from userbot.errors import SwitchError
from userbot.events import Notice, Report, about
from userbot.rules.switches import as_allowed
from userbot.texts import Text, _, joined
from userbot.types import Question


def checked(question: Question, models: Mapping[str, str], report: Report) -> Question:
    """A question as it may be asked now. `models`: [models] as it reads now.

    Raises SwitchError where the owner has mistaken a switch; of others says that it is dropped.
    """
    if (mistaken := mistake(question, models)) is not None:
        raise mistaken
    if not question.by_owner:
        question = replace(question, switches=as_allowed(question.switches, models))
        if wrong := question.switches.wrong:
            report(Notice(**about(question), reason="switch_dropped", detail=_DROPPED[wrong]))
    return question


def mistake(question: Question, models: Mapping[str, str]) -> SwitchError | None:
    """Why a question of the owner's is not asked as he wrote it, if so."""
    wrong = question.switches.wrong
    if not (wrong and question.by_owner):
        return None
    told, hint = _MISTAKEN[wrong]
    names = ", ".join(models) if wrong == "m" else ""
    known = _("[models] has {names}.", names=names) if names else ""
    return SwitchError(told, joined(hint, known))


_MISTAKEN: dict[str, tuple[Text, Text]] = {
    "m": (
        _("-m needs the name of a model."),
        _("Example: -m big, with a name from [models], or a model of the server."),
    ),
    "e": (
        _("-e takes low, medium or high."),
        _("Example: -e high."),
    ),
}
_DROPPED: dict[str, Text] = {
    "m": _("-m names no model from [models]: asking the usual one."),
    "e": _("-e takes low, medium or high: it is left out."),
}
"""By the letter of the switch."""
