"""`userbot recap`: what was said in a chat, summed up in the terminal."""

from __future__ import annotations

from tests.cli.house import House
from userbot.sandbox.endpoint import Reply


def talk(house: House, count: int = 4) -> None:
    stage = house.stage
    for number in range(count):
        stage.max.says(stage.club, f"{number} about the house")
    stage.endpoint.responder = lambda _: Reply("**Topics**: the house [2]")


async def test_a_chat_is_summed_up_in_a_pipe_with_the_addresses_of_what_is_cited(
    house: House,
) -> None:
    house.write_config()
    house.log_in()
    talk(house)
    ended = await house.run("recap", "Club", "2d")
    assert ended.code == 0
    head, _, text, link = ended.out.splitlines()
    assert head.startswith("Club: 4 messages of 1 person since ")
    assert text == "Topics: the house [1]"
    assert link.startswith("[1] https://t.me/c/")
    kept = await house.run("history", "--json", "--search", "", "--limit", "9")
    assert "Topics" in kept.out
    assert "about the house" not in kept.out


async def test_what_is_no_order_and_no_chat_is_told(house: House) -> None:
    house.write_config()
    house.log_in()
    talk(house)
    ended = await house.run("recap", "Clubb")
    assert "Clubb" in ended.out + ended.err
    ended = await house.run("recap", "200")
    assert ended.code == 1
    assert "Say which chat" in ended.err
    assert house.stage.endpoint.requests == []


async def test_beside_a_run_it_says_what_to_write_in_telegram(house: House) -> None:
    house.write_config()
    house.log_in()
    run = await house.start("run", "--json")
    await run.event("ready")
    ended = await house.run("recap", "Club", "2d")
    assert ended.code == 5
    assert "Send /gpt_recap Club 2d to Saved Messages" in ended.err
