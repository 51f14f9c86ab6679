"""One server of tools, over the Model Context Protocol: the only place that knows its SDK.

Rule 1: nothing is imported or connected before a question wants it; then a supervisor keeps the
connection, and makes it anew, a little later each time, when it is lost.
Rule 2: a server gets as little as it needs: an empty folder to work in, the few variables that the
SDK passes, and those of its block. It may ask nothing back: neither the model (sampling), nor the
owner (elicitation), nor for folders (roots).
Rule 3: what it says is data; what it returns is text, and cut by whoever reads it.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from userbot import __version__
from userbot.errors import ToolServerError
from userbot.events import Notice, Report, Waiting
from userbot.ports import Clock, first_of
from userbot.rules.tool_words import canonical, fingerprint, one_line
from userbot.settings import ToolsConfig
from userbot.texts import _, joined
from userbot.tools import bounded
from userbot.tools.failures import failure
from userbot.types import ToolDefinition

if TYPE_CHECKING:
    from mcp import Client, Tool
    from mcp.client._transport import Transport, TransportStreams
    from mcp.types import CallToolResult

CALL_SECONDS: Final = 30.0
CONNECT_SECONDS: Final = 30.0
_LIST_SECONDS: Final = 15.0
"""A list of tools that is older is asked for again before it is used: servers change."""
_LONGEST_PAUSE: Final = 300.0
_STEADY_SECONDS: Final = 60.0
"""A connection that stood so long was a good one: the next pause is short again."""
_PAGES: Final = 10
_MOST_TOOLS: Final = 500
_ANSWER_SECONDS: Final = 30.0
"""One that was silent for too long, and does not list its tools in so many more, is begun anew."""
_WINDOW_SECONDS: Final = 10.0
_MOST_SAID: Final = 5000
"""Messages in that time; each is looked at while others wait."""
_LOG_LINES: Final = 100
"""Of a server's standard error, for each minute; …"""
_MINUTE: Final = 60.0
_LOG_CHARACTERS: Final = 500
"""… and of each of them."""
_LAST_SECONDS: Final = 0.2
_LONGEST_LINE: Final = 65_536
_CLOSING_SECONDS: Final = 8.0
"""The SDK lets a program end by itself (2 s), then asks it to (2 s), then kills it (2 s)."""


class McpServer:
    """A server, and its tools as it describes them. Use from one loop."""

    def __init__(self, config: ToolsConfig, clock: Clock, report: Report) -> None:
        self.config = config
        self.definitions: tuple[ToolDefinition, ...] = ()
        """Its tools, as it told last; none while it is not connected."""
        self.trouble: ToolServerError | None = None
        """Why it is not connected; None while it is, or nothing is known."""
        self._clock = clock
        self._report = report
        self._client: Client | None = None
        self._listed = 0.0
        self._stale = asyncio.Event()
        self._up = asyncio.Event()
        self._tried = asyncio.Event()
        self._lost = asyncio.Event()
        self._silent = asyncio.Event()
        """Something was not answered in time: whether it answers at all is looked at."""
        self._floods = False
        self._http_status = 0
        """Of the last answer over HTTP to a message."""
        self._closing = asyncio.Event()
        self._said_last = ""
        """The last line that its program wrote into the log."""
        self._served = False
        """A tool was called over the present connection."""
        self._keeping: asyncio.Task[None] | None = None

    async def ready(self, seconds: float) -> None:
        """See that it is connected, and that its definitions are not old.

        Raises ToolServerError if it is not within so many seconds, or could not be.
        """
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.create_task(self._keep(), name=f"tools {self.config.name}")
        if not self._up.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._tried.wait()
        if self._client is None:
            raise self.trouble or ToolServerError(
                _("The tool server “{name}” is not ready yet.", name=self.config.name)
            )
        if self._stale.is_set() or self._clock.monotonic() - self._listed > _LIST_SECONDS:
            with self._explained(left=False):
                await self._list(self._client)

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> tuple[str, bool]:
        """Have a tool called: what it returned as text, and whether it failed.

        Raises ToolServerError; `left` says whether it may have been carried out all the same.
        """
        from mcp.types import InputRequiredResult

        client = self._client
        if client is None:
            raise self.trouble or ToolServerError(
                _("The tool server “{name}” is not connected.", name=self.config.name)
            )
        self._served = True
        with self._explained(left=True):
            async with asyncio.timeout(CALL_SECONDS):
                result = await client.session.call_tool(
                    tool,
                    json.loads(canonical(arguments)),  # half a character would end the connection
                    CALL_SECONDS,
                    allow_input_required=True,
                )
        if isinstance(result, InputRequiredResult):
            return "It asks for something that only a person can give. It was refused.", True
        return _text_of(result), result.is_error

    async def aclose(self) -> None:
        """Disconnect; a program that was started for it ends."""
        self._closing.set()
        self._lost.set()
        if self._keeping is None:
            return
        await asyncio.wait({self._keeping}, timeout=_CLOSING_SECONDS)
        self._keeping.cancel()
        await asyncio.gather(self._keeping, return_exceptions=True)

    async def _keep(self) -> None:
        """The supervisor: connects, waits until the connection is lost, and begins again.

        At once where it was good for something, else after a pause that grows.
        """
        failed = 0
        while not self._closing.is_set():
            began = self._clock.monotonic()
            try:
                await self._connected()
                trouble = ToolServerError(
                    _("The connection to the tool server “{name}” was lost.", name=self.config.name)
                )
            except ToolServerError as error:
                trouble = error
            finally:
                served, self._served, self._client, self.definitions = self._served, False, None, ()
                self._up.clear()
            if self._closing.is_set():
                return
            if isinstance(trouble.__cause__, ModuleNotFoundError):
                # It does not come by itself; who waits tells it, and the next question looks again.
                self.trouble = trouble
                self._tried.set()
                return
            steady = served or self._clock.monotonic() - began > _STEADY_SECONDS
            failed = 0 if steady else failed + 1
            if failed:
                self._tried.set()
            else:
                self._tried.clear()
            await self._pause(trouble, _pause_after(failed))

    async def _pause(self, trouble: ToolServerError, seconds: float) -> None:
        """Tell of it, and come back after so many seconds, or when it is to be closed."""
        if self.trouble is None or str(self.trouble) != str(trouble):
            self._report(Notice(reason="tool_server", detail=str(trouble), hint=trouble.hint))
        self.trouble = trouble
        told = _("tool server “{name}”", name=self.config.name)
        self._report(Waiting(reason="tool_server_again", seconds=seconds, detail=told))
        await first_of(self._closing.wait(), self._clock.sleep(seconds))

    async def _connected(self) -> None:
        """Connect, and come back when the connection is lost. Raises ToolServerError."""
        # Its import takes seconds: nobody else waits for it.
        with self._explained(left=False):
            await asyncio.to_thread(_import)
            from mcp import Client, Implementation

            self._lost.clear()
            self._silent.clear()
            self._floods, self._http_status = False, 0
            if self._closing.is_set():
                return
            async with AsyncExitStack() as stack:
                transport = await self._transport(stack)
                client = Client(
                    transport,
                    client_info=Implementation(name="gpt-userbot", version=__version__),
                    message_handler=self._heard,
                    cache=None,
                    read_timeout_seconds=CALL_SECONDS,
                )
                async with asyncio.timeout(CONNECT_SECONDS) as limit:
                    async with client:
                        await self._list(client)
                        limit.reschedule(None)
                        self._client, self.trouble = client, None
                        self._up.set()
                        self._tried.set()
                        while not await first_of(self._lost.wait(), self._silent.wait()):
                            self._silent.clear()
                            async with asyncio.timeout(_ANSWER_SECONDS):
                                await self._list(client)
                        self._client = None
            if self._floods:
                raise EOFError  # explained as what it is

    async def _transport(self, stack: AsyncExitStack) -> Transport:
        config = self.config
        if config.url is not None:
            from mcp.client.streamable_http import streamable_http_client
            from mcp.shared._httpx_utils import create_mcp_http_client

            http = await stack.enter_async_context(create_mcp_http_client(dict(config.headers)))
            http.event_hooks = {"response": [self._answered]}
            return streamable_http_client(config.url, http_client=http)
        from mcp import StdioServerParameters, stdio_client

        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="userbot-tools-"))
        parameters = StdioServerParameters(
            command=found_program(config.command[0]),
            args=list(config.command[1:]),
            env=dict(config.env),
            cwd=folder,
            encoding=bounded.ENCODING,
            encoding_error_handler="replace",
        )
        errors = await stack.enter_async_context(self._said())
        return self._watched(stdio_client(parameters, errlog=errors))

    async def _answered(self, response: Any) -> None:
        """Note with what status a message was answered: the SDK tells of none."""
        if response.request.method == "POST":
            self._http_status = response.status_code

    @asynccontextmanager
    async def _watched(self, transport: Transport) -> AsyncIterator[TransportStreams]:
        """A transport of which it is noted when nothing comes any more."""
        import anyio

        async with transport as (reading, writing), anyio.create_task_group() as tasks:
            send, receive = anyio.create_memory_object_stream[Any](0)

            async def pump() -> None:
                async with send:
                    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                        await self._passed_on(reading, send)
                self._lost.set()

            tasks.start_soon(pump)
            try:
                yield receive, writing
            finally:
                tasks.cancel_scope.cancel()
                receive.close()

    async def _passed_on(self, reading: Any, send: Any) -> None:
        """Pass on what a server says, until it ends or says far too much."""
        window, said = self._clock.monotonic(), 0
        async for message in reading:
            if self._clock.monotonic() - window > _WINDOW_SECONDS:
                window, said = self._clock.monotonic(), 0
            said += 1
            if said > _MOST_SAID:
                self._floods = True
                return
            await send.send(message)

    @asynccontextmanager
    async def _said(self) -> AsyncIterator[TextIO]:
        """Where a program's standard error goes: line by line into the log."""
        reading, writing = os.pipe()
        stream = asyncio.StreamReader(limit=_LONGEST_LINE)
        loop = asyncio.get_running_loop()
        pipe, _protocol = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(reading, "rb")
        )
        self._said_last = ""
        logged = asyncio.create_task(self._log(stream))
        try:
            with os.fdopen(writing, "w") as errors:
                yield errors
        finally:
            # What it said last says why it has ended.
            await asyncio.wait({logged}, timeout=_LAST_SECONDS)
            logged.cancel()
            pipe.close()
            await asyncio.gather(logged, return_exceptions=True)

    async def _log(self, stream: asyncio.StreamReader) -> None:
        minute, lines = 0.0, 0
        while True:
            try:
                line = await stream.readline()
            except ValueError:  # a line without an end
                continue
            if not line:
                return
            now = self._clock.monotonic()
            if now - minute > _MINUTE:
                minute, lines = now, 0
            lines += 1
            said = one_line(line.decode("utf-8", "replace"), _LOG_CHARACTERS)
            self._said_last = said or self._said_last
            if said and lines <= _LOG_LINES:
                told = joined(self.config.name, said, by=": ")
                self._report(Notice(reason="tool_server_said", detail=told, notable=False))

    async def _heard(self, message: object) -> None:
        """The server says something of itself: perhaps that its tools are others by now."""
        from mcp.types import ToolListChangedNotification

        if isinstance(getattr(message, "root", message), ToolListChangedNotification):
            self._stale.set()

    async def _list(self, client: Client) -> None:
        from mcp.types import PaginatedRequestParams

        self._stale.clear()
        tools: list[Tool] = []
        cursor: str | None = None
        for _page in range(_PAGES):
            params = PaginatedRequestParams(cursor=cursor)
            async with asyncio.timeout(CALL_SECONDS):
                page = await client.session.list_tools(params=params)
            tools += page.tools
            cursor = page.next_cursor
            if cursor is None or len(tools) >= _MOST_TOOLS:
                break
        found = (self._definition(tool) for tool in tools[:_MOST_TOOLS])
        self.definitions = tuple({one.name: one for one in found}.values())
        self._listed = self._clock.monotonic()

    def _definition(self, tool: Tool) -> ToolDefinition:
        hints = tool.annotations
        said = hints.model_dump() if hints is not None else {}
        return ToolDefinition(
            server=self.config.name,
            name=tool.name,
            title=tool.title or (hints.title if hints is not None else None) or tool.name,
            description=tool.description or "",
            parameters=tool.input_schema,
            only_reads=hints is not None and hints.read_only_hint is True,
            open_world=hints is None or hints.open_world_hint is not False,
            fingerprint=fingerprint(
                tool.name, tool.title, tool.description, tool.input_schema, said
            ),
        )

    @contextmanager
    def _explained(self, *, left: bool) -> Iterator[None]:
        """Turn what the SDK raises into a sentence; `left`: a call may have been carried out."""
        try:
            yield
        except ToolServerError:
            raise
        except Exception as error:
            raise self._explanation(error, left=left) from error

    def _explanation(self, error: BaseException, *, left: bool) -> ToolServerError:
        if self._floods:
            self._lost.set()
            told = _("The tool server “{name}” floods the connection.", name=self.config.name)
            return ToolServerError(told, left=left)
        found = failure(
            error, self.config, left=left, status=self._http_status, said=self._said_last
        )
        if found.silent:
            self._silent.set()
        if found.lost:
            self._lost.set()
        return found.error


def found_program(name: str) -> str:
    """A program by its name or path; one that stands beside this Python is found, too."""
    folders = os.pathsep.join(
        [os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)]
    )
    return shutil.which(os.path.expanduser(name), path=folders) or name


def _pause_after(failed: int) -> float:
    """Seconds until the next try, after so many in a row that were good for nothing."""
    return min(2.0 ** min(failed - 1, 20), _LONGEST_PAUSE) if failed else 0.0


def _import() -> None:
    # What it logs of a server's mistakes would stand on the console, traceback and all.
    logger = logging.getLogger("mcp")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False

    importlib.import_module("mcp.client.streamable_http")
    # The first call would wait for these.
    importlib.import_module("jsonschema")
    importlib.import_module("referencing")


def _text_of(result: CallToolResult) -> str:
    """What a tool returned, as text; of what is none its kind."""
    from mcp.types import EmbeddedResource, ResourceLink, TextContent, TextResourceContents

    parts: list[str] = []
    for one in result.content:
        if isinstance(one, TextContent):
            parts.append(one.text)
        elif isinstance(one, ResourceLink):
            parts.append(f"({one.name}: {one.uri})")
        elif isinstance(one, EmbeddedResource) and isinstance(one.resource, TextResourceContents):
            parts.append(one.resource.text)
        else:
            parts.append(f"({one.type}: left out)")
    if not parts and result.structured_content is not None:
        parts.append(json.dumps(result.structured_content, ensure_ascii=False))
    return "\n".join(parts)
