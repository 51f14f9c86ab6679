"""What a recording, or its transcript, says: whether anybody speaks, and whether to the owner.

Whisper on silence invents text. Before anything is paid there are gates against it: how long the
recording is, and how loud. After: what it is known to say about near-silence. Where the loudness
is not known, the benefit of the doubt is the speaker's.

Wake words are the second half of the trigger's decision. A transcript has neither the slash of the
prefix nor reliable marks or capitals, so words are compared without them: "/gpt" is heard as
"GPT, …", and «Ёлка» as «елка».
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

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


def is_blank(transcript: str) -> bool:
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


_WORD = re.compile(r"\w+")


def question_in(transcript: str, prefix: str, wake_words: Iterable[str]) -> str | None:
    """What was asked, if the transcript begins with one of the wake words or the prefix's word.

    The rest of the transcript, or all of it if nothing follows; None if it begins otherwise.
    """
    spoken = [(folded(found.group()), found.end()) for found in _WORD.finditer(transcript)]
    for phrase in (prefix, *wake_words):
        words = [folded(word) for word in _WORD.findall(phrase)]
        if words and [word for word, _ in spoken[: len(words)]] == words:
            rest = transcript[spoken[len(words) - 1][1] :].lstrip(" \t\n,.:;!?…—–-")
            return rest or transcript
    return None


def folded(word: str) -> str:
    """A word as it is compared: one Unicode form, no case, "ё" as "е"."""
    return unicodedata.normalize("NFKC", word).casefold().replace("ё", "е")
