"""`userbot usage`: requests, tokens, audio minutes and cost, per day, chat and person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from userbot.cli.common import Common
from userbot.cli.language import aside
from userbot.cli.table import print_json, print_table, titled
from userbot.errors import UsageError
from userbot.rules.limits import day_began
from userbot.settings import Settings
from userbot.storage.spending import Spending, spending
from userbot.texts import _

_BY: Final = {"day": _("day"), "chat": _("chat"), "person": _("person")}


def usage(common: Common, settings: Settings, by: str, days: int) -> None:
    """What was spent in so many days: by each of the three, or by one."""
    if by and by not in _BY:
        raise UsageError(
            _("Usage can be listed by {by}.", by=", ".join(_BY)),
            _("Without --by all three are shown."),
        )
    zone = settings.limits.timezone
    since = day_began(datetime.now(UTC) - timedelta(days=days - 1), zone)
    found = {
        what: spending(settings.history.database, what, since, zone)
        for what in _BY
        if by in ("", what)
    }
    if common.json:
        print_json(_row(what, row) for what, rows in found.items() for row in rows)
    else:
        _print_tables(common, found)


def _row(what: str, row: Spending) -> dict[str, Any]:
    return {
        "by": what,
        what: row.key,
        "title": row.title or None,
        "requests": row.requests,
        "prompt_tokens": row.prompt_tokens,
        "completion_tokens": row.completion_tokens,
        "audio_minutes": round(row.audio_seconds / 60, 2),
        "spoken_minutes": round(row.spoken_seconds / 60, 2),
        "cost": row.cost / 1_000_000,
        "estimated": row.estimated,
    }


def _print_tables(common: Common, found: dict[str, list[Spending]]) -> None:
    if not any(found.values()):
        aside(_("Nothing was used in that time."), _("Use --days 365 to look further back."))
        return
    heads = (
        _("requests"),
        _("tokens in"),
        _("tokens out"),
        _("audio min"),
        _("spoken min"),
        _("cost"),
        "",
    )
    for what, rows in found.items():
        print_table(
            (_BY[what], *heads),
            [
                (
                    str(row.key),
                    str(row.requests),
                    ("≈ " if row.estimated else "") + str(row.prompt_tokens),
                    str(row.completion_tokens),
                    f"{row.audio_seconds / 60:.1f}",
                    f"{row.spoken_seconds / 60:.1f}",
                    f"{row.cost / 1_000_000:.4f}",
                    titled(row.title, row.key),
                )
                for row in rows
            ],
            lively=common.lively,
        )
