"""What must hold for the image: no root, no secret inside, signals that arrive."""

import json
import re
from pathlib import Path

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


def test_every_base_image_has_a_version() -> None:
    bases = [text.split()[0] for name, text in instructions() if name == "FROM"]
    assert bases
    assert [base for base in bases if not re.search(r":\d|@sha256:", base)] == []


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
