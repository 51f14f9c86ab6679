"""What stands at the addresses in a question, and in the message that it replies to.

Rule 1: nothing is fetched. It is what Telegram attached to the message, when it came or a moment
later; where that is nothing, the question is asked without.
Rule 2: it is kept in memory only, for this answer.
"""

from __future__ import annotations

import re

from userbot.errors import NotLoggedInError, TelegramError
from userbot.events import Notice, Report, Waiting, about
from userbot.ports import Clock, Reader
from userbot.texts import _
from userbot.turn.turn import Turn
from userbot.types import LinkedPage, Question, Quoted

_PAUSE_SECONDS = 1.0
_ADDRESS = re.compile(r"\w[.]\w")
"""What an address has in any case; only then is a message looked at for it."""


class LinkedPages:
    """Reads them. `seconds`: how long Telegram may still look at the addresses of one question."""

    def __init__(self, reader: Reader, clock: Clock, report: Report, seconds: float) -> None:
        self._reader = reader
        self._clock = clock
        self._report = report
        self._seconds = seconds

    async def of(self, turn: Turn, quoted: Quoted | None) -> tuple[LinkedPage, ...]:
        """All of them, of the message replied to first."""
        found = [] if quoted is None else [*quoted.pages]
        ends = self._clock.monotonic() + self._seconds
        for piece in turn.pieces:
            found += await self._of(turn, piece, ends)
        return tuple(dict.fromkeys(found))

    async def _of(self, turn: Turn, piece: Question, ends: float) -> tuple[LinkedPage, ...]:
        if piece.pages is not None or piece.quiet or not _ADDRESS.search(piece.text):
            return piece.pages or ()  # the message of a quiet one is deleted
        try:
            while (found := await self._reader.pages(piece.source, piece.message)) is None:
                if self._clock.monotonic() + _PAUSE_SECONDS > ends:
                    return ()
                self._report(Waiting(**about(turn.question), reason="page", seconds=_PAUSE_SECONDS))
                with turn.waits("page"):
                    await self._clock.sleep(_PAUSE_SECONDS)
        except NotLoggedInError:
            raise
        except TelegramError as error:
            self._report(
                Notice(
                    **about(turn.question),
                    reason="no_page",
                    detail=_("Asking without what stands at its address: {error}", error=error),
                    hint=error.hint,
                )
            )
            return ()
        return found
