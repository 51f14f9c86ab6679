"""What arrives is taken once and in its order, whatever the store does meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.faults import Call, busy, full, watched
from tests.intake.house import CLUB, ELSEWHERE, House, message
from tests.questions import NOW, OWNER, question
from userbot.events import Failed
from userbot.storage.store import Store
from userbot.turn.turn import Stage
from userbot.types import Came, ChatKind


class Trouble:
    """Lets every statement that changes something fail, or the one at a position."""

    def __init__(self) -> None:
        self.on = False
        self.at: int | None = None

    def before(self, call: Call) -> None:
        if call.where != "store" or call.what.startswith("PRAGMA"):
            return
        if self.on and call.writes:
            raise busy()
        if self.at is not None:
            self.at -= 1
            if self.at < 0:
                self.at = None
                raise full()


@pytest.fixture
def trouble() -> Iterator[Trouble]:
    trouble = Trouble()
    with watched(trouble.before):
        yield trouble


@contextmanager
def opened(path: Path) -> Iterator[House]:
    with Store.open(path / "history.db") as store:
        yield House(store)


async def looked_at(house: House) -> None:
    """Its chats are not behind."""
    house.arrives(message(1, "before it all"), message(1, "before it all", chat=ELSEWHERE))
    await house.look()
    await asyncio.sleep(0)
    house.asked.clear()
    house.told.clear()


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_what_is_handed_over_twice_is_one_question_one_command_and_one_line(
    tmp_path: Path, trouble: Trouble
) -> None:
    with opened(tmp_path) as house:
        arrived = [
            message(10, "one"),
            message(11, "/gpt_new", own=True),
            message(12, "/gpt two", chat=ELSEWHERE),
            message(13, "nobody's", chat=ELSEWHERE),
            message(14, "three"),
        ]
        house.arrives(*arrived)
        house.arrives(*arrived)
        await house.look()
        house.arrives(*arrived)
        await settled()
        assert sorted(house.asked) == ["one", "three", "two"]
        assert house.carried_out == ["new"]
        assert len(house.events("heard")) == 3
        assert len(house.events("ignored")) == 1
        assert [row.text for row, _ in house.store.questions.pending()] == []


@pytest.mark.parametrize("text", ["a question", "/gpt_new"])
async def test_a_message_and_how_far_its_chat_was_seen_are_stored_together_or_not_at_all(
    tmp_path: Path, trouble: Trouble, text: str
) -> None:
    with opened(tmp_path) as house:
        await looked_at(house)
        position, number = 0, 100
        while True:
            before = house.store.watermarks.seen(CLUB)
            trouble.at = position
            house.arrives(message(number, text, own=text.startswith("/")))
            done, trouble.at = trouble.at is not None, None
            if done:
                break
            assert house.store.questions.asked_by(CLUB, number) is None
            assert house.store.watermarks.seen(CLUB) == before
            assert (house.told, house.asked, house.carried_out) == ([], [], [])
            await house.look()
            await settled()
            assert house.store.watermarks.seen(CLUB) == number
            assert len(house.asked) + len(house.carried_out) == 1
            house.told.clear()
            house.asked.clear()
            house.carried_out.clear()
            position, number = position + 1, number + 1
        assert position > 3
        assert house.store.watermarks.seen(CLUB) == number


async def test_where_the_store_did_not_take_a_message_a_look_brings_all_of_it_in_order(
    tmp_path: Path, trouble: Trouble
) -> None:
    with opened(tmp_path) as house:
        await looked_at(house)
        trouble.on = True
        house.arrives(message(10, "one"), message(20, "/gpt first", chat=ELSEWHERE))
        trouble.on = False
        house.arrives(message(11, "two"), message(21, "/gpt second", chat=ELSEWHERE))
        house.meanwhile = [message(12, "three")]
        await settled()
        assert house.asked == []
        assert house.store.watermarks.seen(CLUB) == 1
        await house.look()
        await settled()
        assert [text for text in house.asked if text in ("one", "two", "three")] == [
            "one",
            "two",
            "three",
        ]
        assert [text for text in house.asked if text in ("first", "second")] == ["first", "second"]
        house.arrives(message(13, "four"))
        assert house.store.watermarks.seen(CLUB) == 13


async def test_a_look_that_the_store_cuts_off_begins_anew_and_overtakes_nothing(
    tmp_path: Path, trouble: Trouble
) -> None:
    with opened(tmp_path) as house:
        await looked_at(house)
        trouble.on = True
        house.arrives(message(10, "one"))
        trouble.on = False
        house.arrives(message(11, "two"), message(12, "three"))
        for position in range(60):
            trouble.at = position
            await house.look()
            finished, trouble.at = trouble.at is not None, None
            await settled()
            assert house.asked == ["one", "two", "three"][: len(house.asked)]
            if finished:
                break
        assert house.asked == ["one", "two", "three"]
        assert house.store.watermarks.seen(CLUB) == 12


async def test_while_a_chat_is_held_up_the_date_of_all_others_stands_still(
    tmp_path: Path, trouble: Trouble
) -> None:
    with opened(tmp_path) as house:
        await looked_at(house)
        before = house.store.watermarks.last_look()
        trouble.on = True
        house.arrives(message(20, "/gpt first", chat=ELSEWHERE))
        trouble.on = False
        await house.arrivals.looked(datetime.now().astimezone())
        assert house.store.watermarks.last_look() == before


async def test_while_all_is_behind_nothing_that_arrives_counts_as_seen_nor_as_missed(
    tmp_path: Path, trouble: Trouble
) -> None:
    with opened(tmp_path) as house:
        await looked_at(house)
        house.chats[CLUB].append(message(2, "missed"))
        house.arrivals.wake()
        house.arrives(message(3, "told"))
        assert house.store.watermarks.seen(CLUB) == 1
        await house.look()
        await settled()
        assert sorted(house.asked) == ["missed", "told"]
        (caught_up,) = house.events("notice")
        assert getattr(caught_up, "detail", "") == "caught up: 1 missed message"
        assert house.store.watermarks.seen(CLUB) == 3


async def test_a_chat_without_a_mark_begins_right_before_what_arrives_first(
    tmp_path: Path, trouble: Trouble
) -> None:
    with opened(tmp_path) as house:
        house.arrives(message(7, "the first one"))
        assert house.store.watermarks.seen(CLUB) == 6


async def test_what_the_owner_typed_elsewhere_is_noted_though_the_store_was_busy(
    tmp_path: Path, trouble: Trouble
) -> None:
    with opened(tmp_path) as house:
        await looked_at(house)
        house.arrives(message(10, "one"))
        trouble.on = True
        house.arrives(replace(message(11, "my own words", own=True), reply_to=10))
        trouble.on = False
        await asyncio.wait_for(house.store_back.drain(), 30)
        assert house.store.outbound.elsewhere(CLUB, [11]) == {11}


@pytest.mark.parametrize("text", ["a question", "/gpt_new"])
async def test_a_message_that_raises_what_nobody_foresaw_is_told_and_blocks_no_chat(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(tmp_path) as house:
        await looked_at(house)
        dateless = replace(message(10, text, own=text.startswith("/")), at=datetime(2026, 1, 1))  # noqa: DTZ001
        house.chats[CLUB] += [dateless, message(11, "next")]
        await house.look()
        await settled()
        assert house.asked == ["next"]
        (failed,) = house.events("failed")
        assert isinstance(failed, Failed)
        assert (failed.reason, failed.message) == ("internal", 10)
        assert "TypeError" in caplog.text
        assert house.store.watermarks.seen(CLUB) == 11
        await house.look()
        assert house.asked == ["next"], "it is not found again"


@pytest.mark.parametrize("typed", [True, False], ids=["typed", "an answer of ours"])
async def test_what_the_program_wrote_itself_in_saved_messages_is_no_word_of_the_owners(
    tmp_path: Path, typed: bool
) -> None:
    with opened(tmp_path) as house:
        asked = house.store.questions.add(question(chat=OWNER.id, sender=OWNER), NOW)
        assert asked is not None
        if not typed:
            house.store.outbound.record(asked, 0, 77, "yes", NOW)
            house.store.outbound.confirm(77, 5)
        word = replace(message(5, "yes", own=True), kind=ChatKind.SAVED, reply_to=4)
        house.arrivals.receive(replace(word, conversation=asked.conversation))
        assert house.words == (["yes"] if typed else [])


@pytest.mark.parametrize(
    ("live", "expires", "first"),
    [
        pytest.param(True, None, Stage.UNDERSTAND, id="just written"),
        pytest.param(False, None, Stage.RESUME, id="late: it may be gone by now"),
        pytest.param(True, timedelta(hours=1), Stage.RESUME, id="its chat will delete it"),
    ],
)
async def test_what_has_just_arrived_has_nothing_to_be_looked_up(
    tmp_path: Path, live: bool, expires: timedelta | None, first: Stage
) -> None:
    with opened(tmp_path) as house:
        one = message(2)
        came = Came.LIVE if live else Came.LATE
        gone_at = None if expires is None else one.at + expires
        house.arrives(replace(one, came=came, expires_at=gone_at))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert house.begun == [first]
