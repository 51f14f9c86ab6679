"""A change of config.toml while the program runs."""

from __future__ import annotations

import signal

from tests.cli.house import House
from tests.harness import toml
from tests.tool_servers import Served

MAX_MAY = '[[chats]]\nid = {chat}\nrespond = "prefix"\nfrom = "anyone"\n'


async def test_a_chat_that_is_selected_while_it_runs_is_answered_and_an_address_waits(
    house: House,
) -> None:
    house.write_config()
    house.log_in()
    stage = house.stage
    running = await house.start("run", "--json")
    await running.event("ready")
    stage.max.says(stage.group, "/gpt before")
    assert (await running.event("ignored"))["reason"] == "not_allowed"

    path = house.write_config(MAX_MAY.format(chat=stage.group.id))
    path.write_text(path.read_text().replace("[openai]", "[openai]\ntimeout = 50", 1))
    taken = await running.event("notice")
    assert (taken["reason"], taken["detail"]) == (
        "config_changed",
        "config.toml changed: [[chats]] now in effect.",
    )
    waits = await running.event("notice")
    assert waits["reason"] == "config_waits"
    assert "openai.timeout" in waits["detail"]
    asked = stage.max.says(stage.group, "/gpt after")
    answered = await running.event("answered")
    assert answered["message"] == asked.id_for(stage.olga)

    house.write_config()
    assert (await running.event("notice"))["reason"] == "config_changed"
    stage.max.says(stage.group, "/gpt too late")
    assert (await running.event("ignored"))["reason"] == "not_allowed"
    assert (await running.stop(signal.SIGTERM)).code == 0


async def test_what_may_be_looked_up_changes_while_it_runs(house: House) -> None:
    house.write_config()
    house.log_in()
    stage = house.stage
    running = await house.start("run", "--json")
    await running.event("ready")
    stage.olga.says(stage.olga, "/gpt -c Club when?")
    assert (await running.event("failed"))["reason"] == "no_such_chat"
    house.write_config('[reading]\nsearch = "me"\n')
    assert "reading.search now in effect" in (await running.event("notice"))["detail"]
    stage.olga.says(stage.olga, "/gpt -c Club when?")
    await running.event("answered")
    assert (await running.stop(signal.SIGTERM)).code == 0


async def test_names_for_models_change_while_it_runs(house: House) -> None:
    house.write_config()
    house.log_in()
    stage = house.stage
    running = await house.start("run", "--json")
    await running.event("ready")
    house.write_config('[models]\nbig = "gpt-big"\n[limits.prices.big]\ninput = 1000\n')
    told = (await running.event("notice"))["detail"]
    assert "[models]" in told
    assert "limits.prices now in effect" in told
    stage.olga.says(stage.olga, "/gpt -m big why?")
    answered = await running.event("answered")
    assert stage.endpoint.requests[-1]["model"] == "gpt-big"
    assert answered["cost"] == answered["prompt_tokens"] / 1000
    assert (await running.stop(signal.SIGTERM)).code == 0


async def test_a_faulty_file_changes_nothing_and_each_fault_is_told(house: House) -> None:
    stage = house.stage
    right = house.write_config(MAX_MAY.format(chat=stage.group.id)).read_text()
    house.log_in()
    running = await house.start("run", "--json")
    await running.event("ready")
    path = house.folder / "config.toml"
    for wrong, says in (
        (right.replace('respond = "prefix"', 'respond = "sometimes"'), "config.toml:"),
        (right.replace(str(stage.group.id), '"@nobody_here"'), "@nobody_here"),
        ("[[[", "config.toml"),
    ):
        path.write_text(wrong)
        assert (await running.event("notice"))["reason"] == "config_faulty"
        assert says in (await running.event("failed"))["error"]
        asked = stage.max.says(stage.group, "/gpt still there?")
        assert (await running.event("answered"))["message"] == asked.id_for(stage.olga)
    path.unlink()
    assert "is gone: keeping" in (await running.event("notice"))["detail"]
    path.write_text(right)
    assert "valid again" in (await running.event("notice"))["detail"]
    assert (await running.stop(signal.SIGTERM)).code == 0


async def test_a_right_that_is_taken_from_a_tool_is_gone_while_it_runs(
    house: House, notes: Served
) -> None:
    block = notes.block(read=["now"], allow=[])
    house.write_config(toml({}, tools=[block]))
    house.log_in()
    running = await house.start("run", "--json")
    await running.event("ready")
    house.stage.olga.says(house.stage.olga, "/gpt one")
    await running.event("answered")
    house.write_config(toml({}, tools=[{**block, "read": []}]))
    assert (await running.event("notice"))["reason"] == "config_changed"
    house.stage.olga.says(house.stage.olga, "/gpt two")
    await running.event("answered")
    first, second = house.stage.endpoint.requests
    assert [one["function"]["name"] for one in first["tools"]] == ["notes__now"]
    assert "tools" not in second
    assert (await running.stop(signal.SIGTERM)).code == 0
