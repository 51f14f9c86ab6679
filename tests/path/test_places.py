"""Topics and comment threads are conversations of their own; a group that moves keeps its own."""

from __future__ import annotations

import asyncio

import pytest
from telethon.tl import types

from tests.harness import Program, Stage, listed
from tests.path.test_remembering import ask
from userbot.sandbox.state import Message


async def answered(stage: Stage, program: Program, said: Message) -> Message:
    """The answer to what was said."""
    await program.tells("answered", message=said.id_for(stage.olga))
    (found,) = [m for m in stage.olga.messages(said.chat) if m.reply_to is said]  # type: ignore[arg-type]
    return found


async def test_forum_topics_are_conversations_answered_in_their_place(stage: Stage) -> None:
    people = [stage.max, stage.lena, stage.vera]
    forum = stage.telegram.add_forum("Forum", creator=stage.olga, members=people)
    food, trips = (stage.max.opens_topic(forum, title) for title in ("Food", "Trips"))
    program = await stage.program()
    for topic in (food, trips, None):
        said = stage.max.says(forum, f"/gpt about {topic and topic.uid}", topic=topic)
        assert (await answered(stage, program, said)).top is topic
    assert all(len(messages) == 2 for messages in stage.asked())
    said = stage.lena.says(forum, "/gpt more food", topic=food)
    reply = await answered(stage, program, said)
    assert f"about {food.uid}" in str(stage.asked()[-1])
    assert f"about {trips.uid}" not in str(stage.asked()[-1])
    said = stage.lena.says(forum, "/gpt and drinks", reply_to=reply)
    assert (await answered(stage, program, said)).top is food


async def test_comments_on_a_post_are_a_conversation_of_their_own(stage: Stage) -> None:
    one = stage.telegram.post(stage.club, "We sell bicycles.")
    program = await stage.program([listed(stage.club.id, "mention")])
    two = stage.telegram.post(stage.club, "We sell boats.")
    first = stage.max.says(stage.club, "/gpt how much", reply_to=one)
    reply = await answered(stage, program, first)
    assert reply.top is one
    assert "> We sell bicycles." in stage.asked()[-1][-1]["content"]
    second = stage.lena.says(stage.club, "/gpt how fast", reply_to=two)
    await answered(stage, program, second)
    assert "bicycles" not in str(stage.asked()[-1])
    third = stage.lena.says(stage.club, "and in blue?", reply_to=reply)
    assert (await answered(stage, program, third)).top is one
    assert "how much" in str(stage.asked()[-1])
    assert "boats" not in str(stage.asked()[-1])
    outside = stage.lena.says(stage.club, "/gpt and here")
    await answered(stage, program, outside)
    assert "bicycles" not in str(stage.asked()[-1])


async def test_replies_in_an_ordinary_supergroup_are_no_conversations(stage: Stage) -> None:
    program = await stage.program()
    await ask(stage, program, stage.max, stage.club, "/gpt first")
    talk = stage.lena.says(stage.club, "just talking")
    deeper = stage.vera.says(stage.club, "me too", reply_to=talk)
    said = stage.max.says(stage.club, "/gpt second", reply_to=deeper)
    await answered(stage, program, said)
    assert "Max: first" in str(stage.asked()[-1])


async def test_background_of_a_topic_is_that_topics_talk(stage: Stage) -> None:
    forum = stage.telegram.add_forum("Forum", creator=stage.olga, members=[stage.max, stage.lena])
    food, trips = (stage.max.opens_topic(forum, title) for title in ("Food", "Trips"))
    stage.lena.says(forum, "soup", topic=food)
    stage.lena.says(forum, "train", topic=trips)
    program = await stage.program([listed(forum.id, "mention", context_messages=5)])
    await answered(stage, program, stage.max.says(forum, "/gpt well", topic=food))
    assert "> Lena: soup" in str(stage.asked()[-1])
    assert "train" not in str(stage.asked()[-1])


@pytest.mark.parametrize("restarted", [False, True], ids=["at-once", "after-a-restart"])
async def test_a_group_that_became_a_supergroup_keeps_what_it_had(
    stage: Stage, restarted: bool
) -> None:
    chats = [listed(stage.group.id, "all", system="Be brief.")]
    limits = {"requests_per_minute": 2}
    program = await stage.program(chats, limits=limits)
    await ask(stage, program, stage.max, stage.group, "remember the keys")
    stage.endpoint.models = ("test", "parrot")
    command = stage.olga.says(stage.group, "/gpt_model parrot")
    async with asyncio.timeout(60):
        while not command.deleted:
            await asyncio.sleep(0.005)
    moved = stage.telegram.migrate(stage.group)
    notice = await program.tells("notice", reason="chat_moved")
    assert f"id = {moved.id}" in notice.hint
    assert len([n for n in program.events("notice") if n.reason == "chat_moved"]) == 1
    if restarted:
        await program.stop()
        program = await stage.program(chats, limits=limits)
        await program.tells("notice", reason="chat_moved")
    await ask(stage, program, stage.max, moved, "where are they")
    assert "remember the keys" in str(stage.asked()[-1])
    assert stage.asked()[-1][0]["content"].startswith("Be brief.")
    assert stage.endpoint.requests[-1]["model"] == "parrot"
    stage.max.says(moved, "a third one")
    assert (await program.tells("limited")).reason == "requests_per_minute"


async def test_each_subscriber_of_a_channels_direct_messages_has_a_conversation(
    stage: Stage,
) -> None:
    await stage.program([listed(stage.club.id)])
    for who, said in ((stage.max, "my secret"), (stage.lena, "hello")):
        marks = {"saved_peer_id": types.PeerUser(who.id)}
        question = who.says(stage.club, said, marks=marks)
        await who.expects(stage.club, reply_to=question)
    assert "my secret" not in str(stage.asked()[-1])
    peers = [request.reply_to.monoforum_peer_id for request in stage.writes("sendMessage")]
    assert [peer.user_id for peer in peers] == [stage.max.id, stage.lena.id]
