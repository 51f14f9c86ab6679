"""A Telethon session file that is already logged in: no key exchange, no code."""

from pathlib import Path

from telethon.crypto import AuthKey
from telethon.sessions import SQLiteSession


def write_session(path: Path, dc: int, host: str, port: int, key: bytes) -> Path:
    """Writes the file, owner-only, and returns its path; adds the suffix if it is missing.

    Raises FileExistsError rather than change a login.
    """
    if path.suffix != ".session":
        path = path.with_name(path.name + ".session")
    path.touch(mode=0o600, exist_ok=False)
    session = SQLiteSession(str(path))
    session.set_dc(dc, host, port)
    session.auth_key = AuthKey(key)
    session.save()
    session.close()
    return path
