"""telegram.proxy: from its address to what Telethon takes."""

from __future__ import annotations

from typing import Any

from telethon.network import ConnectionTcpMTProxyRandomizedIntermediate

from userbot.proxy import MTProxy, Socks, parse


def route(address: str) -> dict[str, Any]:
    """What a TelegramClient needs to go through the proxy. Raises ConfigError."""
    match parse(address):
        case Socks() as proxy:
            # Telethon 1.45: a tuple for python_socks, (kind, host, port, rdns, user, password).
            way = (proxy.kind, proxy.host, proxy.port, True, proxy.user, proxy.password)
            return {"proxy": way}
        case MTProxy() as proxy:
            return {
                "connection": ConnectionTcpMTProxyRandomizedIntermediate,
                "proxy": (proxy.host, proxy.port, proxy.secret),
            }
