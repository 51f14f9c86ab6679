"""The files that hold secrets are the owner's alone; what is not, is repaired and told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from userbot.config.loading import Loaded
from userbot.private_files import secure_file, secure_folder


def check_modes(loaded: Loaded) -> tuple[str, ...]:
    """Make the config file, session, database and their folders the owner's alone.

    Missing folders are created. Gives a sentence for each repair, and for each that the system
    refused. The config file counts if it holds a secret; the folder it stands in is left alone.
    """
    told = []
    for path, secure in _private(loaded):
        try:
            if secure(path):
                told.append(f"Others could read {path}; now only you can.")
        except OSError as error:
            told.append(f"{path} cannot be kept from others: {error.strerror}.")
    return tuple(told)


def _private(loaded: Loaded) -> Iterator[tuple[Path, Callable[[Path], bool]]]:
    if loaded.holds_secret:
        yield loaded.path, secure_file
    session = loaded.settings.telegram.session
    session = session.with_name(session.name.removesuffix(".session") + ".session")
    database = loaded.settings.history.database
    for folder in dict.fromkeys((session.parent, database.parent)):
        if folder != loaded.path.parent:
            yield folder, secure_folder
    log = loaded.settings.console.log_file
    if log is not None:
        yield log, secure_file
    for file in (session, database):
        for suffix in ("", "-journal", "-wal", "-shm"):
            yield file.with_name(file.name + suffix), secure_file
