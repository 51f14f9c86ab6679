"""How values stand in the database: dates as integers, texts without lone surrogates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def instant(at: datetime) -> int:
    """Microseconds since 1970; `at` is aware."""
    return (at - _EPOCH) // _MICROSECOND


def moment(instant: int) -> datetime:
    """The date of so many microseconds since 1970, in UTC."""
    return _EPOCH + timedelta(microseconds=instant)


def storable(text: str) -> str:
    """The text without lone surrogates, which SQLite cannot keep; pairs become one character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
