"""What MTProto derives from time: message ids and server salts.

Rules:
1. A message id is about Unix time * 2**32, always growing. The server's are odd: 1 modulo 4
   answers a message, 3 modulo 4 does not
   (core.telegram.org/mtproto/description#message-identifier-msg-id). Clients drop messages whose id
   is 300 s old or 30 s ahead, so ids follow the real clock even where the world's dates do not.
2. A salt is valid for an hour, a new one starts every half hour, and a client with a wrong one is
   told the right one (core.telegram.org/mtproto/description#server-salt). Salts are derived, not
   stored: a restarted server knows them again.
"""

import hmac
import time
from functools import lru_cache

from userbot.sandbox import tl

ANSWER, OTHER = 1, 3
_SALT_PERIOD = 1800


class MessageIds:
    """The ids of one server's messages: unique and growing over all sessions."""

    def __init__(self) -> None:
        self._last = 0

    def next(self, kind: int = ANSWER) -> int:
        self._last = max(int(time.time() * 2**32) & ~3, self._last + 4)
        return self._last | kind


class Salts:
    """The salts of one auth key."""

    def __init__(self, secret: bytes, key_id: int) -> None:
        self._secret = secret
        self._key_id = key_id.to_bytes(8, "little")

    def current(self, now: float) -> int:
        return self._salt(int(now) // _SALT_PERIOD)

    def is_valid(self, salt: int, now: float) -> bool:
        period = int(now) // _SALT_PERIOD
        return salt in (self._salt(period), self._salt(period - 1))

    def future(self, number: int, now: float) -> list[tl.Tl]:
        """The current and the next salts, `number` of them, as TL future_salt."""
        period = int(now) // _SALT_PERIOD
        return [
            tl.types.FutureSalt(
                valid_since=at * _SALT_PERIOD,
                valid_until=(at + 2) * _SALT_PERIOD,
                salt=self._salt(at),
            )
            for at in range(period, period + number)
        ]

    def _salt(self, period: int) -> int:
        return _derived(self._secret, self._key_id, period)


@lru_cache(maxsize=256)  # each message asks for two, and they are the same for half an hour
def _derived(secret: bytes, key_id: bytes, period: int) -> int:
    digest = hmac.digest(secret, key_id + period.to_bytes(8, "little"), "sha256")
    return int.from_bytes(digest[:8], "little", signed=True)
