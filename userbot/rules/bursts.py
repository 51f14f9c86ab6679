"""Several messages that are one question: sent in a row, as an album, or forwarded together. Pure.

A message joins the one before it only if it is a question by itself, as `trigger` decides: where
only the prefix asks, one without it is not for us, whatever came before. In doubt it is a question
of its own; nothing that was said is lost by that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from userbot.rules.prompt import worded
from userbot.types import AS_EVER, Question

BATCH_SECONDS = 0.4
"""How long the rest of an album, or of what is forwarded, is waited for after each message.

Telegram sends an album in one piece (core.telegram.org/api/files#albums-grouped-media); what is
forwarded together comes in one piece too, after the words that go with it.
"""
MOST_CHARACTERS = 12_000
"""Of one question; what comes after that is the next one."""


def joins(previous: Question, following: Question, gap: float, burst_seconds: float) -> bool:
    """Whether a message belongs to the question before it.

    `gap`: seconds between their arrivals. By the same person in the same conversation, in order;
    recordings stand alone, and so does what replies to another message than the one before, or has
    other switches; but those before an album's first picture, or before what is forwarded, are for
    all of it.
    """
    one_album = previous.album is not None and previous.album == following.album
    sent_together = one_album or (previous.forwarded_from and following.forwarded_from)
    longest = max(burst_seconds, BATCH_SECONDS) if sent_together else burst_seconds
    # Telegram's dates are whole seconds; what was missed arrives later, but all at once.
    apart = (following.at - previous.at).total_seconds()
    return (
        longest > 0
        and gap <= longest
        and apart <= longest + 1
        and (previous.conversation, previous.source) == (following.conversation, following.source)
        and previous.sender.id == following.sender.id
        and previous.about_name == following.about_name
        and previous.quiet == following.quiet
        and (
            previous.switches == following.switches
            or (following.switches == AS_EVER and bool(one_album or following.forwarded_from))
        )
        and previous.message < following.message
        and not any(_alone(question) for question in (previous, following))
        and (previous.reply_to is None or following.reply_to in (None, previous.reply_to))
    )


def waits(question: Question) -> float:
    """Seconds to wait for more after this message before the question is answered."""
    return BATCH_SECONDS if question.album is not None or question.forwarded_from else 0.0


def together(asks: Sequence[Question]) -> Question:
    """One question of several, in the place of the last."""
    *before, last = asks
    if not before:
        return last
    replying = next(
        (question for question in reversed(asks) if question.reply_to is not None), last
    )
    alike = len({question.forwarded_from for question in asks}) == 1
    expiring = [question.expires_at for question in asks if question.expires_at is not None]
    return replace(
        last,
        text="\n".join(
            said for question in asks if (said := question.text if alike else worded(question))
        ),
        forwarded_from=last.forwarded_from if alike else "",
        labelled=not alike,
        reply_to=replying.reply_to,
        about_reply=replying.about_reply,
        pictures=tuple(picture for question in asks for picture in question.pictures),
        documents=tuple(document for question in asks for document in question.documents),
        expires_at=min(expiring, default=None),
        switches=asks[0].switches,
    )


def _alone(question: Question) -> bool:
    sound = question.voice is not None or question.listen_first
    return sound or question.attempt > 0 or question.recap is not None
