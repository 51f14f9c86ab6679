"""`userbot sandbox`: the sandbox alone, for any MTProto client."""

from __future__ import annotations

import asyncio
import json
import shlex
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console

from userbot.cli.common import Common, program
from userbot.cli.language import fitted, said
from userbot.cli.line_editor import LineEditor
from userbot.cli.sandbox_card import announced
from userbot.cli.sandbox_room import SCAN, Room, can_visit
from userbot.cli.table import kind
from userbot.errors import SessionInUseError, UserbotError, system_reason
from userbot.sandbox.fixtures import Sandbox
from userbot.signals import stop_on_signals
from userbot.telegram.session import session_lock
from userbot.texts import _


def sandbox(common: Common, port: int, data: Path | None) -> None:
    """Serve a small Telegram and a model endpoint on loopback until Ctrl-C."""
    reason = asyncio.run(_until_stopped(common, port, data))
    raise SystemExit(130 if reason == "interrupted" else 0)


async def _until_stopped(common: Common, port: int, data: Path | None) -> str:
    """Serve until a signal; gives its reason."""
    stopped: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    editor = LineEditor(Console(highlight=False), SCAN)
    # Signals first: whatever comes, the scratch folder is removed.
    with (
        stop_on_signals(stopped.set_result, editor.close),
        tempfile.TemporaryDirectory(prefix="userbot-sandbox-") as scratch,
    ):
        folder = data or Path(scratch)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with session_lock(folder / "sandbox"):
                served = await _started(data, port)
                try:
                    key = folder / "server.pem"
                    served.telegram.write_public_key(key)
                    card = served.card(key.resolve())
                    visited = can_visit() and not common.json
                    told = _told(card, fixed=port > 0)
                    if common.json:
                        told = json.dumps(card, ensure_ascii=False)
                    elif visited and not common.verbose:
                        told = _invitation()
                    with announced(card):
                        print(told, flush=True)
                        if not visited:
                            return await stopped
                        return await _visited(Room(served, editor), stopped)
                finally:
                    await served.stop()
        except FileExistsError:
            raise UserbotError(
                _("{folder} is a file, not a folder.", folder=folder),
                _("Name a folder with --data."),
            ) from None
        except SessionInUseError:
            raise UserbotError(
                _("Another sandbox is using {data}.", data=data),
                _("Stop it first, or use another folder."),
            ) from None


async def _visited(room: Room, stopped: asyncio.Future[str]) -> str:
    """Let somebody write there until he leaves or a signal comes; gives the reason."""
    visit = asyncio.create_task(room.visit())
    waited: set[asyncio.Future[Any]] = {visit, stopped}
    try:
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if stopped.done():
            return stopped.result()
        visit.result()
        return "left"
    finally:
        visit.cancel()
        await asyncio.gather(visit, return_exceptions=True)


async def _started(data: Path | None, port: int) -> Sandbox:
    try:
        served = Sandbox(data)
    except (ValueError, LookupError, TypeError, AttributeError):
        raise UserbotError(
            _("{data} contains a state that this sandbox cannot read.", data=data),
            _("Name an empty folder with --data; this one was not changed."),
        ) from None
    try:
        await served.start(port)
    except OSError as error:
        why = system_reason(error)
        told = _("No port is free: {why}.", why=why)
        if port:
            told = _("Port {port} or {next} is in use: {why}.", port=port, next=port + 1, why=why)
        raise UserbotError(told, _("Choose another with --port, or leave it out.")) from None
    return served


def _invitation() -> str:
    init, run = (f"{program()} {words}" for words in ("init --sandbox", "run"))
    lines = (
        _("A small Telegram runs on this computer until Ctrl-C. In another terminal:"),
        f"  {init}",
        f"  {run}",
    )
    return fitted("\n".join(map(said, lines)), sys.stdout)


def _told(card: dict[str, Any], *, fixed: bool) -> str:
    telegram, url, secret = card["telegram"], card["openai"]["base_url"], card["openai"]["api_key"]
    key = shlex.quote(str(telegram["public_key"]))
    lines = [
        said(_("The sandbox runs on this computer until Ctrl-C. Any api_id and api_hash work.")),
        said(_("In another terminal, with a phone number and code from below:")),
        "",
        f"userbot init --server {telegram['host']}:{telegram['port']} --public-key {key}",
        "    " + said(_("(the model: 2, {address}, key {key})", address=url, key=secret)),
        "",
        said(_("or by hand in config.toml:")),
        "",
        "[telegram.server]",
        f"dc = {telegram['dc']}",
        f'host = "{telegram["host"]}"',
        f"port = {telegram['port']}",
        f'public_key = "{telegram["public_key"]}"',
        "",
        "[openai]",
        f'base_url = "{url}"',
        f'api_key = "{secret}"',
        "",
    ]
    for account in card["accounts"]:
        secrets = [said(_("code")), account["code"]]
        if account["password"]:
            secrets += ["", said(_("password")), account["password"]]
        lines.append(f"{account['name']:8} {account['phone']}  {' '.join(secrets)}")
    lines.append("")
    lines += [
        f"{chat['id']:15}  {kind(chat['kind']):11}  {chat['title']}" for chat in card["chats"]
    ]
    if not fixed:
        lines += ["", said(_("--port N keeps the same ports at every start."))]
    return "\n".join(lines)
