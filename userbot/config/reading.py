"""From a path to parsed TOML: whatever is wrong with the file as a whole is one plain fault."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final, NoReturn

import tomli

from userbot.config.keys import Key
from userbot.config.toml_lines import lines_of
from userbot.errors import ConfigError, Fault

_MOST_BYTES: Final = 1_000_000
_INIT: Final = "`userbot init` writes a new one; --config FILE names another."


def read(path: Path) -> tuple[dict[str, Any], dict[Key, int]]:
    """The file's tables and the line of each key. Raises ConfigError with a single fault."""
    text = _text(path)
    try:
        return tomli.loads(text), lines_of(text)
    except tomli.TOMLDecodeError as error:
        message, hint = _syntax(error.msg)
        raise fault(f"{path.name}:{error.lineno}:{error.colno}", message, hint) from None
    except (ValueError, RecursionError):  # tomli's limits on digits and on nesting
        _refuse(path, "holds a number or a list that is far too long", "It is a small text file.")


def fault(where: str, message: str, hint: str) -> ConfigError:
    """A config that is wrong in one way."""
    return ConfigError((Fault(where, message, hint),))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        _refuse(path, "does not exist", _INIT)
    except IsADirectoryError:
        _refuse(path, "is a folder, not a file", _INIT)
    except PermissionError:
        _refuse(path, "may not be read by you", "Run the program as the owner of that file.")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no file can have this name"
        _refuse(path, f"cannot be read: {why}", _INIT)
    if len(content) > _MOST_BYTES:
        _refuse(path, "is far too large for a config file", _INIT)
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        _refuse(path, "is not text in UTF-8", "Save it as UTF-8. " + _INIT)


def _refuse(path: Path, message: str, hint: str) -> NoReturn:
    raise fault(path.name or str(path), f"the config file {path} {message}", hint) from None


def _syntax(message: str) -> tuple[str, str]:
    """The parser's message without words of the file, and what is usually meant."""
    if re.search("twice|Duplicate|overwrite|namespace", message):
        return "a key or a section stands here for the second time", "Keep one of the two."
    hint = "https://toml.io shows how such a file is written."
    if "Invalid value" in message:
        hint = "A text stands in quotes; numbers, true and false do not."
    elif "Unescaped" in message:
        hint = "In a path write / for \\, or put the text in single quotes."
    elif "Illegal character" in message or "Unterminated" in message:
        hint = "Perhaps a quote is missing at the end of the text."
    cleaned = re.sub(r"\(.*\)|'[^']{3,}'", "…", message)
    return f"this is not valid TOML: {cleaned[:1].lower()}{cleaned[1:]}", hint
