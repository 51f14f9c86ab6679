"""How much of the past fits into one request.

The history grows until it no longer fits, then is cut to half of its room at once: between two
cuts the beginning of the prompt stays the same, so an endpoint may cache it.

Tokens are estimated from UTF-8 bytes, and the estimate is corrected by the usage that comes back:
a tokenizer would have to be downloaded, and fits one family of models.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from userbot.types import ChatRequest, Exchange, PromptMessage, ToolCall, ToolSpec, Usage

BYTES_PER_TOKEN = 3
"""On the safe side for a first guess: English has about 4.5, Russian about 5."""
MESSAGE_TOKENS = 4
"""What a message costs beside its text: its role and the marks around it."""
PICTURE_TOKENS = 1000
"""Of 1280 pixels by 960: 765 to 1600 by what providers document."""
LONG = 1 / 3
"""Of the window, and …"""
LONG_TOKENS = 8000
"""… tokens: what takes more of either may be too long for a model that does not say so."""
KEPT_BY_A_CUT = 0.5
LEAST_OF_A_TURN = 64
"""Tokens; where there is room for less, a turn that is too long is left out."""
LEFT_OUT = "\n[…]\n"
MARGIN = 1.1
"""Kept between the tokens that came back and those that are expected next."""
TELLING = 1 / 8
"""A prompt that fills less of the budget says more about the endpoint than about the words."""
RATIOS = (0.2, 8.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowState:
    """What is known about one conversation's window, carried from question to question."""

    budget: int
    """Tokens of one request: system, history and question together."""
    ratio: float = 1.0
    """Real tokens for each estimated one, margin included."""
    turns: int = 0
    """How many turns are counted in `held`."""
    held: int = 0
    """Their estimated tokens: a running sum, so that no turn is counted twice."""


def estimate(text: str) -> int:
    """Tokens of a text, uncorrected; 0 for an empty one."""
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    return -(-size // BYTES_PER_TOKEN)


def estimate_turn(turn: Exchange) -> int:
    """Tokens of a question, with its speaker's name, and its answer."""
    texts = estimate(turn.speaker) + estimate(turn.question) + estimate(turn.answer)
    return texts + 2 * MESSAGE_TOKENS


def estimate_messages(messages: Iterable[PromptMessage]) -> int:
    """Tokens of a request's messages."""
    tokens = 0
    for message in messages:
        tokens += estimate(message.content) + MESSAGE_TOKENS
        tokens += _estimate_calls(message.calls)
        tokens += PICTURE_TOKENS * len(message.pictures)
    return tokens


def _estimate_calls(calls: Iterable[ToolCall]) -> int:
    return sum(estimate(call.name + call.arguments) + MESSAGE_TOKENS for call in calls)


def estimate_request(request: ChatRequest) -> int:
    """Tokens of a request: its messages, and the tools that it offers."""
    return estimate_messages(request.messages) + (
        estimate_tools(request.tools) if request.tools else 0
    )


def estimate_tools(tools: Iterable[ToolSpec]) -> int:
    """Tokens of the tools that a request offers."""
    told = (tool.name + tool.description + json.dumps(tool.parameters) for tool in tools)
    return sum(map(estimate, told))


def estimated_usage(
    request: ChatRequest, answer: str, thought_bytes: int = 0, calls: Iterable[ToolCall] = ()
) -> Usage:
    """What a request probably cost, where the endpoint does not tell. `calls`: what it brought."""
    thought = -(-thought_bytes // BYTES_PER_TOKEN)
    completion = estimate(answer) + thought + _estimate_calls(calls)
    return Usage(estimate_request(request), completion, estimated=True)


def window(
    turns: Sequence[Exchange], state: WindowState, beside: int = 0
) -> tuple[tuple[Exchange, ...], WindowState]:
    """The turns that are kept, newest last, and the state to give next time.

    `turns`: what the last call kept, and the turns since. `beside`: the estimated tokens of all
    else in the request (system, question), which is never cut: history makes room for it, down
    to none. The newest turn, if it alone does not fit, is shortened rather than dropped: a very
    long answer must not make the model forget what was just spoken of.
    """
    counted = state.turns if state.turns <= len(turns) else 0
    held = state.held if counted else 0
    held += sum(map(estimate_turn, turns[counted:]))
    room = state.budget / state.ratio - beside
    dropped = 0
    if held > room:
        while dropped < len(turns) and held > room * KEPT_BY_A_CUT:
            if dropped == len(turns) - 1 and held <= room:
                break
            held -= estimate_turn(turns[dropped])
            dropped += 1
    kept = tuple(turns[dropped:])
    if turns and not kept and room * KEPT_BY_A_CUT >= LEAST_OF_A_TURN:
        kept = (shortened(turns[-1], int(room * KEPT_BY_A_CUT)),)
        held = estimate_turn(kept[0])
    return kept, replace(state, turns=len(kept), held=held)


def shortened(turn: Exchange, tokens: int) -> Exchange:
    """The turn in so many estimated tokens: of each text the beginning and the end.

    The question gets at most half of them.
    """
    room = tokens - 2 * MESSAGE_TOKENS - estimate(turn.speaker)
    question = _shortened(turn.question, max(room // 2, room - estimate(turn.answer)))
    return replace(
        turn, question=question, answer=_shortened(turn.answer, room - estimate(question))
    )


def _shortened(text: str, tokens: int) -> str:
    if estimate(text) <= tokens:
        return text
    most = max(0, (tokens - estimate(LEFT_OUT)) * BYTES_PER_TOKEN)
    encoded = text.encode("utf-8", "surrogatepass")
    begin, end = encoded[: most * 2 // 3], encoded[len(encoded) - most // 3 :]
    return begin.decode("utf-8", "ignore") + LEFT_OUT + end.decode("utf-8", "ignore")


def is_long(estimated: int, window_tokens: int) -> bool:
    """Whether a request of so many estimated tokens is refused for its length rather than else."""
    return estimated >= min(window_tokens * LONG, LONG_TOKENS)


def halved(messages: Sequence[PromptMessage]) -> tuple[PromptMessage, ...]:
    """A request's messages with the newer half of the history among them, by tokens, at most.

    System and question stay as they are; what is left begins with a question, if anything is.
    """
    begin = 1 if messages and messages[0].role == "system" else 0
    past = list(messages[begin:-1])
    most = estimate_messages(past) / 2
    while past and (estimate_messages(past) > most or past[0].role != "user"):
        del past[0]
    return (*messages[:begin], *past, messages[-1])


def shrunk(state: WindowState, estimated: int) -> WindowState:
    """The state after a request of so many estimated tokens was refused as too long.

    The budget becomes half of what was tried, so that the next one fits even where the model
    counts twice as much for the same words.
    """
    return replace(state, budget=max(1, min(state.budget, int(estimated * state.ratio / 2))))


def calibrated(state: WindowState, estimated: int, actual: int) -> WindowState:
    """The state after a request estimated at so many tokens cost `actual` prompt tokens.

    A higher ratio holds at once, a lower one is approached by halves. Small prompts and counts
    of 0, which some servers send, change nothing.
    """
    if actual <= 0 or estimated < state.budget * TELLING:
        return state
    seen = min(max(actual / estimated * MARGIN, RATIOS[0]), RATIOS[1])
    return replace(state, ratio=max(seen, (state.ratio + seen) / 2))
