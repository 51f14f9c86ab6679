"""Telethon's sender, but for what it does about a lost connection.

A message leaves once, and is never repeated in silence.

Telethon 1.45 sends everything that was not answered anew after a lost connection, and tries six
times over twelve seconds what Telegram calls its own trouble, a used random_id among it. Whether
a message stands is for the one who recorded it to find out. What is overridden here is private, so
tests hold it.

A message that has no line to leave on does not wait for one: who knows what became of its question
by then. And there is one attempt at a new line at a time.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from telethon.errors import RandomIdDuplicateError, RPCError
from telethon.extensions.messagepacker import MessagePacker
from telethon.network import MTProtoSender
from telethon.tl import functions
from telethon.tl.functions import PingRequest

from userbot.telegram.gate import Gate
from userbot.telegram.newer_layer import State, TolerantRequest
from userbot.telegram.refusals import TROUBLE
from userbot.telegram.requests import ONCE
from userbot.telegram.waits import Tries

_GIVEN_BACK = (*ONCE, functions.messages.EditMessageRequest)
"""What is not sent anew in silence; an edit, since Telegram may carry the lost one out last."""


class UnansweredError(ConnectionError):
    """The connection was lost after the message had left, and before Telegram's answer."""


class TroubleError(Exception):
    """Telegram's own trouble; `taken`: it has carried this very message out before."""

    def __init__(self, error: RPCError) -> None:
        super().__init__(str(error))
        self.taken = isinstance(error, RandomIdDuplicateError)


class MTProtoTransport(MTProtoSender):  # type: ignore[misc]
    """Gives back what writes a message when the connection is lost, instead of sending it anew.

    `account`: the account's own connection, not a file's. The gate is told of each loss before
    anything else is sent, and lets the first request through, which Telethon sends past the client.
    """

    def __init__(self, auth_key: Any, gate: Gate, *, account: bool, **settings: Any) -> None:
        super().__init__(auth_key, **settings)
        self._gate = gate
        self._account = account
        self._state = State(self.auth_key, self._loggers, gate.tell_unread)
        self._send_queue = MessagePacker(self._state, loggers=self._loggers)

    def stands(self) -> bool:
        """Whether there is a connection, dead or alive; Telethon's own word means that it tries."""
        return bool(self._transport_connected())

    def renew(self) -> None:
        """Give the connection up and make another."""
        self._start_reconnect(ConnectionError("given up"))

    def _start_reconnect(self, error: Exception | None) -> None:
        # Telethon 1.45 takes itself for connected again before it has begun to try: asked once
        # more, it tries twice at a time, and each new line ends the other.
        if self._reconnect_task is None or self._reconnect_task.done():
            super()._start_reconnect(error)
            if self._reconnecting and self._account:
                self._gate.waits.line.clear()

    def send(self, request: Any, ordered: bool = False) -> Any:
        """As MTProtoSender's."""
        if isinstance(request, ONCE):
            return self._send_once(request, ordered)  # awaited at once, in Telethon's `_call`
        if isinstance(request, functions.InvokeWithLayerRequest):
            return asyncio.ensure_future(self._begin(partial(super().send, request, ordered)))
        return super().send(request, ordered=ordered)

    async def _begin(self, send: partial[Any]) -> Any:
        """For the first request on a connection: a start outlasts Telegram's own trouble."""
        tries = Tries(self._gate.waits)
        while True:
            try:
                return await self._gate.let_through(send.args[0], send, account=self._account)
            except TROUBLE as error:
                if not self._account:
                    raise  # the download tries again
                await tries.wait(error)

    async def _send_once(self, request: Any, ordered: bool) -> Any:
        """For a message: Telegram's own trouble comes out at once."""
        if self.is_connected() and not self.stands():
            raise UnansweredError("no line for a message")
        try:
            return await super().send(request, ordered=ordered)
        except TROUBLE as error:
            raise TroubleError(error) from error

    async def _handle_rpc_result(self, message: Any) -> None:
        result = message.obj
        state = self._pending_state.get(result.req_msg_id)
        if state is not None and not result.error:
            number, body = result.req_msg_id, result.body
            state.request = TolerantRequest(state.request, number, body, self._state)
        await super()._handle_rpc_result(message)

    async def _handle_gzip_packed(self, message: Any) -> None:
        message.obj = self._state.unpacked(message.obj.data)
        await self._process_message(message)

    async def _reconnect(self, last_error: Exception | None) -> None:
        for number, state in list(self._pending_state.items()):
            if isinstance(state.request, _GIVEN_BACK):
                del self._pending_state[number]
                if not state.future.done():
                    state.future.set_exception(UnansweredError("no answer to a message"))
            elif isinstance(state.request, PingRequest):
                # It asked about that line; in an hour there would be a hundred of them.
                del self._pending_state[number]
                state.future.cancel()
        self._ping = None
        await super()._reconnect(last_error)

    async def _try_connect(self, attempt: int) -> bool:
        line = self._connection
        # A packet that did not leave on the old line, and its end, are no business of the new one:
        # it belongs to another session of MTProto, and what it asks is asked anew (Telethon 1.45).
        for queue in (line._send_queue, line._recv_queue):  # noqa: SLF001
            while not queue.empty():
                queue.get_nowait()
        return bool(await super()._try_connect(attempt))
