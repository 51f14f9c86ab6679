"""`userbot chats`: rows for programs, a table for people, the block to paste."""

from __future__ import annotations

import json

import tomli

from tests.cli.house import House
from userbot.settings import Override
from userbot.storage.store import Store


def busy(house: House) -> str:
    """An account with chats of every kind; gives the [[chats]] that select two of them."""
    stage = house.stage
    stage.max.says(stage.olga, "hi")
    stranger = stage.telegram.add_account("Zed \x1b]0;owned\x07", username="zed")
    stranger.says(stage.olga, "hi")
    stage.olga.says(stage.olga, "a note")
    return (
        f'[[chats]]\nid = {stage.group.id}\nrespond = "mention"\nfrom = "contacts"\n'
        '[[chats]]\nid = "@max_m"\nrespond = "all"\nfrom = ["@lena_l", 7000000004]\n'
    )


async def test_in_a_pipe_a_chat_is_a_line_of_four_columns_and_nothing_else(house: House) -> None:
    house.write_config(busy(house))
    house.log_in()
    ended = await house.run("chats")
    assert ended.code == 0
    rows = [line.split("\t") for line in ended.out.splitlines()]
    assert {len(row) for row in rows} == {4}
    by_title = {row[0]: row for row in rows}
    stage = house.stage
    assert by_title["Weekend"] == ["Weekend", "group", "", "mention, contacts"]
    assert by_title["Max"][2:] == ["@max_m", "all, @lena_l, 7000000004"]
    assert by_title["Club"] == ["Club", "supergroup", "", "–"]
    assert by_title["Saved Messages"][1] == "saved"
    assert "\x1b" not in ended.out
    verbose = (await house.run("chats", "-v")).out
    assert f"Club\tsupergroup\t\t–\t{stage.club.id}\n" in verbose
    assert "`userbot chats WORD`" in ended.err


async def test_as_json_a_chat_is_an_object_with_its_rule_and_origin(house: House) -> None:
    house.write_config(busy(house))
    house.log_in()
    ended, word = await house.run("chats", "--json"), await house.run("--json", "chats", "@MAX")
    rows = [json.loads(line) for line in ended.out.splitlines()]
    told = {"id", "kind", "title", "username", "respond", "answer", "from", "search"}
    told |= {"origin", "commands"}
    assert told == set(rows[0])
    selected = {row["id"]: row for row in rows if row["origin"]}
    assert set(selected) == {house.stage.group.id, house.stage.max.id}
    assert selected[house.stage.max.id]["from"] == ["@lena_l", 7000000004]
    (only,) = [json.loads(line) for line in word.out.splitlines()]
    assert only["username"] == "max_m"


async def test_a_word_finds_a_chat_and_gives_the_block_that_selects_it(house: House) -> None:
    house.write_config(busy(house))
    house.log_in()
    ended = await house.run("chats", "clu")
    assert [line.split("\t")[0] for line in ended.out.splitlines()] == ["Club"]
    (block,) = tomli.loads(ended.err[ended.err.index("[[") :])["chats"]
    assert block == {"id": house.stage.club.id, "respond": "mention", "from": "contacts"}
    nothing = await house.run("chats", "nobody")
    assert (nothing.code, nothing.out) == (0, "")
    assert nothing.err == "No chat has that name.\n"


async def test_a_word_that_finds_a_selected_chat_says_which_rule_selects_it(house: House) -> None:
    house.write_config(busy(house))
    house.log_in()
    found = await house.run("chats", "max")
    assert "[[chats]]  #" not in found.err
    rule = "all, @lena_l, 7000000004"
    assert (
        f"“Max” is selected by [[chats]] number 2: {rule}.\n  → Edit that block, or use /gpt_on"
        in found.err
    )
    with Store.open(house.folder / "sessions" / "history.db") as store:
        store.overrides.set(house.stage.club.id, Override(respond="all", from_="anyone"))
        store.overrides.set(house.stage.group.id, Override(model="parrot"))
    club = await house.run("chats", "club")
    assert "“Club” is selected by a command: all, anyone.\n" in club.err
    weekend = await house.run("chats", "weekend")
    told = "mention, contacts (set by command: model parrot)"
    assert f"“Weekend” is selected by [[chats]] number 1: {told}." in weekend.err


async def test_a_model_set_by_a_command_alone_selects_no_chat(house: House) -> None:
    house.write_config()
    house.log_in()
    with Store.open(house.folder / "sessions" / "history.db") as store:
        store.overrides.set(house.stage.club.id, Override(model="parrot"))
    ended = await house.run("chats", "club")
    assert ended.out == "Club\tsupergroup\t\t– (set by command: model parrot)\n"
    assert "[[chats]]  # Club" in ended.err
    (row,) = map(json.loads, (await house.run("chats", "club", "--json")).out.splitlines())
    assert (row["respond"], row["commands"]) == (None, {"model": "parrot"})


async def test_in_a_terminal_it_is_a_table_that_fits_40_80_and_140_columns(house: House) -> None:
    house.write_config(busy(house))
    house.log_in()
    for columns in (40, 80, 140):
        screen = await house.terminal("chats", columns=columns)
        assert await screen.ends() == 0
        lines = screen.plain.splitlines()
        assert max(map(len, lines)) <= columns
        assert str(house.stage.group.id) not in screen.plain
        if columns > 40:
            assert lines[0].split() == ["title", "kind", "@name", "answers"]
            assert any(line.split()[:2] == ["Weekend", "group"] for line in lines)
        assert "\x07" not in screen.text


async def test_a_name_in_the_config_that_nobody_has_is_exit_3(house: House) -> None:
    house.write_config('[[chats]]\nid = "@nobody_here"\nrespond = "all"\nfrom = "anyone"\n')
    house.log_in()
    ended = await house.run("chats")
    assert (ended.code, ended.out) == (3, "")
    assert "nobody has the name @nobody_here." in ended.err
    assert "  → " in ended.err


async def test_whose_answers_search_a_chat_is_shown_where_any_do(house: House) -> None:
    stage = house.stage
    searching = f'[[chats]]\nid = {stage.group.id}\nrespond = "all"\nfrom = "contacts"\n'
    house.write_config(f'[reading]\nsearch = "me"\n{searching}search = "askers"\n')
    house.log_in()
    rows = [line.split("\t") for line in (await house.run("chats")).out.splitlines()]
    by_title = {row[0]: row[3] for row in rows}
    assert by_title["Weekend"] == "all, contacts, search askers"
    assert by_title["Club"] == "–, search me"
    with Store.open(house.folder / "sessions" / "history.db") as store:
        store.overrides.set(stage.group.id, Override(respond="all", from_="anyone"))
    (row,) = map(json.loads, (await house.run("chats", "weekend", "--json")).out.splitlines())
    assert row["search"] == "me", "everybody may ask there by now"
