"""What became of a question while nobody listened, looked up before it is answered.

Rule 1: a question that was deleted meanwhile is not answered.
Rule 2: what an earlier run has written is found again, by its id or by its recorded text, and is
finished in its own messages.
Rule 3: anything else of the account's under the question is the owner's own answer: the question
is skipped, and the owner's words are never touched.
Rule 4: a question that was edited meanwhile is asked as it reads now, with what was said beside a
recording, and without those of its messages that are gone.
Rule 5: if a write may stand and cannot be looked for, or could not be finished where it stands,
nothing is sent.
Rule 6: nobody listens while the connection is lost, either. What is being answered then is looked
up before its first text leaves; on any other day nothing is asked of Telegram for that. Deleted,
answered by hand or too old by then, it is not answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence, Set
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from userbot.errors import ChatRefusedError, NothingToAnswerError, TelegramError
from userbot.events import Notice, Report, about
from userbot.path.settlement import in_doubt
from userbot.ports import Clock, Reader
from userbot.rules.adoption import adopted, owners_answers
from userbot.rules.lateness import grew_old
from userbot.rules.trigger import question_of
from userbot.storage.eraser import Eraser
from userbot.storage.store import Store
from userbot.types import (
    Answer,
    ChatKind,
    Decision,
    Finish,
    Message,
    Question,
    Recorded,
    Since,
    is_basic_group,
)


class QuestionChanges(Protocol):
    """Who has to do with open questions besides. Both raise StorageError."""

    def decide(self, incoming: Message) -> Decision:
        """What is to be done about a message by the rules of now."""
        ...

    async def follow(self, ask: Question) -> None:
        """See whether the group of a question has moved: then who answers it is cancelled."""
        ...

    def reads(
        self, ask: Question, pieces: Sequence[Question], gone: Sequence[Question], why: str
    ) -> None:
        """A question is made of these messages, as they read now, and of some not any more.

        Whoever answers it is cancelled if that asks something else, and it starts over.
        """
        ...


class Aftermath:
    """Knows which questions did not come straight from their sender. `prefix`: what asks."""

    def __init__(
        self,
        prefix: str,
        max_age: timedelta,
        reader: Reader,
        questions: QuestionChanges,
        store: Store,
        eraser: Eraser,
        clock: Clock,
        report: Report,
    ) -> None:
        self._prefix = prefix
        self._max_age = max_age
        self._reader = reader
        self._questions = questions
        self._store = store
        self._eraser = eraser
        self._clock = clock
        self._report = report
        self._belated: set[int] = set()
        self._halves: set[int] = set()

    def belated(self, ask: Question) -> None:
        """This question waited: look before it is answered."""
        self._belated.add(ask.id)

    def moved(self, ask: Question, *, half: bool) -> None:
        """Its group moved while it was answered; `half`: what stands of its answer is not all."""
        self.belated(ask)
        if half:
            self._halves.add(ask.id)

    async def follow(self, ask: Question, error: Exception) -> None:
        """An answer was refused: if that is since its group has moved, it begins anew there."""
        if isinstance(error, ChatRefusedError) and is_basic_group(ask.chat):
            await self._questions.follow(ask)
            await asyncio.sleep(0)

    async def before_first_text(self, ask: Question) -> None:
        """Look once more, if the connection was lost while it was answered. Raises as `look`."""
        while True:
            await self._reader.connected()
            if not self._belated or not self._is_belated(ask, self._store.questions.joined(ask)):
                return
            await self.look(ask)

    async def look(self, ask: Question) -> tuple[Question, Answer | None]:
        """Find out, if the question waited; gives its answer if that stands whole already.

        Raises NothingToAnswerError where none is wanted, and TelegramError.
        """
        if not self._belated:
            return ask, None
        earlier = self._store.questions.joined(ask)
        if not self._is_belated(ask, earlier):
            return ask, None
        pieces = [*earlier, ask]
        looked_up = {piece.id for piece in pieces}
        self._belated -= looked_up  # whatever is missed from here on is for another look
        try:
            found = await self._look(ask, pieces)
        except NothingToAnswerError:
            raise
        except BaseException:
            self._belated |= looked_up
            raise
        await asyncio.sleep(0)  # whoever was cancelled by what was found ends here
        return found

    def still_wanted(self, ask: Question, since: Since, lost: datetime) -> None:
        """Before its first text leaves again, since the connection was `lost` at that time.

        Raises NothingToAnswerError if no answer is wanted any more.
        """
        if since.gone:
            raise self._deleted(ask, since)
        self._see_that_nobody_answered(ask, {ask.message}, since)
        if not ask.attempt and grew_old(ask.at, lost, self._clock.now(), self._max_age):
            raise NothingToAnswerError(
                "There was no connection until it was too old.", reason="too_old"
            )

    def _is_belated(self, ask: Question, earlier: Sequence[Question]) -> bool:
        """Whether the question waited, or a message that it was joined by."""
        return any(piece.id in self._belated for piece in (*earlier, ask))

    async def _look(
        self, ask: Question, pieces: Sequence[Question]
    ) -> tuple[Question, Answer | None]:
        recorded, before = self._store.outbound.of(ask), self._before_the_move(ask)
        begun = bool(recorded or before)
        try:
            since = await self._reader.since(ask.source, [piece.message for piece in pieces])
        except TelegramError as error:
            if begun:
                raise in_doubt() from error
            raise
        if since.gone and (begun or len(since.gone) == len(pieces)):
            raise self._deleted(ask, since)
        if before:
            self._check_the_old_group(ask, before, since)
        if recorded:
            there = since
            if ask.moved_from is not None:
                there = await self._reader.lately(ask.chat, ask.at)
            if standing := self._standing(ask, recorded, there):
                return ask, self._taken_up(ask, recorded[0], standing, there)
            if not there.whole:
                raise in_doubt()
        self._see_that_nobody_answered(ask, {piece.message for piece in pieces}, since)
        if not begun:
            self._reread(ask, pieces, since)
        return ask, None

    def _deleted(self, ask: Question, since: Since) -> NothingToAnswerError:
        self._eraser.deleted(sorted(since.gone), ask.source, self._clock.now())
        return NothingToAnswerError("It was deleted before its answer.", reason="deleted")

    def _see_that_nobody_answered(self, ask: Question, asked: Set[int], since: Since) -> None:
        if ask.attempt == 0 and ask.kind is not ChatKind.SAVED:
            ours = {one.id for one in since.own if self._store.outbound.owns(ask.source, one.id)}
            if owners_answers(since.own, asked, ours, self._prefix):
                told = "You have answered it yourself."
                raise NothingToAnswerError(told, reason="owner_answered")

    def _before_the_move(self, ask: Question) -> list[Recorded]:
        """What was written of the answer in the group that its chat was before."""
        if ask.moved_from is None:
            return []
        old = replace(ask, conversation=replace(ask.conversation, chat=ask.source), moved_from=None)
        return self._store.outbound.of(old)

    def _check_the_old_group(self, ask: Question, before: list[Recorded], since: Since) -> None:
        """Raise NothingToAnswerError if what stands there may be the whole answer.

        What does not stand there never will: nobody writes there any more.
        """
        elsewhere = self._store.outbound.elsewhere(ask.source, [one.id for one in since.own])
        standing = adopted(before, since.own, ask.message, elsewhere)
        confirmed = {one.message for one in before}
        half = ask.id in self._halves and confirmed.issuperset(standing.values())
        self._halves.discard(ask.id)
        if standing and not half:
            raise NothingToAnswerError(
                "Its answer was begun before the group became a supergroup, and cannot be"
                " finished.",
                "Look into the old group; to have it answered all the same, ask it anew.",
                reason="begun_before_move",
            )
        if not standing and not since.whole:
            raise in_doubt()

    def _reread(self, ask: Question, pieces: Sequence[Question], since: Since) -> None:
        """See that the question is asked as its messages read now. Raises NothingToAnswerError."""
        edited = any(one.edited_at for one in since.found.values())
        if len(pieces) == 1 and not edited:
            return
        left: list[Question] = []
        gone: list[Question] = []
        for piece in pieces:
            incoming = since.found.get(piece.message)
            now = None if incoming is None else self._as_it_reads(piece, incoming)
            (gone if now is None else left).append(now or piece)
        if not left:
            raise NothingToAnswerError("It was edited, and asks nothing any more.", reason="edited")
        self._questions.reads(ask, left, gone, "deleted" if since.gone else "edited")
        if since.gone:
            self._eraser.deleted(sorted(since.gone), ask.source, self._clock.now())

    def _as_it_reads(self, piece: Question, incoming: Message) -> Question | None:
        """A message as it reads now; None if it was edited to ask nothing any more.

        That its sender may ask was decided when it came.
        """
        sender = replace(piece.sender, contact=True, blocked=False)
        at_home = replace(incoming, kind=piece.kind, sender=sender)
        if self._store.outbound.owns(piece.source, piece.message):
            return piece  # what reads otherwise there is an earlier answer
        decision = self._questions.decide(at_home)
        if not isinstance(decision, Question):
            if incoming.edited_at is not None:
                return None
            asked = question_of(incoming.text, self._prefix)
            return replace(piece, text=incoming.text.strip() if asked is None else asked)
        return replace(
            piece,
            text=decision.text,
            forwarded_from=decision.forwarded_from,
            reply_to=decision.reply_to,
            about_reply=decision.about_reply,
            pictures=decision.pictures,
            album=decision.album,
            expires_at=decision.expires_at,
        )

    def _standing(self, ask: Question, recorded: list[Recorded], since: Since) -> dict[int, int]:
        """What stands of its answer; the messages are known from now on."""
        elsewhere = self._store.outbound.elsewhere(ask.chat, [one.id for one in since.own])
        standing = adopted(recorded, since.own, ask.replied_to, elsewhere)
        first = recorded[0]
        if first.message is not None and first.random_id not in standing and since.whole:
            raise NothingToAnswerError("Its answer was deleted.", reason="answer_gone")
        for identity, message in standing.items():
            self._store.outbound.confirm(identity, message)
        return standing

    def _taken_up(
        self, ask: Question, first: Recorded, standing: dict[int, int], since: Since
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
