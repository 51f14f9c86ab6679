"""`userbot history`: what was asked and answered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from userbot.cli.common import Common, common_flags
from userbot.cli.language import said
from userbot.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from userbot.storage.archive import Archive

SETTINGS: dict[str, Any] = {"ignore_unknown_options": True}
"""How the command is registered: the id of a group begins with a dash, like an option."""
_NEWEST = 20
_BEGINS = "It begins with the first question."


@common_flags
def history(
    common: Common,
    chat: Annotated[
        str | None,
        typer.Argument(
            metavar="CHAT", help="An id (or ID/TOPIC), 'saved', or a piece of a title or @name."
        ),
    ] = None,
    search: Annotated[
        str | None, typer.Option(metavar="WORD", help="Only what holds these words, in any case.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help=f"The newest N [default: {_NEWEST} questions]."),
    ] = None,
    clear: Annotated[
        bool, typer.Option("--clear", help="Erase the words of CHAT, or all of them, for ever.")
    ] = False,
    export: Annotated[
        str | None,
        typer.Option(metavar="FORMAT", help="CHAT, or all, as a document: md, json or html."),
    ] = None,
    backup: Annotated[
        str | None, typer.Option(metavar="FILE", help="Copy the whole history into a new file.")
    ] = None,
) -> None:
    """The conversations; with CHAT the dialogue. Works while the program runs."""
    from userbot.cli import history_view as view
    from userbot.cli.load import load_config
    from userbot.storage.archive import Archive

    path = load_config(common, need_key=False).settings.history.database
    if chat is not None and re.fullmatch(r"-+[^\d].*", chat):
        raise UsageError(f"There is no option {chat}.", "See userbot history --help.")
    if export is not None and export not in ("md", "json", "html"):
        raise UsageError("A history is exported as md, json or html.", "Give one of them.")
    if sum((clear, export is not None, backup is not None)) > 1:
        raise UsageError("--clear, --export and --backup go one at a time.", "Leave out the rest.")
    if backup is not None and (chat, search, limit) != (None, None, None):
        raise UsageError("--backup copies all of it.", "For one chat there is --export.")
    with Archive.reading(path) as archive:
        if archive is None:
            view.aside(f"There is no history yet in {path}.", _BEGINS)
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
                view.aside("There is no history yet.", _BEGINS)
        else:
            _dialogue(common, archive, chat, search, limit or _NEWEST)


def _clear(path: Path, archive: Archive, typed: str | None, search: str | None) -> None:
    from userbot.cli.history_clear import clear
    from userbot.console.safe import printable

    if search is not None:
        raise UsageError("--clear takes a chat, and no --search.", "See userbot history --help.")
    chat, topic = (None, None) if typed is None else chosen(archive, typed)
    clear(
        path, chat, topic, said("the whole history") if typed is None else f"“{printable(typed)}”"
    )


def _backup(path: Path, typed: str) -> None:
    from pathlib import Path

    from userbot.cli import history_view as view
    from userbot.storage.backup import backup

    to = Path(typed).expanduser()
    backup(path, to)
    view.aside(f"The history is copied into {to}.", f"To go back, put it in the place of {path}.")


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
        view.aside("Nothing was asked in that topic.", "List them with userbot history.")
    else:
        view.aside(f"Nothing holds “{printable(search)}”.", "Try a part of the word.")
    if len(found) > limit:
        view.aside(f"Only the newest {limit} are shown.", f"See more with --limit {limit * 5}.")


def chosen(archive: Archive, typed: str) -> tuple[int, int | None]:
    """The chat and topic that were typed. Raises UsageError unless it is exactly one chat."""
    from userbot.console.safe import printable

    name, topic = typed, None
    if parts := re.fullmatch(r"(-?\d+)/(\d+)", typed):
        name, topic = parts[1], int(parts[2])
    found = archive.find(name)
    if not found:
        raise UsageError(
            f"No chat in the history is called “{printable(typed)}”.",
            "List them with userbot history.",
        )
    if len(found) > 1:
        some = [f"{printable(one.title)} ({one.chat})" for one in found[:5]]
        some += ["…"] * (len(found) > len(some))
        raise UsageError(
            f"“{printable(typed)}” fits {len(found)} chats: {', '.join(some)}.",
            "Give the id of one.",
        )
    return found[0].chat, topic
