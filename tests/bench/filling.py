"""A long past: answered questions, straight into the tables of a history database."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from userbot.rules.own_writes import random_id
from userbot.storage.ledger import EVERYBODY, QUARTER

QUESTION = "Как лучше всего провести выходные за городом с детьми? " * 4
ANSWER = "Возьмите палатку, термос и карту; вечером разведите костёр. " * 16
DAYS = 1000


def fill(path: Path, stored: int, chats: Sequence[int], until: datetime, today: int = 0) -> None:
    """So many questions of the last `DAYS`, dealt out to private chats; the database is there.

    `today`: payments beside that on the last of them.
    """
    db = sqlite3.connect(path)
    start = int((until - timedelta(days=DAYS)).timestamp() * 1e6)
    gap = int(DAYS * 86400 * 1e6) // stored
    db.executemany(
        "INSERT INTO conversations (id, chat, topic, kind, title) VALUES (?, ?, 0, 'private', ?)",
        [(number + 1, chat, f"Chat {number}") for number, chat in enumerate(chats)],
    )

    def chat(n: int) -> int:
        return chats[n % len(chats)]

    numbers = range(1, stored + 1)
    db.executemany(
        "INSERT INTO questions (id, conversation, chat, message, sender, sender_name, by_owner,"
        " text, labelled, forwarded_from, about_reply, listen_first, plain, pictures, asked_at,"
        " stored_at, state, state_at, answer, model) VALUES (?1, ?2, ?3, ?1, ?3, 'Anna', 0, ?4, 0,"
        " '', 0, 0, 1, '', ?5, ?5, 'answered', ?5, ?6, 'm')",
        (
            (
                n,
                n % len(chats) + 1,
                chat(n),
                QUESTION[:100],
                start + n * gap,
                ANSWER[:120],
            )
            for n in numbers
        ),
    )
    db.executemany(
        "INSERT INTO outbound (random_id, question, part, attempt, chat, text, message, at)"
        " VALUES (?, ?, 0, 0, ?, ?, ?, ?)",
        (
            (
                random_id(b"x" * 16, chat(n), n, 0, 0),
                n,
                chat(n),
                ANSWER[:120],
                stored + n,
                start + n * gap,
            )
            for n in numbers
        ),
    )
    moments = [start + n * gap for n in numbers]
    # So many more on the last day, whose sums are looked at with each question.
    day = int(until.timestamp() * 1e6) - 43_200_000_000
    moments += [day + n * (43_200_000_000 // (today + 1)) for n in range(today)]
    db.executemany(
        "INSERT INTO payments (question, program, state, kind, model, prompt_tokens,"
        " completion_tokens, complete, audio_seconds, cost, answer_cost, person, by_owner, chat,"
        " at) VALUES (?1, 'run', 'captured', 'answer', 'm', 800, 200, 1, 0, 0, 0, ?2, 0, ?2, ?3)",
        ((n % stored + 1, chat(n), at) for n, at in enumerate(moments)),
    )
    db.execute(
        "INSERT INTO spent SELECT person, at / ?1, sum(prompt_tokens + completion_tokens), 0"
        " FROM payments GROUP BY 1, 2 UNION ALL"
        " SELECT ?2, at / ?1, sum(prompt_tokens + completion_tokens), 0 FROM payments GROUP BY 2",
        (QUARTER, EVERYBODY),
    )
    db.commit()
    db.close()
