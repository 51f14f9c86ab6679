"""A recording in, its words out: fetched, sent whole or in parts, asked for again if need be.

Rule 1: what the endpoint takes goes to it came: for a voice note no process is started, no
file is written.
Rule 2: what a recording is, and how long, is told by its own bytes, not by its label. What
nothing is there to measure is not listened to.
Rule 3: a part that was paid for is stored before the next one is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from userbot.errors import AudioError, ModelError
from userbot.events import Report, Waiting
from userbot.path.allowance import Allowance
from userbot.path.patience import Patience
from userbot.path.storing import Storing
from userbot.ports import Audio, Clock, Reader, Transcriber, Workplace
from userbot.rules import ghosts, lengths, ogg, retrying
from userbot.rules.formats import LOOKED_AT, OGG, format_of
from userbot.rules.limits import PAID_ALL_THE_SAME
from userbot.rules.voice import (
    FILE_BYTES,
    WHOLE_BYTES,
    WHOLE_SECONDS,
    perhaps_too_long,
    refused,
    silence,
    too_short,
)
from userbot.settings import VoiceConfig
from userbot.storage.store import Store
from userbot.types import Format, Hints, Loudness, Question, Sound, Transcript
from userbot.types import Voice as Recording

_PROMPT_CHARACTERS = 200
"""The last words of one part, with which the next one begins."""
_THREAD_BYTES = 50_000
"""What has more is looked at in a thread: it takes long enough to be noticed by others."""
_SLACK_BYTES = 1_000_000
"""By how much a file may be larger than its message says."""
_SAME_SECONDS = 0.01
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Task:
    """A recording to listen to: in which message, for which question, as which settings say."""

    ask: Question
    message: int
    recording: Recording
    settings: VoiceConfig
    keep: bool = True
    """Its words may be stored."""

    @property
    def most_seconds(self) -> float:
        """How long it may be."""
        return self.settings.max_minutes * 60


@dataclass(frozen=True, slots=True)
class Listened:
    """What was heard, in so many parts, and how loud it was."""

    transcript: Transcript
    loudness: Loudness
    parts: int = 1


class Listening:
    """Listens to one recording at a time; keeps nothing but parts of those that failed."""

    def __init__(
        self,
        reader: Reader,
        transcriber: Transcriber,
        audio: Audio,
        allowance: Allowance,
        store: Store,
        storing: Storing,
        patience: Patience,
        clock: Clock,
        report: Report,
    ) -> None:
        self._reader = reader
        self._transcriber = transcriber
        self._audio = audio
        self._allowance = allowance
        self._store = store
        self._storing = storing
        self._patience = patience
        self._clock = clock
        self._report = report

    async def listen(self, task: Task) -> Listened:
        """Fetch a recording and have it transcribed.

        Raises NothingToAnswerError for silence and for what turns out to be too long,
        AudioError, ModelError, TelegramError.
        """
        if task.recording.size <= WHOLE_BYTES:
            return await self._in_memory(task)
        await self._need_ffmpeg("It is larger than an endpoint takes.")
        async with self._audio.workplace(task.most_seconds) as place:
            limit = min(FILE_BYTES, task.recording.size + _SLACK_BYTES)
            chat, message = task.ask.source, task.message
            await self._reader.save_file(chat, message, limit, place.source, _known_format)
            with place.source.open("rb") as file:
                form = _known_format(file.read(LOOKED_AT))
            return await self._in_parts(task, place, await self._read(task, place, form))

    async def _in_memory(self, task: Task) -> Listened:
        data = await self._reader.fetch_file(
            task.ask.source, task.message, WHOLE_BYTES, _known_format
        )
        form = _known_format(data)
        look = await _looked(ogg.look, data, task.most_seconds) if form is OGG else None
        if look is not None:
            _check_look(look, task.settings)
        if (look is None or look.seconds > WHOLE_SECONDS) and await self._audio.usable():
            return await self._measured(task, data, form)
        if look is not None:
            loudness = ghosts.loudness_of(task.recording.waveform)
            return await self._whole(task, data, form, look.seconds, loudness)
        if not form.taken:
            await self._need_ffmpeg(f"Endpoints do not take {form.ending} files.")
        look_at = partial(lengths.seconds_of, form)
        seconds = await _looked(look_at, data, task.most_seconds)
        if seconds == lengths.UNKNOWN:
            raise perhaps_too_long(task.settings.max_minutes)
        _check_length(seconds, task.settings)
        return await self._whole(task, data, form, seconds, Loudness.UNKNOWN)

    async def _measured(self, task: Task, data: bytes, form: Format) -> Listened:
        """Decode it: its length and loudness are what they are then; and send it came."""
        async with self._audio.workplace(task.most_seconds) as place:
            await asyncio.to_thread(place.source.write_bytes, data)
            seconds = await self._read(task, place, form)
            if not form.taken or seconds > WHOLE_SECONDS:
                return await self._in_parts(task, place, seconds)
            loudness = await place.loudness()
        return await self._whole(task, data, form, seconds, loudness)

    async def _whole(
        self, task: Task, data: bytes, form: Format, seconds: float, loudness: Loudness
    ) -> Listened:
        if loudness is Loudness.SILENT:
            raise silence()
        sound = Sound(data=data, file_name=f"voice.{form.ending}", mime=form.mime, seconds=seconds)
        transcript = await self._asked(task, sound, task.settings.prompt)
        if loudness is Loudness.UNKNOWN and ghosts.phantom(transcript.text):
            loudness = await self._loudness(task, data, form)
        return Listened(transcript, loudness)

    async def _read(self, task: Task, place: Workplace, form: Format) -> float:
        """Decode what lies there; gives its seconds, if they are neither too many nor too few."""
        seconds = await place.read(form)
        _check_length(seconds, task.settings)
        return seconds

    async def _loudness(self, task: Task, data: bytes, form: Format) -> Loudness:
        """How loud sound is, by decoding it; UNKNOWN if that cannot be done."""
        if not await self._audio.usable():
            return Loudness.UNKNOWN
        try:
            async with self._audio.workplace(task.most_seconds) as place:
                await asyncio.to_thread(place.source.write_bytes, data)
                await place.read(form)
                return await place.loudness()
        except AudioError:
            return Loudness.UNKNOWN

    async def _in_parts(self, task: Task, place: Workplace, seconds: float) -> Listened:
        find = partial(self._store.transcripts.parts, task.ask.source, task.message)
        known = await self._storing.done(find, task.ask)
        done: list[Transcript] = []
        texts: list[str] = []
        heard = 0.0
        async for sound, loudness in place.parts():
            heard += sound.seconds
            if loudness is not Loudness.SILENT:
                said = await self._part(task, sound, texts, known)
                done.append(said)
                if task.keep and not known:  # else more is stored than was used by now
                    keep = partial(
                        self._store.transcripts.keep_parts, task.ask, task.message, list(done)
                    )
                    await self._storing.done(partial(keep, self._clock.now()), task.ask)
                invented = loudness is not Loudness.LOUD and ghosts.phantom(said.text)
                if not invented and not ghosts.wordless(said.text):
                    texts.append(said.text)
            if heard < seconds - 1:
                self._progress(task, f"{heard / 60:.0f} / {seconds / 60:.0f} min")
        if not done:
            raise silence()
        whole = Transcript(text=" ".join(texts), model=done[-1].model, seconds=heard)
        return Listened(whole, Loudness.LOUD, len(done))

    async def _part(
        self, task: Task, sound: Sound, before: list[str], known: list[Transcript]
    ) -> Transcript:
        """The words of the next part: those of `known`, from the front, or asked for."""
        if known:
            said = known.pop(0)
            if abs(said.seconds - sound.seconds) < _SAME_SECONDS:
                return said
            known.clear()  # it was cut elsewhere then
        return await self._asked(task, sound, _prompt(task.settings.prompt, before))

    async def _asked(self, task: Task, sound: Sound, prompt: str | None) -> Transcript:
        ask, model = task.ask, task.settings.model
        hints = Hints(language=task.settings.language, prompt=prompt)
        began, failed = self._clock.monotonic(), 0
        while True:
            await self._allowance.before_audio(ask, model, sound.seconds)
            try:
                said = await self._transcriber.transcribe(sound, hints)
                await self._allowance.audio_paid(ask, said.model, sound.seconds)
                return said
            except asyncio.CancelledError:
                self._allowance.audio_cut(ask, model, sound.seconds)
                raise
            except ModelError as error:
                if error.reason in PAID_ALL_THE_SAME:
                    self._allowance.audio_cut(ask, model, sound.seconds)
                else:
                    self._allowance.audio_free(ask)
                failed += 1
                spent = self._clock.monotonic() - began
                seconds = retrying.pause(failed, error.retry_after, spent=spent)
                if seconds is None:
                    raise
                why = str(error)
            await self._patience.wait(
                ask, "transcription_again", seconds, why, message=task.message
            )

    def _progress(self, task: Task, detail: str) -> None:
        self._report(
            Waiting(
                chat=task.ask.chat,
                title=task.ask.title,
                message=task.message,
                person=task.ask.sender,
                reason="transcribing",
                seconds=0,
                detail=detail,
            )
        )

    async def _need_ffmpeg(self, why: str) -> None:
        if not await self._audio.usable():
            raise AudioError(
                f"This recording cannot be listened to without ffmpeg. {why}",
                "Install ffmpeg, or the extra: pip install 'gpt-userbot[audio]'.",
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
            "This is no recording, whatever its label says.",
            "Send it as a voice note, or as a file with sound.",
            reason="audio_not_recognised",
        )
    return form


def _check_look(look: ogg.Look, settings: VoiceConfig) -> None:
    if not look.seconds:
        raise AudioError(
            "The recording holds no sound.",
            "It may be damaged; ask for it again as a voice note.",
            reason="audio_unreadable",
        )
    _check_length(look.seconds, settings)
    if look.silent:
        raise silence()


def _check_length(seconds: float, settings: VoiceConfig) -> None:
    if seconds > settings.max_minutes * 60:
        raise refused("audio_too_long", settings.max_minutes)
    if too_short(seconds):
        raise silence()


def _prompt(general: str | None, texts: list[str]) -> str | None:
    """What a part is asked with: the owner's words, and the end of what was said before."""
    last = " ".join(texts)[-_PROMPT_CHARACTERS:].partition(" ")[2] if texts else ""
    return " ".join(filter(None, (general, last))) or None
