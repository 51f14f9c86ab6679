"""`userbot chats`: the account's chats, and which rule selects each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from userbot.cli.common import Common, common_flags
from userbot.cli.language import kind, said, titled
from userbot.texts import _

if TYPE_CHECKING:
    from userbot.settings import ChatConfig, Settings
    from userbot.telegram.dialogs import Dialog

Whom = Literal["contacts", "anyone"]
_WHOM: dict[Whom, str] = {
    "contacts": _('only your Telegram contacts; or "anyone", or ["@name"]'),
    "anyone": _('everybody in this chat; or "contacts", or ["@name"]'),
}
_MOST_BLOCKS = 3
"""With more chats than that somebody is still looking."""


@common_flags
def chats(
    common: Common,
    word: Annotated[
        str | None, typer.Argument(help=_("Only chats with this in title or @name."))
    ] = None,
) -> None:
    """List your chats, with the [[chats]] block to paste."""
    import asyncio

    from userbot.cli.load import load_config
    from userbot.cli.overridden import overridden

    settings = load_config(common, need_key=False).settings
    found, selected = asyncio.run(_look(settings))
    selected, ordered = overridden(settings, selected)
    if word is not None:
        found = [dialog for dialog in found if _matches(dialog, word)]
    if common.json:
        _print_json(found, selected, ordered)
    else:
        _print_table(found, selected, ordered, plain=common.plain)
        _print_block(found, selected, word)


async def _look(settings: Settings) -> tuple[list[Dialog], dict[int, ChatConfig]]:
    """The account's dialogs, and the blocks of the config by the chat's id."""
    from datetime import UTC, datetime

    from userbot.cli.online import online, require_session
    from userbot.telegram.dialogs import dialogs
    from userbot.telegram.names import NameResolver

    require_session(settings.telegram)
    async with online(settings.telegram) as client:
        names = NameResolver(client)
        owner = await names.owner()
        _policy, selected = await names.policy(
            settings.trigger, settings.voice, settings.chats, datetime.now(UTC)
        )
        return await dialogs(client, owner.id), selected


def _matches(dialog: Dialog, word: str) -> bool:
    wanted = word.removeprefix("@").casefold()
    return wanted in dialog.title.casefold() or wanted in (dialog.username or "").casefold()


def _print_json(
    found: list[Dialog], selected: dict[int, ChatConfig], ordered: dict[int, list[str]]
) -> None:
    from userbot.console.safe import json_text

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
        print(json_text(row))


def _rule(chat: ChatConfig | None) -> str:
    if chat is None:
        return "–"
    if chat.respond == "off":
        return "off"
    whom = chat.from_ if isinstance(chat.from_, str) else ", ".join(map(str, chat.from_))
    return f"{chat.respond}, {whom}"


def _by_command(keys: list[str] | None) -> str:
    return " " + said(_("(set by command: {keys})", keys=", ".join(keys))) if keys else ""


def _print_table(
    found: list[Dialog],
    selected: dict[int, ChatConfig],
    ordered: dict[int, list[str]],
    *,
    plain: bool,
) -> None:
    from userbot.cli.table import print_table

    print_table(
        ("id", _("kind"), _("title"), _("@name"), _("answers")),
        [
            (
                str(dialog.id),
                kind(dialog.kind),
                titled(dialog.title, dialog.id),
                f"@{dialog.username}" if dialog.username else "",
                _rule(selected.get(dialog.id)) + _by_command(ordered.get(dialog.id)),
            )
            for dialog in found
        ],
        plain=plain,
    )


def _print_block(found: list[Dialog], selected: dict[int, ChatConfig], word: str | None) -> None:
    """The block to paste: on standard error, so that standard output holds rows alone."""
    from userbot.cli.asking import show, tell

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
        show("\n".join(block(dialog, "mention", _usual(dialog)) for dialog in new))


def _usual(dialog: Dialog) -> Whom:
    """Who asks there, if nobody says: between two there is nobody but the other one."""
    return "anyone" if dialog.kind == "private" else "contacts"


def block(dialog: Dialog, respond: str, whom: Whom) -> str:
    """The [[chats]] block that selects a chat."""
    from userbot.console.safe import printable

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
