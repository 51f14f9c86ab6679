"""The command line: `commands` lists what there is; each command is a file of its own.

What typer says is told in our words and in the language of the system: help, and what is wrong with
a command line.
"""

from __future__ import annotations

import codecs
import re
import shutil
import sys
from difflib import get_close_matches
from functools import cache
from io import TextIOWrapper
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException
from typer.main import get_command

from userbot.cli.commands import app
from userbot.cli.common import (
    flush_or_forget,
    reader_gone,
    say_error,
    stop_printing,
    unprinted,
)
from userbot.cli.language import language, plainer, said
from userbot.errors import UsageError
from userbot.texts import Text, _, by_english, joined

__all__ = ["app", "command", "main"]

_Plain: Any = TyperGroup.context_class.formatter_class
_TYPERS: Final = (
    _("Usage"),
    _("Options"),
    _("Arguments"),
    _("Commands"),
    _("default"),
    _("Show this message and exit."),
    _("Install completion for the current shell."),
    _("Show completion for the current shell, to copy it or customize the installation."),
)
"""What typer says in every help. It keeps no marks: its texts are known by their English."""
_WRONG: Final = {
    r"No such command '(.+?)'.*": _("No such command: {name}."),
    r"No such option: (\S+).*": _("No such option: {name}."),
    r"Got unexpected extra argument(?:\(s\))? \((.+)\)": _("Unexpected argument: {name}."),
    r"Option '(.+)' requires an argument": _("{name} needs a value."),
    r"Option '(.+)' does not take a value": _("{name} takes no value."),
    r"Missing (?:argument|option|parameter) '(.+)'": _("Missing: {name}."),
    r"Missing command": _("No command given."),
    r"Invalid value for '(.+?)': .*": _("Invalid value for {name}."),
}
"""Typer words what is wrong for people alone: each of its sentences, and how we say it."""


_NARROW: Final = 60
"""Columns; in fewer there is no room for what an option does beside a long name of one."""


def _told(text: str) -> str:
    """A text of the help, by its paragraphs; what typer adds in brackets follows it."""
    if language() == "en":
        return text
    text, bracket, added = text.partition("  [")
    paragraphs = [_said(" ".join(one.split())) for one in text.split("\n\n")]
    added = added.replace("default:", f"{_said('default')}:")
    return "\n\n".join(paragraphs) + bracket + added


def _said(english: str) -> str:
    return said(by_english(english))


class _Translated(_Plain):  # type: ignore[misc]  # typer keeps this class to itself
    """Typer's help, in our language, and no wider than the terminal."""

    width: int

    def __init__(self, *more: Any, **options: Any) -> None:
        super().__init__(*more, **options)
        if options.get("width") is None:
            self.width = max(min(self.width, shutil.get_terminal_size().columns - 2), 20)

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or f"{_said('Usage')}: ")

    def write_heading(self, heading: str) -> None:
        super().write_heading(_said(heading))

    def write_text(self, text: str) -> None:
        super().write_text(_told(text))

    def write_dl(self, rows: Any, col_max: int = 30, col_spacing: int = 2) -> None:
        told = [(name, _told(text)) for name, text in rows]
        if self.width < _NARROW:
            col_max = min(col_max, 16)
        super().write_dl(told, col_max, col_spacing)


def _usage_error(error: TyperException) -> UsageError:
    """Typer's complaint as ours: a sentence, then what was probably meant or where to look."""
    path = getattr(getattr(error, "ctx", None), "command_path", None) or _typed_command()
    hint = _("See `{command} --help`.", command=path)
    if meant := _meant(error):
        hint = joined(_("Did you mean {name}?", name=meant), hint)
    return UsageError(joined(_sentence(error), _range(error)), hint)


def _typed_command() -> str:
    """The command that was typed, where typer does not say which it was about."""
    known = {one.name or getattr(one.callback, "__name__", "") for one in app.registered_commands}
    return " ".join(["userbot", *[word for word in sys.argv[1:] if word in known][:1]])


def _sentence(error: Any) -> str:
    message = " ".join(error.message.split()) or " ".join(error.format_message().split())
    if getattr(error, "param", None) is not None:
        message = " ".join(error.format_message().split())
    for pattern, text in _WRONG.items():
        if found := re.fullmatch(pattern, message.rstrip(".")):
            return text.filled(name=found[1]) if found.groups() else text
    return message.rstrip(".") + "."


def _range(error: Any) -> Text | str:
    """What a number may be."""
    option = getattr(error, "param", None)
    least, most = getattr(option, "min", None), getattr(option, "max", None)
    if least is not None and most is not None:
        return _("Give a whole number from {least} to {most}.", least=least, most=most)
    return "" if least is None else _("Give a whole number of at least {least}.", least=least)


def _meant(error: Any) -> str:
    if possible := getattr(error, "possibilities", None):
        return next(iter(get_close_matches(error.option_name, possible, n=1, cutoff=0.7)), "")
    return " / ".join(re.findall(r"'([^']+)'", error.format_message().partition("Did you mean")[2]))


@cache
def command() -> Any:
    """All commands as one that can be called. Kept: to put them together takes as long as one."""
    return get_command(app)


def main() -> None:
    """The console script `userbot`."""
    # The help of all commands is in the language of the system.
    context: Any = TyperGroup.context_class
    context.formatter_class = _Translated
    codecs.register_error("userbot", plainer)
    for stream in (sys.stdout, sys.stderr):
        # What a terminal cannot show becomes plainer, rather than an error in the middle of a run.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="userbot")
    try:
        code = command()(standalone_mode=False, prog_name="userbot")
    except TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # nothing was asked for
            print(error.format_message(), file=sys.stderr)
        else:
            say_error(_usage_error(error))
        code = error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        print(file=sys.stderr)
        code = 130
    except OSError as error:  # commands tell their own: this is what typer printed
        stop_printing()
        code = 0 if reader_gone(error) else 1
        if code:
            say_error(unprinted(error))
    finally:
        flush_or_forget()
    sys.exit(code if isinstance(code, int) else 0)
