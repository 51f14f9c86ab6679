"""`userbot doctor`: is everything ready, and if not, what to do."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from userbot.audio import find_ffmpeg
from userbot.cli import doctor_models
from userbot.cli.chats import overridden
from userbot.cli.common import Common, explained, load_config
from userbot.cli.language import said
from userbot.cli.login import online
from userbot.cli.table import print_json, titled
from userbot.cli.tools import asked
from userbot.config import Loaded, check_modes
from userbot.config.environment import ENV_FILE
from userbot.config.faults import BLOCKS
from userbot.console.colours import GREEN, RED, YELLOW
from userbot.console.describe import printable
from userbot.documents.process import INSTALL, LIBRARIES
from userbot.errors import ConfigError, SessionInUseError, StorageError
from userbot.private_files import others_may_read
from userbot.rules import tool_words
from userbot.settings import ChatConfig, DocumentsConfig, Settings, VoiceConfig
from userbot.storage.archive import Archive
from userbot.storage.store import Store
from userbot.telegram.clock import HINT
from userbot.telegram.names import NameResolver, dialogs
from userbot.telegram.session import session_file
from userbot.texts import _, joined, n_
from userbot.tool_list import reached

T = TypeVar("T")
_IN_BLOCKS = tuple(f"{name}[" for name in BLOCKS)


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
    def matters(self) -> bool:
        """Whether it is fine, but something may have to be done about it: there is a hint."""
        return self.fine and bool(self.hint)

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
        _print(found, lively=common.lively)
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
    account, *others = await asyncio.gather(
        _account(settings),
        _looked(_("model"), doctor_models.model, settings),
        _looked(_("voice"), doctor_models.transcription, settings),
        _looked("ffmpeg", _ffmpeg, settings.voice),
        _looked(_("documents"), _documents, settings.documents),
        _looked(_("history"), _history, loaded),
    )
    served = await tools(loaded)
    spoken = []
    if doctor_models.speaks(settings):
        spoken = [await _looked(_("speech"), doctor_models.speech, settings)]
    return [
        Finding(_("config"), True, str(loaded.path)),
        *(_each_value(loaded) if each_key else _values(loaded)),
        *(Finding(_("files"), True, told) for told in check_modes(loaded)),
        _files(loaded),
        *account,
        *others,
        *spoken,
        *served,
    ]


def _each_value(loaded: Loaded) -> Iterator[Finding]:
    for key, where in sorted(loaded.origins.items()):
        if where != "default":
            yield Finding(_("value"), True, _("{key} from {where}", key=key, where=where))


def _values(loaded: Loaded) -> Iterator[Finding]:
    """Which keys each source sets: a line per source."""
    by_profile: dict[str, list[str]] = {}
    in_file: list[str] = []
    variables: dict[str, list[str]] = {}
    for key, where in loaded.origins.items():
        kind, _between, name = where.partition(" ")
        if kind in ("environment", ENV_FILE):
            variables.setdefault(kind, []).append(name)
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
    for source, names in variables.items():
        told = _("the environment sets {names}", names=_by_table(names))
        if source == ENV_FILE:
            told = _("{file} sets {keys}", file=ENV_FILE, keys=_by_table(names))
        yield Finding(_("values"), True, told)
    yield Finding(_("values"), True, _("everything else has its default"))


def _by_table(keys: list[str]) -> str:
    """Keys under their tables: "[telegram] api_id, api_hash · [[chats]] × 2"."""
    tables: dict[str, list[str]] = {}
    blocks = {key.split("]")[0] for key in keys if key.startswith(_IN_BLOCKS)}
    for key in keys:
        if not key.startswith(_IN_BLOCKS):
            table, _dot, name = key.rpartition(".")
            tables.setdefault(f"[{table}] " if table else "", []).append(name)
    told = [f"{table}{', '.join(names)}" for table, names in tables.items()]
    counted = Counter(block.split("[")[0] for block in sorted(blocks))
    return " · ".join([*told, *(f"[[{name}]] × {count}" for name, count in counted.items())])


def _files(loaded: Loaded) -> Finding:
    private = [session_file(loaded.settings.telegram.session), loaded.settings.history.database]
    private += [loaded.path] if loaded.holds_secret else []
    still_open = ", ".join(str(path) for path in private if others_may_read(path))
    if not still_open:
        return Finding(_("files"), True, _("readable only by you"))
    told = _("Others can read {still_open}.", still_open=still_open)
    hint = _("Run `chmod 600` on these files as their owner.")
    return Finding(_("files"), False, told, hint)


async def _looked(name: str, look: Callable[[T], Awaitable[tuple[str, str]]], at: T) -> Finding:
    """What was found of one thing, and what to do about it; else the error."""
    try:
        return Finding(name, True, *await look(at))
    except Exception as error:
        told = explained(error)
        return Finding(name, False, str(told), told.hint)


async def _ffmpeg(voice: VoiceConfig) -> tuple[str, str]:
    found = await asyncio.to_thread(find_ffmpeg)
    if found is not None or not voice.enabled:
        return found or _("not needed"), ""
    return (
        _("none: voice notes work, unusual formats and very long recordings do not"),
        _("Install ffmpeg with your system's package manager."),
    )


async def _documents(config: DocumentsConfig) -> tuple[str, str]:
    if not config.enabled:
        return _("off"), ""
    if all(find_spec(library) is not None for library in LIBRARIES):
        return _("PDF, DOCX, tables, slides, ODT, HTML and text files"), ""
    return _("slides, ODT, HTML and text files; no PDF, DOCX or tables"), INSTALL


async def _account(settings: Settings) -> list[Finding]:
    """The login, and the chats that it can see: of both nothing more is known without it."""
    name, chats = _("login"), _("chats")
    selected = Finding(chats, True, *_counted(settings, {}))
    try:
        async with online(settings.telegram) as client:
            directory = NameResolver(client)
            owner = await directory.owner()
            clock = client.gate.time
            login = [
                Finding(name, True, _("logged in as {name}", name=owner.name)),
                *_by_telegram(settings.voice, premium=directory.has_premium),
                Finding(
                    _("clock"), True, clock.off or _("as Telegram's"), HINT if clock.off else ""
                ),
            ]
            try:
                now = clock.now()
                _policy, found = await directory.policy(
                    settings.trigger, settings.voice, settings.chats, now
                )
                await directory.people(settings.limits.people)
                titles = {one.id: one.title for one in await dialogs(client, owner.id)}
            except ConfigError as error:
                return [
                    *login,
                    *(
                        Finding(chats, False, fault.message, fault.hint, where=fault.where)
                        for fault in error.faults
                    ),
                ]
            told = _counted(settings, {one: titles.get(one, "") for one in found})
            left_out = (
                Finding(chats, False, fault.message, fault.hint, where=fault.where)
                for fault in directory.left_out
            )
            return [
                *login,
                Finding(chats, True, *told),
                *left_out,
                *_commanded(settings, found, titles),
            ]
    except SessionInUseError:
        running = _("logged in: a running userbot is using the session")
        return [Finding(name, True, running), selected]
    except Exception as error:
        wrong = explained(error)
        return [Finding(name, False, str(wrong), wrong.hint), selected]


def _by_telegram(voice: VoiceConfig, *, premium: bool) -> Iterator[Finding]:
    """Whether Telegram transcribes, where it is to."""
    if not voice.enabled or voice.engine == "endpoint":
        return
    if premium:
        yield Finding(_("voice"), True, _("transcribed by Telegram: the account has Premium"))
        return
    told = _("Telegram transcribes only in boosted groups: the account has no Premium")
    hint: str = _('Set engine = "endpoint" under [voice], or telegram_trial = true.')
    if voice.telegram_trial:
        told = _("Telegram transcribes in boosted groups and by the weekly trial: no Premium")
        hint = ""
    yield Finding(_("voice"), True, told, hint)


def _commanded(
    settings: Settings, listed: dict[int, ChatConfig], titles: dict[int, str]
) -> Iterator[Finding]:
    """What commands have set, over what the config says."""
    try:
        _effective, commanded = overridden(settings, listed)
    except StorageError:
        return  # what is wrong with the history is a finding of its own
    for chat, keys in commanded.items():
        title = titled(titles.get(chat, ""), chat) or str(chat)
        told = ", ".join(
            key if key == "system" else f"{key} {value}" for key, value in keys.items()
        )
        yield Finding(
            _("commands"), True, _("{title}: {keys}, set by command", title=title, keys=told)
        )


def _counted(settings: Settings, titles: dict[int, str]) -> tuple[str, str]:
    """How many chats are selected, by their titles as far as those are known; and what to do."""
    if not settings.chats:
        return (
            _("none selected: only you can ask, with {prefix}", prefix=settings.trigger.prefix),
            _("`userbot chats WORD` prints the block that selects one."),
        )
    count = len(settings.chats)
    told = n_("{count} selected", "{count} selected", count)
    unseen = [str(one) for one, title in titles.items() if not title]
    if unseen:
        some = ", ".join(unseen)
        return (
            joined(told, _("not among your chats: {some}", some=some), by="; "),
            _("Join them with an official app, or remove their blocks."),
        )
    if titles:
        return joined(told, ", ".join(titled(t, i) for i, t in titles.items()), by=": "), ""
    return told, ""


async def tools(loaded: Loaded) -> list[Finding]:
    """Each server of tools: what it offers with which right, and what it can reach."""
    found = []
    changed = _changed_tools(loaded.settings.history.database) if loaded.settings.tools else []
    for server in await asked(loaded.settings.tools):
        name = _("tools")
        if server.trouble is not None:
            found.append(Finding(name, False, str(server.trouble), server.trouble.hint))
            continue
        config, has = server.config, {one.name for one in server.definitions}
        rights = {"read": config.read, "ask": config.ask, "allow": config.allow}
        told = [
            f"{right} {', '.join(one for one in names if one in has)}"
            for right, names in rights.items()
            if has.intersection(names)
        ]
        offered = joined(*told, by="; ") if told else _("no tool is offered")
        what, hint = joined(config.name, offered, by=": "), ""
        if server.missing:
            hint = _("It has no such tools: {names}", names=", ".join(server.missing))
        elif new := [one for one in changed if one.startswith(f"{config.name}__")]:
            hint = joined(*tool_words.changes(new))
        elif not told:
            hint = _("`userbot tools` prints the rights to paste.")
        found.append(Finding(name, True, what, hint))
        if files := reached(config, loaded.settings, loaded.path):
            paths = ", ".join(map(str, files))
            told_of = _("{name} can reach {files}", name=config.name, files=paths)
            hint = _("Give its command a folder that does not hold them.")
            found.append(Finding(name, True, told_of, hint))
    return list(dict.fromkeys(found))  # the same may be missing for several


def _changed_tools(database: Path) -> list[str]:
    # What is wrong with the history is told there.
    with suppress(StorageError), Archive.reading(database) as archive:
        return [] if archive is None else archive.changed_tools()
    return []


async def _history(loaded: Loaded) -> tuple[str, str]:
    path = loaded.settings.history.database
    if not path.exists():
        return _("{path} will be created at the first start", path=path), ""
    Store.open(path).close()
    return _("{path} is fine", path=path), ""


def _row(finding: Finding) -> dict[str, Any]:
    what = f"{finding.where}: {finding.what}" if finding.where else finding.what
    row: dict[str, Any] = {"check": finding.name, "ok": finding.fine, "what": what}
    row |= {"warning": True} if finding.matters else {}
    return row | ({"hint": finding.hint} if finding.hint else {})


def _print(found: list[Finding], *, lively: bool) -> None:
    table = Table.grid("", "", Column(overflow="fold"), padding=(0, 2))
    before = ""
    for finding in found:
        mark, style = ("✓", GREEN) if finding.fine else ("✗", f"bold {RED}")
        if finding.matters:
            mark, style = "!", f"bold {YELLOW}"
        name, hint = said(finding.name), f"→ {printable(said(finding.hint))}"
        if not lively:
            print(mark, name, "·", finding.told)
            if finding.hint:
                print(f"  {hint}")
            continue
        told = Text(finding.told)
        if finding.hint:
            told.append(f"\n{hint}", f"italic {YELLOW}")
        repeated = finding.name == before
        before = finding.name
        lit = Text("" if repeated and mark == "✓" else mark, style)
        table.add_row(lit, "" if repeated else name, told)
    if lively:
        Console(highlight=False).print(table)
