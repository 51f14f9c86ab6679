"""The words of a recording: from the turn, from the store, or transcribed, once.

Rule 1: what can be known before anything is fetched is looked at first: length, size, loudness.
Rule 2: only a few recordings are in work at a time, and only one of the large ones.
Rule 3: what was paid for is in the turn, then in the store, before anything is done with it.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from userbot.events import Report, Transcribed, about
from userbot.ports import Clock
from userbot.rules.plain import preview
from userbot.rules.transcript import is_blank, is_ghost, loudness_of, silence, too_short, unfit
from userbot.settings import VoiceConfig
from userbot.storage.store import Store
from userbot.timings import USUAL, Timings
from userbot.turn.turn import TranscribedRecording, Turn
from userbot.turn.understand.by_telegram import ByTelegram
from userbot.turn.understand.recording import Recordings
from userbot.turn.understand.slots import take_slot
from userbot.turn.understand.transcription_job import TranscriptionJob
from userbot.types import TELEGRAM, Loudness, Transcript
from userbot.types import Voice as Recording


class Transcribe:
    """Transcripts, each paid once."""

    def __init__(
        self,
        by_telegram: ByTelegram,
        recordings: Recordings,
        store: Store,
        clock: Clock,
        report: Report,
        timings: Timings = USUAL,
    ) -> None:
        self._by_telegram = by_telegram
        self._recordings = recordings
        self._store = store
        self._clock = clock
        self._report = report
        self._small = asyncio.Semaphore(timings.recordings)
        self._large = asyncio.Semaphore(1)
        self._large_bytes = timings.large_recording_bytes

    async def words(
        self, turn: Turn, message: int, recording: Recording, settings: VoiceConfig
    ) -> Transcript:
        """What is said in a message of the question's chat.

        The words of a note that is perhaps meant for others are kept in the turn alone. Raises
        NothingToAnswerError for silence and for what is too long, AudioError, ModelError,
        TelegramError, StorageError.
        """
        question = turn.question
        known = turn.transcripts.get(message) or self._store.transcripts.find(
            question.source, message
        )
        if known is not None:
            if is_blank(known.text):
                raise silence()
            turn.transcripts[message] = known
            return known
        if (error := unfit(recording, settings.max_minutes)) is not None:
            raise error
        if too_short(recording.seconds):
            raise silence()
        loudness = loudness_of(recording.waveform)
        if loudness is Loudness.SILENT:
            raise silence()
        began = self._clock.monotonic()
        heard = turn.heard.get(message)
        if heard is None:
            job = TranscriptionJob(turn, message, recording, settings, loudness)
            heard = turn.heard[message] = await self._by_either(job)
        ghost = is_ghost(heard.transcript.text, heard.loudness)
        keep = not question.listen_first and self._store.quotes.wants(question, message)
        # That nobody speaks there is known from now on; what was invented is not kept.
        transcript = replace(heard.transcript, text="") if ghost else heard.transcript
        self._store.transcripts.keep(
            question, message, transcript, self._clock.now(), words=keep or ghost
        )
        if ghost:
            raise silence(phantom=not is_blank(heard.transcript.text))
        turn.transcripts[message] = transcript
        self._report(
            Transcribed(
                **about(question, message),
                text=preview(transcript.text) if keep else "",
                model=transcript.model,
                duration=transcript.seconds or recording.seconds,
                seconds=self._clock.monotonic() - began,
                parts=heard.parts,
                engine=TELEGRAM if transcript.model == TELEGRAM else "endpoint",
            )
        )
        return transcript

    def keep(self, turn: Turn, message: int) -> None:
        """A note was meant for us: its words may be stored. Raises StorageError."""
        free = replace(turn.transcripts[message], seconds=0)
        self._store.transcripts.keep(turn.question, message, free, self._clock.now(), words=True)

    async def _by_either(self, job: TranscriptionJob) -> TranscribedRecording:
        """Have it transcribed by whom the config wants: Telegram, the endpoint, or one after the
        other."""
        if job.settings.engine != "endpoint":
            heard = await self._by_telegram.transcribe(job)
            if heard is not None:
                return heard
        slots, reason = self._small, "recordings"
        if job.recording.size > self._large_bytes:
            slots, reason = self._large, "large_recordings"
        await take_slot(slots, job.turn, self._report, reason, job.message)
        try:
            return await self._recordings.transcribe(job)
        finally:
            slots.release()
