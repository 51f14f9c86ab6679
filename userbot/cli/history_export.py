"""`userbot history --export`: conversations as a document, in which no word can do anything.

What stands in a history was written by people and by a model. In HTML all of it is text. In
Markdown a question is text, and an answer keeps its markup but for raw HTML and for pictures, which
a reader's program would load; each stands in a block quotation, which ends whatever it left open.
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Final

from userbot.cli.history_view import (
    exchange_row,
    local,
    named,
    question_lines,
    tame_lines,
    unanswered,
    where,
)
from userbot.cli.language import said
from userbot.cli.table import titled
from userbot.console.safe import json_text, printable
from userbot.storage.archive import ArchivedQuestion
from userbot.texts import _

_MARKUP: Final = re.compile(r"([\\`*_\[\]<>&~|#$])")
_BLOCK: Final = re.compile(r"^\s*(?:[-+=]|\d+[.)])")
_FENCE: Final = re.compile(r"(`{3,})[^`]*$|(~{3,})")
_HEAD: Final = """<!doctype html>
<html><head><meta charset="utf-8"><title>userbot history</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<style>
body { font: 1em/1.5 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em }
small { color: #777 } .question, .answer { white-space: pre-wrap; overflow-wrap: anywhere }
.question { border-left: 3px solid #999; padding-left: .8em } .answer { margin: .5em 0 2em }
</style></head><body>"""


def _conversations(found: list[ArchivedQuestion]) -> Iterator[tuple[str, list[ArchivedQuestion]]]:
    for conversation, group in itertools.groupby(found, key=lambda one: one.conversation):
        exchanges = list(group)
        title = printable(titled(exchanges[-1].title, conversation.chat)) or said(_("(no title)"))
        yield f"{title} ({where(conversation)})", exchanges


def _json(found: list[ArchivedQuestion]) -> Iterator[str]:
    yield "["
    for at, one in enumerate(found, start=1):
        yield json_text(exchange_row(one)) + ("," if at < len(found) else "")
    yield "]"


def _html(found: list[ArchivedQuestion]) -> Iterator[str]:
    yield _HEAD
    for title, exchanges in _conversations(found):
        yield f"<h1>{html.escape(title)}</h1>"
        for one in exchanges:
            name, text = named(one), "\n".join(question_lines(one))
            yield f"<p><b>{html.escape(name)}</b> <small>{local(one.at)}</small></p>"
            yield f'<div class="question">{html.escape(text)}</div>'
            if one.answer is None:
                yield f'<div class="answer"><small>{html.escape(unanswered(one))}</small></div>'
            else:
                answer = "\n".join(tame_lines(one.answer))
                yield f'<div class="answer">{html.escape(answer)}</div>'
    yield "</body></html>"


def _markdown(found: list[ArchivedQuestion]) -> Iterator[str]:
    for title, exchanges in _conversations(found):
        yield f"# {_inert(title)}"
        yield ""
        for one in exchanges:
            yield f"**{_inert(named(one))}** · {local(one.at)}"
            yield ""
            # Two blanks at its end keep a line a line.
            yield from (f"> {_inert(line.strip())}  " for line in question_lines(one))
            yield ""
            if one.answer is None:
                yield f"→ *{_inert(unanswered(one))}*"
            else:
                yield f"→ {_inert(printable(one.model or ''))}".rstrip()
                yield ""
                yield from (f"> {line}".rstrip() for line in _without_html(tame_lines(one.answer)))
            yield ""


def _inert(line: str) -> str:
    """A line of text in which nothing is Markdown."""
    escaped = _MARKUP.sub(r"\\\1", line)
    # What begins a list, or underlines a heading: the last character of it is escaped.
    return _BLOCK.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", escaped)


def _without_html(lines: Iterable[str]) -> Iterator[str]:
    """Markdown in which no HTML is HTML, and no picture a picture; what is in fences stays.

    Only a fence that is not set in counts: one in a list ends with the list.
    """
    fence = ""
    for line in lines:
        if fence:
            if line.startswith(fence) and not line.strip(fence[0] + " "):
                fence = ""
            yield line
            continue
        if opened := _FENCE.match(line):
            fence = opened[1] or opened[2]
            yield line
        else:
            yield line.replace("<", "&lt;").replace("![", "!\\[")


FORMATS: Final = {"md": _markdown, "json": _json, "html": _html}


def export(form: str, found: Iterable[ArchivedQuestion]) -> Iterator[str]:
    """The lines of a document with these exchanges, by conversation; `form` is one of `FORMATS`."""
    ordered = sorted(found, key=lambda one: (one.conversation.chat, one.conversation.topic or 0))
    return FORMATS[form](ordered)
