"""`userbot chats`: the account's chats, and which rule selects each."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from userbot.cli.common import Common
from userbot.cli.language import said, show, tell
from userbot.cli.login import online
from userbot.cli.table import NONE, Column, kind, print_json, print_table, titled
from userbot.console.describe import printable
from userbot.errors import StorageError
from userbot.rules.policy import effective_block
from userbot.settings import ChatConfig, Override, Settings
from userbot.storage.archive import Archive
from userbot.telegram.names import Dialog, NameResolver, dialogs
from userbot.texts import _

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
_MOST_BLOCKS = 3
"""With more chats than that somebody is still looking."""


def chats(common: Common, settings: Settings, word: str | None) -> None:
    """List the chats, those with `word` in title or @name alone, and the block that selects one."""
    found, selected = asyncio.run(_look(settings))
    selected, ordered = overridden(settings, selected)
    if word is not None:
        found = [dialog for dialog in found if _matches(dialog, word)]
    if common.json:
        print_json(_row(one, selected.get(one.id), ordered) for one in found)
    else:
        _print_table(common, found, selected, ordered)
        _print_block(found, selected, word)


async def _look(settings: Settings) -> tuple[list[Dialog], dict[int, ChatConfig]]:
    """The account's dialogs, and the blocks of the config by the chat's id."""
    async with online(settings.telegram) as client:
        directory = NameResolver(client)
        owner = await directory.owner()
        _policy, selected = await directory.policy(
            settings.trigger, settings.voice, settings.chats, datetime.now(UTC)
        )
        return await dialogs(client, owner.id), selected


def _matches(dialog: Dialog, word: str) -> bool:
    wanted = word.removeprefix("@").casefold()
    return wanted in dialog.title.casefold() or wanted in (dialog.username or "").casefold()


def _row(dialog: Dialog, chat: ChatConfig | None, ordered: dict[int, list[str]]) -> dict[str, Any]:
    return {
        "id": dialog.id,
        "kind": dialog.kind,
        "title": dialog.title,
        "username": dialog.username,
        "respond": chat.respond if chat else None,
        "from": chat.from_ if chat else None,
        "origin": "chat" if dialog.id in ordered else "config" if chat else None,
    }


def _rule(chat: ChatConfig | None, by_command: list[str] | None) -> str:
    if chat is None:
        rule = NONE
    elif chat.respond == "off":
        rule = "off"
    else:
        whom = chat.from_ if isinstance(chat.from_, str) else ", ".join(map(str, chat.from_))
        rule = f"{chat.respond}, {whom}"
    if not by_command:
        return rule
    return f"{rule} " + said(_("(set by command: {keys})", keys=", ".join(by_command)))


def _print_table(
    common: Common,
    found: list[Dialog],
    selected: dict[int, ChatConfig],
    ordered: dict[int, list[str]],
) -> None:
    rows = [
        (
            titled(dialog.title, dialog.id) or str(dialog.id),
            kind(dialog.kind),
            f"@{dialog.username}" if dialog.username else "",
            _rule(selected.get(dialog.id), ordered.get(dialog.id)),
            str(dialog.id),
        )
        for dialog in found
    ]
    if rows:
        print_table(common, _COLUMNS, rows)


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
) -> tuple[dict[int, ChatConfig], dict[int, list[str]]]:
    """The blocks as they hold, by chat, and which keys commands have set in which chat.

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
    return effective, {chat: _keys(override) for chat, override in said.items()}


def _keys(override: Override) -> list[str]:
    return [name.rstrip("_") for name, value in asdict(override).items() if value is not None]
