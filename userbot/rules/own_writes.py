"""Which of the account's messages under a question are the program's own, and which the owner's.

Rule 1: a message is the program's if it is a recorded one, or if its text equals that of a
recorded write, it stands in the place of that write, and it was not typed on another device.
Rule 2: anything else of the account's in reply to the question is the owner's own answer.

Telegram itself knows a write again by its `random_id`.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Sequence, Set

from userbot.rules.plain import beginning
from userbot.types import OwnMessage, Question, Recorded


def random_id(secret: bytes, chat: int, message: int, attempt: int, part: int) -> int:
    """The `random_id` of one part of the answer to a message: signed 64 bits, never 0.

    The same arguments give the same number, so that a write repeated after a crash is
    recognised by Telegram; a new attempt gives another one. `secret` (16 to 64 bytes, of this
    database) keeps the numbers from being foretold.
    """
    what = struct.pack(">qqqq", chat, message, attempt, part)
    digest = hashlib.blake2b(what, digest_size=8, key=secret).digest()
    return int.from_bytes(digest, "big", signed=True) or 1


def answer_random_id(secret: bytes, question: Question, part: int) -> int:
    """The `random_id` of one part of the answer to a question.

    In a group that moved the answer begins anew: its parts are others than those that may have
    been written before.
    """
    moved = question.source != question.conversation.chat
    attempt = -1 - question.attempt if moved else question.attempt
    return random_id(secret, question.source, question.message, attempt, part)


def adopted(
    recorded: Sequence[Recorded],
    own: Sequence[OwnMessage],
    question: int | None,
    elsewhere: Set[int] = frozenset(),
) -> dict[int, int]:
    """The message of every recorded write that stands, by the write's random_id.

    `recorded`: the writes of one attempt, by part; several of one part were sent with different
    texts. `own`: the account's messages after the question, oldest first. `question`: the message
    that the first part replies to, or is; None if it could not reply. `elsewhere`: what another
    device of the account has sent.
    """
    standing: dict[int, int] = {}
    taken: set[int] = {one.message for one in recorded if one.message is not None}
    reply_to = question
    for part in sorted({one.part for one in recorded}):
        writes = [one for one in recorded if one.part == part]
        known = next((one.message for one in writes if one.message is not None), None)
        if known is None:
            free = [one for one in own if one.id not in taken and one.id not in elsewhere]
            known = _found(writes, free, reply_to)
        elif known != question and known not in {one.id for one in own}:
            known = None  # somebody deleted it
        if known is None:
            break
        taken.add(known)
        standing[writes[0].random_id] = known
        reply_to = known
    return standing


def owners_answers(
    own: Iterable[OwnMessage], asked: Set[int], ours: Set[int], prefix: str
) -> list[OwnMessage]:
    """What the owner has answered by hand: replies to the question that are neither ours nor asked.

    `asked`: the messages that the question is made of. `ours`: messages that the program wrote.
    """
    start = prefix.partition(" ")[0].lower()
    return [
        one
        for one in own
        if one.reply_to in asked
        and one.id not in ours
        and not beginning(one.text).lower().startswith(start)
    ]


def _found(
    writes: Sequence[Recorded], own: Sequence[OwnMessage], reply_to: int | None
) -> int | None:
    texts = {write.text.strip() for write in writes}
    for one in own:
        if one.reply_to != reply_to:
            continue
        # White space around a text is Telegram's to drop. Without words, only a voice note can be
        # told from what else might stand there.
        text = one.text.strip()
        if text in texts and (text or one.voice):
            return one.id
    return None
