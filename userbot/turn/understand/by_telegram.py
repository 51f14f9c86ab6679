"""A recording that Telegram itself transcribes, where the config wants that and Telegram does it.

Rule 1: it costs nothing: nothing is fetched, and there is no payment. After a kill it is asked for
again.
Rule 2: what it does not transcribe is left to the endpoint, and the console says why; unless
nothing but Telegram is to hear it.
"""

from __future__ import annotations

from userbot.errors import AudioError, NotTranscribedError
from userbot.events import Notice, Report, about
from userbot.ports import NoteTranscriber
from userbot.texts import _
from userbot.turn.turn import TranscribedRecording
from userbot.turn.understand.transcription_job import TranscriptionJob
from userbot.types import TELEGRAM, Transcript


class ByTelegram:
    """Has recordings transcribed by Telegram."""

    def __init__(self, transcriber: NoteTranscriber, report: Report) -> None:
        self._transcriber = transcriber
        self._report = report
        self._told: set[str] = set()
        """What holds for the next recordings, too, is told once."""

    async def transcribe(self, job: TranscriptionJob) -> TranscribedRecording | None:
        """What was said; None if the endpoint is to hear it.

        Raises AudioError where nobody else is to, AccountStoppedError, NotLoggedInError and
        PostponedError.
        """
        try:
            text = await self._words(job)
        except NotTranscribedError as error:
            if job.settings.engine == "telegram":
                hint = error.hint or _(
                    'engine = "telegram_first" under [voice] asks the endpoint then.'
                )
                raise AudioError(str(error), hint, reason=error.reason) from error
            self._tell(job, error)
            return None
        self._told.clear()
        transcript = Transcript(text=text, model=TELEGRAM, seconds=0.0)
        return TranscribedRecording(transcript, job.loudness)

    async def _words(self, job: TranscriptionJob) -> str:
        if not job.recording.spoken:
            raise NotTranscribedError(
                _("Telegram transcribes only voice notes and round videos."),
                reason="msg_voice_missing",
            )
        with job.turn.waits("transcription"):
            return await self._transcriber.transcribe(
                job.turn.question.source, job.message, trial=job.settings.telegram_trial
            )

    def _tell(self, job: TranscriptionJob, error: NotTranscribedError) -> None:
        if error.lasting and error.reason in self._told:
            return
        self._told.add(error.reason)
        self._report(
            Notice(
                **about(job.turn.question, job.message),
                reason="not_by_telegram",
                detail=_("{error} The endpoint transcribes it.", error=error),
                hint=error.hint,
            )
        )
