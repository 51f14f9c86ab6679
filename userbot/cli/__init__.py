"""The command line: one file a command family, joined here.

Nothing heavy is imported before a command runs, so that ``userbot --help`` answers at once.
"""

from __future__ import annotations

import codecs
import sys
from io import TextIOWrapper
from typing import Annotated

import typer
from typer.exceptions import TyperException

from userbot import __version__
from userbot.cli.chats import chats
from userbot.cli.common import (
    Common,
    ConfigOption,
    JsonOption,
    PlainOption,
    ProfileOption,
    VerboseOption,
    flush_or_forget,
    say_error,
)
from userbot.cli.demo import demo
from userbot.cli.doctor import doctor
from userbot.cli.help import speak_help
from userbot.cli.history import SETTINGS as HISTORY_SETTINGS
from userbot.cli.history import history
from userbot.cli.init import init
from userbot.cli.language import plainer
from userbot.cli.login import login, logout
from userbot.cli.retry import retry
from userbot.cli.run import run
from userbot.cli.sandbox import sandbox
from userbot.cli.talk import talk
from userbot.cli.usage import usage
from userbot.cli.usage_errors import is_help, usage_error
from userbot.texts import _

app = typer.Typer(
    name="userbot",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"userbot {__version__}")
        raise typer.Exit


@app.callback(
    help=_("A Telegram userbot: /gpt in your chats, answered right there from your own account.")
)
def root(
    ctx: typer.Context,
    config: ConfigOption = None,
    profile: ProfileOption = None,
    plain: PlainOption = False,
    json: JsonOption = False,
    verbose: VerboseOption = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_show_version,
            is_eager=True,
            help=_("Show the version and leave."),
        ),
    ] = False,
) -> None:
    """A Telegram userbot: /gpt in your chats, answered in place from your own account."""
    ctx.obj = Common(config=config, profile=profile, plain=plain, json=json, verbose=verbose)


_COMMANDS = {
    run: [_("Listen in the selected chats and answer.")],
    init: [
        _("Write config.toml by asking a few questions."),
        _(
            "Four short steps: Telegram's api_id and api_hash, the model, the login, the chats."
            " Without a terminal each answer is a line of standard input."
        ),
    ],
    login: [
        _("Log in to Telegram, by QR code or login code."),
        _(
            "Without a terminal each answer is a line of standard input: phone (if not given),"
            " code, and password if the account has one."
        ),
    ],
    logout: [_("End this login and remove its session file.")],
    chats: [_("List your chats, with the [[chats]] block to paste.")],
    history: [_("List conversations, or show one."), _("Works while the program runs.")],
    usage: [_("Show requests, tokens, audio minutes and cost.")],
    doctor: [_("Check that everything is set up.")],
    retry: [_("Retry failed questions, at once if the program runs.")],
    talk: [
        _("Talk to the same assistant in the terminal."),
        _("Telegram is not needed. One question per line; /quit or /exit ends."),
    ],
    demo: [
        _("Watch the whole program in a small simulated Telegram."),
        _("It needs no account, no key and no network."),
    ],
    sandbox: [
        _("Run a small Telegram and a model endpoint on this computer."),
        _(
            "For any MTProto client and any OpenAI client, until Ctrl-C. The accounts' codes"
            " never change."
        ),
    ],
}
"""Each command with its help: the sentence that lists it, and what else there is to say."""
for _command, _help in _COMMANDS.items():
    app.command(
        context_settings=HISTORY_SETTINGS if _command is history else None,
        short_help=_help[0],
        help="\n\n".join(_help),
    )(_command)


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
