"""telegram.proxy: what its address says. Pure.

    socks5://user:password@host:1080   socks4://host:1080   http://host:3128
    tg://proxy?server=host&port=443&secret=…   https://t.me/proxy?server=…

Of MTProxy secrets (core.telegram.org/mtproto/mtproto-transports#transport-obfuscation) the plain
ones and those that begin with ``dd`` are understood; ``ee``, which imitates TLS, is not.
No error holds the address: it may carry a password.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import parse_qs, unquote, urlsplit

from userbot.errors import ConfigError, Fault
from userbot.texts import _

_PORTS = {"socks5": 1080, "socks4": 1080, "http": 3128}
"""The kinds of proxies, and the usual port of each."""
_SECRET_BYTES = 16
_FORMS = _("Write socks5://user:password@host:1080, http://host:3128, or paste an MTProxy link.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Socks:
    """A SOCKS or HTTP proxy; `kind` is a key of `_PORTS`. Names are looked up at its side."""

    kind: str
    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class MTProxy:
    """A proxy of Telegram's own kind; `secret` is 16 bytes as hex."""

    host: str
    port: int
    secret: str = field(repr=False)


def parse(address: str) -> Socks | MTProxy:
    """What an address says. Raises ConfigError with what is wrong, never with the address."""
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError:
        _refuse(_("not a proxy address"), _FORMS)
    if parts.scheme == "tg" or parts.hostname in ("t.me", "telegram.me"):
        return _mtproxy(parts.query)
    kind = parts.scheme.removesuffix("h")  # socks5h: the proxy looks names up, as it always does
    if kind not in _PORTS or not parts.hostname or port == 0:
        _refuse(_("not a proxy address"), _FORMS)
    return Socks(
        kind=kind,
        host=parts.hostname,
        port=port or _PORTS[kind],
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def _mtproxy(query: str) -> MTProxy:
    # A "+" of base64 is no blank here.
    said = {name: values[0].strip() for name, values in parse_qs(query.replace("+", "%2B")).items()}
    host, port, secret = (said.get(name, "") for name in ("server", "port", "secret"))
    if not host or not re.fullmatch(r"\d{1,5}", port, re.ASCII) or not 0 < int(port) < 65536:
        _refuse(
            _("server or port missing"),
            _("Copy the whole MTProxy link: server, port and secret."),
        )
    return MTProxy(host=host, port=int(port), secret=_secret(secret).hex())


def _secret(text: str) -> bytes:
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        try:
            secret = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        except (ValueError, binascii.Error):
            secret = b""
    if len(secret) > _SECRET_BYTES and secret[0] == 0xEE:
        _refuse(
            _("an MTProxy with fake TLS (its secret begins with ee) is not supported"),
            _("Use one whose secret begins with dd, or a SOCKS5 proxy."),
        )
    if len(secret) == _SECRET_BYTES + 1 and secret[0] == 0xDD:
        secret = secret[1:]
    if len(secret) != _SECRET_BYTES:
        _refuse(
            _("invalid secret"),
            _("Copy the whole MTProxy link: server, port and secret."),
        )
    return secret


def _refuse(what: str, hint: str) -> NoReturn:
    raise ConfigError((Fault("telegram.proxy", what, hint),)) from None
