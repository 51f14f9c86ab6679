"""`userbot run`: the main job."""

from __future__ import annotations

import asyncio
import time

from userbot import app
from userbot.cli.asking import Keyboard, in_terminal
from userbot.cli.common import Common
from userbot.cli.console import Guarded, console_for, log_file_for
from userbot.cli.language import language, tell
from userbot.cli.login import log_in
from userbot.config import Loaded, check_modes
from userbot.events import Event, Notice
from userbot.masking import masked_event
from userbot.signals import leave, leaving_at_once, run_alone
from userbot.telegram.session import session_file
from userbot.texts import _


def run(common: Common, loaded: Loaded, began: float) -> None:
    """Listen in the selected chats and answer; in a terminal, log in first if need be."""
    with leaving_at_once():
        notices = check_modes(loaded)
    telegram = loaded.settings.telegram
    if in_terminal() and not session_file(telegram.session).exists():
        tell(_("You are not logged in yet."))
        name, _new = asyncio.run(log_in(telegram, Keyboard(), None, qr=True))
        tell(_("Logged in as {name}.", name=name))
        began = time.monotonic()
    console = console_for(common, language())
    log = log_file_for(loaded.settings.console)

    async def work() -> str:
        end: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def report(event: Event) -> None:
            event = masked_event(event)
            if log is not None:
                log(event)
            shown(event)

        def unread() -> None:
            if not end.done():
                end.set_result("unread")

        shown = Guarded(console, unread)

        for notice in notices:
            report(Notice(reason="config", detail=notice))
        return await app.run(loaded.settings, report, began=began, end=end, leaving=console.close)

    try:
        with leaving_at_once(console.close):
            reason = run_alone(work())
    finally:
        console.close()
        if log is not None:
            log.close()
    leave(130 if reason == "interrupted" else 0)
