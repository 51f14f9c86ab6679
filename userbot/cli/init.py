"""`userbot init`: from nothing to a working config.toml, by answering a few questions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from userbot.cli.common import Common, common_flags

if TYPE_CHECKING:
    from userbot.settings import Server
    from userbot.telegram.client import Client
    from userbot.telegram.dialogs import Dialog

_SHOWN_CHATS = 40


@common_flags
def init(
    common: Common,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing config.")] = False,
    phone: Annotated[
        str | None, typer.Option(metavar="+…", help="Log in by a code instead of a QR code.")
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Another Telegram, such as `userbot sandbox`."),
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --server: its PKCS#1 RSA key.")
    ] = None,
    dc: Annotated[int, typer.Option(min=1, max=5, help="With --server: its data centre.")] = 2,
) -> None:
    """Write config.toml: asks for what is needed, logs in, lets you pick chats."""
    import asyncio
    import sys

    from userbot.cli.login import log_in, with_client
    from userbot.errors import UserbotError
    from userbot.private_files import write_private
    from userbot.settings import Telegram

    path = common.config or Path(os.environ.get("USERBOT_CONFIG") or "config.toml")
    if path.exists() and not force:
        raise UserbotError(
            f"{path} exists already and stays as it is.",
            "Edit it, or replace it with `userbot init --force`.",
            reason="config_exists",
        )
    os.umask(0o077)
    other = _other_server(server, public_key, dc)
    api_id, api_hash = _ask_application()
    written = [_telegram_part(api_id, api_hash, other), _openai_part()]
    # Written before the login, so that nothing has to be typed twice if that fails.
    write_private(path, "\n".join(written))
    print(f"{path} is written. Now the login.", file=sys.stderr)
    session = path.absolute().parent / "sessions" / "me"
    telegram = Telegram(api_id=api_id, api_hash=api_hash, session=session, server=other)
    name = asyncio.run(log_in(telegram, phone))
    print(f"Logged in as {name}.", file=sys.stderr)
    chosen = _pick(asyncio.run(with_client(telegram, _dialogs)))
    write_private(path, "\n".join(written + chosen))
    print(f"{path} is ready. Start with `userbot run`, then write `/gpt hello` in Saved Messages.")


async def _dialogs(client: Client) -> list[Dialog]:
    from userbot.telegram.dialogs import dialogs
    from userbot.telegram.directory import Directory

    owner = await Directory(client).owner()
    return await dialogs(client, owner.id)


def _other_server(server: str | None, public_key: Path | None, dc: int) -> Server | None:
    from userbot.errors import UsageError
    from userbot.settings import Server

    if server is None:
        return None
    host, _, port = server.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536 or public_key is None:
        raise UsageError(
            "Another server needs --server HOST:PORT and --public-key FILE.",
            "As in: --server 127.0.0.1:10443 --public-key server.pem",
        )
    return Server(dc=dc, host=host, port=int(port), public_key=public_key.absolute())


def _ask_application() -> tuple[int, str]:
    import sys

    from userbot.cli.asking import ask_until

    print(
        "Telegram gives every program an api_id and an api_hash of its own: get yours at\n"
        "https://my.telegram.org under “API development tools”.",
        file=sys.stderr,
    )
    api_id = os.environ.get("TELEGRAM_API_ID") or ""
    if not api_id.isdigit():
        api_id = ask_until(
            "api_id", lambda text: text.isdigit() and int(text) > 0, "It is a number."
        )
    api_hash = os.environ.get("TELEGRAM_API_HASH") or ask_until(
        "api_hash", lambda text: text.isalnum(), "It is 32 letters and digits.", hidden=True
    )
    return int(api_id), api_hash


def _telegram_part(api_id: int, api_hash: str, other: Server | None) -> str:
    lines = ["[telegram]", f"api_id = {api_id}", f"api_hash = {_quoted(api_hash)}", ""]
    if other is not None:
        lines += [
            "[telegram.server]",
            f"dc = {other.dc}",
            f"host = {_quoted(other.host)}",
            f"port = {other.port}",
            f"public_key = {_quoted(str(other.public_key))}",
            "",
        ]
    return "\n".join(lines)


def _openai_part() -> str:
    import sys

    from userbot.cli.asking import ask

    lines = ["[openai]"]
    if os.environ.get("OPENAI_API_KEY") or os.environ.get("OPENAI_BASE_URL"):
        print("The model's key or server comes from the environment.", file=sys.stderr)
    else:
        key = ask("OpenAI API key (empty: a local server)", hidden=True)
        if key:
            lines.append(f"api_key = {_quoted(key)}")
        else:
            url = ask("Address of the server [http://localhost:11434/v1]")
            lines.append(f"base_url = {_quoted(url or 'http://localhost:11434/v1')}")
    model = ask("Model [gpt-5.4-mini]")
    if model:
        lines.append(f"model = {_quoted(model)}")
    return "\n".join([*lines, ""])


def _pick(found: list[Dialog]) -> list[str]:
    """The [[chats]] blocks of the chats that the person chooses."""
    import sys

    from userbot.cli.asking import ask, ask_until
    from userbot.cli.chats import block
    from userbot.console.safe import printable

    shown = found[:_SHOWN_CHATS]
    for number, dialog in enumerate(shown, 1):
        print(f"{number:3}  {dialog.kind:10}  {printable(dialog.title)}", file=sys.stderr)
    if len(found) > len(shown):
        print(f"     … and {len(found) - len(shown)} more: `userbot chats WORD`", file=sys.stderr)

    def right(text: str) -> bool:
        return all(part.isdigit() and 1 <= int(part) <= len(shown) for part in text.split())

    numbers = ask_until(
        "Where may others ask? Numbers with blanks between (empty: nowhere, only you)",
        right,
        f"Give numbers from 1 to {len(shown)}, or nothing.",
    )
    if not numbers:
        return []
    whom = ask("Who may ask there: me, contacts, anyone [contacts]") or "contacts"
    whom = whom if whom in ("me", "contacts", "anyone") else "me"
    respond = ask("What is answered: all, mention, prefix [mention]") or "mention"
    respond = respond if respond in ("all", "mention", "prefix") else "mention"
    print(f"Chosen: {respond}, from {whom}. Change it in the file at any time.", file=sys.stderr)
    return [
        block(shown[int(number) - 1], respond, whom) for number in dict.fromkeys(numbers.split())
    ]


def _quoted(text: str) -> Any:
    import json

    # A JSON string without its \\u escapes for other scripts is a TOML basic string.
    return json.dumps(text, ensure_ascii=False)
