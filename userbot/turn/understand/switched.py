"""What a question's switches mean now; one that means nothing is told before anything is paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from userbot.events import Notice, Report, about
from userbot.rules.switches import as_allowed, mistake
from userbot.texts import Text, _
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


_DROPPED: dict[str, Text] = {
    "m": _("-m names no model from [models]: asking the usual one."),
    "e": _("-e takes low, medium or high: it is left out."),
}
"""By the letter of the switch."""
