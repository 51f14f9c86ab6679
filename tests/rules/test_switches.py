"""Switches behind the prefix: what is one, what is text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from userbot.rules.switches import EFFORTS, MODEL_CHARACTERS, Switched, parse
from userbot.types import AS_EVER, Switches


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("when do we meet?", Switched("when do we meet?", {}), id="none"),
        pytest.param("-q when?", Switched("when?", {"q": ""}), id="one"),
        pytest.param("-Q when?", Switched("when?", {"q": ""}), id="capital"),
        pytest.param("-q", Switched("", {"q": ""}), id="nothing asked"),
        pytest.param("-c @club when?", Switched("when?", {"c": "@club"}), id="a name"),
        pytest.param("-c -1001234 when?", Switched("when?", {"c": "-1001234"}), id="an id"),
        pytest.param(
            '-c "Weekend plans" when?', Switched("when?", {"c": "Weekend plans"}), id="a title"
        ),
        pytest.param(
            "-c “Weekend plans” when?", Switched("when?", {"c": "Weekend plans"}), id="curly"
        ),
        pytest.param("-c «Дача 2026» когда?", Switched("когда?", {"c": "Дача 2026"}), id="Russian"),
        pytest.param("-c „Дача“ когда?", Switched("когда?", {"c": "Дача"}), id="German"),
        pytest.param("-c Дача когда?", Switched("когда?", {"c": "Дача"}), id="one word"),
        pytest.param('-c "Weekend when?', Switched("when?", {"c": '"Weekend'}), id="left open"),
        pytest.param("-c", Switched("", {"c": ""}), id="no chat"),
        pytest.param(
            "-c -q when?", Switched("when?", {"c": "", "q": ""}), id="a switch is no chat"
        ),
        pytest.param('-c "" when?', Switched("when?", {"c": ""}), id="no title"),
        pytest.param("-q -c club when?", Switched("when?", {"q": "", "c": "club"}), id="two"),
        pytest.param(
            "-c club -q when?", Switched("when?", {"c": "club", "q": ""}), id="in any order"
        ),
        pytest.param("-q\nwhen?\n-c", Switched("when?\n-c", {"q": ""}), id="later it is text"),
        pytest.param("what does ls -q do?", Switched("what does ls -q do?", {}), id="in the text"),
        pytest.param("-q -- -c is what?", Switched("-c is what?", {"q": ""}), id="ended"),
        pytest.param("-- -q is what?", Switched("-q is what?", {}), id="ended at once"),
        pytest.param("— -q is what?", Switched("-q is what?", {}), id="ended by a phone"),
        pytest.param("-q — when?", Switched("when?", {"q": ""}), id="ended by a long dash"),
        pytest.param("— Когда?", Switched("— Когда?", {}), id="a line of dialogue"),
        pytest.param(
            "-m big -n -e high why?",
            Switched("why?", {"m": "big", "n": "", "e": "high"}),
            id="how it is asked",
        ),
        pytest.param("-m big -m fast why?", Switched("why?", {"m": "fast"}), id="the last counts"),
        pytest.param("-m -- why?", Switched("why?", {"m": ""}), id="the end is no name"),
        pytest.param("-e — why?", Switched("why?", {"e": ""}), id="nor is a phone's"),
        pytest.param("-5 + 3 = ?", Switched("-5 + 3 = ?", {}), id="a number"),
        pytest.param("- milk\n- bread", Switched("- milk\n- bread", {}), id="a list"),
        pytest.param("-quiet please", Switched("-quiet please", {}), id="a word"),
        pytest.param("-x why?", Switched("-x why?", {}), id="no such switch"),
        *(
            pytest.param(
                f"{dash}q when?",
                Switched("when?", {"q": ""}),
                id=f"U+{ord(dash[0]):04X}{len(dash)}",
            )
            for dash in ("–", "—", "−", "‑", "﹣", "－", "‐", "--", "––", "-–")
        ),
    ],
)
def test_switches_stand_right_behind_the_prefix(text: str, expected: Switched) -> None:
    assert parse(text) == expected


texts = st.text(st.sampled_from("-–—qcQCmMenx \n\t\"'«»“”@a1й") | st.characters())


@settings(max_examples=400)
@given(texts)
def test_whatever_is_written_the_rest_of_it_is_not_changed(text: str) -> None:
    found = parse(text)
    assert text.endswith(found.text)
    assert found.given or found.text == text or parse(found.text).given
    assert parse(f"-q -- {found.text}").text == found.text.lstrip(), "read again it is the same"


@given(texts)
def test_what_follows_the_end_of_switches_is_text_whatever_it_is(text: str) -> None:
    assert parse(f"-q -- {text}").text == text.lstrip()


words = st.text(st.characters(categories=["L", "N"]), min_size=1)
dashes = st.sampled_from(["-", "--", "–", "—", "−"])
asked = st.one_of(st.just("why?"), texts.map(lambda text: f"-- {text}"))


@given(st.permutations("qcmen"), st.lists(dashes, min_size=5, max_size=5), words, asked)
def test_switches_say_the_same_in_any_order(
    order: list[str], dashes: list[str], word: str, asked: str
) -> None:
    def written(letters: list[str]) -> str:
        return " ".join(
            f"{dash}{letter}{f' {word}' if letter in 'cme' else ''}"
            for dash, letter in zip(dashes, letters, strict=True)
        )

    found, usual = parse(f"{written(order)} {asked}"), parse(f"{written(list('qcmen'))} {asked}")
    assert found.given == usual.given == {"q": "", "c": word, "m": word, "e": word, "n": ""}
    assert found.text == usual.text
    assert asked.endswith(found.text)


@given(texts, st.dictionaries(words, words), st.booleans())
def test_whatever_is_written_no_unlisted_model_is_asked_for_others(
    text: str, models: dict[str, str], by_owner: bool
) -> None:
    chosen = parse(text).chosen(models, by_owner=by_owner)
    assert by_owner or chosen.model in ("", *models.values())
    assert chosen.effort in ("", *EFFORTS)
    assert len(chosen.model) <= MODEL_CHARACTERS or chosen.model in models.values()


MODELS = {"big": "gpt-5.5", "Быстрая": "gpt-mini"}


@pytest.mark.parametrize(
    ("text", "by_owner", "expected"),
    [
        pytest.param("why?", False, AS_EVER, id="none"),
        pytest.param("-m BIG x", False, Switches(model="gpt-5.5"), id="a name, in any case"),
        pytest.param("-m быстрая x", False, Switches(model="gpt-mini"), id="in Russian"),
        pytest.param("-m gpt-5.5 x", False, Switches(wrong="m"), id="others name no models"),
        pytest.param("-m gpt-5.5 x", True, Switches(model="gpt-5.5"), id="the owner does"),
        pytest.param("-m", True, Switches(wrong="m"), id="no model"),
        pytest.param('-m "a\nb" x', True, Switches(wrong="m"), id="no name is two lines"),
        pytest.param(
            "-e HIGH -n x", False, Switches(effort="high", by_itself=True), id="an effort"
        ),
        pytest.param("-e max x", True, Switches(wrong="e"), id="no effort"),
        pytest.param(
            "-e max -m big x", False, Switches(model="gpt-5.5", wrong="e"), id="one of them holds"
        ),
    ],
)
def test_what_switches_say_of_how_it_is_asked(
    text: str, by_owner: bool, expected: Switches
) -> None:
    assert parse(text).chosen(MODELS, by_owner=by_owner) == expected
