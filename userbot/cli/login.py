"""`userbot login` and `userbot logout`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from userbot.cli.common import Common, common_flags

if TYPE_CHECKING:
    from userbot.settings import Telegram
    from userbot.telegram.client import Client

T = TypeVar("T")


@common_flags
def login(
    common: Common,
    phone: Annotated[
        str | None, typer.Option(metavar="+…", help="Log in by a code instead of a QR code.")
    ] = None,
) -> None:
    """Log in to Telegram: scan a QR code, or enter a code; without a terminal from input lines."""
    import asyncio

    from userbot.cli.load import load_config

    settings = load_config(common, need_key=False).settings
    name = asyncio.run(log_in(settings.telegram, phone))
    print(f"Logged in as {name}.")


@common_flags
def logout(common: Common) -> None:
    """End this login and remove its session file."""
    import asyncio

    from userbot.cli.load import load_config
    from userbot.telegram.client import session_file
    from userbot.telegram.login import log_out
    from userbot.telegram.refusals import login_ended

    settings = load_config(common, need_key=False).settings.telegram
    if not session_file(settings.session).exists():
        raise login_ended("AUTH_KEY_UNREGISTERED")
    asyncio.run(with_client(settings, log_out))
    print("Logged out.")


async def log_in(settings: Telegram, phone: str | None) -> str:
    """Log in if there is no login yet; gives the account's name. Raises UserbotError."""
    from userbot.cli.asking import Keyboard, in_terminal
    from userbot.errors import NotLoggedInError
    from userbot.telegram.directory import Directory
    from userbot.telegram.login import by_phone, by_qr

    async def name(client: Client) -> str:
        directory = Directory(client)
        try:
            return (await directory.owner()).name
        except NotLoggedInError:
            if phone is None and in_terminal():
                await by_qr(client, Keyboard())
            else:
                await by_phone(client, Keyboard(), phone)
            return (await directory.owner()).name

    return await with_client(settings, name)


async def with_client(settings: Telegram, action: Callable[[Client], Coroutine[Any, Any, T]]) -> T:
    """Do something over a connection of one's own, alone on the session. Raises UserbotError."""
    from userbot.errors import TelegramError
    from userbot.private_files import secure_folder
    from userbot.telegram.client import new_client
    from userbot.telegram.session_lock import session_lock

    secure_folder(settings.session.parent)
    with session_lock(settings.session):
        client = new_client(settings, persistent=False)
        try:
            await client.connect()
            return await action(client)
        except OSError as error:
            raise TelegramError(
                "Telegram cannot be reached.",
                "Check the network, and telegram.proxy where Telegram is blocked.",
                reason="unreachable",
            ) from error
        finally:
            await client.disconnect()
