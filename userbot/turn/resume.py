"""What became of a question while nobody listened, looked up before it is answered.

One that has just arrived has nothing to be looked up, unless its chat deletes it by itself.

Rule 1: a question that was deleted meanwhile is not answered.
Rule 2: what an earlier run has written is found again, by its id or by its recorded text, and is
finished in its own messages.
Rule 3: anything else of the account's under the question is the owner's own answer: the question
is skipped, and the owner's words are never touched.
Rule 4: a question that was edited meanwhile is asked as it reads now, with what was said beside a
recording, and without those of its messages that are gone.
Rule 5: the message of a quiet question is deleted by the program itself: that says nothing.
Rule 6: if a write may stand and cannot be looked for, or could not be finished where it stands,
nothing is sent.
Rule 7: nobody listens while the connection is lost, either: what is being answered then is looked
up before its first text leaves. On any other day nothing is asked of Telegram for that.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from datetime import datetime, timedelta

from userbot.errors import NothingToAnswerError, TelegramError
from userbot.events import Notice, Report, about
from userbot.ports import Clock, Reader
from userbot.rules import switches
from userbot.rules.mark import unmarked
from userbot.rules.own_writes import adopted, answer_random_id, owners_answers
from userbot.rules.retrying import grew_old
from userbot.rules.trigger import question_of
from userbot.storage.store import Store
from userbot.texts import _
from userbot.turn.chat_rules import ChatRules
from userbot.turn.endings import tell_change, unanswered
from userbot.turn.turn import Standing, Turn
from userbot.types import (
    Answer,
    ChatKind,
    Finish,
    Message,
    Question,
    Recorded,
    RichText,
    Since,
)

_SCHEDULED_SECONDS = 20.0
"""By then what was scheduled before a kill stands."""
_NOT_LOOKED = Since({}, frozenset(), (), whole=True)


class Resume:
    """The first stage. `max_age`: older questions are not answered after an outage."""

    def __init__(
        self,
        chats: ChatRules,
        reader: Reader,
        store: Store,
        max_age: timedelta,
        clock: Clock,
        report: Report,
    ) -> None:
        self._chats = chats
        self._reader = reader
        self._store = store
        self._secret = store.secret
        self._max_age = max_age
        self._clock = clock
        self._report = report

    async def __call__(self, turn: Turn) -> None:
        """Find out what stands of the answer, and whether one is still wanted.

        Raises NothingToAnswerError where none is, TelegramError and StorageError.
        """
        if self._store.questions.erased(turn.question):
            raise unanswered("deleted")
        if turn.belated:
            turn.belated = False  # whatever is missed from here on is for another look
            try:
                await self._look(turn)
            except NothingToAnswerError:
                raise
            except BaseException:
                turn.belated = True
                raise
        if not turn.messages:
            self._load_standing(turn)
        turn.paid_answer = self._store.ledger.whole(turn.question)
        turn.resumed = True

    async def around(self, question: Question) -> Since:
        """What the chat says where a question's answer would stand. Raises TelegramError."""
        chat = question.conversation.chat
        if question.replied_to is None:
            return await self._reader.lately(chat, question.at)
        return await self._reader.since(chat, [question.message])

    def standing(
        self, question: Question, recorded: list[Recorded], since: Since
    ) -> dict[int, int]:
        """What stands there of an answer's recorded writes: the messages by their random ids."""
        chat = question.conversation.chat
        elsewhere = self._store.outbound.elsewhere(chat, [one.id for one in since.own])
        return adopted(recorded, since.own, question.replied_to, elsewhere)

    def save(self, turn: Turn) -> None:
        """Store of what messages a turn is made. Raises StorageError."""
        now = self._clock.now()
        self._store.questions.save_pieces(turn.pieces, turn.question, turn.gone, now)
        turn.gone, turn.saved = [], True

    def still_wanted(self, question: Question, since: Since, lost: datetime) -> None:
        """Before its first text leaves again, since the connection was `lost` at that time.

        Raises NothingToAnswerError if no answer is wanted any more.
        """
        if since.gone:
            raise self._deleted(question, since)
        self._see_that_nobody_answered(question, {question.message}, since)
        old = grew_old(question.at, lost, self._clock.now(), self._max_age)
        if old and not question.attempt and not self._store.approvals.asked_for(question):
            raise unanswered("too_old")

    def _load_standing(self, turn: Turn) -> None:
        """What the store knows to stand of the answer is the beginning of it."""
        question, secret = turn.question, self._secret
        turn.messages = [
            Standing(message, answer_random_id(secret, question, part), RichText(text), sure=False)
            for part, (message, text) in enumerate(self._store.outbound.standing(question))
        ]
        turn.taken_up = bool(turn.messages)
        if turn.taken_up:
            turn.in_place = turn.messages[0].message == question.replied_to

    async def _look(self, turn: Turn) -> None:
        question = turn.question
        if len(turn.pieces) == 1:
            turn.pieces = [*self._store.questions.joined(question), question]
        pieces = turn.pieces
        turn.asked_for |= self._store.approvals.asked_for(question)
        recorded, before = self._store.outbound.of(question), self._before_the_move(question)
        begun = bool(recorded or before)
        try:
            since = (
                _NOT_LOOKED  # its message is deleted, or is going to be
                if question.quiet
                else await self._reader.since(question.source, [one.message for one in pieces])
            )
        except TelegramError as error:
            if begun:
                raise unanswered("in_doubt") from error
            raise
        if since.gone and (begun or len(since.gone) == len(pieces)):
            raise self._deleted(question, since)
        if before:
            self._check_the_old_group(question, before, since)
        if recorded and question.rings:
            with turn.waits("scheduled"):  # it stands when it is sent, not before
                await self._clock.sleep(_SCHEDULED_SECONDS)
        if recorded:
            there = since if question.replied_to else await self.around(question)
            if standing := self._confirmed(question, recorded, there):
                self._go_on_from(turn, recorded[0], standing, there)
                return
            if not there.whole:
                raise unanswered("in_doubt")
        self._see_that_nobody_answered(question, {one.message for one in pieces}, since)
        if not begun and not question.quiet:
            self._reread(turn, since)

    def _deleted(self, question: Question, since: Since) -> NothingToAnswerError:
        self._store.eraser.deleted(question.source, sorted(since.gone), self._clock.now())
        return unanswered("deleted")

    def _see_that_nobody_answered(self, question: Question, asked: Set[int], since: Since) -> None:
        if question.attempt == 0 and question.kind is not ChatKind.SAVED:
            ours = {
                one.id for one in since.own if self._store.outbound.owns(question.source, one.id)
            }
            if owners_answers(since.own, asked, ours, self._chats.policy.prefix):
                raise unanswered("owner_answered")

    def _before_the_move(self, question: Question) -> list[Recorded]:
        """What was written of the answer in the group that its chat was before."""
        if question.source == question.conversation.chat:
            return []
        return self._store.outbound.of(_in_the_old_group(question))

    def _check_the_old_group(
        self, question: Question, before: list[Recorded], since: Since
    ) -> None:
        """Raise NothingToAnswerError if something of the answer stands, or may stand, there.

        Nobody can finish it there any more.
        """
        if self.standing(_in_the_old_group(question), before, since):
            raise unanswered("begun_before_move")
        if not since.whole:
            raise unanswered("in_doubt")

    def _reread(self, turn: Turn, since: Since) -> None:
        """See that the question is asked as its messages read now. Raises NothingToAnswerError."""
        pieces = turn.pieces
        if len(pieces) == 1 and not any(one.edited_at for one in since.found.values()):
            return
        left: list[Question] = []
        gone: list[Question] = []
        for piece in pieces:
            message = since.found.get(piece.message)
            now = None if message is None else self._as_it_reads(piece, message)
            if now is not None:
                left.append(now)
            else:  # the last one holds what all of them say
                gone.append(replace(piece, text="") if piece is pieces[-1] else piece)
        if not left:
            raise unanswered("edited")
        if turn.becomes(left, gone, "deleted" if since.gone else "edited"):
            turn.start_over()
            self.save(turn)  # what is deleted takes the words of what it still belongs to with it
            tell_change(turn.question, gone, self._report)
        if since.gone:
            self._store.eraser.deleted(turn.question.source, sorted(since.gone), self._clock.now())

    def _as_it_reads(self, piece: Question, message: Message) -> Question | None:
        """A message as it reads now; None if it was edited to ask nothing any more.

        That its sender may ask was decided when it came.
        """
        sender = replace(piece.sender, contact=True, blocked=False)
        at_home = replace(message, kind=piece.kind, sender=sender)
        if self._store.outbound.owns(piece.source, piece.message):
            return piece  # what reads otherwise there is an earlier answer
        decision = self._chats.decide(at_home)
        if not isinstance(decision, Question):
            if message.edited_at is not None:
                return None
            asked = question_of(message.text, self._chats.policy.prefix)
            text = message.text.strip() if asked is None else switches.parse(asked).text
            return replace(piece, text=text)
        if decision.quiet and not piece.quiet:
            return None  # it is not wanted where it would be answered
        return piece.reworded(decision)

    def _confirmed(
        self, question: Question, recorded: list[Recorded], since: Since
    ) -> dict[int, int]:
        """What stands of its answer; the messages are known from now on."""
        standing = self.standing(question, recorded, since)
        first = recorded[0]
        if first.message is not None and first.random_id not in standing and since.whole:
            raise unanswered("answer_gone")
        for random_id, message in standing.items():
            self._store.outbound.confirm(random_id, message)
        return standing

    def _go_on_from(
        self, turn: Turn, first: Recorded, standing: dict[int, int], since: Since
    ) -> None:
        """Something of the answer stands: a voice note is all of it, a text is finished there."""
        message = standing[first.random_id]
        if any(one.id == message and one.voice for one in since.own):
            finish = Finish("stop", None, "")
            text = unmarked(first.text, turn.mark)
            turn.answer = Answer(text, text, finish, (message,))
            return
        self._report(
            Notice(
                **about(turn.question),
                reason="taken_up",
                detail=_("Its answer was begun earlier: finishing that message."),
            )
        )


def _in_the_old_group(question: Question) -> Question:
    """A question as it was answered in the group that its chat was before."""
    return replace(question, conversation=replace(question.conversation, chat=question.source))
