"""What is remembered of chats: how far each was seen, what commands set in it, whom @names mean."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from userbot.settings import Override
from userbot.storage.database import Database, moment
from userbot.types import KeptName


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far a chat is seen; `begins`: only if nothing is known of that."""

    chat: int
    message: int
    begins: bool = False


class Watermarks:
    """The newest message of each chat that was decided about. Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seen(self, chat: int) -> int | None:
        """The newest message of a chat that was decided about; None if it is not known."""
        row = self._database.row("SELECT message FROM watermarks WHERE chat = ?", (chat,))
        return None if row is None else int(row[0])

    def see(self, chat: int, message: int) -> None:
        """The chat was seen up to this message, unless it was seen further already."""
        self._database.execute(
            "INSERT INTO watermarks (chat, message) VALUES (?, ?) ON CONFLICT (chat) DO UPDATE"
            " SET message = excluded.message WHERE message < excluded.message",
            (chat, message),
        )

    def put(self, mark: Watermark) -> None:
        """So far a chat is seen."""
        if mark.begins:
            self._database.execute(
                "INSERT INTO watermarks (chat, message) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (mark.chat, mark.message),
            )
        else:
            self.see(mark.chat, mark.message)

    def forget(self, chat: int) -> None:
        """A group that became a supergroup holds nothing that was not decided about."""
        self._database.execute("DELETE FROM watermarks WHERE chat = ?", (chat,))

    def last_look(self) -> datetime | None:
        """When all chats were last looked at; None: never."""
        row = self._database.row("SELECT value FROM meta WHERE key = 'last_look'")
        return None if row is None else moment(row[0])

    def looked(self, at: datetime) -> None:
        """All chats were looked at."""
        self._database.execute(
            "INSERT INTO meta VALUES ('last_look', ?) ON CONFLICT (key) DO UPDATE"
            " SET value = excluded.value",
            (at,),
        )


class Overrides:
    """What commands set. Both methods raise StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[int, Override]:
        """What commands have set, by chat."""
        rows = self._database.rows(
            "SELECT chat, respond, whom, system, model, answer FROM overrides"
        )
        return {chat: _override(*rest) for chat, *rest in rows}

    def set(self, chat: int, to: Override) -> None:
        """From now on this, and nothing else, is set by commands in a chat."""
        with self._database.transaction():
            self._database.execute("DELETE FROM overrides WHERE chat = ?", (chat,))
            if to != Override():
                self._database.execute(
                    "INSERT INTO overrides (chat, respond, whom, system, model, answer)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (chat, to.respond, to.from_, to.system, to.model, to.answer),
                )


class Names:
    """Whom @names mean. Every method raises StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def kept(self, name: str) -> KeptName | None:
        """Whom the name meant when it was first resolved; None if it never was."""
        row = self._database.row(
            "SELECT name, id, access_hash FROM names WHERE name = ?", (_key(name),)
        )
        return KeptName(*row) if row else None

    def keep(self, name: KeptName, at: datetime) -> None:
        """Remember a name; one that is known already stays as it is."""
        self._database.execute(
            "INSERT INTO names VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
            (_key(name.name), name.id, name.access_hash, at),
        )


def _key(name: str) -> str:
    return name.removeprefix("@").lower()


def _override(
    respond: str | None,
    whom: str | None,
    system: str | None,
    model: str | None,
    answer: str | None,
) -> Override:
    """A row of `overrides`; what this version does not know counts as not set."""
    return Override(
        respond=respond if respond in ("all", "mention", "prefix", "off") else None,  # type: ignore[arg-type]
        from_=whom if whom in ("me", "contacts", "anyone") else None,  # type: ignore[arg-type]
        system=system,
        model=model,
        answer=answer if answer in ("send", "ask") else None,  # type: ignore[arg-type]
    )
