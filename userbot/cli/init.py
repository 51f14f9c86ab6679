"""`userbot init`: from nothing to a working config.toml, by answering a few questions."""

from __future__ import annotations

import asyncio
import errno
import os
import tempfile
from pathlib import Path

from userbot.cli import init_questions as questions
from userbot.cli.asking import TRIES, Scripted
from userbot.cli.common import Common, command_line
from userbot.cli.language import aside, say, tell
from userbot.cli.login import WRONG_PHONE, log_in_first, own_dialogs
from userbot.cli.sandbox_card import running_sandbox
from userbot.config import load
from userbot.config.edit import with_blocks, with_values
from userbot.config.environment import find_config, read_env_file
from userbot.config.sources import Sources
from userbot.config.toml_file import parse
from userbot.config.validate import check
from userbot.errors import ConfigError, TelegramError, UsageError, UserbotError
from userbot.private_files import write_private
from userbot.settings import ReadingConfig, ServerConfig, Settings, VoiceConfig
from userbot.telegram.session import remove_session
from userbot.texts import _

_ASKED = {"telegram": ("api_id", "api_hash"), "openai": ("api_key", "base_url")}


_SERVER = ("dc", "host", "port", "public_key")
_LOOPBACK = 'host = "127.0.0.1"'


class Draft:
    """A config on its way: what stands in the file, and what was answered since."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text

    def environ(self) -> dict[str, str]:
        """The variables that count, those of a `.env` included."""
        stored, _unread = read_env_file(self.path)
        return stored | os.environ

    def add(self, table: str, values: questions.Values) -> None:
        """Answers of a step."""
        _data, lines = parse(self.path, self.text)
        self.text = with_values(self.text, lines, table, values)

    def settings(self) -> Settings:
        """What it says by now. Raises ConfigError."""
        return load(self.path, None, os.environ, need_key=False, text=self.text).settings

    def lacks(self, section: str) -> bool:
        """Whether [telegram] or [openai] still has to be asked for. Raises ConfigError."""
        data, lines = parse(self.path, self.text)
        begun = section in data
        sources = Sources(self.path.name, data, lines)
        sources.lay_environment(self.environ())
        sources.data.setdefault("telegram", {})
        found = {one.key for one in check(sources.data, need_key=True)}
        if section == "openai" and not begun:
            return True
        return any((section, key) in found for key in _ASKED[section])

    def write(self) -> None:
        """Write the file, for the owner alone."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self.path, self.text)


def init(common: Common, other: ServerConfig | None, phone: str | None, *, force: bool) -> None:
    """Write config.toml by asking for what it needs. `other`: another Telegram than the usual.

    One that exists is gone on with at the first step that it lacks, unless by `force` another
    takes its place. It is written at the end, or when the login does not come about.
    """
    os.umask(0o077)
    path = common.config or find_config(os.environ)
    _refuse_what_cannot_be_written(path)
    before = "" if force or not path.exists() else path.read_text(encoding="utf-8")
    draft = Draft(path, before)
    logged_in = False
    try:
        logged_in = _answered(draft, other, phone)
        settings = draft.settings()
        if not settings.chats:
            dialogs, premium = asyncio.run(own_dialogs(settings.telegram))
            blocks = questions.chats(dialogs)
            search = questions.search(blocks) if settings.reading == ReadingConfig() else "off"
            draft.text = with_blocks(draft.text, blocks)
            if search != "off":
                draft.add("reading", {"search": search})
            free = premium and settings.voice == VoiceConfig()
            if free and (values := questions.engine()):
                draft.add("voice", values)
    except KeyboardInterrupt:
        tell()
        _say_what_stands(common, draft, logged_in=logged_in)
        raise SystemExit(130) from None
    except ConfigError:
        raise
    except UserbotError:
        if draft.lacks("openai"):
            raise
        draft.write()
        again, login = command_line(common, "init"), command_line(common, "login")
        tell(
            _(
                "{path} is saved; continue with `{command}`, or `{again}`.",
                path=path,
                command=login,
                again=again,
            )
        )
        raise
    draft.write()
    _say_what_next(common, path, settings)


def _answered(draft: Draft, other: ServerConfig | None, phone: str | None) -> bool:
    """Take the steps that are open, up to the login. Raises UserbotError."""
    lacks_app, lacks_model = draft.lacks("telegram"), draft.lacks("openai")
    if lacks_app or lacks_model:
        if draft.text.strip():
            tell(_("{path} is not complete yet; only what is missing is asked.", path=draft.path))
        else:
            tell(_("This creates {path} in four steps. Ctrl-C quits at any time.", path=draft.path))
    if other is not None and "[telegram.server]" not in draft.text:
        draft.add("telegram.server", _server_values(other))
    own_server = "[telegram.server]" in draft.text
    if lacks_app:
        draft.add("telegram", questions.application(draft.environ(), own_server=own_server))
    if lacks_model:
        draft.add("openai", asyncio.run(questions.model(draft.environ())))
    questions.login()
    for _try in range(TRIES):
        telegram = draft.settings().telegram
        try:
            log_in_first(telegram, phone)
        except TelegramError as error:
            # What was answered wrong is asked again; everything else ends here.
            if error.reason not in ("api_id_invalid", *WRONG_PHONE):
                raise
            aside(str(error), error.hint)
            phone = None
            if error.reason == "api_id_invalid":
                draft.add("telegram", questions.application({}, own_server=own_server))
        else:
            return True
    raise UserbotError(
        _("The login failed {tries} times.", tries=TRIES),
        _("Copy api_id and api_hash again from https://my.telegram.org."),
    )


def init_for_sandbox(common: Common, *, force: bool) -> None:
    """Write a config for the sandbox that runs, and log in there as its owner: nothing is asked.

    It takes the place of a config for an earlier sandbox, or of any by `force`.
    """
    os.umask(0o077)
    path = common.config or find_config(os.environ)
    _refuse_what_cannot_be_written(path)
    card = running_sandbox()
    if path.exists() and not force and _LOOPBACK not in path.read_text(encoding="utf-8"):
        raise UserbotError(
            _("{path} is not for a sandbox and was not changed.", path=path),
            _("Name another file: userbot init --sandbox --config sandbox.toml"),
            reason="config_exists",
        )
    draft = Draft(path, "")
    telegram, owner = card["telegram"], card["accounts"][0]
    draft.add("telegram", {"api_id": 1, "api_hash": "anyhash"})
    draft.add("telegram.server", {name: telegram[name] for name in _SERVER})
    draft.add("openai", card["openai"] | {"model": "sandbox"})
    blocks = [
        f'[[chats]]  # {chat["title"]}\nid = {chat["id"]}\nrespond = "mention"\nfrom = "contacts"\n'
        for chat in card["chats"][:1]
    ]
    draft.text = with_blocks(draft.text, blocks)
    settings = draft.settings()
    remove_session(settings.telegram.session)  # of an earlier sandbox: nobody there knows it
    log_in_first(settings.telegram, owner["phone"], Scripted(owner["phone"], owner["code"]))
    draft.write()
    _say_what_next(common, path, settings)


def _say_what_next(common: Common, path: Path, settings: Settings) -> None:
    say(_("{path} is ready. Start with: {command}", path=path, command=command_line(common, "run")))
    if settings.telegram.in_sandbox:
        say(_("Then write “/gpt hello” in the sandbox's terminal."))
    else:
        say(_("Then send “{prefix} hello” to yourself, in Saved Messages.", prefix="/gpt"))


def _say_what_stands(common: Common, draft: Draft, *, logged_in: bool) -> None:
    """After Ctrl-C: with a login the config is worth keeping; without one nothing was written."""
    again = command_line(common, "init")
    if not logged_in:
        tell(_("Nothing was written. Start again with `{again}`.", again=again))
        return
    draft.write()
    tell(_("{path} is written, with no chats selected yet.", path=draft.path))
    tell(_("Start with `{command}`.", command=command_line(common, "run")))


def _refuse_what_cannot_be_written(path: Path) -> None:
    """Before anything is asked. Raises UserbotError, OSError."""
    if path.is_dir():
        raise UserbotError(_("{path} is a folder.", path=path), _("Name a file with --config."))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    with tempfile.TemporaryFile(dir=path.parent):
        pass


def other_server(server: str | None, public_key: Path | None, dc: int) -> ServerConfig | None:
    if server is None and public_key is None:
        return None
    host, _colon, port = (server or "").rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536 or public_key is None:
        raise UsageError(
            _("Another server needs --server HOST:PORT and --public-key FILE."),
            _("For example: userbot init --server 127.0.0.1:10443 --public-key server.pem"),
        )
    if not public_key.is_file():
        raise UsageError(
            _("No such file: {public_key}.", public_key=public_key),
            _("--public-key is the server's PEM file."),
        )
    return ServerConfig(
        dc=dc, host=host.strip("[]"), port=int(port), public_key=public_key.absolute()
    )


def _server_values(other: ServerConfig) -> questions.Values:
    return {
        "dc": other.dc,
        "host": other.host,
        "port": other.port,
        "public_key": str(other.public_key),
    }
