"""The number by which Telegram knows a write again."""

from __future__ import annotations

import hashlib
import struct

from userbot.types import Question


def random_id(secret: bytes, chat: int, message: int, attempt: int, part: int) -> int:
    """The `random_id` of one part of the answer to a message: signed 64 bits, never 0.

    The same arguments give the same number, so that a write repeated after a crash is
    recognised by Telegram; a new attempt gives another one. `secret` (16 to 64 bytes, of this
    database) keeps the numbers from being foretold.
    """
    what = struct.pack(">qqqq", chat, message, attempt, part)
    digest = hashlib.blake2b(what, digest_size=8, key=secret).digest()
    return int.from_bytes(digest, "big", signed=True) or 1


def of_answer(secret: bytes, question: Question, part: int) -> int:
    """The `random_id` of one part of the answer to a question.

    In a group that moved the answer begins anew: its parts are others than those that may have
    been written before.
    """
    attempt = question.attempt if question.moved_from is None else -1 - question.attempt
    return random_id(secret, question.source, question.message, attempt, part)
