"""Pictures in questions, over real sockets: what the model gets, and what Telegram is asked for."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest

from tests.harness import Stage, Timings, listed
from tests.path.test_bursts import slowly
from tests.path.voice.notes import until

JPEG = b"\xff\xd8\xff\xe0 as a camera made it"
PNG = b"\x89PNG\r\n\x1a\n a screenshot"


def content(stage: Stage, number: int = -1) -> Any:
    """What the model was asked last."""
    return stage.asked()[number][-1]["content"]


def shown(stage: Stage) -> list[bytes]:
    """The pictures that the model was shown last."""
    urls = [part["image_url"]["url"] for part in content(stage) if part["type"] == "image_url"]
    return [base64.b64decode(url.partition("base64,")[2]) for url in urls]


def sizes(stage: Stage) -> list[str]:
    """Which sizes were downloaded, in order."""
    return [request.location.thumb_size for request in stage.writes("getFile")]


async def test_a_photo_with_a_question_is_shown_to_the_model(stage: Stage) -> None:
    program = await stage.program()
    question = stage.max.sends_photo(
        stage.group, JPEG, width=4000, height=3000, caption="/gpt what is this?"
    )
    await program.tells("answered")
    text, picture = content(stage)
    assert text == {"type": "text", "text": "Max: [picture] what is this?"}
    data = base64.b64encode(JPEG).decode()
    assert picture == {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{data}"}}
    assert sizes(stage) == ["y"], "1280 pixels, not what the camera made"
    assert await stage.max.expects(stage.group, reply_to=question)


async def test_a_picture_that_an_edit_adds_is_shown_to_the_model(stage: Stage) -> None:
    stage.endpoint.responder = slowly(0.3)
    program = await stage.program()
    question = stage.max.says(stage.group, "/gpt what is this?")
    await until(stage.asked)
    photo = stage.vera.sends_photo(stage.max, JPEG)
    stage.max.edits(question, "/gpt what is this?", media=photo.media)
    await program.tells("answered")
    assert len(stage.asked()) == 2
    assert shown(stage) == [JPEG]


async def test_the_history_keeps_a_mark_and_no_picture(stage: Stage) -> None:
    program = await stage.program()
    stage.max.sends_photo(stage.club, JPEG, caption="/gpt what is this?")
    answered = await program.tells("answered")
    stage.lena.says(stage.club, "/gpt and now?")
    await stage.max.expects(stage.club, from_=stage.olga)
    while len(stage.asked()) < 2:
        await stage.max.expects(stage.club, from_=stage.olga)
    assert stage.asked()[1][1]["content"] == "Max: [picture] what is this?"
    assert answered.chat is not None
    await program.stop()
    for file in stage.folder.glob("history.db*"):
        assert JPEG not in file.read_bytes()
        assert base64.b64encode(JPEG) not in file.read_bytes()
    assert [row.state for row in stage.history()] == ["answered"] * 2


async def test_few_questions_hold_pictures_at_a_time_and_the_others_come_after_them(
    stage: Stage,
) -> None:
    stage.timings = Timings(picture_questions=1)
    go_on = asyncio.Event()

    async def answer(request: Any) -> str:
        if "first" in str(request["messages"]):
            await go_on.wait()
        return "A garden."

    stage.endpoint.responder = answer
    program = await stage.program()
    stage.max.sends_photo(stage.olga, JPEG, caption="/gpt first")
    await until(stage.asked)
    stage.lena.sends_photo(stage.olga, JPEG, caption="/gpt second")
    await program.tells("waiting", reason="pictures")
    stage.vera.says(stage.olga, "/gpt words alone")
    await program.tells("answered", chat=stage.vera.id)
    assert len(stage.asked()) == 2
    go_on.set()
    await program.tells("answered", chat=stage.lena.id)


async def test_of_an_album_no_more_is_fetched_than_is_shown(stage: Stage) -> None:
    await stage.program([listed(stage.max.id)])
    data = [JPEG + bytes([number]) * 1_500_000 for number in range(6)]
    for number, one in enumerate(data):
        caption = "" if number else "what are these?"
        stage.max.sends_photo(stage.olga, one, album=5, caption=caption)
    await stage.max.expects(stage.olga, from_=stage.olga)
    assert shown(stage) == data[:2]
    assert len({request.location.id for request in stage.writes("getFile")}) == 3


@pytest.mark.parametrize("asked", ["/gpt", "/gpt what is this?"])
async def test_a_picture_that_is_replied_to_is_shown(stage: Stage, asked: str) -> None:
    program = await stage.program()
    photo = stage.lena.sends_photo(stage.group, JPEG, caption="our garden")
    stage.max.says(stage.group, asked, reply_to=photo)
    await program.tells("answered")
    assert shown(stage) == [JPEG]
    assert "[picture] our garden" in content(stage)[0]["text"]


@pytest.mark.parametrize("replied", [False, True])
async def test_an_album_is_one_question_with_all_its_pictures(stage: Stage, replied: bool) -> None:
    program = await stage.program([listed(stage.max.id)])
    data = [JPEG + bytes([number]) for number in range(3)]
    captions = ["", "which one is best?", ""]
    album = [
        stage.max.sends_photo(
            stage.olga, one, width=4000, height=3000, album=5, caption="" if replied else caption
        )
        for one, caption in zip(data, captions, strict=True)
    ]
    if replied:
        stage.max.says(stage.olga, "/gpt which one is best?", reply_to=album[2])
    await program.tells("answered")
    assert shown(stage) == data
    assert len(stage.asked()) == 1
    assert sizes(stage) == ["x"] * 3, "of several each costs less"


@pytest.mark.parametrize("captioned", ["/gpt", "/gpt look"])
async def test_the_prefix_alone_asks_about_the_picture(stage: Stage, captioned: str) -> None:
    program = await stage.program()
    stage.max.sends_photo(stage.group, JPEG, caption=captioned)
    await program.tells("answered")
    assert shown(stage) == [JPEG]


async def test_a_picture_without_a_word_is_no_question(stage: Stage) -> None:
    program = await stage.program([listed(stage.max.id)])
    stage.max.sends_photo(stage.olga, JPEG)
    await program.tells("ignored", reason="no_text")
    assert not stage.writes("getFile")


@pytest.mark.parametrize(
    ("how", "wanted"),
    [
        pytest.param({}, [""], id="a small file as it is"),
        pytest.param(
            {"size": 20_000_000, "pixels": (4000, 3000)}, ["m"], id="of a large one the copy"
        ),
        pytest.param({"size": 20_000_000}, [], id="a large one without a copy is refused"),
    ],
)
async def test_of_an_image_file_only_what_is_small_is_fetched(
    stage: Stage, how: Any, wanted: list[str]
) -> None:
    program = await stage.program()
    stage.max.sends_document(
        stage.group, PNG, file_name="a.png", mime="image/png", caption="/gpt look", **how
    )
    await program.tells("answered")
    assert sizes(stage) == wanted
    if wanted:
        assert shown(stage) == [PNG]
    else:
        assert content(stage) == "Max: [picture] look"
        assert "too large" in (await program.tells("notice", reason="unseen")).detail


@pytest.mark.parametrize("why", ["once", "timer", "protected", "protected chat"])
async def test_what_must_not_leave_telegram_is_not_even_fetched(stage: Stage, why: str) -> None:
    program = await stage.program([listed(stage.max.id)])
    where: Any = stage.olga
    how: Any = {"once": {"view_once": True}, "timer": {"ttl_seconds": 30}}.get(why, {})
    if why == "protected":
        how = {"noforwards": True}
    elif why == "protected chat":
        where = stage.club
        stage.telegram.protect(stage.club)
    stage.max.sends_photo(where, JPEG, caption="/gpt what is this?", **how)
    await program.tells("ignored" if "protected" in why else "answered")
    assert not stage.writes("getFile")
    assert all(isinstance(asked[-1]["content"], str) for asked in stage.asked())


async def test_nothing_is_fetched_for_somebody_who_may_not_ask(stage: Stage) -> None:
    program = await stage.program([listed(stage.max.id, from_="me")])
    stage.max.sends_photo(stage.olga, JPEG, caption="/gpt what is this?")
    await program.tells("ignored", reason="not_allowed")
    assert not stage.writes("getFile")


async def test_what_is_no_picture_is_told_and_the_words_are_answered(stage: Stage) -> None:
    program = await stage.program()
    stage.max.sends_photo(stage.group, b"GIF89a", caption="/gpt what is this?")
    await program.tells("answered")
    assert content(stage) == "Max: [picture] what is this?"
    assert (await program.tells("notice", reason="unseen")).hint
    assert not program.events("failed")


async def test_a_model_that_takes_no_pictures_is_noticed_once(stage: Stage) -> None:
    stage.endpoint.blind = True
    program = await stage.program()
    for number in range(2):
        question = stage.max.sends_photo(stage.group, JPEG, caption=f"/gpt what is {number}?")
        await stage.max.expects(stage.group, reply_to=question)
    kinds = [isinstance(messages[-1]["content"], list) for messages in stage.asked()]
    assert kinds == [True, False, False]
    (notice,) = (one for one in program.events("notice") if one.reason == "parameter_dropped")
    assert "pictures" in notice.detail
    assert json.dumps(stage.asked()[1]).count("what is 0?") == 1
