"""The model is asked, again if need be, and with less of the conversation if that was too long.

Rule 1: what may pass is tried again, after a wait that is shown; what cannot is not.
Rule 2: an answer that broke off is begun anew; nothing of it is a part of the new one.
Rule 3: each request is authorized before it leaves, and captured when its stream has ended.
Rule 4: an answer that goes on and on is ended, by its length and by its time.
Rule 5: an answer that an earlier run has paid for is not asked for again.
Rule 6: a model that calls something wants to know it before it answers: what is found is told to
it, and it is asked again (`call`). Nothing it said before is a part of the answer; each round is
paid.
Rule 7: a model that takes no tools is asked first for what to look up, by `tool_rounds`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from userbot.errors import ModelError, TelegramError
from userbot.events import Answering, Notice, Report, Waiting, about
from userbot.ports import ChatModel, Clock, together
from userbot.rules import limits, retrying, tool_rounds
from userbot.rules.above_answer import quotation
from userbot.rules.recap import Summing
from userbot.rules.window import estimate_request, estimated_usage
from userbot.texts import _
from userbot.turn.budget import Budget
from userbot.turn.requests import Requests
from userbot.turn.stream import Stream
from userbot.turn.turn import Turn
from userbot.types import Finish, ToolCall, ToolRound, Usage

_TOO_LONG = "context_length"
_TOOLS_REFUSED = "tools_refused"
_CALLS_SECONDS = 120.0
"""What calls may take in all; then it is answered with what they brought."""
_TOLD_WHAT_IS_WRONG = 1
"""How often a model that calls what cannot be carried out is told so, and may call again."""
_GOLDEN = 0.618
"""Multiples of it, without their whole part, lie far apart: questions that come after each other
do not try again at the same moment."""


class Complete:
    """Keeps a stream going until it holds a whole answer. `longest`: seconds of one request."""

    def __init__(
        self,
        model: ChatModel,
        requests: Requests,
        budget: Budget,
        longest: float,
        clock: Clock,
        report: Report,
    ) -> None:
        self._model = model
        self._requests = requests
        self._budget = budget
        self._longest = longest
        self._clock = clock
        self._report = report

    async def open(self, turn: Turn) -> None:
        """See that the turn has a stream: one that is whole already, or a request to the model.

        Also after `ended` has said that it is not whole.
        Raises LimitReachedError and StorageError.
        """
        if turn.stream is not None:
            if turn.stream.idle:
                await self._ask(turn, turn.stream)
            return
        material = turn.material
        assert material is not None
        if material.spoken is not None and material.only_transcript:
            spoken = material.spoken
            finish = Finish("stop", Usage(0, 0), spoken.model)
            turn.stream = Stream.whole(quotation(spoken.text), finish, self._clock)
            return
        if material.answer:
            turn.stream = Stream.whole(
                material.answer, Finish("stop", Usage(0, 0), ""), self._clock
            )
            return
        if turn.paid_answer is not None:
            turn.summing = None  # nothing is asked for any more
            turn.stream = Stream.whole(*turn.paid_answer, self._clock)
            self._report(
                Notice(
                    **about(turn.question),
                    reason="answer_kept",
                    detail=_("Its answer was complete already: the model is not asked again."),
                )
            )
            return
        said = material.said
        may_cite = material.scope is not None if said is None else said.wording.cites
        await self._ask(turn, Stream(self._clock, turn.looked_up.sources if may_cite else None))

    async def ended(self, turn: Turn) -> bool:
        """The stream has ended: whether it is whole; else it is to be opened again.

        Raises ModelError when the model is not asked again, and StorageError.
        """
        stream = turn.stream
        assert stream is not None
        error = stream.error
        if error is None and turn.summing is not None and not turn.summing.is_last:
            self._summed(turn, stream, turn.summing)
            return False
        if error is None:
            if (calls := self._calls(turn, stream)) is not None:
                self._capture_round(turn, stream)
                turn.looked_up.calls = tool_rounds.with_ids(calls, turn.looked_up.rounds)
                turn.looked_up.own = turn.request is not None and turn.request.own
                turn.looked_up.asked_first = turn.looked_up.asks_first
                turn.request = None
                stream.called(standing=bool(turn.messages))
                return False
            self._capture(turn, stream)
            self._stays_half(turn)
            return True
        self._broke_off(turn, stream, cut=False)
        if not isinstance(error, ModelError):
            raise error
        # Behind what was found a refusal is rather of its length: that is tried first.
        if self._without_tools(turn, error, guessing=not turn.looked_up.rounds):
            stream.again(failed=False)
            return False
        if error.reason == _TOO_LONG and stream.began is None and self._requests.shrink(turn):
            self._tell_shrunk(turn)
            stream.again(failed=False)
            return False
        if turn.whole_request is not None:
            self._requests.whole_again(turn)
        elif error.unexplained and stream.began is None and self._requests.halve(turn):
            told = _("{error} It may have been too long: trying half of it.", error=str(error))
            self._report(Notice(**about(turn.question), reason="half_tried", detail=told))
            stream.again(failed=False)
            return False
        if self._without_tools(turn, error):
            stream.again(failed=False)
            return False
        seconds = retrying.pause(
            stream.failures + 1,
            error.retry_after,
            spent=self._clock.monotonic() - stream.first_asked,
            spread=turn.question.id * _GOLDEN % 1,
        )
        if seconds is None:
            if error.reason == "model_not_found" and turn.question.switches.model:
                error.hint = _("It was named by -m: correct it there, or under [models].")
            raise error
        self._report(
            Waiting(
                **about(turn.question), reason="model_again", seconds=seconds, detail=str(error)
            )
        )
        with turn.waits("model"):
            await self._clock.sleep(seconds)
        if turn.looked_up.rounds:
            turn.request = None  # of what was found something may be gone meanwhile
        stream.again(failed=True)
        return False

    def _summed(self, turn: Turn, stream: Stream, summing: Summing) -> None:
        """A part of what was said is summed up, and paid: the next request is for what is left."""
        self._capture_round(turn, stream)
        turn.summing, turn.request, turn.stream = summing.summed(stream.said), None, None
        self._report(
            Notice(
                **about(turn.question),
                reason="recap_part",
                detail=_(
                    "Part {part} of {parts} is summed up.", part=summing.part, parts=summing.parts
                ),
            )
        )

    async def abandon(self, turn: Turn) -> None:
        """Nobody wants the answer any more: what it cost so far is captured.

        Raises StorageError; it can be begun anew then.
        """
        stream = turn.stream
        if stream is not None:
            await stream.close()
        if turn.payment is None:
            return
        if stream is not None:
            self._broke_off(turn, stream, cut=True)  # whole or not, nobody is given it
        self._budget.capture_or_void(turn)

    async def _ask(self, turn: Turn, stream: Stream) -> None:
        if turn.request is None and turn.summing is not None and not turn.summing.left:
            raise ModelError(
                _("Everything that was to be summed up has been deleted."), reason="nothing_left"
            )
        if turn.request is None:
            tools = self._requests.tools
            first = turn.summing is None and not turn.looked_up.rounds
            if tools is not None and tools.connects and first:
                await tools.connect(turn)
            turn.request = self._requests.build(turn)
        request = turn.request
        turn.estimated, turn.model = estimate_request(request), request.model
        await self._budget.authorize(turn, self._budget.for_answer(request, turn.estimated))
        self._report(Answering(**about(turn.question), model=request.model))
        answer, aside = self._model.stream(request), request.schema is not None
        stream.read(answer, request.model, self._longest, aside=aside)
        turn.stream = stream

    def _calls(self, turn: Turn, stream: Stream) -> tuple[ToolCall, ...] | None:
        """What the model wants to know before it answers; None if this was its answer."""
        assert stream.finish is not None
        if turn.request is not None and turn.request.schema is not None:
            specs = [spec for spec in self._requests.specs(turn) if spec.beforehand]
            return tool_rounds.calls_in(stream.said, specs)
        return stream.finish.calls or None

    async def call(self, turn: Turn) -> None:
        """Carry out what the model has called: beside each other, if all of it only reads.

        Raises StorageError; it can be begun anew then.
        """
        assert turn.stream is not None
        looked_up, specs = turn.looked_up, self._requests.specs(turn)
        if looked_up.asks_first:  # no other was offered
            specs = tuple(spec for spec in specs if spec.beforehand)
        reading = {spec.name for spec in specs if spec.only_reads}
        called = {call.name for call in looked_up.calls}
        titles = dict.fromkeys(spec.title for spec in specs if spec.name in called and spec.title)
        looked_up.calling = ", ".join(titles)
        read = [tool_rounds.arguments_of(call, specs) for call in looked_up.calls]
        carried_out = [
            partial(self._result, turn, call.name, one)
            for call, one in zip(looked_up.calls, read, strict=True)
        ]
        began = self._clock.monotonic()
        with turn.waits("tools"):
            if called <= reading:
                results = await together(*(one() for one in carried_out))
            else:
                results = [await one() for one in carried_out]
        looked_up.seconds += self._clock.monotonic() - began
        objected = bool(read) and all(isinstance(one, str) for one in read)
        if looked_up.calls:
            own = objected and looked_up.own
            looked_up.rounds.append(ToolRound(looked_up.calls, tuple(results), own))
        looked_up.misread += objected
        spent = self._clock.monotonic() - turn.stream.first_asked
        looked_up.no_more_calls = (
            looked_up.misread > _TOLD_WHAT_IS_WRONG
            or spent > self._longest
            or looked_up.seconds > _CALLS_SECONDS
        )
        looked_up.calls = ()

    async def _result(self, turn: Turn, name: str, arguments: Mapping[str, Any] | str) -> str:
        """What a call returned; `arguments` may be what is wrong with them."""
        if isinstance(arguments, str):
            return arguments
        assert self._requests.tools is not None
        try:
            return await self._requests.tools.call(turn, name, arguments)
        except TelegramError as error:
            told = _("{tool} found nothing: {error}", tool=name, error=error)
            self._report(Notice(**about(turn.question), reason="tool_failed", detail=told))
            return "It failed: this could not be looked up."

    def _without_tools(self, turn: Turn, error: ModelError, *, guessing: bool = True) -> bool:
        """Whether the model is to be asked without tools, or not before the answer any more.

        `guessing`: also where nothing that is understood tells why it refused.
        """
        request = turn.request
        if request is None:
            return False
        refused = guessing and error.unexplained and error.retry_after is None
        if request.tools and (refused or error.reason == _TOOLS_REFUSED):
            turn.looked_up.asks_first = True
        elif request.schema and error.retry_after is None and error.reason != _TOO_LONG:
            turn.looked_up.asked_first = True
        else:
            return False
        turn.request = turn.whole_request = None
        return True

    def _stays_half(self, turn: Turn) -> None:
        """An answer to half of a request: the whole was too long. Raises StorageError."""
        if turn.whole_request is not None:
            self._requests.stays_half(turn)
            self._tell_shrunk(turn)

    def _tell_shrunk(self, turn: Turn) -> None:
        self._report(
            Notice(
                **about(turn.question),
                reason="shrunk",
                detail=_("The conversation was too long for the model: less of it is sent."),
                hint=_("Lower window_tokens under [history] to avoid the failed try."),
            )
        )

    def _capture(self, turn: Turn, stream: Stream) -> None:
        assert stream.finish is not None
        if turn.payment is None:
            return
        usage = stream.finish.usage
        if usage is None:
            usage = _estimated(turn, stream)
            stream.finish = replace(stream.finish, usage=usage)
        self._budget.capture_answer(turn, stream.shown, stream.finish, usage, stream.cites)

    def _capture_round(self, turn: Turn, stream: Stream) -> None:
        """A request that brought calls is paid as one of its own."""
        assert stream.finish is not None
        self._stays_half(turn)
        if turn.payment is None:
            return
        usage = stream.finish.usage or _estimated(turn, stream)
        self._budget.capture_request(turn, usage, stream.finish.asked)
        turn.paid_before.append(usage)
        turn.cost = Usage(0, 0)  # of an answer nothing was paid yet

    def _broke_off(self, turn: Turn, stream: Stream, *, cut: bool) -> None:
        """What a request cost that brought no whole answer; nothing, if it never left or began."""
        if turn.payment is None or turn.payment.kind != "answer":
            return
        error = stream.error
        told = stream.finish.usage if stream.finish is not None else None
        if isinstance(error, ModelError):
            told = error.usage
            cut = cut or error.reason in limits.PAID_ALL_THE_SAME
        if not (told or (cut and turn.request_left.is_set()) or stream.said or stream.thought):
            self._budget.void(turn)
            return
        usage = told or _estimated(turn, stream)
        turn.cost = usage
        asked = error.asked if isinstance(error, ModelError) else ""
        self._budget.capture_request(turn, usage, asked)


def _estimated(turn: Turn, stream: Stream) -> Usage:
    """What the request has probably cost so far, where the endpoint does not tell."""
    assert turn.request is not None
    calls = stream.finish.calls if stream.finish is not None else ()
    return estimated_usage(turn.request, stream.said, stream.thought, calls)
