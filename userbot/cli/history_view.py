"""How the history is shown: in a terminal, as plain lines, as JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from userbot.cli.common import Common, fitted
from userbot.cli.language import kind, number, said, titled
from userbot.cli.table import print_records, print_table
from userbot.console.describe import tokens
from userbot.console.reasons import unanswered as why
from userbot.console.safe import json_text, printable
from userbot.storage.archive import ArchivedQuestion, ConversationSummary
from userbot.texts import _, p_
from userbot.types import ConversationId

_HEADS = (_("chat"), _("last"), _("asked"), _("tokens"), _("kind"), _("title"))
_STATES: Final = {
    "pending": _("pending"),
    "answering": p_("state", "answering"),
    "answered": p_("state", "answered"),
    "failed": p_("state", "failed"),
    "skipped": p_("state", "skipped"),
}


def conversations(common: Common, found: list[ConversationSummary]) -> None:
    """Print a row for each conversation."""
    if common.json:
        _print_json(_conversation_row(one) for one in found)
    elif _lively(common):
        _print_table(found)
    else:
        print_table(_HEADS, [_cells(one) for one in found], plain=True)


def dialogue(common: Common, found: list[ArchivedQuestion], *, everywhere: bool) -> None:
    """Print at least one exchange; each names its chat if they come from `everywhere`."""
    if common.json:
        _print_json(map(exchange_row, found))
    else:
        _print_lines(common, _lines(found, everywhere=everywhere))


def aside(sentence: str, hint: str = "") -> None:
    """Say what is no data: on standard error, so that a pipe gets rows and nothing else."""
    print(fitted(said(sentence), sys.stderr), file=sys.stderr)
    if hint:
        print(fitted(f"  → {said(hint)}", sys.stderr), file=sys.stderr)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the dialogue: what is bold, what follows it dimly; or a text, set in."""

    head: str = ""
    dim: str = ""
    text: str = ""


def _lines(found: list[ArchivedQuestion], *, everywhere: bool) -> Iterator[_Line]:
    if not everywhere:
        title = titled(found[-1].title, found[-1].conversation.chat)
        yield _Line(printable(title) or said(_("(no title)")), str(found[-1].conversation.chat))
        yield _Line()
    for one in found:
        username = f"@{printable(one.username)}" if one.username else ""
        if everywhere:
            title = printable(titled(one.title, one.conversation.chat))
            spot = said(_("in {title} ({where})", title=title, where=where(one.conversation)))
        else:
            spot = (
                said(_("in topic {topic}", topic=one.conversation.topic))
                if one.conversation.topic
                else ""
            )
        yield _Line(named(one), _joined(username, spot, local(one.at)))
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
    if not _lively(common):
        for line in lines:
            print(f"{line.head}  {line.dim}".rstrip() if line.head else f"  {line.text}".rstrip())
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for line in lines:
        if line.head:
            console.print(Text.assemble((line.head, "bold"), "  ", (line.dim, "dim")))
        else:
            for part in Text(line.text).wrap(console, console.width - 2) or [Text()]:
                part.rstrip()
                console.print(Text("  ").append_text(part) if part else part)


def _print_table(found: list[ConversationSummary]) -> None:
    """A row a line at any width: ids stay whole, to be copied; a long title is cut short."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    rows = [[printable(cell) for cell in _cells(one)] for one in found]
    heads = list(map(said, _HEADS))
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    if sum(widths[:-1]) + 2 * len(widths) + len(heads[-1]) > console.width:
        print_records(_HEADS, rows)
        return
    widths[-1] = max(len(heads[-1]), console.width - sum(widths[:-1]) - 2 * len(widths))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for head, width in zip(_HEADS, widths, strict=True):
        table.add_column(
            said(head),
            justify="right" if head in _HEADS[2:4] else "left",
            no_wrap=True,
            overflow="ellipsis",
            min_width=width,
            max_width=width,
        )
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)


def _cells(one: ConversationSummary) -> tuple[str, ...]:
    return (
        where(one.conversation),
        local(one.last),
        number(one.questions),
        number(one.tokens),
        kind(one.kind),
        titled(one.title, one.conversation.chat),
    )


def _conversation_row(one: ConversationSummary) -> dict[str, Any]:
    return {
        "at": _utc(one.last),
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
        "at": _utc(one.at),
        "chat": one.conversation.chat,
        "topic": one.conversation.topic,
        "title": one.title,
        "message": one.message,
        "person": one.person,
        "name": one.name,
        "username": one.username,
        "text": one.text,
        "state": one.state,
        "reason": one.reason,
        "answer": one.answer,
        "answered_at": None if one.answered_at is None else _utc(one.answered_at),
        "model": one.model,
        "prompt_tokens": one.prompt_tokens,
        "completion_tokens": one.completion_tokens,
    }


def _print_json(rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        print(json_text(row))


def _lively(common: Common) -> bool:
    return not common.plain and sys.stdout.isatty()


def where(conversation: ConversationId) -> str:
    """A conversation as it can be typed: its chat's id, or ID/TOPIC."""
    return (
        f"{conversation.chat}/{conversation.topic}"
        if conversation.topic
        else str(conversation.chat)
    )


def named(one: ArchivedQuestion) -> str:
    """Who asked."""
    return printable(titled(one.name, one.conversation.chat)) or said(_("(no name)"))


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


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def tame_lines(text: str) -> Iterator[str]:
    """Every line of the text made harmless, with the blanks that set code in and columns apart."""
    for line in text.splitlines() or [""]:
        yield " ".join(printable(word) for word in line.expandtabs(4).split(" "))
