"""A recording in, its words out: fetched, sent whole or in parts, tried again if need be.

Rule 1: what the endpoint takes goes to it as it came: for a voice note no process is started, no
file is written.
Rule 2: what a recording is, and how long, is told by its own bytes, not by its label. What
nothing is there to measure is not listened to.
Rule 3: a part that was paid for is stored before the next one is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from userbot.errors import AudioError
from userbot.ports import Audio, Clock, Reader, Workplace
from userbot.rules import formats, voice_note
from userbot.rules.formats import LOOKED_AT, OGG, format_of
from userbot.rules.transcript import (
    FILE_BYTES,
    is_ghost,
    perhaps_too_long,
    phantom,
    silence,
    too_long,
    too_short,
)
from userbot.settings import VoiceConfig
from userbot.storage.store import Store
from userbot.texts import _
from userbot.timings import USUAL, Timings
from userbot.turn.turn import TranscribedRecording
from userbot.turn.understand.by_endpoint import ByEndpoint
from userbot.turn.understand.transcription_job import TranscriptionJob
from userbot.types import Format, Loudness, Sound, Transcript

_PROMPT_CHARACTERS = 200
"""The last words of one part, with which the next one begins."""
_THREAD_BYTES = 50_000
"""What has more is looked at in a thread: it takes long enough to be noticed by others."""
_SLACK_BYTES = 1_000_000
"""By how much a file may be larger than its message says."""
_SAME_SECONDS = 0.01
T = TypeVar("T")


class Recordings:
    """Has recordings transcribed; keeps parts of those that are not heard to their end."""

    def __init__(
        self,
        reader: Reader,
        audio: Audio,
        endpoint: ByEndpoint,
        store: Store,
        clock: Clock,
        timings: Timings = USUAL,
    ) -> None:
        self._reader = reader
        self._audio = audio
        self._endpoint = endpoint
        self._store = store
        self._clock = clock
        self._timings = timings

    async def transcribe(self, job: TranscriptionJob) -> TranscribedRecording:
        """Fetch a recording and have it transcribed.

        Raises NothingToAnswerError for silence and for what turns out to be too long,
        AudioError, ModelError, TelegramError.
        """
        if job.recording.size <= self._timings.whole_bytes:
            return await self._in_memory(job)
        await self._need_ffmpeg(_("It is larger than servers accept."))
        async with self._audio.workplace(job.most_seconds) as place:
            limit = min(FILE_BYTES, job.recording.size + _SLACK_BYTES)
            chat, message = job.turn.question.source, job.message
            await self._reader.save_file(chat, message, limit, place.source, _known_format)
            with place.source.open("rb") as file:
                form = _known_format(file.read(LOOKED_AT))
            return await self._in_parts(job, place, await self._read(job, place, form))

    async def _in_memory(self, job: TranscriptionJob) -> TranscribedRecording:
        data = await self._reader.fetch_file(
            job.turn.question.source, job.message, self._timings.whole_bytes, _known_format
        )
        form = _known_format(data)
        look = await _looked(voice_note.look, data, job.most_seconds) if form is OGG else None
        if look is not None:
            _check_look(look, job.settings)
        long = look is None or look.seconds > self._timings.whole_seconds
        if long and await self._audio.usable():
            return await self._measured(job, data, form)
        if look is not None:
            return await self._whole(job, data, form, look.seconds, job.loudness)
        if not form.taken:
            await self._need_ffmpeg(
                _("Transcription servers do not accept {ending} files.", ending=form.ending)
            )
        look_at = partial(formats.seconds_of, form)
        seconds = await _looked(look_at, data, job.most_seconds)
        if seconds == formats.UNKNOWN:
            raise perhaps_too_long(job.settings.max_minutes)
        _check_length(seconds, job.settings)
        return await self._whole(job, data, form, seconds, Loudness.UNKNOWN)

    async def _measured(
        self, job: TranscriptionJob, data: bytes, form: Format
    ) -> TranscribedRecording:
        """Decode it: its length and loudness are what they are then; and send it as it came."""
        async with self._audio.workplace(job.most_seconds) as place:
            await asyncio.to_thread(place.source.write_bytes, data)
            seconds = await self._read(job, place, form)
            if not form.taken or seconds > self._timings.whole_seconds:
                return await self._in_parts(job, place, seconds)
            loudness = await place.loudness()
        return await self._whole(job, data, form, seconds, loudness)

    async def _whole(
        self, job: TranscriptionJob, data: bytes, form: Format, seconds: float, loudness: Loudness
    ) -> TranscribedRecording:
        if loudness is Loudness.SILENT:
            raise silence()
        sound = Sound(data=data, file_name=f"voice.{form.ending}", mime=form.mime, seconds=seconds)
        transcript = await self._endpoint.transcribe(job, sound, job.settings.prompt)
        if loudness is Loudness.UNKNOWN and phantom(transcript.text):
            loudness = await self._loudness(job, data, form)
        return TranscribedRecording(transcript, loudness)

    async def _read(self, job: TranscriptionJob, place: Workplace, form: Format) -> float:
        """Decode what lies there; gives its seconds, if they are neither too many nor too few."""
        seconds = await place.read(form)
        _check_length(seconds, job.settings)
        return seconds

    async def _loudness(self, job: TranscriptionJob, data: bytes, form: Format) -> Loudness:
        """How loud sound is, by decoding it; UNKNOWN if that cannot be done."""
        if not await self._audio.usable():
            return Loudness.UNKNOWN
        try:
            async with self._audio.workplace(job.most_seconds) as place:
                await asyncio.to_thread(place.source.write_bytes, data)
                await place.read(form)
                return await place.loudness()
        except AudioError:
            return Loudness.UNKNOWN

    async def _in_parts(
        self, job: TranscriptionJob, place: Workplace, seconds: float
    ) -> TranscribedRecording:
        known = self._known_parts(job)
        done: list[Transcript] = []
        texts: list[str] = []
        heard = 0.0
        async for sound, loudness in place.parts():
            heard += sound.seconds
            if loudness is not Loudness.SILENT:
                said = await self._part(job, sound, texts, known)
                done.append(said)
                if not known:  # else more is known than was used by now
                    self._keep_parts(job, done)
                if not is_ghost(said.text, loudness):
                    texts.append(said.text)
            if heard < seconds - 1:
                self._endpoint.progress(job, f"{heard / 60:.0f} / {seconds / 60:.0f} min")
        if not done:
            raise silence()
        whole = Transcript(text=" ".join(texts), model=done[-1].model, seconds=heard)
        return TranscribedRecording(whole, Loudness.LOUD, len(done))

    def _known_parts(self, job: TranscriptionJob) -> list[Transcript]:
        known = job.turn.parts.get(job.message)
        if known is None:
            known = self._store.transcripts.parts(job.turn.question.source, job.message)
        return list(known)

    def _keep_parts(self, job: TranscriptionJob, done: list[Transcript]) -> None:
        job.turn.parts[job.message] = list(done)
        question = job.turn.question
        if not question.listen_first and self._store.quotes.wants(question, job.message):
            self._store.transcripts.keep_parts(question, job.message, done, self._clock.now())

    async def _part(
        self, job: TranscriptionJob, sound: Sound, before: list[str], known: list[Transcript]
    ) -> Transcript:
        """The words of the next part: those of `known`, from the front, or asked for."""
        if known:
            said = known.pop(0)
            if abs(said.seconds - sound.seconds) < _SAME_SECONDS:
                return said
            known.clear()  # it was cut elsewhere then
        return await self._endpoint.transcribe(job, sound, _prompt(job.settings.prompt, before))

    async def _need_ffmpeg(self, why: str) -> None:
        if not await self._audio.usable():
            raise AudioError(
                _("This recording needs ffmpeg. {why}", why=why),
                _("Install ffmpeg with your system's package manager."),
                reason="ffmpeg_missing",
            )


async def _looked(look: Callable[[bytes, float], T], data: bytes, most_seconds: float) -> T:
    if len(data) < _THREAD_BYTES:
        return look(data, most_seconds)
    return await asyncio.to_thread(look, data, most_seconds)


def _known_format(data: bytes) -> Format:
    form = format_of(data[:LOOKED_AT])
    if form is None:
        raise AudioError(
            _("This file is not a recording."),
            _("Send it as a voice note, or as a file with sound."),
            reason="audio_not_recognised",
        )
    return form


def _check_look(look: voice_note.Look, settings: VoiceConfig) -> None:
    if not look.seconds:
        raise AudioError(
            _("The recording contains no sound."),
            _("It may be damaged; ask for it again as a voice note."),
            reason="audio_unreadable",
        )
    _check_length(look.seconds, settings)
    if look.silent:
        raise silence()


def _check_length(seconds: float, settings: VoiceConfig) -> None:
    if seconds > settings.max_minutes * 60:
        raise too_long(settings.max_minutes)
    if too_short(seconds):
        raise silence()


def _prompt(general: str | None, texts: list[str]) -> str | None:
    """What a part is asked with: the owner's words, and the end of what was said before."""
    last = " ".join(texts)[-_PROMPT_CHARACTERS:].partition(" ")[2] if texts else ""
    return " ".join(filter(None, (general, last))) or None
