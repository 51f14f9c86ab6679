"""`-m`, `-e` and `-n`: which model is asked, how hard it thinks, and without what was said."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.harness import Stage, Usage, listed
from tests.path.test_answered_once import CUT_OFF, SEND
from tests.path.test_changing_questions import PLAIN
from tests.path.test_chat_commands import orders, result
from tests.path.test_pictures import JPEG
from tests.path.test_quiet_questions import question
from tests.path.voice.notes import EN, answered, until
from userbot.sandbox.endpoint import Reply
from userbot.sandbox.endpoint_faults import RefusedError

MODELS: Any = {"models": {"big": "gpt-big", "Fast": "gpt-fast"}}


def how(stage: Stage, number: int = -1) -> tuple[str, str | None]:
    """Which model was asked last, and how hard it was to think."""
    request = stage.endpoint.requests[number]
    return request["model"], request.get("reasoning_effort")


def stored(stage: Stage) -> bytes:
    return b"".join(file.read_bytes() for file in stage.folder.glob("history.db*"))


class Held:
    """A model that has begun to think, and answers when it is let."""

    def __init__(self, stage: Stage) -> None:
        self.go_on = asyncio.Event()
        stage.endpoint.responder = self

    async def __call__(self, _: object) -> str:
        await self.go_on.wait()
        return "An answer."


@pytest.mark.parametrize(
    ("who", "asked", "expected"),
    [
        pytest.param("olga", "-m big", ("gpt-big", None), id="a name, by the owner"),
        pytest.param("olga", "–m BIG —e High", ("gpt-big", "high"), id="as phones write"),
        pytest.param("olga", "-e low -m fast", ("gpt-fast", "low"), id="in any order"),
        pytest.param("olga", "-m gpt-own", ("gpt-own", None), id="any model, by the owner"),
        pytest.param("max", "-m big", ("gpt-big", None), id="a name, by another"),
        pytest.param("max", "-m gpt-own", ("test", None), id="not any model, by another"),
        pytest.param("max", "-m gpt-big", ("test", None), id="nor by what a name means"),
        pytest.param("max", "-e huge", ("test", None), id="no such effort, by another"),
        pytest.param("max", "-m -e medium", ("test", "medium"), id="no name, by another"),
    ],
)
async def test_a_question_says_how_it_is_asked(
    stage: Stage, who: str, asked: str, expected: tuple[str, str | None]
) -> None:
    program = await stage.program(**MODELS)
    said = getattr(stage, who).says(stage.group, f"/gpt {asked} why -m?")
    await program.tells("answered")
    assert how(stage) == expected
    assert question(stage).endswith(": why -m?"), "and later a switch is text"
    assert len(stage.answers(said)) == 1
    wrong = expected[0] == "test"
    assert bool(program.events("notice", reason="switch_dropped")) is wrong


async def test_a_model_that_is_no_longer_listed_is_not_asked_for_others_after_a_restart(
    stage: Stage,
) -> None:
    held = Held(stage)
    killed = await stage.process(**MODELS)
    stage.max.says(stage.group, "/gpt -m big why?")
    stage.olga.says(stage.group, "/gpt -m big how?")
    await until(lambda: len(stage.endpoint.requests) == 1)
    await killed.kill()
    held.go_on.set()
    program = await stage.program(models={"small": "gpt-small"})
    await answered(program, 2)
    asked = {(how(stage, n)[0], m[-1]["content"]) for n, m in enumerate(stage.asked()) if n}
    assert asked == {("test", "Max: why?"), ("gpt-big", "Olga: how?")}
    assert len(program.events("notice", reason="switch_dropped")) == 1


async def test_who_may_not_ask_may_not_by_a_switch_either(stage: Stage) -> None:
    program = await stage.program(trigger={"from": "me"}, **MODELS)
    stage.max.says(stage.group, "/gpt -m big why?")
    await program.tells("ignored", reason="not_allowed")
    assert stage.endpoint.requests == []


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        pytest.param("-e huge why?", "-e takes low, medium or high.", id="e"),
        pytest.param("-m -n why?", "-m needs the name of a model.", id="m"),
        pytest.param(f"-m {'x' * 101} why?", "-m needs the name of a model.", id="too long"),
    ],
)
async def test_a_mistaken_switch_is_told_its_owner_and_no_model_is_asked(
    stage: Stage, asked: str, told: str
) -> None:
    program = await stage.program(**MODELS)
    said = stage.olga.says(stage.olga, f"/gpt {asked}")
    failed = await program.tells("failed", reason="bad_switch")
    assert failed.hint
    (line,) = stage.answers(said)
    assert line.text.startswith(f"⚠️ {told}")
    in_group = stage.olga.says(stage.group, f"/gpt {asked}")
    await until(lambda: len(program.events("failed", reason="bad_switch")) == 2)
    assert stage.answers(in_group) == [], "others read nothing of it"
    assert stage.endpoint.requests == []


async def test_after_a_kill_what_was_mistaken_is_told_once_and_in_the_same_words(
    stage: Stage,
) -> None:
    stage.timings = CUT_OFF
    stage.telegram.faults.add(SEND, drop="after")
    looking = stage.telegram.faults.add("messages.getHistory", delay=60, times=None)
    program = await stage.program()
    said = stage.olga.says(stage.olga, "/gpt -e huge why?")
    await until(lambda: looking.happened)
    await program.crash()
    stage.telegram.faults.clear()
    program = await stage.program()
    await program.tells("failed", reason="bad_switch")
    assert [one.text for one in stage.answers(said)] == ["⚠️ -e takes low, medium or high."]


@pytest.mark.parametrize("where", ["olga", "group"])
async def test_a_mistaken_switch_that_is_mended_by_an_edit_is_asked(
    stage: Stage, where: str
) -> None:
    program = await stage.program(trigger=PLAIN | {"edits": True}, **MODELS)
    said = stage.olga.says(getattr(stage, where), "/gpt -e hihg -m big why?")
    await program.tells("failed", reason="bad_switch")
    stage.olga.edits(said, "/gpt -e hgih -m big why?")
    await stage.all_arrives()
    stage.olga.edits(said, "/gpt -e high -m big why?")
    await answered(program, 1)
    assert how(stage) == ("gpt-big", "high")
    *lines, answer = stage.answers(said)
    assert answer.text.endswith("why?")
    assert len(lines) == (where == "olga"), "what was wrong is told once"
    assert len(stage.endpoint.requests) == 1
    stage.olga.edits(said, "/gpt -e low why?")
    await answered(program, 2)
    assert how(stage) == ("test", "low"), "from then on it is a question as any other"


async def test_an_edit_that_mistakes_a_switch_leaves_the_answer_that_stands(stage: Stage) -> None:
    program = await stage.program(trigger=PLAIN | {"edits": True}, **MODELS)
    said = stage.olga.says(stage.group, "/gpt why?")
    await answered(program, 1)
    (before,) = [one.text for one in stage.answers(said)]
    stage.olga.edits(said, "/gpt -e hihg why?")
    await program.tells("failed", reason="bad_switch")
    await stage.all_arrives()
    assert [one.text for one in stage.answers(said)] == [before]
    assert [row.state for row in stage.history()] == ["answered"]
    stage.olga.edits(said, "/gpt -e high why?")
    await answered(program, 2)
    assert how(stage)[1] == "high"
    assert len(stage.answers(said)) == 1


async def test_a_model_that_the_server_does_not_have_is_followed_by_no_other(stage: Stage) -> None:
    stage.endpoint.faults.add("model_not_found", times=None)
    fallbacks = {"base_url": stage.endpoint.base_url, "fallbacks": ["second"]}
    program = await stage.program(openai=fallbacks)
    said = stage.olga.says(stage.olga, "/gpt -m nowhere why?")
    failed = await program.tells("failed", reason="model_not_found")
    assert "named by -m" in failed.hint
    assert [one["model"] for one in stage.endpoint.requests] == ["nowhere"]
    (line,) = stage.answers(said)
    assert "has no model nowhere" in line.text
    stage.olga.says(stage.olga, "/gpt why?")
    await until(lambda: len(program.events("failed")) == 2)
    assert [one["model"] for one in stage.endpoint.requests] == ["nowhere", "test", "second"]


async def test_a_server_that_takes_no_effort_is_asked_without(stage: Stage) -> None:
    program = await stage.program()
    stage.endpoint.faults.add("unsupported_parameter", param="reasoning_effort")
    stage.olga.says(stage.olga, "/gpt -e high why?")
    await program.tells("answered")
    dropped = await program.tells("notice", reason="parameter_dropped")
    assert "reasoning_effort" in dropped.detail
    assert [how(stage, number)[1] for number in (0, 1)] == ["high", None]
    stage.olga.says(stage.olga, "/gpt -e low why?")
    await answered(program, 2)
    told = [one.detail for one in program.events("notice", reason="parameter_dropped")]
    assert how(stage)[1] is None
    assert told[1:] == ["test does not support reasoning_effort: asking without it."]


async def test_a_model_that_takes_other_efforts_is_asked_with_those(stage: Stage) -> None:
    def picky(request: dict[str, Any]) -> str:
        if request.get("reasoning_effort") == "low":
            raise RefusedError(400, "reasoning_effort 'low' is not supported; use 'high'")
        return "An answer."

    stage.endpoint.responder = picky
    program = await stage.program()
    for number, effort in enumerate(("low", "low", "high"), 1):
        stage.olga.says(stage.olga, f"/gpt -e {effort} why?")
        await answered(program, number)
    sent = [one.get("reasoning_effort") for one in stage.endpoint.requests]
    assert sent == ["low", None, None, "high"]
    told = [one.detail for one in program.events("notice", reason="parameter_dropped")]
    assert told == [
        'test does not support reasoning_effort "low": not sent any more.',
        'test does not support reasoning_effort "low": asking without it.',
    ]


async def test_the_effort_asked_for_is_not_given_up_for_tools(stage: Stage) -> None:
    def picky(request: dict[str, Any]) -> str:
        if request.get("tools") and request.get("reasoning_effort") != "none":
            raise RefusedError(400, "No tools with reasoning_effort: set it to 'none'. Unsupported")
        return '{"calls": []}' if "response_format" in request else "An answer."

    stage.endpoint.responder = picky
    program = await stage.program(reading={"search": "me"})
    stage.olga.says(stage.group, "/gpt -e high why?")
    await answered(program, 1)
    assert how(stage)[1] == "high"
    stage.olga.says(stage.group, "/gpt why?")
    await answered(program, 2)
    assert how(stage)[1] == "none", "who did not ask for it may have the tools"


async def test_a_question_by_itself_that_is_too_long_shortens_no_conversation(
    stage: Stage,
) -> None:
    program = await stage.program()
    stage.max.says(stage.group, "/gpt first")
    await answered(program, 1)
    stage.endpoint.faults.add("context_length")
    stage.max.says(stage.group, "/gpt -n why?")
    await program.tells("failed", reason="context_length")
    assert len(stage.endpoint.requests) == 2
    assert not program.events("notice", reason="shrunk")


@pytest.mark.parametrize("fails", [1, 9], ids=["answered", "failed"])
async def test_how_much_a_model_takes_that_is_asked_once_says_nothing_of_the_usual_one(
    stage: Stage, fails: int
) -> None:
    stage.endpoint.responder = lambda _: "An answer of many words. " * 20
    program = await stage.program()
    for number in range(1, 5):
        stage.olga.says(stage.group, f"/gpt question {number}")
        await answered(program, number)
    stage.endpoint.faults.add("context_length", times=fails)
    stage.olga.says(stage.group, "/gpt -m tiny question 5")
    if fails == 1:
        await answered(program, 5)
    else:
        await program.tells("failed", reason="context_length")
    stage.endpoint.faults.clear()
    assert "question 1" not in str(stage.asked()[-1])
    stage.olga.says(stage.group, "/gpt question 6")
    await until(lambda: "question 6" in str(stage.asked()[-1]))
    assert "question 1" in str(stage.asked()[-1])


async def test_each_model_costs_what_its_own_prices_say(stage: Stage) -> None:
    prices = {"input": 1, "output": 1, "big": {"input": 1000}, "gpt-own": {"output": 5000}}
    program = await stage.program(
        openai={"base_url": stage.endpoint.base_url, "fallbacks": ["gpt-own"]},
        limits={"prices": prices, "cost_per_day": 1000},
        **MODELS,
    )
    usage = Usage(1000, 100)
    stage.endpoint.responder = lambda _: Reply("An answer.", usage=usage)
    for number, asked in enumerate(("", "-m big", "-m gpt-own"), 1):
        stage.max.says(stage.group, f"/gpt {asked} why?") if number < 3 else stage.olga.says(
            stage.group, f"/gpt {asked} why?"
        )
        await answered(program, number)
    stage.endpoint.gone = {"test"}
    stage.max.says(stage.group, "/gpt why?")
    await answered(program, 4)
    costs = {row.model: (row.requests, row.cost) for row in stage.spent("model")}
    assert costs == {
        "test": (1, 0.0011),
        "gpt-big": (1, 1.0001),
        "gpt-own": (2, 2 * (0.001 + 0.5)),
    }


async def test_a_dear_model_is_refused_where_a_cheap_one_is_not(stage: Stage) -> None:
    prices = {"input": 1, "output": 1, "big": {"input": 100_000}}
    limits = {"prices": prices, "cost_per_day": 0.5}
    program = await stage.program(limits=limits, **MODELS)
    stage.max.says(stage.group, "/gpt -m big why?")
    await program.tells("limited", reason="cost_per_day")
    assert stage.endpoint.requests == []
    stage.max.says(stage.group, "/gpt -m fast why?")
    await answered(program, 1)


async def test_a_question_by_itself_is_asked_without_all_that_was_said(stage: Stage) -> None:
    chat = listed(stage.group.id, "prefix", context_messages=5, search="me")
    program = await stage.program([chat])
    stage.max.says(stage.group, "/gpt first")
    await answered(program, 1)
    before = stage.lena.says(stage.group, "We meet at Ben's.")
    stage.olga.says(stage.group, "/gpt -n why?", reply_to=before)
    await answered(program, 2)
    request = stage.endpoint.requests[-1]
    system, asked = request["messages"]
    assert (system["role"], asked["content"]) == ("system", "why?")
    assert "Weekend" not in str(request)
    assert "tools" not in request
    stage.max.says(stage.group, "/gpt and then?")
    await answered(program, 3)
    assert "Olga: why?" in str(stage.asked()[-1]), "the conversation knows it all the same"


async def test_a_question_by_itself_may_be_the_message_that_it_replies_to(stage: Stage) -> None:
    program = await stage.program()
    above = stage.lena.says(stage.group, "Where?")
    before = stage.max.says(stage.group, "What is bleu?", reply_to=above)
    stage.olga.says(stage.group, "/gpt -n", reply_to=before)
    await program.tells("answered")
    assert question(stage) == "What is bleu?"


async def test_switches_stand_in_a_caption_and_before_what_is_said(stage: Stage) -> None:
    stage.endpoint.understands(EN, "when do we meet?")
    program = await stage.program(**MODELS)
    before = stage.lena.says(stage.group, "At Ben's.")
    stage.olga.sends_voice(stage.group, EN, caption="/gpt -n -m big", reply_to=before)
    await answered(program, 1)
    assert (question(stage), how(stage)[0]) == ("when do we meet?", "gpt-big")
    stage.olga.sends_photo(stage.group, JPEG, caption="/gpt -m fast what is this?")
    await answered(program, 2)
    assert how(stage)[0] == "gpt-fast"


async def test_quietly_and_about_another_chat_another_model_is_asked(stage: Stage) -> None:
    program = await stage.program(reading={"search": "me"}, **MODELS)
    said = stage.olga.says(stage.group, "/gpt -m big -q why?")
    await program.tells("answered")
    await until(lambda: said.deleted)
    assert (await result(stage)).startswith("Weekend · why?\n")
    stage.olga.says(stage.olga, "/gpt -n -c Club -m fast why?")
    await answered(program, 2)
    assert [how(stage, number)[0] for number in (0, 1)] == ["gpt-big", "gpt-fast"]
    assert "tools" in stage.endpoint.requests[-1], "the chat that is named is looked through"


async def test_an_edit_of_a_switch_asks_anew(stage: Stage) -> None:
    held = Held(stage)
    program = await stage.program(trigger=PLAIN, **MODELS)
    said = stage.max.says(stage.group, "/gpt -m big why?")
    await until(lambda: len(stage.endpoint.requests) == 1)
    stage.max.edits(said, "/gpt -m fast -e low why?")
    await until(lambda: len(stage.endpoint.requests) == 2)
    held.go_on.set()
    await program.tells("answered")
    assert how(stage) == ("gpt-fast", "low")
    assert len(stage.answers(said)) == 1


async def test_an_edit_of_a_switch_after_its_answer_writes_that_anew(stage: Stage) -> None:
    program = await stage.program(trigger=PLAIN | {"edits": True}, **MODELS)
    said = stage.max.says(stage.group, "/gpt why?")
    await answered(program, 1)
    stage.max.edits(said, "/gpt -m big why?")
    await answered(program, 2)
    assert how(stage)[0] == "gpt-big"
    assert len(stage.answers(said)) == 1
    stage.max.edits(said, "/gpt  -m big why?")
    await stage.all_arrives()
    assert len(stage.endpoint.requests) == 2, "the same in other words"


async def test_messages_in_a_row_are_one_question_if_they_are_asked_alike(stage: Stage) -> None:
    program = await stage.program(trigger={"from": "anyone", "burst_seconds": 1.5}, **MODELS)
    stage.max.says(stage.group, "/gpt -m big why,")
    stage.max.says(stage.group, "/gpt -m BIG and when?")
    stage.max.says(stage.group, "/gpt hello")
    await answered(program, 2)
    asked = {(how(stage, n)[0], m[-1]["content"]) for n, m in enumerate(stage.asked())}
    assert ("gpt-big", "Max: why,\n    and when?") in asked
    assert ("test", "Max: hello") in asked


async def test_the_switches_of_an_album_are_for_all_of_it(stage: Stage) -> None:
    program = await stage.program([listed(stage.max.id)], **MODELS)
    stage.max.sends_photo(stage.olga, JPEG, album=5, caption="/gpt -m big what are these?")
    stage.max.sends_photo(stage.olga, JPEG, album=5)
    await program.tells("answered")
    await stage.all_arrives()
    assert [how(stage, n)[0] for n in range(len(stage.endpoint.requests))][-1] == "gpt-big"
    kinds = [part["type"] for part in stage.asked()[-1][-1]["content"]]
    assert kinds == ["text", "image_url", "image_url"]


@pytest.mark.parametrize("killed", ["while it is asked", "half an answer stands"])
async def test_a_kill_changes_nothing_of_how_it_is_asked(stage: Stage, killed: str) -> None:
    if killed == "while it is asked":
        held = Held(stage)
    else:
        stage.endpoint.responder = lambda _: Reply("An answer.", chunks=("An ", "answer."))
        stage.endpoint.faults.add("stall", after=1)
    program = await stage.process(**MODELS)
    before = stage.lena.says(stage.group, "We meet at Ben's.")
    said = stage.max.says(stage.group, "/gpt -n -e high -m big why?", reply_to=before)
    if killed == "while it is asked":
        await until(lambda: len(stage.endpoint.requests) == 1)
        held.go_on.set()
    else:
        await until(lambda: stage.answers(said))
    await program.kill()
    stage.endpoint.requests.clear()
    stage.endpoint.responder = lambda _: "An answer."
    again = await stage.program(models={"big": "gpt-bigger", "older": "gpt-big"})
    await again.tells("answered")
    assert how(stage) == ("gpt-big", "high")
    assert [one["role"] for one in stage.asked()[-1]] == ["system", "user"]
    assert question(stage) == "why?"
    assert [one.text for one in stage.answers(said)] == ["An answer."]


async def test_what_failed_is_asked_again_as_it_was_and_as_it_reads_by_then(stage: Stage) -> None:
    program = await stage.program(**MODELS)
    stage.endpoint.faults.add("unauthorized")
    said = stage.max.says(stage.group, "/gpt -m big -e low why?")
    await program.tells("failed")
    await orders(stage, stage.group, "/gpt_retry", reply_to=said)
    await answered(program, 1)
    assert how(stage) == ("gpt-big", "low")
    wrong = stage.olga.says(stage.group, "/gpt -e hihg why?")
    await program.tells("failed", reason="bad_switch")
    stage.olga.edits(wrong, "/gpt -e high why?")
    await orders(stage, stage.group, "/gpt_retry", reply_to=wrong)
    await answered(program, 2)
    assert how(stage) == ("test", "high")


@pytest.mark.parametrize("way", ["forgotten", "deleted"])
async def test_of_a_question_that_is_gone_no_word_of_a_switch_stays(stage: Stage, way: str) -> None:
    stage.endpoint.faults.add("model_not_found")
    program = await stage.program(models={"big": "gpt-secret"})
    said = stage.max.says(stage.group, "/gpt -e high -m big why?")
    await program.tells("failed")
    assert b"gpt-secret" in stored(stage)
    if way == "forgotten":
        await orders(stage, stage.group, "/gpt_forget @max_m")
    else:
        stage.max.deletes(said)
    await until(lambda: not stage.history()[0].text)
    assert b"gpt-secret" not in stored(stage)


async def test_help_lists_the_names_and_a_chat_may_take_one(stage: Stage) -> None:
    program = await stage.program(**MODELS)
    told = await orders(stage, stage.group, "/gpt_help")
    assert "/gpt -m MODEL question" in told
    assert told.endswith("\nModels by name: big, Fast")
    stage.endpoint.models = ("gpt-fast", "test")
    assert "now uses gpt-fast" in await orders(stage, stage.group, "/gpt_model fast")
    stage.olga.says(stage.group, "/gpt why?")
    await program.tells("answered")
    assert how(stage)[0] == "gpt-fast"
