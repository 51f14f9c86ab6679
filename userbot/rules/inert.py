"""What leaves in the owner's name is inert: nothing acts by being said, however it was asked for.

Group bots obey a message by its first character, and so does a second login of the account by its
prefix. So no message begins, but for what nobody sees, with ASCII punctuation other than quotes,
brackets and a list's dash, nor with our own prefix or a command: a short word stands before it.
Within code nothing is inserted, which people copy; elsewhere names and commands are cut from their
mark by a joiner.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from string import punctuation
from typing import Final
from urllib.parse import urlsplit

from userbot.rules.commands import spelled, stem
from userbot.rules.plain import invisible
from userbot.texts import Language, _, translated

_ACTING: Final = frozenset(punctuation) - frozenset("\"'()[]{}")
_TELEGRAM: Final = frozenset({"t.me", "telegram.me", "telegram.dog"})
_LOOKED_AT: Final = 512
"""Characters of what is seen first; a prefix is much shorter."""
_ADDRESS: Final = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?:[^\s/@:]+(?::[^\s/@]*)?@)?"
    r"(?P<host>[\w-]+(?:\.[\w-]+)*\.(?:[^\W\d_]{2,}|xn--[\w-]+)|\d{1,3}(?:\.\d{1,3}){3}|localhost)"
    r"\.?(?P<port>:\d+)?(?P<path>[/?#]\S*)?",
    re.I,
)
_BARE: Final = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>[^\s/?#]+)", re.I)
_NAME: Final = re.compile(r"(?<![\w@])@(?P<name>[a-z]\w{3,31})(?!\w|[./]\w)", re.I)
_TRAILING: Final = ".,;:!?…'\"“”«»)]}>*_/"


@dataclass(frozen=True, slots=True)
class Inert:
    """How messages are kept inert: by the prefix that questions have, in the owner's language."""

    prefix: str = "/gpt"
    language: Language = "en"

    def word(self, *, code: bool, block: bool, later: bool) -> str:
        """What is to stand before what `acts`.

        `code`: it is code. `block`: a quotation or a block of code, which has lines of its own.
        `later`: it goes on with the message before.
        """
        if code:
            word = translated(_("Code:"), self.language)
        elif later:
            word = "…"
        else:
            word = translated(_("Quote:") if block else _("Answer:"), self.language)
        return word + ("\n" if block else " ")

    def acts(self, text: str) -> bool:
        """Whether a text begins as a command of anybody's, or as a question to us, may begin."""
        at = next((at for at, one in enumerate(text) if not _unseen(one)), None)
        if at is None:
            return False
        text = text[at : at + _LOOKED_AT]
        first = unicodedata.normalize("NFKC", text[0])  # bots take a wide slash for one
        if first in _ACTING and not (text[0] == "-" and text[1:2].isspace()):
            return True
        begins, own = _own(self.prefix)
        if begins.match(text) is None:
            return False  # as nearly always: the rest need not be looked at
        seen = "".join(one for one in text if one.isspace() or not invisible(one))
        # A prefix may itself have what nobody sees: the end of an emoji, a vowel's mark.
        return own.match(text) is not None or own.match(seen) is not None


def _unseen(one: str) -> bool:
    return one.isspace() or invisible(one) or unicodedata.category(one) in ("Mc", "Me")


@lru_cache(maxsize=8)
def _own(prefix: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """How a question to us, or a command, begins: its first character, and all of it."""
    question, command = spelled(prefix)
    first = re.escape(prefix.strip()[0]) + re.escape(stem(prefix)[0])
    return (
        re.compile(f"[{first}]", re.IGNORECASE),
        re.compile(rf"(?:{question}(?!\w)|{command}_)", re.IGNORECASE),
    )


def shows_another(shown: str, url: str) -> bool:
    """Whether the text of a link shows an address that its target is not.

    The beginning of the same address, with or without its scheme, is the same. A name (“@somebody”)
    is one at Telegram.
    """
    seen = "".join(one for one in unicodedata.normalize("NFKC", shown) if not invisible(one))
    seen = seen.replace("\u3002", ".")
    target = urlsplit(url)
    at_telegram = _host(target.netloc) in _TELEGRAM
    spaced = "".join(one for one in shown if one.isspace() or not invisible(one))
    for named in _NAME.finditer(spaced):
        if not at_telegram or target.path.strip("/").lower() != named["name"].lower():
            return True
    for found in (*_ADDRESS.finditer(seen), *_BARE.finditer(seen)):
        scheme, host = found["scheme"], _host(found["host"])
        if scheme and scheme.lower() not in (target.scheme.lower(), "http", "https"):
            return True
        if host != _host(target.netloc):
            return True
        path = (found.groupdict().get("path") or "").rstrip(_TRAILING)
        if not _beginning(path, url.partition(target.netloc)[2]):
            return True
    return False


def _host(text: str) -> str:
    host = text.lower().rpartition("@")[2].partition(":")[0].rstrip(".").removeprefix("www.")
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


def _beginning(path: str, whole: str) -> bool:
    behind = whole[len(path) : len(path) + 1]
    return whole.startswith(path) and behind in ("", *"/?#", *_TRAILING)
