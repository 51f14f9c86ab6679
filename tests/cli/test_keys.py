"""The keys of a run in a terminal, and what its bottom line says."""

from __future__ import annotations

import asyncio

from tests.cli.house import House

CHATS = '[[chats]]\nid = {chat}\nrespond = "prefix"\nfrom = "anyone"\n'


async def test_keys_pause_retry_and_show_chats_usage_and_help(house: House) -> None:
    stage = house.stage
    house.write_config(CHATS.format(chat=stage.group.id))
    house.log_in()
    screen = await house.terminal("run", columns=100)
    await screen.shows("● Olga · sandbox · Weekend for everybody")
    await screen.shows("● connected · 1 chat")
    assert not screen.echoes

    screen.types("p")
    await screen.shows("● connected · paused")
    question = stage.max.says(stage.group, "/gpt hello")
    await screen.shows(r"Weekend · Max +waiting \d s")
    await asyncio.sleep(0.5)
    assert not [one for one in stage.max.messages(stage.group) if one.reply_to is question]
    screen.types("з")  # the same key where a keyboard writes Russian
    assert await stage.max.expects(stage.group, reply_to=question)
    await screen.shows(r"today 1 answer · \d+ tokens")

    stage.endpoint.faults.add("unauthorized")
    again = stage.max.says(stage.group, "/gpt once more")
    await screen.shows("1 failed")
    screen.types("r")
    await screen.shows("Retrying 1 question")
    assert await stage.max.expects(stage.group, reply_to=again)
    await screen.shows(r"today 2 answers · \d+ tokens\s*(\x1b|$|[^·\s])")

    screen.types("c")
    await screen.shows("  Weekend for everybody")
    screen.types("u")
    await screen.shows(r"Weekend +3|Weekend +2")
    screen.types("?")
    await screen.shows("p pause")
    screen.types("\x03")
    assert await screen.ends() == 130
    assert "^C" not in screen.plain
    assert screen.echoes


async def test_an_endpoint_or_a_key_that_does_not_answer_is_told_at_the_start(house: House) -> None:
    path = house.write_config()
    path.write_text(
        path.read_text().replace(house.stage.endpoint.base_url, "http://127.0.0.1:9/v1")
    )
    house.log_in()
    screen = await house.terminal("run")
    await screen.shows("127.0.0.1:9")
    screen.types("\x03")
    assert await screen.ends() == 130
