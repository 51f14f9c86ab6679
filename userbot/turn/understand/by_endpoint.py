"""One sound to the endpoint, and its words back: authorized before, captured after, tried again."""

from __future__ import annotations

from userbot.errors import ModelError
from userbot.events import Report, Waiting, about
from userbot.ports import Clock, Transcriber
from userbot.rules import retrying
from userbot.turn.budget import Budget
from userbot.turn.turn import Turn
from userbot.turn.understand.transcription_job import TranscriptionJob
from userbot.types import Hints, Sound, Transcript


class ByEndpoint:
    """Asks the endpoint; what may pass is tried again."""

    def __init__(
        self, transcriber: Transcriber, budget: Budget, clock: Clock, report: Report
    ) -> None:
        self._transcriber = transcriber
        self._budget = budget
        self._clock = clock
        self._report = report

    async def transcribe(
        self, job: TranscriptionJob, sound: Sound, prompt: str | None
    ) -> Transcript:
        """The words of a sound. Raises ModelError, LimitReachedError and StorageError."""
        turn, model = job.turn, job.settings.model
        hints = Hints(language=job.settings.language, prompt=prompt)
        if turn.uncaptured is not None and turn.uncaptured[:2] == (job.message, sound.seconds):
            return self._captured(turn)
        began, failed = self._clock.monotonic(), 0
        while True:
            await self._budget.authorize(turn, self._budget.for_audio(model, sound.seconds))
            try:
                said = await self._transcriber.transcribe(sound, hints)
            except ModelError as error:
                self._budget.audio_failed(turn, error, model, sound.seconds)
                failed += 1
                spent = self._clock.monotonic() - began
                seconds = retrying.pause(failed, error.retry_after, spent=spent)
                if seconds is None:
                    raise
                why = str(error)
            else:
                turn.uncaptured = job.message, sound.seconds, said
                return self._captured(turn)
            self._report(
                Waiting(
                    **about(turn.question, job.message),
                    reason="transcription_again",
                    seconds=seconds,
                    detail=why,
                )
            )
            with turn.waits("model"):
                await self._clock.sleep(seconds)

    def progress(self, job: TranscriptionJob, detail: str) -> None:
        """Show how much of a long recording has been transcribed."""
        self._report(
            Waiting(
                **about(job.turn.question, job.message),
                reason="transcribing",
                seconds=0,
                detail=detail,
            )
        )

    def _captured(self, turn: Turn) -> Transcript:
        assert turn.uncaptured is not None
        _message, seconds, said = turn.uncaptured
        self._budget.capture_audio(turn, said.model, seconds)
        turn.uncaptured = None
        return said
