"""Files that are the owner's alone: 0600, in folders of 0700.

On Windows modes say nothing about who may read; there these functions only create and write.
All raise OSError as the system does, unless they say otherwise.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
from pathlib import Path


def others_may_read(path: Path) -> bool:
    """Whether others than the owner have any right to this file or folder, if it exists."""
    try:
        return sys.platform != "win32" and bool(path.stat().st_mode & 0o077)
    except FileNotFoundError:
        return False


def secure_folder(path: Path) -> bool:
    """Create a folder for the owner alone, or make it so; whether an existing one was repaired.

    A folder that others share on purpose is left as it is: the home folder, one of another
    owner, one with the sticky bit such as /tmp.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
    if missing:
        return False
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    if not others_may_read(path) or _is_shared(path):
        return False
    path.chmod(0o700)
    return True


def secure_file(path: Path) -> bool:
    """Make an existing file the owner's alone; whether it had to be repaired.

    A missing file and what is no regular file (a device, a pipe) are left alone.
    """
    if not others_may_read(path) or not path.is_file():
        return False
    path.chmod(0o600)
    return True


def write_private(path: Path, text: str) -> None:
    """Write a file at once or not at all, for the owner alone; it replaces what was there.

    A symbolic link stays one: its target is written.
    """
    target = Path(os.path.realpath(path))
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # 0600
    try:
        with open(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def _is_shared(folder: Path) -> bool:
    found = folder.stat()
    if found.st_mode & stat.S_ISVTX:
        return True
    if sys.platform != "win32" and found.st_uid != os.geteuid():
        return True
    home = Path(os.path.expanduser("~"))
    return home.exists() and folder.samefile(home)
