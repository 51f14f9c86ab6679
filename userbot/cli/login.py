"""`userbot login` and `userbot logout`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from userbot.cli.common import Common, common_flags
from userbot.cli.language import said
from userbot.texts import _

if TYPE_CHECKING:
    from userbot.settings import TelegramConfig

PhoneOption = Annotated[
    str | None,
    typer.Option("--phone", metavar="+…", help=_("Use a login code instead of a QR code.")),
]


@common_flags
def login(common: Common, phone: PhoneOption = None) -> None:
    """Log in to Telegram by QR code, or by a code to enter.

    Without a terminal each answer is a line of standard input: phone (if not given), code, and
    password where the account has one.
    """
    import asyncio

    from userbot import masking
    from userbot.cli.asking import Keyboard, in_terminal
    from userbot.cli.load import load_config
    from userbot.cli.online import log_in

    masking.hide(phone)
    settings = load_config(common, need_key=False).settings.telegram
    qr = phone is None and in_terminal()
    name, new = asyncio.run(log_in(settings, Keyboard(), phone, qr=qr))
    if new:
        print(said(_("Logged in as {name}.", name=name)))
    else:
        print(said(_("Already logged in as {name}; `userbot logout` ends this login.", name=name)))


@common_flags
def logout(common: Common) -> None:
    """End this login and remove its session file."""
    import asyncio

    from userbot.cli.load import load_config
    from userbot.errors import NotLoggedInError
    from userbot.telegram.session import session_file

    settings = load_config(common, need_key=False).settings.telegram
    path = session_file(settings.session)
    if not path.exists():
        raise NotLoggedInError(
            _("You are not logged in."),
            _("The session would be in {path}; another config may use another one.", path=path),
            reason="not_logged_in",
        )
    ended = asyncio.run(_end(settings))
    gone = _("The login had already been ended; its session file was removed.")
    print(said(_("Logged out.") if ended else gone))


async def _end(settings: TelegramConfig) -> bool:
    from userbot.cli.online import alone, connected
    from userbot.errors import NotLoggedInError
    from userbot.telegram.login import log_out
    from userbot.telegram.session import NOT_OURS, remove_session

    with alone(settings):
        ended = True
        try:
            async with connected(settings) as client:
                await log_out(client)
        except NotLoggedInError as error:
            if error.reason in NOT_OURS:
                raise
            ended = False
        remove_session(settings.session)
        return ended
