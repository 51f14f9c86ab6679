"""A recording in, its words out: fetched, sent whole or in parts, asked for again if need be.

Rule 1: what the endpoint takes goes to it as it came: no process is started, no file is written.
Rule 2: what a recording is, and how long, is told by its own bytes, not by its label.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from userbot.activity import Report, Waiting
from userbot.errors import AudioError, ModelError
from userbot.messages import Ask, Format, Hints, Loudness, Sound, Transcript
from userbot.messages import Voice as Recording
from userbot.path.allowance import Allowance
from userbot.path.patience import Patience
from userbot.ports import Audio, Clock, Files, Transcriber, Workplace
from userbot.rules import ghosts, ogg, retrying
from userbot.rules.formats import LOOKED_AT, OGG, format_of
from userbot.rules.voice import FILE_BYTES, WHOLE_BYTES, WHOLE_SECONDS, refused, silence, too_short
from userbot.settings import Voice

_PROMPT_CHARACTERS = 200
"""The last words of one part, with which the next one begins."""
_LOOK_SECONDS = 120.0
"""How much of a recording is decoded to see whether it says anything."""
_SLACK_BYTES = 1_000_000
"""By how much a file may be larger than its message says."""


@dataclass(frozen=True, slots=True)
class Task:
    """A recording to listen to: in which message, for which question, as which settings say."""

    ask: Ask
    message: int
    recording: Recording
    settings: Voice


@dataclass(frozen=True, slots=True)
class Listened:
    """What was heard, in so many parts, and how loud it was."""

    transcript: Transcript
    loudness: Loudness
    parts: int = 1


class Listening:
    """Listens to one recording at a time; keeps nothing."""

    def __init__(
        self,
        files: Files,
        transcriber: Transcriber,
        audio: Audio,
        allowance: Allowance,
        patience: Patience,
        clock: Clock,
        report: Report,
    ) -> None:
        self._files = files
        self._transcriber = transcriber
        self._audio = audio
        self._allowance = allowance
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
        async with self._audio.workplace(task.settings.max_minutes * 60) as place:
            limit = min(FILE_BYTES, task.recording.size + _SLACK_BYTES)
            await self._files.save(task.ask.chat, task.message, limit, place.source)
            with place.source.open("rb") as file:
                head = file.read(LOOKED_AT)
            return await self._in_parts(task, place, _known_format(head))

    async def _in_memory(self, task: Task) -> Listened:
        data = await self._files.fetch(task.ask.chat, task.message, WHOLE_BYTES)
        form = _known_format(data[:LOOKED_AT])
        seconds = ogg.seconds(data) if form is OGG else None
        seconds = task.recording.seconds if seconds is None else seconds
        _check_length(seconds, task.settings)
        if not form.taken or (seconds > WHOLE_SECONDS and await self._audio.usable()):
            await self._need_ffmpeg(f"Endpoints do not take {form.ending} files.")
            async with self._audio.workplace(task.settings.max_minutes * 60) as place:
                await asyncio.to_thread(place.source.write_bytes, data)
                del data
                return await self._in_parts(task, place, form)
        loudness = ghosts.loudness_of(task.recording.waveform)
        if loudness is Loudness.UNKNOWN and form is OGG and ogg.digital_silence(data):
            loudness = Loudness.SILENT
        elif loudness is Loudness.UNKNOWN and task.recording.kind != "voice":
            loudness = await self._look(data, form)
        if loudness is Loudness.SILENT:
            raise silence()
        sound = Sound(data=data, file_name=f"voice.{form.ending}", mime=form.mime, seconds=seconds)
        transcript = await self._asked(task, sound, task.settings.prompt)
        if loudness is Loudness.UNKNOWN and ghosts.phantom(transcript.text):
            loudness = await self._look(data, form)
        return Listened(transcript, loudness)

    async def _look(self, data: bytes, form: Format) -> Loudness:
        """How loud sound is, by decoding its beginning; UNKNOWN if that cannot be done."""
        if not await self._audio.usable():
            return Loudness.UNKNOWN
        async with self._audio.workplace(_LOOK_SECONDS) as place:
            await asyncio.to_thread(place.source.write_bytes, data)
            try:
                await place.read(form)
            except AudioError:
                return Loudness.UNKNOWN
            return await place.loudness()

    async def _in_parts(self, task: Task, place: Workplace, form: Format) -> Listened:
        seconds = await place.read(form)
        _check_length(seconds, task.settings)
        texts: list[str] = []
        model = ""
        heard = 0.0
        parts = 0
        async for sound, loudness in place.parts():
            heard += sound.seconds
            if loudness is not Loudness.SILENT:
                said = await self._asked(task, sound, _prompt(task.settings.prompt, texts))
                parts += 1
                model = said.model
                invented = loudness is not Loudness.LOUD and ghosts.phantom(said.text)
                if not invented and not ghosts.wordless(said.text):
                    texts.append(said.text)
            if heard < seconds - 1:
                self._progress(task, f"{heard / 60:.0f} / {seconds / 60:.0f} min")
        if not parts:
            raise silence()
        whole = Transcript(text=" ".join(texts), model=model, seconds=heard)
        return Listened(whole, Loudness.LOUD, parts)

    async def _asked(self, task: Task, sound: Sound, prompt: str | None) -> Transcript:
        await self._allowance.before_audio(task.ask, sound.seconds)
        hints = Hints(language=task.settings.language, prompt=prompt)
        began, failed = self._clock.monotonic(), 0
        while True:
            try:
                said = await self._transcriber.transcribe(sound, hints)
                await self._allowance.audio_paid(task.ask, said.model, sound.seconds)
                return said
            except ModelError as error:
                failed += 1
                spent = self._clock.monotonic() - began
                seconds = retrying.pause(failed, error.retry_after, spent=spent)
                if seconds is None:
                    raise
                why = str(error)
            await self._patience.wait(
                task.ask, "transcription_again", seconds, why, message=task.message
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


def _known_format(head: bytes) -> Format:
    form = format_of(head)
    if form is None:
        raise AudioError(
            "This is no recording, whatever its label says.", reason="audio_not_recognised"
        )
    return form


def _check_length(seconds: float, settings: Voice) -> None:
    if seconds > settings.max_minutes * 60:
        raise refused("audio_too_long", settings.max_minutes)
    if too_short(seconds):
        raise silence()


def _prompt(general: str | None, texts: list[str]) -> str | None:
    """What a part is asked with: the owner's words, and the end of what was said before."""
    last = " ".join(texts)[-_PROMPT_CHARACTERS:].partition(" ")[2] if texts else ""
    return " ".join(filter(None, (general, last))) or None
