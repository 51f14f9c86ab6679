"""`userbot history`: what was asked and answered; `userbot retry`: what failed is asked again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from userbot.cli import history_view as view
from userbot.cli.asking import ask, in_terminal
from userbot.cli.common import Common
from userbot.cli.language import aside, said
from userbot.console.describe import printable
from userbot.errors import SessionInUseError, UsageError
from userbot.settings import Settings, TelegramConfig
from userbot.storage.archive import Archive, ArchivedQuestion
from userbot.storage.file import backup as copy
from userbot.storage.store import Store
from userbot.telegram.session import session_lock
from userbot.texts import _, n_, quoted
from userbot.types import TERMINAL

NEWEST = 20
"""Questions, as `--help` says too."""
_BEGINS = _("It starts with the first question.")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_CENTURY = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which exchanges are asked for: a chat as typed, words in them, how many of the newest."""

    chat: str | None = None
    search: str | None = None
    limit: int | None = None

    def where(self, archive: Archive) -> tuple[int | None, int | None]:
        """The chat and topic, None for all. Raises UsageError unless it is exactly one chat."""
        if self.chat is None:
            return None, None
        name, topic = self.chat, None
        if parts := re.fullmatch(r"(-?\d+)/(\d+)", self.chat):
            name, topic = parts[1], int(parts[2])
        found, typed = archive.find(name), printable(self.chat)
        if not found:
            raise UsageError(
                _("No chat named “{typed}” in the history.", typed=typed),
                _("List them with `userbot history`."),
            )
        if len(found) > 1:
            some = [f"{printable(one.title)} ({one.chat})" for one in found[:5]]
            some += ["…"] * (len(found) > len(some))
            count, these = len(found), ", ".join(some)
            raise UsageError(
                _("“{typed}” matches {count} chats: {some}.", typed=typed, count=count, some=these),
                _("Give the id of one."),
            )
        return found[0].chat, topic

    def exchanges(self, archive: Archive, limit: int) -> list[ArchivedQuestion]:
        """The newest so many of them; -1: all."""
        chat, topic = self.where(archive)
        return archive.exchanges(limit, chat=chat, topic=topic, search=self.search)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What is to be done with them, other than showing them; one of it at most."""

    clear: bool = False
    yes: bool = False
    """Clear without asking."""
    export: str | None = None
    backup: str | None = None


def history(common: Common, settings: Settings, asked: Selection, wanted: Action) -> None:
    """Show conversations or one of them, or do one of the other things with them."""
    path = settings.history.database
    _refuse_nonsense(asked, wanted)
    with Archive.reading(path) as archive:
        if archive is None:
            aside(_("No history yet in {path}.", path=path), _BEGINS)
        elif wanted.clear:
            _clear(path, archive, asked, sure=wanted.yes)
        elif wanted.backup is not None:
            to = Path(wanted.backup).expanduser()
            copy(path, to)
            restore = _("To restore it, copy it to {path}.", path=path)
            aside(_("The history was copied to {to}.", to=to), restore)
        elif wanted.export is not None:
            limit = -1 if asked.limit is None else asked.limit
            print(*view.export(wanted.export, asked.exchanges(archive, limit)), sep="\n")
        elif asked.chat is not None or asked.search is not None:
            _dialogue(common, archive, asked)
        elif found := archive.conversations(asked.limit):
            view.conversations(common, found)
        else:
            aside(_("No history yet."), _BEGINS)


def _refuse_nonsense(asked: Selection, wanted: Action) -> None:
    clear, export, backup = wanted.clear, wanted.export, wanted.backup
    see = _("See `userbot history --help`.")
    if asked.chat is not None and re.fullmatch(r"-+[^\d].*", asked.chat):
        raise UsageError(_("No such option: {chat}.", chat=asked.chat), see)
    if export is not None and export not in view.FORMATS:
        raise UsageError(_("The export formats are md, json and html."), _("Choose one of them."))
    if sum((clear, export is not None, backup is not None)) > 1:
        raise UsageError(
            _("Only one of --clear, --export and --backup is possible."), _("Remove the others.")
        )
    if backup is not None and asked != Selection():
        raise UsageError(_("--backup copies everything."), _("Use --export for one chat."))
    if wanted.yes and not clear:
        raise UsageError(_("--yes belongs to --clear."), see)
    if clear and asked.search is not None:
        raise UsageError(_("--clear takes a chat, not --search."), see)


def _clear(path: Path, archive: Archive, asked: Selection, *, sure: bool) -> None:
    """Words leave the history, all or those of a chat; a person at a terminal is asked first."""
    chat, topic = asked.where(archive)
    found = archive.exchanges(-1, chat=chat, topic=topic)
    whom = _("the whole history")
    if asked.chat is not None:
        whom = quoted(printable(found[-1].title if found else asked.chat))
    if not found:
        nothing = _("Nothing to erase: {whom}.", whom=whom)
        aside(nothing if asked.chat is not None else _("Nothing to erase: the history is empty."))
        return
    if not sure and not in_terminal():
        raise UsageError(_("Without a terminal, --clear needs --yes."), _("It erases permanently."))
    question = n_(
        "Erase {count} question and its answer permanently: {whom}? (yes/no)",
        "Erase {count} questions and their answers permanently: {whom}? (yes/no)",
        len(found),
        whom=whom,
    )
    if not sure and ask(question) not in {"yes", said(_("yes"))}:
        raise UsageError(_("Nothing was erased."), _("Type the whole word: yes."))
    with Store.open(path) as store:
        erased = store.eraser.clear(datetime.now(UTC), chat, topic)
    told = n_(
        "Erased {count} question and its answer: {whom}.",
        "Erased {count} questions and their answers: {whom}.",
        erased,
        whom=whom,
    )
    aside(told)


def _dialogue(common: Common, archive: Archive, asked: Selection) -> None:
    limit = asked.limit or NEWEST
    found = asked.exchanges(archive, limit + 1)
    if found:
        view.dialogue(common, found[-limit:], everywhere=asked.chat is None)
    elif asked.search is None:
        aside(_("Nothing was asked in that topic."), _("List them with `userbot history`."))
    else:
        words = printable(asked.search)
        aside(_("No match for “{search}”.", search=words), _("Try a part of the word."))
    if len(found) > limit:
        aside(
            _("Showing only the newest {limit}.", limit=limit),
            _("Use --limit {more} for more.", more=limit * 5),
        )


def retry(common: Common, settings: Settings, since: str | None, chat: str | None) -> None:
    """Wish failed questions answered, and show which; a running program asks them at once."""
    path, now = settings.history.database, datetime.now(UTC)
    after = None if since is None else now - age_of(since)
    if not path.exists():
        aside(_("No history yet in {path}.", path=path), _BEGINS)
        return
    again = ask_again(path, chat, after)
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


def ask_again(
    path: Path, chat: str | None = None, since: datetime | None = None
) -> list[ArchivedQuestion]:
    """Have failed questions asked again by the program that runs, or the next start of it.

    Gives those. `chat`: as typed. Raises UsageError and StorageError.
    """
    with Archive.reading(path) as archive:
        if archive is None:
            return []
        where, topic = Selection(chat).where(archive)
        failed = archive.exchanges(-1, chat=where, topic=topic, failed=True, since=since)
    with Store.open(path) as store:
        wished = store.questions.request_retry(
            [one.id for one in failed if one.conversation.chat != TERMINAL], datetime.now(UTC)
        )
    return [one for one in failed if one.id in wished]


def age_of(typed: str) -> timedelta:
    """ "1h" as a time, a century at most. Raises UsageError."""
    found = re.fullmatch(r"(\d{1,6})([smhdw])", typed.strip().lower())
    if found is None:
        raise UsageError(
            _("“{typed}” is not a duration.", typed=typed),
            _("Write a number and s, m, h, d or w: 90m, 2h, 7d."),
        )
    return min(timedelta(**{_UNITS[found[2]]: int(found[1])}), _CENTURY)


def _runs(settings: TelegramConfig) -> bool:
    if not settings.session.parent.exists():
        return False
    try:
        with session_lock(settings.session):
            return False
    except SessionInUseError:
        return True
