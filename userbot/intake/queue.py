"""One worker a conversation: its questions in order, other conversations beside it.

Rule 1: a conversation has at most one worker, and a worker runs one turn at a time.
Rule 2: a worker lives only while its queue has something: an idle conversation costs nothing.
Rule 3: who wants something of a turn uses one of three verbs: change, stop, missed. They touch
memory only; the runner acts on them, and persists.
Rule 4: while draining nothing new begins; what is queued stays pending in the store.
Rule 5: an answer that hangs is cut at a bound, so that the next question goes on.
Rule 6: what waits for the owner's yes stands aside: those behind it go on, and the verbs find it.
His word puts it back, before those that wait there.
Rule 7: until the first text of its answer leaves, a question may still grow by a message that joins
it, once while it is being answered, lose one, or change by an edit: then its answer starts over.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain

from userbot.errors import StorageError
from userbot.events import Heard, Report, Skipped, Waiting, about
from userbot.ports import Clock, ended_within
from userbot.rules import bursts
from userbot.rules.plain import preview
from userbot.settings import TriggerConfig
from userbot.texts import _
from userbot.turn.chat_rules import ChatRules
from userbot.turn.endings import tell_change
from userbot.turn.runner import Runner
from userbot.turn.turn import Interruption, Turn
from userbot.types import ConversationId, Message, Question, may_be_deleted_in

_LOOK_SECONDS = 0.1
"""How often a question that is held back by a pause looks whether that is over."""
_LAST_SECONDS = 5.0
"""How long what was cut may take to end."""
_LONGEST_EDIT_WAIT = 30.0
"""Seconds that somebody who edits a question again and again waits for its answer at most."""


class Queue:
    """The turns of all conversations. `longest`: seconds after which an answer counts as hung."""

    def __init__(
        self,
        runner: Runner,
        settings: TriggerConfig,
        longest: float | None,
        chats: ChatRules,
        clock: Clock,
        report: Report,
    ) -> None:
        self._runner = runner
        self._chats = chats
        self.settings = settings
        """[trigger] as it holds now."""
        self._longest = longest
        self._clock = clock
        self._report = report
        self._turns: dict[ConversationId, deque[Turn]] = {}
        self.aside: list[Turn] = []
        """What waits for the owner's yes."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._draining = False
        self.is_paused = False
        """Nothing new is begun; what is being answered goes on."""

    # -- what is put in

    def put(self, turn: Turn) -> None:
        """Queue a question by itself; it is begun at once if its conversation is idle."""
        if self._draining:
            return
        conversation = turn.question.conversation
        turns = self._turns.get(conversation)
        if turns is not None:
            turns.append(turn)
            return
        self._turns[conversation] = deque([turn])
        self._begin(self._work(conversation), f"conversation {conversation.chat}")

    def set_aside(self, turn: Turn) -> None:
        """An earlier run has left a question that waits for the owner's yes."""
        turn.stays_open = True
        self.aside.append(turn)

    def waiting(self, question: int) -> Turn | None:
        """The turn that waits for the owner's yes, by its question's id; None while it cannot go
        on: it is still being asked for, or has ended, or the program ends.
        """
        if self._draining:
            return None
        return next((turn for turn in self.aside if turn.question.id == question), None)

    def go_on(self, turn: Turn, waited: float = 0.0) -> None:
        """What a turn waited for has come, after so many seconds: it goes on next."""
        self.aside.remove(turn)
        turn.goes_on(waited)
        turns = self._turns.get(turn.question.conversation)
        if turns is None:
            self.put(turn)
        else:
            turns.insert(1, turn)

    def stop_waiting(self, turn: Turn, reason: str) -> None:
        """It is not to go on."""
        self._stop(turn, reason)

    def reopen(self, question: Question) -> None:
        """Queue a question that was answered and reads otherwise now."""
        tell_change(question, (), self._report)
        self.put(Turn(question))

    def arrived(self, question: Question, turn: Turn | None, *, belated: bool = False) -> None:
        """Queue a message that has just arrived, or let it join a `turn` that `joinable` gave."""
        voice = question.voice
        self._report(
            Heard(
                **about(question),
                text=preview(question.text),
                voice=voice.kind if voice else None,
                duration=voice.seconds if voice else None,
                pictures=len(question.pictures),
            )
        )
        now = self._clock.monotonic()
        draft_after = self._draft_after(question)
        begins = now + max(bursts.waits(question), draft_after)
        # No earlier run has begun what arrives now. That it is deleted, Telegram tells; but where
        # its chat does that by itself, the store is to be asked whether its words are gone.
        lasts = question.expires_at is None
        if turn is None:
            resumed = lasts and not belated
            self.put(Turn(question, joinable=now, begins=begins, belated=belated, resumed=resumed))
            if draft_after:
                self._report(Waiting(**about(question), reason="draft_after", seconds=draft_after))
            return
        earlier = turn.question
        turn.belated, turn.resumed = turn.belated or belated, turn.resumed and lasts
        turn.joinable, turn.begins = now, max(turn.begins, begins)
        self._change(turn, [*turn.pieces, question])
        self._report(
            Skipped(
                **about(earlier),
                reason="joined",
                detail=_("It is answered together with the next message."),
                text=preview(earlier.text),
            )
        )

    def joinable(self, question: Question) -> Turn | None:
        """The turn that a message which arrives now joins, if there is one."""
        turns = None if self._draining else self._turns.get(question.conversation)
        turn = turns[-1] if turns else None
        if turn is None or not turn.is_open or turn.has_started_over:
            return None
        if len(turn.question.text) + len(question.text) > bursts.MOST_CHARACTERS:
            return None
        gap = self._clock.monotonic() - turn.joinable
        burst = max(self.settings.burst_seconds, self._draft_after(question))
        return turn if bursts.joins(turn.pieces[-1], question, gap, burst) else None

    def piece(self, chat: int, message: int, *, shown: bool = False) -> Question | None:
        """The message as it is asked or waits to be, until the first text of its answer leaves.

        `shown`: until its answer stands whole.
        """
        turn = self._find(chat, message)
        if turn is None or turn.is_ending or not (turn.is_open or (shown and turn.has_begun)):
            return None
        return turn.piece(chat, message)

    def reads(self, chat: int, message: int) -> bool:
        """Whether what a message carries is still to be fetched from it."""
        turn = self._find(chat, message)
        if turn is None or turn.is_ending or turn.material is not None:
            return False
        return any(one.voice is not None or one.pictures or one.documents for one in turn.pieces)

    # -- the three verbs

    def change(self, piece: Question) -> None:
        """A message that `piece` gave reads otherwise now: so it is asked.

        Who edits again and again waits longer each time.
        """
        turn = self._find(piece.source, piece.message)
        if turn is None or turn.is_ending or turn.answer is not None:
            return
        pieces = [piece if one.message == piece.message else one for one in turn.pieces]
        if turn.has_begun:
            wait = min(2.0 ** (turn.restarts - 1), _LONGEST_EDIT_WAIT) if turn.restarts else 0.0
            turn.begins = self._clock.monotonic() + wait
        if self._change(turn, pieces):
            tell_change(turn.question, (), self._report)

    def withdraw(self, piece: Question) -> None:
        """A message asks nothing any more."""
        turn = self._find(piece.source, piece.message)
        if turn is not None:
            left = [one for one in turn.pieces if one.message != piece.message]
            self._without(turn, left, "edited")

    def deleted(self, chat: int | None, messages: Iterable[int]) -> None:
        """Messages were deleted in Telegram; answers to them end as if they were stopped.

        Of several messages what is left is asked, if no text stands yet. `chat` is None where
        Telegram does not tell it: then it is a private chat or a basic group.
        """
        gone = frozenset(messages)
        for turn in list(self._each()):
            turn.forget_sources(
                lambda one: one.message in gone and may_be_deleted_in(one.chat, chat)
            )
            left = [
                one
                for one in turn.pieces
                # The message of a quiet question is deleted by the program itself.
                if one.message not in gone or one.quiet or not may_be_deleted_in(one.source, chat)
            ]
            if len(left) < len(turn.pieces):
                self._without(turn, left, "deleted")

    def stop(self, conversation: ConversationId) -> Question | None:
        """End the answer that is being written there; gives its question, if there is one.

        Those that are queued behind it go on.
        """
        for turns in self._turns.values():
            if turns and turns[0].question.conversation == conversation and not turns[0].is_ending:
                self._stop(turns[0], "stopped")
                return turns[0].question
        return None

    def forgotten(self, person: int) -> None:
        """Nobody is told any more what somebody said."""
        for turn in self._each():
            turn.forget_sources(lambda one: one.person == person)

    def stop_all(
        self, which: Callable[[Question], bool], reason: str, *, shown: bool = False
    ) -> None:
        """End the answers to questions with such a message, and leave out those that are queued.

        `shown`: those too of which a text stands already.
        """
        for turn in list(self._each()):
            if any(map(which, turn.pieces)) and (shown or turn.is_open or turn.awaits):
                self._stop(turn, reason)

    def stand_down(self, own: Message) -> None:
        """The owner wrote in a conversation himself: if he wants so, what waits there is his.

        In any case where it needs his yes, unless he has said that.
        """
        if not (self.settings.stand_down or self._chats.policy.needs_yes(own.conversation.chat)):
            return

        def is_his(question: Question) -> bool:
            moved = question.source != question.conversation.chat
            earlier = moved or question.message < own.message
            here = question.conversation == own.conversation
            return here and earlier and not question.by_owner

        for turn in list(self._each()):
            if any(map(is_his, turn.pieces)) and turn.is_open and not turn.approved:
                self._stop(turn, "stood_down")

    def missed(self) -> None:
        """Something may have been missed: what does not show yet is looked up before it does."""
        for turn in self._each():
            if turn.is_open:
                turn.belated = True

    def turns_in(self, chat: int) -> list[Turn]:
        """All turns of a chat."""
        return [turn for turn in self._each() if turn.question.conversation.chat == chat]

    def written(self) -> dict[tuple[int, int], str]:
        """What was written so far for each turn, by its chat and message; "" before the first."""
        return {
            (turn.question.conversation.chat, turn.question.message): turn.stream.text
            if turn.stream is not None
            else ""
            for turn in self._each()
        }

    # -- the end

    @property
    def answering(self) -> int:
        """How many questions are being answered at this moment."""
        return sum(turns[0].has_begun for turns in self._turns.values() if turns)

    async def drain(self, seconds: float) -> None:
        """Let the answers being written finish, for so long; then cut them.

        What waits for something is left to the next start at once.
        """
        self._draining = True
        for turn in self._each():
            turn.is_leaving = True
            if turn.waiting not in ("", "gate", "store"):
                turn.interrupt(Interruption("leaving"))
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=seconds)
        if late:
            for turn in self._each():
                turn.interrupt(Interruption("leaving"))
            await ended_within(late, _LAST_SECONDS)

    # -- inside

    def _begin(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _draft_after(self, question: Question) -> float:
        """Seconds of silence after a message of somebody else's before its answer is begun."""
        chat = question.conversation.chat
        return 0.0 if question.by_owner else self._chats.policy.draft_after(chat)

    def _find(self, chat: int, message: int) -> Turn | None:
        for turn in self._each():
            if turn.piece(chat, message) is not None:
                return turn
        return None

    def _each(self) -> Iterator[Turn]:
        return chain(chain.from_iterable(self._turns.values()), self.aside)

    def _change(
        self, turn: Turn, pieces: Sequence[Question], gone: Sequence[Question] = (), why: str = ""
    ) -> bool:
        """Let a turn be made of these; whether that asks something else."""
        if not turn.becomes(pieces, gone, why):
            return False
        if turn.has_begun:
            if turn.interruption is None and turn.stream is not None:
                turn.restarts += 1  # before the model is asked, it costs nothing to begin anew
            turn.interrupt(Interruption("changed"))
        if turn in self.aside:
            turn.interrupt(Interruption("changed"))
            self._heed(turn)
        with suppress(StorageError):  # else the runner stores it before anything else
            self._runner.save(turn)
        return True

    def _without(self, turn: Turn, left: Sequence[Question], why: str) -> None:
        """Go on without some messages, or end: where none is left, or the answer shows."""
        if not left or not turn.is_open:
            self._stop(turn, why)
            return
        gone = [one for one in turn.pieces if one not in left]
        if self._change(turn, left, gone, why):
            tell_change(turn.question, gone, self._report)

    def _stop(self, turn: Turn, reason: str) -> None:
        if turn.is_ending:
            return
        turn.interrupt(Interruption("stopped", reason))
        if turn in self.aside:
            self._heed(turn)
            return
        turns = next(turns for turns in self._turns.values() if turn in turns)
        if turn is not turns[0]:
            turns.remove(turn)
            self._begin(self._runner.run(turn), "a stopped question")

    def _heed(self, turn: Turn) -> None:
        """If somebody wants something of a turn that stands aside, its runner does it now."""
        match turn.interruption:
            case Interruption("changed"):
                self.go_on(turn)
            case Interruption("stopped"):
                self.aside.remove(turn)
                turn.goes_on(0.0)
                self._begin(self._runner.run(turn), "a withdrawn question")

    async def _work(self, conversation: ConversationId) -> None:
        turns = self._turns[conversation]
        try:
            while turns and not self._draining:
                try:
                    await self._answer(turns[0])
                finally:
                    turn = turns.popleft()
                    if turn.awaits:
                        self.aside.append(turn)
                        self._heed(turn)
        finally:
            del self._turns[conversation]

    async def _answer(self, turn: Turn) -> None:
        await self._runner.until_it_begins(turn)
        while self.is_paused and not (turn.is_ending or self._draining):
            await self._clock.sleep(_LOOK_SECONDS)
        if self.is_paused and self._draining:
            return  # it stays open: the next start takes it up
        if not turn.has_begun:
            turn.mark = self._chats.policy.mark
        task = asyncio.ensure_future(self._runner.run(turn))
        try:
            while not (await asyncio.wait({task}, timeout=self._longest))[0]:
                if turn.waiting:
                    continue  # what it waits for will come
                turn.interrupt(Interruption("stopped", "hung"))
                if not (await asyncio.wait({task}, timeout=_LAST_SECONDS))[0]:
                    await self._runner.give_up(turn)
                    return
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({task}, timeout=_LAST_SECONDS)
            raise
