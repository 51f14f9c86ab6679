"""Searching a chat and the tools of servers, as one set of tools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from userbot.rules.looking_up import READ, SEARCH
from userbot.tools.search import SearchInChat
from userbot.tools.servers import ServerTools
from userbot.turn.turn import Turn
from userbot.types import ToolSpec


class AllTools:
    """As `turn.tools.Tools`."""

    connects = True

    def __init__(self, search: SearchInChat, servers: ServerTools) -> None:
        self._search = search
        self._servers = servers

    async def connect(self, turn: Turn) -> None:
        """As `Tools.connect`."""
        await self._servers.connect(turn)

    def specs(self, turn: Turn) -> tuple[ToolSpec, ...]:
        """As `Tools.specs`."""
        return (*self._search.specs(turn), *self._servers.specs(turn))

    def instructions(self, turn: Turn) -> str:
        """As `Tools.instructions`."""
        told = (self._search.instructions(turn), self._servers.instructions(turn))
        return "\n\n".join(filter(None, told))

    async def call(self, turn: Turn, name: str, arguments: Mapping[str, Any]) -> str:
        """As `Tools.call`."""
        of_search = name in (SEARCH, READ)
        return await (self._search if of_search else self._servers).call(turn, name, arguments)
