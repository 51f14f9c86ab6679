"""Whether a recording is one to listen to, and by its sound or transcript whether anybody speaks,
and to the owner.

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

from userbot.errors import AudioError, NothingToAnswerError
from userbot.texts import _
from userbot.types import Loudness
from userbot.types import Voice as Recording

FILE_BYTES: Final = 2_000_000_000
"""The largest file that is fetched at all: what Telegram lets everybody send."""
_SHORTEST_SECONDS: Final = 0.5
SILENT_VALUE: Final = 2
QUIET_VALUE: Final = 5
"""Of 31. Telegram's apps draw the loudest peak at 31 only from 2500 of 32768 on (-22 dBFS), so
these are peaks of about -46 and -38 dBFS; speech into a phone is near -20."""
SILENT_DBFS: Final = -46.0
QUIET_DBFS: Final = -38.0
"""The same as peaks of decoded sound."""
_LONGEST: Final = 300
"""Characters; what is longer is no phantom, but for a line that comes again and again."""
_READ: Final = 20_000
_LINE_WORDS: Final = 12
_FEW_WORDS: Final = 6
_LINE_CHARACTERS: Final = 6
_SOME_TIMES: Final = 3
_MANY_TIMES: Final = 8
"""So often nobody says the same line without anything else."""


def unfit(recording: Recording, max_minutes: float) -> NothingToAnswerError | AudioError | None:
    """Why a recording is not even downloaded; None if it can be.

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


def is_ghost(transcript: str, loudness: Loudness) -> bool:
    """Whether nobody has said this: it is blank, invented, or made of what hardly sounds."""
    quiet = loudness in (Loudness.SILENT, Loudness.QUIET)
    return is_blank(transcript) or invented(transcript) or (quiet and phantom(transcript))


def phantom(transcript: str) -> bool:
    """Whether all of it is like what Whisper says when nobody speaks.

    That is: one of its lines, or thanks and farewells of a video in any language, or one line
    again and again. People say such things, too: it counts where hardly anything is heard.
    """
    line, times = _loop(transcript)
    return bool(_PHANTOM.fullmatch(line)) or _like_a_video(transcript) or times >= _SOME_TIMES


def invented(transcript: str) -> bool:
    """Whether it is what people do not say, however loud it is.

    A film's credits are, or a line that Whisper could not leave any more.
    """
    line, times = _loop(transcript)
    known = times >= _SOME_TIMES and _PHANTOM.fullmatch(line)
    short = len(transcript) <= _LONGEST
    credit = _CREDIT.fullmatch(line) or (short and _CREDITED.search(transcript))
    return bool(credit or known) or times >= _MANY_TIMES


def _graded(value: float, silent: float, quiet: float) -> Loudness:
    if value <= silent:
        return Loudness.SILENT
    return Loudness.QUIET if value <= quiet else Loudness.LOUD


def _loop(transcript: str) -> tuple[str, int]:
    """Its words, and how often they come in a row: of a line that is said again and again, one.

    "" for a transcript that is too long for a phantom. A single short word is no line.
    """
    words = re.sub(r"[\W_]+", " ", folded(transcript[:_READ])).split()
    for length in range(1, min(_LINE_WORDS, len(words) // 2) + 1):
        line = " ".join(words[:length])
        again = all(words[at] == words[at - length] for at in range(length, len(words)))
        if again and len(line) >= _LINE_CHARACTERS:
            return line, len(words) // length
    return ("", 1) if len(transcript) > _LONGEST else (" ".join(words), 1)


def _like_a_video(transcript: str) -> bool:
    """Whether each sentence of a few words thanks, takes leave, or asks to subscribe."""
    if len(transcript) > _LONGEST:
        return False
    sentences = re.split(r"[.!?…。！？\n]+", folded(transcript))
    sentences = [one for one in sentences if re.search(r"\w", one)]
    few = all(len(one.split()) <= _FEW_WORDS for one in sentences)
    return bool(sentences) and few and all(map(_OF_A_VIDEO.search, sentences))


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
_CREDITED: Final = re.compile(r"\bamara.{0,2}org\b", re.I)
"""Whose subtitles Whisper learned from names itself in them, in every language."""
_OF_A_VIDEO: Final = re.compile(
    r"\b(thank\w*|danke?|merci|gracias|grazie|obrigad\w+|bedankt|dank (?:je|u)|tack|takk|tak for"
    r"|kiitos|dzi[eę]kuj\w+|d[eě]kuj\w+|[ďd]akuj\w+|mul[tț]umesc|hvala|k[oö]sz[oö]n\w+"
    r"|te[sş]ekk[uü]r\w*|terima kasih|c[aả]m [oơ]n|спасибо|дякую|дзякуй|благодаря|рахмет"
    r"|ευχαριστ\w+"
    r"|شكرا\w*|תודה)\b.{0,60}\b(watch\w*|view\w*|zuschau\w*|regard\w+|ver|v[ií]deo|vision\w*"
    r"|assist\w+|guarda\w*|kijken|titt\w*|kats\w*|ogl[aą]d\w+|sledov\w+|pozornost|atenc\w+"
    r"|attention|aufmerksamkeit|izle\w*|menonton|theo d[oõ]i|просмотр|внимание|перегляд|увагу"
    r"|المشاهدة|צפייה\w*)"
    r"|\bsubscri\w+|\babonn\w+|suscr[ií]b\w+|\biscriv\w+|inscrev\w+|subskryb\w+|abone ol"
    r"|подпи(?:шись|шитесь|сывай\w*)|підпи(?:шіться|сывай\w*)"
    r"|チャンネル登録|視聴|订阅|訂閱|收看|观看|觀看|구독|시청"
)
"""Stems of what is said at a video's end, in the languages that have most of them."""
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
