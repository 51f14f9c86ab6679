"""What an answer may look up in its chat, and what the model may call to do so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from userbot.types.chats import ConversationId


@dataclass(frozen=True, slots=True)
class Scope:
    """Where one answer may look: decided before a model is asked, and nowhere else.

    `since`: nothing from before it may be seen. `former`: the basic group that the supergroup was
    before.
    """

    conversation: ConversationId
    since: datetime | None = None
    former: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for in a scope.

    `words`: spellings, each looked for by itself; none of them: all that was said, by date.
    `until` is not included. `person`: only what that one wrote.
    """

    words: tuple[str, ...] = ()
    person: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """Something that the model may call; `parameters` is a JSON schema."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    beforehand: bool = True
    """A model that takes no tools may be asked for calls of it before it answers: not where it goes
    on with what another has found, nor where it changes something."""
    only_reads: bool = False
    """It changes nothing, and may be called beside others that change nothing."""
    title: str = field(default="", compare=False)
    """How people call it; "": nobody is told that it is called."""
    own: bool = True
    """How it is described are our words, or such as the owner knows."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call as the model made it; `arguments` is JSON, if the model kept to it."""

    id: str
    name: str
    arguments: str
    extra: str = field(default="", compare=False)
    """What its server wants to see again with it: JSON of more of its fields."""


@dataclass(frozen=True, slots=True)
class ToolRound:
    """What the model called at once, and the result of each call in its order."""

    calls: tuple[ToolCall, ...]
    results: tuple[str, ...]
    own: bool = False
    """No tool returned anything: the program said what was wrong with each, on own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A message that was read for an answer and can be cited by a number.

    `link`: its address, "" where there is none. `message`: 0 once it is deleted, or its writer is
    forgotten: then it is not cited any more.
    """

    chat: int
    message: int
    person: int
    name: str
    at: datetime
    link: str = ""
