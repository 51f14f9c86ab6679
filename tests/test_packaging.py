"""What is published and what is locked: no secret in a distribution, no index address in a lock."""

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "requirements"
LOCKS = sorted(path.stem for path in FOLDER.glob("*.txt"))
SECRETS = {
    "config.toml": "api_hash",
    "sessions/me.session": "a login",
    "sessions/history.db": "people's words",
    ".env": "a key",
    "userbot/me.session": "a login in the wrong place",
    "userbot/history.db-wal": "people's words in the wrong place",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes]]:
    """The sdist and the wheel of this tree: contents by path, without the leading `gpt_userbot-…/`.

    Secrets lie about in it, and no `.gitignore` hides them from the build.
    """
    tree = tmp_path_factory.mktemp("tree")
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tree)
    shutil.copytree(ROOT / "userbot", tree / "userbot", ignore=shutil.ignore_patterns("*.pyc"))
    for name, text in SECRETS.items():
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text(text)
    build = "from hatchling.build import *; build_sdist('dist'); build_wheel('dist')"
    subprocess.run([sys.executable, "-c", build], cwd=tree, check=True, capture_output=True)
    (sdist,) = (tree / "dist").glob("*.tar.gz")
    (wheel,) = (tree / "dist").glob("*.whl")
    with tarfile.open(sdist) as tar:
        from_sdist = {
            member.name.partition("/")[2]: file.read()
            for member in tar.getmembers()
            if (file := tar.extractfile(member))
        }
    with zipfile.ZipFile(wheel) as archive:
        from_wheel = {name: archive.read(name) for name in archive.namelist()}
    return {"sdist": from_sdist, "wheel": from_wheel}


@pytest.mark.parametrize("kind", ["sdist", "wheel"])
def test_no_config_login_or_history_is_published(
    kind: str, built: dict[str, dict[str, bytes]]
) -> None:
    assert "userbot/__init__.py" in built[kind]
    leaked = [
        name
        for name, content in built[kind].items()
        if Path(name).name in {Path(secret).name for secret in SECRETS}
        or content.decode("utf-8", "replace") in SECRETS.values()
    ]
    assert leaked == []


@pytest.mark.parametrize("secret", sorted(SECRETS))
def test_git_takes_no_config_login_or_history(secret: str) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("no clone")
    asked = ["git", "check-ignore", "--no-index", "--quiet", secret]
    assert subprocess.run(asked, cwd=ROOT, check=False).returncode == 0


def test_a_wheel_carries_the_program_its_types_its_translations_and_its_command(
    built: dict[str, dict[str, bytes]],
) -> None:
    wheel = built["wheel"]
    assert {"userbot/py.typed", "userbot/locale/ru/LC_MESSAGES/userbot.mo"} <= wheel.keys()
    assert not [
        name for name in wheel if not re.match(r"(userbot|gpt_userbot-[^/]+\.dist-info)/", name)
    ]
    (entry_points,) = (wheel[name] for name in wheel if name.endswith("/entry_points.txt"))
    assert "userbot = userbot.__main__:main" in entry_points.decode()


def pins(lock: str) -> dict[str, str]:
    """Name → version of every package in a lock."""
    text = (FOLDER / f"{lock}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s;\\]+)", text, flags=re.MULTILINE))


def test_there_are_locks() -> None:
    assert {"run", "build", "dev", "tools", "real"} == set(LOCKS)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index_and_no_folder(lock: str) -> None:
    lines = (FOLDER / f"{lock}.txt").read_text(encoding="utf-8").splitlines()
    told = [line for line in lines if "://" in line or line.startswith("-") or "/" in line]
    assert told == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_of_a_lock_is_pinned_by_hash(lock: str) -> None:
    text = re.sub(r"\\\n", " ", (FOLDER / f"{lock}.txt").read_text(encoding="utf-8"))
    loose = [
        line
        for line in text.splitlines()
        if not line.startswith("#") and not re.match(r"\S+==\S.*--hash=sha256:[0-9a-f]{64}", line)
    ]
    assert loose == []


def test_the_locks_agree_on_every_version() -> None:
    every = {lock: pins(lock) for lock in LOCKS}
    differing = {
        name: versions
        for name in set().union(*every.values())
        if len(
            set((versions := {lock: p[name] for lock, p in every.items() if name in p}).values())
        )
        > 1
    }
    assert differing == {}
    assert every["run"].keys() <= every["dev"].keys()


@pytest.mark.parametrize(
    ("lock", "group"),
    [
        ("run", None),
        ("dev", "dev"),
        ("build", "build"),
        ("real", "real"),
    ],
)
def test_a_lock_holds_what_pyproject_asks_for(lock: str, group: str | None) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = project["dependency-groups"][group] if group else project["project"]["dependencies"]
    locked = pins(lock)
    missing = [
        text
        for text in wanted
        if isinstance(text, str)
        and not Requirement(text).specifier.contains(locked.get(Requirement(text).name, "0"))
    ]
    assert missing == [], "run `make lock`"
