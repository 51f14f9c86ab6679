"""`userbot retry`: failed questions are asked again, by the program that runs or that starts."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.house import House
from tests.questions import OWNER, question
from userbot.cli.history import age_of
from userbot.errors import UsageError
from userbot.storage.archive import Archive
from userbot.storage.store import Store
from userbot.types import Person

OPEN = '[trigger]\nfrom = "anyone"\n'


def states(house: House) -> list[str]:
    with Archive.reading(house.folder / "sessions" / "history.db") as archive:
        assert archive is not None
        return [one.state for one in archive.exchanges(100)]


async def test_the_running_program_asks_them_again_at_once(house: House) -> None:
    stage = house.stage
    house.log_in()
    house.write_config(OPEN)
    stage.endpoint.faults.add("quota", times=2)
    running = await house.start("run", "--json")
    await running.event("ready")
    questions = []
    for n, who in enumerate((stage.max, stage.lena)):
        questions.append(who.says(stage.group, f"/gpt number {n}"))
        assert (await running.event("failed"))["reason"] == "quota"
    ended = await house.run("retry", "--json")
    assert ended.code == 0
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert [row["text"] for row in rows] == ["number 0", "number 1"]
    assert "Retrying 2 questions." in ended.err
    for asked in questions:
        assert await stage.max.expects(stage.group, reply_to=asked)
    await running.event("answered")
    await running.event("answered")
    ended = await house.run("retry")
    assert (ended.code, ended.out) == (0, "")
    assert "No failed questions" in ended.err
    await running.stop(signal.SIGINT)
    assert states(house) == ["answered"] * 2
    assert len(stage.max.messages(stage.group)) == 5, "each is answered once"


async def test_when_none_runs_they_are_answered_at_the_next_start_however_old(
    house: House,
) -> None:
    stage = house.stage
    house.log_in()
    house.write_config(OPEN)
    stage.endpoint.faults.add("quota")
    running = await house.start("run", "--json")
    await running.event("ready")
    asked = stage.max.says(stage.group, "/gpt hello")
    await running.event("failed")
    await running.stop(signal.SIGINT)
    path = house.folder / "sessions" / "history.db"
    with Store.open(path) as store:
        old = int((datetime.now(UTC) - timedelta(hours=5)).timestamp() * 1_000_000)
        store.database.connection.execute("UPDATE questions SET asked_at = ?", (old,))
    ended = await house.run("retry", "--plain")
    assert "hello" in ended.out
    assert "at the next start" in ended.err
    running = await house.start("run", "--json")
    await running.event("answered")
    assert await stage.max.expects(stage.group, reply_to=asked)
    await running.stop(signal.SIGINT)
    assert states(house) == ["answered"]
    assert len(stage.max.messages(stage.group)) == 3


async def test_since_and_chat_choose_and_what_was_forgotten_stays_so(house: House) -> None:
    house.write_config()
    now = datetime.now(UTC)
    lena = Person(id=503, name="Lena")
    rows = [
        (question("old", message=1), 120),
        (question("new", message=2), 5),
        (question("elsewhere", message=3, chat=503, title="Lena", sender=lena), 5),
        (question("forgotten", message=4, sender=lena), 5),
        (question("mine", message=5, sender=OWNER), 5),
    ]
    path = house.folder / "sessions" / "history.db"
    with Store.open(path) as store:
        for asked, minutes in rows:
            kept = store.questions.add(asked, now)
            assert kept is not None
            store.questions.mark(kept, "failed", "quota", now - timedelta(minutes=minutes))
            if asked.text == "forgotten":
                store.eraser.deleted(None, [4], now)
    ended = await house.run("retry", "--since", "1h", "--chat", "Anna", "--json")
    assert [json.loads(line)["text"] for line in ended.out.splitlines()] == ["new", "mine"]
    ended = await house.run("retry", "--json")
    assert [json.loads(line)["text"] for line in ended.out.splitlines()] == ["old", "elsewhere"]
    assert (await house.run("retry", "--chat", "nobody")).code == 2
    assert (await house.run("retry", "--since", "soon")).code == 2


async def test_without_a_history_it_says_so(house: House) -> None:
    house.write_config()
    ended = await house.run("retry")
    assert ended.code == 0
    assert "No history yet" in ended.err
    assert not (house.folder / "sessions" / "history.db").exists()


@pytest.mark.parametrize(
    ("typed", "age"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        (" 1H ", timedelta(hours=1)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(weeks=2)),
        ("1", None),
        ("h", None),
        ("-1h", None),
        ("1 year", None),
    ],
)
def test_an_age(typed: str, age: timedelta | None) -> None:
    if age is None:
        with pytest.raises(UsageError):
            age_of(typed)
    else:
        assert age_of(typed) == age


def test_a_time_longer_than_the_calendar_is_a_century() -> None:
    assert datetime.now(UTC) - age_of("999999w") < datetime.now(UTC)
