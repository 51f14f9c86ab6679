"""Recaps: what was said in a chat, summed up for its owner in Saved Messages, over real sockets."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.faults import Call, busy, watched
from tests.harness import Stage
from tests.path.test_answered_once import CUT_OFF
from tests.path.voice.notes import EN, WORDS_EN
from tests.quick_clock import QuickClock
from userbot.sandbox.endpoint import Reply
from userbot.sandbox.state import Group, Message


def talk(stage: Stage, where: Group, count: int, words: str = "about the house") -> list[Message]:
    """So many messages of Max, Lena and Vera in turn."""
    people = (stage.max, stage.lena, stage.vera)
    return [people[n % 3].says(where, f"{n} {words}") for n in range(count)]


async def recapped(stage: Stage, order: str, **more: Any) -> tuple[Message, Message]:
    """The owner orders a recap in Saved Messages; the order, and what answers it in the end."""
    program = stage.programs[-1]
    said = stage.olga.says(stage.olga, order, **more)
    await program.tells("answered", message=said.id_for(stage.olga))
    (answer,) = stage.answers(said)
    return said, answer


async def test_what_was_said_in_a_chat_is_summed_up_in_saved_messages(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: Reply("**Topics**: the house [2]")
    talk(stage, stage.club, 5)
    await stage.program()
    _order, answer = await recapped(stage, "/gpt_recap Club")
    head, _, text = answer.text.partition("\n\n")
    assert re.match(r"Club: 5 messages of 3 people since .*; up to about .* tokens\.", head)
    assert text.startswith("Topics: the house")
    ((system, user),) = stage.asked()
    assert "sum up" in system["content"]
    assert len(re.findall(r"^> \[\d\] .* (?:Max|Lena|Vera): \d about", user["content"], re.M)) == 5


async def test_what_it_is_likely_to_cost_is_by_the_prices_of_the_model_that_a_command_has_set(
    stage: Stage,
) -> None:
    talk(stage, stage.club, 5)
    prices = {"input": 1, "output": 1, "big": {"input": 1000, "output": 1000}}
    stage.endpoint.models = ("test", "gpt-big")
    program = await stage.program(models={"big": "gpt-big"}, limits={"prices": prices})
    stage.olga.says(stage.olga, "/gpt_model big")
    await program.tells("notice", reason="command")
    _order, answer = await recapped(stage, "/gpt_recap Club")
    told = re.search(r"about ([\d,]+) tokens \((.*?)\)", answer.text)
    assert told is not None, answer.text
    assert float(told[2]) == pytest.approx(int(told[1].replace(",", "")) / 1000, rel=0.1)


async def test_what_is_read_already_is_not_summed_up(stage: Stage) -> None:
    talk(stage, stage.club, 2)
    stage.olga.reads(stage.club)
    await stage.program()
    _order, answer = await recapped(stage, "/gpt_recap Club")
    assert answer.text == "“Club”: nothing new since you read it."
    talk(stage, stage.club, 1)
    order = stage.olga.says(stage.olga, "/gpt_recap Club")
    await stage.programs[-1].tells("answered", message=order.id_for(stage.olga))
    assert len(stage.asked()) == 1
    assert stage.asked()[0][1]["content"].count("\n> [") == 1


async def test_a_chat_that_nobody_knows_is_told_and_no_model_is_asked(stage: Stage) -> None:
    await stage.program()
    order = stage.olga.says(stage.olga, "/gpt_recap Clubb")
    failed = await stage.programs[-1].tells("failed", message=order.id_for(stage.olga))
    assert failed.reason == "no_such_chat"
    (answer,) = stage.answers(order)
    assert answer.text == "⚠️ None of your chats is called “Clubb”."
    assert stage.asked() == []


async def test_of_protected_people_who_are_forgotten_and_commands_nothing_is_read(
    stage: Stage,
) -> None:
    talk(stage, stage.club, 4)
    await stage.program()
    stage.olga.says(stage.club, "/gpt_forget @lena_l")
    await stage.programs[-1].tells("notice", reason="command")
    _order, answer = await recapped(stage, "/gpt_recap Club 1d")
    assert answer.text.startswith("Club: 3 messages of 2 people since ")
    assert "Lena" not in stage.asked()[0][1]["content"]
    stage.telegram.protect(stage.club)
    _order, answer = await recapped(stage, "/gpt_recap Club 2d")
    assert "protected" in answer.text
    assert len(stage.asked()) == 1


@pytest.mark.parametrize(
    ("order", "count"),
    [
        pytest.param("/gpt_recap Club 4", 4, id="so many"),
        pytest.param("/gpt_recap Club 2h", 6, id="hours"),
        pytest.param("/gpt_recap Club @max_m", 2, id="one person"),
        pytest.param("/gpt_recap Club 9d", 7, id="no more than max_messages"),
    ],
)
async def test_how_much_is_read_is_bounded(stage: Stage, order: str, count: int) -> None:
    talk(stage, stage.club, 6)
    stage.telegram.advance(3 * 3600)
    talk(stage, stage.club, 6)
    await stage.program(recap={"max_messages": 7})
    _order, answer = await recapped(stage, order)
    assert answer.text.startswith(f"Club: {count} messages of ")
    assert ("Only the newest" in answer.text) is (count in (2, 4, 7))


def part_or_whole(request: dict[str, Any]) -> str:
    return "a part [2]" if "This is a part" in request["messages"][-1]["content"] else "**Whole**"


async def test_what_is_too_long_for_one_request_is_summed_up_in_parts(stage: Stage) -> None:
    talk(stage, stage.club, 60, "words " * 20)
    stage.endpoint.responder = part_or_whole
    program = await stage.program(history={"window_tokens": 2500})
    _order, answer = await recapped(stage, "/gpt_recap Club")
    assert answer.text.endswith("\n\nWhole")
    *parts, last = (messages[1]["content"] for messages in stage.asked())
    assert len(parts) > 2
    seen = [number for part in parts for number in re.findall(r"^> \[(\d+)\]", part, re.M)]
    assert seen == [str(n) for n in range(1, 61)]
    assert last.count("a part [2]") == len(parts)
    assert len(program.events("notice", reason="recap_part")) == len(parts)
    (day,) = stage.spent()
    assert day.prompt_tokens > 2500


async def test_a_model_with_a_smaller_window_than_it_was_told_gets_smaller_parts(
    stage: Stage,
) -> None:
    talk(stage, stage.club, 40, "words " * 20)
    stage.endpoint.responder = part_or_whole
    stage.endpoint.faults.add("context_length")
    program = await stage.program(history={"window_tokens": 6000})
    _order, answer = await recapped(stage, "/gpt_recap Club")
    assert answer.text.endswith("\n\nWhole")
    assert program.events("notice", reason="shrunk")
    assert len(stage.asked()) > 3


async def test_a_day_s_tokens_bound_a_recap_as_they_bound_all_else(stage: Stage) -> None:
    talk(stage, stage.club, 60, "words " * 20)
    stage.endpoint.responder = part_or_whole
    limits = {"own_tokens_per_day": 2500}
    program = await stage.program(history={"window_tokens": 2500}, limits=limits)
    order = stage.olga.says(stage.olga, "/gpt_recap Club")
    await program.tells("limited", message=order.id_for(stage.olga))
    (answer,) = stage.answers(order)
    assert answer.text.startswith("⚠️ ")


class Hanging:
    """A model that sums up so many parts and then says nothing, until it is let go."""

    def __init__(self, stage: Stage, parts: int, says: Any = part_or_whole) -> None:
        self.parts, self.says = parts, says
        self.hangs, self.goes_on = asyncio.Event(), asyncio.Event()
        stage.endpoint.responder = self

    async def __call__(self, request: dict[str, Any]) -> str:
        if self.parts == 0:
            self.hangs.set()
            await self.goes_on.wait()
        self.parts -= 1
        return str(self.says(request))


IN_PARTS: Any = {"history": {"window_tokens": 2500}}


async def test_a_kill_leaves_one_line_and_a_retry_begins_anew(stage: Stage) -> None:
    stage.timings = CUT_OFF
    talk(stage, stage.club, 40, "words " * 20)
    model = Hanging(stage, 2)
    program = await stage.program(**IN_PARTS)
    order = stage.olga.says(stage.olga, "/gpt_recap Club")
    await model.hangs.wait()
    await program.crash()
    stage.endpoint.responder = part_or_whole
    program = await stage.program(**IN_PARTS)
    failed = await program.tells("failed", message=order.id_for(stage.olga))
    assert failed.reason == "recap_cut_off"
    (line,) = stage.answers(order)
    assert line.text == "⚠️ The recap was cut off when the program ended."
    asked = len(stage.asked())
    stage.olga.says(stage.olga, "/gpt_retry", reply_to=order)
    await program.tells("answered", message=order.id_for(stage.olga))
    first, _command, answer = stage.answers(order)
    assert first is line
    assert answer.text.startswith("Club: 40 messages of 3 people since ")
    assert answer.text.endswith("\n\nWhole")
    assert len(stage.asked()) > asked + 2


async def test_a_recap_that_a_kill_has_kept_from_beginning_begins_with_the_next_start(
    stage: Stage,
) -> None:
    talk(stage, stage.club, 4)
    stage.endpoint.responder = part_or_whole
    program = await stage.program()
    reading = stage.telegram.faults.add("messages.getHistory", delay=60, times=None)
    order = stage.olga.says(stage.olga, "/gpt_recap Club")
    while not reading.happened:
        await asyncio.sleep(0.005)
    await program.crash()
    stage.telegram.faults.clear()
    program = await stage.program()
    await program.tells("answered", message=order.id_for(stage.olga))
    (answer,) = stage.answers(order)
    assert answer.text.startswith("Club: 4 messages")


async def test_gpt_stop_ends_a_recap_between_its_parts(stage: Stage) -> None:
    talk(stage, stage.club, 40, "words " * 20)
    model = Hanging(stage, 2)
    program = await stage.program(**IN_PARTS)
    order = stage.olga.says(stage.olga, "/gpt_recap Club")
    await model.hangs.wait()
    stage.olga.says(stage.olga, "/gpt_stop")
    ended = await program.tells("answered", message=order.id_for(stage.olga))
    assert ended.reason == "stopped"
    (answer,) = stage.answers(order)
    assert "a part" not in answer.text
    assert len(stage.asked()) == 3


async def test_of_what_is_deleted_meanwhile_nothing_more_is_asked(stage: Stage) -> None:
    said = talk(stage, stage.club, 70, "words " * 20)
    model = Hanging(stage, 1)
    program = await stage.program(**IN_PARTS)
    order = stage.olga.says(stage.olga, "/gpt_recap Club")
    await model.hangs.wait()
    for at, one in enumerate(said[-10:], 60):
        (stage.max, stage.lena, stage.vera)[at % 3].deletes(one)
    await stage.all_arrives()
    model.goes_on.set()
    await program.tells("answered", message=order.id_for(stage.olga))
    last_parts = "".join(messages[1]["content"] for messages in stage.asked()[2:])
    assert "> [61]" not in last_parts
    assert "> [60]" in last_parts


async def test_where_all_of_it_was_deleted_meanwhile_there_is_no_recap(stage: Stage) -> None:
    said = talk(stage, stage.club, 40, "words " * 20)
    model = Hanging(stage, 0)
    program = await stage.program(**IN_PARTS)
    order = stage.olga.says(stage.olga, "/gpt_recap Club")
    await model.hangs.wait()
    for at, one in enumerate(said):
        (stage.max, stage.lena, stage.vera)[at % 3].deletes(one)
    await stage.all_arrives()
    model.parts = 1
    model.goes_on.set()
    failed = await program.tells("failed", message=order.id_for(stage.olga))
    assert failed.reason == "nothing_left"
    (answer,) = stage.answers(order)
    assert answer.text == "⚠️ Everything that was to be summed up has been deleted."


async def test_a_recap_that_fails_says_why_and_leaves_no_half_of_it(stage: Stage) -> None:
    talk(stage, stage.club, 3)
    stage.endpoint.responder = lambda _: "**Topics**: the house. " * 40
    stage.endpoint.faults.add("content_filter", after=60)
    await stage.program(pacing={"edit_seconds": 0.05})
    order = stage.olga.says(stage.olga, "/gpt_recap Club")
    await stage.programs[-1].tells("failed", message=order.id_for(stage.olga))
    (answer,) = stage.answers(order)
    assert answer.text.startswith("⚠️ ")
    assert "\n" not in answer.text


async def test_each_message_that_is_cited_is_a_link_and_goes_with_it(stage: Stage) -> None:
    said = talk(stage, stage.club, 3)
    stage.endpoint.responder = lambda _: "**Topics**: the house [2], the roof [9]"
    await stage.program()
    _order, answer = await recapped(stage, "/gpt_recap Club")
    assert answer.text.endswith("Topics: the house [1], the roof")
    (link,) = [one for one in answer.entities if getattr(one, "url", "")]
    assert link.url.endswith(f"/{said[1].id_for(stage.olga)}")
    stage.lena.deletes(said[1])
    async with asyncio.timeout(60):
        while any("house" in (row.answer or "") for row in stage.history()):
            await asyncio.sleep(0.05)


async def test_without_links_the_writer_and_the_day_are_named(stage: Stage) -> None:
    said = talk(stage, stage.club, 1)
    stage.endpoint.responder = lambda _: "**Topics**: the house [1]"
    ahead = timezone(timedelta(hours=14))
    await stage.program(reading={"links": False}, limits={"timezone": "Pacific/Kiritimati"})
    _order, answer = await recapped(stage, "/gpt_recap Club")
    day = datetime.fromtimestamp(said[0].date, ahead).date()
    assert answer.text.endswith(f"Topics: the house (Max, {day})")
    assert not [one for one in answer.entities if getattr(one, "url", "")]


async def test_in_a_chat_it_is_of_that_chat_and_nothing_of_it_stays_there(stage: Stage) -> None:
    talk(stage, stage.club, 2)
    stage.olga.says(stage.club, "I am back")
    talk(stage, stage.club, 5)
    program = await stage.program()
    order = stage.olga.says(stage.club, "/gpt_recap")
    stage.olga.reads(stage.club)  # as the official apps do when they send
    answered = await program.tells("answered", message=order.id_for(stage.olga))
    assert answered.chat == stage.olga.id
    answer = stage.olga.messages(stage.olga)[-1]
    assert answer.text.startswith("Club: 5 messages of 3 people since ")
    async with asyncio.timeout(60):
        while not order.deleted:
            await asyncio.sleep(0.005)
    assert stage.asked()[0][1]["content"].count("\n> [") == 5


def daily(club: int, **more: Any) -> Any:
    now = datetime.now(UTC)
    return {
        "recap": {"at": f"{now:%H:%M}", "chats": [club], **more},
        "limits": {"timezone": "UTC", "requests_per_minute": 1000},
    }


async def test_a_daily_recap_is_a_scheduled_message_and_comes_once(stage: Stage) -> None:
    talk(stage, stage.club, 3)
    stage.endpoint.responder = lambda _: "**Topics**: the house [2]"
    program = await stage.program(**daily(stage.club.id))
    answered = await program.tells("answered")
    assert stage.olga.messages(stage.olga) == []
    (sent,) = stage.writes("sendMessage")
    assert sent.schedule_date is not None
    stage.telegram.advance(20)
    async with asyncio.timeout(60):
        while not (saved := stage.olga.messages(stage.olga)):
            await asyncio.sleep(0.005)
    assert saved[0].text.startswith("Club: 3 messages")
    assert saved[0].text.endswith("Topics: the house [1]")
    await program.tells("ignored", reason="ours")
    assert len(program.events("heard")) == 1
    await program.stop()
    program = await stage.program(**daily(stage.club.id))
    await asyncio.sleep(0.3)
    assert len(stage.asked()) == 1
    assert not program.events("heard")
    assert answered.text


async def test_where_nothing_new_was_said_no_phone_rings(stage: Stage) -> None:
    talk(stage, stage.club, 3)
    stage.olga.reads(stage.club)
    program = await stage.program(**daily(stage.club.id))
    skipped = await program.tells("skipped")
    assert skipped.reason == "no_recap"
    assert stage.writes("sendMessage") == []
    assert stage.asked() == []


@pytest.mark.long
async def test_a_thousand_messages_of_twenty_people_in_topics(stage: Stage) -> None:
    """A window of 8,000 tokens, deletions meanwhile, and a kill in the middle."""
    people = [
        stage.telegram.add_account(f"Person{n}", username=f"person_{n}", phone=f"+99966300{n:02}")
        for n in range(20)
    ]
    forum = stage.telegram.add_forum("House", creator=stage.olga, members=people)
    topics = [stage.olga.opens_topic(forum, name) for name in ("Roof", "Garden", "Money")]
    said = [
        people[n % 20].says(
            forum, f"{n}: {'the roof of the house leaks, ' * 3}", topic=topics[n % 3]
        )
        for n in range(1000)
    ]

    def sums_up(request: dict[str, Any]) -> str:
        first, *_, last = re.findall(r"\[(\d+)\]", request["messages"][1]["content"])[:-2]
        return f"The roof leaks [{first}], and more [{last}]."

    model = Hanging(stage, 3)
    program = await stage.program()
    order = stage.olga.says(stage.olga, "/gpt_recap House")
    await model.hangs.wait()
    await program.crash()
    model = Hanging(stage, 3, sums_up)
    program = await stage.program()
    await program.tells("failed", message=order.id_for(stage.olga))
    stage.olga.says(stage.olga, "/gpt_retry", reply_to=order)
    await model.hangs.wait()
    for n in range(980, 1000):
        people[n % 20].deletes(said[n])
    await stage.all_arrives()
    model.goes_on.set()
    await program.tells("answered", message=order.id_for(stage.olga))
    *_, answer = stage.answers(order)
    assert answer.text.startswith("House: 1000 messages of 20 people since ")
    links = [one.url for one in answer.entities if getattr(one, "url", "")]
    assert links
    ids = {one.id_for(stage.olga) for one in said[:980]}
    assert all(int(link.rpartition("/")[2]) in ids for link in links)
    (day,) = stage.spent()
    assert 40_000 < day.prompt_tokens < 60_000, "what the run that was killed has paid counts, too"


async def test_voice_notes_are_listened_to_only_where_that_is_wanted(stage: Stage) -> None:
    talk(stage, stage.club, 2)
    stage.max.sends_voice(stage.club, EN)
    await stage.program()
    await recapped(stage, "/gpt_recap Club 1d")
    assert stage.endpoint.transcriptions == []
    assert "[voice" in stage.asked()[-1][1]["content"]
    order = stage.olga.says(stage.olga, "/gpt_recap Club 1d voice")
    await stage.programs[-1].tells("answered", message=order.id_for(stage.olga))
    assert len(stage.endpoint.transcriptions) == 1
    assert WORDS_EN in stage.asked()[-1][1]["content"]
    assert WORDS_EN not in (stage.folder / "history.db").read_bytes().decode("latin-1")


async def test_what_was_listened_to_is_paid_once_also_when_the_store_was_busy(
    stage: Stage,
) -> None:
    for _ in range(2):
        stage.max.sends_voice(stage.club, EN)
    was_busy: list[Call] = []

    def lost(call: Call) -> None:
        if call.writes and len(stage.endpoint.transcriptions) == 2 and len(was_busy) < 2:
            was_busy.append(call)
            raise busy()

    with watched(lost):
        program = await stage.program()
        order = stage.olga.says(stage.olga, "/gpt_recap Club 1d voice")
        await program.tells("answered", message=order.id_for(stage.olga))
    assert was_busy
    assert len(stage.endpoint.transcriptions) == 2
    assert stage.asked()[-1][1]["content"].count(WORDS_EN) == 2


async def test_a_recap_that_was_paid_to_its_end_is_brought_after_a_kill(stage: Stage) -> None:
    stage.timings = CUT_OFF
    said = talk(stage, stage.club, 3)
    stage.endpoint.responder = lambda _: "**Topics**: the house [2]"
    program = await stage.program()
    edits = stage.telegram.faults.add("messages.editMessage", delay=60, times=None)
    order = stage.olga.says(stage.olga, "/gpt_recap Club")
    while not edits.happened:
        await asyncio.sleep(0.005)
    await program.crash()
    stage.telegram.faults.clear()
    program = await stage.program()
    await program.tells("answered", message=order.id_for(stage.olga))
    (answer,) = stage.answers(order)
    head, _, text = answer.text.partition("\n\n")
    assert re.fullmatch(r"Club: 3 messages of 3 people since .* tokens\.", head)
    assert text == "Topics: the house [1]"
    (link,) = [one.url for one in answer.entities if getattr(one, "url", "")]
    assert link.endswith(f"/{said[1].id_for(stage.olga)}")
    assert len(stage.asked()) == 1


@pytest.mark.parametrize(
    ("order", "told"),
    [
        pytest.param("/gpt_recap", "Say which chat: /gpt_recap @name", id="no chat"),
        pytest.param("/gpt_recap Club 2d 50", "Unknown word: “2d”", id="two bounds"),
    ],
)
async def test_what_cannot_be_an_order_is_told(stage: Stage, order: str, told: str) -> None:
    await stage.program()
    said = stage.olga.says(stage.olga, order)
    async with asyncio.timeout(60):
        while not (answers := stage.answers(said)):
            await asyncio.sleep(0.005)
    assert answers[0].text.startswith(told)
    assert stage.asked() == []


async def test_a_channel_is_summed_up_and_a_protected_chat_says_why_not(stage: Stage) -> None:
    news = stage.telegram.add_channel("News", creator=stage.max, members=[stage.olga])
    for n in range(3):
        stage.max.says(news, f"{n} new roofs")
    await stage.program()
    _order, answer = await recapped(stage, "/gpt_recap News")
    assert answer.text.startswith("News: 3 messages of 1 person")
    stage.telegram.protect(stage.club)
    talk(stage, stage.club, 2)
    order = stage.olga.says(stage.club, "/gpt_recap")
    why_not = "Messages here are protected from copying, so there is no recap."
    async with asyncio.timeout(60):
        while not (order.deleted and stage.olga.messages(stage.olga)[-1].text.endswith(why_not)):
            await asyncio.sleep(0.005)
    assert len(stage.asked()) == 1


async def test_a_daily_recap_that_was_scheduled_before_a_kill_comes_once(stage: Stage) -> None:
    talk(stage, stage.club, 3)
    stage.endpoint.responder = lambda _: "**Topics**: the house"
    killed = await stage.process(**daily(stage.club.id))
    sending = stage.telegram.faults.add("messages.sendMessage", delay=0.2)
    while not sending.happened:
        await asyncio.sleep(0.005)
    await killed.kill()
    await asyncio.sleep(0.3)
    stage.telegram.advance(20)
    assert len(stage.olga.messages(stage.olga)) == 1
    program = await stage.program(clock=QuickClock(40), **daily(stage.club.id))
    await program.tells("answered")
    assert len(stage.asked()) == 1
    stage.telegram.advance(20)
    await stage.all_arrives()
    assert len(stage.olga.messages(stage.olga)) == 1


async def test_a_line_that_is_lost_behind_a_scheduled_recap_leaves_no_doubt(stage: Stage) -> None:
    talk(stage, stage.club, 3)
    stage.endpoint.responder = lambda _: "**Topics**: the house"
    stage.telegram.faults.add("messages.sendMessage", drop="after")
    program = await stage.program(**daily(stage.club.id))
    await program.tells("answered")
    stage.telegram.advance(20)
    await stage.all_arrives()
    assert len(stage.olga.messages(stage.olga)) == 1


async def test_in_a_topic_it_is_of_that_topic(stage: Stage) -> None:
    forum = stage.telegram.add_forum("House", creator=stage.olga, members=[stage.max, stage.lena])
    roof, garden = (stage.olga.opens_topic(forum, name) for name in ("Roof", "Garden"))
    for n in range(4):
        stage.max.says(forum, f"{n} about the roof", topic=roof)
        stage.lena.says(forum, f"{n} about the garden", topic=garden)
    program = await stage.program()
    order = stage.olga.says(forum, "/gpt_recap 1d", topic=roof)
    await program.tells("answered", message=order.id_for(stage.olga))
    answer = stage.olga.messages(stage.olga)[-1]
    assert answer.text.startswith("House: 4 messages of 1 person")
    assert "garden" not in stage.asked()[0][1]["content"]
