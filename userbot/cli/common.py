"""What every command works with: the common flags, the configuration that they name, and how it
ends: an error becomes words, a hint and an exit code; a reader may go away.

Text goes to standard output, everything else to standard error; no traceback without ``-v``.
"""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from userbot import masking
from userbot.cli.language import fitted, said, show, speak
from userbot.errors import ConfigError, UserbotError, system_reason
from userbot.signals import leaving_at_once
from userbot.texts import _, joined

if TYPE_CHECKING:
    from userbot.config import Loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """The common flags, as given before or after the command's name."""

    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help=_("The config file [default: ./config.toml, else ~/.config/userbot/config.toml]."),
        ),
    ] = None
    profile: Annotated[
        str | None,
        typer.Option(metavar="NAME", help=_("Use [profile.NAME] of the config.")),
    ] = None
    plain: Annotated[
        bool, typer.Option("--plain", help=_("Plain lines: no colour, nothing moves."))
    ] = False
    json: Annotated[bool, typer.Option("--json", help=_("One JSON object per event or row."))] = (
        False
    )
    verbose: Annotated[
        bool,
        typer.Option("-v", "--verbose", help=_("Show more, with tracebacks of errors.")),
    ] = False

    @property
    def lively(self) -> bool:
        """Whether a person looks at what is printed, and wants more than plain lines."""
        return not (self.plain or self.json) and sys.stdout.isatty()


def command_line(common: Common, *words: str) -> str:
    """A command line of this program that works with the same config, as it can be typed here."""
    flags = ["--config", str(common.config)] if common.config else []
    return shlex.join([program(), *words, *flags])


def program() -> str:
    """What starts this program: its name, or its path where no shell finds it by name."""
    started = Path(sys.argv[0])
    if started.name != "userbot" or not started.is_file():
        return "userbot"
    found = shutil.which("userbot")
    if found and Path(found).resolve() == started.resolve():
        return "userbot"
    try:
        return str(started.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(started)


@leaving_at_once()
def load_config(common: Common, *, need_key: bool = True, need_telegram: bool = True) -> Loaded:
    """Read the config; what is created from now on is the owner's only. Raises ConfigError."""
    from userbot.config import load

    os.umask(0o077)
    masking.install()
    masking.hide(os.environ.get("TELEGRAM_API_HASH"), os.environ.get("OPENAI_API_KEY"))
    loaded = load(
        common.config, common.profile, os.environ, need_key=need_key, need_telegram=need_telegram
    )
    settings = loaded.settings
    speak(settings.console.language)
    masking.hide(settings.telegram.api_hash, settings.openai.api_key)
    masking.hide(settings.voice.api_key, settings.speech.api_key)
    for server in settings.tools:
        masking.hide(*server.headers.values())
        masking.hide_password_of(server.url)
        # What is set beside keys are words like others: a language, a time zone, a folder.
        named = (value for name, value in server.env.items() if masking.SECRET_NAME.search(name))
        masking.hide(*named)
    masking.hide_password_of(settings.telegram.proxy)
    masking.hide_password_of(settings.openai.proxy)
    return loaded


@contextmanager
def exit_codes(*, verbose: bool) -> Iterator[None]:
    """Say an error of the block in plain words, and leave with its exit code (see `errors`)."""
    try:
        yield
    except KeyboardInterrupt:
        print(file=sys.stderr)
        raise SystemExit(130) from None
    except BrokenPipeError:
        stop_printing()  # the reader went away (`userbot history | head`)
        raise SystemExit(0) from None
    except Exception as error:
        if verbose:
            print(masking.traceback_of(error), end="", file=sys.stderr)
        told = explained(error)
        say_error(told)
        raise SystemExit(told.exit_code) from None


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
                say_error(unprinted(error))
                raise SystemExit(1) from None


def unprinted(error: OSError) -> UserbotError:
    """What was to be printed could not be."""
    return UserbotError(
        _("The output could not be written: {why}.", why=system_reason(error)),
        _("Free some space there, or send it somewhere else."),
        reason="system",
    )


def _silence(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def explained(error: Exception) -> UserbotError:
    """An error that nobody expected, as one for a person."""
    if isinstance(error, UserbotError):
        return error
    if isinstance(error, OSError) and error.errno == errno.ENOSPC and not error.filename:
        return unprinted(error)
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
        told = [(one.told, one.hint) for one in error.faults]
    for message, hint in told:
        lines = [said(joined(_("error"), message, by=": "))]
        lines += [f"  → {said(hint)}"] if hint else []
        for line in lines:
            show(fitted(masking.masked(line), sys.stderr))
