"""Acts: the methods of the world that are recorded, so that they can be carried out again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
A = TypeVar("A", bound="Actor")


class Actor:
    """Whose methods may be acts."""

    def __init__(self) -> None:
        self.record: Callable[[str, Sequence[Any], dict[str, Any]], None] | None = None
        """Takes every act when it has been carried out: name, arguments, keywords."""
        self._acting = False

    def perform(self, do: Callable[[], R], name: str, args: Sequence[Any], kwargs: Any) -> R:
        """Carries an act out and records it, unless it is part of another one."""
        if self._acting:
            return do()
        self._acting = True
        try:
            result = do()
        finally:
            self._acting = False
        if self.record:
            self.record(name, args, kwargs)
        return result


def act(method: Callable[Concatenate[A, P], R]) -> Callable[Concatenate[A, P], R]:
    """Makes a method an act. Its arguments have to be numbers, texts and lists of them."""

    @wraps(method)
    def performed(self: A, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.perform(lambda: method(self, *args, **kwargs), method.__name__, args, kwargs)

    return performed
