"""Whatever the file holds, it is a config or a ConfigError."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.config.files import GOOD
from userbot.config import load
from userbot.errors import ConfigError
from userbot.settings import ChatConfig, Settings

fuzzed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def survives(config: Path, content: bytes) -> None:
    config.write_bytes(content)
    try:
        load(config, "production", {})
    except ConfigError as error:
        found = error.faults
    else:
        return
    assert found
    for fault in found:
        assert fault.where.startswith("config.toml") or str(config) in fault.message
        assert fault.message


@fuzzed
@given(st.binary(max_size=200))
def test_random_bytes_never_crash_it(config: Path, content: bytes) -> None:
    survives(config, content)
    survives(config, GOOD.encode() + content)


KEYS = sorted(
    {
        name
        for section in (*dataclasses.fields(Settings), dataclasses.fields(ChatConfig)[0])
        for name in (section.name, "from", "respond", "server", "people", "profile", "production")
    }
    | {"api_id", "api_hash", "api_key", "base_url", "prefix", "timezone", "database", "voice", "id"}
)
VALUES = st.recursive(
    st.sampled_from(
        [
            "1",
            "0",
            "-5",
            "1.5",
            "inf",
            "nan",
            "true",
            '""',
            '"x"',
            '"\\u0000"',
            "1979-05-27",
            "07:32:00",
            "[]",
            "{}",
            '"all"',
            '"me"',
            '"@nora"',
            '"saved"',
            '"Europe"',
            '"…"',
            "99999999999999999999999999",
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]")
        | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3).map(
            lambda table: (
                "{" + ", ".join(f"{name} = {value}" for name, value in table.items()) + "}"
            )
        )
    ),
    max_leaves=5,
)
HEADS = st.lists(st.sampled_from(KEYS), min_size=1, max_size=4).map(".".join)
LINES = (
    st.builds("[{}]".format, HEADS)
    | st.builds("[[{}]]".format, HEADS)
    | st.builds("{} = {}".format, HEADS, VALUES)
)


@fuzzed
@example(["[[chats]]", 'voice = ""', "[profile.production.chats]"])
@example(["telegram = 1", "chats = [[1]]", "profile = 1"])
@given(st.lists(LINES, max_size=8))
def test_random_tables_never_crash_it(config: Path, lines: list[str]) -> None:
    text = "\n".join(lines)
    survives(config, text.encode())
    survives(config, f"{text}\n{GOOD}".encode())
