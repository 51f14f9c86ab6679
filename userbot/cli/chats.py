"""`userbot chats`: the account's chats, and which rule selects each."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from userbot.cli.common import Common
from userbot.cli.language import aside, said, show, tell
from userbot.cli.login import online
from userbot.cli.table import NONE, Column, kind, print_json, print_table, titled
from userbot.console.describe import printable
from userbot.errors import Fault, StorageError
from userbot.rules.commands import stem
from userbot.rules.policy import effective_block, may_search
from userbot.settings import ChatConfig, MaySearch, Override, Settings
from userbot.storage.archive import Archive
from userbot.telegram.names import NameResolver, dialogs
from userbot.texts import _
from userbot.types import Dialog

_WHOM = {
    "contacts": _('only your Telegram contacts; or "anyone", or ["@name"]'),
    "anyone": _('everybody in this chat; or "contacts", or ["@name"]'),
}
_COLUMNS = (
    Column(_("title"), folds=True),
    Column(_("kind")),
    Column(_("@name"), folds=True),
    Column(_("answers"), folds=True),
    Column("id", verbose=True),
)
_SELECTS = {"respond", "from"}
"""What of a command's settings selects a chat; a model or a system prompt alone does not."""
_MOST_BLOCKS = 3
"""With more chats than that somebody is still looking."""


def chats(common: Common, settings: Settings, word: str | None) -> None:
    """List the chats, those with `word` in title or @name alone, and the block that selects one."""
    found, listed, left_out = asyncio.run(_look(settings))
    for fault in left_out:
        aside(fault.told, fault.hint)
    effective, commanded = overridden(settings, listed)
    selected = {
        chat: block
        for chat, block in effective.items()
        if chat in listed or commanded[chat].keys() & _SELECTS
    }
    if word is not None:
        found = [dialog for dialog in found if _matches(dialog, word)]
    searched = {one.id: _search(settings, effective.get(one.id)) for one in found}
    if common.json:
        print_json(
            _row(one, selected.get(one.id), commanded.get(one.id), searched[one.id])
            for one in found
        )
        return
    _print_table(common, found, selected, commanded, searched)
    if word is not None:
        _tell_selected(
            [dialog for dialog in found if dialog.id in selected],
            selected,
            commanded,
            list(listed),
            stem(settings.trigger.prefix),
        )
    _print_block(found, selected, word)


async def _look(
    settings: Settings,
) -> tuple[list[Dialog], dict[int, ChatConfig], list[Fault]]:
    """The account's dialogs, the blocks of the config by the chat's id, and those left out."""
    async with online(settings.telegram) as client:
        directory = NameResolver(client)
        owner = await directory.owner()
        _policy, selected = await directory.policy(
            settings.trigger, settings.voice, settings.chats, datetime.now(UTC)
        )
        return await dialogs(client, owner.id), selected, directory.left_out


def _matches(dialog: Dialog, word: str) -> bool:
    wanted = word.removeprefix("@").casefold()
    return wanted in dialog.title.casefold() or wanted in (dialog.username or "").casefold()


def _row(
    dialog: Dialog, chat: ChatConfig | None, commanded: dict[str, str] | None, search: MaySearch
) -> dict[str, Any]:
    return {
        "id": dialog.id,
        "kind": dialog.kind,
        "title": dialog.title,
        "username": dialog.username,
        "respond": chat.respond if chat else None,
        "from": chat.from_ if chat else None,
        "search": search,
        "answer": chat.answer if chat else None,
        "origin": "chat" if commanded else "config" if chat else None,
        "commands": commanded or None,
    }


def _search(settings: Settings, chat: ChatConfig | None) -> MaySearch:
    """Whose answers may look up what was said in a chat."""
    whom = settings.trigger.from_ if chat is None else chat.from_
    return may_search(settings.reading.search, chat, whom if isinstance(whom, str) else frozenset())


def _rule(
    chat: ChatConfig | None,
    commanded: dict[str, str] | None = None,
    search: MaySearch = "off",
) -> str:
    """Who is answered in a chat, whose answers look things up there, and what commands have set."""
    if chat is None:
        rule = NONE
    elif chat.respond == "off":
        rule = "off"
    else:
        whom = chat.from_ if isinstance(chat.from_, str) else ", ".join(map(str, chat.from_))
        rule = f"{chat.respond}, {whom}"
    if chat is not None and chat.answer == "ask":
        rule = f"{rule}, ask"
    if search != "off":
        rule = f"{rule}, search {search}"
    if not commanded:
        return rule
    return f"{rule} " + said(_("(set by command: {keys})", keys=told_overrides(commanded)))


def told_overrides(commanded: dict[str, str]) -> str:
    """What commands have set in a chat: the model by its name, else which keys."""
    return ", ".join(
        f"model {value}" if key == "model" else key for key, value in commanded.items()
    )


def _print_table(
    common: Common,
    found: list[Dialog],
    selected: dict[int, ChatConfig],
    commanded: dict[int, dict[str, str]],
    searched: dict[int, MaySearch],
) -> None:
    rows = [
        (
            titled(dialog.title, dialog.id) or str(dialog.id),
            kind(dialog.kind),
            f"@{dialog.username}" if dialog.username else "",
            _rule(selected.get(dialog.id), commanded.get(dialog.id), searched[dialog.id]),
            str(dialog.id),
        )
        for dialog in found
    ]
    if rows:
        print_table(common, _COLUMNS, rows)


def _tell_selected(
    found: list[Dialog],
    selected: dict[int, ChatConfig],
    commanded: dict[int, dict[str, str]],
    listed: list[int],
    start: str,
) -> None:
    """Which rule selects each of a few chats, and how to change that.

    `listed`: the chats with a block, in order; `start`: what commands begin with.
    """
    for dialog in found if len(found) <= _MOST_BLOCKS else ():
        title = printable(titled(dialog.title, dialog.id)) or str(dialog.id)
        chat, by_command = selected[dialog.id], commanded.get(dialog.id)
        tell()
        if dialog.id in listed:
            told = _(
                "“{title}” is selected by [[chats]] number {number}: {rule}.",
                title=title,
                number=listed.index(dialog.id) + 1,
                rule=_rule(chat, by_command),
            )
            hint = _("Edit that block, or use {stem}_on and {stem}_off in the chat.", stem=start)
        else:
            told = _("“{title}” is selected by a command: {rule}.", title=title, rule=_rule(chat))
            hint = _("{stem}_on in the chat changes that, {stem}_off ends it.", stem=start)
        aside(told, hint)


def _print_block(found: list[Dialog], selected: dict[int, ChatConfig], word: str | None) -> None:
    """The block to paste: on standard error, so that standard output holds rows alone."""
    new = [dialog for dialog in found if dialog.id not in selected]
    if not found:
        tell(_("No chat has that name.") if word else _("This account has no chats yet."))
    elif word is None or len(new) > _MOST_BLOCKS:
        tell()
        tell(
            _(
                "– means only you can ask there. `userbot chats WORD` prints the block"
                " that selects a chat."
            )
        )
    elif new:
        tell()
        tell(_("To select, paste into config.toml and adapt:"))
        tell()
        for dialog in new:
            # Between two there is nobody but the other one.
            whom = "anyone" if dialog.kind == "private" else "contacts"
            show(block(dialog, "mention", whom))


def block(dialog: Dialog, respond: str, whom: str) -> str:
    """The [[chats]] block that selects a chat."""
    if dialog.kind == "saved":
        identity = '"saved"'
    else:
        identity = f'"@{dialog.username}"' if dialog.username else str(dialog.id)
    return (
        f"[[chats]]  # {printable(titled(dialog.title, dialog.id))}\n"
        f"id = {identity}\n"
        f'respond = "{respond}"\n'
        f'from = "{whom}"  # {said(_WHOM[whom])}\n'
    )


def overridden(
    settings: Settings, selected: dict[int, ChatConfig]
) -> tuple[dict[int, ChatConfig], dict[int, dict[str, str]]]:
    """The blocks as they hold, by chat, and what commands have set in which chat, by key.

    Raises StorageError if the history cannot be read.
    """
    try:
        with Archive.reading(settings.history.database) as archive:
            said = {} if archive is None else archive.overrides()
    except StorageError as error:
        if error.reason != "storage_older":
            raise
        said = {}  # a history that old knows no commands yet
    effective = dict(selected)
    for chat, override in said.items():
        found = effective_block(chat, selected.get(chat), override, settings.trigger.from_)
        if found is not None:
            effective[chat] = found
    return effective, {chat: _set(override) for chat, override in said.items()}


def _set(override: Override) -> dict[str, str]:
    values = asdict(override).items()
    return {name.rstrip("_"): value for name, value in values if value is not None}
