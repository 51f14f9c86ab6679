"""What waits for the owner's yes, and what he says to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from userbot.types.rich_text import RichText

ApprovalKind = Literal["answer", "call"]
Ending = Literal["yes", "no", "again", "text", "late", "withdrawn"]
"""How an approval ends: by the owner's word (send it; drop it; write it anew; send these words in
its stead), by its deadline, or since it is not wanted any more."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What must not happen without a yes.

    `what`: the answer's Markdown, or a call as JSON; a yes is for exactly this. `told`: how the
    owner is shown it. `every`: it is a tool by its name, and a yes is for all calls of it.
    """

    kind: ApprovalKind
    what: str
    told: tuple[RichText, ...]
    every: bool = False


@dataclass(frozen=True, slots=True)
class ApprovalEnd:
    """What became of an approval. `text`: the words that count instead, or how to write anew."""

    word: Ending
    text: RichText = field(default=RichText(""))


@dataclass(frozen=True, slots=True)
class Approval:
    """Something that waits for the owner's yes, or did. `question`: its row in the store."""

    id: int
    question: int
    kind: ApprovalKind
    what: str
    told: str
    """A call as its owner reads it, in lines; of an answer the same as `what`."""
    asked_at: datetime
    deadline: datetime
    said: ApprovalEnd | None = None
    said_at: datetime | None = None
    said_in: int = 0
    """The owner's message in Saved Messages that said it; 0: it was said elsewhere."""


@dataclass(frozen=True, slots=True)
class RequestPart:
    """A message in Saved Messages that asks for a yes, or a part of it.

    `scheduled`: its id until Telegram sends it, where it is sent later. `message`: None until it
    stands, as far as is known.
    """

    random_id: int
    text: str
    scheduled: int | None = None
    message: int | None = None
