"""What was spent, summed up for people. It reads beside the program that may be running."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from userbot.storage.archive import Archive
from userbot.storage.database import moment

_ROWS = """
    SELECT p.at, p.chat, p.person, p.model, p.kind, p.audio_seconds, p.cost, p.estimated,
        p.prompt_tokens AS prompt, p.cached_tokens AS cached, p.completion_tokens AS completion,
        c.title, q.sender_name AS name
    FROM payments AS p JOIN questions AS q ON q.id = p.question
    JOIN conversations AS c ON c.id = q.conversation
    WHERE p.state = 'captured' AND p.at >= :since ORDER BY p.id"""


@dataclass(slots=True)
class Spending:
    """The sums of one day ("2026-11-22"), chat or person (marked ids), or model. Cost in
    millionths.
    """

    key: str | int
    title: str = ""
    requests: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    """Of the prompts, what the endpoint had read before."""
    completion_tokens: int = 0
    audio_seconds: float = 0.0
    """Listened to."""
    spoken_seconds: float = 0.0
    """Of answers."""
    cost: int = 0
    estimated: bool = False
    """Some of it is an estimate: the endpoint did not tell."""


def spending(
    archive: Archive | None, by: str, since: datetime, timezone: str | None
) -> list[Spending]:
    """What was spent since a moment, by "day", "chat", "person" or "model".

    The newest day first, else what was most.

    Raises StorageError. Without a history (None) there is nothing.
    """
    rows = [] if archive is None else archive.database.rows(_ROWS, {"since": since})
    zone = None if timezone is None else ZoneInfo(timezone)
    key = _KEYS[by]
    sums: dict[str | int, Spending] = {}
    for row in rows:
        of = key(row, zone)
        one = sums.setdefault(of, Spending(of))
        one.title = {"chat": row["title"], "person": row["name"]}.get(by, "")
        one.requests += row["kind"] == "answer"
        one.prompt_tokens += row["prompt"]
        one.cached_tokens += row["cached"]
        one.completion_tokens += row["completion"]
        if row["kind"] == "speech":
            one.spoken_seconds += row["audio_seconds"]
        else:
            one.audio_seconds += row["audio_seconds"]
        one.cost += row["cost"]
        one.estimated = one.estimated or bool(row["estimated"])
    found = list(sums.values())
    if by == "day":
        return sorted(found, key=lambda one: str(one.key), reverse=True)
    return sorted(found, key=lambda one: one.prompt_tokens + one.completion_tokens, reverse=True)


_KEYS: dict[str, Callable[[Any, tzinfo | None], str | int]] = {
    "day": lambda row, zone: moment(row["at"]).astimezone(zone).date().isoformat(),
    "chat": lambda row, _: int(row["chat"]),
    "person": lambda row, _: int(row["person"]),
    "model": lambda row, _: str(row["model"]),
}
