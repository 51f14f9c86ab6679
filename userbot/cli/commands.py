"""The command line: every command with its options and its help.

What a command does stands in a file of its own, which is imported when the command runs, so that
``userbot --help`` answers at once, and after its config was read, so that one that is wrong is
told at once.
"""

from __future__ import annotations

import functools
import inspect
import time
from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, get_type_hints

import typer

from userbot import __version__, masking
from userbot.cli import completion
from userbot.cli.common import Common, exit_codes, load_config
from userbot.cli.help import Examples, HelpGroup, with_examples
from userbot.cli.language import speak
from userbot.errors import UsageError
from userbot.signals import leaving_at_once
from userbot.texts import _, joined

_FLAGS: Final = inspect.signature(Common).parameters
"""They may stand before the command's name and behind it."""
Phone = Annotated[
    str | None,
    typer.Option("--phone", metavar="+…", help=_("Use a login code instead of a QR code.")),
]

Chat = Annotated[
    str | None,
    typer.Option(
        "--chat",
        metavar="CHAT",
        help=_("An id (or ID/TOPIC), or part of a title or @name."),
        autocompletion=completion.chats,
    ),
]

app = typer.Typer(
    name="userbot",
    cls=HelpGroup,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _with_flags(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the common flags.

    `function` takes a `Common` first, then its own parameters; errors it raises are told on
    standard error and become the exit code that the contract names for them.
    """

    @functools.wraps(function)
    def run(ctx: typer.Context, **given: Any) -> None:
        flags = {name: given.pop(name) for name in _FLAGS}
        set_ones = {name: value for name, value in flags.items() if value}
        ctx.obj = common = replace(ctx.obj or Common(), **set_ones)
        speak(None)
        with exit_codes(verbose=common.verbose):
            function(common, **given)

    only_named = inspect.Parameter.KEYWORD_ONLY
    _common, *own = inspect.signature(function).parameters.values()
    hints = get_type_hints(Common, include_extras=True)
    hints |= get_type_hints(function, include_extras=True)
    parameters = [
        inspect.Parameter("ctx", only_named, annotation=typer.Context),
        *(
            parameter.replace(annotation=hints[parameter.name], kind=only_named)
            for parameter in (*own, *_FLAGS.values())
        ),
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _command(
    *told: str, examples: Examples, **settings: Any
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a command. `told`: the sentence that lists it, and what else there is to say."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        app.command(
            cls=with_examples(examples),
            short_help=told[0],
            help="\n\n".join(told),
            context_settings=settings,
        )(_with_flags(function))
        return function

    return register


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"userbot {__version__}")
        raise typer.Exit


@app.callback(
    help=_("A Telegram userbot: /gpt in your chats, answered right there from your own account.")
)
@_with_flags
def root(
    common: Common,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            "-V",
            callback=_show_version,
            is_eager=True,
            help=_("Show the version and exit."),
        ),
    ] = False,
) -> None:
    """What stands before the command's name: the flags are all there is to it."""


@_command(
    _("Listen in the selected chats and answer."),
    examples=(
        ("userbot run", _("until Ctrl-C, with a console")),
        ("userbot run --json", _("for another program to read")),
        ("userbot run --profile work", _("with what [profile.work] changes")),
    ),
)
def run(common: Common) -> None:
    began = time.monotonic()
    loaded = load_config(common)
    with leaving_at_once():
        from userbot.cli import run as command

    command.run(common, loaded, began)


@_command(
    _("Write config.toml by asking a few questions."),
    _(
        "Four short steps: Telegram's api_id and api_hash, the model, the login, the chats."
        " Without a terminal each answer is a line of standard input."
    ),
    examples=(
        ("userbot init", _("begin, or go on where it stopped")),
        ("userbot init --sandbox", _("with the `userbot sandbox` that is running")),
    ),
)
def init(
    common: Common,
    force: Annotated[bool, typer.Option("--force", help=_("Replace an existing config."))] = False,
    phone: Phone = None,
    sandbox: Annotated[
        bool,
        typer.Option(
            "--sandbox", help=_("Fill in everything for the `userbot sandbox` that runs.")
        ),
    ] = False,
    server: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help=_("Another Telegram, such as `userbot sandbox`.")),
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help=_("With --server: its PKCS#1 RSA key."))
    ] = None,
    dc: Annotated[
        int,
        typer.Option(min=1, max=5, metavar="N", help=_("With --server: its data centre number.")),
    ] = 2,
) -> None:
    with leaving_at_once():
        from userbot.cli import init as command

    if sandbox:
        command.init_for_sandbox(common, force=force)
        return
    other = command.other_server(server, public_key, dc)
    command.init(common, other, phone, force=force)


@_command(
    _("Log in to Telegram, by QR code or login code."),
    _(
        "Without a terminal each answer is a line of standard input: phone (if not given),"
        " code, and password if the account has one."
    ),
    examples=(
        ("userbot login", _("by QR code; Enter for a login code instead")),
        ("userbot login --phone +491701234567", _("by a code that Telegram sends")),
    ),
)
def login(common: Common, phone: Phone = None) -> None:
    masking.hide(phone)
    settings = load_config(common, need_key=False).settings
    with leaving_at_once():
        from userbot.cli import login as command

    command.login(common, settings, phone)


@_command(
    _("End this login and remove its session file."),
    examples=(("userbot logout", _("as in Telegram: Settings → Devices → Terminate")),),
)
def logout(common: Common) -> None:
    settings = load_config(common, need_key=False).settings
    with leaving_at_once():
        from userbot.cli import login as command

    command.logout(settings.telegram)


@_command(
    _("List your chats, with the [[chats]] block to paste."),
    examples=(
        ("userbot chats", _("all, with who is answered there")),
        ("userbot chats plans", _("those with “plans” in their name, with the block")),
    ),
)
def chats(
    common: Common,
    word: Annotated[
        str | None,
        typer.Argument(
            metavar="WORD",
            help=_("Only chats with this in title or @name."),
            autocompletion=completion.chats,
        ),
    ] = None,
) -> None:
    settings = load_config(common, need_key=False).settings
    with leaving_at_once():
        from userbot.cli import chats as command

    command.chats(common, settings, word)


@_command(
    _("List conversations, or show one."),
    _("Works while the program runs."),
    examples=(
        ("userbot history", _("the conversations")),
        ("userbot history plans --limit 50", _("what was said in one")),
        ("userbot history --search Lisbon", _("everywhere")),
        ("userbot history plans --export md", _("as Markdown")),
        ("userbot history plans --clear", _("erase it, after asking")),
    ),
    ignore_unknown_options=True,  # the id of a group begins with a dash, like an option
)
def history(
    common: Common,
    chat: Annotated[
        str | None,
        typer.Argument(
            metavar="CHAT",
            help=_("An id (or ID/TOPIC), 'saved', or part of a title or @name."),
            autocompletion=completion.chats,
        ),
    ] = None,
    search: Annotated[
        str | None,
        typer.Option(metavar="WORD", help=_("Only what contains these words, ignoring case.")),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1_000_000,
            metavar="N",
            help=_("Only the newest N [default: 20 questions]."),
        ),
    ] = None,
    clear: Annotated[
        bool, typer.Option("--clear", help=_("Erase the text of CHAT, or everything, permanently."))
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help=_("With --clear: erase without asking."))
    ] = False,
    export: Annotated[
        str | None,
        typer.Option(metavar="FORMAT", help=_("Export CHAT, or everything, as md, json or html.")),
    ] = None,
    backup: Annotated[
        str | None, typer.Option(metavar="FILE", help=_("Copy the whole history into a new file."))
    ] = None,
) -> None:
    settings = load_config(common, need_key=False).settings
    with leaving_at_once():
        from userbot.cli import history as command

    asked = command.Selection(chat, search, limit)
    wanted = command.Action(clear=clear, yes=yes, export=export, backup=backup)
    command.history(common, settings, asked, wanted)


@_command(
    _("Show requests, tokens, audio minutes and cost."),
    examples=(
        ("userbot usage", _("the last 30 days")),
        ("userbot usage --by person --days 7", _("who asked how much this week")),
    ),
)
def usage(
    common: Common,
    by: Annotated[
        str, typer.Option("--by", metavar="WHAT", help=_("Only by day, chat, person or model."))
    ] = "",
    days: Annotated[
        int,
        typer.Option(min=1, max=36_500, metavar="N", help=_("The last N days, including today.")),
    ] = 30,
) -> None:
    settings = load_config(common, need_key=False).settings
    with leaving_at_once():
        from userbot.cli import usage as command

    command.usage(common, settings, by, days)


@_command(
    _("Check that everything is set up."),
    examples=(
        ("userbot doctor", _("what is ready, and what to do about the rest")),
        ("userbot doctor -v", _("also where each value comes from")),
    ),
)
def doctor(common: Common) -> None:
    with leaving_at_once():
        from userbot.cli import doctor as command

    command.doctor(common)


@_command(
    _("Retry questions that failed."),
    examples=(
        ("userbot retry --since 1h", _("what failed within the last hour")),
        ("userbot retry --chat plans", _("what failed in one chat")),
    ),
)
def retry(
    common: Common,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="AGE", help=_("Only what failed in the last 30m, 2h or 7d [default: all].")
        ),
    ] = None,
    chat: Chat = None,
) -> None:
    settings = load_config(common, need_key=False).settings
    with leaving_at_once():
        from userbot.cli import history as command

    command.retry(common, settings, since, chat)


@_command(
    _("List what waits for your yes, and decide."),
    _("In a terminal it asks about each. They also come to Saved Messages, where you reply."),
    examples=(
        ("userbot approvals", _("what waits")),
        ("userbot approvals 4 yes", _("send it; no: drop it; again: write it anew")),
        ('userbot approvals 4 "On Sunday."', _("send this text in its stead")),
    ),
)
def approvals(
    common: Common,
    number: Annotated[
        int | None, typer.Argument(metavar="NUMBER", help=_("Which of them."))
    ] = None,
    word: Annotated[
        list[str] | None,
        typer.Argument(metavar="WORD", help=_("yes, no, again, or the text to send.")),
    ] = None,
) -> None:
    settings = load_config(common, need_key=False).settings
    with leaving_at_once():
        from userbot.cli import approvals as command

    command.approvals(common, settings, number, " ".join(word or ()).strip())


@_command(
    _("Talk to the same assistant in the terminal."),
    _("Telegram is not needed. One question per line; /quit or /exit ends."),
    examples=(
        ("userbot talk", _("a conversation; /help lists its commands")),
        ('userbot talk "Why is the sky blue?"', _("one answer")),
        ('userbot talk -- -m big "Why?"', _("with switches, which stand behind --")),
        ("userbot talk < questions.txt", _("a question per line of standard input")),
    ),
)
def talk(
    common: Common,
    text: Annotated[
        list[str] | None, typer.Argument(metavar="TEXT", help=_("Answer this, and end."))
    ] = None,
) -> None:
    settings = load_config(common, need_telegram=False).settings
    with leaving_at_once():
        from userbot.cli import talk as command

    command.talk(common, settings, " ".join(text or ()))


@_command(
    _("Sum up what was said in a chat since you read it."),
    _(
        "What is read goes to the model, in parts if it is long, and is not stored. While"
        " `userbot run` is running, send /gpt_recap CHAT to Saved Messages instead."
    ),
    examples=(
        ("userbot recap @weekend_plans", _("since you read it")),
        ("userbot recap @weekend_plans 2d", _("of the last two days; or 200: the last messages")),
        ("userbot recap @weekend_plans @anna", _("of what one person wrote")),
    ),
)
def recap(
    common: Common,
    chat: Annotated[str, typer.Argument(metavar="CHAT", help=_("Its @name, id or title."))],
    much: Annotated[
        str | None,
        typer.Argument(metavar="N|2d|@NAME", help=_("How many messages, of what time, or whose.")),
    ] = None,
) -> None:
    settings = load_config(common).settings
    with leaving_at_once():
        from userbot.cli import recap as command

    command.recap(common, settings, chat, much or "")


@_command(
    _("List the tools of [[tools]], and what each may do."),
    _("It starts the servers to ask them. Rights are given in the config."),
    examples=(
        ("userbot tools", _("all tools, with the rights to paste for new ones")),
        ("userbot tools --confirm git", _("you have looked at what changed there")),
    ),
)
def tools(
    common: Common,
    confirm: Annotated[
        str | None,
        typer.Option(
            "--confirm",
            metavar="TOOL",
            help=_("A tool, or all of a server, whose changed definition is fine."),
        ),
    ] = None,
) -> None:
    settings = load_config(common, need_key=False, need_telegram=False).settings
    with leaving_at_once():
        from userbot.cli import tools as command

    command.tools(common, settings, confirm or "")


@_command(
    _("Watch the whole program in a small simulated Telegram."),
    _("It needs no account, no key and no network."),
    examples=(
        ("userbot demo", _("watch, then join in")),
        ("userbot demo --openai", _("with the model of your config or OPENAI_API_KEY")),
    ),
)
def demo(
    common: Common,
    openai: Annotated[
        bool,
        typer.Option("--openai", help=_("Use your own model: the key or server you configured.")),
    ] = False,
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help=_("With --openai: this model."))
    ] = None,
    language: Annotated[
        str | None, typer.Option(metavar="en|ru", help=_("The language of the scene."))
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help=_("Draw the chat and the console there, as SVG.")),
    ] = None,
) -> None:
    with leaving_at_once():
        from userbot.cli import demo as command

    own = command.own_model(common, model) if openai else None
    command.demo(common, own, language, picture)


@_command(
    _("Run a small Telegram and a model endpoint on this computer."),
    _(
        "For any MTProto client and any OpenAI client, until Ctrl-C. The accounts' codes"
        " never change."
    ),
    examples=(
        ("userbot sandbox", _("join in as one of its people")),
        ("userbot sandbox --port 10443 --data town", _("the same ports and people again")),
        ("userbot sandbox --json", _("where everything is, for a program")),
    ),
)
def sandbox(
    common: Common,
    port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65534,
            metavar="N",
            help=_("Telegram's port; the endpoint uses the next one. 0: any free."),
        ),
    ] = 0,
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help=_("Keep the state in this folder. Default: in memory.")),
    ] = None,
) -> None:
    with leaving_at_once():
        from userbot.cli import sandbox as command

    command.sandbox(common, port, data)


@_command(
    _("Keep it running in the background: install, status or remove."),
    _("As a systemd user unit on Linux, a launchd agent on macOS."),
    examples=(
        ("userbot service install", _("start it now and at every login")),
        ("userbot service status", _("does it run, and where is its log")),
        ("userbot service remove", _("stop it, and forget it")),
    ),
)
def service(
    common: Common,
    action: Annotated[
        str | None,
        typer.Argument(
            metavar="ACTION",
            help=_("install, status or remove."),
            autocompletion=completion.actions,
        ),
    ] = None,
) -> None:
    with leaving_at_once():
        from userbot.cli import service as command

    if action not in command.ACTIONS:  # whatever the config is like
        raise command.no_such_action(action)
    loaded = load_config(common, need_key=action == "install")
    command.service(common, action, loaded)


@_command(
    _("Show the help of a command."),
    examples=(("userbot help history", _("the same as `userbot history --help`")),),
)
def help(  # noqa: A001 - as it is typed
    common: Common,
    name: Annotated[
        str | None, typer.Argument(metavar="COMMAND", help=_("Without one: the list of commands."))
    ] = None,
) -> None:
    known = [one.name or getattr(one.callback, "__name__", "") for one in app.registered_commands]
    if name is not None and name not in known:
        close = get_close_matches(name, known, n=1)
        meant = _("Did you mean {name}?", name=close[0]) if close else ""
        listed = _("`userbot --help` lists them.")
        from userbot.console.describe import printable

        raise UsageError(_("No such command: {name}.", name=printable(name)), joined(meant, listed))
    app([*([name] if name else []), "--help"], prog_name="userbot", standalone_mode=False)
