"""What must hold for the image and how it is run: no root, no secret inside, signals that arrive.

Docker itself is not needed: a program of that name writes down what it is asked.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def instructions() -> list[tuple[str, str]]:
    """(INSTRUCTION, its text) in order, comments dropped and continued lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    parts = [line.split(maxsplit=1) for line in joined.splitlines() if line.strip()]
    return [(name.upper(), rest) for name, rest in parts]


def last_stage() -> dict[str, str]:
    """The final image's instructions; where one is repeated, the last stands."""
    every = instructions()
    begin = max(at for at, (name, _) in enumerate(every) if name == "FROM")
    return dict(every[begin:])


def test_the_image_runs_without_root() -> None:
    user = last_stage().get("USER", "root").partition(":")[0]
    assert user.isdecimal(), "a number, so that a cluster can check it is not root"
    assert int(user) > 0


def test_signals_reach_the_program_because_no_shell_stands_between() -> None:
    for name in ("ENTRYPOINT", "CMD"):
        words = json.loads(last_stage()[name])
        assert isinstance(words, list)
        assert words[0] not in {"sh", "bash", "/bin/sh", "/bin/bash"}


def test_the_base_image_has_a_version_and_stands_in_one_place() -> None:
    ((name, version),) = [
        text.split("=", 1) for kind, text in instructions() if kind == "ARG" and "BASE" in text
    ]
    assert name == "BASE"
    assert re.search(r":\d", version)
    bases = [text.split()[0] for kind, text in instructions() if kind == "FROM"]
    assert bases == ["${BASE}"] * 2


def test_nothing_is_added_from_elsewhere() -> None:
    assert [text for name, text in instructions() if name == "ADD"] == []


def test_only_named_files_are_copied_and_never_the_owners() -> None:
    own = {"userbot", "requirements", "pyproject.toml", "README.md", "LICENSE"}
    copied = [
        source
        for name, text in instructions()
        if name == "COPY" and "--from=" not in text
        for source in text.split()[:-1]
    ]
    assert copied
    assert [it for it in copied if it not in own] == []


def test_the_builder_is_sent_only_what_is_copied() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert "*" in lines
    sent = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert not [name for name in sent if re.search(r"config|session|\.env|\.git", name)]
    copied = {
        source
        for name, text in instructions()
        if name == "COPY" and "--from=" not in text
        for source in text.split()[:-1]
    }
    assert copied == sent


def test_packages_come_from_the_locks_by_hash() -> None:
    runs = " && ".join(text for name, text in instructions() if name == "RUN")
    fetching = [
        step
        for step in re.split(r"&&|;", runs)
        if re.search(r"\bpip (install|wheel)\b", step) and "--no-index" not in step
    ]
    assert fetching
    assert [step for step in fetching if "--require-hashes" not in step] == []


STANDS_IN = f"""#!{sys.executable}
import json, os, sys
with open(os.environ["ASKED"], "a") as file:
    file.write(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]) + "\\n")
"""
DIGEST = "sha256:" + "5a" * 32


class Tree:
    """A copy of what `make` needs, and programs that write down how they were called."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a tree"
        self.root.mkdir()
        for name in ("Makefile", "Dockerfile", "compose.yaml"):
            shutil.copy(ROOT / name, self.root)
        shutil.copytree(ROOT / ".ci", self.root / ".ci")
        (self.root / "config.toml").write_text("")
        self.programs = folder / "programs"
        self.programs.mkdir()
        self._asked = folder / "asked"
        self.says("docker")
        self.says("chown")

    def says(self, name: str, more: str = "") -> None:
        """A program of this name writes down its arguments, and does what `more` says."""
        (self.programs / name).write_text(STANDS_IN + more)
        (self.programs / name).chmod(0o755)

    def is_user(self, uid: int) -> None:
        """`id` tells this number, and so does the owner of config.toml."""
        self.says("id", f"print({uid})")
        os.chown(self.root / "config.toml", uid, uid)

    def make(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        others = ("SUDO_", "ARGS", "MAKE", "MFLAGS")  # of a make that runs the tests, too
        kept = {name: text for name, text in os.environ.items() if not name.startswith(others)}
        return subprocess.run(
            ["make", *words],
            cwd=self.root,
            env=kept | {"PATH": path, "ASKED": str(self._asked)} | environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def asked(self, name: str) -> list[list[str]]:
        every = self._asked.read_text().splitlines() if self._asked.exists() else []
        return [words[1:] for words in map(json.loads, every) if words[0] == name]


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def values(words: list[str], flag: str) -> list[str]:
    """What follows each of a flag's occurrences."""
    return [words[at + 1] for at, word in enumerate(words) if word == flag]


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="gives files to other users")


@as_root
def test_it_runs_as_whoever_calls_it_with_nothing_but_its_two_volumes(tree: Tree) -> None:
    tree.is_user(1234)
    ended = tree.make("run")
    assert (ended.returncode, ended.stderr) == (0, "")
    build, run = tree.asked("docker")
    assert build == ["build", "--tag", "gpt-userbot", "."]
    assert run[:2] == ["run", "--rm"]
    assert run[-2:] == ["gpt-userbot", "run"]
    assert "--init" in run
    assert "--read-only" in run
    assert values(run, "--user") == ["1234:1234"]
    assert values(run, "--cap-drop") == ["ALL"]
    assert values(run, "--security-opt") == ["no-new-privileges"]
    assert values(run, "--tmpfs") == ["/tmp"]
    assert values(run, "--volume") == [
        f"{tree.root}/config.toml:/data/config.toml:ro",
        f"{tree.root}/sessions:/data/sessions",
    ]
    assert not {"--privileged", "--cap-add", "--tty"} & set(run)
    assert (tree.root / "sessions").stat().st_mode & 0o777 == 0o700
    assert tree.asked("chown") == []


@pytest.mark.parametrize(
    ("owner", "environment", "user"),
    [
        pytest.param(0, {}, "10001:10001", id="root-alone"),
        pytest.param(0, {"SUDO_UID": "1000", "SUDO_GID": "1001"}, "1000:1001", id="sudo"),
        pytest.param(0, {"SUDO_UID": "0", "SUDO_GID": "0"}, "10001:10001", id="sudo-by-root"),
        pytest.param(1234, {}, "1234:1234", id="files-of-a-user"),
    ],
)
@as_root
def test_called_by_root_it_is_no_root_inside_and_can_still_read_its_files(
    tree: Tree, owner: int, environment: dict[str, str], user: str
) -> None:
    tree.is_user(0)
    os.chown(tree.root / "config.toml", owner, owner)
    ended = tree.make("run", **environment)
    assert ended.returncode == 0
    assert values(tree.asked("docker")[-1], "--user") == [user]
    assert tree.asked("chown") == [[user, "config.toml"], ["-R", user, "sessions"]]
    assert f"user {user.partition(':')[0]}, not as root" in ended.stderr


def test_other_commands_and_another_docker_can_be_named(tree: Tree) -> None:
    tree.says("podman")
    assert tree.make("run", "DOCKER=podman", "ARGS=history --limit 3").returncode == 0
    assert tree.asked("docker") == []
    assert tree.asked("podman")[-1][-4:] == ["gpt-userbot", "history", "--limit", "3"]


@as_root
def test_what_is_set_for_the_program_is_set_inside_and_never_on_the_command_line(
    tree: Tree,
) -> None:
    tree.is_user(0)
    (tree.root / ".env").write_text("OPENAI_API_KEY=sk-secret\n")
    ended = tree.make("run", USERBOT_OPENAI__MODEL="big", USERBOT_CONFIG="x", OPENAI_API_KEY="sk-2")
    assert ended.returncode == 0
    run = tree.asked("docker")[-1]
    assert "USERBOT_OPENAI__MODEL" in values(run, "--env")
    assert "USERBOT_CONFIG" not in values(run, "--env")
    assert f"--volume={tree.root}/.env:/data/.env:ro" in run
    assert ["10001:10001", ".env"] in tree.asked("chown")
    assert not [word for word in run if "sk-" in word or word == "big"]


def test_without_a_config_it_says_what_to_do_and_starts_nothing(tree: Tree) -> None:
    (tree.root / "config.toml").unlink()
    ended = tree.make("run")
    assert "copy config.toml.example to it" in ended.stderr
    assert [words[0] for words in tree.asked("docker")] == ["build"]


def base(tree: Tree) -> str:
    found = re.search(r"^ARG BASE=(.+)$", (tree.root / "Dockerfile").read_text(), re.M)
    assert found
    return found[1]


def test_a_pin_writes_the_digest_behind_the_name_and_a_second_one_moves_it_on(tree: Tree) -> None:
    before = base(tree).partition("@")[0]
    for digest in (DIGEST, DIGEST.replace("5a", "6b")):
        tree.says("docker", f"if sys.argv[1] == 'image': print('python@{digest}')")
        ended = tree.make("pin")
        assert (ended.returncode, ended.stderr) == (0, "")
        assert base(tree) == f"{before}@{digest}"
    assert [words[-1] for words in tree.asked("docker")] == [before] * 4
    assert (tree.root / "Dockerfile").read_text().startswith("# The program alone")


@pytest.mark.parametrize(
    "more", [pytest.param("sys.exit(1)", id="no-network"), pytest.param("", id="no-digest")]
)
def test_a_pin_that_cannot_be_had_changes_nothing_and_says_so(tree: Tree, more: str) -> None:
    tree.says("docker", more)
    text = (tree.root / "Dockerfile").read_text()
    ended = tree.make("pin")
    assert ended.returncode != 0
    assert "the Dockerfile is unchanged." in ended.stderr
    assert (tree.root / "Dockerfile").read_text() == text


@as_root
def test_compose_grants_no_more_than_make_run(tree: Tree) -> None:
    tree.is_user(1234)
    tree.make("run")
    run = tree.asked("docker")[-1]
    text = (ROOT / "compose.yaml").read_text()
    listed = {
        name: re.sub(r'["\s]', "", inside).split(",")
        for name, inside in re.findall(r"^    (\w+): \[(.*)\]$", text, re.M)
    }
    assert listed["cap_drop"] == values(run, "--cap-drop")
    assert listed["security_opt"] == values(run, "--security-opt")
    assert listed["tmpfs"] == values(run, "--tmpfs")
    assert listed["environment"] == values(run, "--env")
    assert listed["extra_hosts"] == values(run, "--add-host")
    assert re.search(r"^    read_only: true$", text, re.M)
    assert re.search(rf"^    stop_grace_period: {values(run, '--stop-timeout')[0]}s$", text, re.M)
    mounts = re.findall(r"source: \./(\S+)\n +target: (\S+)", text)
    assert [f"{tree.root}/{a}:{b}" for a, b in mounts] == [
        volume.removesuffix(":ro") for volume in values(run, "--volume")
    ]
    assert "privileged" not in text.replace("no-new-privileges", "")
