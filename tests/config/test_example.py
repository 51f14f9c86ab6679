"""config.toml.example: it works, and its values are the defaults."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
import tomli

from tests.config.files import HASH, faults
from userbot.config import load
from userbot.settings import Settings, TelegramConfig

EXAMPLE = Path(__file__).parents[2] / "config.toml.example"


def test_the_example_as_it_is_is_refused_for_its_placeholders(tmp_path: Path) -> None:
    found = faults(tmp_path / "config.toml", EXAMPLE.read_bytes(), need_key=False)
    assert [fault.message for fault in found] == [
        "[telegram] api_id is still a placeholder",
        "[telegram] api_hash is still a placeholder",
    ]


def test_the_example_with_its_placeholders_filled_in_is_in_order(config: Path) -> None:
    text = EXAMPLE.read_text("utf-8").replace("api_id = 0 ", "api_id = 94575 ")
    config.write_text(text.replace('api_hash = ""', f'api_hash = "{HASH}"'), "utf-8")
    found = load(config, None, {"OPENAI_API_KEY": "sk-key"})
    usual = Settings(telegram=TelegramConfig(api_id=94575, api_hash=HASH))
    assert dataclasses.replace(found.settings.openai, api_key=None) == usual.openai
    for section in (
        "voice",
        "trigger",
        "chats",
        "reading",
        "recap",
        "approvals",
        "limits",
        "pacing",
        "catch_up",
    ):
        assert getattr(found.settings, section) == getattr(usual, section)


def test_the_example_with_every_key_set_is_in_order(config: Path) -> None:
    """Every commented key is one that works."""
    text = EXAMPLE.read_text("utf-8").replace('"sk-…"', '"sk-key"').replace("= 0 ", "= 94575 ")
    text = text.replace('api_hash = ""', f'api_hash = "{HASH}"')
    server = re.compile(r"^# (\[|\w+ = )", re.MULTILINE)
    config.write_text(server.sub(r"\1", text), "utf-8")
    found = load(config, "production", {})
    assert found.settings.telegram.server is not None
    assert found.settings.openai.model == "gpt-5.5"


def example_values() -> list[Any]:
    tables = tomli.loads(EXAMPLE.read_text("utf-8"))
    return [
        pytest.param(section, name, value, id=f"{section}.{name}")
        for section, table in tables.items()
        for name, value in table.items()
        if name not in ("api_id", "api_hash")
    ]


@pytest.mark.parametrize(("section", "name", "value"), example_values())
def test_an_uncommented_value_of_the_example_is_the_default(
    section: str, name: str, value: Any
) -> None:
    usual = getattr(Settings(telegram=TelegramConfig(api_id=1, api_hash="x")), section)
    found = getattr(usual, "from_" if name == "from" else name)
    found = list(found) if isinstance(found, tuple) else found
    assert (str(found) if isinstance(found, Path) else found) == value
