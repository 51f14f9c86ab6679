"""openai's client for one endpoint: made once, in a thread, when it is first needed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from userbot.errors import ModelError
from userbot.openai_api import sentences
from userbot.openai_api.failures import failure
from userbot.openai_api.where import Where
from userbot.texts import _

if TYPE_CHECKING:
    import openai

DEFAULT_BASE_URL: Final = "https://api.openai.com/v1"
_NO_KEY: Final = "none"
"""Sent to servers that want no key; openai's client cannot do without one."""
_CONNECT_SECONDS: Final = 10.0
_KEEPALIVE_SECONDS: Final = 60.0
"""How long an idle connection is kept: a conversation's next question spares the handshake."""
_KEPT: Final = 8
"""Idle connections. Each request looks at every one of them twice (httpcore2 2.16)."""


class Connection:
    """An endpoint by its address; `timeout` in seconds of silence, `section` of the config."""

    def __init__(
        self,
        base_url: str | None,
        api_key: str | None,
        proxy: str | None,
        timeout: float,
        section: str = "openai",
    ) -> None:
        self._base_url = base_url or DEFAULT_BASE_URL
        self._key = (api_key or "").strip() or None
        self._proxy = proxy
        self._timeout = timeout
        self.where = Where.of(self._base_url, timeout, self._key, section)
        self._building = asyncio.Lock()
        self._client: openai.AsyncOpenAI | None = None

    async def ready(self) -> openai.AsyncOpenAI:
        """The client. Raises ModelError when the key or the proxy cannot be used at all."""
        if self._client is None:
            async with self._building:
                if self._client is None:
                    self._client = await asyncio.to_thread(self._build)
        return self._client

    async def aclose(self) -> None:
        """Close the connections."""
        async with self._building:
            client, self._client = self._client, None
        if client is not None:
            await client.close()

    @contextmanager
    def explained(self, model: str) -> Iterator[None]:
        """Turn what openai and its transport raise into a ModelError."""
        try:
            yield
        except ModelError:
            raise
        except Exception as error:
            explained = failure(error, self.where, model, begun=False)
            if explained is None:
                raise
            raise explained from None

    def _build(self) -> openai.AsyncOpenAI:
        if self._key is not None and not (self._key.isascii() and self._key.isprintable()):
            raise sentences.bad_key(self.where)
        import httpx2
        import openai

        from userbot.openai_api.transport import Transport

        timeout = openai.Timeout(self._timeout, connect=min(self._timeout, _CONNECT_SECONDS))
        try:
            transport = Transport(
                timeout=timeout,
                limits=httpx2.Limits(
                    max_keepalive_connections=_KEPT, keepalive_expiry=_KEEPALIVE_SECONDS
                ),
                proxy=self._proxy,
                # A system-wide proxy knows nothing of a server on this machine.
                trust_env=not self.where.loopback,
            )
        except ImportError:
            raise sentences.bad_proxy(_("For a SOCKS proxy, also install socksio.")) from None
        except ValueError:
            raise sentences.bad_proxy(_("Use http://, https:// or socks5://host:port.")) from None
        return openai.AsyncOpenAI(
            api_key=self._key or _NO_KEY,
            base_url=self._base_url,
            timeout=timeout,
            max_retries=0,
            http_client=transport,
        )
