"""Files and folders that nobody else may read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from userbot.private_files import others_may_read, secure_file, secure_folder, write_private

posix = pytest.mark.skipif(os.name != "posix", reason="modes are a matter of POSIX")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
@pytest.mark.parametrize(
    ("before", "readable"),
    [
        pytest.param(0o600, False, id="the owner's alone"),
        pytest.param(0o400, False, id="only to read"),
        pytest.param(0o640, True, id="the group's"),
        pytest.param(0o604, True, id="everybody's"),
        pytest.param(0o620, True, id="writable by others"),
    ],
)
def test_any_right_of_others_counts_and_is_taken(
    tmp_path: Path, before: int, readable: bool
) -> None:
    file = tmp_path / "file"
    file.touch()
    file.chmod(before)
    assert others_may_read(file) == readable
    assert secure_file(file) == readable
    assert mode(file) == (0o600 if readable else before)
    assert not secure_file(file)


def test_a_file_that_is_missing_is_nobodys(tmp_path: Path) -> None:
    assert not others_may_read(tmp_path / "none")
    assert not secure_file(tmp_path / "none")


@posix
def test_what_is_no_file_is_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o644)
    (tmp_path / "pipe").chmod(0o644)
    assert not secure_file(tmp_path / "pipe")
    assert mode(tmp_path / "pipe") == 0o644


@posix
@pytest.mark.parametrize("umask", [0o022, 0o000, 0o377])
def test_folders_are_created_for_the_owner_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    usual = os.umask(umask)
    try:
        assert not secure_folder(tmp_path / "a" / "b")
    finally:
        os.umask(usual)
    assert (mode(tmp_path / "a"), mode(tmp_path / "a" / "b")) == (0o700, 0o700)


@posix
def test_a_folder_that_others_may_enter_is_repaired(tmp_path: Path) -> None:
    folder = tmp_path / "sessions"
    folder.mkdir()
    folder.chmod(0o755)
    assert secure_folder(folder)
    assert mode(folder) == 0o700
    assert not secure_folder(folder)


@posix
def test_a_folder_that_is_shared_on_purpose_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sticky = tmp_path / "tmp"
    home = tmp_path / "home"
    for folder, wanted in ((sticky, 0o1777), (home, 0o755)):
        folder.mkdir()
        folder.chmod(wanted)
    monkeypatch.setenv("HOME", str(home))
    assert not secure_folder(sticky)
    assert not secure_folder(home)
    assert (mode(sticky), mode(home)) == (0o1777, 0o755)


def test_a_file_in_the_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "sessions").touch()
    with pytest.raises(OSError, match="sessions"):
        secure_folder(tmp_path / "sessions" / "inner")
    with pytest.raises(OSError, match="sessions"):
        secure_folder(tmp_path / "sessions")


@posix
@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_a_private_file_is_written_for_the_owner_whatever_the_umask(
    tmp_path: Path, umask: int
) -> None:
    file = tmp_path / "config.toml"
    usual = os.umask(umask)
    try:
        write_private(file, "key = 'ключ'\n")
    finally:
        os.umask(usual)
    assert file.read_bytes() == "key = 'ключ'\n".encode()
    assert mode(file) == 0o600


@posix
def test_a_private_file_replaces_one_that_others_could_read(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, "new")
    assert (file.read_text(), mode(file)) == ("new", 0o600)
    assert os.listdir(tmp_path) == ["config.toml"]


@posix
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text("old")
    (tmp_path / "config.toml").symlink_to("real.toml")
    write_private(tmp_path / "config.toml", "new")
    assert (tmp_path / "config.toml").is_symlink()
    assert (tmp_path / "real.toml").read_text() == "new"


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_private(file, "\ud800")
    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["config.toml"]
