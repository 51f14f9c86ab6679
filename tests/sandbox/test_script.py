"""The demo's script: every line of it finds its answer, and nothing pretends."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from typing import Any, get_args

import pytest

from userbot.sandbox import script, script_texts
from userbot.sandbox.endpoint import Endpoint
from userbot.sandbox.endpoint_chat import Reply


def said(role: str, text: str) -> dict[str, str]:
    return {"role": role, "content": text}


def request(*messages: dict[str, str]) -> dict[str, Any]:
    return {"model": script.MODEL, "messages": [said("system", "Be brief."), *messages]}


def played(language: script.Language) -> list[tuple[script.ScriptLine, Reply]]:
    """The script as the program would ask it: each question with all that went before."""
    history: list[dict[str, str]] = []
    answers = []
    for line in script.LINES[language]:
        if line.answered:
            name = line.who.names[language]
            history.append(said("user", f"{name}: {line.text.removeprefix('/gpt ')}"))
            reply = script.written_answer(request(*history))
            history.append(said("assistant", reply.text))
            answers.append((line, reply))
    return answers


@pytest.mark.parametrize("language", get_args(script.Language))
def test_every_question_of_the_script_has_its_own_written_answer(language: script.Language) -> None:
    texts = [reply.text for _, reply in played(language)]
    assert len(set(texts)) == len(texts) == 7
    assert not any("no model was asked" in text or "модель никто" in text for text in texts)


@pytest.mark.parametrize("language", get_args(script.Language))
def test_the_script_plays_within_ten_seconds(language: script.Language) -> None:
    words = sum(len(reply.text.split()) for _, reply in played(language))
    pauses = sum(line.pause for line in script.LINES[language])
    assert words * script.CHUNK_DELAY + pauses < 7, "the rest is the program's own time"


@pytest.mark.parametrize("language", get_args(script.Language))
def test_the_one_who_may_not_ask_is_not_answered_and_the_owner_asks_too(
    language: script.Language,
) -> None:
    lines = script.LINES[language]
    assert [line.answered for line in lines if not line.who.may_ask] == [False]
    assert [line.answered for line in lines if line.who.owner] == [True]
    assert {line.who.key for line in lines} == {actor.key for actor in script.CAST}


@pytest.mark.parametrize("language", get_args(script.Language))
def test_two_of_the_lines_are_spoken_and_answer_to_the_words_in_the_recording(
    language: script.Language,
) -> None:
    spoken = [(line, reply) for line, reply in played(language) if line.voice]
    assert [line.voice for line, _ in spoken] == ["voice_en", "voice_ru"]
    for line, reply in spoken:
        assert line.recording is not None
        assert line.recording[:4] == b"OggS"
        assert line.replies
        known = Endpoint().words[hashlib.sha256(line.recording).hexdigest()]
        assert line.text == known
        heard = known.rstrip(".?").lower()
        assert script.written_answer(request(said("user", f"Max: {heard}"))).text == reply.text
    assert all(line.recording is None for line in script.LINES[language] if not line.voice)


@pytest.mark.parametrize(
    ("first", "then"), [("Lisbon", "And if it rains?"), ("Казани", "А если пойдёт дождь?")]
)
def test_the_follow_up_needs_the_answer_before_it(first: str, then: str) -> None:
    text = script_texts.TRIP_EN if first == "Lisbon" else script_texts.TRIP_RU
    alone = script.written_answer(request(said("user", then)))
    after = script.written_answer(
        request(said("user", first), said("assistant", text), said("user", f"Lena: {then}"))
    )
    assert "Cascais" in after.text or "Свияжск" in after.text
    assert then in alone.text


@pytest.mark.parametrize(
    ("text", "language"), [(script_texts.BILL_EN, "en"), (script_texts.BILL_RU, "ru")]
)
def test_the_code_in_the_script_does_what_the_script_says(text: str, language: str) -> None:
    code = re.findall(r"```python\n(.*?)```", text, re.S)
    printed = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code[0]],
        capture_output=True, check=True, encoding="utf-8",
    )  # fmt: skip
    lines = printed.stdout.splitlines()
    assert len(lines) == 2
    assert all(line in text.rpartition("```")[2] for line in lines)


def test_the_plan_shows_what_markdown_can_do() -> None:
    for text in (script_texts.TRIP_EN, script_texts.TRIP_RU):
        assert text.startswith("# ")
        assert "**" in text
        assert "\n- " in text
        assert "|---|" in text


@pytest.mark.parametrize(
    ("question", "history", "expected"),
    [
        ("What is the answer?", 0, "History in this request: no messages."),
        ("What is the answer?", 1, "History in this request: 1 message."),
        ("What is the answer?", 4, "History in this request: 4 messages."),
        ("Как дела?", 0, "История в этом запросе: ни одного сообщения."),
        ("Как дела?", 1, "История в этом запросе: 1 сообщение."),
        ("Как дела?", 2, "История в этом запросе: 2 сообщения."),
        ("Как дела?", 12, "История в этом запросе: 12 сообщений."),
        ("Как дела?", 21, "История в этом запросе: 21 сообщение."),
    ],
)
def test_a_visitors_question_is_named_and_told_that_no_model_was_asked(
    question: str, history: int, expected: str
) -> None:
    before = [said("user", "earlier")] * history
    text = script.written_answer(request(*before, said("user", question))).text
    assert question in text
    assert expected in text
    assert "no model was asked" in text or "модель никто не спрашивал" in text


def test_a_visitors_question_is_named_without_what_the_program_put_before_it() -> None:
    asked = "Max: [In reply to this message of Lena:]\n    > And if it rains?\n\n    Is it true?"
    text = script.written_answer(request(said("user", asked))).text
    assert text.startswith("You asked: “Is it true?”")
    only = script.written_answer(request(said("user", "Olga: [sic]"))).text
    assert only.startswith("You asked: “[sic]”")


def test_a_long_question_of_a_visitor_is_shortened() -> None:
    text = script.written_answer(request(said("user", "so " * 500))).text
    assert len(text) < 700


def test_a_request_without_a_user_is_answered_all_the_same() -> None:
    assert "no messages" in script.written_answer(request()).text


@pytest.mark.parametrize("language", get_args(script.Language))
def test_what_is_written_to_the_owner_alone_has_an_answer_of_its_own(
    language: script.Language,
) -> None:
    line = script.TO_THE_OWNER[language]
    assert script.written_answer(request(said("user", line.text))).text in (
        script_texts.SOFA_EN,
        script_texts.SOFA_RU,
    )
    assert not line.who.owner
