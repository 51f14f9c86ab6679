"""`userbot doctor`: is everything ready, and if not, what to do."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from userbot.audio import find_ffmpeg
from userbot.cli.common import Common, explained, load_config
from userbot.cli.language import said
from userbot.cli.login import online, require_session
from userbot.cli.table import print_json
from userbot.config import Loaded, check_modes
from userbot.console.safe import printable
from userbot.errors import ConfigError, SessionInUseError, UserbotError
from userbot.openai_api.chat import OpenAIChat
from userbot.openai_api.speech import OpenAITranscriber
from userbot.private_files import others_may_read
from userbot.settings import OpenAIConfig, Settings, TelegramConfig, VoiceConfig
from userbot.storage.store import Store
from userbot.telegram.names import NameResolver
from userbot.telegram.session import session_file
from userbot.texts import _, joined


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; where it is not fine, the command ends with `code`."""

    name: str
    fine: bool
    what: str
    hint: str = ""
    code: int = 1
    where: str = ""
    """Which line of the config it is about."""

    @property
    def told(self) -> str:
        """What was found, in the language of the command; nothing in it steers a terminal."""
        return printable(said(joined(self.where, self.what, by=": ")))


def doctor(common: Common) -> None:
    """Look whether everything is ready."""
    found = asyncio.run(_examine(common))
    if common.json:
        print_json(map(_row, found))
    else:
        _print(found, plain=common.plain)
    if faults := [finding.code for finding in found if not finding.fine]:
        raise SystemExit(faults[0])


async def _examine(common: Common) -> list[Finding]:

    try:
        loaded = load_config(common, need_key=False)
    except ConfigError as error:
        return [
            Finding(_("config"), False, fault.message, fault.hint, error.exit_code, fault.where)
            for fault in error.faults
        ]
    settings = loaded.settings
    each_key = common.json or common.verbose
    return [
        Finding(_("config"), True, str(loaded.path)),
        *(_each_value(loaded) if each_key else _values(loaded)),
        *(Finding(_("files"), True, told) for told in check_modes(loaded)),
        _files(loaded),
        *await asyncio.gather(
            _looked(_("login"), partial(_login, settings.telegram)),
            _looked(_("model"), partial(_model, settings.openai)),
            _transcription(settings),
            _ffmpeg(settings.voice),
            _looked(_("history"), partial(_history, loaded)),
        ),
    ]


def _each_value(loaded: Loaded) -> Iterator[Finding]:
    for key, where in sorted(loaded.origins.items()):
        if where != "default":
            told = _("{key} from {where}", key=key, where=where)
            yield Finding(_("value"), True, told)


def _values(loaded: Loaded) -> Iterator[Finding]:
    """Which keys each source sets: a line per source."""
    by_profile: dict[str, list[str]] = {}
    in_file: list[str] = []
    variables: list[str] = []
    for key, where in loaded.origins.items():
        kind, _between, name = where.partition(" ")
        if kind == "environment":
            variables.append(name)
        elif kind == "profile":
            by_profile.setdefault(name.split()[0], []).append(key)
        elif where != "default":
            in_file.append(key)
    if in_file:
        told = _("{file} sets {keys}", file=loaded.path.name, keys=_by_table(in_file))
        yield Finding(_("values"), True, told)
    for profile, keys in by_profile.items():
        told = _("profile {name} sets {keys}", name=profile, keys=_by_table(keys))
        yield Finding(_("values"), True, told)
    if variables:
        told = _("the environment sets {names}", names=_by_table(variables))
        yield Finding(_("values"), True, told)
    yield Finding(_("values"), True, _("everything else has its default"))


def _by_table(keys: list[str]) -> str:
    """Keys under their tables: "[telegram] api_id, api_hash · [[chats]] × 2"."""
    tables: dict[str, list[str]] = {}
    blocks = {key.split("]")[0] for key in keys if key.startswith("chats[")}
    for key in keys:
        if not key.startswith("chats["):
            table, _dot, name = key.rpartition(".")
            tables.setdefault(f"[{table}] " if table else "", []).append(name)
    told = [f"{table}{', '.join(names)}" for table, names in tables.items()]
    return " · ".join([*told, *([f"[[chats]] × {len(blocks)}"] if blocks else [])])


def _files(loaded: Loaded) -> Finding:
    private = [session_file(loaded.settings.telegram.session), loaded.settings.history.database]
    private += [loaded.path] if loaded.holds_secret else []
    still_open = [str(path) for path in private if others_may_read(path)]
    if still_open:
        hint = _("Change their modes to 600 as the owner of these files.")
        return Finding(
            _("files"),
            False,
            _("Others can read {still_open}.", still_open=", ".join(still_open)),
            hint,
        )
    return Finding(_("files"), True, _("readable only by you"))


async def _transcription(settings: Settings) -> Finding:
    if not settings.voice.enabled:
        return Finding(_("voice"), True, _("off"))
    if not (settings.voice.base_url or settings.openai.api_key or settings.openai.base_url):
        return Finding(_("voice"), True, _("transcribed by the model's server"))
    speech = OpenAITranscriber(settings.voice, settings.openai, lambda _: None)
    host = speech.host
    try:
        listed = await speech.check()
    except Exception as error:
        told = explained(error)
        return Finding(_("voice"), False, str(told), told.hint)
    finally:
        await speech.aclose()
    if listed is not None:
        return Finding(
            _("voice"), True, _("{listed} is available at {host}", listed=listed, host=host)
        )
    return Finding(
        "voice",
        True,
        _(
            "{host} does not list {model}: checked on the first voice note",
            host=host,
            model=settings.voice.model,
        ),
        _("If it does not transcribe, set base_url under [voice] to a server that does."),
    )


async def _ffmpeg(voice: VoiceConfig) -> Finding:

    found = await asyncio.to_thread(find_ffmpeg)
    if found is not None or not voice.enabled:
        return Finding("ffmpeg", True, found or _("not needed"))
    return Finding(
        "ffmpeg",
        True,
        _("none: voice notes work, unusual formats and very long recordings do not"),
        _("Install ffmpeg, or run `pip install 'gpt-userbot[audio]'`."),
    )


async def _looked(name: str, look: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return Finding(name, True, await look())
    except Exception as error:
        told = explained(error)
        return Finding(name, False, str(told), told.hint)


async def _login(settings: TelegramConfig) -> str:
    require_session(settings)
    try:
        async with online(settings) as client:
            return _("logged in as {name}", name=(await NameResolver(client).owner()).name)
    except SessionInUseError:
        return _("logged in: a running userbot is using the session")


async def _model(settings: OpenAIConfig) -> str:
    if settings.api_key is None and settings.base_url is None:
        raise UserbotError(
            _("No key for the model."),
            _("Set OPENAI_API_KEY, or openai.base_url for a local server."),
        )
    model = OpenAIChat(settings)
    host = model.host
    try:
        offered = await model.check()
    finally:
        await model.aclose()
    if offered and settings.model not in offered:
        some = sorted(offered)[:8] + ["…"] * (len(offered) > 8)
        raise UserbotError(
            _("{host} has no model {model}.", host=host, model=settings.model),
            _("It has {some}: set model under [openai].", some=", ".join(some)),
        )
    return (
        _("{model} is available at {host}", model=settings.model, host=host)
        if offered
        else _("{host} responds", host=host)
    )


async def _history(loaded: Loaded) -> str:
    path = loaded.settings.history.database
    if not path.exists():
        return _("{path} will be created at the first start", path=path)
    Store.open(path).close()
    return _("{path} is fine", path=path)


def _row(finding: Finding) -> dict[str, Any]:
    what = f"{finding.where}: {finding.what}" if finding.where else finding.what
    row = {"check": finding.name, "ok": finding.fine, "what": what}
    return row | ({"hint": finding.hint} if finding.hint else {})


def _print(found: list[Finding], *, plain: bool) -> None:
    if plain or not sys.stdout.isatty():
        for finding in found:
            mark = "✓" if finding.fine else "✗"
            print(mark, said(finding.name), "·", finding.told)
            if finding.hint:
                print(f"  → {printable(said(finding.hint))}")
        return

    table = Table.grid("", "", Column(overflow="fold"), padding=(0, 2))
    before = ""
    for finding in found:
        told = Text(finding.told)
        if finding.hint:
            told.append(f"\n→ {printable(said(finding.hint))}", "italic yellow")
        lit = Text("✓", "green") if finding.fine else Text("✗", "bold red")
        name, before = "" if finding.name == before else said(finding.name), finding.name
        table.add_row(lit if name or not finding.fine else "", name, told)
    Console(highlight=False).print(table)
