"""Which messages an answer cites: ids alone, so that a deletion of one reaches the answer."""

from __future__ import annotations

from collections.abc import Sequence

from userbot.storage.database import Database
from userbot.types import Source


def cite(database: Database, question: int, cites: Sequence[Source]) -> None:
    """The answer to a question cites these, too; nothing, if its words are gone."""
    for one in cites:
        database.execute(
            "INSERT INTO citations SELECT id, ?2, ?3, ?4 FROM questions"
            " WHERE id = ?1 AND erased = 0 ON CONFLICT DO NOTHING",
            (question, one.chat, one.message, one.person),
        )
