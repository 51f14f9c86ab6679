"""The owner's word to what waits for his yes: a reply in Saved Messages, on the console, or by
`userbot approvals` in another process.

Rule 1: a word is in the store before anything follows from it, and the first counts; what follows
looks there, so that a word of a killed run, or of another process, is one like any other.
Rule 2: what the program wrote itself, what was forwarded, scheduled or made by a bot is never one,
nor what asks or orders something.
Rule 3: who says nothing in time has said no. While something may have been missed, time stands
still: what he wrote meanwhile arrives first.
Rule 4: a yes that is found late sends nothing: it is too old for that, as a question would be.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from userbot.errors import UserbotError
from userbot.events import Notice, Report, about
from userbot.intake.queue import Queue
from userbot.ports import Clock
from userbot.rules.approvals import in_time, word_of
from userbot.rules.trigger import is_addressed
from userbot.storage.store import Store
from userbot.texts import Text, _
from userbot.turn.approve import Approve
from userbot.turn.turn import Turn
from userbot.types import Approval, ApprovalEnd, Message, Question, RichText, Wanted

_MISSED_SECONDS = 30.0
"""After a start or a reconnection: what was written meanwhile has arrived by then."""
_FIND_SECONDS = 60.0
"""How often requests are looked for of which Telegram has not told where they stand."""
_JUST_ASKED_SECONDS = 2.0
"""So long a request may still be on its way: it is looked for after that."""
_TOLD: dict[str, Text] = {
    "yes": _("You said yes: sending it."),
    "no": _("You said no."),
    "again": _("You want it written anew."),
    "text": _("You answered in your own words: sending those."),
}
_TOLD_OF_CALL: dict[str, Text] = {
    "yes": _("You said yes: doing it."),
    "no": _("You said no: the answer goes on without."),
    "again": _("You are asked again."),
    "text": _("Your words go to the model; it is not done."),
}


class Verdicts:
    """Takes words, and carries them out. `max_age`: older ones send nothing."""

    def __init__(
        self,
        store: Store,
        queue: Queue,
        approve: Approve,
        max_age: timedelta,
        clock: Clock,
        report: Report,
    ) -> None:
        self._store = store
        self._approvals = store.approvals
        self._queue = queue
        self._approve = approve
        self._max_age = max_age
        self._clock = clock
        self._report = report
        self._time_stands = clock.monotonic() + _MISSED_SECONDS
        self._looks_at = 0.0
        self._has_looked = False

    def begin(self) -> None:
        """At a start: what waited goes on waiting. Raises StorageError."""
        for question, approval in self._approvals.waiting():
            turn = Turn(question, belated=True, asked_for={approval.kind})
            turn.wanted = Wanted(approval.kind, approval.what, ())
            self._queue.set_aside(turn)
            if approval.said is None:
                self._approve.told(question, approval)

    def missed(self) -> None:
        """Something may have been missed, his word too."""
        self._time_stands = self._clock.monotonic() + _MISSED_SECONDS
        self._looks_at = 0.0

    def of(self, message: Message, prefix: str) -> Approval | None:
        """What a message in Saved Messages is the owner's word to; None if it is none.

        It is known already that the program did not write it. Raises StorageError.
        """
        made = message.forwarded or message.scheduled or message.service or message.by_machine
        if message.reply_to is None or made or is_addressed(message, prefix):
            return None
        return self._approvals.asked_in(message.conversation.chat, message.reply_to)

    def take(self, message: Message, approval: Approval, now: datetime) -> None:
        """Note what a message says. Raises StorageError."""
        said = None if message.media else word_of(message.rich or RichText(message.text))
        if said is None:
            self._tell(approval, "word_unclear", _("Only text can be sent in place of an answer."))
            return
        said = in_time(said, approval.deadline, message.at)
        if now - message.at > self._max_age and said.word != "no":
            said = ApprovalEnd("late")
        first = self._approvals.say(approval.id, said, now, message.message)
        if not first and approval.said_in != message.message:
            self._tell(approval, "word_late", _("That was decided already: nothing was changed."))

    def say(self, number: int, said: ApprovalEnd) -> bool:
        """Note a word from the console; False if it was decided already. Raises StorageError."""
        approval, now = self._approvals.find(number), self._clock.now()
        if approval is None:
            return False
        first = self._approvals.say(number, in_time(said, approval.deadline, now), now)
        self.look()
        return first

    def look(self) -> None:
        """Carry out what was said, wherever, and end what is overdue. Raises StorageError.

        There is something to do only while a turn stands aside.
        """
        now = self._clock.now()
        if self._clock.monotonic() >= self._time_stands:
            for number in self._approvals.overdue(now):
                self._approvals.say(number, ApprovalEnd("late"), now)
        waiting = self._approvals.questions()
        for one in list(self._queue.aside):
            if one.question.id not in waiting:  # its words expired, or were cleared
                self._queue.stop_waiting(one, "deleted")
        for question, approval in self._approvals.decided():
            turn = self._queue.waiting(question.id)
            if turn is not None:
                self._carry_out(turn, approval, now)

    async def find(self) -> None:
        """See, from time to time, that it is known where the requests stand."""
        now, at_start = self._clock.monotonic(), not self._has_looked
        if now < self._looks_at:
            return
        self._looks_at, self._has_looked = now + _FIND_SECONDS, True
        for question, approval in self._approvals.waiting():
            if approval.said is not None or self._queue.waiting(question.id) is None:
                continue
            age = self._clock.now() - approval.asked_at
            # What an earlier run has asked for is not on its way: a word to it may come at once.
            if age.total_seconds() <= _JUST_ASKED_SECONDS and not at_start:
                self._looks_at = now  # its time comes in a moment, not with the look after this
                continue
            try:
                await self._approve.find(question, approval)
            except UserbotError as error:
                told = _("Its request was not found in Saved Messages: {error}", error=error)
                self._tell(approval, "request_not_found", told)

    def _carry_out(self, turn: Turn, approval: Approval, now: datetime) -> None:
        said = approval.said
        assert said is not None
        question = turn.question
        old = approval.said_at is not None and now - approval.said_at > self._max_age
        if old and said.word != "no":
            self._queue.stop_waiting(turn, "no_yes")
            return
        if said.word in ("late", "withdrawn") or (said.word == "no" and approval.kind == "answer"):
            self._queue.stop_waiting(turn, "declined" if said.word == "no" else "no_yes")
            return
        anew = said.word == "again" and approval.kind == "answer"
        self._approvals.go_on(question, now, anew=anew)
        if anew:
            turn.drop_answer()
        turn.approved = said.word in ("yes", "text") and approval.kind == "answer"
        told = (_TOLD if approval.kind == "answer" else _TOLD_OF_CALL)[said.word]
        self._report(Notice(**about(question), reason=f"word_{said.word}", detail=told))
        self._queue.go_on(turn, (now - approval.asked_at).total_seconds())

    def _tell(self, approval: Approval, reason: str, detail: str) -> None:
        question: Question = self._store.questions.find(approval.question)
        self._report(Notice(**about(question), reason=reason, detail=detail))
