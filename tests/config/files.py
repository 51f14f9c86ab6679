"""Config files for tests of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.russian import english_in
from userbot.config import Loaded, load
from userbot.errors import ConfigError, Fault
from userbot.texts import Text, translated

HASH = "a3406de8d171bb422bb6ddf3bbd800e2"
GOOD = f"""\
[telegram]
api_id = 94575
api_hash = "{HASH}"

[openai]
api_key = "sk-good-key"
"""
ENVIRONMENT = {
    "TELEGRAM_API_ID": "777",
    "TELEGRAM_API_HASH": "feedfeedfeedfeedfeedfeedfeedfeed",
    "OPENAI_API_KEY": " sk-from-environment\n",
    "OPENAI_BASE_URL": "http://localhost:1/v1",
}
PROFILED = """
[trigger]
prefix = "/gpt"
from = ["@nora", 5]
[[chats]]
id = 1
respond = "all"
from = "me"
[[chats]]
id = 2
respond = "all"
from = "me"
[profile.production.openai]
model = "gpt-5.5"
[profile.production.trigger]
from = ["@finn"]
[[profile.production.chats]]
id = 3
respond = "mention"
from = "me"
[profile.production.limits]
requests_per_minute = 1
[profile.test.openai]
model = "gpt-5.5-mini"
"""


def loaded(
    config: Path,
    text: str = "",
    *,
    profile: str | None = None,
    environ: dict[str, str] | None = None,
    need_key: bool = True,
) -> Loaded:
    """Load GOOD and what follows it."""
    config.write_text(GOOD + text, encoding="utf-8")
    return load(config, profile, environ or {}, need_key=need_key)


def faults(config: Path, text: str | bytes, **given: Any) -> tuple[Fault, ...]:
    """The faults of a whole file."""
    config.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        load(config, given.pop("profile", None), given.pop("environ", {}), **given)
    for fault in caught.value.faults:
        for told in (fault.message, fault.hint):
            assert isinstance(told, Text) or not told, told
            assert not english_in(translated(told, "ru")), translated(told, "ru")
    return caught.value.faults
