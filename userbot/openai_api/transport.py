"""The HTTP client under openai's, which forgives a kept connection that turns out closed.

A server may close an idle connection at any moment, and some do right after a stream although
they announced to keep it (llama.cpp). A request sent into that moment meets a closed door: it
was not read, and goes out once more on a new connection. RFC 9110, 9.2.2 allows that only where
the request was not handled, so it is done for a *kept* connection that ends at once and without
a byte of a response, and for nothing else: every other retry belongs to whoever asks.

It also knows when a request leaves (`ports.request_sent`), which is after its connection stands.

This module loads httpx2 and openai: import it only where they are needed.
"""

from __future__ import annotations

import time
from typing import Any, Final

import httpx2
from openai import DefaultAsyncHttpxClient

from userbot.ports import request_sent

_AT_ONCE_SECONDS: Final = 1.0
"""A closed door shows within a round trip; what ends later may have been handled."""


class ForgivingHttpClient(DefaultAsyncHttpxClient):
    """openai's usual HTTP client, with its defaults; sends again into a closed door, once."""

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """As httpx2's `send`; raises the same."""
        kept = True
        extensions = {**request.extensions}
        sent = request_sent.get()

        async def note(event: str, _: dict[str, Any]) -> None:
            # "connection.connect_tcp.started" is a new connection. What follows the headers would
            # cost a fifth of a short request's time.
            nonlocal kept
            kept = kept and ".connect_" not in event
            if ".send_request_headers." in event:
                extensions.pop("trace", None)
                if sent is not None:
                    sent.set()

        extensions["trace"] = note
        request.extensions = extensions
        began = time.monotonic()
        try:
            return await super().send(request, **options)
        except (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError):
            if not kept or time.monotonic() - began > _AT_ONCE_SECONDS:
                raise
        return await super().send(request, **options)
