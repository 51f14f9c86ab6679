"""The words of a recording: from the store, or listened to, once.

Rule 1: what can be known before anything is fetched is looked at first: length, size, loudness.
Rule 2: only a few recordings are in work at a time, and only one of the large ones.
Rule 3: what was paid for is stored before anything is done with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from userbot.events import Report, Transcribed, Waiting, about
from userbot.path.listening import Listened, Listening, Task
from userbot.path.settlement import preview
from userbot.path.storing import Storing
from userbot.ports import Clock
from userbot.rules import ghosts
from userbot.rules.voice import refused, silence, too_short, unfit
from userbot.settings import VoiceConfig
from userbot.storage.store import Store
from userbot.types import Loudness, Question, Transcript
from userbot.types import Voice as Recording

AT_ONCE = 8
"""Recordings in work at the same time, all conversations together."""
LARGE_BYTES = 2_000_000
"""Ten minutes of a voice note; of what has more, one is in work at a time."""


class Transcription:
    """Transcripts, each paid once."""

    def __init__(
        self, listening: Listening, store: Store, storing: Storing, clock: Clock, report: Report
    ) -> None:
        self._listening = listening
        self._store = store
        self._storing = storing
        self._clock = clock
        self._report = report
        self._small = asyncio.Semaphore(AT_ONCE)
        self._large = asyncio.Semaphore(1)

    async def words(
        self,
        ask: Question,
        message: int,
        recording: Recording,
        settings: VoiceConfig,
        *,
        keep: bool = True,
    ) -> Transcript:
        """What is said in a message of the question's chat.

        `keep`: store and show the words. Raises NothingToAnswerError for silence and for what is
        too long, AudioError, ModelError, TelegramError, StorageError.
        """
        known = await self._storing.done(
            lambda: self._store.transcripts.find(ask.source, message), ask
        )
        if known is not None:
            if ghosts.wordless(known.text):
                raise silence()
            return known
        reason = unfit(recording, settings.max_minutes)
        if reason is not None:
            raise refused(reason, settings.max_minutes)
        loudness = ghosts.loudness_of(recording.waveform)
        if loudness is Loudness.SILENT or too_short(recording.seconds):
            raise silence()
        began = self._clock.monotonic()
        async with self._turn(ask, message, recording):
            heard = await self._listening.listen(Task(ask, message, recording, settings, keep))
        ghost = _is_ghost(heard)
        # That nobody speaks there is known from now on; what was invented is not kept.
        transcript = replace(heard.transcript, text="") if ghost else heard.transcript
        now = self._clock.now()
        await self._storing.done(
            lambda: self._store.transcripts.keep(
                ask, message, transcript, now, words=keep or ghost
            ),
            ask,
        )
        if ghost:
            raise silence(phantom=not ghosts.wordless(heard.transcript.text))
        self._report(
            Transcribed(
                **about(ask, message),
                text=preview(heard.transcript.text) if keep else "",
                model=heard.transcript.model,
                duration=heard.transcript.seconds,
                seconds=self._clock.monotonic() - began,
                parts=heard.parts,
            )
        )
        return heard.transcript

    @asynccontextmanager
    async def _turn(self, ask: Question, message: int, recording: Recording) -> AsyncIterator[None]:
        large = recording.size > LARGE_BYTES
        turns = self._large if large else self._small
        if turns.locked():
            self._report(
                Waiting(
                    **about(ask, message),
                    reason="large_recordings" if large else "recordings",
                    seconds=0,
                )
            )
        async with turns:
            yield


def _is_ghost(heard: Listened) -> bool:
    text = heard.transcript.text
    if ghosts.wordless(text) or ghosts.credit(text):
        return True
    quiet = heard.loudness in (Loudness.SILENT, Loudness.QUIET)
    return quiet and ghosts.phantom(text)
