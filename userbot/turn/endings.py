"""How a question ends without an answer: what is said of each reason, and what stands by then."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from userbot.errors import (
    ChatRefusedError,
    LimitReachedError,
    NothingToAnswerError,
    UserbotError,
    WriteInDoubtError,
)
from userbot.events import Notice, Report, about
from userbot.rules.above_answer import below_prompt
from userbot.rules.mark import unmarked
from userbot.texts import _
from userbot.turn.turn import Outcome, Turn
from userbot.types import Answer, Finish, Question

_log = logging.getLogger(__name__)

RING_SECONDS = 15.0
"""After which Telegram sends what is to ring: what is due within ten seconds it sends at once
(core.telegram.org/api/scheduled-messages)."""
_CHANGED = _("The rules have changed since it was asked.")
_WHY = {
    "answer_gone": (_("Its answer was deleted."), ""),
    "begun_before_move": (
        _("Its answer was begun before the group became a supergroup, and cannot be finished."),
        _("Check the old group. If you still need an answer, ask again."),
    ),
    "declined": (_("You said no."), ""),
    "deleted": (_("It was deleted before it was answered."), ""),
    "edited": (_("It was edited and is no longer a question."), ""),
    "in_doubt": (
        _("It may have been answered already."),
        _("Check the chat; to ask it again, reply to it with /gpt_retry."),
    ),
    "no_yes": (
        _("You did not say yes in time, so it was not sent."),
        _("To have it answered anew, reply to it with /gpt_retry."),
    ),
    "owner_answered": (_("You answered it yourself."), ""),
    "stood_down": (_("You wrote there before it was answered."), ""),
    "stopped": (_("Stopped."), ""),
    "too_old": (_("The program was stopped or offline for too long."), ""),
}
"""By the slug; whatever else ends a question is a rule that was another when it was asked."""


def unanswered(reason: str) -> NothingToAnswerError:
    """Why a question is not answered, where nothing went wrong."""
    told, hint = _WHY.get(reason, (_CHANGED, ""))
    return NothingToAnswerError(told, hint, reason=reason)


def refused(why: UserbotError) -> Outcome:
    """How a question ends that a stage was refused with."""
    if isinstance(why, WriteInDoubtError):
        why = unanswered("in_doubt")
    skipped = isinstance(why, ChatRefusedError | LimitReachedError | NothingToAnswerError)
    return Outcome("skipped" if skipped else "failed", why)


def stopped(reason: str) -> Outcome:
    """How a question ends that somebody outside has stopped."""
    return refused(_hung() if reason == "hung" else unanswered(reason))


def internal(bug: Exception) -> UserbotError:
    """What is told of an error that nobody foresaw; it is logged."""
    _log.error("an error that nobody foresaw", exc_info=bug)
    return UserbotError(
        _("Internal error ({kind}).", kind=type(bug).__name__),
        _("Run with -v to see where, and report it."),
        reason="internal",
    )


def stopped_answer(turn: Turn) -> Answer | None:
    """What stands of an answer that was stopped: an answer like any other, if anything does."""
    texts = tuple(one.text for one in turn.messages)
    if not texts or not turn.model or texts == turn.looked_up.line:
        return None
    shown = [first_shown(turn), *_texts(turn)[1:]]
    finish = Finish("stopped", turn.cost, turn.model)
    messages = tuple(one.message for one in turn.messages)
    cites = turn.stream.cites if turn.stream is not None else ()
    return Answer("\n\n".join(shown), shown[0], finish, messages, cites)


def scheduled_answer(turn: Turn) -> Answer:
    """The whole answer, which an earlier run has scheduled: it stands by now."""
    shown = _texts(turn)
    messages = tuple(one.message for one in turn.messages)
    return Answer("\n\n".join(shown), shown[0], Finish("stop", None, ""), messages)


def first_shown(turn: Turn) -> str:
    """What the first message shows of the answer: where that is in place, the prompt is above."""
    text = _texts(turn)[0]
    return below_prompt(turn.question, text) if turn.in_place else text


def _texts(turn: Turn) -> list[str]:
    texts = [one.text.text for one in turn.messages]
    return [unmarked(text, turn.mark) for text in texts] if turn.mark else texts


def tell_change(question: Question, gone: Sequence[Question], report: Report) -> None:
    """Tell that a question does not end, and is asked as it reads now."""
    reason, detail = (
        ("question_parted", _("A message of the question was deleted: asking without it."))
        if gone
        else ("question_edited", _("The question was edited: asking the new version."))
    )
    report(Notice(**about(question), reason=reason, detail=detail))


def _hung() -> UserbotError:
    return UserbotError(
        _("The model did not stop writing, so the answer was cut off."),
        _("Reply /gpt_retry to the question, or run `userbot retry`."),
        reason="hung",
    )
