"""What an answer must not do by itself: call people, command bots, open something in Telegram.

A model can be talked into writing ``@everyone_here`` or ``/ban``; Telegram would make it a mention,
or a command for a bot of the group. An invisible word joiner (U+2060) behind the ``@`` or ``/``
leaves the text as it reads and is no character of a name, so that Telegram finds none
(its clients look for ``@`` or ``/`` followed at once by letters, digits or ``_``).
"""

from __future__ import annotations

import re

from userbot.rules.markdown.rich import Rich

JOINER = "\u2060"

_CALLS = re.compile(
    r"(?P<address>https?://[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:[/?#][^\s<>\"]*)?)"
    r"|(?P<scheme>\b(?:tg|ton|tonsite):)(?=//)"
    r"|(?<![\w/<>])(?P<command>/)(?P<order>\w{1,64})"
    r"|(?<!\w)(?P<at>@)(?P<name>\w{2,})",
    re.I,
)
_WEB = re.compile(r"(?:https?://|www\.)[^\s]+", re.I)


def quieted(rich: Rich, asked: str) -> Rich:
    """The text with its names and commands inert, but for code and what the asker wrote himself."""
    opaque = rich.opaque()
    said = {found[0].lower() for found in re.finditer(r"[@/]\w+", asked)}
    changes: list[tuple[int, int, str]] = []
    at = 0
    for found in _CALLS.finditer(rich.text):
        if found["address"]:
            continue
        mark = next(name for name in ("scheme", "command", "at") if found[name])
        end = found.end(mark)
        while at < len(opaque) and opaque[at][1] <= found.start():
            at += 1
        if at < len(opaque) and opaque[at][0] <= found.start():
            continue
        if mark == "scheme" or found[0].lower() not in said:
            changes.append((end, end, JOINER))
    return rich.changed(changes)


def address(url: str) -> str | None:
    """The address of a link that may be one: of the web only; ``tg://`` and others are not."""
    if not _WEB.fullmatch(url):
        return None
    return url if "://" in url else f"http://{url}"
