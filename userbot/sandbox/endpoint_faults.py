"""What can go wrong at a model's endpoint, ordered in advance by a test or the sandbox's user."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

KINDS: Final[dict[str, dict[str, Any]]] = {
    # Refused with a status, before any answer. `retry_after`: seconds, as the header says them.
    "unauthorized": {},
    "model_not_found": {},
    "rate_limit": {"retry_after": None},
    "quota": {},
    "server_error": {},
    "unavailable": {"retry_after": None},
    "context_length": {},
    "unsupported_parameter": {"param": "temperature"},
    # The connection is closed without a response. Only on a new connection does it count: on a
    # kept one a client may take it for an idle connection's end, and try again on a new one.
    "refuse": {},
    # In the answer, after `after` pieces of its text.
    "stall": {"after": 0},
    "cut": {"after": 2},
    "error_object": {"after": 2, "message": "The server had an error processing your request"},
    "junk": {"after": 2},
    "content_filter": {"after": 2},
    # The answer is whole or empty, and yet wrong.
    "no_finish": {"done": False},
    "empty": {},
    "late_first_token": {"seconds": 1.0},
}
"""Every kind with its parameters and their defaults."""


@dataclass(frozen=True, slots=True)
class EndpointFault:
    """One fault as it meets a request; `params` holds every parameter of its kind."""

    kind: str
    params: dict[str, Any] = field(default_factory=dict)


class Faults:
    """The faults in store. Each request to its path takes the first one that is left."""

    def __init__(self) -> None:
        self._queue: deque[tuple[str, EndpointFault, int | None]] = deque()

    def __len__(self) -> int:
        return len(self._queue)

    def add(
        self, kind: str, times: int | None = 1, *, on: str = "/chat/completions", **params: Any
    ) -> None:
        """Let the next `times` requests on the path `on` meet a fault; None: all, until `clear`.

        Raises ValueError for an unknown kind or parameter.
        """
        if kind not in KINDS:
            raise ValueError(f"there is no fault {kind!r}; there are {', '.join(KINDS)}")
        unknown = params.keys() - KINDS[kind].keys()
        if unknown:
            raise ValueError(f"the fault {kind!r} has no parameter {', '.join(sorted(unknown))}")
        self._queue.append((on, EndpointFault(kind, KINDS[kind] | params), times))

    def clear(self) -> None:
        """Forget every fault that is left."""
        self._queue.clear()

    def peek(self, on: str) -> EndpointFault | None:
        """The fault that the next request on the path `on` meets, or None."""
        return next((fault for path, fault, _ in self._queue if path == on), None)

    def take(self, on: str) -> EndpointFault | None:
        """The same, and it has been met."""
        for index, (path, fault, times) in enumerate(self._queue):
            if path != on:
                continue
            if times == 1:
                del self._queue[index]
            elif times is not None:
                self._queue[index] = (path, fault, times - 1)
            return fault
        return None
