"""`userbot run`: the main job, and where it tells what happens: rich in a terminal, else lines, or
JSON when asked.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from userbot import app
from userbot.cli.asking import in_terminal
from userbot.cli.common import Common, reader_gone, stop_printing
from userbot.cli.language import language, tell
from userbot.cli.login import log_in_first
from userbot.cli.reload import ConfigWatch
from userbot.config import Loaded, check_modes
from userbot.console.lines import JsonLines, Lines, LogFile
from userbot.controls import Controls
from userbot.errors import UserbotError
from userbot.events import Event, Notice, Report
from userbot.masking import masked_event
from userbot.settings import ConsoleConfig, OpenAIConfig, Settings
from userbot.signals import leave, leaving_at_once, run_alone
from userbot.telegram.session import session_file
from userbot.texts import Language, _, language_of

if TYPE_CHECKING:
    from userbot.cli.attended import Attended

_ENDPOINT_SECONDS = 1.0
"""After which the model's server is looked at: the connection to Telegram comes first."""
_TICK_SECONDS = 0.2


class Log(Protocol):
    """Is told of activities; close it before the program's last words."""

    def __call__(self, event: Event) -> None: ...

    def close(self) -> None: ...


class Console(Log, Protocol):
    """Shows activities, and how far those are that take time."""

    def tick(self, written: Mapping[tuple[int, int], str] | None = None) -> None: ...


class Reporter:
    """Tells what happens, masked: into the log file, if there is one, and on the console.

    The console's reader may go away, as `| head -1` does: that is the `end` of the run.
    """

    def __init__(self, console: Console, end: asyncio.Future[str], log: Log | None = None) -> None:
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

    async def keep_moving(self, controls: Controls | None = None) -> None:
        """Let what is under way be seen to move, until cancelled. `controls`: of the run."""
        while not self._gone:
            try:
                self._console.tick(None if controls is None else controls.written())
            except OSError as error:
                self._unread(error)
            await asyncio.sleep(_TICK_SECONDS)

    def close(self) -> None:
        """Close the console."""
        try:
            self._console.close()
        except OSError as error:
            self._unread(error)

    def _unread(self, error: OSError) -> None:
        """The console could not be written to: raises that, unless its reader went away."""
        if not reader_gone(error):
            raise error
        self._gone = True
        stop_printing()
        if not self._end.done():
            self._end.set_result("unread")


def console_for(common: Common, spoken: Language, attended: Settings | None = None) -> Console:
    """The console that the flags and the terminal ask for.

    `attended`: of a run that is watched in a terminal, with a line on the day at its bottom.
    """
    if common.json:
        return JsonLines(sys.stdout, verbose=common.verbose)
    if not common.lively:
        return Lines(sys.stdout, spoken, verbose=common.verbose)
    from userbot.console.live import Live
    from userbot.console.status import Status

    if attended is None:
        return Live(spoken, verbose=common.verbose)
    status = Status(in_sandbox=attended.telegram.in_sandbox)
    return Live(spoken, verbose=common.verbose, status=status)


def log_file_for(settings: ConsoleConfig) -> Log | None:
    """The log file that the config asks for, if any. Raises OSError if it cannot be opened."""
    if settings.log_file is None:
        return None
    return LogFile(settings.log_file, language_of(settings.language), text=settings.log_text)


def attended_by(console: Console, loaded: Loaded, controls: Controls, report: Reporter) -> Attended:
    """What keeps the screen of a run in a terminal up to date."""
    from userbot.cli.attended import Attended
    from userbot.console.live import Live

    assert isinstance(console, Live)
    return Attended(console, loaded, controls, report, language())


async def _warn_of_endpoint(openai: OpenAIConfig, report: Reporter) -> None:
    """Say at the start that the model's server or the key does not answer."""
    from userbot.openai_api.chat import OpenAIChat
    from userbot.openai_api.offered import offered, some_of

    await asyncio.sleep(_ENDPOINT_SECONDS)
    model = OpenAIChat(openai)
    try:
        await model.warm()
        models = await model.check()
    except UserbotError as error:
        report(Notice(reason="endpoint", detail=str(error), hint=error.hint))
    else:
        if models and offered(openai.model, models) is None:
            some = some_of(models)
            report(
                Notice(
                    reason="endpoint",
                    detail=_("{host} has no model {model}.", host=model.host, model=openai.model),
                    hint=_("It has {some}: set model under [openai].", some=some),
                )
            )
    finally:
        await model.aclose()


def run(common: Common, loaded: Loaded, began: float) -> None:
    """Listen in the selected chats and answer; in a terminal, log in first if need be."""
    with leaving_at_once():
        notices = check_modes(loaded)
    telegram = loaded.settings.telegram
    if in_terminal() and not session_file(telegram.session).exists():
        tell(_("You are not logged in yet."))
        log_in_first(telegram, None)
        began = time.monotonic()
    console = console_for(common, language(), loaded.settings)
    log = log_file_for(loaded.settings.console)

    async def listen() -> str:
        end: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        report = Reporter(console, end, log)
        for notice in notices:
            report(Notice(reason="config", detail=notice))
        controls = Controls()
        beside = [
            asyncio.create_task(ConfigWatch(common, loaded, controls, report).watch()),
            asyncio.create_task(_warn_of_endpoint(loaded.settings.openai, report)),
        ]
        leaving = console.close
        told: Report = report
        if common.lively:
            attended = attended_by(console, loaded, controls, report)
            attended.open()
            told = attended
            beside.append(asyncio.create_task(report.keep_moving(controls)))
            leaving = attended.close
        try:
            return await app.run(
                loaded.settings,
                told,
                began=began,
                end=end,
                leaving=leaving,
                controls=controls,
            )
        finally:
            leaving()
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    try:
        with leaving_at_once(console.close):
            reason = run_alone(listen())
    finally:
        console.close()
        if log is not None:
            log.close()
    leave(130 if reason == "interrupted" else 0)
