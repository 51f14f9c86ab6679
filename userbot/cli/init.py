"""`userbot init`: from nothing to a working config.toml, by answering a few questions."""

from __future__ import annotations

import asyncio
import os
import shlex
from pathlib import Path

from userbot.cli import init_questions as questions
from userbot.cli.common import Common
from userbot.cli.language import say, tell
from userbot.cli.login import log_in_first, online
from userbot.config import load
from userbot.config.environment import find_config
from userbot.errors import UsageError, UserbotError
from userbot.private_files import write_private
from userbot.settings import ServerConfig, TelegramConfig
from userbot.telegram.names import Dialog, NameResolver, dialogs
from userbot.texts import _


def init(common: Common, other: ServerConfig | None, phone: str | None, *, force: bool) -> None:
    """Write config.toml by asking for what it needs. `other`: another Telegram than the usual."""
    path = common.config or find_config(os.environ)
    _refuse_to_overwrite(path, force)
    os.umask(0o077)
    tell(_("This creates {path} in four steps. Ctrl-C quits at any time.", path=path))
    lines = [*questions.application(own_server=other is not None), *_server_lines(other)]
    lines += ["", *asyncio.run(questions.model())]

    # Written before the login, so that nothing has to be typed twice should that fail.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(path, "\n".join([*lines, ""]))
    telegram = load(path, None, os.environ, need_key=False).settings.telegram
    login = _command(common, "login")
    tell(_("{path} is saved. If login fails, continue with `{command}`.", path=path, command=login))

    log_in_first(telegram, phone, qr=questions.by_qr(phone))
    blocks = questions.chats(asyncio.run(_dialogs(telegram)))
    if blocks:
        write_private(path, "\n".join([*lines, "", *blocks]))
    start = _command(common, "run")
    say(_("{path} is ready. Start with: {command}", path=path, command=start))
    say(_("Then send “/gpt hello” to yourself, in Saved Messages."))


def _refuse_to_overwrite(path: Path, force: bool) -> None:
    if path.is_dir():
        raise UserbotError(_("{path} is a folder.", path=path), _("Name a file with --config."))
    if path.exists() and not force:
        raise UserbotError(
            _("{path} already exists and was not changed.", path=path),
            _("Edit it, or replace it with `userbot init --force`."),
            reason="config_exists",
        )


def _command(common: Common, name: str) -> str:
    """A command line of this program that works with the same config."""
    flags = ["--config", str(common.config)] if common.config else []
    return shlex.join(["userbot", name, *flags])


async def _dialogs(telegram: TelegramConfig) -> list[Dialog]:
    async with online(telegram) as client:
        return await dialogs(client, (await NameResolver(client).owner()).id)


def other_server(server: str | None, public_key: Path | None, dc: int) -> ServerConfig | None:
    if server is None and public_key is None:
        return None
    host, _colon, port = (server or "").rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536 or public_key is None:
        raise UsageError(
            _("Another server needs --server HOST:PORT and --public-key FILE."),
            _("For example: userbot init --server 127.0.0.1:10443 --public-key server.pem"),
        )
    if not public_key.is_file():
        raise UsageError(
            _("No such file: {public_key}.", public_key=public_key),
            _("--public-key is the server's PEM file."),
        )
    return ServerConfig(
        dc=dc, host=host.strip("[]"), port=int(port), public_key=public_key.absolute()
    )


def _server_lines(other: ServerConfig | None) -> list[str]:
    if other is None:
        return []
    return [
        "",
        "[telegram.server]",
        f"dc = {other.dc}",
        f"host = {questions.quoted(other.host)}",
        f"port = {other.port}",
        f"public_key = {questions.quoted(str(other.public_key))}",
    ]
