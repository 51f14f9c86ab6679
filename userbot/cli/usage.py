"""`userbot usage`: requests, tokens, audio minutes and cost, per day, chat, person and model."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from rich.console import RenderableType

from userbot.cli.common import Common
from userbot.cli.language import aside, said
from userbot.cli.table import NONE, Column, number, print_json, print_table, table, titled
from userbot.console.describe import money
from userbot.errors import UsageError
from userbot.rules.limits import MICRO, day_began
from userbot.settings import Settings
from userbot.storage.archive import Archive
from userbot.storage.spending import Spending, spending
from userbot.texts import _

_BY: Final = {"day": _("day"), "chat": _("chat"), "person": _("person"), "model": _("model")}
_HEADS: Final = (
    _("requests"),
    _("tokens in"),
    _("cached"),
    _("tokens out"),
    _("audio min"),
    _("spoken min"),
    _("cost"),
)
_BAR = 10
"""Columns of the longest bar."""


def usage(common: Common, settings: Settings, by: str, days: int) -> None:
    """What was spent in so many days: by each of the four, or by one."""
    if by and by not in _BY:
        raise UsageError(
            _("--by takes {by}.", by=", ".join(_BY)),
            _("Without --by, all four are shown."),
        )
    found = _found(settings, by, days)
    if common.json:
        print_json(_row(what, row) for what, rows in found.items() for row in rows)
    else:
        _print_tables(common, settings, found)


def _found(settings: Settings, by: str, days: int) -> dict[str, list[Spending]]:
    """What was spent in so many days, by each of the four, or by one."""
    zone = settings.limits.timezone
    since = day_began(datetime.now(UTC) - timedelta(days=days - 1), zone)
    with Archive.reading(settings.history.database) as archive:
        return {what: spending(archive, what, since, zone) for what in _BY if by in ("", what)}


def _row(what: str, row: Spending) -> dict[str, Any]:
    return {
        "by": what,
        what: row.key,
        "title": row.title or None,
        "requests": row.requests,
        "prompt_tokens": row.prompt_tokens,
        "cached_tokens": row.cached_tokens,
        "completion_tokens": row.completion_tokens,
        "audio_minutes": round(row.audio_seconds / 60, 2),
        "spoken_minutes": round(row.spoken_seconds / 60, 2),
        "cost": row.cost / MICRO,
        "estimated": row.estimated,
    }


def _print_tables(common: Common, settings: Settings, found: dict[str, list[Spending]]) -> None:
    if not any(found.values()):
        aside(_("Nothing was used in that period."), _("Use --days 365 to look further back."))
        return
    priced = settings.limits.prices is not None
    if not common.lively:
        _print_rows(common, found, priced=priced)
        return
    for place, (what, rows) in enumerate(found.items()):
        if place:
            print()
        print_table(common, _columns(what), *_rows(what, rows, priced=priced, bars=True))


def _print_rows(common: Common, found: dict[str, list[Spending]], *, priced: bool) -> None:
    """In a pipe: what a row is about comes first, and what its columns are above all."""
    columns = (Column(_("by")), Column(_("name")), *_columns("day")[1:-2], _columns("day")[-1])
    rows = [tuple(said(column.head) for column in columns)]
    for what, spent in found.items():
        cells, _total = _rows(what, spent, priced=priced, bars=False) if spent else ([], ())
        rows += [(said(_BY[what]), *row[:-2], row[-1]) for row in cells]
    print_table(common, columns, rows)


def tables(settings: Settings, days: int, width: int) -> list[RenderableType]:
    """What was spent in so many days by chat, as a terminal of that width shows it."""
    found = _found(settings, "chat", days)["chat"]
    if not found:
        return []
    rows, total = _rows("chat", found, priced=settings.limits.prices is not None, bars=True)
    return [table(_columns("chat"), rows, width - 1, total)]


def _columns(what: str) -> tuple[Column, ...]:
    return (
        Column(_BY[what], folds=what != "day"),
        *(Column(head, right=True) for head in _HEADS),
        Column(""),
        Column("id", verbose=True),
    )


def _rows(
    what: str, found: list[Spending], *, priced: bool, bars: bool
) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """A row each, and their sum. `priced`: prices are set; `bars`: each day gets one."""
    most = max(one.prompt_tokens + one.completion_tokens for one in found)
    rows, total = [], Spending("")
    for one in found:
        name = titled(one.title, one.key) or str(one.key)
        share = (one.prompt_tokens + one.completion_tokens) / most if most else 0.0
        bar = "▇" * max(1, round(share * _BAR)) if bars and what == "day" else ""
        key = "" if what in ("day", "model") else str(one.key)
        rows.append((name, *_cells(one, priced=priced), bar, key))
        total.requests += one.requests
        total.prompt_tokens += one.prompt_tokens
        total.cached_tokens += one.cached_tokens
        total.completion_tokens += one.completion_tokens
        total.audio_seconds += one.audio_seconds
        total.spoken_seconds += one.spoken_seconds
        total.cost += one.cost
        total.estimated = total.estimated or one.estimated
    return rows, (said(_("total")), *_cells(total, priced=priced), "", "")


def _cells(one: Spending, *, priced: bool) -> tuple[str, ...]:
    return (
        number(one.requests),
        ("≈ " if one.estimated else "") + number(one.prompt_tokens),
        number(one.cached_tokens) if one.cached_tokens else "",
        number(one.completion_tokens),
        f"{one.audio_seconds / 60:.1f}" if one.audio_seconds else "",
        f"{one.spoken_seconds / 60:.1f}" if one.spoken_seconds else "",
        money(one.cost / MICRO) if priced or one.cost else NONE,
    )
