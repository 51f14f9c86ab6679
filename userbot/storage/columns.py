"""How values stand in the database: dates as integers, texts without lone surrogates."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from userbot.rules.utf16 import paired
from userbot.types import Voice

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def instant(at: datetime) -> int:
    """Microseconds since 1970; `at` is aware."""
    return (at - _EPOCH) // _MICROSECOND


def moment(instant: int) -> datetime:
    """The date of so many microseconds since 1970, in UTC."""
    return _EPOCH + timedelta(microseconds=instant)


def storable(text: str) -> str:
    """The text as SQLite can keep it."""
    return paired(text)


def stored_voice(voice: Voice) -> str:
    """A question's sound as it is kept: JSON of what is known of it."""
    known = asdict(voice) | {"waveform": voice.waveform.hex()}
    return json.dumps({name: value for name, value in known.items() if value})


def voice_of(text: str) -> Voice:
    """The inverse of `stored_voice`."""
    known = {"size": 0, "waveform": ""} | json.loads(text)
    return Voice(**(known | {"waveform": bytes.fromhex(known["waveform"])}))
