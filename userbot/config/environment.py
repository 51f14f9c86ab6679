"""Where the config is, and the variables that win over it: those of the process and of a `.env`.

TELEGRAM_API_ID and its like are names that other programs know, too; every key of the config has
one as USERBOT_SECTION__KEY. What a variable holds is text: where its key takes no text, it is read
as TOML reads a value (`5`, `true`, `["@name", 5]`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

import tomli

from userbot.config.faults import Key, keys_of, section_of
from userbot.errors import system_reason
from userbot.texts import _

NAMES: Final[dict[str, Key]] = {
    "TELEGRAM_API_ID": ("telegram", "api_id"),
    "TELEGRAM_API_HASH": ("telegram", "api_hash"),
    "OPENAI_API_KEY": ("openai", "api_key"),
    "OPENAI_BASE_URL": ("openai", "base_url"),
}
ENV_FILE: Final = ".env"
_PREFIX: Final = "USERBOT_"
_LINE = re.compile(
    r"""\s*(?:export\s+)?(?P<name>[A-Za-z_]\w*)\s*=\s*"""
    r"""(?:'(?P<bare>[^']*)'|"(?P<text>(?:\\.|[^"\\])*)"|(?P<word>.*?))\s*(?:(?<=[\s'"])\#.*)?""",
    re.ASCII,
)
"""A line of a `.env`: NAME=value, as docker compose and python-dotenv read it."""
_ESCAPED: Final = {r"\n": "\n", r"\t": "\t"}
_MOST_BYTES: Final = 100_000


def find_config(environ: Mapping[str, str]) -> Path:
    """The config file without --config: USERBOT_CONFIG, ./config.toml, the one under XDG.

    Where there is none, the one to create: beside a clone's own files as its README says, under
    XDG for a program that was installed.
    """
    if named := environ.get("USERBOT_CONFIG"):
        return Path(named)
    here, xdg = Path("config.toml"), xdg_config(environ)
    if here.exists():
        return here
    clone = (Path(__file__).parents[2] / "pyproject.toml").is_file()
    return here if clone and not xdg.exists() else xdg


def xdg_config(environ: Mapping[str, str]) -> Path:
    """The config of whoever installed the program as a tool."""
    return _xdg(environ, "XDG_CONFIG_HOME", ".config") / "config.toml"


def xdg_state(environ: Mapping[str, str]) -> Path:
    """The folder of session and history where the config is the one under XDG."""
    return _xdg(environ, "XDG_STATE_HOME", ".local/state")


def _xdg(environ: Mapping[str, str], name: str, otherwise: str) -> Path:
    base = Path(environ.get(name) or ".")
    if not base.is_absolute():  # "must be absolute; consider it invalid": XDG basedir
        home = environ.get("HOME")
        base = (Path(home) if home else Path(os.path.expanduser("~"))) / otherwise
    return base / "userbot"


def read_env_file(config: Path) -> tuple[dict[str, str], str]:
    """The variables of the `.env` beside a config, and why it cannot be read, if that is so.

    Lines that set no variable are others' business and left alone.
    """
    path = config.parent / ENV_FILE
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            lines = file.read(_MOST_BYTES).splitlines()
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        return {}, _("{path} cannot be read: {why}.", path=path, why=system_reason(error))
    found: dict[str, str] = {}
    for line in lines:
        if set_here := _LINE.fullmatch(line):
            bare, text, word = set_here["bare"], set_here["text"], set_here["word"]
            if text is not None:
                text = re.sub(r"\\.", lambda sign: _ESCAPED.get(sign[0], sign[0][1]), text)
            found[set_here["name"]] = next(one for one in (bare, text, word) if one is not None)
    return found, ""


def values_in(environ: Mapping[str, str]) -> Iterator[tuple[str, Key, Any]]:
    """Each variable that sets a key, with that key and its value. An empty one counts as unset."""
    known = [(name, key) for name, key in NAMES.items() if name in environ]
    named = [(name, key) for name in sorted(environ) if (key := _key(name))]
    for name, key in (*known, *named):
        if text := environ[name].strip():
            yield name, key, _value(key, text)


def _key(name: str) -> Key:
    """The key that a variable of ours names; none if it is not of that kind."""
    rest = name.removeprefix(_PREFIX)
    return tuple(rest.lower().split("__")) if rest != name and "__" in rest else ()


def _value(key: Key, text: str) -> Any:
    kinds = set(_kinds(keys_of(section_of(key[:-1])).get(str(key[-1]))))
    as_text = not kinds or kinds & {str, Path}
    if as_text and not (kinds & {tuple, dict} and text[0] in "[{"):
        return text
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return tomli.loads(f"value = {text}")["value"]
    except (tomli.TOMLDecodeError, ValueError, RecursionError):
        return text


def _kinds(hint: Any) -> Iterator[Any]:
    """What an annotation speaks of, without what a list or a table holds."""
    origin = get_origin(hint)
    if origin is Literal:
        yield str
    elif origin in (tuple, dict):
        yield origin
    elif args := get_args(hint):
        for arg in args:
            yield from _kinds(arg)
    else:
        yield hint
