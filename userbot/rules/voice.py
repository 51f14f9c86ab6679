"""Voice: what is too much or too little to listen to, and what of an answer is spoken."""

from __future__ import annotations

from collections.abc import Sequence

from userbot.errors import AudioError, NothingToAnswerError
from userbot.rules.mark import marked, room
from userbot.rules.plain import units
from userbot.texts import _
from userbot.types import RichText
from userbot.types import Voice as Recording

FILE_BYTES = 2_000_000_000
"""The largest file that is fetched at all: what Telegram lets everybody send."""
_SHORTEST_SECONDS = 0.5


def unfit(recording: Recording, max_minutes: float) -> NothingToAnswerError | AudioError | None:
    """Why a recording is not even downloaded; None if it is.

    A length that the message does not tell is found out later.
    """
    if recording.size <= 0:
        return AudioError(_("The recording is empty."), reason="audio_empty")
    if recording.seconds > max_minutes * 60:
        return too_long(max_minutes)
    if recording.size > FILE_BYTES:
        return AudioError(
            _("The recording is larger than {size:.0f} MB.", size=FILE_BYTES / 1000000.0),
            reason="audio_too_large",
        )
    return None


def too_long(max_minutes: float) -> NothingToAnswerError:
    """The error for a recording that plays for longer."""
    return NothingToAnswerError(
        _("The recording is longer than {max_minutes:g} minutes.", max_minutes=max_minutes),
        _("Raise max_minutes under [voice]."),
        reason="audio_too_long",
    )


def perhaps_too_long(max_minutes: float) -> NothingToAnswerError:
    """The error for a recording that nothing is there to measure, and whose size allows for more.

    Its label is not asked: it says whatever its sender likes, and listening costs.
    """
    return NothingToAnswerError(
        _(
            "The recording may be longer than {max_minutes:g} minutes: its length cannot"
            " be measured.",
            max_minutes=max_minutes,
        ),
        _("Install ffmpeg with your system's package manager."),
        reason="audio_too_long",
    )


def silence(*, phantom: bool = False) -> NothingToAnswerError:
    """The error for a recording in which nobody speaks."""
    if phantom:
        return NothingToAnswerError(_("The recording contains only noise."), reason="phantom")
    return NothingToAnswerError(_("The recording contains no speech."), reason="silence")


def too_short(seconds: float) -> bool:
    """Whether nobody can have said a word in it; 0 stands for a length that is not known."""
    return 0 < seconds < _SHORTEST_SECONDS


CAPTION_UNITS = 1024
"""UTF-16 units of a caption (core.telegram.org/api/config, `caption_length_max`)."""
SPOKEN_CHARACTERS = 4096
"""What the endpoint takes at once; read aloud it is about five minutes.

https://platform.openai.com/docs/api-reference/audio/createSpeech
"""

CHARACTERS_PER_SECOND = 14
"""How fast words are read aloud, by the same measure."""


def words_of(parts: Sequence[RichText]) -> str | None:
    """What is read aloud of an answer; None if it cannot be: too long, or with code in it."""
    text = "\n\n".join(part.text.strip() for part in parts)
    code = any(entity.kind == "pre" for part in parts for entity in part.entities)
    return None if code or not 0 < len(text) <= SPOKEN_CHARACTERS else text


def seconds_of(words: str) -> float:
    """About how long it takes to read words aloud."""
    return len(words) / CHARACTERS_PER_SECOND


def caption_of(parts: Sequence[RichText], mark: str = "") -> RichText:
    """The answer as a caption with its mark if it is short, else an empty one."""
    if len(parts) == 1 and units(parts[0].text) + room(mark) <= CAPTION_UNITS:
        return marked(parts, mark)[0]
    return RichText("")
