"""How much others may ask, and when a day begins.

Zero means none. The owner is exempt from the limits of a person and of the account; the tokens
of a day are those of all others together, so they never count against him.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from userbot.messages import Spent
from userbot.settings import Limits


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a question is not answered: a stable slug, and a sentence for the console."""

    reason: str
    detail: str


def check(policy: Limits, spent: Spent, by_owner: bool) -> Refusal | None:
    """Say whether a question may be answered.

    `spent` counts the question at hand among the person's requests; its tokens and its answer
    are not known yet, so the one that reaches those two limits is still answered in full.
    """
    if by_owner:
        return None
    limit = policy.requests_per_minute
    if limit == 0 or spent.person_requests_last_minute > limit:
        return Refusal(
            "requests_per_minute",
            f"This person may ask {_times(limit)} a minute.",
        )
    if spent.others_tokens_today >= policy.tokens_per_day:
        return Refusal(
            "tokens_per_day",
            f"All others together may use {policy.tokens_per_day:,} tokens a day.",
        )
    if spent.answers_last_hour >= policy.answers_per_hour:
        return Refusal(
            "answers_per_hour",
            f"The account gives {policy.answers_per_hour} answers an hour.",
        )
    return None


def day_began(now: datetime, timezone: str | None) -> datetime:
    """When the day that `now` lies in began there, in UTC; None is the system's zone.

    The zone's name was checked with the config. Where clocks jump over midnight, the day begins
    with the jump.
    """
    zone = None if timezone is None else ZoneInfo(timezone)
    midnight = datetime.combine(now.astimezone(zone).date(), time(), tzinfo=zone)
    return midnight.astimezone(UTC)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
