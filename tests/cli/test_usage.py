"""`userbot usage` and `userbot history --clear`, as people start them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.house import House
from tests.questions import ANNA, OWNER, answer, paid, question
from userbot.storage.store import Store
from userbot.types import Usage

WORDS = "a very particular secret"


@pytest.fixture
def database(house: House) -> Path:
    house.write_config("[limits]\ntimezone = 'UTC'\n")
    path = house.folder / "sessions" / "history.db"
    now = datetime.now(UTC)
    with Store.open(path) as store:
        for message, who in enumerate((ANNA, ANNA, OWNER), 1):
            ask = store.questions.add(question(WORDS, message=message, sender=who, at=now), now)
            assert ask is not None
            usage = Usage(100, 50, estimated=who is OWNER)
            paid(store, ask, now, usage=usage, cost=2_500)
            store.questions.settle(ask, answer(WORDS), now)
            paid(store, ask, now, kind="audio", seconds=90, cost=9_000, model="whisper")
            paid(store, ask, now, kind="speech", seconds=60, model="tts")
    return path


async def test_usage_is_told_by_day_chat_person_and_model(house: House, database: Path) -> None:
    ended = await house.run("usage", "--json")
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert [row["by"] for row in rows] == [
        "day",
        "chat",
        "person",
        "person",
        "model",
        "model",
        "model",
    ]
    day, _, anna, olga, model, whisper, tts = rows
    assert day["day"] == datetime.now(UTC).date().isoformat()
    assert (day["requests"], day["prompt_tokens"], day["audio_minutes"]) == (3, 300, 4.5)
    assert day["spoken_minutes"] == 3
    assert (day["cost"], day["estimated"]) == (0.0345, True)
    assert (anna["person"], anna["title"], anna["requests"]) == (ANNA.id, "Anna", 2)
    assert (anna["estimated"], olga["estimated"]) == (False, True)
    assert (model["model"], model["requests"], model["cost"]) == ("small-model", 3, 0.0075)
    assert (whisper["model"], whisper["audio_minutes"], whisper["cost"]) == ("whisper", 4.5, 0.027)
    assert (tts["model"], tts["title"], tts["spoken_minutes"]) == ("tts", None, 3)


async def test_usage_in_lines_and_by_one_thing_only(house: House, database: Path) -> None:
    ended = await house.run("usage", "--by", "person")
    head, *rows = [line.split("\t") for line in ended.out.splitlines()]
    assert head[:4] == ["by", "name", "requests", "tokens in"]
    assert {len(row) for row in (head, *rows)} == {9}
    assert rows == [
        ["person", "Anna", "2", "200", "", "100", "3.0", "2.0", "$0.02"],
        ["person", "Olga", "1", "≈ 100", "", "50", "1.5", "1.0", "$0.01"],
    ]
    every = (await house.run("usage")).out.splitlines()
    assert [line.split("\t")[0] for line in every] == [
        "by",
        "day",
        "chat",
        "person",
        "person",
        *["model"] * 3,
    ]
    by_model = (await house.run("usage", "--by", "model")).out.splitlines()[1:]
    assert [line.split("\t")[:3] + line.split("\t")[-1:] for line in by_model] == [
        ["model", "small-model", "3", "$0.0075"],
        ["model", "whisper", "0", "$0.03"],
        ["model", "tts", "0", "–"],
    ]
    verbose = await house.run("usage", "--by", "person", "-v")
    assert [line.split("\t")[-1] for line in verbose.out.splitlines()] == [
        "id",
        str(ANNA.id),
        str(OWNER.id),
    ]


@pytest.mark.parametrize("columns", [40, 80, 140])
async def test_usage_fits_a_terminal_has_sums_and_leaves_out_what_has_no_values(
    house: House, columns: int
) -> None:
    house.write_config("[limits]\ntimezone = 'UTC'\n")
    now = datetime.now(UTC)
    with Store.open(house.folder / "sessions" / "history.db") as store:
        for days in (0, 1):
            ask = store.questions.add(question(WORDS, message=days, at=now), now)
            assert ask is not None
            usage = Usage(1_000_000, 50_000)
            paid(store, ask, now - timedelta(days=days), usage=usage, cost=0)
    screen = await house.terminal("usage", "--by", "day", columns=columns)
    assert await screen.ends() == 0
    lines = screen.plain.splitlines()
    assert max(map(len, lines)) <= columns
    assert "audio" not in screen.plain
    assert "2,000,000" in screen.plain
    assert len(lines) <= 10, "a row is few lines, also where there is no room for columns"
    if columns > 40:
        assert lines[0].split() == ["day", "requests", "tokens", "in", "tokens", "out", "cost"]
        assert lines[2].rstrip().endswith("–  " + "▇" * 10)
        assert lines[4].split() == ["total", "2", "2,000,000", "100,000", "–"]


async def test_usage_without_a_history_says_so(house: House) -> None:
    house.write_config()
    ended = await house.run("usage")
    assert (ended.code, ended.out) == (0, "")
    assert "Nothing was used" in ended.err


async def test_usage_by_something_else_is_wrong_usage(house: House, database: Path) -> None:
    assert (await house.run("usage", "--by", "moon")).code == 2


async def test_clearing_takes_the_words_and_leaves_the_count(house: House, database: Path) -> None:
    refused = await house.run("history", str(ANNA.id), "--clear")
    assert (refused.code, refused.sentences) == (
        2,
        ["error: Without a terminal, --clear needs --yes."],
    )
    ended = await house.run("history", str(ANNA.id), "--clear", "--yes")
    assert ended.code == 0
    assert "Erased 3 questions" in ended.err
    assert not any(WORDS.encode() in file.read_bytes() for file in database.parent.iterdir())
    shown = await house.run("history", str(ANNA.id))
    assert WORDS not in shown.out
    assert (await house.run("usage", "--by", "day", "--json")).out


async def test_clearing_a_chat_that_is_not_there_clears_nothing(
    house: House, database: Path
) -> None:
    assert (await house.run("history", "nobody", "--clear")).code == 2
    assert (await house.run("history", "--clear", "--search", "x")).code == 2
    assert WORDS in (await house.run("history", str(ANNA.id))).out


async def test_what_is_cleared_while_the_program_runs_is_not_shown_to_the_model(
    house: House,
) -> None:
    stage = house.stage
    house.write_config("[trigger]\nfrom = 'anyone'\n")
    house.log_in()
    running = await house.start("run", "--json")
    await running.event("ready")
    first = stage.max.says(stage.group, "/gpt the code is 4711")
    await stage.max.expects(stage.group, reply_to=first)
    await running.event("answered")
    assert (await house.run("history", "--clear", "--yes")).code == 0
    second = stage.max.says(stage.group, "/gpt which code?")
    await stage.max.expects(stage.group, reply_to=second)
    assert "4711" not in str(stage.asked()[-1])
