"""`userbot retry`: questions that failed are asked again."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from userbot.cli import history_view as view
from userbot.cli.common import Common
from userbot.cli.history import BEGINS, chosen
from userbot.cli.language import aside
from userbot.errors import SessionInUseError, UsageError
from userbot.settings import Settings, TelegramConfig
from userbot.storage.archive import Archive
from userbot.storage.store import Store
from userbot.telegram.session import session_lock
from userbot.texts import _, n_
from userbot.types import TERMINAL

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def retry(common: Common, settings: Settings, since: str | None, chat: str | None) -> None:
    """Wish failed questions answered, and show which; a running program asks them at once."""
    path, now = settings.history.database, datetime.now(UTC)
    after = None if since is None else now - age_of(since)
    with Archive.reading(path) as archive:
        if archive is None:
            aside(_("No history yet in {path}.", path=path), BEGINS)
            return
        where = (None, None) if chat is None else chosen(archive, chat)
        failed = archive.exchanges(-1, chat=where[0], topic=where[1], failed=True, since=after)
    with Store.open(path) as store:
        wished = store.questions.request_retry(
            [one.id for one in failed if one.conversation.chat != TERMINAL], now
        )
    again = [one for one in failed if one.id in wished]
    if not again:
        aside(_("No failed questions."), _("`userbot history CHAT` shows what was asked."))
        return
    view.dialogue(common, again, everywhere=True)
    if _runs(settings.telegram):
        told = n_("Retrying {count} question.", "Retrying {count} questions.", len(again))
        aside(told, _("The running userbot shows the progress."))
    else:
        told = n_(
            "{count} question will be retried at the next start.",
            "{count} questions will be retried at the next start.",
            len(again),
        )
        aside(told, _("Start `userbot run`."))


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
    if not settings.session.parent.exists():
        return False
    try:
        with session_lock(settings.session):
            return False
    except SessionInUseError:
        return True
