"""What typer says about a wrong command line, as one sentence with a way out."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any

from typer.exceptions import TyperException

from userbot.errors import UsageError


def is_help(error: TyperException) -> bool:
    """Whether nothing was asked for, so that typer offers its help as an error."""
    return type(error).__name__ == "NoArgsIsHelpError"


def usage_error(error: TyperException) -> UsageError:
    """Typer's complaint as ours: a sentence, then what was probably meant or where to look."""
    path = getattr(getattr(error, "ctx", None), "command_path", None) or "userbot"
    help_hint = f"`{path} --help` lists what there is."
    message, meant = _without_suggestion(error)
    hint = f"Did you mean {' or '.join(meant)}? {help_hint}" if meant else help_hint
    return UsageError(message, hint)


def _without_suggestion(error: Any) -> tuple[str, list[str]]:
    message = error.format_message()
    if possible := getattr(error, "possibilities", None):
        message = error.message
        meant = get_close_matches(error.option_name, possible, n=1, cutoff=0.7)
    else:
        message, _, suggested = message.partition(" Did you mean ")
        meant = re.findall(r"'([^']+)'", suggested)
    message = " ".join(message.replace("'", "“", 1).replace("'", "”", 1).split())
    return message.rstrip(".") + ".", meant
