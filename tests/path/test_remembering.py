"""What a conversation remembers, and across which borders."""

from __future__ import annotations

from tests.harness import Program, Stage, listed
from userbot.sandbox.accounts import Account
from userbot.sandbox.state import Group


async def ask(stage: Stage, program: Program, who: Account, where: Group, text: str) -> None:
    """Say something and wait until it is answered."""
    said = who.says(where, text)
    await program.tells("answered", chat=where.id, message=said.id_for(stage.olga))


async def test_a_reply_to_an_answer_goes_on_without_a_prefix(stage: Stage) -> None:
    await stage.program([listed(stage.group.id, "mention")])
    stage.max.says(stage.group, "/gpt plan the weekend")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    stage.lena.says(stage.group, "and if it rains?", reply_to=answer)
    await stage.max.expects(stage.group, from_=stage.olga)
    first, second = stage.asked()
    assert first[-1] == {"role": "user", "content": "Max: plan the weekend"}
    assert second[1:] == [
        {"role": "user", "content": "Max: plan the weekend"},
        {"role": "assistant", "content": answer.text},
        {"role": "user", "content": "Lena: and if it rains?"},
    ]


async def test_in_a_private_chat_nobody_is_named(stage: Stage) -> None:
    await stage.program()
    stage.max.says(stage.olga, "/gpt hello")
    await stage.max.expects(stage.olga)
    assert stage.asked()[0][-1]["content"] == "hello"


async def test_history_outlives_a_restart(stage: Stage) -> None:
    program = await stage.program()
    await ask(stage, program, stage.max, stage.group, "/gpt remember the number 42")
    await program.stop()
    program = await stage.program()
    await ask(stage, program, stage.lena, stage.group, "/gpt which number?")
    contents = [message["content"] for message in stage.asked()[1]]
    assert "Max: remember the number 42" in contents
    assert contents[-1] == "Lena: which number?"


async def test_conversations_know_nothing_of_each_other(stage: Stage) -> None:
    program = await stage.program()
    await ask(stage, program, stage.max, stage.group, "/gpt the secret of the group")
    await ask(stage, program, stage.max, stage.club, "/gpt something else")
    assert "secret of the group" not in str(stage.asked()[1])


async def test_a_long_history_is_cut_to_the_window_and_nothing_is_lost_from_the_store(
    stage: Stage,
) -> None:

    history = {"window_tokens": 600}
    program = await stage.program(history=history)
    for n in range(12):
        await ask(stage, program, stage.max, stage.group, f"/gpt {n} " + "word " * 60)
    sizes = [len(str(messages)) for messages in stage.asked()]
    assert max(sizes) < 600 * 5
    assert stage.asked()[-1][-1]["content"].startswith("Max: 11 ")
    assert stage.asked()[-1][-3]["content"].startswith("Max: 10 ")
    await program.stop()
    assert len(stage.history()) == 12


async def test_only_questions_and_answers_are_kept(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id, "mention")])
    stage.lena.says(stage.group, "this is nobody's business")
    await ask(stage, program, stage.max, stage.group, "/gpt hello")
    await program.stop()
    assert "nobody's business" not in str(stage.asked())
    assert b"nobody's business" not in (stage.folder / "history.db").read_bytes()
