"""HTTP/1.1 at the sandbox's endpoint: its connections and the forms that come over them.

h11 decides, asyncio streams carry.

A response is a `Plan`: what to write, where to pause, where to break off. A plan without a
pause leaves in one write, which is what makes the endpoint fast; one with pauses is played
while the connection is watched, so a client that leaves is noticed at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Coroutine
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from typing import Any, Final, TypeVar

import h11

_READ_BYTES: Final = 65536
_LARGEST_BODY: Final = 64 << 20
_MOST_PARTS: Final = 100

T = TypeVar("T")


class ClientLeftError(Exception):
    """The client closed the connection while its answer was being made."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request read to its end; header names are lower case, `path` has no query."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    size: int
    """Bytes of the body as it came; one over 64 MiB is not kept."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing is written for `seconds`; ``math.inf`` is silence until the client leaves."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection is closed here, in the middle of the answer."""


Step = bytes | Silence | Cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A response: status, headers, and what is written when.

    `length` is the announced Content-Length; None means chunked.
    """

    status: int
    content_type: str
    steps: tuple[Step, ...]
    length: int | None = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def instant(self) -> bool:
        """Whether the whole response can be written at once."""
        return not any(isinstance(step, Silence) for step in self.steps)


class HttpConnection:
    """A client's connection: requests in, plans out, one after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._h11 = h11.Connection(h11.SERVER)
        self.kept = False
        """Whether the request at hand is not the first one on this connection."""

    async def next_request(self) -> HttpRequest | None:
        """The next request, or None when the connection has come to its end.

        Raises h11.RemoteProtocolError for what is not HTTP, ConnectionError for a reset.
        """
        if self._h11.our_state is h11.DONE and self._h11.their_state is h11.DONE:
            self._h11.start_next_cycle()
            self.kept = True
        if self._h11.our_state is not h11.IDLE:
            return None
        head: h11.Request | None = None
        body: list[bytes] = []
        size = 0
        while True:
            event = self._h11.next_event()
            if event is h11.NEED_DATA:
                if self._h11.they_are_waiting_for_100_continue:
                    go_on = h11.InformationalResponse(status_code=100, headers=[])
                    await self._flush([self._send(go_on)])
                self._h11.receive_data(await self._reader.read(_READ_BYTES))
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                size += len(event.data)
                if size > _LARGEST_BODY:
                    body.clear()
                else:
                    body.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                return HttpRequest(
                    head.method.decode("ascii"),
                    head.target.decode("ascii").partition("?")[0],
                    {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers},
                    b"".join(body),
                    size,
                )
            else:
                return None

    async def play(self, plan: Plan) -> None:
        """Write a response as its plan says. Raises ClientLeftError, ConnectionError."""
        if plan.instant:
            await self._write(plan)
        else:
            await self.unless_left(self._write(plan))

    async def unless_left(self, work: Coroutine[Any, Any, T]) -> T:
        """Await `work`, but cancel it and raise ClientLeftError when the client leaves first."""
        working = asyncio.create_task(work)
        listening = asyncio.create_task(self._reader.read(_READ_BYTES))
        try:
            while True:
                await asyncio.wait({working, listening}, return_when=asyncio.FIRST_COMPLETED)
                if working.done():
                    return working.result()
                early = listening.result()
                if not early:
                    raise ClientLeftError
                # A pipelined request: kept for later, and the watch goes on.
                self._h11.receive_data(early)
                listening = asyncio.create_task(self._reader.read(_READ_BYTES))
        except ConnectionError as error:
            raise ClientLeftError from error
        finally:
            working.cancel()
            listening.cancel()
            _, heard = await asyncio.gather(working, listening, return_exceptions=True)
            if isinstance(heard, bytes) and heard:
                self._h11.receive_data(heard)

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()

    async def _write(self, plan: Plan) -> None:
        headers = [("content-type", plan.content_type), *plan.headers]
        if plan.length is not None:
            headers.append(("content-length", str(plan.length)))
        pending = [self._send(h11.Response(status_code=plan.status, headers=headers))]
        for step in plan.steps:
            if isinstance(step, bytes):
                pending.append(self._send(h11.Data(data=step)))
                continue
            await self._flush(pending)
            if isinstance(step, Cut):
                self._h11.send_failed()
                return
            await asyncio.sleep(step.seconds)
        pending.append(self._send(h11.EndOfMessage()))
        await self._flush(pending)

    def _send(self, event: h11.Event) -> bytes:
        return self._h11.send(event) or b""

    async def _flush(self, pending: list[bytes]) -> None:
        self._writer.write(b"".join(pending))
        pending.clear()
        await self._writer.drain()


class FormError(ValueError):
    """This is no form, or its end is missing."""


@dataclass(frozen=True, slots=True)
class FormPart:
    """One field of a form; `file_name` is None for a plain one."""

    name: str
    file_name: str | None
    content_type: str
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode("utf-8", "replace")


def parts_of(body: bytes, content_type: str) -> list[FormPart]:
    """The fields of a multipart/form-data (RFC 7578), in order. Raises FormError."""
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_boundary()
    if header.get_content_type() != "multipart/form-data" or not boundary:
        raise FormError("the content type is not multipart/form-data with a boundary")
    delimiter = rb"\r\n--%b(?=--|[ \t]*\r\n)" % re.escape(boundary.encode("latin-1"))
    _, *fields = re.split(delimiter, b"\r\n" + body, maxsplit=_MOST_PARTS + 1)
    if not fields or not fields[-1].startswith(b"--"):
        raise FormError("the form has no end, or too many fields")
    return [_part(field) for field in fields[:-1]]


def _part(field: bytes) -> FormPart:
    head, blank, data = field.partition(b"\r\n\r\n")
    headers = HeaderParser().parsestr(head.decode("utf-8", "replace").lstrip())
    name = headers.get_param("name", header="content-disposition")
    if not blank or not isinstance(name, str):
        raise FormError("a field without headers or a name")
    return FormPart(name, headers.get_filename(), headers.get_content_type(), data)
