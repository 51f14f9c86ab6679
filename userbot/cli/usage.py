"""`userbot usage`: requests, tokens, audio minutes and cost, per day, chat and person."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

import typer

from userbot.cli.common import Common, common_flags
from userbot.cli.language import titled
from userbot.errors import UsageError
from userbot.texts import _

if TYPE_CHECKING:
    from userbot.storage.spending import Spending

_BY: Final = {"day": _("day"), "chat": _("chat"), "person": _("person")}


@common_flags
def usage(
    common: Common,
    by: Annotated[
        str, typer.Option("--by", metavar="WHAT", help=_("Only by day, chat or person."))
    ] = "",
    days: Annotated[
        int, typer.Option(min=1, metavar="N", help=_("The last N days, including today."))
    ] = 30,
) -> None:
    """Requests, tokens, audio minutes and cost per day, chat and person."""
    from datetime import UTC, datetime, timedelta

    from userbot.cli.load import load_config
    from userbot.rules.limits import day_began
    from userbot.storage.spending import spending

    settings = load_config(common, need_key=False).settings
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
        _print_json(found)
    else:
        _print_tables(common, found)


def _print_json(found: dict[str, list[Spending]]) -> None:
    import json

    for what, rows in found.items():
        for row in rows:
            shown = {
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
            # Escaped, so that no name can steer a terminal.
            safe = json.dumps(shown, ensure_ascii=False)
            print(re.sub("[\x7f-\x9f\u200e\u200f\u061c\u2028-\u202e\u2066-\u2069]", _escape, safe))


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _print_tables(common: Common, found: dict[str, list[Spending]]) -> None:
    from userbot.cli.history_view import aside
    from userbot.cli.table import print_table

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
            plain=common.plain,
        )
