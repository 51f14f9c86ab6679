"""Before the answer is brought to its chat, where it needs the owner's yes: he is asked for it.

Rule 1: what is asked for and the messages that ask are rows, in one step, before any leaves: the
next start knows which of them his word replies to, and which are still to be sent.
Rule 2: nobody waits for him: once he is asked, the turn leaves its queue, and is put back by his
word. Whatever ends or changes it meanwhile ends the request, which says so.
Rule 3: where Saved Messages take nothing, he can still say it on the console.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from userbot.errors import PostponedError, StorageError, UserbotError, WriteInDoubtError
from userbot.events import Asked, Notice, Report, about
from userbot.ports import Clock, Reader, Sender, ended_within
from userbot.rules import approvals
from userbot.rules.own_writes import random_id
from userbot.rules.plain import preview
from userbot.settings import ApprovalsConfig
from userbot.storage.store import Store
from userbot.texts import Language, _
from userbot.turn.endings import RING_SECONDS
from userbot.turn.outbound import permitted, shielded
from userbot.turn.turn import Turn
from userbot.types import (
    SAVED_TITLE,
    Approval,
    ConversationId,
    Question,
    RequestPart,
    RichText,
)

_ATTEMPT = -2
"""In the place of an attempt: no write of an answer has it, so that the random ids are others."""


@dataclass(frozen=True, slots=True)
class AskingStyle:
    """How the owner is asked. `saved`: his Saved Messages."""

    saved: ConversationId
    config: ApprovalsConfig
    language: Language


class Approve:
    """The stage between an answer, or a call, and what comes of it."""

    def __init__(
        self,
        style: AskingStyle,
        store: Store,
        sender: Sender,
        reader: Reader,
        clock: Clock,
        report: Report,
    ) -> None:
        self.style = style
        """How he is asked from now on."""
        self._store = store
        self._sender = sender
        self._reader = reader
        self._clock = clock
        self._report = report
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, turn: Turn) -> None:
        """Ask the owner; the turn leaves its queue. Raises StorageError and PostponedError."""
        question, wanted = turn.question, turn.wanted
        assert wanted is not None
        now = self._clock.now()
        wait = timedelta(minutes=self.style.config.wait_minutes)
        material = turn.material
        texts = approvals.request(
            question if material is None else material.question,
            wanted,
            self.style.language,
        )
        store = self._store.approvals
        with self._store.database.transaction():  # what waits has its messages, or does not wait
            approval = store.ask(question, wanted, now, now + wait)
            anew = not store.requests(approval.id)
            if anew:
                parts = (
                    RequestPart(self._random_id(approval, at), text.text)
                    for at, text in enumerate(texts)
                )
                store.record(approval.id, self.style.saved.chat, tuple(parts))
        turn.asked_for.add(wanted.kind)
        if anew:
            self.told(question, approval)
        with turn.waits("gate"):
            await self._send(question, approval, texts)
        turn.stays_open = True

    def told(self, question: Question, approval: Approval) -> None:
        """Tell on the console that a question waits."""
        minutes = (approval.deadline - self._clock.now()).total_seconds() / 60
        self._report(
            Asked(
                **about(question),
                approval=approval.id,
                kind=approval.kind,
                minutes=max(0, round(minutes)),
                text=preview(approvals.on_one_line(approval)),
            )
        )

    async def find(self, question: Question, approval: Approval) -> None:
        """See that the messages which ask for an approval are known; those that are nowhere leave.

        After a kill, or where Telegram did not tell what it has sent. Raises UserbotError.
        """
        saved, store = self.style.saved.chat, self._store.approvals
        left = [one for one in store.requests(approval.id) if one.message is None]
        if not left:
            return
        stands = await self._reader.lately(saved, approval.asked_at)
        scheduled = await self._reader.scheduled(saved)
        for part in left:
            # Who asks the same twice is asked about twice, in the same words.
            text, owns = part.text.strip(), self._store.outbound.owns
            stand = (one.id for one in stands.own if one.text.strip() == text)
            wait = (number for number, said in scheduled if said.strip() == text)
            found = next((one for one in stand if not owns(saved, one)), None)
            waits = next((one for one in wait if not store.has_scheduled(saved, one)), None)
            if found is not None:
                store.confirm(part.random_id, found)
            elif waits is not None:
                store.scheduled(part.random_id, waits)
        texts = [RichText(one.text) for one in store.requests(approval.id)]
        if not stands.whole or any(not text.text for text in texts):
            return  # it may stand all the same
        numbers = {number for number, _said in scheduled}
        gone = {
            one.random_id
            for one in store.requests(approval.id)
            if one.message is None and one.scheduled not in numbers
        }
        await self._send(question, approval, texts, anew=gone)

    def taken_back(self, turn: Turn) -> None:
        """A turn asks something else now: what it waited for is not wanted. Raises StorageError."""
        now, ended = self._clock.now(), list[Approval]()
        if turn.asked_for:
            # Of several messages it is in the place of the last, which may be another now.
            for one in {one.id: one for one in (*turn.earlier_versions, turn.question)}.values():
                ended += self._store.approvals.over(one, now)
            self._store.approvals.go_on(turn.question, now, anew=True)
        turn.earlier_versions.clear()
        self._note(turn.question, ended, _("The question was changed."))

    def over(self, turn: Turn) -> None:
        """A turn has ended: so has what it waited for, and its request says so where the owner
        does not know. Raises StorageError.
        """
        ended = self._store.approvals.over(turn.question, self._clock.now())
        outcome = turn.outcome
        why = _("sent.") if outcome is None else str(outcome.why)
        by_reply = [one for one in ended if one.said is not None and one.said_in]
        if outcome is None or outcome.why.reason == "declined":
            ended = [one for one in ended if one not in by_reply]
        self._note(turn.question, ended, why)

    async def drain(self, seconds: float) -> None:
        """Let what is being noted leave, for so long."""
        await ended_within(self._tasks, seconds)

    def _random_id(self, approval: Approval, part: int) -> int:
        return random_id(self._store.secret, self.style.saved.chat, -approval.id, _ATTEMPT, part)

    async def _send(
        self,
        question: Question,
        approval: Approval,
        texts: Sequence[RichText],
        anew: Set[int] = frozenset(),
    ) -> None:
        """Send what has not left yet, or is scheduled no more (`anew`)."""
        for at, part in enumerate(self._store.approvals.requests(approval.id)):
            known = part.message is not None or part.scheduled is not None
            if known and part.random_id not in anew:
                continue
            try:
                await self._ask(part.random_id, texts[at], at)
            except (PostponedError, StorageError):
                raise
            except UserbotError as error:
                self._report(
                    Notice(
                        **about(question),
                        reason="request_not_sent",
                        detail=_("Saved Messages could not be asked: {error}", error=error),
                        hint=_("Say y or n here, or run `userbot approvals`."),
                    )
                )
                return

    async def _ask(self, identity: int, text: RichText, at: int) -> None:
        saved, ring = self.style.saved, self.style.config.ring
        permit = partial(self._sender.acquire, saved, "send", SAVED_TITLE)
        seconds = RING_SECONDS + at if ring else 0.0
        # Who changes the question right now has to find what is to be taken back.
        await permitted(permit, lambda: shielded(self._leave(identity, text, seconds)))

    async def _leave(self, identity: int, text: RichText, seconds: float) -> None:
        saved, store = self.style.saved, self._store.approvals
        try:
            message = await self._sender.send(
                saved, text, reply_to=None, random_id=identity, schedule=seconds
            )
        except WriteInDoubtError as doubt:
            if doubt.message is None:
                return  # it is looked for later
            message = doubt.message
        (store.scheduled if seconds else store.confirm)(identity, message)

    def _note(self, question: Question, ended: Sequence[Approval], why: str) -> None:
        """Let the requests say what became of them, whenever that is possible."""
        text = approvals.noted(question, why, self.style.language)
        for approval in ended:
            task = asyncio.create_task(self._noted(question, approval, text), name="a request")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _noted(self, question: Question, approval: Approval, text: RichText) -> None:
        saved = self.style.saved
        permit = partial(self._sender.acquire_after_answers, saved, "edit", SAVED_TITLE)
        try:
            parts = self._store.approvals.requests(approval.id)
            waiting = [
                one.scheduled for one in parts if one.message is None and one.scheduled is not None
            ]
            if waiting:
                with suppress(UserbotError):  # it was sent meanwhile
                    await self._sender.unschedule(saved, waiting)
            said = text
            for part in self._store.approvals.requests(approval.id):
                if part.message is not None:
                    await permitted(permit, partial(self._sender.edit, saved, part.message, said))
                    said = RichText("…")
        except UserbotError as error:
            self._report(
                Notice(
                    **about(question),
                    reason="request_not_noted",
                    detail=_("Its request in Saved Messages still stands: {error}", error=error),
                )
            )
