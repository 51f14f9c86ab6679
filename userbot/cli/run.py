"""`userbot run`: the main job, and where it tells what happens: rich in a terminal, else lines, or
JSON when asked.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Protocol

from userbot import app
from userbot.cli.asking import in_terminal
from userbot.cli.common import Common, reader_gone, stop_printing
from userbot.cli.language import language, tell
from userbot.cli.login import log_in_first
from userbot.config import Loaded, check_modes
from userbot.console.lines import JsonLines, Lines, LogFile
from userbot.events import Event, Notice
from userbot.masking import masked_event
from userbot.settings import ConsoleConfig
from userbot.signals import leave, leaving_at_once, run_alone
from userbot.telegram.session import session_file
from userbot.texts import Language, _, language_of


class Console(Protocol):
    """Shows activities; close it before the program's last words."""

    def __call__(self, event: Event) -> None: ...

    def close(self) -> None: ...


class Reporter:
    """Tells what happens, masked: into the log file, if there is one, and on the console.

    The console's reader may go away, as `| head -1` does: that is the `end` of the run.
    """

    def __init__(
        self, console: Console, end: asyncio.Future[str], log: Console | None = None
    ) -> None:
        self._console = console
        self._end = end
        self._log = log
        self._gone = False

    def __call__(self, event: Event) -> None:
        event = masked_event(event)
        if self._log is not None:
            self._log(event)
        if self._gone:
            return
        try:
            self._console(event)
        except OSError as error:
            self._unread(error)

    def close(self) -> None:
        """Close the console."""
        try:
            self._console.close()
        except OSError as error:
            self._unread(error)

    def _unread(self, error: OSError) -> None:
        if not reader_gone(error):
            raise error
        self._gone = True
        stop_printing()
        if not self._end.done():
            self._end.set_result("unread")


def console_for(common: Common, spoken: Language) -> Console:
    """The console that the flags and the terminal ask for."""
    if common.json:
        return JsonLines(sys.stdout, verbose=common.verbose)
    if not common.lively:
        return Lines(sys.stdout, spoken, verbose=common.verbose)
    from userbot.console.live import Live

    return Live(spoken, verbose=common.verbose)


def log_file_for(settings: ConsoleConfig) -> Console | None:
    """The log file that the config asks for, if any. Raises OSError if it cannot be opened."""
    if settings.log_file is None:
        return None
    return LogFile(settings.log_file, language_of(settings.language), text=settings.log_text)


def run(common: Common, loaded: Loaded, began: float) -> None:
    """Listen in the selected chats and answer; in a terminal, log in first if need be."""
    with leaving_at_once():
        notices = check_modes(loaded)
    telegram = loaded.settings.telegram
    if in_terminal() and not session_file(telegram.session).exists():
        tell(_("You are not logged in yet."))
        log_in_first(telegram, None, qr=True)
        began = time.monotonic()
    console = console_for(common, language())
    log = log_file_for(loaded.settings.console)

    async def listen() -> str:
        end: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        report = Reporter(console, end, log)
        for notice in notices:
            report(Notice(reason="config", detail=notice))
        return await app.run(loaded.settings, report, began=began, end=end, leaving=console.close)

    try:
        with leaving_at_once(console.close):
            reason = run_alone(listen())
    finally:
        console.close()
        if log is not None:
            log.close()
    leave(130 if reason == "interrupted" else 0)
