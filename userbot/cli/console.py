"""Which console a command gets: rich in a terminal, else lines, or JSON when asked."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Protocol

from userbot.cli.common import Common
from userbot.cli.endings import reader_gone, stop_printing
from userbot.console.describe import Lines
from userbot.console.json_lines import JsonLines
from userbot.console.log_file import LogFile
from userbot.events import Event
from userbot.settings import ConsoleConfig
from userbot.texts import language_of


class Console(Protocol):
    """Shows activities; close it before the program's last words."""

    def __call__(self, event: Event) -> None: ...

    def close(self) -> None: ...


class Guarded:
    """A console whose reader may go away, as `| head -1` does: then `unread` is told, once."""

    def __init__(self, console: Console, unread: Callable[[], None]) -> None:
        self._console = console
        self._unread = unread
        self._gone = False

    def __call__(self, event: Event) -> None:
        if not self._gone:
            self._trying(lambda: self._console(event))

    def close(self) -> None:
        """As the console's own."""
        self._trying(self._console.close)

    def _trying(self, show: Callable[[], None]) -> None:
        try:
            show()
        except OSError as error:
            if not reader_gone(error):
                raise
            self._gone = True
            stop_printing()
            self._unread()


def console_for(common: Common, asked: str | None) -> Console:
    """The console that the flags and the terminal ask for."""
    if common.json:
        return JsonLines(sys.stdout, verbose=common.verbose)
    language = language_of(asked)
    if common.plain or not sys.stdout.isatty():
        return Lines(sys.stdout, language, verbose=common.verbose)
    from userbot.console.live import Live

    return Live(language, verbose=common.verbose)


def log_file_for(settings: ConsoleConfig) -> Console | None:
    """The log file that the config asks for, if any. Raises OSError if it cannot be opened."""
    if settings.log_file is None:
        return None
    return LogFile(settings.log_file, language_of(settings.language), text=settings.log_text)


def recording_console(language: str | None) -> Console:
    """A console of 80 columns that can be saved as a picture; shows nothing but waits itself."""
    import io

    from rich.console import Console as RichConsole

    from userbot.console.live import Live

    paper = RichConsole(
        record=True, width=80, file=io.StringIO(), highlight=False, color_system="truecolor"
    )
    return Live(language_of(language), verbose=False, console=paper)
