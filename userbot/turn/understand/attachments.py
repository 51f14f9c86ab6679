"""The pictures of a question: its own, and those of the message that it replies to; and its
documents, which `documents` reads.

Rule 1: they are fetched for a question that was let in, and kept nowhere: the history has a mark.
Rule 2: what cannot be shown is told, and the words are answered without it.
Rule 3: a question holds `MOST_TOGETHER` bytes at most, and a few questions hold some at a time,
until they are answered; the others wait in the order in which they came.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from userbot.errors import NotLoggedInError, TelegramError
from userbot.events import Notice, Report, about
from userbot.ports import Reader
from userbot.rules.pictures import MOST_TOGETHER, marked, that_fit
from userbot.texts import _
from userbot.timings import USUAL
from userbot.turn.turn import Material, Turn
from userbot.turn.understand.documents import Documents
from userbot.turn.understand.slots import take_slot
from userbot.types import Picture, Question


class Attachments:
    """Fetches pictures. `at_once`: questions with pictures in work at the same time."""

    def __init__(
        self,
        reader: Reader,
        documents: Documents,
        report: Report,
        at_once: int = USUAL.picture_questions,
    ) -> None:
        self._documents = documents
        self._reader = reader
        self._report = report
        self._room = asyncio.Semaphore(at_once)

    async def add(self, turn: Turn, material: Material) -> Material:
        """A question with its pictures and documents.

        Raises TelegramError if it is nothing but a picture that cannot be shown, DocumentError for
        a document that cannot be read, and StorageError.
        """
        quoted = material.quoted
        if material.question.pictures or (quoted is not None and quoted.picture):
            material = await self._with_pictures(turn, material)
        return await self._documents.add(turn, material)

    async def _with_pictures(self, turn: Turn, material: Material) -> Material:
        question, quoted = material.question, material.quoted
        found: dict[int, Picture] = {}
        await take_slot(self._room, turn, self._report, "pictures")
        turn.releases.callback(self._room.release)
        words = question.text or (quoted.text if quoted else "")
        if quoted is not None and quoted.picture:
            await self._fetch(question, (quoted.message,), found, words)
            quoted = replace(quoted, text=marked(quoted.text), media=None)
        if question.pictures:
            await self._fetch(question, question.pictures, found, words)
            question = replace(question, text=marked(question.text))
        pictures = tuple(found.values())
        fitting = that_fit([len(picture.data) for picture in pictures])
        several = len(found.keys() | set(question.pictures))
        if fitting < several:
            told = _(
                "Of {several} pictures the model sees the first {fitting}.",
                several=several,
                fitting=fitting,
            )
            self._tell(question, told)
        return replace(material, question=question, quoted=quoted, pictures=pictures[:fitting])

    async def _fetch(
        self, question: Question, messages: tuple[int, ...], found: dict[int, Picture], words: str
    ) -> None:
        for message in messages:
            if message in found:
                continue  # it came with its album
            if sum(len(picture.data) for picture in found.values()) > MOST_TOGETHER:
                return
            several = len(messages) > 1
            try:
                fetched = await self._reader.fetch_pictures(
                    question.source, message, several=several
                )
            except NotLoggedInError:
                raise
            except TelegramError as error:
                if not words:
                    raise
                told = _("Answering the text without the picture. {error}", error=error)
                self._tell(question, told, error.hint)
            else:
                found.update((picture.message, picture) for picture in fetched)

    def _tell(self, question: Question, detail: str, hint: str = "") -> None:
        self._report(Notice(**about(question), reason="unseen", detail=detail, hint=hint))
