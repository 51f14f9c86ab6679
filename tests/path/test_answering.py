"""A message goes the whole path, over real sockets: answers, where, and how."""

from __future__ import annotations

import asyncio

import pytest

from tests.harness import Stage, listed
from userbot.sandbox.endpoint import Reply


async def test_a_prefixed_question_in_a_group_gets_a_reply_to_exactly_that_message(
    stage: Stage,
) -> None:
    await stage.program()
    stage.lena.says(stage.group, "just talking")
    question = stage.max.says(stage.group, "/gpt hello there")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert answer.reply_to is question
    assert "hello there" in answer.text


async def test_a_prefixed_question_in_a_supergroup_is_answered(stage: Stage) -> None:
    await stage.program()
    question = stage.max.says(stage.club, "/gpt hello there")
    assert (await stage.max.expects(stage.club, from_=stage.olga)).reply_to is question


async def test_a_prefixed_question_in_a_private_chat_is_answered_there(stage: Stage) -> None:
    await stage.program()
    question = stage.max.says(stage.olga, "/gpt psst")
    answer = await stage.max.expects(stage.olga)
    assert answer.reply_to is question


async def test_the_owner_asks_from_another_device(stage: Stage) -> None:
    await stage.program(trigger={"from": "me"})
    question = stage.olga.says(stage.group, "/gpt what did I promise")
    answer = await stage.max.expects(stage.group, reply_to=question)
    assert answer.sender is stage.olga


async def test_the_owner_tries_it_first_in_saved_messages(stage: Stage) -> None:
    program = await stage.program(trigger={"from": "me"})
    stage.olga.says(stage.olga, "/gpt hello")
    await program.tells("answered")
    question, answer = stage.olga.messages(stage.olga)
    assert answer.reply_to is question


async def test_an_answer_never_fetches_a_link_preview(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "see https://example.com/"
    await stage.program()
    stage.max.says(stage.group, "/gpt where")
    assert not (await stage.max.expects(stage.group, from_=stage.olga)).link_preview


async def test_markdown_arrives_as_entities_and_not_as_markup(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "**bold** and `code`"
    await stage.program()
    stage.max.says(stage.group, "/gpt format")
    answer = await stage.max.expects(stage.group, from_=stage.olga)
    assert answer.text == "bold and code"
    assert [type(entity).__name__ for entity in answer.entities] == [
        "MessageEntityBold",
        "MessageEntityCode",
    ]


async def test_an_answer_longer_than_a_message_comes_whole_in_parts_that_follow_each_other(
    stage: Stage,
) -> None:
    words = " ".join(f"слово{n}" for n in range(1000))
    stage.endpoint.responder = lambda _: words
    await stage.program()
    question = stage.max.says(stage.group, "/gpt a lot")
    parts = [await stage.max.expects(stage.group, from_=stage.olga) for _ in range(3)]
    assert [part.reply_to for part in parts] == [question, *parts[:-1]]
    assert "".join("".join(part.text for part in parts).split()) == words.replace(" ", "")


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_an_answer_arrives_streamed_or_whole(stage: Stage, stream: bool) -> None:

    openai = {"stream": stream}
    await stage.program(openai=openai)
    stage.max.says(stage.group, "/gpt hello")
    assert await stage.max.expects(stage.group, from_=stage.olga)
    assert stage.endpoint.requests[0].get("stream", False) is stream


async def test_who_may_not_ask_gets_nothing_and_the_console_says_why(stage: Stage) -> None:
    program = await stage.program([listed(stage.group.id, from_=(stage.max.id,))])
    stage.vera.says(stage.group, "/gpt let me in")
    ignored = await program.tells("ignored", reason="not_allowed")
    assert ignored.person == stage.vera.id
    stage.max.says(stage.group, "/gpt and me")
    await program.tells("answered")
    assert len(stage.asked()) == 1


@pytest.mark.parametrize(
    ("whom", "why"),
    [
        pytest.param("contacts", "Vera is not in your contacts", id="contacts"),
        pytest.param("me", "only you may ask here", id="me"),
        pytest.param((5,), "Vera is not on the list of people who may ask here", id="a list"),
    ],
)
async def test_who_asked_and_may_not_is_told_why_and_who_only_talks_makes_no_row(
    stage: Stage, whom: str | tuple[int, ...], why: str
) -> None:
    program = await stage.program([listed(stage.group.id, respond="mention", from_=whom)])
    talk = stage.vera.says(stage.group, "I only talk here").id_for(stage.olga)
    assert not (await program.tells("ignored", message=talk)).detail
    asks = stage.vera.says(stage.group, "/gpt may I?").id_for(stage.olga)
    ignored = await program.tells("ignored", message=asks)
    assert ignored.detail == why


async def test_a_group_that_is_not_listed_is_left_alone_and_not_even_stored(stage: Stage) -> None:
    program = await stage.program(trigger={"from": "me"})
    stage.max.says(stage.group, "hello everybody")
    await program.tells("ignored", reason="not_listed")
    assert not stage.asked()
    await program.stop()
    assert not stage.history()
    assert b"hello everybody" not in (stage.folder / "history.db").read_bytes()


async def test_in_a_chat_that_answers_everything_no_prefix_is_needed(stage: Stage) -> None:
    await stage.program([listed(stage.group.id, "all")])
    question = stage.max.says(stage.group, "is anybody there?")
    assert (await stage.max.expects(stage.group, from_=stage.olga)).reply_to is question


async def test_a_mention_of_the_owner_by_name_asks(stage: Stage) -> None:
    await stage.program([listed(stage.group.id, "mention")])
    stage.max.says(stage.group, "not for you")
    question = stage.max.says(stage.group, "@Olga what about you?")
    assert (await stage.max.expects(stage.group, from_=stage.olga)).reply_to is question


async def test_chats_and_people_are_found_by_their_names(stage: Stage) -> None:
    await stage.program([listed("@max_m", "all", from_=("@max_m",))])
    question = stage.max.says(stage.olga, "hello")
    assert (await stage.max.expects(stage.olga)).reply_to is question


async def test_gpt_as_a_reply_asks_about_that_message(stage: Stage) -> None:
    await stage.program()
    text = stage.lena.says(stage.club, "Der Zug fährt um neun.")
    stage.max.says(stage.club, "/gpt translate", reply_to=text)
    await stage.max.expects(stage.club, from_=stage.olga)
    asked = stage.asked()[0][-1]["content"]
    assert "Der Zug fährt um neun." in asked
    assert "Lena" in asked
    assert "translate" in asked


async def test_a_failure_of_the_model_is_told_to_the_owner_and_not_to_the_group(
    stage: Stage,
) -> None:
    stage.endpoint.faults.add("unauthorized")
    program = await stage.program()
    stage.max.says(stage.group, "/gpt hello")
    failed = await program.tells("failed")
    assert failed.reason == "unauthorized"
    assert failed.hint
    assert len(stage.max.messages(stage.group)) == 2  # the group's beginning, and the question


async def test_after_a_failure_the_next_question_is_answered(stage: Stage) -> None:
    stage.endpoint.faults.add("quota")
    program = await stage.program()
    stage.max.says(stage.group, "/gpt first")
    await program.tells("failed")
    second = stage.max.says(stage.group, "/gpt second")
    assert (await stage.max.expects(stage.group, from_=stage.olga)).reply_to is second


async def test_one_conversation_is_answered_in_order(stage: Stage) -> None:
    await stage.program()
    questions = [stage.max.says(stage.group, f"/gpt number {n}") for n in range(10)]
    answers = [await stage.max.expects(stage.group, from_=stage.olga) for _ in questions]
    assert [answer.reply_to for answer in answers] == questions


async def test_a_slow_conversation_does_not_hold_up_another(stage: Stage) -> None:
    held = asyncio.Event()

    async def answer(request: dict[str, object]) -> Reply:
        if "slow" in str(request["messages"]):
            await held.wait()
        return Reply("done")

    stage.endpoint.responder = answer
    program = await stage.program()
    slow = stage.max.says(stage.group, "/gpt slow")
    quick = stage.lena.says(stage.club, "/gpt quick")
    await stage.lena.expects(stage.club, reply_to=quick)
    assert len(program.events("heard")) == 2
    held.set()
    assert await stage.max.expects(stage.group, reply_to=slow)


async def test_a_person_over_the_limit_is_not_answered_and_the_console_says_so(
    stage: Stage,
) -> None:
    program = await stage.program(limits={"requests_per_minute": 2})
    for n in range(3):
        stage.max.says(stage.group, f"/gpt number {n}")
    limited = await program.tells("limited")
    assert limited.reason == "requests_per_minute"
    stage.lena.says(stage.group, "/gpt mine")
    for _ in range(3):
        await stage.max.expects(stage.group, from_=stage.olga)
    assert len(stage.asked()) == 3


async def test_todays_tokens_of_all_others_end_but_the_owner_goes_on(stage: Stage) -> None:
    stage.endpoint.responder = lambda _: "word " * 400
    program = await stage.program(limits={"tokens_per_day": 300})
    stage.max.says(stage.group, "/gpt first")
    await program.tells("answered")
    stage.lena.says(stage.group, "/gpt second")
    assert (await program.tells("limited")).reason == "tokens_per_day"
    stage.olga.says(stage.group, "/gpt mine")
    mine = await program.tells("heard", text="mine")
    await program.tells("answered", message=mine.message)
    assert len(stage.asked()) == 2


async def test_a_chat_that_forbids_writing_rests_and_its_questions_are_skipped(
    stage: Stage,
) -> None:
    stage.telegram.faults.add("messages.sendMessage", "CHAT_WRITE_FORBIDDEN", chat=stage.club)
    program = await stage.program()
    stage.max.says(stage.club, "/gpt first")
    skipped = await program.tells("skipped")
    assert skipped.reason == "chat_write_forbidden"
    stage.max.says(stage.club, "/gpt second")
    elsewhere = stage.max.says(stage.group, "/gpt third")
    assert await stage.max.expects(stage.group, reply_to=elsewhere)
    sends = [call for call in stage.telegram.calls if "sendMessage" in call.method]
    assert len(sends) == 2


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        pytest.param("/promote", "Answer: /\u2060promote", id="a-bot's-command"),
        pytest.param("/gpt_on all anyone", "Answer: /\u2060gpt_on all anyone", id="our-own"),
        pytest.param("`!ban`", "Code: !ban", id="code"),
        pytest.param("a\x07b\u2028c", "abc", id="controls"),
    ],
)
async def test_what_a_model_was_told_to_say_acts_on_nobody(
    stage: Stage, said: str, stands: str
) -> None:
    stage.endpoint.responder = lambda _: said
    await stage.program()
    question = stage.max.says(stage.club, f"/gpt Answer with exactly: {said}")
    answer = await stage.max.expects(stage.club, reply_to=question)
    assert answer.text == stands
    assert not any(type(one).__name__.endswith("BotCommand") for one in answer.entities)
