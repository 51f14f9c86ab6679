"""config.toml, its profiles and the environment: checked once, all faults told at once."""

from __future__ import annotations

import copy
import dataclasses
import functools
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from userbot.config.environment import (
    ENV_FILE,
    find_config,
    read_env_file,
    values_in,
    xdg_config,
    xdg_state,
)
from userbot.config.faults import Key, Problem, keys_of, problems_of, value_at
from userbot.config.sources import Sources
from userbot.config.toml_file import fault, parse, read
from userbot.config.validate import check
from userbot.errors import ConfigError, Fault, system_reason
from userbot.private_files import secure_file, secure_folder
from userbot.settings import Settings
from userbot.texts import _

_NO_TELEGRAM: Final = {"api_id": 1, "api_hash": "unused"}
_SECRETS: Final = {"api_hash", "api_key", "proxy", "env", "headers"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A config that is in order, and where it comes from."""

    settings: Settings
    origins: Mapping[str, str]
    """By dotted key: "config.toml:12", "profile production (config.toml:40)",
    "environment OPENAI_API_KEY", ".env OPENAI_API_KEY" or "default"."""
    path: Path
    """The config file, absolute."""
    holds_secret: bool
    """Whether the file itself holds a key, a hash or a proxy's password."""


def load(
    path: Path | None,
    profile: str | None,
    environ: Mapping[str, str],
    *,
    need_key: bool = True,
    need_telegram: bool = True,
    text: str | None = None,
) -> Loaded:
    """Read, merge and check the configuration.

    `path` and `profile` are those of the command line; without them `find_config` and
    USERBOT_PROFILE count. Paths in the file are from the file's folder.
    `need_key`: whether a missing key of the model is a fault; `need_telegram`: whether the account
    is going to be used; if not, [telegram] may say anything, and is not to be relied on. `text`:
    what the file is going to say.
    Raises ConfigError with every fault; no fault holds a value of the file.
    """
    path = path or find_config(environ)
    stored, unread = read_env_file(path)
    if unread:
        raise fault(ENV_FILE, unread, _("Run the program as the owner of that file."))
    profile = profile or environ.get("USERBOT_PROFILE") or stored.get("USERBOT_PROFILE") or None
    data, lines = read(path) if text is None else parse(path, text)
    if need_telegram and not (data or any(values_in({**stored, **environ}))):
        empty = _("the config file {path} is empty", path=path)
        raise fault("", empty, _("`userbot init` fills it."))
    holds_secret = any(_SECRETS.intersection(key) and value_at(data, key) for key in lines)

    untouched = copy.deepcopy(data)
    sources = Sources(path.name, data, lines)
    unknown_profile = sources.lay_profile(profile) if profile else None
    sources.lay_environment(stored, ENV_FILE)
    sources.lay_environment(environ)
    if not need_telegram:
        sources.data["telegram"] = dict(_NO_TELEGRAM)
    settings, problems = _checked(sources, need_key=need_key)
    found = _faults([unknown_profile, *problems] if unknown_profile else problems, sources)
    for other in sources.profiles:
        if other != profile:
            alone = Sources(path.name, copy.deepcopy(untouched), lines)
            alone.lay_profile(other)
            _settings, problems = _checked(alone, need_key=False)
            own = [one for one in problems if alone.origin(one.key).profile == other]
            found += _faults(own, alone)
    if settings is None or found:
        raise ConfigError(tuple(fault for _, fault in sorted(found, key=lambda both: both[0])))

    path = Path(os.path.abspath(path))
    if path == xdg_config(environ):
        settings = _at_home(settings, sources, xdg_state(environ))
    defaults = {
        f"{section}.{key}": "default"
        for section, kind in keys_of(Settings).items()
        if isinstance(kind, type) and dataclasses.is_dataclass(kind)
        for key in keys_of(kind)
    }
    origins = defaults | sources.told()
    settings = _anchored(settings, path.parent)
    return Loaded(settings=settings, origins=origins, path=path, holds_secret=holds_secret)


def _at_home(settings: Settings, sources: Sources, state: Path) -> Settings:
    """Session and history in the folder for what a program keeps, unless the config says where."""
    told = sources.told()
    telegram, history = settings.telegram, settings.history
    if "telegram.session" not in told:
        telegram = dataclasses.replace(telegram, session=state / "me")
    if "history.database" not in told:
        history = dataclasses.replace(history, database=state / "history.db")
    return dataclasses.replace(settings, telegram=telegram, history=history)


def check_modes(loaded: Loaded) -> tuple[str, ...]:
    """Make the config file, session, database and their folders the owner's alone.

    Missing folders are created. Gives a sentence for each repair, and for each that the system
    refused. The config file counts if it holds a secret; the folder it stands in is left alone.
    """
    told = []
    for path, secure in _private(loaded):
        try:
            if secure(path):
                told.append(_("Others could read {path}; now only you can.", path=path))
        except OSError as error:
            why = system_reason(error)
            told.append(_("{path} cannot be made private: {why}.", path=path, why=why))
    return tuple(told)


def _checked(sources: Sources, *, need_key: bool) -> tuple[Settings | None, list[Problem]]:
    """The settings, if the types fit, and every problem."""
    data = sources.data
    data.setdefault("telegram", {})
    problems = list(check(data, need_key=need_key))
    try:
        return _reader().validate_python(data), problems
    except ValidationError as error:
        return None, [*problems, *problems_of(error, data)]


def _faults(problems: list[Problem], sources: Sources) -> list[tuple[int, Fault]]:
    """One fault a key, the first found, each with its line."""
    found: dict[Key, tuple[int, Fault]] = {}
    for one in problems:
        origin = sources.origin(one.key)
        found.setdefault(one.key, (origin.line, Fault(origin.where, one.message, one.hint)))
    return list(found.values())


@functools.cache
def _reader() -> TypeAdapter[Settings]:
    return TypeAdapter(Settings)


def _anchored(section: Any, folder: Path) -> Any:
    """The section with its paths made absolute: from `folder`, or from home after "~/"."""
    changed = {}
    for field in dataclasses.fields(section):
        value = getattr(section, field.name)
        if isinstance(value, Path):
            with suppress(RuntimeError):  # no such person here: then "~name" is a name
                value = value.expanduser()
            changed[field.name] = folder / value
        elif dataclasses.is_dataclass(value):
            changed[field.name] = _anchored(value, folder)
    return dataclasses.replace(section, **changed)


def _private(loaded: Loaded) -> Iterator[tuple[Path, Callable[[Path], bool]]]:
    if loaded.holds_secret:
        yield loaded.path, secure_file
    if any(where.startswith(f"{ENV_FILE} ") for where in loaded.origins.values()):
        yield loaded.path.parent / ENV_FILE, secure_file
    session = loaded.settings.telegram.session
    session = session.with_name(session.name.removesuffix(".session") + ".session")
    database = loaded.settings.history.database
    for folder in dict.fromkeys((session.parent, database.parent)):
        if folder != loaded.path.parent:
            yield folder, secure_folder
    log = loaded.settings.console.log_file
    if log is not None:
        yield log, secure_file
    for file in (session, database):
        for suffix in ("", "-journal", "-wal", "-shm"):
            yield file.with_name(file.name + suffix), secure_file
