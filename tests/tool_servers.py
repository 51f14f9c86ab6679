"""Servers of tools as processes: one over HTTP for all tests of a worker, or one for a program."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
HONEST = {"read": ["now", "slow", "fetch", "surroundings"], "ask": [], "allow": ["add"]}
HOSTILE = {
    "read": ["steer", "huge", "die", "lie", "chatter", "never", "asks", "change"],
    "allow": ["die_after"],
}


class Served:
    """A server, and what it has carried out."""

    def __init__(self, log: Path, url: str = "", kind: str = "honest") -> None:
        self.log = log
        self.url = url
        self.kind = kind

    def block(self, name: str = "notes", **also: Any) -> dict[str, Any]:
        """A block of [[tools]]."""
        rights = HOSTILE if self.kind == "hostile" else HONEST
        return {"name": name, "url": self.url, **rights, **also}

    def rows(self, tool: str, event: str = "begin") -> list[dict[str, Any]]:
        """The calls of a tool that began, or ended, since the log was cleared."""
        if not self.log.exists():
            return []
        rows = [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]
        return [one for one in rows if (one["tool"], one["event"]) == (tool, event)]

    def called(self, tool: str, event: str = "begin") -> list[dict[str, Any]]:
        """The arguments of those."""
        return [one["arguments"] for one in self.rows(tool, event)]

    def clear(self) -> None:
        """Forget what was carried out."""
        self.log.unlink(missing_ok=True)


def over_pipes(kind: str, log: Path, **also: Any) -> dict[str, Any]:
    """A block of [[tools]] whose server the program starts itself."""
    command = [sys.executable, "-m", "tests.tool_server", kind, str(log)]
    rights = HOSTILE if kind == "hostile" else HONEST
    env = {"PYTHONPATH": str(ROOT)}
    return {"name": kind, "command": command, "env": env, **rights, **also}


@contextmanager
def over_http(log: Path, kind: str = "honest") -> Iterator[Served]:
    """A server that several programs use."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.tool_server", kind, str(log), str(port)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(600):
                with socket.socket() as probe:
                    if not probe.connect_ex(("127.0.0.1", port)):
                        break
                time.sleep(0.05)
            yield Served(log, f"http://127.0.0.1:{port}/mcp", kind)
        finally:
            process.kill()
