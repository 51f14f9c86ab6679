"""An event as a person reads it: a head, what it is about, and the detail. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from userbot import events as happened
from userbot.console.safe import printable
from userbot.console.sentences import in_russian
from userbot.console.words import Words
from userbot.rules.limits import LIMIT_IS_ZERO
from userbot.types import SAVED_TITLE, TERMINAL

_STYLES = {
    "ready": "green",
    "heard": "cyan",
    "transcribed": "cyan",
    "ignored": "dim",
    "limited": "yellow",
    "answering": "blue",
    "answered": "green",
    "failed": "red",
    "waiting": "yellow",
    "skipped": "yellow",
    "notice": "magenta",
    "stopped": "bold",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One event: `head` names it, `where` says chat and person, `hint` is a way out.

    `text`: the first words of an answer, for those who have room for them.
    """

    head: str
    style: str
    where: str
    what: str
    hint: str = ""
    text: str = ""

    def plain(self) -> str:
        """All of it as one line of text."""
        told = " · ".join(part for part in (self.where, self.what, self.text) if part)
        return f"{self.head}  {told}" + (f"  → {self.hint}" if self.hint else "")


def describe(event: happened.Event, words: Words, *, text_withheld: bool = False) -> Line:
    """Put an event into words. Nothing in the result can steer a terminal.

    `text_withheld`: that a question has no text does not mean that it had none.
    """
    what, hint = _detail(event, words)
    if text_withheld and what == words["about_reply"]:
        what = ""
    return Line(
        head=words[event.event],
        style=_STYLES[event.event],
        where=_where(event, words),
        what=printable(what),
        hint=printable(hint),
        text=printable(event.text) if isinstance(event, happened.Answered) else "",
    )


def _where(event: happened.Event, words: Words) -> str:
    if event.chat is None:
        return ""
    person = printable(event.person.name) if event.person else words["nobody"]
    title = printable(event.title) or str(event.chat)
    if event.title == SAVED_TITLE:
        return words["saved"]
    if event.chat == TERMINAL:
        return words["terminal"]  # with nobody in it but you
    if isinstance(event, happened.Waiting):
        return title
    if isinstance(event, happened.Notice) and event.person is None:
        return title  # it is about the chat, and nobody in it
    return person if title == person else f"{title} · {person}"


def _detail(event: happened.Event, words: Words) -> tuple[str, str]:
    match event:
        case happened.Ready():
            parts = [
                event.account,
                event.model,
                words["chats"].format(n=event.chats),
                words["seconds"].format(s=event.seconds),
            ]
            if event.pending:
                parts.append(words["pending"].format(n=event.pending))
            return " · ".join(parts), ""
        case happened.Heard():
            sound = words[f"sound_{event.voice}"] if event.voice else ""
            if event.duration:
                sound += f" {event.duration // 60:.0f}:{event.duration % 60:02.0f}"
            told = " · ".join(filter(None, (sound, event.text)))
            return told or words["about_reply"], ""
        case happened.Transcribed():
            told = words["seconds"].format(s=event.seconds)
            return " · ".join(filter(None, (told, event.model, event.text))), ""
        case happened.Answering():
            return event.model, ""
        case happened.Answered():
            parts = [words["seconds"].format(s=event.seconds)]
            if event.prompt_tokens is not None:
                parts.append(
                    ("≈ " if event.estimated else "")
                    + words["tokens"].format(
                        prompt=event.prompt_tokens, completion=event.completion_tokens
                    )
                )
            if event.reason:
                parts.append(words.get(f"ended_{event.reason}", event.reason))
            return " · ".join(parts), ""
        case happened.Failed():
            return _said(event.error, words), _said(event.hint, words)
        case happened.Waiting():
            return _wait(event, words), ""
        case happened.Notice():
            told = words.get(event.reason) or _said(event.detail, words)
            if event.count is not None:
                told = words.get(f"{event.reason}_{event.count}", told).format(n=event.count)
            return told, _said(event.hint, words)
        case happened.Stopped():
            parts = [
                words.get(event.reason, event.reason),
                words["summary"].format(
                    answered=event.answered, failed=event.failed, pending=event.pending
                ),
            ]
            if event.restricted:
                parts.append(words.get(event.restricted, event.restricted))
            return " · ".join(parts), ""
        case happened.Skipped():
            why = words.get(event.reason) or _said(event.detail, words) or event.reason
            text = words["quoted"].format(text=event.text) if event.text else ""
            return " · ".join(filter(None, (why, text))), _said(event.hint, words)
        case happened.Limited() if event.detail == LIMIT_IS_ZERO:
            return words["limit_is_zero"].format(limit=event.reason.removeprefix("person_")), ""
        case happened.Limited():
            return words.get(event.reason) or _said(event.detail, words), ""
        case happened.Ignored():
            return words.get(event.reason, event.reason), ""
    return "", ""


def _said(sentence: str, words: Words) -> str:
    """A sentence that was written in English, in the console's language."""
    return in_russian(sentence) if words["language"] == "ru" else sentence


def _wait(event: happened.Waiting, words: Words) -> str:
    seconds = words["seconds"].format(s=event.seconds)
    if event.reason in ("flood_wait", "slow_mode"):
        whole = event.detail == "account"
        return f"{seconds} · {words['flood_wait_account' if whole else event.reason]}"
    # Of some waits nobody knows how long they will be.
    length = seconds if event.seconds else ""
    why = words.get(event.reason, event.reason)
    return " · ".join(filter(None, (length, why, _said(event.detail, words))))
