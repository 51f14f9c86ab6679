"""`userbot history`: what was asked and answered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from userbot.cli.common import Common, common_flags
from userbot.cli.language import said
from userbot.errors import UsageError
from userbot.texts import _, n_, quoted

if TYPE_CHECKING:
    from pathlib import Path

    from userbot.storage.archive import Archive

SETTINGS: dict[str, Any] = {"ignore_unknown_options": True}
"""How the command is registered: the id of a group begins with a dash, like an option."""
_NEWEST = 20
"""Questions, as `--help` says too."""
_BEGINS = _("It starts with the first question.")


@common_flags
def history(
    common: Common,
    chat: Annotated[
        str | None,
        typer.Argument(
            metavar="CHAT", help=_("An id (or ID/TOPIC), 'saved', or part of a title or @name.")
        ),
    ] = None,
    search: Annotated[
        str | None,
        typer.Option(metavar="WORD", help=_("Only what contains these words, in any case.")),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help=_("Only the newest N [default: 20 questions].")),
    ] = None,
    clear: Annotated[
        bool, typer.Option("--clear", help=_("Erase the text of CHAT, or everything, permanently."))
    ] = False,
    export: Annotated[
        str | None,
        typer.Option(metavar="FORMAT", help=_("Export CHAT, or everything, as md, json or html.")),
    ] = None,
    backup: Annotated[
        str | None, typer.Option(metavar="FILE", help=_("Copy the whole history into a new file."))
    ] = None,
) -> None:
    """The conversations; with CHAT the dialogue. Works while the program runs."""
    from userbot.cli import history_view as view
    from userbot.cli.load import load_config
    from userbot.storage.archive import Archive

    path = load_config(common, need_key=False).settings.history.database
    if chat is not None and re.fullmatch(r"-+[^\d].*", chat):
        raise UsageError(
            _("No such option: {chat}.", chat=chat), _("See `userbot history --help`.")
        )
    if export is not None and export not in ("md", "json", "html"):
        raise UsageError(_("The export formats are md, json and html."), _("Choose one of them."))
    if sum((clear, export is not None, backup is not None)) > 1:
        raise UsageError(
            _("Only one of --clear, --export and --backup is possible."), _("Remove the others.")
        )
    if backup is not None and (chat, search, limit) != (None, None, None):
        raise UsageError(_("--backup copies everything."), _("Use --export for one chat."))
    with Archive.reading(path) as archive:
        if archive is None:
            view.aside(_("No history yet in {path}.", path=path), _BEGINS)
        elif clear:
            _clear(path, archive, chat, search)
        elif backup is not None:
            _backup(path, backup)
        elif export is not None:
            _export(archive, export, chat, search, limit)
        elif chat is None and search is None:
            if found := archive.conversations(limit):
                view.conversations(common, found)
            else:
                view.aside(_("No history yet."), _BEGINS)
        else:
            _dialogue(common, archive, chat, search, limit or _NEWEST)


def _clear(path: Path, archive: Archive, typed: str | None, search: str | None) -> None:
    """Words leave the history, all or those of a chat; a person at a terminal is asked first."""
    from datetime import UTC, datetime

    from userbot.cli import history_view as view
    from userbot.cli.asking import ask, in_terminal
    from userbot.console.safe import printable
    from userbot.storage.store import Store

    if search is not None:
        raise UsageError(
            _("--clear takes a chat, not --search."), _("See `userbot history --help`.")
        )
    chat, topic = (None, None) if typed is None else chosen(archive, typed)
    whom = _("the whole history") if typed is None else quoted(printable(typed))
    agreed = {"yes", said(_("yes"))}
    if in_terminal() and ask(_("Erase {whom} permanently? (yes/no)", whom=whom)) not in agreed:
        raise UsageError(_("Nothing was erased."), _("Type the whole word: yes."))
    with Store.open(path) as store:
        erased = store.eraser.clear(datetime.now(UTC), chat, topic)
    told = n_(
        "Erased {count} question and its answer: {whom}.",
        "Erased {count} questions and their answers: {whom}.",
        erased,
        whom=whom,
    )
    view.aside(told)


def _backup(path: Path, typed: str) -> None:
    from pathlib import Path

    from userbot.cli import history_view as view
    from userbot.storage.backup import backup

    to = Path(typed).expanduser()
    backup(path, to)
    view.aside(
        _("The history was copied to {to}.", to=to),
        _("To restore it, copy it to {path}.", path=path),
    )


def _export(
    archive: Archive, form: Any, typed: str | None, search: str | None, limit: int | None
) -> None:
    from userbot.cli.history_export import export

    chat, topic = (None, None) if typed is None else chosen(archive, typed)
    found = archive.exchanges(-1 if limit is None else limit, chat=chat, topic=topic, search=search)
    for line in export(form, found):
        print(line)


def _dialogue(
    common: Common, archive: Archive, typed: str | None, search: str | None, limit: int
) -> None:
    from userbot.cli import history_view as view
    from userbot.console.safe import printable

    chat, topic = (None, None) if typed is None else chosen(archive, typed)
    found = archive.exchanges(limit + 1, chat=chat, topic=topic, search=search)
    if found:
        view.dialogue(common, found[-limit:], everywhere=typed is None)
    elif search is None:
        view.aside(_("Nothing was asked in that topic."), _("List them with `userbot history`."))
    else:
        view.aside(
            _("No match for “{search}”.", search=printable(search)), _("Try a part of the word.")
        )
    if len(found) > limit:
        view.aside(
            _("Showing only the newest {limit}.", limit=limit),
            _("Use --limit {more} for more.", more=limit * 5),
        )


def chosen(archive: Archive, typed: str) -> tuple[int, int | None]:
    """The chat and topic that were typed. Raises UsageError unless it is exactly one chat."""
    from userbot.console.safe import printable

    name, topic = typed, None
    if parts := re.fullmatch(r"(-?\d+)/(\d+)", typed):
        name, topic = parts[1], int(parts[2])
    found = archive.find(name)
    if not found:
        raise UsageError(
            _("No chat named “{typed}” in the history.", typed=printable(typed)),
            _("List them with `userbot history`."),
        )
    if len(found) > 1:
        some = [f"{printable(one.title)} ({one.chat})" for one in found[:5]]
        some += ["…"] * (len(found) > len(some))
        raise UsageError(
            _(
                "“{typed}” matches {count} chats: {some}.",
                typed=printable(typed),
                count=len(found),
                some=", ".join(some),
            ),
            _("Give the id of one."),
        )
    return found[0].chat, topic
