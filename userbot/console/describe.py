"""An event as a person reads it: a head, what it is about, and the detail.

Text of other people is in it, made harmless for a terminal.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from userbot import events as happened
from userbot.console.colours import BLUE, CYAN, GREEN, MAGENTA, RED, YELLOW
from userbot.console.reasons import ENDED, REASONS
from userbot.texts import Language, Text, _, joined, n_, p_, quoted, translated
from userbot.types import SAVED_TITLE, TERMINAL

HEADS = {
    "ready": (_("ready"), GREEN),
    "heard": (_("heard"), CYAN),
    "transcribed": (_("transcribed"), CYAN),
    "ignored": (_("ignored"), "dim"),
    "limited": (_("limited"), YELLOW),
    "answering": (p_("event", "answering"), BLUE),
    "tool": (_("searched"), BLUE),
    "asked": (p_("event", "asks you"), YELLOW),
    "answered": (p_("event", "answered"), GREEN),
    "failed": (p_("event", "failed"), RED),
    "waiting": (_("waiting"), YELLOW),
    "skipped": (p_("event", "skipped"), YELLOW),
    "notice": (_("notice"), MAGENTA),
    "stopped": (p_("event", "stopped"), "bold"),
}
"""What each event is called, and its style."""
_SOUNDS = {
    "voice": _("voice note"),
    "video_note": _("round video"),
    "audio": _("audio"),
    "video": _("video"),
    "document": _("audio file"),
}
_OUTCOMES = {
    "failed": _("failed"),
    "in_doubt": _("nobody knows whether it was done"),
    "repeated": _("was done already"),
    "refused": _("not done"),
}
"""What came of a tool's call, where it was not simply done."""
_LONG = 100
"""Seconds from which on minutes are told."""
_CENT, _LEAST = 0.01, 0.0001
_JOINERS = "\u200c\u200d"
"""Format characters that real words and emoji are made with."""
_ABOUT_REPLY = _("about the message it replies to")


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


def describe(event: happened.Event, language: Language, *, text_withheld: bool = False) -> Line:
    """Put an activity into words. Nothing in the result can steer a terminal.

    `text_withheld`: that a question has no text does not mean that it had none.
    """
    what, hint = _detail(event)
    if text_withheld and what == _ABOUT_REPLY:
        what = ""
    head, style = HEADS[event.event]
    if isinstance(event, happened.ToolCalled) and event.name == "recap":
        head = p_("event", "read")
    if isinstance(event, happened.ToolCalled) and event.server is not None:
        head = p_("event", "tool")
    return Line(
        head=translated(head, language),
        style=style,
        where=printable(translated(_where(event), language)),
        what=printable(translated(what, language)),
        hint=printable(translated(hint, language)),
        text=printable(event.text) if isinstance(event, happened.Answered) else "",
    )


def printable(text: str) -> str:
    """The text on one line, without anything that could steer a terminal.

    Control characters (escapes among them), bidirectional overrides and lone surrogates go;
    white space of any kind becomes one blank.
    """
    if text.isascii() and text.isprintable():
        return text
    kept = (
        " " if character.isspace() else character
        for character in text
        if character in _JOINERS
        or character.isspace()
        or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co")
    )
    return " ".join("".join(kept).split())


def chats_selected(event: happened.Ready) -> Text:
    """How many chats others may ask in."""
    return n_("{count} chat selected", "{count} chats selected", event.chats)


def left_over(event: happened.Ready) -> str:
    """How many questions the last run has left, if any."""
    count = event.pending
    if not count:
        return ""
    return n_("{count} question from the last run", "{count} questions from the last run", count)


def seconds(passed: float) -> Text:
    """A length of time."""
    return _("{seconds:.1f} s", seconds=passed)


def whole_seconds(passed: float) -> Text:
    """A length of time that is counted while somebody looks."""
    if passed >= _LONG:
        minutes, left = divmod(int(passed), 60)
        return _("{minutes} min {seconds:02} s", minutes=minutes, seconds=left)
    return _("{seconds} s", seconds=int(passed))


def tokens(prompt: int | str, completion: int | str) -> str:
    """What a request and its answer counted, in tokens."""
    return f"↑{prompt} ↓{completion}"


def money(amount: float) -> str:
    """An amount of money, as exact as it is large; prices are in dollars, as providers' are."""
    if amount <= 0:
        return "$0"
    if amount < _LEAST:
        return f"<${_LEAST}"
    return f"${amount:.4f}" if amount < _CENT else f"${amount:.2f}"


def _where(event: happened.Event) -> str:
    if event.chat is None:
        return ""
    person = printable(event.person.name) if event.person else _("somebody")
    title = printable(event.title) or str(event.chat)
    if event.title == SAVED_TITLE:
        return _("Saved Messages")
    if event.chat == TERMINAL:
        return _("Terminal")  # with nobody in it but you
    if isinstance(event, happened.Waiting):
        return title
    if isinstance(event, happened.Notice) and event.person is None:
        return title  # it is about the chat, and nobody in it
    return person if title == person else _told(title, person)


def _told(*parts: str) -> Text:
    return joined(*parts, by=" · ")


def _detail(event: happened.Event) -> tuple[str, str]:
    match event:
        case happened.Ready():
            selected, left = chats_selected(event), left_over(event)
            ready = (event.account, event.model, selected, seconds(event.seconds), left)
            return _told(*ready), ""
        case happened.Heard():
            sound: str = _SOUNDS[event.voice] if event.voice else ""
            if event.duration:
                length = f"{event.duration // 60:.0f}:{event.duration % 60:02.0f}"
                sound = joined(sound, length)
            picture = event.pictures and n_("{count} picture", "{count} pictures", event.pictures)
            return _told(sound, picture or "", event.text) or _ABOUT_REPLY, ""
        case happened.Transcribed():
            by = "Telegram" if event.engine == "telegram" else event.model
            return _told(seconds(event.seconds), by, event.text), ""
        case happened.Answering():
            return event.model, ""
        case happened.ToolCalled() if event.server is not None:
            outcome = _OUTCOMES.get(event.outcome or "", "")
            took = "" if event.seconds is None else seconds(event.seconds)
            return _told(event.text, outcome, took), ""
        case happened.ToolCalled():
            found = n_("{count} message", "{count} messages", event.count or 0)
            return joined(event.text, "" if event.count is None else found, by=": "), ""
        case happened.Asked():
            calls = _("a tool wants to be called") if event.kind == "call" else ""
            waits = n_(
                "number {number}, for {count} minute",
                "number {number}, for {count} minutes",
                event.minutes,
                number=event.approval,
            )
            return _told(waits, calls, event.text), ""
        case happened.Answered():
            counted: str = ""
            if event.prompt_tokens is not None:
                counted = tokens(event.prompt_tokens, event.completion_tokens or 0)
                counted = joined("≈" if event.estimated else "", counted)
            ended = ENDED.get(event.reason, event.reason) if event.reason else ""
            cost = "" if event.cost is None else money(event.cost)
            return _told(seconds(event.seconds), counted, cost, ended), ""
        case happened.Failed():
            return event.error, event.hint
        case happened.Waiting():
            return _wait(event), ""
        case happened.Notice():
            return REASONS.get(event.reason) or event.detail, event.hint
        case happened.Stopped():
            summary = _(
                "{answered} answered, {failed} failed, {pending} left for the next start",
                answered=event.answered,
                failed=event.failed,
                pending=event.pending,
            )
            restricted = event.restricted or ""
            why = REASONS.get(event.reason, event.reason)
            return _told(why, summary, REASONS.get(restricted, restricted)), ""
        case happened.Skipped():
            why = REASONS.get(event.reason) or event.detail or event.reason
            return _told(why, quoted(event.text) if event.text else ""), event.hint
        case happened.Limited():
            return REASONS.get(event.reason) or event.detail, ""
        case happened.Ignored():
            return event.detail or REASONS.get(event.reason, event.reason), ""
    return "", ""


def _wait(event: happened.Waiting) -> Text:
    if event.reason in ("flood_wait", "slow_mode"):
        whole = event.detail == "account"
        return _told(
            seconds(event.seconds), REASONS["flood_wait_account" if whole else event.reason]
        )
    # Of some waits nobody knows how long they will be.
    length = seconds(event.seconds) if event.seconds else ""
    return _told(length, REASONS.get(event.reason, event.reason), event.detail)
