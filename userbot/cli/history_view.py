"""How the history is shown: in a terminal, as plain lines, as JSON; and exported as a document, in
which no word can do anything.

What stands in a history was written by people and by a model. In HTML all of it is text. In
Markdown a question is text, and an answer keeps its markup but for raw HTML and for pictures, which
a reader's program would load; each stands in a block quotation, which ends whatever it left open.
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from userbot.cli.common import Common
from userbot.cli.language import said
from userbot.cli.table import Column, kind, number, print_json, print_table, titled
from userbot.console.describe import printable, tokens
from userbot.console.lines import json_text, utc
from userbot.console.reasons import unanswered as why
from userbot.storage.archive import ArchivedQuestion, ConversationSummary
from userbot.texts import _, joined, p_
from userbot.types import ConversationId

_COLUMNS: Final = (
    Column(_("title"), folds=True),
    Column(_("kind")),
    Column(_("asked"), right=True),
    Column(_("tokens"), right=True),
    Column(_("last")),
    Column("id", verbose=True),
)
_STATES: Final = {
    "pending": _("pending"),
    "answering": p_("state", "answering"),
    "awaiting": _("waiting for your yes"),
    "answered": p_("state", "answered"),
    "failed": p_("state", "failed"),
    "skipped": p_("state", "skipped"),
}
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


def conversations(common: Common, found: list[ConversationSummary]) -> None:
    """Print a row for each conversation."""
    if common.json:
        print_json(_conversation_row(one) for one in found)
    else:
        asked, tokens = sum(one.questions for one in found), sum(one.tokens for one in found)
        total = (said(_("total")), "", number(asked), number(tokens), "", "")
        print_table(common, _COLUMNS, [_cells(one) for one in found], total)


def dialogue(common: Common, found: list[ArchivedQuestion], *, everywhere: bool) -> None:
    """Print at least one exchange; each names its chat if they come from `everywhere`."""
    if common.json:
        print_json(map(exchange_row, found))
    else:
        _print_lines(common, _lines(found, everywhere=everywhere, verbose=common.verbose))


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the dialogue: what is bold, what follows it dimly; or a text, set in."""

    head: str = ""
    dim: str = ""
    text: str = ""


def _lines(found: list[ArchivedQuestion], *, everywhere: bool, verbose: bool) -> Iterator[_Line]:
    if not everywhere:
        title = titled(found[-1].title, found[-1].conversation.chat)
        chat = str(found[-1].conversation.chat)
        yield _Line(printable(title) or chat, chat if verbose and title else "")
        yield _Line()
    for one in found:
        username = f"@{printable(one.username)}" if one.username else ""
        if everywhere:
            title = printable(titled(one.title, one.conversation.chat))
            here = where(one.conversation)
            spot = said(_("in {title}", title=title or here))
            if verbose and title:
                spot = f"{spot} ({here})"
        else:
            topic = one.conversation.topic
            spot = said(_("in topic {topic}", topic=topic)) if topic else ""
        yield _Line(named(one), _joined(username, spot, asked_at(one)))
        yield from (_Line(text=text) for text in question_lines(one))
        if one.answer is None:
            yield _Line("→", unanswered(one))
        else:
            counted = ""
            if one.prompt_tokens is not None:
                prompt, completion = number(one.prompt_tokens), number(one.completion_tokens or 0)
                counted = said(tokens(prompt, completion))
            yield _Line("→", _joined(printable(one.model or ""), counted))
            if one.answer or not one.erased:
                yield from (_Line(text=text) for text in tame_lines(one.answer))
        yield _Line()


def _print_lines(common: Common, lines: Iterable[_Line]) -> None:
    if not common.lively:
        for line in lines:
            print(f"{line.head}  {line.dim}".rstrip() if line.head else f"  {line.text}".rstrip())
        return
    console = Console(highlight=False)
    for line in lines:
        if line.head:
            console.print(Text.assemble((line.head, "bold"), "  ", (line.dim, "dim")))
        else:
            for part in Text(line.text).wrap(console, console.width - 2) or [Text()]:
                part.rstrip()
                console.print(Text("  ").append_text(part) if part else part)


def _cells(one: ConversationSummary) -> tuple[str, ...]:
    return (
        _name(one),
        kind(one.kind),
        number(one.questions),
        number(one.tokens),
        local(one.last),
        where(one.conversation),
    )


def _name(one: ConversationSummary) -> str:
    """How a conversation is called; a topic has no name of its own here."""
    title = titled(one.title, one.conversation.chat) or str(one.conversation.chat)
    topic = one.conversation.topic
    return joined(title, said(_("in topic {topic}", topic=topic)), by=" · ") if topic else title


def _conversation_row(one: ConversationSummary) -> dict[str, Any]:
    return {
        "at": utc(one.last),
        "chat": one.conversation.chat,
        "topic": one.conversation.topic,
        "title": one.title,
        "kind": one.kind.value,
        "questions": one.questions,
        "tokens": one.tokens,
    }


def exchange_row(one: ArchivedQuestion) -> dict[str, Any]:
    """An exchange as a JSON object; its names are a contract."""
    return {
        "at": utc(one.at),
        "chat": one.conversation.chat,
        "topic": one.conversation.topic,
        "title": one.title,
        "about": one.about or None,
        "about_chat": one.about_chat,
        "message": one.message,
        "person": one.person,
        "name": one.name,
        "username": one.username,
        "text": one.text,
        "state": one.state,
        "reason": one.reason,
        "answer": one.answer,
        "answered_at": None if one.answered_at is None else utc(one.answered_at),
        "model": one.model,
        "prompt_tokens": one.prompt_tokens,
        "completion_tokens": one.completion_tokens,
    }


def where(conversation: ConversationId) -> str:
    """A conversation as it can be typed: its chat's id, or ID/TOPIC."""
    chat, topic = conversation.chat, conversation.topic
    return f"{chat}/{topic}" if topic else str(chat)


def named(one: ArchivedQuestion) -> str:
    """Who asked."""
    return printable(titled(one.name, one.conversation.chat)) or said(_("(no name)"))


def asked_at(one: ArchivedQuestion) -> str:
    """When it was asked, and about which chat, if not the one where it is answered."""
    about = said(_("about {chat}", chat=one.about)) if one.about else ""
    return _joined(local(one.at), printable(about))


def unanswered(one: ArchivedQuestion) -> str:
    """Why there is no answer, in words."""
    state, told = said(_STATES[one.state]), printable(said(why(one.reason)))
    return f"{state} ({told})" if told else state


def question_lines(one: ArchivedQuestion) -> Iterator[str]:
    """The question's words made harmless; "(deleted)" where they are gone."""
    return tame_lines(one.text or (said(_("(deleted)")) if one.erased else ""))


def _joined(*parts: str) -> str:
    return "  ".join(part for part in parts if part)


def local(at: datetime) -> str:
    """A date as people here read it."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M")


def tame_lines(text: str) -> Iterator[str]:
    """Every line of the text made harmless, with the blanks that set code in and columns apart."""
    for line in text.splitlines() or [""]:
        yield " ".join(printable(word) for word in line.expandtabs(4).split(" "))


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
            yield f"<p><b>{html.escape(name)}</b> <small>{html.escape(asked_at(one))}</small></p>"
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
            yield f"**{_inert(named(one))}** · {_inert(asked_at(one))}"
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
            # https://spec.commonmark.org/0.31.2/#closing-code-fence
            if re.fullmatch(rf" {{0,3}}{fence[0]}{{{len(fence)},}}[ \t\r]*", line):
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
