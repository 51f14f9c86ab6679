"""`userbot talk`: the assistant in the terminal."""

from __future__ import annotations

import asyncio
import sys
import time
from io import TextIOWrapper

from userbot.cli.asking import ask_meanwhile, in_terminal
from userbot.cli.common import Common, say_error
from userbot.cli.language import fitted, language, said, show, tell
from userbot.console.lines import JsonLines, Lines
from userbot.console.terminal import Terminal
from userbot.errors import StorageError, UserbotError
from userbot.events import Answered, Answering, Event, Heard
from userbot.masking import masked_event
from userbot.rules.approvals import word_of
from userbot.settings import Settings
from userbot.storage.store import Store
from userbot.talk import Talk
from userbot.texts import _
from userbot.types import RichText

_PROMPT = "› "
_LEAVE = ("/quit", "/exit")
_COMMANDS = {
    "-m, -e, -n": _("before a question: another model, more thought, no history"),
    "/new": _("start over: forget what was said here"),
    "/help": _("this list"),
    "/quit": _("leave, as Ctrl-D does"),
}
"""What is typed here alone; Ctrl-C stops an answer, or clears a line that was begun."""


class _Fitted(Lines):
    """What happens, a line an event; in a terminal, lines end between words."""

    def _line(self, event: Event) -> str:
        return fitted(super()._line(event), sys.stderr)


class Here:
    """Where answers in the terminal are written, and what happens meanwhile is told."""

    def __init__(self, common: Common) -> None:
        self._verbose = common.verbose
        self._rows = JsonLines(sys.stdout, verbose=common.verbose) if common.json else None
        self._lines = _Fitted(sys.stderr, language(), verbose=common.verbose)
        self.out = sys.stdout if self._rows is None else sys.stderr
        self.terminal = Terminal(self.out, lively=common.lively, first=time.time_ns() // 1000)

    async def asked(self, call: str) -> bool | None:
        """What is said here to a tool's call: anything but yes is no. None: nobody sits here."""
        if not in_terminal():
            return None
        async with self.terminal.asking:
            self.terminal.end()
            show(call)
            meant = word_of(RichText(await ask_meanwhile(_("Go ahead? (yes, no)"))))
        return meant is not None and meant.word == "yes"

    def report(self, event: Event) -> None:
        """Tell what happened; of an answer that goes well its text says all."""
        event = masked_event(event)
        if self._rows is not None:
            self._rows(event)
        elif self._verbose or not isinstance(event, Heard | Answering | Answered):
            if self.terminal.lively:
                self.terminal.end()  # a half-written answer is no beginning of that line
            self._lines(event)


def talk(common: Common, settings: Settings, text: str = "") -> None:
    """Answer what is typed, or piped in, a question a line; /quit or /exit ends.

    With `text` that is the only question.
    """
    typed = sys.stdin.isatty() and not text
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    here = Here(common)
    with Store.open(settings.history.database) as store, asyncio.Runner() as runner:
        conversation = Talk(settings, store, here.report, here.terminal, here.asked)
        conversation.begin()
        try:
            if text:
                taken = _answer(conversation, runner, text, typed=False)
            else:
                taken = _converse(conversation, runner, typed=typed)
        finally:
            runner.run(conversation.aclose())
        if (conversation.failed or not taken) and not typed:
            raise SystemExit(1)


def _converse(conversation: Talk, runner: asyncio.Runner, *, typed: bool) -> bool:
    """Answer line after line; Ctrl-C stops an answer or clears a line, and leaves at an empty one.

    Gives whether every line was taken.
    """
    taken = True
    if typed:
        import readline  # noqa: F401  so that lines can be edited and called back

        keys = _("Ctrl-D or /quit quits, Ctrl-C stops an answer, /new starts over, /help.")
        tell(keys)
    while True:
        try:
            line = input(_PROMPT) if typed else next(sys.stdin)
        except EOFError:
            print(file=sys.stderr)  # or the shell's next prompt would stand behind ours
            return taken
        except StopIteration:
            return taken
        except KeyboardInterrupt:
            if not typed or not _begun():
                raise
            print(file=sys.stderr)
            continue
        word = line.strip().lower()
        if word in _LEAVE:
            return taken
        if word == "/help":
            width = max(map(len, _COMMANDS))
            for name, does in _COMMANDS.items():
                print(f"  {name:{width}}  {said(does)}", file=sys.stderr)
        elif word:
            taken = _answer(conversation, runner, line, typed=typed) and taken


def _begun() -> str:
    """What was typed of a line that is not ended yet."""
    typed = ""
    if sys.platform != "win32":
        import readline

        typed = readline.get_line_buffer()
    return typed


def _answer(conversation: Talk, runner: asyncio.Runner, line: str, *, typed: bool) -> bool:
    """Answer a line; False if it was refused, which is told.

    Raises KeyboardInterrupt if the answer was stopped and nobody types another line.
    """
    try:
        went_on = runner.run(conversation.say(line))
    except StorageError:
        raise
    except UserbotError as error:
        say_error(error)
        return False
    if not went_on and not typed:
        raise KeyboardInterrupt
    return True
