"""Plain text as messages of a size."""

from __future__ import annotations

from userbot.types import RichText

MESSAGE_UNITS = 4096
"""UTF-16 units of one message (core.telegram.org/api/config, `message_length_max`)."""


def messages(text: str) -> tuple[RichText, ...]:
    """The text as messages, cut at the ends of lines where there are any, never in a character."""
    parts: list[str] = []
    part, used = "", 0
    for line in text.splitlines(keepends=True):
        while line:
            size = _units(line)
            if used + size <= MESSAGE_UNITS:
                part, used, line = part + line, used + size, ""
            elif part.strip():
                parts.append(part)
                part, used = "", 0
            else:
                fits = _fitting(line)
                parts.append(line[:fits])
                part, used, line = "", 0, line[fits:]
    parts.append(part)
    return tuple(RichText(part.strip()) for part in parts if part.strip())


def shortened(text: str, longest: int) -> str:
    """At most so many characters on one line, an ellipsis for what is left out."""
    line = " ".join(text[: longest * 4].split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _fitting(line: str) -> int:
    """How many characters of a line without a good place to cut fit into one message."""
    fits, used = 0, 0
    for fits, character in enumerate(line):  # noqa: B007 - the last one counted is wanted
        used += 2 if character > "\uffff" else 1
        if used > MESSAGE_UNITS:
            break
    return fits
