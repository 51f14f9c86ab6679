"""Tools of servers beside the program: what they say of themselves, what the owner lets them do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Right = Literal["read", "ask", "allow"]
"""What the owner lets a tool do: read; act when he says yes; act by itself, on his own words."""
Verdict = Literal["run", "ask"]
"""What becomes of a call: it is carried out, or the owner is asked before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDefinition:
    """A tool as its server describes it, which is its word and gives it no right.

    `fingerprint`: of all that a model is told of it, and of the hints.
    """

    server: str
    name: str
    title: str
    description: str
    parameters: Mapping[str, Any]
    only_reads: bool = False
    """Its server says that it changes nothing."""
    open_world: bool = True
    """Its server does not say that it stays on its own ground."""
    fingerprint: str = field(default="", repr=False)

    @property
    def full_name(self) -> str:
        """The tool among those of all servers, as models call it, before it is made to fit."""
        return f"{self.server}__{self.name}"
