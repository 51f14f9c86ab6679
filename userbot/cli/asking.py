"""Asking a person at the keyboard, or reading the answers from standard input line by line."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from userbot.errors import UserbotError

_TRIES = 5


def in_terminal() -> bool:
    """Whether a person sits there: both ends are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str, *, hidden: bool = False) -> str:
    """One answer, without white space around it; `hidden` does not show it while it is typed.

    The question goes to standard error, so that standard output stays clean.
    Raises UserbotError when there is nothing more to read.
    """
    try:
        with _interruptible():
            if hidden and in_terminal():
                import getpass

                return getpass.getpass(f"{question}: ", stream=sys.stderr).strip()
            print(f"{question}: ", end="", file=sys.stderr, flush=True)
            line = sys.stdin.readline()
            if not in_terminal():
                print(file=sys.stderr)
    except EOFError:
        line = ""
    if not line:
        raise UserbotError(
            f"There is no answer to “{question}”: standard input has ended.",
            "Give each answer on a line of its own, or run it in a terminal.",
            reason="no_answer",
        )
    return line.strip()


def ask_until(
    question: str, right: Callable[[str], bool], otherwise: str, *, hidden: bool = False
) -> str:
    """Ask until the answer is right; `otherwise` says what was expected. Raises as `ask` does."""
    for _ in range(_TRIES):
        answer = ask(question, hidden=hidden)
        if right(answer):
            return answer
        print(otherwise, file=sys.stderr)
    raise UserbotError(f"The answer to “{question}” was wrong {_TRIES} times.", otherwise)


@contextmanager
def _interruptible() -> Iterator[None]:
    # asyncio's own handler cancels a task, which a blocking read would never notice.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Keyboard:
    """`telegram.login.Asks` for a person or for lines of standard input."""

    def phone(self) -> str:
        """The phone number."""
        return ask("Phone number with country code")

    def code(self, wrong: bool) -> str:
        """The login code."""
        if wrong:
            print("That code is not right.", file=sys.stderr)
        return ask("The code that Telegram sent to your app")

    def password(self, wrong: bool) -> str:
        """The password of the second step."""
        if wrong:
            print("That password is not right.", file=sys.stderr)
        return ask("Your password of two-step verification", hidden=True)

    def qr(self, url: str) -> None:
        """Draw the QR code in the terminal."""
        import segno

        print(
            "Scan this in Telegram on your phone: Settings → Devices → Link Desktop Device.\n",
            file=sys.stderr,
        )
        segno.make(url).terminal(out=sys.stderr, compact=True)
        print("It renews itself. Ctrl-C leaves.", file=sys.stderr)
