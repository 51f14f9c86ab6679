"""The account's write buckets: who may write now, and how long the others wait.

Every write needs a place in two buckets, its chat's and the account's. A bucket lets `burst`
writes go at once, then so many a second. First texts and ends of answers queue for a place, in
order; what commands write waits until no answer needs the place; previews and typing only take
what is to spare, and go nowhere otherwise.

Assumed, since Telegram publishes no limits for people's accounts. For bots it names about one
message a second in a chat, 20 a minute in a group and 30 a second in all
(core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this), and edits are reported
to count as messages do. A person's account gets less in all, so:

- the account: `writes_per_second`, after `burst` at once;
- a private chat: as the account, after half of `burst` at once;
- a group: one write in six seconds, after half of `burst` at once, which with the defaults is 20
  in any minute. Who raises `writes_per_second` above 1 raises this in proportion.

Chats and topics that refused a message are left alone for a while, longer each time running: why
they refuse may pass by itself. Somebody is muted for a minute, a topic is closed for a night.

Times are seconds of a clock that never goes back; the caller gives them. Nothing here sleeps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from userbot.errors import ChatRefusedError
from userbot.types import ConversationId

GROUP_WRITES_PER_SECOND = 1 / 6
TYPING_WEIGHT = 0.1
"""What a typing signal takes of the account's bucket: it is no message, but it is a request."""
FLOOD_MARGIN_SECONDS = 0.5
"""Telegram counts in whole seconds; who comes back early waits longer."""
READS_PER_SECOND, READS_AT_ONCE = 2.0, 20
"""Pages of chats that are looked through; assumed, since Telegram names no limit on reading."""
SEARCHES_PER_SECOND, SEARCHES_AT_ONCE = 1 / 3, 10
"""Telegram slows down accounts that search much, by waits of 3 to 21 s as reported; it names no
number. So many were reported to pass."""
WRITES = frozenset({"send", "edit", "delete"})
"""What a place is needed for. All else is a pause of its own method: reading, and typing, for
which nobody waits."""
_ROUNDING_SECONDS = 1e-6
"""Who comes back after just the seconds that were named must not miss the place by rounding."""


class Bucket:
    """`burst` at once, then `per_second`; those who wait have their places already.

    It is kept as the moment at which it would be full again (the "virtual scheduling" form of a
    leaky bucket): one number, however many wait.
    """

    __slots__ = ("_allowance", "_full_at", "_interval")

    def __init__(self, per_second: float, burst: int) -> None:
        self._full_at = 0.0
        self.take_up(per_second, burst)

    def take_up(self, per_second: float, burst: int) -> None:
        """From now on it fills and holds so much; the moment at which it is full stays."""
        self._interval = 1.0 / per_second
        self._allowance = self._interval * burst

    def reserve(self, now: float, weight: float = 1.0) -> float:
        """Take the next free place; gives the seconds until it is there."""
        self._full_at = max(self._full_at, now) + self._interval * weight
        return max(0.0, self._full_at - self._allowance - now)

    def release(self) -> None:
        """A place that was taken will not be used."""
        self._full_at -= self._interval

    def until_free(self, places: float, now: float) -> float:
        """The seconds until so many could write at once, if nobody writes before."""
        return max(0.0, self._full_at - now - self._allowance + self._interval * places)

    def rest(self, until: float) -> None:
        """One may write at `until`, and no burst follows it."""
        self._full_at = max(self._full_at, until + self._allowance - self._interval)


@dataclass(frozen=True, slots=True)
class Pause:
    """A wait that Telegram asked for: seconds from now, "flood_wait" or "slow_mode"."""

    seconds: float
    reason: str
    account_wide: bool = False


class RateLimiter:
    """The buckets, and the pauses that Telegram asked for, by method and chat.

    Chats are Telethon's marked ids: groups and channels are negative; 0 is none of them.
    """

    def __init__(self, writes_per_second: float, burst: int) -> None:
        self._account = Bucket(writes_per_second, burst)
        self._chats: dict[int, Bucket] = {}
        self._flooded_until: dict[int, float] = {}
        self.pauses: dict[tuple[str, int], tuple[float, str]] = {}
        """By method and chat, until when and why; empty as long as Telegram asked for none."""
        self._account_pause = 0.0
        self.take_up(writes_per_second, burst)

    def take_up(self, writes_per_second: float, burst: int) -> None:
        """From now on it is so many. What was written already counts; pauses stay."""
        self._rate = writes_per_second
        self._chat_burst = max(1, burst // 2)
        self._account.take_up(writes_per_second, burst)
        for chat, bucket in self._chats.items():
            bucket.take_up(self._rate_in(chat), self._chat_burst)
        self._kept = min(max(1, burst // 4), burst - 1)
        self._kept_here = self._chat_burst // 2
        # Less than previews leave, so that a chat full of answers lets commands through.
        self._kept_from_commands = min(max(1, burst // 6), burst - 1)
        self._kept_here_from_commands = self._chat_burst // 3

    def acquire_chat(self, chat: int, now: float) -> float:
        """Take a place in a chat's bucket; gives the seconds until it is there."""
        return self._chat(chat, now).reserve(now)

    def acquire_account(self, now: float) -> float:
        """Take a place in the account's bucket; gives the seconds until it is there."""
        return self._account.reserve(now)

    def release_chat(self, chat: int) -> None:
        """The place in a chat's bucket will not be used."""
        self._chats[chat].release()

    def release_account(self) -> None:
        """The place in the account's bucket will not be used."""
        self._account.release()

    def try_acquire(self, method: str, chat: int, now: float) -> bool:
        """Take a place in both buckets if nobody needs it: a preview's way.

        In each bucket something is kept for first texts and ends: half of the chat's, so that
        the next answers there need not wait, and a quarter of the account's.
        """
        paused = self.pause(method, chat, now) is not None
        return not paused and not self._take(chat, now, self._kept_here, self._kept)

    def acquire_after_answers(self, chat: int, now: float) -> float:
        """Take a place in both buckets, if no answer needs it: a command's way.

        Gives 0 if it was taken, else the seconds after which to ask again. Of the chat's burst a
        third is kept for answers, of the account's a sixth.
        """
        return self._take(chat, now, self._kept_here_from_commands, self._kept_from_commands)

    def try_typing(self, chat: int, now: float) -> bool:
        """Whether a typing signal may go; it takes a tenth of a write."""
        needed = self._account.until_free(1 + self._kept, now)
        if self.pause("typing", chat, now) or needed > _ROUNDING_SECONDS:
            return False
        self._account.reserve(now, TYPING_WEIGHT)
        return True

    def pause(self, method: str, chat: int, now: float) -> Pause | None:
        """The pause that holds this method in this chat back, if there is one."""
        until, reason = self.pauses.get((method, chat), (0.0, ""))
        writes = method in WRITES or method == "typing"
        if writes and self._account_pause > max(now, until):
            return Pause(self._account_pause - now, "flood_wait", account_wide=True)
        return Pause(until - now, reason) if until > now else None

    def flooded(self, method: str, chat: int, seconds: float, now: float) -> None:
        """Telegram asked for a pause of this method in this chat; other methods go on there.

        When it is over, no burst follows in that chat. While another chat has one too, they are
        one for the whole account, until both have ended.
        """
        until = now + seconds + FLOOD_MARGIN_SECONDS
        self.pauses = {key: one for key, one in self.pauses.items() if one[0] > now}
        self.pauses[method, chat] = (until, "flood_wait")
        if method not in WRITES:
            return
        self._flooded_until[chat] = max(until, self._flooded_until.get(chat, 0.0))
        elsewhere = [
            ends
            for (kind, place), (ends, why) in self.pauses.items()
            if why == "flood_wait" and kind in WRITES and place != chat
        ]
        if elsewhere:
            self._account_pause = max(self._account_pause, until, *elsewhere)
            self._account.rest(self._account_pause)

    def slowed(self, method: str, chat: int, seconds: float, now: float) -> None:
        """The chat is in slow mode, and its next message may come in so many seconds."""
        self.pauses[method, chat] = (now + seconds + FLOOD_MARGIN_SECONDS, "slow_mode")

    def _rate_in(self, chat: int) -> float:
        rate = self._rate
        if chat < 0:
            return max(min(rate, GROUP_WRITES_PER_SECOND), rate * GROUP_WRITES_PER_SECOND)
        return rate

    def _take(self, chat: int, now: float, kept_here: int, kept: int) -> float:
        """Take a place in both buckets if so many others stay free; else the seconds until then."""
        here = self._chat(chat, now)
        seconds = max(here.until_free(1 + kept_here, now), self._account.until_free(1 + kept, now))
        if seconds > _ROUNDING_SECONDS:
            return seconds
        here.reserve(now)
        self._account.reserve(now)
        return 0.0

    def _chat(self, chat: int, now: float) -> Bucket:
        """A chat's bucket, emptied by the end of a pause that Telegram had asked for."""
        bucket = self._chats.get(chat)
        if bucket is None:
            bucket = self._chats[chat] = Bucket(self._rate_in(chat), self._chat_burst)
        if self._flooded_until.get(chat, math.inf) <= now:
            bucket.rest(self._flooded_until.pop(chat))
        return bucket


REST_SECONDS = (600.0, 3600.0, 6 * 3600.0, 24 * 3600.0)
"""How long: the first time, the second time running, …"""


@dataclass(frozen=True, slots=True)
class _Rest:
    why: ChatRefusedError
    until: float
    times: int


class Resting:
    """Knows which of them rest. A chat that rests does so in all of its topics."""

    def __init__(self) -> None:
        self._rests: dict[ConversationId, _Rest] = {}

    def why(self, conversation: ConversationId, now: float) -> ChatRefusedError | None:
        """The refusal for which nothing is written here now."""
        if not self._rests:
            return None
        for where in (ConversationId(conversation.chat), conversation):
            rest = self._rests.get(where)
            if rest is not None and rest.until > now:
                return rest.why
        return None

    def refused(self, conversation: ConversationId, why: ChatRefusedError, now: float) -> None:
        """A message was refused: what is said of a topic holds for it alone."""
        topic_only = why.reason.startswith("topic_")
        where = conversation if topic_only else ConversationId(conversation.chat)
        times = self._rests[where].times + 1 if where in self._rests else 1
        seconds = REST_SECONDS[min(times, len(REST_SECONDS)) - 1]
        self._rests[where] = _Rest(why, now + seconds, times)

    def lifted(self, chat: int) -> None:
        """What may be written in a chat has changed: it is tried again, in all of its topics."""
        for where in [where for where in self._rests if where.chat == chat]:
            del self._rests[where]

    def taken(self, conversation: ConversationId) -> None:
        """A message was taken."""
        if self._rests:
            self._rests.pop(ConversationId(conversation.chat), None)
            self._rests.pop(conversation, None)
