"""What goes wrong with a server of tools: told in a sentence, and never taken for "not done"."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from mcp import MCPError

from userbot.errors import ToolServerError
from userbot.ports import SystemClock
from userbot.settings import ToolsConfig
from userbot.tools.failures import failure
from userbot.tools.mcp import McpServer

WEB = ToolsConfig(name="web", url="http://127.0.0.1:1/mcp")
PROGRAM = ToolsConfig(name="time", command=("mcp-server-time",))


def refused(code: int, said: str = "no") -> MCPError:
    return MCPError(code, said)


@pytest.mark.parametrize(
    ("error", "config", "status", "left"),
    [
        pytest.param(refused(-32602), PROGRAM, 0, False, id="its arguments do not fit"),
        pytest.param(refused(-32601), WEB, 404, False, id="there is no such method"),
        pytest.param(refused(-32603), PROGRAM, 0, True, id="an error of its own"),
        pytest.param(refused(-32603), WEB, 502, True, id="a gateway gave up"),
        pytest.param(refused(-32600), WEB, 202, True, id="accepted, without an answer"),
        pytest.param(refused(-32600), WEB, 200, True, id="another kind of answer"),
        pytest.param(refused(-32700), WEB, 200, True, id="broken JSON"),
        pytest.param(refused(-32000), WEB, 200, True, id="the stream ended"),
        pytest.param(TimeoutError(), WEB, 200, True, id="silent"),
        pytest.param(ConnectionResetError(), WEB, 0, True, id="reset"),
    ],
)
def test_only_a_call_that_its_server_did_not_take_is_certainly_not_carried_out(
    error: Exception, config: ToolsConfig, status: int, left: bool
) -> None:
    assert failure(error, config, left=True, status=status, said="").error.left is left
    assert not failure(error, config, left=False, status=status, said="").error.left


@pytest.mark.parametrize(
    ("error", "config", "status", "said", "told", "hint"),
    [
        (
            refused(-32603),
            WEB,
            401,
            "",
            "it wants a key, or a different one (HTTP 401).",
            "headers",
        ),
        (refused(-32603), WEB, 503, "", "it answered with HTTP 503.", "check url"),
        (refused(-32000), WEB, 0, "", "it closed the connection without a reply.", "check url"),
        (ConnectionRefusedError(111, "x"), WEB, 0, "", "connection refused.", "check url"),
        (refused(-32000), PROGRAM, 0, "no repository", "its program ended.", "no repository"),
        (refused(-32000), PROGRAM, 0, "", "its program ended.", "by hand"),
        (TimeoutError(), PROGRAM, 0, "", "it was silent for too long.", "by hand"),
        (FileNotFoundError(), PROGRAM, 0, "", "cannot be started: mcp-server-time.", "full path"),
        (ModuleNotFoundError(), PROGRAM, 0, "", "Tools need the package mcp", "make tools"),
    ],
)
def test_why_a_server_is_not_there_is_a_sentence_with_what_to_do(
    error: Exception, config: ToolsConfig, status: int, said: str, told: str, hint: str
) -> None:
    groups = ExceptionGroup("tasks", [ExceptionGroup("more", [error])])
    found = failure(groups, config, left=False, status=status, said=said).error
    assert told in str(found)
    assert hint in found.hint


class Web(BaseHTTPRequestHandler):
    """A server over HTTP that carries calls out, and whose gateway then gives up."""

    called: ClassVar[list[Any]] = []

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.headers.get("authorization") != "Bearer KEY":
            self._answer(401, {})
            return
        said: dict[str, Any] = {"error": {"code": -32601, "message": "no"}}
        if asked.get("method") == "initialize":
            of = {"name": "web", "version": "1"}
            version = "2025-06-18"
            said = {"result": {"protocolVersion": version, "capabilities": {}, "serverInfo": of}}
        elif asked.get("method") == "tools/list":
            said = {"result": {"tools": [{"name": "pay", "inputSchema": {"type": "object"}}]}}
        elif asked.get("method") == "tools/call":
            self.called.append(asked["params"])
            self._answer(502, {})
            return
        self._answer(
            200 if "id" in asked else 202, {"jsonrpc": "2.0", "id": asked.get("id"), **said}
        )

    def do_GET(self) -> None:
        self._answer(405, {})

    def do_DELETE(self) -> None:
        self._answer(405, {})

    def _answer(self, status: int, body: Any) -> None:
        self.send_response(status)
        written = json.dumps(body).encode()
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(written)))
        self.end_headers()
        self.wfile.write(written)

    def log_message(self, *_what: Any) -> None:
        """Nothing."""


@pytest.fixture
def web() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Web) as served:
        threading.Thread(target=served.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{served.server_port}/mcp"
        served.shutdown()


async def test_over_http_a_key_that_is_missing_is_told_and_a_call_cut_off_behind_it_is_in_doubt(
    web: str,
) -> None:
    nobody = McpServer(ToolsConfig(name="web", url=web), SystemClock(), lambda _event: None)
    with pytest.raises(ToolServerError, match="HTTP 401"):
        await nobody.ready(20)
    await nobody.aclose()
    key = {"Authorization": "Bearer KEY"}
    server = McpServer(
        ToolsConfig(name="web", url=web, headers=key), SystemClock(), lambda _event: None
    )
    await server.ready(20)
    with pytest.raises(ToolServerError, match="HTTP 502") as caught:
        await server.call("pay", {})
    await server.aclose()
    assert caught.value.left, "it was carried out"
    assert len(Web.called) == 1
