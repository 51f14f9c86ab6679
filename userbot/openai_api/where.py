"""The endpoint as messages name it, and what they must not repeat."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

QUOTE_LENGTH: Final = 200
"""Characters of an endpoint's own message that are shown."""

LOOKED_AT: Final = 2000
"""Characters of it that are looked at: the patterns' time grows with the square of a word."""

_MASK: Final = "***"
_SHORT_SECRET: Final = 4
"""A configured key below this length is a placeholder of a keyless server, not a secret."""
_KEY_LIKE: Final = re.compile(
    r"\b(?:sk|gsk|pk|rk|xai|key|hf|nvapi|pplx)[-_][\w*-]{6,}"  # the providers' usual prefixes
    r"|\bAIza[\w-]{10,}"
    r"|\S*\*{3,}\S*"  # a key that the endpoint has masked, but for its ends
    r"|(?<=Bearer )\S+"
)
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """An endpoint: `host` with its port, `timeout` in seconds of silence, and the secret key.

    `section`: the one of the config that decides about its model, address and key.
    """

    host: str
    timeout: float
    key: str | None = field(default=None, repr=False)
    loopback: bool = False
    section: str = "openai"

    @classmethod
    def of(cls, base_url: str, timeout: float, key: str | None, section: str = "openai") -> Where:
        """From an address, whose path and credentials are left out."""
        try:
            parts = urlsplit(base_url)
            host, name = parts.netloc.rpartition("@")[2], parts.hostname
        except ValueError:
            host, name = "", None
        return cls(
            host=host or "base_url",
            timeout=timeout,
            key=key,
            loopback=name in _LOOPBACK,
            section=section,
        )

    def quote(self, text: str) -> str:
        """One line of the endpoint's own words, shortened, with keys masked."""
        line = " ".join(text[:LOOKED_AT].split())
        if self.key and len(self.key) >= _SHORT_SECRET:
            line = line.replace(self.key, _MASK)
        line = _KEY_LIKE.sub(_MASK, line).rstrip(".")
        return line if len(line) <= QUOTE_LENGTH else f"{line[: QUOTE_LENGTH - 1]}…"
