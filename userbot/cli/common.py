"""What every command shares: the common flags, and how an error becomes words and an exit code.

Text goes to standard output, everything else to standard error; no traceback without ``-v``.
"""

from __future__ import annotations

import errno
import functools
import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, TextIO, get_type_hints

import typer

from userbot.cli.language import said, speak
from userbot.errors import ConfigError, Fault, UserbotError, system_reason
from userbot.texts import _, joined


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """The common flags, as given before or after the command's name."""

    config: Path | None = None
    profile: str | None = None
    plain: bool = False
    json: bool = False
    verbose: bool = False


ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help=_("The config file [default: ./config.toml].")),
]
ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", metavar="NAME", help=_("Use [profile.NAME] of the config.")),
]
PlainOption = Annotated[
    bool, typer.Option("--plain", help=_("Plain lines: no colour, nothing moves."))
]
JsonOption = Annotated[bool, typer.Option("--json", help=_("One JSON object per event or row."))]
VerboseOption = Annotated[
    bool, typer.Option("-v", "--verbose", help=_("Show more, with tracebacks of errors."))
]
_FLAGS: dict[str, Any] = {
    "config": ConfigOption,
    "profile": ProfileOption,
    "plain": PlainOption,
    "json": JsonOption,
    "verbose": VerboseOption,
}


def common_flags(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the common flags.

    `function` takes a `Common` first, then its own parameters; errors it raises are told on
    standard error and become the exit code that the contract names for them.
    """

    @functools.wraps(function)
    def run(ctx: typer.Context, **given: Any) -> None:
        outer: Common = ctx.obj or Common()
        flags = {name: given.pop(name) for name in _FLAGS}
        common = replace(outer, **{name: value for name, value in flags.items() if value})
        speak(None)
        with_exit_code(lambda: function(common, **given), verbose=common.verbose)

    own = inspect.signature(function)
    hints = get_type_hints(function, include_extras=True)
    parameters = [
        inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context),
        *(
            parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
            for name, parameter in list(own.parameters.items())[1:]
        ),
        *(
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=None if name in ("config", "profile") else False,
                annotation=annotation,
            )
            for name, annotation in _FLAGS.items()
        ),
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


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


def fitted(text: str, stream: TextIO) -> str:
    """The text as `stream` shows it: in a terminal, lines end between words."""
    if not stream.isatty():
        return text
    import textwrap

    try:
        width = os.get_terminal_size(stream.fileno()).columns
    except OSError:
        return text
    return "\n".join(
        line
        if len(line) <= width
        else textwrap.fill(
            line,
            max(width, 20),
            subsequent_indent=" " * (len(line) - len(line.lstrip(" →"))),
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in text.split("\n")
    )


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
    from userbot.masking import masked

    told: list[tuple[str, str]] = [(str(error), error.hint)]
    if isinstance(error, ConfigError):
        told = [(placed(fault), fault.hint) for fault in error.faults]
    for message, hint in told:
        line = said(joined(_("error"), message, by=": "))
        print(fitted(masked(line), sys.stderr), file=sys.stderr)
        if hint:
            print(fitted(masked(f"  → {said(hint)}"), sys.stderr), file=sys.stderr)


def placed(fault: Fault) -> str:
    """What is wrong in the config and where."""
    return joined(fault.where, fault.message, by=": ")


def _traceback() -> None:
    from userbot.masking import traceback_of

    error = sys.exception() if hasattr(sys, "exception") else sys.exc_info()[1]
    if error is not None:
        print(traceback_of(error), end="", file=sys.stderr)
