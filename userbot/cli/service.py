"""`userbot service`: `run` kept running by the system, as a systemd user unit or a launchd agent.

What is installed is a single file of the user's own; nothing here needs another's rights.
"""

from __future__ import annotations

import os
import plistlib
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from userbot.cli.common import Common
from userbot.cli.language import aside, say, tell
from userbot.config import Loaded
from userbot.console.describe import printable
from userbot.errors import UsageError, UserbotError
from userbot.private_files import write_private
from userbot.telegram.session import require_session
from userbot.texts import _

ACTIONS = ("install", "status", "remove")
_STOP_SECONDS = 45
"""For the answers under way: a run finishes them before it leaves."""
_RETRY_SECONDS = 10
_HOPELESS = (2, 3, 4, 5)
"""Exit codes of `errors` after which a new start would end in the same way."""
_ASKING_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Service:
    """What is to be kept running: its name, its command line, and the folder it starts in."""

    name: str
    command: tuple[str, ...]
    folder: Path

    @property
    def label(self) -> str:
        """The name among launchd's agents."""
        return f"local.{self.name}"


def service_of(config: Path, profile: str | None) -> Service:
    """The service for a config, which is given whole: a service has no folder of its own."""
    script = Path(sys.argv[0])
    started = script.name == "userbot" and script.is_file()
    program = [str(script.absolute())] if started else [sys.executable, "-m", "userbot"]
    more = ["--profile", profile] if profile else []
    command = (*program, "run", "--plain", "--config", str(config), *more)
    return Service(f"userbot-{profile}" if profile else "userbot", command, config.parent)


def systemd_unit(service: Service) -> str:
    """The unit file; see systemd.service(5) and, for the quotes, systemd.syntax(7)."""
    command = " ".join(map(_systemd_word, service.command))
    return f"""\
[Unit]
Description=Telegram userbot
StartLimitIntervalSec=0

[Service]
ExecStart={command}
WorkingDirectory={str(service.folder).replace("%", "%%")}
Restart=on-failure
RestartSec={_RETRY_SECONDS}
RestartPreventExitStatus={" ".join(map(str, _HOPELESS))}
TimeoutStopSec={_STOP_SECONDS}
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=default.target
"""


def _systemd_word(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def launchd_agent(service: Service, logs: Path) -> str:
    """The property list; see launchd.plist(5). What is printed goes to a file in `logs`."""
    log = str(logs / f"{service.name}.log")
    return plistlib.dumps(
        {
            "Label": service.label,
            "ProgramArguments": list(service.command),
            "WorkingDirectory": str(service.folder),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": _RETRY_SECONDS,
            "ExitTimeOut": _STOP_SECONDS,
            "Umask": 0o077,
            "StandardOutPath": log,
            "StandardErrorPath": log,
        }
    ).decode()


class Systemd:
    """The user's own systemd."""

    def __init__(self, service: Service) -> None:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        self.file = base / "systemd" / "user" / f"{service.name}.service"
        self._service = service

    @property
    def text(self) -> str:
        """What the file says."""
        return systemd_unit(self._service)

    def start(self) -> None:
        _ask("systemctl", "--user", "daemon-reload")
        _ask("systemctl", "--user", "enable", self.file.name)
        _ask("systemctl", "--user", "restart", self.file.name)

    def remove(self) -> bool:
        """Remove the file in any case; whether the service was stopped, too."""
        stopped = _tried("systemctl", "--user", "disable", "--now", self.file.name)
        self.file.unlink(missing_ok=True)
        enabled = self.file.parent / "default.target.wants" / self.file.name
        enabled.unlink(missing_ok=True)  # the link that `disable` left if it failed
        _tried("systemctl", "--user", "daemon-reload")
        return stopped

    def runs(self) -> bool:
        return _tried("systemctl", "--user", "is-active", "--quiet", self.file.name)

    @property
    def log(self) -> str:
        """The command that shows what it prints."""
        return f"journalctl --user -u {self.file.stem} -f"

    @property
    def lasting(self) -> str:
        """What makes it last beyond the user's own login, if anything."""
        return "loginctl enable-linger"


class Launchd:
    """The user's own launchd."""

    def __init__(self, service: Service) -> None:
        self.file = Path.home() / "Library" / "LaunchAgents" / f"{service.label}.plist"
        self._service = service
        self._logs = Path.home() / "Library" / "Logs"
        user = getattr(os, "getuid", int)()  # there is none on Windows, nor launchd
        self._domain = f"gui/{user}"

    @property
    def text(self) -> str:
        """What the file says."""
        return launchd_agent(self._service, self._logs)

    def start(self) -> None:
        _tried("launchctl", "bootout", f"{self._domain}/{self._service.label}")
        _ask("launchctl", "bootstrap", self._domain, str(self.file))

    def remove(self) -> bool:
        """Remove the file in any case; whether the service was stopped, too."""
        _tried("launchctl", "bootout", f"{self._domain}/{self._service.label}")
        self.file.unlink(missing_ok=True)
        return not self.runs()

    def runs(self) -> bool:
        return _tried("launchctl", "print", f"{self._domain}/{self._service.label}")

    @property
    def log(self) -> str:
        """The command that shows what it prints."""
        return f"tail -f {self._logs / self._service.name}.log"

    lasting = ""


def no_such_action(action: str | None) -> UsageError:
    """What was typed is none of `ACTIONS`, or nothing was: what there is, and what each does."""
    told = _("No such action: {action}.", action=printable(action or ""))
    if action is None:
        told = _("Say what to do with the service.")
    return UsageError(
        told,
        _(
            "`userbot service install` starts it now and at every login, `status` says whether it"
            " runs and where its log is, `remove` stops it and forgets it."
        ),
    )


def service(common: Common, action: str, loaded: Loaded) -> None:
    """Install the service and start it, say how it is, or stop and remove it.

    `action`: one of `ACTIONS`.
    """
    manager = _manager(service_of(loaded.path, common.profile))
    if action == "install":
        _refuse_what_would_not_run(loaded)
        _install(manager)
        say(_("Installed {file}, and started it.", file=manager.file))
        tell(_("What it prints: {command}", command=manager.log))
        if manager.lasting:
            tell(_("To keep it running after you log out: {command}", command=manager.lasting))
    elif not manager.file.exists():
        raise UserbotError(
            _("No service is installed."), _("`userbot service install` installs one.")
        )
    elif action == "remove":
        if not manager.remove():
            aside(_("Removed {file}, but could not stop the service.", file=manager.file))
            raise SystemExit(1)
        say(_("Stopped, and removed {file}.", file=manager.file))
    elif manager.runs():
        say(_("running, from {file}", file=manager.file))
        tell(_("What it prints: {command}", command=manager.log))
    else:
        aside(
            _("Installed as {file}, but not running.", file=manager.file),
            _("See why with {command}", command=manager.log),
        )
        raise SystemExit(1)


def _manager(service: Service) -> Systemd | Launchd:
    if sys.platform == "darwin":
        return Launchd(service)
    if shutil.which("systemctl"):
        return Systemd(service)
    raise UserbotError(
        _("There is neither systemd nor launchd here."),
        _("Start `userbot run` with what starts programs on this system, or with Docker."),
    )


def _install(manager: Systemd | Launchd) -> None:
    """Write the file and start the service; if it does not start, all is as it was before."""
    before = manager.file.read_text("utf-8") if manager.file.exists() else None
    _write(manager.file, manager.text)
    try:
        manager.start()
    except BaseException:
        if before is None:
            manager.remove()
        else:
            _write(manager.file, before)
            with suppress(UserbotError):
                manager.start()
        raise


def _refuse_what_would_not_run(loaded: Loaded) -> None:
    """A service asks nobody, and has nothing of a terminal's environment."""
    require_session(loaded.settings.telegram.session)
    here = sorted(
        where.removeprefix("environment ")
        for where in loaded.origins.values()
        if where.startswith("environment ")
    )
    if here:
        raise UserbotError(
            _("A service does not have this terminal's {names}.", names=", ".join(here)),
            _("Put them into {file}, one NAME=value per line.", file=loaded.path.parent / ".env"),
        )


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    write_private(file, text)


def _tried(*command: str) -> bool:
    """Whether a command succeeded."""
    try:
        _ask(*command)
    except UserbotError:
        return False
    return True


def _ask(*command: str) -> None:
    """Run a command. Raises UserbotError with the first line of what it said."""
    why = ""
    try:
        ended = subprocess.run(  # noqa: S603 - words of ours, and no shell
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ASKING_SECONDS,
            check=False,
        )
        if ended.returncode == 0:
            return
        why = next(iter(ended.stderr.strip().splitlines()), "")
    except (OSError, subprocess.TimeoutExpired) as error:
        why = type(error).__name__
    raise UserbotError(
        _("`{command}` failed: {why}", command=" ".join(command[:3]), why=why),
        _("It needs a login of your own on this computer, not `su` or `sudo`."),
        reason="service",
    )
