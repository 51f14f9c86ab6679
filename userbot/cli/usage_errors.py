"""What typer says about a wrong command line, as one sentence with a way out."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any, Final

from typer.exceptions import TyperException

from userbot.errors import UsageError
from userbot.texts import Text, _, joined

_TYPER: Final = {
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
    for pattern, text in _TYPER.items():
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
