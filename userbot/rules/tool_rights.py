"""Which tools a question may use, and whether a call has to wait for the owner's yes. Pure.

Rule 1: a tool has the right that the owner gave it, and none without. What its server says of it
(that it only reads, that it stays on its own ground) gives none; it can only take away.
Rule 2: what runs by itself runs on the owner's own words alone. Whatever others wrote, or a tool
returned, may be an order in disguise, and so may an answer that was written with it in sight.
Rule 3: reading is how data leaves. What reads the open world asks first where others' words might
be sent there.
Rule 4: a tool whose definition changed is another tool, until the owner has looked at it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from userbot.rules.policy import Allowed, may_ask
from userbot.settings import ToolsConfig
from userbot.types import Question, Right, ToolDefinition, Verdict

_ADDRESS: Final = re.compile(
    r"[a-z][a-z0-9+.-]*://|\bwww\.|^\s*//|\b\d{1,3}(\.\d{1,3}){3}\b|@[\w-]+(\.[\w-]+)+", re.I
)
"""A web address, a network address, or one of mail: names of files are none."""
_DEEPEST: Final = 20
"""Lists in lists that are looked through; what is deeper counts as an address."""


@dataclass(frozen=True, slots=True)
class ServerRights:
    """What a block of [[tools]] gives. `allowed`: `who`, with every name as an id."""

    config: ToolsConfig
    allowed: Allowed


def named_in(config: ToolsConfig) -> tuple[str, ...]:
    """The tools to which a block gives a right, whether its server has them or not."""
    return (*config.read, *config.ask, *config.allow)


def right_of(config: ToolsConfig, tool: str) -> Right | None:
    """What the owner lets a tool of a block do; None: nothing."""
    if tool in config.allow:
        return "allow"
    if tool in config.ask:
        return "ask"
    return "read" if tool in config.read else None


def offered(
    rights: ServerRights, tool: str, question: Question, chat: Collection[str] | None
) -> Right | None:
    """With what right a question may use a tool; None: it is not offered.

    `chat`: the servers that are there in the question's chat; None: all. For others than the owner
    nothing runs by itself that may change something.
    """
    if chat is not None and rights.config.name not in chat:
        return None
    right = right_of(rights.config, tool)
    if question.by_owner or right is None:
        return right
    if not may_ask(question.sender, rights.allowed):
        return None
    return "ask" if right == "allow" else right


def verdict(right: Right, *, own: bool, changed: bool, reaches_out: bool) -> Verdict:
    """Whether a call is carried out by itself.

    `own`: every word that the model has seen is the owner's. `changed`: the tool's definition is
    not the one that the owner knows. `reaches_out`: the call may carry words to somewhere else.
    """
    if right == "ask" or changed:
        return "ask"
    if right == "allow":
        return "run" if own else "ask"
    return "ask" if reaches_out and not own else "run"


def reaches_out(rights: ServerRights, tool: ToolDefinition, arguments: Mapping[str, Any]) -> bool:
    """Whether a call of a tool that reads may carry words into the open world, unasked."""
    if tool.name in rights.config.open:
        return False
    return tool.open_world or _has_address(arguments, 0)


def _has_address(value: Any, depth: int) -> bool:
    if depth > _DEEPEST:
        return True
    if isinstance(value, str):
        return _ADDRESS.search(value) is not None
    if isinstance(value, Mapping):
        value = [*value, *value.values()]
    if not isinstance(value, list):
        return False
    return any(_has_address(one, depth + 1) for one in value)
