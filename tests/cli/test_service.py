"""`userbot service`: what it writes, by the system's own check, and what it asks of systemd."""

from __future__ import annotations

import plistlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.house import MODEL_KEY, House
from userbot.cli.service import Service, launchd_agent, service_of, systemd_unit

NASTY = Path("/tmp/a b/50% \"of\" $HOME \\ 'ü'")
NO_BUS = "echo 'Failed to connect to bus: No medium found' >&2; exit 1"


def a_service(program: str = "/usr/bin/true", folder: Path = NASTY) -> Service:
    return Service("userbot", (program, "run", "--config", str(folder / "config.toml")), folder)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    file = tmp_path / "userbot.service"
    file.write_text(systemd_unit(a_service(folder=tmp_path)))
    checked = subprocess.run(
        ["systemd-analyze", "--user", "verify", str(file)],
        capture_output=True,
        text=True,
        check=False,
        env={"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert (checked.returncode, checked.stdout) == (0, ""), checked.stderr
    assert "userbot.service" not in checked.stderr, checked.stderr


def test_whatever_a_path_holds_the_unit_means_it() -> None:
    (line,) = [row for row in systemd_unit(a_service()).splitlines() if row.startswith("ExecStart")]
    assert line.endswith(r'''"/tmp/a b/50%% \"of\" $$HOME \\ 'ü'/config.toml"''')
    agent = plistlib.loads(launchd_agent(a_service(), Path("/logs")).encode())
    assert agent["ProgramArguments"][-1] == str(NASTY / "config.toml")
    assert agent["StandardOutPath"] == "/logs/userbot.log"


def test_it_is_not_started_again_where_that_cannot_help() -> None:
    unit = systemd_unit(a_service())
    assert "RestartPreventExitStatus=2 3 4 5" in unit
    assert "Restart=on-failure" in unit


def test_a_profile_is_a_service_of_its_own() -> None:
    service = service_of(Path("/x/config.toml"), "work")
    assert service.name == "userbot-work"
    assert service.command[-2:] == ("--profile", "work")


def stand_in(folder: Path, script: str = "exit 0") -> dict[str, str]:
    """An environment in which systemctl only writes down what it is asked."""
    bin_ = folder / "bin"
    bin_.mkdir(exist_ok=True)
    (bin_ / "systemctl").write_text(f'#!/bin/sh\necho "$@" >>"{folder}/asked"\n{script}\n')
    (bin_ / "systemctl").chmod(0o755)
    return {"PATH": f"{bin_}:/usr/bin:/bin"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param((), "Say what to do with the service.", id="nothing"),
        pytest.param(("restart",), "No such action: restart.", id="something else"),
    ],
)
async def test_without_an_action_it_says_what_there_is_and_what_each_does(
    house: House, words: tuple[str, ...], sentence: str
) -> None:
    ended = await house.run("service", *words)  # there is no config yet: that is not what is wrong
    assert (ended.code, ended.sentences) == (2, [f"error: {sentence}"])
    (hint,) = ended.hints
    assert hint.startswith("  → `userbot service install` starts it now and at every login")
    assert "`status` says whether it runs" in hint
    assert "`remove` stops it" in hint


@pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux's")
async def test_it_is_installed_looked_at_and_removed(house: House) -> None:
    config = house.write_config()
    house.log_in()
    env = stand_in(house.folder)
    unit = house.folder / ".config/systemd/user/userbot.service"
    absent = await house.run("service", "status", env=env)
    assert (absent.code, absent.sentences) == (1, ["error: No service is installed."])
    ended = await house.run("service", "install", env=env)
    assert (ended.code, ended.out) == (0, f"Installed {unit}, and started it.\n"), ended.err
    assert "journalctl --user -u userbot -f" in ended.err
    assert "loginctl enable-linger" in ended.err
    assert f'"--config" "{config}"' in unit.read_text()
    asked = (house.folder / "asked").read_text().splitlines()
    assert asked == [
        f"--user {what}"
        for what in ("daemon-reload", "enable userbot.service", "restart userbot.service")
    ]
    assert (await house.run("service", "status", env=env)).out == f"running, from {unit}\n"
    assert (await house.run("service", "remove", env=env)).code == 0
    assert not unit.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux's")
async def test_what_would_not_run_is_not_installed(house: House) -> None:
    house.write_config()
    env = stand_in(house.folder)
    assert (await house.run("service", "install", env=env)).code == 4, "nobody is logged in"
    house.log_in()
    ended = await house.run("service", "install", env=env | {"OPENAI_API_KEY": MODEL_KEY})
    assert ended.code == 1
    assert "A service does not have this terminal's OPENAI_API_KEY." in ended.err
    env = stand_in(house.folder, NO_BUS)
    ended = await house.run("service", "install", env=env)
    assert (ended.code, len(ended.hints)) == (1, 1)
    assert "Failed to connect to bus" in ended.err
    assert (await house.run("service", "start", env=env)).code == 2


@pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux's")
@pytest.mark.parametrize("script", [NO_BUS, 'case "$2" in restart) exit 1;; esac'])
async def test_an_installation_that_fails_leaves_what_was_there(house: House, script: str) -> None:
    house.write_config()
    house.log_in()
    unit = house.folder / ".config/systemd/user/userbot.service"
    env = stand_in(house.folder, script)
    assert (await house.run("service", "install", env=env)).code == 1
    assert not unit.exists()
    asked = (house.folder / "asked").read_text().splitlines()
    assert asked[-2:] == ["--user disable --now userbot.service", "--user daemon-reload"]
    unit.write_text("an older one")
    assert (await house.run("service", "install", env=env)).code == 1
    assert unit.read_text() == "an older one"


@pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux's")
async def test_it_is_removed_even_if_systemd_does_not_answer(house: House) -> None:
    house.write_config()
    house.log_in()
    unit = house.folder / ".config/systemd/user/userbot.service"
    await house.run("service", "install", env=stand_in(house.folder))
    enabled = unit.parent / "default.target.wants" / unit.name
    enabled.parent.mkdir()
    enabled.symlink_to(unit)
    ended = await house.run("service", "remove", env=stand_in(house.folder, NO_BUS))
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == f"Removed {unit}, but could not stop the service.\n"
    assert not unit.exists()
    assert not enabled.is_symlink()
