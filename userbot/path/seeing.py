"""The pictures of a question: its own, and those of the message that it replies to.

Rule 1: they are fetched for a question that was let in, and kept nowhere: the history has a mark.
Rule 2: what cannot be shown is told, and the words are answered without it.
Rule 3: a question holds `MOST_TOGETHER` bytes at most, and a few questions hold some at a time,
until they are answered; the others wait in the order in which they came.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from userbot.errors import NotLoggedInError, TelegramError
from userbot.events import Notice, Report, Waiting, about
from userbot.path.hearing import Said
from userbot.ports import Reader
from userbot.rules.pictures import MOST_TOGETHER, marked, that_fit
from userbot.types import Picture, Question

AT_ONCE = 8
"""Questions with pictures in work at the same time, all conversations together: some 50 MB."""


class Seeing:
    """Message → pictures."""

    def __init__(self, reader: Reader, report: Report) -> None:
        self._reader = reader
        self._report = report
        self._room = asyncio.Semaphore(AT_ONCE)
        self._held: set[int] = set()

    async def see(self, said: Said) -> Said:
        """A question with its pictures; raises TelegramError if nothing else is asked."""
        ask, quoted = said.ask, said.quoted
        found: dict[int, Picture] = {}
        if ask.pictures or (quoted is not None and quoted.picture):
            await self._enter(ask)
        words = ask.text or (quoted.text if quoted else "")
        if quoted is not None and quoted.picture and ask.reply_to is not None:
            await self._fetch(ask, (ask.reply_to,), found, words)
            quoted = replace(quoted, text=marked(quoted.text), media=None)
        if ask.pictures:
            await self._fetch(ask, ask.pictures, found, words)
            ask = replace(ask, text=marked(ask.text))
        pictures = tuple(found.values())
        fitting = that_fit([len(picture.data) for picture in pictures])
        several = len(found.keys() | set(ask.pictures))
        if fitting < several:
            self._tell(ask, f"Of {several} pictures the first {fitting} are shown to the model.")
        return replace(said, ask=ask, quoted=quoted, pictures=pictures[:fitting])

    def forget(self, ask: Question) -> None:
        """The question has come to its end, and nobody needs its pictures any more."""
        if ask.id in self._held:
            self._held.discard(ask.id)
            self._room.release()

    async def _enter(self, ask: Question) -> None:
        if self._room.locked():
            self._report(Waiting(**about(ask), reason="pictures", seconds=0))
        await self._room.acquire()
        self._held.add(ask.id)

    async def _fetch(
        self, ask: Question, messages: tuple[int, ...], found: dict[int, Picture], words: str
    ) -> None:
        for message in messages:
            if message in found:
                continue  # it came with its album
            if sum(len(picture.data) for picture in found.values()) > MOST_TOGETHER:
                return
            try:
                fetched = await self._reader.fetch_pictures(
                    ask.source, message, several=len(messages) > 1
                )
            except NotLoggedInError:
                raise
            except TelegramError as error:
                if not words:
                    raise
                told = f"What is written is answered without the picture. {error}"
                self._tell(ask, told, error.hint)
            else:
                found.update((picture.message, picture) for picture in fetched)

    def _tell(self, ask: Question, detail: str, hint: str = "") -> None:
        self._report(
            Notice(
                **about(ask),
                reason="unseen",
                detail=detail,
                hint=hint,
            )
        )
