"""Who is listened to, and who is not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness import Stage, listed
from tests.path.voice.notes import (
    EN,
    last_question,
)
from userbot.sandbox import ogg


async def test_a_note_that_replies_to_an_answer_asks_where_only_mentions_do(stage: Stage) -> None:
    await stage.program([listed(stage.group.id, "mention")])
    stage.max.says(stage.group, "/gpt hello")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    question = stage.max.sends_voice(stage.group, EN, reply_to=answer)
    assert (await stage.max.expects(stage.group, from_=stage.olga)).reply_to is question


async def test_without_wake_words_nothing_is_fetched_where_only_mentions_ask(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id, "mention")])
    stage.max.sends_voice(stage.group, EN)
    await program.tells("ignored", reason="no_mention")
    assert not stage.telegram.downloads
    assert not stage.endpoint.transcriptions


async def test_a_group_that_protects_its_content_is_not_listened_to(stage: Stage) -> None:
    stage.telegram.protect(stage.club)
    program = await stage.program([listed(stage.club.id, "all")])
    stage.max.sends_voice(stage.club, EN)
    await program.tells("ignored")
    assert not stage.telegram.downloads
    assert not stage.endpoint.transcriptions


async def test_wake_words_address_the_owner_and_other_words_are_not_kept(stage: Stage) -> None:
    other, asked = ogg.tone(1.0, serial=1), ogg.tone(1.0, serial=2)
    stage.endpoint.understands(other, "Somebody bring the secret salad.")
    stage.endpoint.understands(asked, "Olga, who brings the salad?")
    program = await stage.program(
        [listed(stage.group.id, "mention", voice={"wake_words": ("olga",)})]
    )
    stage.max.sends_voice(stage.group, other)
    ignored = await program.tells("ignored", reason="no_wake_word")
    assert not ignored.notable
    assert not stage.writes("setTyping")  # nobody sees that it was listened to
    question = stage.max.sends_voice(stage.group, asked)
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert answer.reply_to is question
    assert last_question(stage) == "Max: who brings the salad?"
    assert len(stage.asked()) == 1
    await program.stop()
    assert b"secret salad" not in (stage.folder / "history.db").read_bytes()


async def test_the_prefix_may_be_spoken_where_wake_words_are_configured(stage: Stage) -> None:
    note = ogg.tone(1.0)
    stage.endpoint.understands(note, "GPT, how late is it?")
    await stage.program([listed(stage.group.id, "mention")], voice={"wake_words": ("computer",)})
    stage.max.sends_voice(stage.group, note)
    await stage.max.expects(stage.group, from_=stage.olga)
    assert last_question(stage) == "Max: how late is it?"


@pytest.mark.parametrize("seconds", ["view_once", "ttl"])
async def test_what_may_be_heard_once_is_never_touched(stage: Stage, seconds: str) -> None:
    program = await stage.program([listed(stage.max.id)])
    once: dict[str, Any] = {"view_once": True} if seconds == "view_once" else {"ttl_seconds": 30}
    note = stage.max.sends_voice(stage.olga, EN, **once)
    await program.tells("ignored", reason="view_once")
    stage.max.says(stage.olga, "/gpt", reply_to=note)
    failed = await program.tells("failed")
    assert failed.reason == "nothing_asked"
    assert not stage.telegram.downloads
    assert not stage.endpoint.transcriptions


async def test_what_is_protected_from_copying_is_never_touched(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id)])
    stage.max.sends_voice(stage.group, EN, noforwards=True)
    await program.tells("ignored", reason="protected")
    assert not stage.telegram.downloads


async def test_rights_and_limits_come_before_any_download(stage: Stage) -> None:
    program = await stage.program(
        [listed(stage.group.id, from_=(stage.max.id,))], limits={"requests_per_minute": 0}
    )
    stage.vera.sends_voice(stage.group, EN)
    await program.tells("ignored", reason="not_allowed")
    stage.max.sends_voice(stage.group, EN)
    await program.tells("limited")
    assert not stage.telegram.downloads


async def test_where_voice_is_off_nobody_is_listened_to(stage: Stage) -> None:
    program = await stage.program(
        [listed(stage.group.id, voice={"enabled": False}), listed(stage.max.id)]
    )
    note = stage.max.sends_voice(stage.group, EN)
    await program.tells("ignored", reason="voice_off")
    stage.max.says(stage.group, "/gpt", reply_to=note)
    await program.tells("skipped", reason="voice_off")
    stage.max.sends_voice(stage.olga, EN)
    assert await stage.max.expects(stage.olga)


async def test_nobody_is_told_of_a_limit_by_a_note_that_may_be_meant_for_others(
    stage: Stage,
) -> None:
    program = await stage.program(
        [listed(stage.group.id, "mention", voice={"wake_words": ("olga",)})],
        limits={"requests_per_minute": 0, "tell": True},
    )
    stage.max.sends_voice(stage.group, EN)
    await program.tells("limited")
    await program.stop()
    assert not stage.writes("sendMessage")
