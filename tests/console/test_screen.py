"""What stands at the bottom of the console: rows under way, the line of the day; and its head."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from userbot import events as happened
from userbot.console.footer import Footer
from userbot.console.live import Live
from userbot.console.status import Status, Today, counted
from userbot.console.under_way import ending
from userbot.events import Event
from userbot.texts import LANGUAGES, Language
from userbot.types import Person

MAX = Person(id=42, name="Max")
WHERE: dict[str, Any] = {"chat": -100, "title": "Weekend", "message": 7, "person": MAX}
READY = happened.Ready(
    account="Olga",
    model="m",
    chats=2,
    seconds=0.5,
    selected=("Weekend for your contacts", "Saved Messages for you"),
    prefix="/ai",
)
HEARD = happened.Heard(**WHERE, text="where to?")
ANSWERED = happened.Answered(
    **WHERE,
    answers=(8,),
    model="m",
    seconds=1.25,
    prompt_tokens=233,
    completion_tokens=10,
    text="There.",
    cost=0.0234,
)
AGAIN = happened.Waiting(**WHERE, reason="model_again", seconds=9, detail="status 500")


class Paper(io.StringIO):
    """A terminal's other end: what stands on it, as far as the footer's signs go."""

    def screen(self) -> list[str]:
        rows, at = [""], 0
        for piece in re.split(r"(\x1b\[\??\d*[A-Za-z]|\r\n|\n|\r)", self.getvalue()):
            if piece in ("\r\n", "\n"):
                at += 1
                rows += [""] * (at + 1 - len(rows))
            elif piece.endswith("A") and piece.startswith("\x1b"):
                at -= int(piece[2:-1])
            elif piece == "\x1b[J":
                rows[at:] = [""]
            elif piece and piece[0] not in "\x1b\r":
                rows[at] += piece
        return [row.rstrip() for row in rows]


def live(
    width: int = 80,
    language: Language = "en",
    *,
    verbose: bool = False,
    in_sandbox: bool = False,
) -> tuple[Live, Paper]:
    paper = Paper()
    console = Console(
        width=width, height=24, file=paper, force_terminal=True, color_system=None, highlight=False
    )
    return Live(
        language, verbose=verbose, console=console, status=Status(in_sandbox=in_sandbox)
    ), paper


def shown(*events: Event, written: str | None = None, **how: Any) -> list[str]:
    screen, paper = live(**how)
    for event in events:
        screen(event)
    screen.tick(None if written is None else {(-100, 7): written})
    return paper.screen()


def test_the_start_is_two_lines_who_with_which_model_and_where_and_what_to_do() -> None:
    assert shown(READY)[:2] == [
        "● Olga · m · Weekend for your contacts, Saved Messages for you · 0.5 s",
        "Write /ai hello in Saved Messages. ? shows the keys, Ctrl-C stops.",
    ]


def test_in_the_sandbox_the_first_question_is_written_where_init_said() -> None:
    assert shown(READY, in_sandbox=True)[1].startswith("Write /ai hello in the sandbox's terminal.")


def test_until_somebody_has_counted_the_day_nothing_is_said_of_it() -> None:
    assert shown(HEARD)[-1] == "● connecting"
    screen, paper = live()
    screen.count_from(Today(answers=12, tokens=3000))
    screen(READY)
    assert paper.screen()[-1] == "● connected · 2 chats · today 12 answers · 3.0k tokens"


def test_an_answer_under_way_is_a_row_with_what_it_does_and_the_end_of_its_text() -> None:
    assert re.search(r"Weekend · Max  waiting 0 s$", shown(READY, HEARD)[-2])
    asked = happened.Answering(**WHERE, model="m")
    assert "thinking 0 s" in shown(READY, HEARD, asked)[-2]
    row = shown(READY, HEARD, asked, written="a word " * 100 + "the end")[-2]
    assert re.search(r"writing 0 s  ….*the end$", row)
    searched = happened.ToolCalled(**WHERE, name="search_chat", text="“dacha”")
    row = shown(READY, HEARD, asked, searched, written="Let me see")[-2]
    assert re.search(r"searching 0 s  “dacha”$", row)
    searched = replace(searched, count=12)
    assert "searched    Weekend · Max  “dacha”: 12 messages" in "\n".join(shown(HEARD, searched))
    assert "thinking 0 s" in shown(READY, HEARD, searched)[-2]
    called = happened.ToolCalled(
        **WHERE, name="notes__add", server="notes", text="add · text: milk"
    )
    row = shown(READY, HEARD, asked, called, written="⏳ add…")[-2]
    assert re.search(r"using a tool 0 s  add · text: milk$", row)
    note = happened.Heard(**WHERE, text="", voice="voice", duration=3)
    assert "listening 0 s" in shown(READY, note)[-2]


def test_a_picture_without_words_is_heard_as_a_picture() -> None:
    picture = happened.Heard(**WHERE, text="", pictures=1)
    assert any("Weekend · Max  1 picture" in row for row in shown(READY, picture, verbose=True))
    album = happened.Heard(**WHERE, text="and these?", pictures=3)
    assert any("3 pictures · and these?" in row for row in shown(READY, album, verbose=True))


def test_only_the_mark_of_a_row_is_coloured_and_not_what_stands_behind_it() -> None:
    paper = Paper()
    console = Console(width=80, height=24, file=paper, force_terminal=True, color_system="256")
    screen = Live("en", verbose=False, console=console, status=Status())
    for event in (READY, HEARD):
        screen(event)
    screen.tick({(-100, 7): "Well, it depends"})
    assert "\x1b[38;5;28m● \x1b[0m\x1b[1mOlga\x1b[0m · m" in paper.getvalue()
    row = paper.getvalue().rpartition("Weekend · Max")[2]
    assert "\x1b[0m  writing\x1b[2m 0 s\x1b[0m  \x1b[2mWell, it depends" in row


def test_an_endpoint_that_is_waited_for_is_one_row_that_changes() -> None:
    rows = shown(READY, HEARD, AGAIN, AGAIN, AGAIN, AGAIN)
    assert [row for row in rows if "status 500" in row] == [rows[-2]]
    assert re.search(r"waiting \d s  status 500$", rows[-2])


def test_with_v_each_wait_is_a_row_of_the_log_too() -> None:
    rows = shown(READY, HEARD, AGAIN, AGAIN, verbose=True)
    assert sum("status 500" in row for row in rows) == 3


def test_an_answer_has_its_tokens_and_its_cost_and_counts_for_the_day() -> None:
    rows = shown(READY, HEARD, ANSWERED)
    assert any("1.2 s · ↑233 ↓10 · $0.02" in row for row in rows)
    assert rows[-1] == "● connected · 2 chats · today 1 answer · 243 tokens · $0.02"


def test_a_failure_counts_and_a_lost_connection_and_a_pause_are_seen() -> None:
    failed = happened.Failed(**WHERE, reason="timeout", error="No answer.")
    lost = happened.Waiting(reason="network", seconds=2.0)
    back = happened.Notice(reason="reconnected", detail="Back.")
    paused = happened.Notice(reason="paused", detail="Paused.")
    assert shown(READY, failed)[-1].endswith("1 failed")
    assert shown(HEARD)[-1].startswith("● connecting")
    assert shown(READY, lost)[-1].startswith("● no connection")
    assert shown(READY, lost, back)[-1].startswith("● connected")
    assert shown(READY, paused)[-1].startswith("● connected · paused")
    assert shown(READY, paused, HEARD)[-2].endswith("Weekend · Max  waiting 0 s  paused")


def test_a_row_of_which_nothing_is_known_any_more_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, paper = live()
    screen(HEARD)
    monkeypatch.setattr("userbot.console.under_way._NEW_SECONDS", -1)
    screen.tick({})
    assert not any("waiting" in row for row in paper.screen())


def test_when_it_is_closed_nothing_is_left_at_the_bottom_and_the_cursor_is_back() -> None:
    screen, paper = live()
    for event in (READY, HEARD):
        screen(event)
    screen.close()
    assert paper.screen()[-2].endswith("where to?")
    assert paper.screen()[-1] == ""
    assert paper.getvalue().rindex("\x1b[?25h") > paper.getvalue().rindex("\x1b[?25l")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", range(40, 201, 20))
def test_no_line_is_wider_than_the_terminal_whatever_people_write(
    width: int, language: Language
) -> None:
    person = Person(id=1, name="Имя подлиннее 👨‍👩‍👧 مرحبا")
    where: dict[str, Any] = WHERE | {"title": "Очень длинное название 🙂 группы", "person": person}
    text = "مرحبا بالعالم 🙂🙂🙂 слова и слова 漢字漢字 " * 8
    asked = happened.Heard(**where, text=text)
    told = happened.Answered(
        **where,
        answers=(1,),
        model="m",
        seconds=1,
        prompt_tokens=1,
        completion_tokens=1,
        text=text,
    )
    wait = happened.Waiting(**WHERE, reason="model_again", seconds=5, detail=text)
    rows = shown(READY, asked, told, HEARD, wait, written=text, width=width, language=language)
    assert max(map(cell_len, rows)) < width


def test_no_line_of_the_log_ends_with_blanks_that_a_narrower_terminal_would_wrap() -> None:
    for width in (40, 80):
        screen, paper = live(width)
        for event in (READY, replace(HEARD, text="some words " * 20), ANSWERED):
            screen(event)
        log = paper.getvalue().rpartition("\x1b[?25l")[0]
        assert len(re.findall(r"some words", log)) > 10
        assert not re.search(r" \r?\n", log)


def test_a_whole_screen_is_never_wiped_since_some_terminals_keep_a_copy_of_it() -> None:
    paper = io.StringIO()
    footer = Footer(paper)
    footer.draw(["one"])
    footer.draw(["two"])
    (before,) = re.findall(r"(.*)\x1b\[J", paper.getvalue())
    assert before.endswith("\r\x1b[K\x1b[C")  # the first column by itself, then all the rest


def test_what_is_drawn_again_begins_where_it_was_however_a_terminal_moved_it() -> None:
    paper = io.StringIO()
    footer = Footer(paper)
    footer.draw(["one", "two", "three"])
    assert paper.getvalue().endswith("three\x1b[?7h\x1b[2A\r\x1b[?2026l")
    before = len(paper.getvalue())
    footer.draw(["one", "two", "three"])
    assert len(paper.getvalue()) == before  # nothing changed: nothing is written
    footer.draw(["four"], "log\n")
    assert "\x1b[J\rlog\n" in paper.getvalue()[before:]


@pytest.mark.parametrize(
    ("number", "short"), [(0, "0"), (999, "999"), (4_100, "4.1k"), (2_340_000, "2.3M")]
)
def test_a_large_number_is_short(number: int, short: str) -> None:
    assert counted(number) == short


@pytest.mark.parametrize(
    ("text", "width", "end"),
    [
        pytest.param("short", 20, "short", id="whole"),
        pytest.param("one two three four", 10, "…hree four", id="its end"),
        pytest.param("漢字漢字漢字", 8, "…字漢字", id="wide signs"),
        pytest.param("anything", 4, "", id="no room"),
        pytest.param("a\n\x1b[2Jb" * 9, 9, "…[2Jb", id="tame"),
    ],
)
def test_the_end_of_a_text_fits_on_a_line(text: str, width: int, end: str) -> None:
    assert cell_len(ending(text, width)) <= width
    assert ending(text, width).endswith(end[1:])


def test_what_a_chat_waits_for_its_question_waits_for_in_its_own_row() -> None:
    pause = happened.Waiting(chat=-100, title="Weekend", reason="governor", seconds=3)
    rows = shown(READY, HEARD, pause)
    assert "waiting 2 s  to keep the account safe" in rows[-2]
    assert sum("Weekend" in row for row in rows) == 3  # the head, the log, one row
    assert "waiting 2 s  to keep the account safe" in shown(READY, pause)[-2]


def test_a_question_that_failed_and_went_well_the_second_time_is_no_failure_any_more() -> None:
    failed = happened.Failed(**WHERE, reason="timeout", error="No answer.")
    assert shown(READY, failed, failed)[-1].endswith(" · 1 failed")
    assert "failed" not in shown(READY, failed, ANSWERED)[-1]


def test_a_new_day_begins_with_its_date_and_counts_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, paper = live()
    for event in (READY, HEARD, ANSWERED):
        screen(event)
    monkeypatch.setattr("userbot.console.live._today", lambda: date(2026, 12, 1))
    screen.tick()
    screen.tick()
    rows = paper.screen()
    assert [row for row in rows if row.startswith("──")] == ["── 2026-12-01 ──"]
    assert rows[-1] == "● connected · 2 chats · today 0 answers"


def test_two_hundred_events_a_second_are_all_in_the_log_and_leave_no_rows() -> None:
    screen, paper = live()
    for number in range(100):
        where = WHERE | {"message": number}
        screen(happened.Heard(**where, text=f"question {number}"))
        screen(replace(ANSWERED, message=number))
    screen.tick({})
    rows = paper.screen()
    assert sum("question" in row for row in rows) == 100
    screen(READY)
    screen.tick({})
    assert "today 100 answers" in paper.screen()[-1]
    assert "Weekend" not in rows[-1]


def asked(number: int, message: int, kind: str = "answer", text: str = "At eight.") -> Event:
    return happened.Asked(
        **{**WHERE, "message": message},
        approval=number,
        kind=kind,
        minutes=60,
        text=text,
    )


def test_what_waits_for_a_yes_is_a_row_and_counted_and_the_oldest_is_marked() -> None:
    rows = shown(READY, HEARD, asked(3, 7), asked(4, 8), written="At eight.")
    assert rows[-3].startswith("▸ Weekend · Max  waiting for your yes 0 s  At eight.")
    assert rows[-2].startswith("· Weekend · Max  waiting for your yes")
    assert "2 wait for your yes" in rows[-1]
    skipped = happened.Skipped(**WHERE, reason="declined")
    assert "1 waits for your yes" in shown(READY, asked(3, 7), asked(4, 8), skipped)[-1]


@pytest.mark.parametrize(
    ("kind", "text", "is_shown"),
    [
        ("answer", "At eight. Then …", True),
        ("call", 'notes__add {"text": "milk"}', True),
        ("call", 'notes__add {"text": "milk…', False),
    ],
)
def test_of_a_call_it_is_known_whether_all_of_it_was_shown(
    kind: str, text: str, is_shown: bool
) -> None:
    screen, _paper = live()
    screen(asked(3, 7, kind, text))
    assert screen.shows_all_of(3) is is_shown


def test_a_key_is_for_what_was_seen_to_be_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    screen, _paper = live()
    for event in (READY, asked(3, 7), asked(4, 8)):
        screen(event)
    assert screen.chosen() is None, "nobody has seen it yet"
    now += 1
    assert screen.chosen() == 3
    screen.choose_next()
    now += 1
    assert screen.chosen() == 4
    screen(happened.Skipped(**{**WHERE, "message": 8}, reason="deleted"))
    assert screen.chosen() is None, "another is marked now"
    now += 1
    assert screen.chosen() == 3
