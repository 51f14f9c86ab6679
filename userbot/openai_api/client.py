"""openai's client for one server: made once, in a thread, when it is first needed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import parse_qsl

from userbot.errors import ModelError
from userbot.openai_api import model_errors
from userbot.openai_api.failures import UnreadableAnswerError, failure
from userbot.openai_api.model_errors import ServerName
from userbot.openai_api.offered import OfferedModel, read_models
from userbot.openai_api.reading import AnswerReader
from userbot.settings import OpenAIConfig, SpeechConfig, VoiceConfig

if TYPE_CHECKING:
    import openai

DEFAULT_BASE_URL: Final = "https://api.openai.com/v1"
_NO_KEY: Final = "none"
"""Sent to servers that want no key; openai's client cannot do without one."""
_CONNECT_SECONDS: Final = 10.0
_CHECK_SECONDS: Final = 15.0
_KEEPALIVE_SECONDS: Final = 60.0
"""How long an idle connection is kept: a conversation's next question spares the handshake."""
_LISTS_NOTHING: Final = frozenset({"refused_request", "model_not_found"})
"""How servers without a list of models refuse to give one."""
_UNTOLD: Final = (
    "X-Stainless-Lang",
    "X-Stainless-Package-Version",
    "X-Stainless-OS",
    "X-Stainless-Arch",
    "X-Stainless-Runtime",
    "X-Stainless-Runtime-Version",
    "X-Stainless-Async",
)
"""What openai tells each server of the computer: no server needs it, and each request is shorter.
Its name and version stay (User-Agent)."""
_KEPT: Final = 4
"""Idle connections. Each request looks at every one of them twice (httpcore2 2.16), which takes
20 µs each time; more questions than that are seldom answered at the same moment."""


class ModelClient:
    """A server by its address; `timeout` in seconds of silence, `section` of the config."""

    def __init__(
        self,
        base_url: str | None,
        api_key: str | None,
        proxy: str | None,
        timeout: float,
        section: str = "openai",
    ) -> None:
        address, _mark, query = (base_url or DEFAULT_BASE_URL).partition("?")
        self._base_url = address
        self._query = dict(parse_qsl(query, keep_blank_values=True))
        """Belongs to each request, behind its path: Azure's api-version."""
        self._key = (api_key or "").strip() or None
        self._proxy = proxy
        self.server = ServerName.of(self._base_url, timeout, self._key, section)
        self._building = asyncio.Lock()
        self._client: openai.AsyncOpenAI | None = None

    @classmethod
    def of(cls, settings: OpenAIConfig) -> ModelClient:
        """The server of `[openai]`."""
        return cls(settings.base_url, settings.api_key, settings.proxy, settings.timeout)

    @classmethod
    def of_sound(cls, sound: VoiceConfig | SpeechConfig, general: OpenAIConfig) -> ModelClient:
        """The server that transcribes, or speaks.

        Key and proxy of `[openai]` serve only the address that they were written for.
        """
        base_url = sound.base_url or general.base_url
        same = base_url == general.base_url
        key = sound.api_key or (general.api_key if same else None)
        section = "voice" if isinstance(sound, VoiceConfig) else "speech"
        return cls(base_url, key, general.proxy if same else None, general.timeout, section)

    async def ready(self) -> openai.AsyncOpenAI:
        """The client. Raises ModelError when the key or the proxy cannot be used at all."""
        if self._client is None:
            async with self._building:
                if self._client is None:
                    self._client = await asyncio.to_thread(self._build)
        return self._client

    async def models(self) -> list[OfferedModel]:
        """The models that the server offers: one cheap call; none if it does not list them.

        Raises ModelError if it cannot be reached, refuses the key, or is no such server.
        """
        import httpx2

        try:
            with self.explained(""):
                client = await self.ready()
                seconds = min(self.server.timeout, _CHECK_SECONDS)
                given = await client.get(
                    "/models", cast_to=httpx2.Response, options={"timeout": seconds}
                )
                try:
                    return read_models(json.loads(given.content))
                except (ValueError, RecursionError):
                    raise UnreadableAnswerError from None
        except ModelError as error:
            if error.reason in _LISTS_NOTHING:
                return []
            raise

    async def aclose(self) -> None:
        """Close the connections."""
        async with self._building:
            client, self._client = self._client, None
        if client is not None:
            await client.close()

    @contextmanager
    def explained(self, model: str) -> Iterator[None]:
        """Turn what openai and its transport raise in the block into a ModelError."""
        try:
            yield
        except Exception as error:
            self.explain(error, model)

    def explain(self, error: Exception, model: str, answer: AnswerReader | None = None) -> None:
        """Raise as a ModelError what openai or its transport raised, or as it is what is neither.

        What fails after the declared end of `answer` took nothing from it, and is let go.
        """
        if isinstance(error, ModelError):
            raise error
        if answer is not None and answer.finish_reason is not None:
            return
        begun = answer is not None and answer.begun
        explained = failure(error, self.server, model, begun=begun)
        if explained is None:
            raise error
        explained.usage = answer.usage if answer is not None else None
        raise explained from None

    def address(self, path: str) -> str:
        """Where something is asked for; named by its path alone, openai would parse it twice."""
        return f"{self._base_url.rstrip('/')}{path}"

    def _build(self) -> openai.AsyncOpenAI:
        if self._key is not None and not (self._key.isascii() and self._key.isprintable()):
            raise self.server.error(model_errors.BAD_KEY)
        import httpx2
        import openai

        from userbot.openai_api.transport import ForgivingHttpClient

        seconds = self.server.timeout
        timeout = openai.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS))
        limits = httpx2.Limits(max_keepalive_connections=_KEPT, keepalive_expiry=_KEEPALIVE_SECONDS)
        # A system-wide proxy knows nothing of a server on this machine.
        trust_env = not self.server.loopback
        try:
            http_client = ForgivingHttpClient(
                timeout=timeout, limits=limits, proxy=self._proxy, trust_env=trust_env
            )
        except ImportError:
            raise self.server.error(model_errors.NO_SOCKS) from None
        except ValueError:
            raise self.server.error(model_errors.BAD_PROXY) from None
        return openai.AsyncOpenAI(
            api_key=self._key or _NO_KEY,
            base_url=self._base_url,
            timeout=timeout,
            max_retries=0,
            default_query=self._query,
            default_headers=cast("dict[str, str]", dict.fromkeys(_UNTOLD, openai.Omit())),
            http_client=http_client,
        )
