"""`userbot sandbox`: the sandbox alone, for any MTProto client."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from userbot.cli.common import Common, common_flags


@common_flags
def sandbox(
    common: Common,
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65534, help="Telegram's port; the endpoint takes the next. 0: free ones."
        ),
    ] = 0,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the state there. Default: in memory.")
    ] = None,
) -> None:
    """A small Telegram and an OpenAI-compatible endpoint on loopback, until Ctrl-C."""
    import asyncio
    import tempfile

    with tempfile.TemporaryDirectory(prefix="userbot-sandbox-") as scratch:
        asyncio.run(_serve(common, port, data, Path(scratch)))
    raise SystemExit(0)


async def _serve(common: Common, port: int, data: Path | None, scratch: Path) -> None:
    import asyncio
    import json

    from userbot.errors import UserbotError
    from userbot.sandbox.town import Town
    from userbot.signals import stop_on_signals

    stopped = asyncio.Event()
    town = Town(data)
    try:
        await town.start(port)
    except OSError as error:
        raise UserbotError(
            f"Port {port} or {port + 1} is taken." if port else f"No port is free ({error}).",
            "Choose another with --port, or leave it out.",
        ) from None
    try:
        key = (data or scratch) / "server.pem"
        town.telegram.write_public_key(key)
        card = town.card(key.resolve())
        if common.json:
            print(json.dumps(card, ensure_ascii=False), flush=True)
        else:
            print(_told(card), flush=True)
        with stop_on_signals(lambda _: stopped.set()):
            await stopped.wait()
    finally:
        await town.stop()


def _told(card: dict[str, Any]) -> str:
    telegram, openai = card["telegram"], card["openai"]
    lines = [
        "The sandbox listens on loopback until Ctrl-C.",
        "",
        "[telegram.server]",
        f"dc = {telegram['dc']}",
        f'host = "{telegram["host"]}"',
        f"port = {telegram['port']}",
        f'public_key = "{telegram["public_key"]}"',
        "",
        "[openai]",
        f'base_url = "{openai["base_url"]}"',
        f'api_key = "{openai["api_key"]}"',
        "",
    ]
    for account in card["accounts"]:
        password = f"  password {account['password']}" if account["password"] else ""
        lines.append(f"{account['name']:8} {account['phone']}  code {account['code']}{password}")
    lines.append("")
    lines += [f"{chat['id']:15}  {chat['kind']:10}  {chat['title']}" for chat in card["chats"]]
    return "\n".join(lines)
