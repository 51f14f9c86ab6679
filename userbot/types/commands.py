"""What becomes of a command."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CommandMessage:
    """A message of the owner's that was a command, as the store recorded it.

    Only such a message may be deleted.
    """

    id: int
    chat: int
    message: int
    name: str = ""
    title: str = ""
    """Of its chat, when it was given."""


@dataclass(frozen=True, slots=True)
class CommandNote:
    """A message that tells a command's result, or a part of it."""

    random_id: int
    text: str


@dataclass(frozen=True, slots=True)
class OpenCommand:
    """A command that an earlier run did not finish."""

    command: CommandMessage
    at: datetime
    notes: tuple[CommandNote, ...] | None
    """What is still to be told; None if the program ended before it knew the result."""
