"""The command line: `commands` lists what there is; each command is a file of its own."""

from __future__ import annotations

import codecs
import sys
from io import TextIOWrapper

import typer
from typer.exceptions import TyperException

from userbot.cli.commands import app
from userbot.cli.endings import flush_or_forget, say_error
from userbot.cli.help import is_help, speak_help, usage_error
from userbot.cli.language import plainer

__all__ = ["app", "main"]


def main() -> None:
    """The console script `userbot`."""
    speak_help()
    codecs.register_error("userbot", plainer)
    for stream in (sys.stdout, sys.stderr):
        # What a terminal cannot show becomes plainer, rather than an error in the middle of a run.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="userbot")
    try:
        code = app(standalone_mode=False, prog_name="userbot")
    except TyperException as error:
        if is_help(error):
            print(error.format_message(), file=sys.stderr)
        else:
            say_error(usage_error(error))
        code = error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        print(file=sys.stderr)
        code = 130
    except BrokenPipeError:
        code = 0  # whoever read the lines went away, as `| head -1` does
    finally:
        flush_or_forget()
    sys.exit(code if isinstance(code, int) else 0)
