"""`userbot run`: the main job."""

from __future__ import annotations

import time

from userbot.cli.common import Common, common_flags


@common_flags
def run(common: Common) -> None:
    """Listen in the selected chats and answer."""
    began = time.monotonic()
    import asyncio

    from userbot import app
    from userbot.activity import Notice
    from userbot.cli.asking import in_terminal
    from userbot.cli.console import console_for
    from userbot.cli.load import load_config
    from userbot.cli.login import log_in
    from userbot.config import check_modes
    from userbot.telegram.client import session_file

    loaded = load_config(common)
    notices = [*check_modes(loaded), *loaded.notices]
    telegram = loaded.settings.telegram
    if in_terminal() and not session_file(telegram.session).exists():
        print(f"Logged in as {asyncio.run(log_in(telegram, None))}.")
        began = time.monotonic()
    console = console_for(common, loaded.settings.console.language)
    try:
        for notice in notices:
            console(Notice(reason="config", detail=notice))
        reason = asyncio.run(app.run(loaded.settings, console, began=began))
    finally:
        console.close()
    if reason == "interrupted":
        raise SystemExit(130)
