"""What is of a newer layer is skipped with a line, wherever it stands, and the rest goes on."""

from __future__ import annotations

import pytest
from telethon.errors import TypeNotFoundError

from tests.harness import Stage, listed
from tests.quick_clock import QuickClock
from userbot.sandbox import tl
from userbot.sandbox.newer import Newer
from userbot.sandbox.state import Group, Message
from userbot.telegram import newer_layer
from userbot.telegram.words import text_of

PARTS = ["message", "media", "entity", "sender", "markup"]


def says(stage: Stage, chat: Group, text: str, part: str) -> Message:
    stage.telegram.writes_newer(part)
    said = stage.max.says(chat, text)
    stage.telegram.writes_newer("")
    return said


def room(stage: Stage, kind: str) -> Group:
    return stage.club if kind == "a supergroup" else stage.group


@pytest.mark.parametrize("kind", ["a supergroup", "a group"])
@pytest.mark.parametrize("part", PARTS)
async def test_what_is_pushed_is_skipped_and_the_next_is_answered(
    stage: Stage, kind: str, part: str
) -> None:
    chat = room(stage, kind)
    program = await stage.program([listed(chat.id)])
    newer = says(stage, chat, "from the future", part)
    plain = stage.lena.says(chat, "from today")
    assert await stage.lena.expects(chat, reply_to=plain)
    told = await program.tells("notice", reason="newer_layer")
    assert told.hint == "Update the program."
    assert len(program.events("notice", reason="newer_layer")) == 1
    if part in ("media", "entity", "markup"):
        assert await stage.max.expects(chat, reply_to=newer)
    else:
        assert [one.text for one in program.events("heard")] == ["from today"]
    assert not program.events("failed")


@pytest.mark.parametrize("kind", ["a supergroup", "a group"])
@pytest.mark.parametrize("part", PARTS)
async def test_what_was_missed_is_skipped_and_the_rest_is_answered_at_each_start(
    stage: Stage, kind: str, part: str
) -> None:
    chat = room(stage, kind)
    program = await stage.program([listed(chat.id)])
    first = stage.max.says(chat, "hello")
    assert await stage.max.expects(chat, reply_to=first)
    await program.stop()
    for _ in range(2):
        says(stage, chat, "from the future", part)
        plain = stage.lena.says(chat, "from today")
        says(stage, chat, "the newest of all", part)
        program = await stage.program([listed(chat.id)])
        assert await stage.lena.expects(chat, reply_to=plain)
        assert program.events("notice", reason="newer_layer")
        assert not program.events("failed")
        await program.stop()


@pytest.mark.parametrize("kind", ["a supergroup", "a group"])
@pytest.mark.parametrize("when", ["running", "a start"])
@pytest.mark.parametrize("times", [1, None])
async def test_a_difference_of_which_nothing_can_be_read_loses_no_question(
    stage: Stage, kind: str, when: str, times: int | None
) -> None:
    chat = room(stage, kind)
    method = "getChannelDifference" if kind == "a supergroup" else "getDifference"
    program = await stage.program([listed(chat.id)], clock=QuickClock(5))
    first = stage.max.says(chat, "hello")
    assert await stage.max.expects(chat, reply_to=first)
    stage.telegram.faults.add(f"updates.{method}", newer=True, times=times)
    if when == "a start":
        await program.stop()
        lost = stage.max.says(chat, "do you hear me?")
        program = await stage.program([listed(chat.id)], clock=QuickClock(5))
    else:
        stage.telegram.faults.add(account=stage.olga, push="lose")
        lost = stage.max.says(chat, "do you hear me?")
        stage.lena.says(chat if kind == "a supergroup" else stage.olga, "only talk")
    assert await stage.max.expects(chat, reply_to=lost, timeout=20)
    after = stage.max.says(chat, "and now?")
    assert await stage.max.expects(chat, reply_to=after, timeout=20)
    assert program.events("notice", reason="newer_layer")
    assert not program.events("failed")


@pytest.mark.parametrize("part", PARTS)
async def test_a_reply_to_what_nobody_can_read_is_answered_without_it(
    stage: Stage, part: str
) -> None:
    newer = says(stage, stage.club, "from the future", part)
    for number in range(30):
        stage.lena.says(stage.club, f"only talk {number}")
    program = await stage.program([listed(stage.club.id, respond="prefix", context_messages=50)])
    question = stage.lena.says(stage.club, "/gpt what does that say?", reply_to=newer)
    assert await stage.lena.expects(stage.club, reply_to=question)
    assert not program.events("failed")


async def test_a_container_loses_nothing_else(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id)])
    (client,) = stage.telegram._server.clients.values()
    push = client.session.push
    date = stage.telegram._world.now()
    push(tl.write(tl.types.UpdateShort(Newer(0x0BADC0DE), date=date)))
    question = stage.max.says(stage.group, "in the same breath")  # it leaves with the other
    assert await stage.max.expects(stage.group, reply_to=question)
    assert program.events("notice", reason="newer_layer")


async def test_a_rich_message_is_read(stage: Stage) -> None:
    await stage.program([listed(stage.club.id, respond="prefix")])
    question = says(stage, stage.club, "/gpt what is rich?", "rich")
    answer = await stage.max.expects(stage.club, reply_to=question)
    assert "what is rich?" in answer.text
    reply = stage.lena.says(stage.club, "/gpt and that?", reply_to=question)
    assert await stage.lena.expects(stage.club, reply_to=reply)
    assert "what is rich?" in str(stage.asked()[-1])


def test_the_words_of_a_rich_message_come_a_block_a_line() -> None:
    plain = tl.types.TextPlain
    row = tl.types.PageTableRow(
        [tl.types.PageTableCell(text=plain("a")), tl.types.PageTableCell(text=plain("b"))]
    )
    blocks = [
        tl.types.PageBlockHeading1(plain("Title")),
        tl.types.PageBlockParagraph(
            tl.types.TextConcat([plain("see "), tl.types.TextUrl(plain("this"), "https://x.y", 0)])
        ),
        tl.types.PageBlockList([tl.types.PageListItemText(plain("one"))]),
        tl.types.PageBlockPreformatted(plain("code"), "python"),
        tl.types.PageBlockTable(plain(""), [row]),
        tl.types.PageBlockMath("x^2"),
    ]
    message = tl.types.Message(
        id=1,
        peer_id=tl.types.PeerUser(1),
        date=0,
        message="",
        rich_message=tl.types.RichMessage(blocks, [], []),
    )
    assert text_of(message) == "Title\nsee this\none\ncode\na | b\nx^2"


def test_what_can_not_be_read_at_all_is_refused() -> None:
    with pytest.raises(TypeNotFoundError):
        newer_layer.read(bytes(Newer(0x0BADC0DE)), lambda reader: reader.tgread_object())


def test_a_page_full_of_what_nobody_knows_is_read_in_a_moment() -> None:
    user, peer = tl.types.PeerUser(7), tl.types.PeerChannel(5)
    texts = [
        tl.types.Message(id=n, peer_id=peer, from_id=user, date=n, message="x" * 200)
        for n in range(1, 101)
    ]
    shown = [Newer(0x0BADC0DE, one) if one.id % 3 else one for one in texts]
    page = tl.types.messages.ChannelMessages(
        pts=1, count=100, messages=shown, topics=[], chats=[], users=[tl.types.UserEmpty(7)]
    )
    found, unread = newer_layer.read(tl.write(page), lambda reader: reader.tgread_object())
    assert [one.id for one in found.messages if isinstance(one, tl.types.Message)] == [
        one.id for one in texts if not one.id % 3
    ]
    assert len(found.messages) == 100
    assert unread == {0x0BADC0DE}
