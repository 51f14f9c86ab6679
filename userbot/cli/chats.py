"""`userbot chats`: the account's chats, and which rule selects each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from userbot.cli.common import Common, common_flags

if TYPE_CHECKING:
    from userbot.settings import Chat, Settings
    from userbot.telegram.client import Client
    from userbot.telegram.dialogs import Dialog


@common_flags
def chats(
    common: Common,
    word: Annotated[
        str | None, typer.Argument(help="Only chats with this in title or @name.")
    ] = None,
) -> None:
    """List your chats, with the [[chats]] block to paste."""
    import asyncio

    from userbot.cli.load import load_config
    from userbot.cli.login import with_client
    from userbot.cli.overridden import overridden
    from userbot.telegram.client import session_file
    from userbot.telegram.refusals import login_ended

    settings = load_config(common, need_key=False).settings
    if not session_file(settings.telegram.session).exists():
        raise login_ended("AUTH_KEY_UNREGISTERED")

    async def look(client: Client) -> tuple[list[Dialog], dict[int, Chat]]:
        return await _look(client, settings)

    found, selected = asyncio.run(with_client(settings.telegram, look))
    selected, ordered = overridden(settings, selected)
    if word is not None:
        found = [dialog for dialog in found if _matches(dialog, word)]
    if common.json:
        _print_json(found, selected, ordered)
    else:
        _print_table(found, selected, ordered, plain=common.plain)
        _print_block(found, selected, word)


async def _look(client: Client, settings: Settings) -> tuple[list[Dialog], dict[int, Chat]]:
    from datetime import UTC, datetime

    from userbot.telegram.dialogs import dialogs
    from userbot.telegram.directory import Directory

    directory = Directory(client)
    owner = await directory.owner()
    _, selected = await directory.policy(settings.trigger, settings.chats, datetime.now(UTC))
    return await dialogs(client, owner.id), selected


def _matches(dialog: Dialog, word: str) -> bool:
    wanted = word.removeprefix("@").casefold()
    return wanted in dialog.title.casefold() or wanted in (dialog.username or "").casefold()


def _print_json(found: list[Dialog], selected: dict[int, Chat], ordered: set[int]) -> None:
    import json

    for dialog in found:
        chat = selected.get(dialog.id)
        row = {
            "id": dialog.id,
            "kind": dialog.kind,
            "title": dialog.title,
            "username": dialog.username,
            "respond": chat.respond if chat else None,
            "from": chat.from_ if chat else None,
            "origin": "chat" if dialog.id in ordered else "config" if chat else None,
        }
        print(json.dumps(row, ensure_ascii=False))


def _rule(chat: Chat | None) -> str:
    if chat is None:
        return "only your own prefix"
    whom = chat.from_ if isinstance(chat.from_, str) else ", ".join(map(str, chat.from_))
    return f"respond {chat.respond}, from {whom}"


def _print_table(
    found: list[Dialog], selected: dict[int, Chat], ordered: set[int], *, plain: bool
) -> None:
    from userbot.cli.table import print_table

    print_table(
        ("id", "kind", "title", "@name", "rule"),
        [
            (
                str(dialog.id),
                dialog.kind,
                dialog.title,
                f"@{dialog.username}" if dialog.username else "",
                _rule(selected.get(dialog.id))
                + (" (set by command)" if dialog.id in ordered else ""),
            )
            for dialog in found
        ],
        plain=plain,
    )


def _print_block(found: list[Dialog], selected: dict[int, Chat], word: str | None) -> None:
    new = [dialog for dialog in found if dialog.id not in selected]
    if not found:
        print("No chat has that in its name." if word else "This account has no chats yet.")
    elif word is None or len(new) > 3:
        print("\nFor the block to paste into config.toml: userbot chats WORD")
    elif new:
        print("\nTo select, paste into config.toml and change to taste:\n")
        print("\n".join(block(dialog, "mention", "contacts") for dialog in new))


def block(dialog: Dialog, respond: str, whom: str) -> str:
    """The [[chats]] block that selects a chat."""
    from userbot.console.safe import printable

    if dialog.kind == "saved":
        identity = '"saved"'
    else:
        identity = f'"@{dialog.username}"' if dialog.username else str(dialog.id)
    return (
        f"[[chats]]  # {printable(dialog.title)}\n"
        f"id = {identity}\n"
        f'respond = "{respond}"\n'
        f'from = "{whom}"\n'
    )
