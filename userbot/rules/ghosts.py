"""Whisper on silence invents text; these are the gates against it.

Before anything is paid: how long it is, and how loud. After: what it is known to say about
near-silence. Where the loudness is not known, the benefit of the doubt is the speaker's.
"""

from __future__ import annotations

import re
from typing import Final

from userbot.rules.wake import folded
from userbot.types import Loudness

SILENT_VALUE: Final = 2
QUIET_VALUE: Final = 5
"""Of 31. Telegram's apps draw the loudest peak at 31 only from 2500 of 32768 on (-22 dBFS), so
these are peaks of about -46 and -38 dBFS; speech into a phone is near -20."""
SILENT_DBFS: Final = -46.0
QUIET_DBFS: Final = -38.0
"""The same as peaks of decoded sound."""
_LONGEST: Final = 300
"""Characters; what is longer is no phantom."""


def loudness_of(waveform: bytes) -> Loudness:
    """How loud a recording is by the waveform that its message carries.

    All zeros say nothing: an app that draws no waveform sends that too.
    """
    top = max(waveform, default=0)
    return _graded(top, SILENT_VALUE, QUIET_VALUE) if top else Loudness.UNKNOWN


def loudness_at(peak_dbfs: float) -> Loudness:
    """How loud decoded sound is by its peak (-inf for digital silence)."""
    return _graded(peak_dbfs, SILENT_DBFS, QUIET_DBFS)


def wordless(transcript: str) -> bool:
    """Whether a transcript holds no word: nothing, dots, notes, or a remark in brackets."""
    bare = re.sub(r"\[[^]]*\]|\([^)]*\)|<\|[^|]*\|>", " ", transcript)
    return not re.search(r"\w", bare)


def phantom(transcript: str) -> bool:
    """Whether all of it is what Whisper is known to say when nobody speaks."""
    return bool(_PHANTOM.fullmatch(_bare(transcript)))


def credit(transcript: str) -> bool:
    """Whether it is a film's credits, which people do not say, however loud it is."""
    return bool(_CREDIT.fullmatch(_bare(transcript)))


def _graded(value: float, silent: float, quiet: float) -> Loudness:
    if value <= silent:
        return Loudness.SILENT
    return Loudness.QUIET if value <= quiet else Loudness.LOUD


def _bare(transcript: str) -> str:
    """The words alone; "" for a transcript that is too long for a phantom."""
    if len(transcript) > _LONGEST:
        return ""
    return re.sub(r"[\W_]+", " ", folded(transcript)).strip()


def _any(*phrases: str) -> re.Pattern[str]:
    # One phrase may come several times, and several after each other.
    return re.compile(rf"(?:(?:{'|'.join(phrases)})(?: |$))+")


_CREDITS: Final = (
    r"(?:субтитры|титры) (?:сделал|создавал|подогнал|делал) \w+",
    r"(?:редактор субтитров|корректор) \w+(?: \w+)?",
    r"(?:subtitles|captions|transcription) by(?: the)?(?: amara org)? \w+(?: \w+)?",
    r"sous titres realises para la communaute d amara org",
    r"untertitel(?:ung)? (?:im auftrag des|der|von) \w+(?: \w+){0,4}",
    r"subtitulos (?:realizados )?por la comunidad de amara org",
)
_CREDIT: Final = _any(*_CREDITS)
_PHANTOM: Final = _any(
    *_CREDITS,
    r"thank(?:s| you)(?: very much| so much)?(?: for (?:watching|listening|your attention))?",
    r"(?:please )?(?:like and )?subscribe(?: to (?:my|our|the) channel)?",
    r"see you (?:in the )?next (?:video|time)",
    r"(?:good ?)?bye",
    r"you",
    r"the end",
    r"music(?: playing)?|applause|silence|blank audio",
    r"продолжение следует",
    r"спасибо(?: вам)?(?: большое)?(?: за (?:просмотр|внимание))?",
    r"подписывайтесь на (?:мой |наш )?канал",
    r"ставьте лайки(?: и подписывайтесь(?: на канал)?)?",
    r"до (?:новых встреч|свидания)",
    r"всем пока|пока",
    r"(?:динамичная |спокойная |веселая )?музыка|аплодисменты|тишина",
    r"vielen dank(?: fur(?:s| das) zuschauen)?",
    r"merci d avoir regarde(?: cette video)?",
    r"gracias por ver(?: el video)?",
    r"ご視聴ありがとうございました",
    r"谢谢(?:观看|大家)",
)
