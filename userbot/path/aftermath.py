"""What became of a question while nobody listened, looked up before it is answered.

Rule 1: a question that was deleted meanwhile is not answered.
Rule 2: what an earlier run has written is found again, by its id or by its recorded text, and is
finished in its own messages.
Rule 3: anything else of the account's under the question is the owner's own answer: the question
is skipped, and the owner's words are never touched.
Rule 4: a question that was edited meanwhile is asked as it reads now.
Rule 5: if a write may stand and cannot be looked for, or could not be finished where it stands,
nothing is sent.
Rule 6: where nothing of an answer stands when a lost connection is back, the rules for what was
missed hold for it too: deleted, answered by hand or too old by now, it is not answered.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from userbot.activity import Notice, Report, about
from userbot.errors import NothingToAnswerError, TelegramError
from userbot.messages import Answer, Ask, ChatKind, Finish, Recorded, Since
from userbot.path.settlement import Settlement, in_doubt
from userbot.ports import Clock, Eraser, History, Store
from userbot.rules.adoption import adopted, owners_answers
from userbot.rules.lateness import grew_old
from userbot.rules.trigger import question_of


class Aftermath:
    """Knows which questions did not come straight from their sender. `prefix`: what asks."""

    def __init__(
        self,
        prefix: str,
        max_age: timedelta,
        history: History,
        store: Store,
        eraser: Eraser,
        settlement: Settlement,
        clock: Clock,
        report: Report,
    ) -> None:
        self._prefix = prefix
        self._max_age = max_age
        self._history = history
        self._store = store
        self._eraser = eraser
        self._settlement = settlement
        self._clock = clock
        self._report = report
        self._belated: set[int] = set()

    def belated(self, ask: Ask) -> None:
        """This question waited: look before it is answered."""
        self._belated.add(ask.id)

    async def look(self, ask: Ask) -> tuple[Ask, Answer | None]:
        """Find out, if the question waited; gives it as it reads now, and its answer if that
        stands whole already.

        Raises NothingToAnswerError where none is wanted, and TelegramError.
        """
        if ask.id not in self._belated:
            return ask, None
        found = await self._look(ask)
        self._belated.discard(ask.id)
        return found

    def still_wanted(self, ask: Ask, since: Since, lost: datetime) -> None:
        """Before its first text leaves again, since the connection was `lost` at that time.

        Raises NothingToAnswerError if no answer is wanted any more.
        """
        self._see_that_it_stands(ask, since)
        self._see_that_nobody_answered(ask, since)
        if not ask.attempt and grew_old(ask.at, lost, self._clock.now(), self._max_age):
            raise NothingToAnswerError(
                "There was no connection until it was too old.", reason="too_old"
            )

    async def _look(self, ask: Ask) -> tuple[Ask, Answer | None]:
        recorded = self._store.recorded(ask)
        try:
            since = await self._history.since(ask.source, ask.message)
        except TelegramError as error:
            if recorded:
                raise in_doubt() from error
            raise
        self._see_that_it_stands(ask, since)
        if recorded and ask.moved_from is not None:
            raise in_doubt()  # it may stand in either chat, and only one could be edited
        if standing := self._standing(ask, recorded, since):
            return ask, self._taken_up(ask, recorded[0], standing, since)
        if recorded and not since.whole:
            raise in_doubt()
        self._see_that_nobody_answered(ask, since)
        return self._as_it_reads(ask, since) if not recorded else ask, None

    def _see_that_it_stands(self, ask: Ask, since: Since) -> None:
        if since.question is None:
            self._eraser.deleted([ask.message], ask.source, self._clock.now())
            raise NothingToAnswerError("It was deleted before its answer.", reason="deleted")

    def _see_that_nobody_answered(self, ask: Ask, since: Since) -> None:
        if ask.attempt == 0 and ask.kind is not ChatKind.SAVED:
            ours = {one.id for one in since.own if self._store.owns(ask.source, one.id)}
            if owners_answers(since.own, ask.message, ours, self._prefix):
                told = "You have answered it yourself."
                raise NothingToAnswerError(told, reason="owner_answered")

    def _as_it_reads(self, ask: Ask, since: Since) -> Ask:
        """With its words as they are now; what was put together of several messages stays."""
        if not since.edited or ask.voice is not None or "\n" in ask.text or not since.question:
            return ask
        asked = question_of(since.question, self._prefix)
        text = since.question.strip() if asked is None else asked
        if text == ask.text or not text:
            return ask
        reworded = replace(ask, text=text)
        self._settlement.reworded(reworded)
        return reworded

    def _standing(self, ask: Ask, recorded: list[Recorded], since: Since) -> dict[int, int]:
        """What stands of its answer; the messages are known from now on."""
        if not recorded:
            return {}
        elsewhere = self._store.elsewhere(ask.chat, [one.id for one in since.own])
        standing = adopted(recorded, since.own, ask.message, elsewhere)
        first = recorded[0]
        if first.message is not None and first.random_id not in standing and since.whole:
            raise NothingToAnswerError("Its answer was deleted.", reason="answer_gone")
        for identity, message in standing.items():
            self._store.written(identity, message)
        return standing

    def _taken_up(
        self, ask: Ask, first: Recorded, standing: dict[int, int], since: Since
    ) -> Answer | None:
        """The answer, if it is a voice note: that is whole, or it is not there."""
        message = standing[first.random_id]
        if any(one.id == message and one.voice for one in since.own):
            finish = Finish("stop", None, "")
            return Answer(first.text, first.text, finish, (message,))
        self._report(
            Notice(
                **about(ask),
                reason="taken_up",
                detail="Its answer was begun before, and is finished in its own message.",
            )
        )
        return None
