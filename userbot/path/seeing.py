"""The pictures of a question: its own, and those of the message that it replies to.

Rule 1: they are fetched for a question that was let in, and kept nowhere: the history has a mark.
Rule 2: what cannot be shown is told, and the words are answered without it.
"""

from __future__ import annotations

from dataclasses import replace

from userbot.activity import Notice, Report, about
from userbot.errors import NotLoggedInError, TelegramError
from userbot.messages import Ask, Picture
from userbot.path.hearing import Said
from userbot.ports import Pictures
from userbot.rules.pictures import marked, that_fit


class Seeing:
    """Message → pictures."""

    def __init__(self, pictures: Pictures, report: Report) -> None:
        self._pictures = pictures
        self._report = report

    async def see(self, said: Said) -> Said:
        """A question with its pictures; raises TelegramError if nothing else is asked."""
        ask, quoted = said.ask, said.quoted
        found: dict[int, Picture] = {}
        words = ask.text or (quoted.text if quoted else "")
        if quoted is not None and quoted.picture and ask.reply_to is not None:
            await self._fetch(ask, (ask.reply_to,), found, words)
            quoted = replace(quoted, text=marked(quoted.text), media=None)
        if ask.pictures:
            await self._fetch(ask, ask.pictures, found, words)
            ask = replace(ask, text=marked(ask.text))
        pictures = tuple(found.values())
        fitting = that_fit([len(picture.data) for picture in pictures])
        if fitting < len(pictures):
            self._tell(
                ask, f"Of {len(pictures)} pictures the first {fitting} are shown to the model."
            )
        return replace(said, ask=ask, quoted=quoted, pictures=pictures[:fitting])

    async def _fetch(
        self, ask: Ask, messages: tuple[int, ...], found: dict[int, Picture], words: str
    ) -> None:
        for message in messages:
            if message in found:
                continue  # it came with its album
            try:
                fetched = await self._pictures.fetch(ask.source, message, several=len(messages) > 1)
            except NotLoggedInError:
                raise
            except TelegramError as error:
                if not words:
                    raise
                told = f"What is written is answered without the picture. {error}"
                self._tell(ask, told, error.hint)
            else:
                found.update((picture.message, picture) for picture in fetched)

    def _tell(self, ask: Ask, detail: str, hint: str = "") -> None:
        self._report(
            Notice(
                **about(ask),
                reason="unseen",
                detail=detail,
                hint=hint,
            )
        )
