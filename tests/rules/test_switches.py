"""Switches behind the prefix: what is one, what is text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from userbot.rules.switches import Switched, parse


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


texts = st.text(st.sampled_from("-–—qcQCmx \n\t\"'«»“”@a1й") | st.characters())


@settings(max_examples=400)
@given(texts)
def test_whatever_is_written_the_rest_of_it_is_not_changed(text: str) -> None:
    found = parse(text)
    assert text.endswith(found.text)
    assert found.given or found.text == text or parse(found.text).given


@given(texts)
def test_what_follows_the_end_of_switches_is_text_whatever_it_is(text: str) -> None:
    assert parse(f"-q -- {text}").text == text.lstrip()
