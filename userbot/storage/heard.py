"""What was heard in recordings, so that nothing is listened to twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from userbot.storage import database, voice_rows
from userbot.storage.cells import instant, storable
from userbot.storage.steps import Steps
from userbot.types import Question, Transcript


class Heard(Steps):
    """Transcripts, whole or in parts. Every method raises StorageError."""

    def transcript(self, chat: int, message: int) -> Transcript | None:
        """What was heard in a message before, if it was kept."""
        with database.explained(self.path):
            return voice_rows.transcript(self._db, chat, message)

    def heard(
        self, question: Question, message: int, transcript: Transcript, at: datetime, *, keep: bool
    ) -> None:
        """A message was listened to for a question; its words are stored only if to `keep`.

        Heard again, its seconds add up, and words that are stored stay. Without words ("") it is
        known that nobody speaks there.
        """
        text = storable(transcript.text) if keep else None
        with database.explained(self.path):
            voice_rows.heard(self._db, question, message, text, transcript, instant(at))

    def parts_heard(self, chat: int, message: int) -> list[Transcript]:
        """What was heard of a message that was not heard to its end, part by part."""
        with database.explained(self.path):
            return voice_rows.parts(self._db, chat, message)

    def heard_parts(
        self, question: Question, message: int, parts: Sequence[Transcript], at: datetime
    ) -> None:
        """So far a message was listened to; its parts are kept until all of it is `heard`.

        Not if the question's words were erased meanwhile.
        """
        with database.explained(self.path):
            voice_rows.heard_parts(self._db, question, message, parts, instant(at))
