"""`userbot doctor`: is everything ready, and if not, what to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from userbot.cli.common import Common, common_flags
from userbot.errors import ConfigError, UserbotError

if TYPE_CHECKING:
    from userbot.config import Loaded
    from userbot.settings import OpenAI, Telegram


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `fine` False makes the command end with 1."""

    name: str
    fine: bool
    what: str
    hint: str = ""


@common_flags
def doctor(common: Common) -> None:
    """Look whether everything is ready; exit 1 if not."""
    import asyncio

    found = asyncio.run(_examine(common))
    if common.json:
        _print_json(found)
    else:
        _print(found)
    if not all(finding.fine for finding in found):
        raise SystemExit(1)


async def _examine(common: Common) -> list[Finding]:
    from userbot.cli.load import load_config
    from userbot.config import check_modes

    try:
        loaded = load_config(common, need_key=False)
    except ConfigError as error:
        return [
            Finding("config", False, f"{fault.where}: {fault.message}", fault.hint)
            for fault in error.faults
        ]
    settings = loaded.settings
    return [
        Finding("config", True, str(loaded.path)),
        *_origins(loaded),
        *(Finding("config", True, notice) for notice in loaded.notices),
        *[Finding("files", True, told) for told in check_modes(loaded)],
        Finding("files", True, "readable by you alone"),
        await _looked("login", lambda: _login(settings.telegram)),
        await _looked("model", lambda: _model(settings.openai)),
        await _looked("history", lambda: _history(loaded)),
    ]


def _origins(loaded: Loaded) -> list[Finding]:
    set_keys = {key: where for key, where in loaded.origins.items() if where != "default"}
    return [
        Finding("value", True, f"{key} from {where}") for key, where in sorted(set_keys.items())
    ]


async def _looked(name: str, look: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return Finding(name, True, await look())
    except UserbotError as error:
        return Finding(name, False, str(error), error.hint)


async def _login(settings: Telegram) -> str:
    from userbot.cli.login import with_client
    from userbot.telegram.client import Client, session_file
    from userbot.telegram.directory import Directory
    from userbot.telegram.refusals import login_ended

    if not session_file(settings.session).exists():
        raise login_ended("AUTH_KEY_UNREGISTERED")

    async def name(client: Client) -> str:
        return (await Directory(client).owner()).name

    return f"logged in as {await with_client(settings, name)}"


async def _model(settings: OpenAI) -> str:
    from userbot.openai_api.chat import Chat

    if settings.api_key is None and settings.base_url is None:
        raise UserbotError(
            "There is no key for the model.",
            "Set OPENAI_API_KEY, or openai.base_url for a local server.",
        )
    model = Chat(settings)
    try:
        offered = await model.check()
    finally:
        await model.aclose()
    if offered and settings.model not in offered:
        known = ", ".join(sorted(offered)[:8])
        raise UserbotError(
            f"The endpoint does not offer the model {settings.model}.",
            f"It offers {known}{' …' if len(offered) > 8 else ''}; set openai.model.",
        )
    return f"{settings.model} answers at {settings.base_url or 'api.openai.com'}"


async def _history(loaded: Loaded) -> str:
    from userbot.storage.store import Store

    path = loaded.settings.history.database
    Store.open(path).close()
    return f"{path} is in order"


def _print_json(found: list[Finding]) -> None:
    import json

    for finding in found:
        row = {"check": finding.name, "ok": finding.fine, "what": finding.what}
        print(
            json.dumps(row | ({"hint": finding.hint} if finding.hint else {}), ensure_ascii=False)
        )


def _print(found: list[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from userbot.console.safe import printable

    table = Table.grid(padding=(0, 2))
    for finding in found:
        told = Text(printable(finding.what))
        if finding.hint:
            told.append(f"\n→ {printable(finding.hint)}", "italic yellow")
        mark = Text("✓", "green") if finding.fine else Text("✗", "bold red")
        table.add_row(mark, finding.name, told)
    Console(highlight=False, soft_wrap=False).print(table)
