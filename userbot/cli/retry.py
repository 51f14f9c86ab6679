"""`userbot retry`: questions that failed are asked again."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from userbot.cli.common import Common, common_flags
from userbot.errors import SessionInUseError, UsageError
from userbot.texts import _, n_

if TYPE_CHECKING:
    from userbot.settings import TelegramConfig

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@common_flags
def retry(
    common: Common,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="AGE", help=_("Only what failed in the last 30m, 2h or 7d [default: all].")
        ),
    ] = None,
    chat: Annotated[
        str | None,
        typer.Option(metavar="CHAT", help=_("An id (or ID/TOPIC), or part of a title or @name.")),
    ] = None,
) -> None:
    """Ask failed questions again, at once if the program runs."""
    from datetime import UTC, datetime

    from userbot.cli import history_view as view
    from userbot.cli.history import chosen
    from userbot.cli.load import load_config
    from userbot.storage.archive import Archive
    from userbot.storage.store import Store
    from userbot.types import TERMINAL

    settings = load_config(common, need_key=False).settings
    age = None if since is None else age_of(since)
    path, now = settings.history.database, datetime.now(UTC)
    with Archive.reading(path) as archive:
        if archive is None:
            view.aside(
                _("No history yet in {path}.", path=path),
                _("It starts with the first question."),
            )
            return
        where = (None, None) if chat is None else chosen(archive, chat)
        after = None if age is None else now - age
        failed = archive.exchanges(-1, chat=where[0], topic=where[1], failed=True, since=after)
    with Store.open(path) as store:
        wished = store.questions.request_retry(
            [one.id for one in failed if one.conversation.chat != TERMINAL], now
        )
    again = [one for one in failed if one.id in wished]
    if not again:
        view.aside(_("No failed questions."), _("`userbot history CHAT` shows what was asked."))
        return
    view.dialogue(common, again, everywhere=True)
    if _runs(settings.telegram):
        told = n_("Retrying {count} question.", "Retrying {count} questions.", len(again))
        view.aside(told, _("The running userbot shows the progress."))
    else:
        told = n_(
            "{count} question will be retried at the next start.",
            "{count} questions will be retried at the next start.",
            len(again),
        )
        view.aside(told, _("Start `userbot run`."))


def age_of(typed: str) -> timedelta:
    """ "1h" as a time. Raises UsageError."""
    found = re.fullmatch(r"(\d{1,6})([smhdw])", typed.strip().lower())
    if found is None:
        raise UsageError(
            _("“{typed}” is not a duration.", typed=typed),
            _("Write a number and s, m, h, d or w: 90m, 2h, 7d."),
        )
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _runs(settings: TelegramConfig) -> bool:
    from userbot.telegram.session import session_lock

    if not settings.session.parent.exists():
        return False
    try:
        with session_lock(settings.session):
            return False
    except SessionInUseError:
        return True
