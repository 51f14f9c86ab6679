"""What typer says, in our words and in the language of the system: help, and what is wrong with a
command line.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any, Final

from typer.core import TyperGroup
from typer.exceptions import TyperException

from userbot.cli.language import language, said
from userbot.errors import UsageError
from userbot.texts import Text, _, by_english, joined

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


def speak_help() -> None:
    """Let the help of all commands be in the language of the system."""
    context: Any = TyperGroup.context_class
    context.formatter_class = _formatter(context.formatter_class)


def told(text: str) -> str:
    """A text of the help, by its paragraphs; what typer adds in brackets follows it."""
    if language() == "en":
        return text
    text, bracket, added = text.partition("  [")
    paragraphs = [_said(" ".join(one.split())) for one in text.split("\n\n")]
    added = added.replace("default:", f"{_said('default')}:")
    return "\n\n".join(paragraphs) + bracket + added


def _said(english: str) -> str:
    return said(by_english(english))


def _formatter(plain: Any) -> Any:
    class Formatter(plain):  # type: ignore[misc]  # typer keeps this class to itself
        def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
            super().write_usage(prog, args, prefix or f"{_said('Usage')}: ")

        def write_heading(self, heading: str) -> None:
            super().write_heading(_said(heading))

        def write_text(self, text: str) -> None:
            super().write_text(told(text))

        def write_dl(self, rows: Any, *more: Any, **options: Any) -> None:
            super().write_dl([(name, told(text)) for name, text in rows], *more, **options)

    return Formatter


def is_help(error: TyperException) -> bool:
    """Whether nothing was asked for, so that typer offers its help as an error."""
    return type(error).__name__ == "NoArgsIsHelpError"


def usage_error(error: TyperException) -> UsageError:
    """Typer's complaint as ours: a sentence, then what was probably meant or where to look."""
    path = getattr(getattr(error, "ctx", None), "command_path", None) or "userbot"
    hint = _("See `{command} --help`.", command=path)
    if meant := _meant(error):
        hint = joined(_("Did you mean {name}?", name=meant), hint)
    return UsageError(joined(_sentence(error), _range(error)), hint)


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
