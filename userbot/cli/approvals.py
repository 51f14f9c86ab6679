"""`userbot approvals`: what waits for the owner's yes, and his word to it.

A word is written into the history; the program that runs, or its next start, carries it out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from userbot.cli.asking import ask, in_terminal
from userbot.cli.common import Common
from userbot.cli.language import said, show, tell
from userbot.cli.table import Column, print_json, print_table
from userbot.console.describe import printable, whole_seconds
from userbot.console.lines import utc
from userbot.errors import UsageError
from userbot.rules.approvals import call_of, in_time, on_one_line, where, word_of
from userbot.rules.plain import preview
from userbot.settings import Settings
from userbot.storage.archive import Archive
from userbot.storage.store import Store
from userbot.texts import Text, _
from userbot.types import Approval, Question, RichText

_COLUMNS: Final = (
    Column(_("number"), right=True),
    Column(_("question of")),
    Column(_("asked"), folds=True),
    Column(_("what waits"), folds=True),
    Column(_("still"), right=True),
)
_DONE_OF_ANSWER: Final[dict[str, Text]] = {
    "yes": _("{number}: yes. The running `userbot` sends it, or its next start if that is soon."),
    "no": _("{number}: no. Nothing is sent."),
    "again": _("{number}: it is being rewritten."),
    "text": _("{number}: your text is sent instead."),
    "late": _("{number}: too late, so nothing is sent."),
}
_DONE_OF_CALL: Final[dict[str, Text]] = {
    "yes": _(
        "{number}: yes. The running `userbot` makes the call, or the next start if that is soon."
    ),
    "no": _("{number}: no. The call is not made; the answer goes on without it."),
    "again": _("{number}: you are asked again."),
    "text": _("{number}: the call is not made; your words go to the model."),
    "late": _("{number}: too late, so the call is not made."),
}
Waiting = list[tuple[Question, Approval]]


def approvals(common: Common, settings: Settings, number: int | None, word: str) -> None:
    """List what waits; decide about one, or in a terminal about each. Raises UserbotError."""
    path = settings.history.database
    with Archive.reading(path) as archive:
        waiting = [] if archive is None else archive.approvals()
    if number is not None:
        waiting = [(question, one) for question, one in waiting if one.id == number]
        if not waiting:
            raise UsageError(
                _("Nothing waits under the number {number}.", number=number),
                _("`userbot approvals` lists what does."),
            )
    if number is not None and word:
        _decide(settings, waiting, word)
        return
    if common.json:
        print_json(_row(question, one) for question, one in waiting)
        return
    if not waiting:
        tell(_("Nothing waits for your yes."))
        return
    print_table(common, _COLUMNS, [_shown(question, one) for question, one in waiting])
    if in_terminal():
        for question, one in waiting:
            tell()
            show(printable(f"{one.id}  {said(where(question))}: {preview(question.text)}"))
            show(_whole(one))
            call = one.kind == "call"
            typed = ask(
                _("yes, no, or what to tell the model instead (Enter: later)")
                if call
                else _("yes, no, again, or the text to send instead (Enter: later)")
            )
            if typed and (call or _is_meant(typed)):
                _decide(settings, [(question, one)], typed)


def _whole(approval: Approval) -> str:
    """All that waits; nothing of it steers the terminal."""
    if approval.kind == "call":
        return call_of(approval)
    return "\n".join(map(printable, approval.what.split("\n")))


def _is_meant(typed: str) -> bool:
    """Whether a text that would be sent to others was meant so."""
    meant = word_of(RichText(typed))
    if meant is None or meant.word != "text":
        return True
    sure = word_of(RichText(ask(_("Send “{text}” instead? (yes, no)", text=preview(typed)))))
    return sure is not None and sure.word == "yes"


def _decide(settings: Settings, waiting: Waiting, word: str) -> None:
    meant = word_of(RichText(word))
    assert meant is not None  # something was typed
    with Store.open(settings.history.database) as store:
        for _question, one in waiting:
            now = datetime.now(UTC)
            counts = in_time(meant, one.deadline, now)
            first = store.approvals.say(one.id, counts, now)
            done = (_DONE_OF_CALL if one.kind == "call" else _DONE_OF_ANSWER)[counts.word]
            told = done if first else _("{number}: that was decided already.")
            tell(told.filled(number=one.id))


def _row(question: Question, one: Approval) -> dict[str, Any]:
    return {
        "approval": one.id,
        "kind": one.kind,
        "chat": question.conversation.chat,
        "title": question.title,
        "message": question.message,
        "person": question.sender.id,
        "question": question.text,
        "what": one.what,
        "told": one.told,
        "asked_at": utc(one.asked_at),
        "deadline": utc(one.deadline),
    }


def _shown(question: Question, one: Approval) -> tuple[str, ...]:
    left = max(0.0, (one.deadline - datetime.now(UTC)).total_seconds())
    words = (said(where(question)), preview(question.text), preview(on_one_line(one)))
    return (str(one.id), *map(printable, words), said(whole_seconds(left)))
