"""How a command ends: an error becomes words, a hint and an exit code; a reader may go away.

Text goes to standard output, everything else to standard error; no traceback without ``-v``.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from typing import TextIO

from userbot.cli.language import fitted, said, show
from userbot.errors import ConfigError, Fault, UserbotError, system_reason
from userbot.masking import masked, traceback_of
from userbot.texts import _, joined


def with_exit_code(action: Callable[[], None], *, verbose: bool) -> None:
    """Do it; say an error in plain words and leave with its exit code (DESIGN's table)."""
    try:
        action()
    except UserbotError as error:
        if verbose:
            _traceback()
        say_error(error)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        print(file=sys.stderr)
        raise SystemExit(130) from None
    except BrokenPipeError:
        stop_printing()  # the reader went away (`userbot history | head`)
        raise SystemExit(0) from None
    except Exception as error:
        if verbose:
            _traceback()
        say_error(explained(error))
        raise SystemExit(1) from None


def stop_printing() -> None:
    """Let nothing more reach standard output; else Python complains again at exit."""
    _silence(sys.stdout)


def reader_gone(error: OSError) -> bool:
    """Whether whoever read what is printed went away, or the terminal was closed."""
    return isinstance(error, BrokenPipeError) or error.errno == errno.EIO


def flush_or_forget() -> None:
    """At the very end: what is still held back reaches its reader, if there is one."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except OSError as error:
            _silence(stream)
            if not reader_gone(error):
                say_error(explained(error))
                raise SystemExit(1) from None


def _silence(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def explained(error: Exception) -> UserbotError:
    """An error that nobody expected, as one for a person."""
    if isinstance(error, UserbotError):
        return error
    if isinstance(error, OSError) and error.strerror:
        why = system_reason(error)
        what = _("The system refused: {why}.", why=why)
        if error.filename:
            what = _("The system refused: {why} ({file}).", why=why, file=error.filename)
        return UserbotError(
            what,
            _("Check who owns the files, and whether the disk is full."),
            reason="system",
        )
    return UserbotError(
        _("Internal error ({kind}).", kind=type(error).__name__),
        _("Run the same command with -v to see where, and report it."),
    )


def say_error(error: UserbotError) -> None:
    """Print an error for a person: every fault of a config, else one sentence; then its hint."""
    told: list[tuple[str, str]] = [(str(error), error.hint)]
    if isinstance(error, ConfigError):
        told = [(placed(fault), fault.hint) for fault in error.faults]
    for message, hint in told:
        line = said(joined(_("error"), message, by=": "))
        show(fitted(masked(line), sys.stderr))
        if hint:
            show(fitted(masked(f"  → {said(hint)}"), sys.stderr))


def placed(fault: Fault) -> str:
    """What is wrong in the config and where."""
    return joined(fault.where, fault.message, by=": ")


def _traceback() -> None:
    error = sys.exception() if hasattr(sys, "exception") else sys.exc_info()[1]
    if error is not None:
        print(traceback_of(error), end="", file=sys.stderr)
