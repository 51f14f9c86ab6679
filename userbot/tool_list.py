"""The servers of [[tools]] and what they offer, for the commands that list them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from userbot.errors import ToolServerError
from userbot.ports import SystemClock
from userbot.rules.tool_rights import named_in
from userbot.settings import Settings, ToolsConfig
from userbot.telegram.session import session_file
from userbot.tools.mcp import McpServer
from userbot.types import ToolDefinition

LIST_SECONDS = 30
"""How long each is waited for."""
_PATH = re.compile(r"~|\.{0,2}/|[A-Za-z]:[\\/]")
"""How a path among a program's arguments begins: a whole one, or …"""
_PARTS = re.compile(r"[=,:;]")
"""… what stands between these, as in options, mounts and addresses of databases."""


@dataclass(frozen=True, slots=True)
class ListedServer:
    """A server with its tools, or why there are none."""

    config: ToolsConfig
    definitions: tuple[ToolDefinition, ...]
    trouble: ToolServerError | None

    @property
    def missing(self) -> list[str]:
        """The tools that its block names and that it does not have, as far as it has told."""
        if self.trouble is not None:
            return []
        return sorted(set(named_in(self.config)) - {one.name for one in self.definitions})


async def listed(servers: Sequence[ToolsConfig]) -> list[ListedServer]:
    """Connect to these servers, all at a time, and ask for their tools."""
    return list(await asyncio.gather(*map(_listed, servers)))


async def _listed(config: ToolsConfig) -> ListedServer:
    server = McpServer(config, SystemClock(), lambda _event: None)
    try:
        await server.ready(LIST_SECONDS)
        return ListedServer(config, server.definitions, None)
    except ToolServerError as error:
        return ListedServer(config, (), error)
    finally:
        await server.aclose()


def reached(server: ToolsConfig, settings: Settings, config: Path) -> list[Path]:
    """The session, the history and the config, as far as a server's arguments lead to them."""
    private = [
        session_file(settings.telegram.session),
        settings.history.database,
        config,
        config.parent / ".env",
    ]
    given = list(_paths(server))
    return [one for one in private if any(_leads_to(path, one) for path in given)]


def _paths(server: ToolsConfig) -> Iterator[Path]:
    for word in (*server.command[1:], *server.env.values()):
        for part in (word, *_PARTS.split(word)):
            if _PATH.match(part):
                with suppress(OSError, RuntimeError, ValueError):
                    # Two slashes begin a path of their own to Python.
                    yield Path(re.sub(r"^/+", "/", part)).expanduser().resolve()


def _leads_to(path: Path, file: Path) -> bool:
    with suppress(OSError):
        file = file.resolve()
    return path == file or path in file.parents
