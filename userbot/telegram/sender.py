"""Telethon's sender, but for one thing: a message leaves once, and is never repeated in silence.

Telethon 1.45 sends everything that was not answered anew after a lost connection, and tries six
times over twelve seconds what Telegram calls its own trouble, a used random_id among it. Whether
a message stands is for the one who recorded it to find out. What is overridden here is private, so
tests hold it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from telethon.errors import (
    InterdcCallErrorError,
    InterdcCallRichErrorError,
    RandomIdDuplicateError,
    RpcCallFailError,
    RPCError,
    RpcMcgetFailError,
    ServerError,
    TimedOutError,
)
from telethon.network import MTProtoSender
from telethon.tl import functions

ONCE = (functions.messages.SendMessageRequest, functions.messages.SendMediaRequest)
"""What makes a message: carried out twice, it would stand twice."""
_GIVEN_BACK = (*ONCE, functions.messages.EditMessageRequest)
"""What is not sent anew in silence; an edit, since Telegram may carry the lost one out last."""

_TROUBLE = (
    ServerError,
    RpcCallFailError,
    RpcMcgetFailError,
    InterdcCallErrorError,
    InterdcCallRichErrorError,
    TimedOutError,
)


class UnansweredError(ConnectionError):
    """The connection was lost after the message had left, and before Telegram's answer."""


class TroubleError(Exception):
    """Telegram's own trouble; `taken`: it has carried this very message out before."""

    def __init__(self, error: RPCError) -> None:
        super().__init__(str(error))
        self.taken = isinstance(error, RandomIdDuplicateError)


class Sender(MTProtoSender):  # type: ignore[misc]
    """Gives back what writes a message when the connection is lost, instead of sending it anew.

    `on_lost` is told of each loss before anything else is sent.
    """

    on_lost: Callable[[], None] = staticmethod(lambda: None)

    def renew(self) -> None:
        """Give the connection up and make another."""
        self._start_reconnect(ConnectionError("given up"))

    def _start_reconnect(self, error: Exception | None) -> None:
        super()._start_reconnect(error)
        if self._reconnecting:
            self.on_lost()

    async def _reconnect(self, last_error: Exception | None) -> None:
        for number, state in list(self._pending_state.items()):
            if isinstance(state.request, _GIVEN_BACK):
                del self._pending_state[number]
                if not state.future.done():
                    state.future.set_exception(UnansweredError("no answer to a message"))
        await super()._reconnect(last_error)


class Once:
    """A sender for one message: Telegram's own trouble comes out at once."""

    def __init__(self, sender: Any) -> None:
        self._sender = sender

    def send(self, request: Any, ordered: bool = False) -> asyncio.Future[Any]:
        """As MTProtoSender's."""
        return asyncio.ensure_future(self._answer(self._sender.send(request, ordered=ordered)))

    async def _answer(self, answer: asyncio.Future[Any]) -> Any:
        try:
            return await answer
        except _TROUBLE as error:
            raise TroubleError(error) from error
