"""An answer as it is written, seen from another account, over real sockets."""

from __future__ import annotations

import asyncio
import itertools
import re

import pytest

from tests.harness import Sight, Stage, Timings, Window
from tests.quick_clock import QuickClock
from userbot.sandbox.endpoint import Reply

MOST_MESSAGES = 20
"""What one answer may take."""
MOST_CHARACTERS = MOST_MESSAGES * 4096
SENTENCES = [f"Sentence number {n} says a little more than the one before it. " for n in range(40)]
FAST = {"writes_per_second": 1000, "burst": 1000, "edit_seconds": 0.1, "max_previews": 12}


def streamed(*pieces: str, delay: float = 0.02) -> Reply:
    return Reply("".join(pieces), chunks=pieces, delay=delay)


async def until_seen(window: Window, text: str) -> None:
    """Until the account's app shows exactly this."""
    async with asyncio.timeout(60):
        while not any(sight.text == text for sight in window.sights):
            await asyncio.sleep(0.01)


def gaps(sights: list[Sight]) -> list[float]:
    return [after.at - before.at for before, after in itertools.pairwise(sights)]


async def test_an_answer_grows_in_one_message_by_edits_that_are_apart(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: streamed(*SENTENCES)
    await stage.program(pacing=FAST)
    window = await stage.window(stage.max)
    question = stage.max.says(stage.group, "/gpt tell me")
    whole = "".join(SENTENCES).strip()
    await until_seen(window, whole)
    sights = window.sights
    assert len({sight.message for sight in sights}) == 1
    assert [sight.event for sight in sights] == ["new"] + ["edit"] * (len(sights) - 1)
    texts = [sight.text for sight in sights]
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(texts))
    assert len(set(texts)) == len(texts)
    assert 4 <= len(sights) <= FAST["max_previews"] + 2
    *between, _ = gaps(sights)
    # On the whole: a busy machine may see one of them late, and the next one in time.
    assert sum(between) >= 0.09 * len(between)
    answer = stage.max.messages(stage.group)[-1]
    assert (answer.text, answer.reply_to) == (whole, question)
    assert not answer.link_preview
    assert all(request.no_webpage for request in stage.writes("editMessage"))


async def test_an_answer_without_an_end_is_cut_and_no_longer_paid_for(stage: Stage) -> None:
    pieces = ["word " * 800] * 400  # 1.6 million characters, if nobody stops it
    stage.endpoint.responder = lambda _: streamed(*pieces, delay=0.005)
    program = await stage.program(pacing=FAST | {"max_previews": 0})
    stage.max.says(stage.group, "/gpt tell me")
    answered = await program.tells("answered")
    assert (len(answered.answers), answered.reason) == (MOST_MESSAGES, "overlong")
    assert stage.endpoint.cancelled == 1
    texts = [one.text for one in stage.max.messages(stage.group) if one.sender is stage.olga]
    assert len(texts) == MOST_MESSAGES
    assert [text.endswith(" …") for text in texts] == [False] * (MOST_MESSAGES - 1) + [True]
    assert await program.tells("notice", reason="overlong")
    (day,) = stage.spent()
    assert day.estimated
    assert MOST_CHARACTERS / 4 < day.completion_tokens < MOST_CHARACTERS / 2


async def test_an_answer_that_is_cut_twice_ends_with_one_ellipsis(stage: Stage) -> None:
    whole = "\n\n".join([("word " * 440).strip()] * 30)
    stage.endpoint.responder = lambda _: Reply(whole, finish_reason="length")
    program = await stage.program(pacing=FAST | {"max_previews": 0})
    stage.max.says(stage.group, "/gpt tell me")
    assert len((await program.tells("answered")).answers) == MOST_MESSAGES
    last = stage.max.messages(stage.group)[-1].text
    assert last.endswith("word …")


async def test_an_answer_that_makes_too_many_messages_is_cut_there(stage: Stage) -> None:
    paragraph = "word " * 440  # two of them do not fit into one message
    whole = "\n\n".join([paragraph.strip()] * 30)
    stage.endpoint.responder = lambda _: streamed(whole)
    program = await stage.program(pacing=FAST | {"max_previews": 0})
    stage.max.says(stage.group, "/gpt tell me")
    answered = await program.tells("answered")
    assert (len(answered.answers), answered.reason) == (MOST_MESSAGES, "")
    assert stage.max.messages(stage.group)[-1].text.endswith(" …")
    assert await program.tells("notice", reason="overlong")
    (row,) = stage.history()
    assert row.answer == whole


async def test_the_first_text_is_shown_with_the_first_sentence(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: streamed("A whole sentence. ", *["and "] * 12, delay=0.05)
    await stage.program(pacing=FAST | {"edit_seconds": 9})
    stage.max.says(stage.group, "/gpt tell me")
    first = await stage.max.expects(stage.group, from_=stage.olga)
    assert first.text.startswith("A whole sentence.")
    assert len(first.text) < 40


async def test_half_a_second_is_enough_without_a_sentence(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: streamed(*["no "] * 20, delay=0.05)
    await stage.program(pacing=FAST | {"edit_seconds": 9})
    stage.max.says(stage.group, "/gpt tell me")
    first = await stage.max.expects(stage.group, from_=stage.olga)
    assert 6 <= first.text.count("no") <= 14


async def test_an_answer_that_is_there_at_once_is_one_write(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "".join(SENTENCES[:5])
    program = await stage.program(pacing=FAST)
    stage.max.says(stage.group, "/gpt tell me")
    await program.tells("answered")
    assert (len(stage.writes("sendMessage")), len(stage.writes("editMessage"))) == (1, 0)


@pytest.mark.parametrize(
    ("stream", "max_previews"),
    [pytest.param(False, 12, id="stream off"), pytest.param(True, 0, id="no previews wanted")],
)
async def test_an_answer_may_come_whole(stage: Stage, stream: bool, max_previews: int) -> None:
    stage.endpoint.responder = lambda _: streamed(*SENTENCES[:20])
    program = await stage.program(
        pacing=FAST | {"max_previews": max_previews},
        openai={"stream": stream},
    )
    stage.max.says(stage.group, "/gpt tell me")
    await program.tells("answered")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert answer.text == "".join(SENTENCES[:20]).strip()
    assert answer.edits == []


async def test_no_more_previews_than_allowed_and_still_the_end(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: streamed(*SENTENCES)
    program = await stage.program(pacing=FAST | {"max_previews": 2})
    stage.max.says(stage.group, "/gpt tell me")
    await program.tells("answered")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert answer.text == "".join(SENTENCES).strip()
    assert len(answer.edits) == 2


async def test_a_reader_who_would_see_no_difference_gets_no_edit(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: streamed("All is said here.\n", *["\n", " "] * 20)
    program = await stage.program(pacing=FAST)
    stage.max.says(stage.group, "/gpt tell me")
    await program.tells("answered")
    assert (len(stage.writes("sendMessage")), len(stage.writes("editMessage"))) == (1, 0)


async def test_a_slow_telegram_holds_up_neither_the_model_nor_the_newest_text(
    stage: Stage,
) -> None:
    stage.telegram.faults.add("messages.sendMessage", delay=2)
    stage.endpoint.responder = lambda _: streamed(*SENTENCES, delay=0.01)
    program = await stage.program(pacing=FAST)
    stage.max.says(stage.group, "/gpt tell me")
    await program.tells("answered")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert answer.text == "".join(SENTENCES).strip()
    assert len(answer.edits) == 1  # the stream ended while the first text was on its way


async def test_an_edit_that_is_carried_out_after_its_line_was_lost_does_not_undo_the_end(
    stage: Stage,
) -> None:
    stage.timings = Timings(late_edit_seconds=3.0)
    late = stage.telegram.faults.add("messages.editMessage", delay=2.5)
    stage.endpoint.responder = lambda _: streamed(*SENTENCES, delay=0.03)
    program = await stage.program(pacing=FAST)
    stage.max.says(stage.group, "/gpt tell me")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    async with asyncio.timeout(60):
        while not late.happened:
            await asyncio.sleep(0.01)
    stage.telegram.drop_connections(stage.olga)
    await program.tells("answered")
    assert answer.text == "".join(SENTENCES).strip()
    whole = [edit for edit in answer.edits if edit == answer.text]
    assert len(whole) == 1, "it was undone, and brought again"


async def test_a_long_answer_goes_on_in_silent_messages_each_a_reply_to_the_one_before(
    stage: Stage,
) -> None:
    text = "\n\n".join(f"Paragraph {n}. " + "word " * 60 for n in range(30))
    pieces = [text[at : at + 100] for at in range(0, len(text), 100)]
    stage.endpoint.responder = lambda _: streamed(*pieces)
    program = await stage.program(pacing=FAST)
    question = stage.max.says(stage.group, "/gpt a lot")
    answered = await program.tells("answered")
    parts = [await stage.max.expects(stage.group, from_=stage.olga) for _ in range(3)]
    assert [part.reply_to for part in parts] == [question, *parts[:-1]]
    assert "".join("".join(part.text for part in parts).split()) == "".join(text.split())
    assert [bool(request.silent) for request in stage.writes("sendMessage")] == [False, True, True]
    assert answered.answers == tuple(part.id_for(stage.olga) for part in parts)
    # It is the last part that grows, not the first one again.
    assert len(parts[1].edits) >= 1
    assert all(part.text.startswith("Paragraph") for part in parts)


@pytest.mark.parametrize("fault", ["stall", "cut", "error_object", "junk"])
async def test_a_preview_is_closed_with_what_stands_when_the_model_fails(
    stage: Stage, fault: str
) -> None:
    stage.endpoint.faults.add(fault, times=None, after=25)
    stage.endpoint.responder = lambda _: streamed(*SENTENCES)
    openai = {"timeout": 0.4 if fault == "stall" else 60}
    program = await stage.program(pacing=FAST, openai=openai, clock=QuickClock(120))
    stage.max.says(stage.group, "/gpt tell me")
    failed = await program.tells("failed")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert answer.text == "".join(SENTENCES[:25]).strip() + " …"
    assert failed.reason in ("timeout", "interrupted", "server_error", "bad_answer")
    assert len(stage.max.messages(stage.group)) == 3  # the group's beginning, question, answer


async def test_a_failure_before_anything_was_shown_says_nothing_in_a_group(stage: Stage) -> None:
    stage.endpoint.faults.add("quota")
    program = await stage.program()
    stage.max.says(stage.group, "/gpt tell me")
    await program.tells("failed")
    assert not stage.writes("sendMessage")


async def test_a_failure_in_saved_messages_is_told_there_in_a_line(stage: Stage) -> None:
    stage.endpoint.faults.add("quota")
    program = await stage.program()
    stage.olga.says(stage.olga, "/gpt tell me")
    failed = await program.tells("failed")
    question, line = stage.olga.messages(stage.olga)
    assert line.reply_to is question
    assert line.text == f"⚠️ {failed.error}"


async def test_a_failure_is_told_in_the_consoles_language(stage: Stage) -> None:
    stage.endpoint.faults.add("quota")
    program = await stage.program(console={"language": "ru"})
    stage.olga.says(stage.olga, "/gpt tell me")
    failed = await program.tells("failed")
    line = stage.olga.messages(stage.olga)[-1]
    assert re.search("[а-я]{3}", line.text)
    assert failed.error not in line.text


async def test_stopping_in_the_middle_leaves_what_stands(stage: Stage) -> None:
    stage.timings = Timings(drain_seconds=0.1)
    stage.endpoint.responder = lambda _: streamed(*SENTENCES, delay=0.1)
    program = await stage.program(pacing=FAST)
    stage.max.says(stage.group, "/gpt tell me")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    await asyncio.sleep(0.3)
    await program.stop()
    stands = answer.text
    assert stands.startswith(SENTENCES[0])
    assert not stands.endswith("…")
    assert program.events("stopped")[0].pending == 1


async def test_a_preview_that_somebody_deletes_ends_the_answer_quietly(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: streamed(*SENTENCES, delay=0.1)
    program = await stage.program(pacing=FAST)
    stage.max.says(stage.club, "/gpt tell me")
    answer = await stage.max.expects(stage.club, from_=stage.olga)
    stage.olga.deletes(answer)
    notice = await program.tells("notice", reason="answer_deleted")
    assert notice.chat == stage.club.id
    answered = await program.tells("answered")
    assert answered.reason == "deleted"
    assert not program.events("failed")
    assert len(stage.writes("sendMessage")) == 1
    async with asyncio.timeout(60):
        while not stage.endpoint.cancelled:  # the model is not paid for the rest
            await asyncio.sleep(0.01)


TWO_PAGES = "\n\n".join(
    [
        "# How trains are counted",
        "First **the table**, then _the code_; `@app` is a name in it.",
        "| Line | Trains | Late |\n|---|--:|--:|\n| S1 | 120 | 3 |\n| S2 | 96 | 11 |",
        *[f"{n}. Step {n} of many: " + "count the trains again. " * 6 for n in range(1, 9)],
        "```python\n"
        + "\n".join(f"def count_{n}(trains):\n    return len(trains) + {n}" for n in range(80))
        + "\n```",
        "That is all, @everyone.",
    ]
)


async def test_an_answer_of_two_pages_with_a_table_and_code_as_another_account_sees_it(
    stage: Stage,
) -> None:
    pieces = [TWO_PAGES[at : at + 40] for at in range(0, len(TWO_PAGES), 40)]
    stage.endpoint.responder = lambda _: streamed(*pieces, delay=0.015)
    program = await stage.program(pacing=FAST | {"edit_seconds": 0.15})
    window = await stage.window(stage.max)
    stage.max.says(stage.club, "/gpt how?")
    answered = await program.tells("answered")
    answers = stage.max.messages(stage.club)[-len(answered.answers) :]
    await until_seen(window, answers[-1].text)
    pages = [window.of(answer.id_for(stage.max)) for answer in answers]
    assert len(pages) == 2
    for page in pages:
        began = page[0].at
        print([f"{sight.event} {sight.at - began:.2f} s {len(sight.text)}" for sight in page])
        # The first edit may be the end itself, which does not wait for a gap; no other does.
        apart = gaps(page)[1:]
        assert sum(apart) >= 0.14 * len(apart)
        assert all(len(sight.text) <= 4096 for sight in page)
    previews = sum(len(page) for page in pages)
    assert 5 <= previews <= FAST["max_previews"] + 2
    first, second = (page[-1] for page in pages)
    assert first.text.startswith("How trains are counted\nFirst the table")
    assert "Line │ Trains │ Late\n─────┼────────┼─────\nS1   │    120 │    3" in first.text
    assert second.text.endswith("That is all, @\u2060everyone.")
    for last in (first, second):
        pre = [e for e in last.entities if type(e).__name__ == "MessageEntityPre"]
        assert pre[-1].language == "python"
    everything = first.text + second.text
    assert all(f"count_{n}(trains)" in everything for n in range(80))
    assert "**" not in everything
    # What was shown on the way was never the source of a table, nor an open fence.
    for sight in window.sights:
        assert "|---" not in sight.text
        assert "```" not in sight.text
