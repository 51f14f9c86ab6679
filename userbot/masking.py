"""The last net for secrets: whatever is logged or told of an error goes through it.

Nothing in the program puts a key, a hash, a phone number, a code or a password into a message. This
is for what nobody thought of: another library's exception, a server that repeats what it was sent.
Secrets are told to it as they become known, and live only in this process.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import replace
from types import TracebackType
from typing import Any, ClassVar, Final, Protocol, TypeVar
from urllib.parse import quote, unquote, urlsplit


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


E = TypeVar("E", bound=_Dataclass)

MASK = "***"
SECRET_NAME: Final = re.compile(r"key|token|secret|pass|auth|credential", re.I)
"""What is called like this is a secret: a variable, a part of an address."""
_SHORTEST = 4
"""Shorter ones are no secrets, and would tear holes into ordinary words."""
_secrets: list[str] = []
"""The longest first: a shorter one may be a part of it."""


def hide(*secrets: str | None) -> None:
    """From now on these are masked, as they are and as they stand in an address."""
    for secret in secrets:
        for form in _forms(secret or ""):
            if len(form) >= _SHORTEST and form not in _secrets:
                _secrets.append(form)
    _secrets.sort(key=len, reverse=True)


def hide_password_of(address: str | None) -> None:
    """From now on the password in an address is masked, and what its query calls secret or key."""
    if not address:
        return
    try:
        parts = urlsplit(address)
        hide(parts.password)
    except ValueError:
        hide(address)
        return
    for pair in parts.query.split("&"):
        name, _, value = pair.partition("=")
        if SECRET_NAME.search(name):
            hide(unquote(value))


def masked(text: str) -> str:
    """The text without any secret that was hidden."""
    for secret in _secrets:
        if secret in text:
            text = text.replace(secret, MASK)
    return text


def masked_event(event: E) -> E:
    """A value like an event, with its texts masked; itself if there is nothing to mask."""
    texts: dict[str, str] = {}
    for name in event.__dataclass_fields__:
        if isinstance(value := getattr(event, name), str):
            texts[name] = value
    said = "\n".join(texts.values())
    if masked(said) == said:
        return event
    safe = {name: masked(value) for name, value in texts.items()}
    return replace(event, **{name: safe[name] for name in safe if safe[name] != texts[name]})


def install() -> None:
    """Let every log record, and every exception that nobody caught, go through the net."""
    make = logging.getLogRecordFactory()
    if not isinstance(make, _Factory):
        logging.setLogRecordFactory(_Factory(make))
        sys.excepthook = _say_uncaught


def traceback_of(error: BaseException) -> str:
    """The traceback as Python prints it, masked."""
    return masked("".join(traceback.format_exception(error)))


class _Factory:
    """Makes log records: of any logger, for any handler."""

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self._make = make

    def __call__(self, *args: Any, **more: Any) -> logging.LogRecord:
        record = self._make(*args, **more)
        try:
            said = record.getMessage()
        except (TypeError, ValueError, KeyError):  # logging will complain of it itself
            said = f"{record.msg} {record.args}"
        safe = masked(said)
        if safe != said:  # else the template stays, by which repetitions are known
            record.msg, record.args = safe, ()
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = traceback_of(record.exc_info[1]).rstrip("\n")
        return record


def _say_uncaught(
    _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
) -> None:
    print(traceback_of(error), end="", file=sys.stderr)  # noqa: T201 - nobody else is left


def _forms(secret: str) -> Iterable[str]:
    secret = secret.strip()
    yield secret
    yield quote(secret, safe="")
    yield unquote(secret)
    if secret.startswith("+"):
        yield secret[1:]
