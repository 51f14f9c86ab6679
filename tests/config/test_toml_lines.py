"""The line of each key, in every way that TOML can be written."""

from __future__ import annotations

import json
from typing import Any

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from userbot.config.faults import Key
from userbot.config.toml_file import lines_of


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        pytest.param("\n\na = 1", ("a",), 3, id="root"),
        pytest.param("# a = 1\n[s] # [t]\na = 1 # b", ("s", "a"), 3, id="comments"),
        pytest.param("[s]\n[s.t]\na = 1", ("s", "t", "a"), 3, id="nested table"),
        pytest.param("\n[s.t]\n", ("s",), 2, id="table that a header implies"),
        pytest.param("s.t.a = 1\ns.t.b = 2", ("s", "t", "b"), 2, id="dotted key"),
        pytest.param("s.t.a = 1\ns.t.b = 2", ("s", "t"), 1, id="table that a key implies"),
        pytest.param('\n"a b" = 1', ("a b",), 2, id="quoted key"),
        pytest.param("'a.b' . c = 1", ("a.b", "c"), 1, id="literal key with spaces"),
        pytest.param(r'"\u0041" = 1', ("A",), 1, id="escaped key"),
        pytest.param('[ s . "@t" ]\na = 1', ("s", "@t", "a"), 2, id="header with spaces"),
        pytest.param("a = '''\n[s]\nb = 1'''\nc = 1", ("c",), 4, id="literal lines"),
        pytest.param('a = """\n"quoted"\\""" """""\nc = 1', ("c",), 3, id="lines with quotes"),
        pytest.param('a = "\\\\"\nc = "#"\nd = 1', ("d",), 3, id="backslash before the quote"),
        pytest.param("a = 1.5\nb = 1979-05-27 07:32:00\nc = 1", ("c",), 3, id="dots and dates"),
        pytest.param("a = [\n1, # one\n[2,\n3]]\nc = 1", ("a", 1, 1), 4, id="arrays"),
        pytest.param("a = [\n1, # one\n[2,\n3]]\nc = 1", ("c",), 5, id="after arrays"),
        pytest.param("a = { b = 1,\n c.d = [{e = 2}] }", ("a", "c", "d", 0, "e"), 2, id="inline"),
        pytest.param("a = {}\nb = []\nc = 1", ("c",), 3, id="empty ones"),
        pytest.param("[[s]]\na = 1\n[[s]]\na = 2", ("s", 0, "a"), 2, id="first block"),
        pytest.param("[[s]]\na = 1\n[[s]]\na = 2", ("s", 1, "a"), 4, id="second block"),
        pytest.param("[[s]]\n[[s]]\n[s.t]\na = 2", ("s", 1, "t", "a"), 4, id="table in a block"),
        pytest.param("[[s]]\n[[s.t]]\n[[s.t]]\na = 2", ("s", 0, "t", 1, "a"), 4, id="block in it"),
        pytest.param("\n[[s]]", ("s", 0), 2, id="a block itself"),
    ],
)
def test_a_key_is_found_on_its_line(text: str, key: Key, line: int) -> None:
    tomli.loads(text)
    assert lines_of(text)[key] == line


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=True).replace("\x7f", "\\u007f")


def keys_of(data: Any, key: Key = ()) -> set[Key]:
    """Every key of parsed TOML."""
    parts = data.items() if isinstance(data, dict) else enumerate(data)
    inner = {(*key, part): value for part, value in parts}
    below = [keys_of(value, at) for at, value in inner.items() if isinstance(value, dict | list)]
    return set(inner).union(*below)


def written(value: Any, break_line: str) -> str:
    """A value as TOML, each part on a line of its own where `break_line` breaks one."""
    if isinstance(value, dict):
        parts = [f"{quoted(name)} = {written(one, break_line)}" for name, one in value.items()]
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, list):
        return (
            f"[{break_line}"
            + f",{break_line}".join(written(one, break_line) for one in value)
            + f"{break_line}]"
        )
    return quoted(value) if isinstance(value, str) else str(value).lower()


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8).filter(
    lambda text: all(ord(sign) < 0x10000 for sign in text)
)
VALUES = st.recursive(
    st.booleans() | st.integers(-99, 99) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(
    st.dictionaries(TEXTS, st.dictionaries(TEXTS, VALUES, max_size=3), max_size=3),
    st.sampled_from([" ", "\n", " # [x]\n"]),
)
def test_no_key_is_missed_and_none_made_up(data: dict[str, Any], break_line: str) -> None:
    text = ""
    for section, table in data.items():
        text += f"[{quoted(section)}]\n"
        for name, value in table.items():
            text += f"{quoted(name)} = {written(value, break_line)}\n"
    parsed = tomli.loads(text)
    assert parsed == data
    lines = lines_of(text)
    assert set(lines) == keys_of(data)
    for section, table in data.items():
        assert f"[{quoted(section)}]" in text.splitlines()[lines[(section,)] - 1]
        for name in table:
            found = text.split("\n")[lines[(section, name)] - 1]
            assert found.startswith(f"{quoted(name)} = ")
