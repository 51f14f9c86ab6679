"""An address in a question comes with what Telegram attached to it; nothing is fetched by us."""

from __future__ import annotations

import sqlite3

import pytest
from telethon.tl import types

from tests.harness import Stage, Timings, listed
from tests.path.test_answered_once import CUT_OFF
from tests.path.test_bursts import slowly
from tests.path.voice.notes import answered, until

ADDRESS = "https://news.example/storm"
TITLE, DESCRIPTION = "Storm over the coast", "Ferries stay in port."
PAGE = ("The wind has reached 110 km/h.", "All ferries stay in port until Sunday.")
SHOWN = f"> News · {TITLE}\n> {DESCRIPTION}\n> {PAGE[0]}\n> {PAGE[1]}"


def known(stage: Stage) -> None:
    stage.telegram.knows_page(
        ADDRESS, site="News", title=TITLE, description=DESCRIPTION, paragraphs=PAGE
    )


def asked(stage: Stage) -> str:
    """What the model was asked last."""
    said: str = stage.asked()[-1][-1]["content"]
    return said


@pytest.mark.parametrize("who", ["olga", "max"])
@pytest.mark.parametrize("where", ["group", "club"])
async def test_an_address_in_a_question_comes_with_title_description_and_text(
    stage: Stage, who: str, where: str
) -> None:
    known(stage)
    program = await stage.program()
    getattr(stage, who).says(getattr(stage, where), f"/gpt what does {ADDRESS} say?")
    await answered(program)
    assert SHOWN in asked(stage)
    assert asked(stage).endswith(f"what does {ADDRESS} say?")
    assert not stage.writes("getWebPage")
    assert not stage.writes("getMessages"), "it came with the message"


async def test_the_message_replied_to_brings_its_page_and_nothing_of_it_is_stored(
    stage: Stage,
) -> None:
    known(stage)
    stage.endpoint.responder = lambda _: "It seems so."
    program = await stage.program([listed(stage.group.id, context_messages=5)])
    link = stage.lena.says(stage.group, f"look: {ADDRESS}")
    await answered(program)
    stage.max.says(stage.group, "/gpt is that so?", reply_to=link)
    await answered(program, 2)
    assert SHOWN in asked(stage)
    stage.max.says(stage.group, "/gpt and now?")
    await answered(program, 3)
    assert TITLE not in asked(stage), "the history knows of the question alone"
    await program.stop()
    with sqlite3.connect(stage.folder / "history.db") as database:
        assert TITLE not in "\n".join(database.iterdump())


async def test_who_may_not_ask_brings_nothing(stage: Stage) -> None:
    known(stage)
    program = await stage.program([listed(stage.group.id, from_=(stage.max.id,))])
    stage.vera.says(stage.group, f"/gpt {ADDRESS}")
    await program.tells("ignored", reason="not_allowed")
    assert not stage.asked()
    assert TITLE not in str(program.told)


async def test_a_page_that_comes_a_moment_later_is_waited_for(stage: Stage) -> None:
    stage.telegram.looks_at(ADDRESS)
    program = await stage.program()
    stage.max.says(stage.club, f"/gpt {ADDRESS}")
    assert (await program.tells("waiting", reason="page")).seconds == 1
    known(stage)
    await answered(program)
    assert SHOWN in asked(stage)


async def test_what_telegram_does_not_find_in_time_is_asked_without(stage: Stage) -> None:
    stage.timings = Timings(page_seconds=0)
    stage.telegram.looks_at(ADDRESS)
    program = await stage.program()
    question = stage.max.says(stage.group, f"/gpt {ADDRESS}")
    await answered(program)
    assert asked(stage) == f"Max: {ADDRESS}"
    # Refused, without a page, and with one that nobody may show: it is asked all the same.
    stage.telegram.faults.add("messages.getMessages", "MSG_ID_INVALID")
    stage.max.says(stage.group, f"/gpt {ADDRESS} again")
    await program.tells("notice", reason="no_page")
    await answered(program, 2)
    known(stage)
    stage.max.says(stage.group, f"/gpt {ADDRESS} bare", preview=False)
    await answered(program, 3)
    empty = types.MessageMediaWebPage(types.WebPageEmpty(1))
    stage.max.says(stage.group, "/gpt empty.example", marks={"media": empty})
    await answered(program, 4)
    assert TITLE not in str(stage.asked())
    assert question.text == f"/gpt {ADDRESS}"


async def test_several_addresses_are_waited_for_as_long_as_one(stage: Stage) -> None:
    stage.timings = Timings(page_seconds=1.5)
    for number in range(3):
        stage.telegram.looks_at(f"https://{number}.example/a")
    program = await stage.program(trigger={"from": "anyone", "burst_seconds": 1})
    for number in range(3):
        stage.max.says(stage.group, f"/gpt https://{number}.example/a")
    await answered(program)
    assert len(stage.asked()) == 1
    assert len(program.events("waiting", reason="page")) == 1


async def test_after_a_kill_the_page_is_looked_at_again(stage: Stage) -> None:
    known(stage)
    stage.timings = CUT_OFF
    stage.endpoint.faults.add("stall", after=0)
    killed = await stage.process()
    stage.max.says(stage.group, f"/gpt {ADDRESS}")
    await until(stage.asked)
    await killed.kill()
    program = await stage.program()
    await answered(program)
    assert len(stage.asked()) == 2
    assert all(SHOWN in request[-1]["content"] for request in stage.asked())


async def test_with_the_message_replied_to_its_page_goes(stage: Stage) -> None:
    known(stage)
    program = await stage.program()
    link = stage.lena.says(stage.group, ADDRESS)
    stage.telegram.faults.add("messages.getMessages", delay=0.5, times=None)
    question = stage.max.says(stage.group, "/gpt what is it?", reply_to=link)
    stage.lena.deletes(link)
    await answered(program)
    assert TITLE not in str(stage.asked())
    # Whose words are kept out: his pages, too.
    stage.telegram.faults.clear()
    stage.olga.says(stage.group, "/gpt_forget @lena_l")
    await until(lambda: len(stage.olga.messages(stage.olga)) > 0)
    more = stage.lena.says(stage.group, ADDRESS)
    stage.max.says(stage.group, "/gpt and that?", reply_to=more)
    await answered(program, 2)
    assert TITLE not in str(stage.asked())
    assert question.text


async def test_a_quiet_question_brings_the_page_that_came_with_it_and_looks_for_none(
    stage: Stage,
) -> None:
    known(stage)
    other = "https://slow.example/"
    stage.telegram.looks_at(other)
    program = await stage.program()
    stage.olga.says(stage.club, f"/gpt -q what does {ADDRESS} say?")
    await answered(program)
    assert SHOWN in asked(stage)
    stage.olga.says(stage.club, f"/gpt -q and {other}?")
    await answered(program, 2)
    assert not program.events("waiting", reason="page"), "its message is deleted by then"


async def test_an_edit_to_another_address_brings_the_page_that_stands_there(stage: Stage) -> None:
    known(stage)
    other = "https://news.example/sun"
    stage.telegram.knows_page(other, site="News", title="Sun", description="", paragraphs=["Warm."])
    stage.endpoint.responder = slowly(0.3)
    program = await stage.program()
    question = stage.max.says(stage.group, f"/gpt {ADDRESS}")
    await until(stage.asked)
    stage.max.edits(question, f"/gpt {other}")
    await answered(program)
    assert len(stage.asked()) == 2
    assert asked(stage).endswith(other)
    assert "> Warm." in asked(stage)
    assert TITLE not in asked(stage)
