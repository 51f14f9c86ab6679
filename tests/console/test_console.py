"""What the console shows: every event, in two languages and three forms."""

from __future__ import annotations

import io
import json
from dataclasses import fields
from typing import Any

import pytest
from rich.console import Console

from userbot import events as happened
from userbot.console.describe import HEADS, describe, printable
from userbot.console.lines import JsonLines, Lines
from userbot.console.live import Live
from userbot.console.reasons import ENDED, unanswered
from userbot.events import Event
from userbot.rules.limits import check
from userbot.settings import LimitsConfig
from userbot.texts import LANGUAGES, Language, Text, language_of, translated
from userbot.types import SAVED_TITLE, Person, Spent

MAX = Person(id=42, name="Max")
WHERE: dict[str, Any] = {"chat": -100, "title": "Weekend", "message": 7, "person": MAX}
EVENTS: list[Event] = [
    happened.Ready(account="Olga", model="m", chats=2, seconds=0.5, pending=1),
    happened.Heard(**WHERE, text="where to?"),
    happened.ToolCalled(**WHERE, name="search_chat", text="“дача”, “даче”", count=12),
    happened.Transcribed(**WHERE, text="where to?", model="w", duration=3.5, seconds=0.7),
    happened.Ignored(**WHERE, reason="not_allowed"),
    happened.Limited(**WHERE, reason="requests_per_minute", detail="…"),
    happened.Answering(**WHERE, model="m"),
    happened.Asked(**WHERE, approval=4, kind="answer", minutes=60, text="There."),
    happened.Answered(
        **WHERE,
        answers=(8,),
        model="m",
        seconds=1.25,
        prompt_tokens=10,
        completion_tokens=20,
        text="There.",
    ),
    happened.Failed(**WHERE, reason="timeout", error="No answer.", hint="Wait."),
    happened.Waiting(chat=-100, title="Weekend", reason="flood_wait", seconds=12),
    happened.Skipped(**WHERE, reason="too_old"),
    happened.Notice(reason="config", detail="A key.", hint="Remove it."),
    happened.Stopped(reason="interrupted", answered=3, failed=1, pending=2),
]
IDS = [event.event for event in EVENTS]


def test_there_is_an_example_of_every_event() -> None:
    # By name: a dataclass with slots is made twice.
    assert set(IDS) == {kind.event for kind in Event.__subclasses__()}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("event", EVENTS, ids=IDS)
def test_every_event_has_a_line_with_its_name_chat_and_person(
    event: Event, language: Language
) -> None:
    line = describe(event, language)
    assert line.head == translated(HEADS[event.event][0], language)
    assert bool(line.where) == (event.chat is not None)
    if event.chat is not None:
        assert "Weekend" in line.where
    if event.person is not None:
        assert "Max" in line.where


@pytest.mark.parametrize(("language", "shown"), [("en", "Saved Messages"), ("ru", "Избранное")])
def test_saved_messages_are_called_so_and_not_by_the_owners_name(
    language: Language, shown: str
) -> None:
    olga = Person(id=7, name="Olga")
    event = happened.Heard(chat=7, title=SAVED_TITLE, message=1, person=olga, text="a note")
    assert describe(event, language).where == shown


@pytest.mark.parametrize(
    ("asked", "system", "spoken"),
    [
        ("ru", "en_US.UTF-8", "ru"),
        ("en", "ru_RU.UTF-8", "en"),
        (None, "ru_RU.UTF-8", "ru"),
        (None, "de_DE.UTF-8", "en"),
    ],
)
def test_the_language_is_the_one_asked_for_else_the_systems(
    monkeypatch: pytest.MonkeyPatch, asked: str | None, system: str, spoken: str
) -> None:
    monkeypatch.setenv("LC_ALL", system)
    assert language_of(asked) == spoken


def test_every_reason_of_a_limit_has_words() -> None:
    for spent in (Spent(99, 0, 0), Spent(0, 10**9, 0), Spent(0, 0, 10**9)):
        refusal = check(LimitsConfig(), spent, by_owner=False)
        assert refusal is not None
        assert isinstance(str(refusal), Text)
        assert isinstance(unanswered(refusal.reason), Text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [40, 57, 80, 140, 200])
def test_the_live_console_keeps_to_the_width(width: int, language: Language) -> None:
    paper = Console(width=width, record=True, file=io.StringIO(), highlight=False)
    live = Live(language, verbose=True, console=paper)
    long = "слово and words " * 30
    for event in [*EVENTS, happened.Heard(**WHERE, text=long)]:
        live(event)
    live.close()
    shown = paper.export_text()
    assert max(len(line) for line in shown.splitlines()) <= width
    assert "Weekend · Max" in shown
    for head, _style in HEADS.values():
        # Of an answer that begins the row below the log tells.
        assert translated(head, language) in shown or head == HEADS["answering"][0]


@pytest.mark.parametrize("verbose", [True, False], ids=["verbose", "quiet"])
def test_everyday_ignored_messages_are_shown_only_when_asked_for(verbose: bool) -> None:
    paper = io.StringIO()
    lines = Lines(paper, "en", verbose=verbose)
    lines(happened.Ignored(**WHERE, reason="not_listed", notable=False))
    assert bool(paper.getvalue()) is verbose


@pytest.mark.parametrize("event", EVENTS, ids=IDS)
def test_json_has_one_object_an_event_with_the_contracts_fields(event: Event) -> None:
    paper = io.StringIO()
    JsonLines(paper, verbose=True)(event)
    (line,) = paper.getvalue().splitlines()
    row = json.loads(line)
    assert row["event"] == event.event
    assert row["at"].endswith("Z")
    assert row.get("chat") == event.chat
    assert row.get("message") == event.message
    assert row.get("person") == (event.person.id if event.person else None)
    for field in fields(event):
        if field.name == "reason" and "reason" in row:
            assert row["reason"] == getattr(event, "reason", None)


def test_json_escapes_what_could_steer_a_terminal() -> None:
    paper = io.StringIO()
    JsonLines(paper, verbose=True)(happened.Heard(**WHERE, text="\x9b2J привет \u202e 🙂"))
    assert "\x9b" not in paper.getvalue()
    assert "\u202e" not in paper.getvalue()
    assert "привет" in paper.getvalue()
    assert json.loads(paper.getvalue())["text"] == "\x9b2J привет \u202e 🙂"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("plain words", "plain words", id="plain"),
        pytest.param("\x1b[2J\x1b]0;owned\x07hi", "[2J]0;ownedhi", id="escapes"),
        pytest.param("a\u202eb\u2066c", "abc", id="bidi"),
        pytest.param("two\nlines\tand\u2028more", "two lines and more", id="lines"),
        pytest.param("семья 👨‍👩‍👧", "семья 👨‍👩‍👧", id="emoji of several"),
        pytest.param("\ud83d alone", " alone".strip(), id="half a pair"),
        pytest.param("\x9b31mred", "31mred", id="C1"),
    ],
)
def test_texts_of_others_cannot_steer_the_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_wait_of_which_nobody_knows_the_length_tells_none() -> None:
    wait = happened.Waiting(chat=-100, title="Weekend", reason="large_recordings", seconds=0)
    told = describe(wait, "en").plain()
    assert told == "waiting  Weekend · large recordings are processed one at a time"


def test_a_notice_about_a_chat_names_nobody_in_it() -> None:
    notice = happened.Notice(chat=1, title="Club", reason="caught_up", detail="One.")
    assert describe(notice, "en").where == "Club"


@pytest.mark.parametrize("language", ["en", "ru"])
def test_why_an_answer_ended_early_is_said_in_the_consoles_language(language: Language) -> None:
    spoken = language
    for reason in ("length", "deleted", "stopped"):
        answered = happened.Answered(
            chat=1,
            answers=(2,),
            model="m",
            seconds=1,
            prompt_tokens=None,
            completion_tokens=None,
            text="",
            reason=reason,
        )
        assert describe(answered, spoken).what.endswith(translated(ENDED[reason], spoken))
