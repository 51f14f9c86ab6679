"""What a chat sees of a recording, and what transcription is told beforehand."""

from __future__ import annotations

from tests.harness import Stage, listed
from tests.path.voice.notes import (
    EN,
    WORDS_EN,
)


async def test_a_chat_may_want_transcripts_and_no_answers(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id)], voice={"show": "transcript"})
    question = stage.max.sends_voice(stage.group, EN)
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert answer.reply_to is question
    assert answer.text.strip() == WORDS_EN
    assert [type(entity).__name__ for entity in answer.entities] == ["MessageEntityBlockquote"]
    assert not stage.asked()
    assert (await program.tells("answered")).model == "whisper-1"
    stage.max.says(stage.group, "/gpt translate this", reply_to=question)
    await stage.max.expects(stage.group, from_=stage.olga)
    assert len(stage.asked()) == 1


async def test_a_chat_may_want_both_in_one_message(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "At **nine**."
    program = await stage.program([listed(stage.group.id, voice={"show": "both"})])
    stage.max.sends_voice(stage.group, EN)
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    await program.tells("answered")
    assert answer.text.split() == [*WORDS_EN.split(), "At", "nine."]
    stage.max.says(stage.group, "and back?")
    await stage.max.expects(stage.group, from_=stage.olga)
    assert {"role": "assistant", "content": "At **nine**."} in stage.asked()[-1]


async def test_hints_are_given_where_they_are_set(stage: Stage) -> None:
    await stage.program(
        [listed(stage.group.id, voice={"language": "de"})],
        voice={"language": "ru", "prompt": "Берлин"},
    )
    stage.max.sends_voice(stage.group, EN)
    await stage.max.expects(stage.group, from_=stage.olga)
    fields = stage.endpoint.transcriptions[0].fields
    assert (fields["language"], fields["prompt"]) == ("de", "Берлин")
