"""How much may be asked, by whom, and when a day begins.

Rule 1: zero means none, unset means unlimited.
Rule 2: the owner is exempt from the limits of a person and of the account's answers; his tokens
have a limit of their own. The money of a day is everybody's.
Rule 3: a question counts by what it is expected to cost before it is paid, together with what the
other open questions are expected to cost, so that many at once do not slip through.
Rule 4: how long an answer becomes, nobody knows beforehand. One is let in if its request fits, so
that a small limit refuses no question that it has room for; it may pass the limit by its own
length. Meanwhile it counts as long as answers become, so that no second one does: a question that
only answers under way leave no room for waits until they are whole, and is judged again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from userbot.errors import LimitReachedError
from userbot.rules.switches import named_model
from userbot.rules.window import MESSAGE_TOKENS, estimate
from userbot.settings import LimitsConfig, PersonLimits, PriceList, Prices
from userbot.texts import _, translated
from userbot.types import Expected, Spent, Usage

MICRO = 1_000_000
"""Money is counted in whole millionths: sums stay exact."""
NOTHING = Expected(0, 0)
ANSWER_TOKENS = 1000
"""An answer counts as so long at least while it is under way: several messages of a chat."""
PAID_ALL_THE_SAME = frozenset({"timeout", "interrupted", "no_finish", "empty_answer"})
"""Failures of an endpoint that was at work by then, and may want to be paid for it."""
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


def check(
    policy: LimitsConfig,
    spent: Spent,
    by_owner: bool,
    *,
    person: PersonLimits | None = None,
    expected: Expected = NOTHING,
) -> LimitReachedError | None:
    """Say whether a question may be answered.

    `spent` counts the question at hand among the person's requests, but not its tokens, money and
    answer; these are `expected`. `person`: what [limits.people] says about who asks.
    """
    own = policy.own_tokens_per_day
    if by_owner:
        if own is not None and _over(spent.person_tokens_today, expected.tokens, own):
            return _refusal(
                "own_tokens_per_day",
                own,
                _("Your {limit:,} tokens for today are used up.", limit=own),
            )
        return check_money(policy, spent, expected)
    requests, tokens = policy.requests_per_minute, None
    if person is not None:
        if person.requests_per_minute is not None:
            requests = person.requests_per_minute
        tokens = person.tokens_per_day
    if requests == 0 or spent.person_requests_last_minute > requests:
        return _refusal(
            "requests_per_minute",
            requests,
            _("Too many questions from this person in a minute (limit: {limit}).", limit=requests),
            _MINUTE if requests else _DAY,
        )
    if tokens is not None and _over(spent.person_tokens_today, expected.tokens, tokens):
        told = _("This person's {limit:,} tokens for today are used up.", limit=tokens)
        return _refusal("person_tokens_per_day", tokens, told)
    if _over(spent.others_tokens_today, expected.tokens, policy.tokens_per_day):
        return _refusal(
            "tokens_per_day",
            policy.tokens_per_day,
            _("The {limit:,} tokens for others today are used up.", limit=policy.tokens_per_day),
        )
    if spent.answers_last_hour >= policy.answers_per_hour:
        return _refusal(
            "answers_per_hour",
            policy.answers_per_hour,
            _("Too many answers in an hour (limit: {limit}).", limit=policy.answers_per_hour),
            _HOUR if policy.answers_per_hour else _DAY,
        )
    return check_money(policy, spent, expected)


def strictest(general: LimitsConfig, of: Sequence[PersonLimits]) -> PersonLimits | None:
    """The limits that give nobody more than any of these do, nor more than the general ones.

    None of none: the general limits hold alone.
    """
    if not of:
        return None
    requests = [one.requests_per_minute for one in of if one.requests_per_minute is not None]
    tokens = [one.tokens_per_day for one in of if one.tokens_per_day is not None]
    return PersonLimits(
        requests_per_minute=min([*requests, general.requests_per_minute]),
        tokens_per_day=min(tokens, default=None),
    )


def check_money(policy: LimitsConfig, spent: Spent, expected: Expected) -> LimitReachedError | None:
    """The last limit of `check`, by itself: of what costs money, and is no question."""
    limit = policy.cost_per_day
    if limit is None or not _over(spent.cost_today, expected.cost, round(limit * MICRO)):
        return None
    return _refusal(
        "cost_per_day", limit, _("Today's budget of {limit:g} is used up.", limit=limit)
    )


def prices_of(prices: PriceList | None, names: Mapping[str, str], model: str) -> Prices | None:
    """What a model costs: what its own table says, and where that is silent, what all cost.

    `names`: [models], by which a table may be called. Tokens of a cache cost what its other ones
    do, if its table has a price for those and none for them.
    """
    if prices is None:
        return None
    for name, own in prices.models.items():
        if (named_model(name, names) or name) == model:
            cached = own if own.input is not None else prices
            return Prices(
                input=prices.input if own.input is None else own.input,
                output=prices.output if own.output is None else own.output,
                audio_minute=prices.audio_minute if own.audio_minute is None else own.audio_minute,
                cached_input=cached.cached_input if own.cached_input is None else own.cached_input,
                cache_write=cached.cache_write if own.cache_write is None else own.cache_write,
            )
    return prices


def cost(
    prices: Prices | None, prompt_tokens: int, completion_tokens: int, audio_seconds: float = 0
) -> int:
    """What a request costs, in millionths of the prices' currency, rounded up; 0 without prices."""
    return cost_of(prices, Usage(prompt_tokens, completion_tokens), audio_seconds)


def cost_of(prices: Prices | None, usage: Usage, audio_seconds: float = 0) -> int:
    """The same of what was used: tokens of a cache have a price of their own, if one is set."""
    if prices is None:
        return 0
    # A price is money per million tokens, so a token costs as many millionths.
    plain = prices.input or 0
    cached = plain if prices.cached_input is None else prices.cached_input
    written = plain if prices.cache_write is None else prices.cache_write
    tokens = usage.prompt_tokens * plain + usage.completion_tokens * (prices.output or 0)
    tokens += usage.cached_tokens * (cached - plain) + usage.cache_write_tokens * (written - plain)
    audio = audio_seconds / 60 * (prices.audio_minute or 0) * MICRO
    return math.ceil(round(tokens + audio, 6))


def expected_of_question(prices: Prices | None, system: str, text: str) -> Expected:
    """The least that a question will cost, known when it arrives: no history, no answer yet."""
    tokens = estimate(system) + estimate(text) + 2 * MESSAGE_TOKENS
    return Expected(tokens, cost(prices, tokens, 0))


def day_began(now: datetime, timezone: str | None) -> datetime:
    """When the day that `now` lies in began there, in UTC; None is the system's zone.

    The zone's name was checked with the config. Where clocks jump over midnight, the day begins
    with the jump.
    """
    return _day_began(now.replace(second=0, microsecond=0), timezone)


@lru_cache(maxsize=8)
def _day_began(now: datetime, timezone: str | None) -> datetime:
    # Every question is asked this several times, and the system's zone is slow to tell.
    zone = None if timezone is None else ZoneInfo(timezone)
    midnight = datetime.combine(now.astimezone(zone).date(), time(), tzinfo=zone)
    return midnight.astimezone(UTC)


def window_began(window: timedelta, now: datetime, day: datetime) -> datetime:
    """Since when a person who was told of a limit is not told again; `day`: when it began."""
    return day if window >= _DAY else now - window


def told(window: timedelta, question: str) -> str:
    """What a person reads in place, in the language of the question; names nobody's numbers."""
    russian = any("а" <= letter <= "я" or letter == "ё" for letter in question.lower())
    text = _("The limit on answers is reached. Please ask again in an hour.")
    if window >= _DAY:
        text = _("Today's limit on answers is reached.")
    elif window <= _MINUTE:
        text = _("The limit on answers is reached. Please ask again in a minute.")
    return translated(text, "ru" if russian else "en")


def _refusal(reason: str, limit: float, detail: str, window: timedelta = _DAY) -> LimitReachedError:
    if not limit:
        key = reason.removeprefix("person_")
        detail = _("Nothing is allowed: {key} is 0 under [limits].", key=key)
    return LimitReachedError(detail, reason=reason, window=window)


def _over(spent: int, expected: int, limit: int) -> bool:
    return limit == 0 or spent + expected > limit or spent >= limit
