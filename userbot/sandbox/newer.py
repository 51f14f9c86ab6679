"""Messages of a layer that no client knows yet: objects with constructors of their own.

The real Telegram should send to each client what its layer knows; that it did not was reported.
"""

from __future__ import annotations

import struct

from . import tl

_MESSAGE, _MEDIA, _ACTION, _PEER = 0x0BADC0DE, 0x0BADCAFE, 0x0BADF00D, 0x0BADBEEF
ANSWER = 0x0BADFACE
"""A whole answer."""


class Newer:
    """An object that nobody can read; inside it stand things that everybody can."""

    def __init__(self, kind: int, *inside: tl.Tl) -> None:
        self._data = struct.pack("<II", kind, 3) + b"".join(map(bytes, inside)) + b"\7\0\0\0"

    def __bytes__(self) -> bytes:
        return self._data

    def _bytes(self) -> bytes:
        return self._data


def message(shown: tl.Tl, part: str) -> tl.Tl:
    """A message of which one part, or all of it, is of a newer layer."""
    match part:
        case "message":
            return Newer(_MESSAGE, shown)
        case "media":
            shown.media = Newer(_MEDIA, tl.types.PeerUser(1), tl.types.MessageMediaEmpty())
        case "entity":
            bold = tl.types.MessageEntityBold(0, 1)
            shown.entities = [*(shown.entities or ()), Newer(_MEDIA, bold), bold]
        case "rich":
            text = tl.types.PageBlockParagraph(tl.types.TextBold(tl.types.TextPlain(shown.message)))
            shown.rich_message = tl.types.RichMessage([text], [], [])
            shown.message = ""
        case "sender":
            shown.from_id = Newer(_PEER, tl.types.PeerUser(1))
        case "markup":
            shown.reply_markup = Newer(_ACTION)
    return shown
