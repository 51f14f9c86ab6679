"""What commands in chats have set, against the file."""

from __future__ import annotations

from userbot.settings import Override
from userbot.storage.database import Database

SELECT = "SELECT chat, respond, whom, system, model FROM overrides"


class Overrides:
    """What commands set. Both methods raise StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[int, Override]:
        """What commands have set, by chat."""
        return {chat: override(*rest) for chat, *rest in self._database.rows(SELECT)}

    def set(self, chat: int, to: Override) -> None:
        """From now on this, and nothing else, is set by commands in a chat."""
        with self._database.transaction():
            self._database.execute("DELETE FROM overrides WHERE chat = ?", (chat,))
            if to != Override():
                self._database.execute(
                    "INSERT INTO overrides (chat, respond, whom, system, model)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (chat, to.respond, to.from_, to.system, to.model),
                )


def override(
    respond: str | None, whom: str | None, system: str | None, model: str | None
) -> Override:
    """A row of `overrides`; what this version does not know counts as not set."""
    return Override(
        respond=respond if respond in ("all", "mention", "prefix", "off") else None,  # type: ignore[arg-type]
        from_=whom if whom in ("me", "contacts", "anyone") else None,  # type: ignore[arg-type]
        system=system,
        model=model,
    )
