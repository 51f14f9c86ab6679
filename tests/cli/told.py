"""A history for tests of the commands that read it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.questions import NOW, answer, paid
from userbot.storage.store import Store
from userbot.types import Question, Usage

CONFIG = '[telegram]\napi_id = 2040817\napi_hash = "b18441a1ff607e10a989891a5462e627"\n'
Run = Callable[..., Any]


def keep(store: Store, ask: Question, text: str | None = "Yes.", *, minutes: int = 0) -> None:
    """Store a question, answered unless `text` is None."""
    at = NOW + timedelta(minutes=minutes)
    kept = store.questions.add(ask, at)
    assert kept is not None
    if text is not None:
        paid(store, kept, at, usage=Usage(1000, 234), text=text)
        store.questions.settle(kept, answer(text, usage=Usage(1000, 234)), at)
