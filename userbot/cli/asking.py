"""Asking a person at the keyboard, or reading the answers from standard input line by line."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from userbot import masking
from userbot.cli.language import fitted, said, show, tell, tell_below
from userbot.errors import UserbotError
from userbot.rules.plain import invisible
from userbot.texts import _

TRIES = 5


def in_terminal() -> bool:
    """Whether a person sits there: both ends are a terminal."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str, *, default: str = "", hidden: bool = False) -> str:
    """One answer without white space around it; an empty one is the default, which is shown.

    `hidden` does not show the answer while it is typed. Raises UserbotError when there is nothing
    more to read.
    """
    shown = said(question) + (f" [{default}]: " if default else ": ")
    try:
        with _interruptible():
            if hidden and in_terminal():
                import getpass

                with _shown_again():
                    return getpass.getpass(shown, stream=sys.stderr).strip() or default
            print(shown, end="", file=sys.stderr, flush=True)
            line = sys.stdin.readline() if sys.stdin is not None else ""
            if not line or not in_terminal():
                tell()
            line.encode()  # bytes that are no text come as surrogates
    except EOFError:
        tell()
        line = ""
    except UnicodeError:
        raise UserbotError(
            _("The answer to “{question}” is not text.", question=question),
            _("Answers are UTF-8 text, one per line."),
        ) from None
    if not line:
        raise UserbotError(
            _("No answer to “{question}”: standard input has ended.", question=question),
            _("Run it in a terminal, or give each answer on a line of its own."),
            reason="no_answer",
        )
    return line.strip() or default


def ask_until(
    question: str,
    right: Callable[[str], bool],
    otherwise: str,
    *,
    default: str = "",
    hidden: bool = False,
) -> str:
    """Ask until the answer is right; `otherwise` says what was expected. Raises as `ask` does."""
    for _try in range(TRIES):
        answer = ask(question, default=default, hidden=hidden)
        if right(answer):
            return answer
        tell_below(otherwise)
    raise UserbotError(
        _("The answer to “{question}” was wrong {tries} times.", question=question, tries=TRIES),
        otherwise,
    )


def ask_choice(question: str, choices: Sequence[tuple[str, str]], *, default: int = 1) -> str:
    """Let a person choose by number or by name from (name, explanation); gives the name."""
    tell(question)
    width = max(len(name) for name, _ in choices)
    for number, (name, explained) in enumerate(choices, 1):
        row = f"  {number}  {name:{width}}  {said(explained)}".rstrip()
        show(fitted(row, sys.stderr))
    names = [name for name, _ in choices]

    def right(answer: str) -> bool:
        return answer in names or (answer.isdecimal() and 1 <= int(answer) <= len(names))

    expected = _("Give a number from 1 to {count}.", count=len(names))
    answer = ask_until(_("Number"), right, expected, default=str(default))
    return answer if answer in names else names[int(answer) - 1]


@contextmanager
def _interruptible() -> Iterator[None]:
    # asyncio's own handler cancels a task, which a blocking read would never notice.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if _is_cancelled():
            raise KeyboardInterrupt  # Ctrl-C came right before
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _is_cancelled() -> bool:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return False  # nothing runs here that could be
    return task is not None and task.cancelling() > 0


async def ask_meanwhile(question: str) -> str:
    """One answer, while other tasks go on; nothing if there is nothing more to read.

    What was typed before the question stood there is no answer to it, and goes.
    """
    if sys.platform != "win32":
        import termios

        # Right before, not behind it: who answers at once has answered.
        termios.tcflush(sys.stdin, termios.TCIFLUSH)
    print(said(question), end=": ", file=sys.stderr, flush=True)
    try:
        if sys.platform == "win32":
            line: str = await asyncio.to_thread(sys.stdin.readline)
        else:
            await _readable()
            line = sys.stdin.readline()
    except asyncio.CancelledError:
        tell()
        raise
    return line.strip()


async def _readable() -> None:
    """Wait until something was typed."""
    loop, typed = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sys.stdin, typed.set)
    try:
        await typed.wait()
    finally:
        loop.remove_reader(sys.stdin)


@contextmanager
def _shown_again() -> Iterator[None]:
    """Whatever ends the program meanwhile, the terminal shows again what is typed."""
    if sys.platform == "win32":
        yield  # nothing is hidden in the terminal itself
    else:
        import termios

        terminal = sys.stdin.fileno()
        found = termios.tcgetattr(terminal)

        def end(number: int, _frame: object) -> None:
            termios.tcsetattr(terminal, termios.TCSANOW, found)
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

        both = (signal.SIGTERM, signal.SIGHUP)
        ending = [number for number in both if signal.getsignal(number) is signal.SIG_DFL]
        for number in ending:
            signal.signal(number, end)
        try:
            yield
        finally:
            for number in ending:
                signal.signal(number, signal.SIG_DFL)


class Keyboard:
    """`telegram.login.Asks` for a person or for lines of standard input."""

    def __init__(self) -> None:
        self._drawn = 0
        self._told_where = False

    def phone(self) -> str:
        """The phone number."""
        question = _("Phone number with country code, as in +491701234567")
        return _secret(ask_until(question, _is_phone, _("It is a plus sign and digits only.")))

    def code(self, where: str, wrong: bool) -> str:
        """The login code."""
        if not self._told_where:
            tell(_("Telegram has sent a code {where}.", where=where))
            self._told_where = True
        if wrong:
            tell_below(_("Wrong code."))
        return _secret(re.sub(r"(?<=\d)[\s-]+(?=\d)", "", ask(_("Code"))))

    def password(self, wrong: bool) -> str:
        """The password of the second step."""
        if wrong:
            tell_below(_("Wrong password."))
        return _secret(ask(_("Your two-step verification password"), hidden=True))

    def qr(self, url: str) -> None:
        """Draw the QR code in the terminal, over the one before."""
        import io

        import segno

        drawn = io.StringIO()
        segno.make(url, error="l").terminal(out=drawn, compact=True, border=2)
        rows = drawn.getvalue().splitlines()
        if self._drawn:
            print(f"\x1b[{self._drawn}A\x1b[J", end="", file=sys.stderr)
        else:
            tell(
                _(
                    "On your phone: Telegram → Settings → Devices → Link Desktop Device, then scan"
                    " this. It renews itself. Press Enter to use a code instead."
                )
            )
        self._drawn = len(rows)
        for row in rows:  # white on black whatever the terminal's own colours are
            show(f"\x1b[97;40m{row}\x1b[0m")

    async def code_instead(self) -> None:
        """Until a person presses Enter while a QR code is shown; else for ever."""
        if not in_terminal() or sys.platform == "win32":  # no loop waits for a console there
            await asyncio.Event().wait()
        await _readable()
        sys.stdin.readline()


class Scripted(Keyboard):
    """Answers that are known beforehand: of an account in the sandbox."""

    def __init__(self, phone: str, code: str) -> None:
        super().__init__()
        self._answers = phone, code

    def phone(self) -> str:
        return self._answers[0]

    def code(self, where: str, wrong: bool) -> str:  # noqa: ARG002 - it is always this one
        return self._answers[1]


def _is_phone(answer: str) -> bool:
    # Phones copy numbers with marks of direction around them, and with dashes of every length.
    seen = "".join(one for one in answer if not invisible(one))
    return re.fullmatch(r"\+?[\d()./\u2010-\u2015-]{5,25}", seen) is not None


def _secret(answer: str) -> str:
    masking.hide(answer)
    return answer
