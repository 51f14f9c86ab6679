"""What a chat's own words about voice change, and what is too much or too little to listen to."""

from __future__ import annotations

from dataclasses import fields, replace

from userbot.errors import AudioError, NothingToAnswerError
from userbot.settings import ChatConfig, VoiceConfig
from userbot.texts import _
from userbot.types import Voice as Recording

FILE_BYTES = 2_000_000_000
"""The largest file that is fetched at all: what Telegram lets everybody send."""
_SHORTEST_SECONDS = 0.5


def voice_of(general: VoiceConfig, chat: ChatConfig | None) -> VoiceConfig:
    """[voice] as it holds in a chat."""
    own = chat.voice if chat is not None else None
    if own is None:
        return general
    told = {field.name: getattr(own, field.name) for field in fields(own)}
    return replace(general, **{name: value for name, value in told.items() if value is not None})


def unfit(recording: Recording, max_minutes: float) -> str | None:
    """Why a recording is not even downloaded, as a slug; None if it is.

    A length that the message does not tell is found out later.
    """
    if recording.size <= 0:
        return "audio_empty"
    if recording.seconds > max_minutes * 60:
        return "audio_too_long"
    if recording.size > FILE_BYTES:
        return "audio_too_large"
    return None


def refused(reason: str, max_minutes: float) -> NothingToAnswerError | AudioError:
    """The error for a reason of `unfit`."""
    if reason == "audio_too_long":
        return NothingToAnswerError(
            _("The recording is longer than {max_minutes:g} minutes.", max_minutes=max_minutes),
            _("Raise max_minutes under [voice]."),
            reason=reason,
        )
    if reason == "audio_empty":
        return AudioError(_("The recording is empty."), reason=reason)
    return AudioError(
        _("The recording is larger than {size:.0f} MB.", size=FILE_BYTES / 1000000.0),
        reason="audio_too_large",
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
        _("Install ffmpeg, or run `pip install 'gpt-userbot[audio]'`."),
        reason="audio_too_long",
    )


def silence(*, phantom: bool = False) -> NothingToAnswerError:
    """The error for a recording in which nobody speaks."""
    if phantom:
        return NothingToAnswerError(_("Nothing but noise in the recording."), reason="phantom")
    return NothingToAnswerError(_("Nobody speaks in the recording."), reason="silence")


def too_short(seconds: float) -> bool:
    """Whether nobody can have said a word in it; 0 stands for a length that is not known."""
    return 0 < seconds < _SHORTEST_SECONDS
