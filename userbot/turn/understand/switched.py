"""A switch that means nothing as it was written, told before anything is paid."""

from __future__ import annotations

from collections.abc import Collection

from userbot.errors import SwitchError
from userbot.events import Notice, Report, about
from userbot.texts import Text, _, joined
from userbot.types import Question


def check(question: Question, names: Collection[str], report: Report) -> None:
    """Raise SwitchError where the owner has mistaken a switch; of others say that it is dropped.

    `names`: those of [models].
    """
    wrong = question.switches.wrong
    if not wrong:
        return
    if question.by_owner:
        told, hint = _MISTAKEN[wrong]
        known = _("[models] has {names}.", names=", ".join(names)) if wrong == "m" and names else ""
        raise SwitchError(told, joined(hint, known))
    report(Notice(**about(question), reason="switch_dropped", detail=_DROPPED[wrong]))


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
