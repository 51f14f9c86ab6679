"""Which changes of the config hold at once."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace

import pytest

from userbot.rules.taking_up import AT_ONCE, change
from userbot.settings import (
    ChatConfig,
    LimitsConfig,
    OpenAIConfig,
    PacingConfig,
    ReadingConfig,
    RecapConfig,
    Settings,
    TelegramConfig,
    ToolsConfig,
    TriggerConfig,
)

NOW = Settings(telegram=TelegramConfig(api_id=1, api_hash="x"))
CHAT = ChatConfig(id=-1, respond="all", from_="anyone")
CLOCK = ToolsConfig(name="clock", command=("clock",), read=("now",))


@pytest.mark.parametrize(
    ("file", "at_once", "later"),
    [
        pytest.param(NOW, (), (), id="nothing"),
        pytest.param(replace(NOW, chats=(CHAT,)), ("[[chats]]",), (), id="chats"),
        pytest.param(replace(NOW, tools=(CLOCK,)), (), ("[[tools]]",), id="a server"),
        pytest.param(replace(NOW, models={"big": "gpt-5.5"}), ("[models]",), (), id="models"),
        pytest.param(
            replace(NOW, trigger=TriggerConfig(from_="anyone")), ("trigger.from",), (), id="rights"
        ),
        pytest.param(
            replace(NOW, limits=LimitsConfig(tokens_per_day=5)),
            ("limits.tokens_per_day",),
            (),
            id="limits",
        ),
        pytest.param(
            replace(NOW, openai=OpenAIConfig(system="Hi.", base_url="http://x")),
            ("openai.system",),
            ("openai.base_url",),
            id="prompt and address",
        ),
        pytest.param(
            replace(NOW, pacing=PacingConfig(burst=5)), ("pacing.burst",), (), id="pacing"
        ),
        pytest.param(
            replace(NOW, reading=ReadingConfig(search="me"), recap=RecapConfig(max_days=2)),
            ("reading.search", "recap.max_days"),
            (),
            id="what may be looked up",
        ),
        pytest.param(
            replace(NOW, telegram=TelegramConfig(api_id=2, api_hash="x")),
            (),
            ("telegram.api_id",),
            id="the account",
        ),
    ],
)
def test_a_change_holds_at_once_or_waits_for_a_restart(
    file: Settings, at_once: tuple[str, ...], later: tuple[str, ...]
) -> None:
    found = change(NOW, file)
    assert (found.at_once, found.later) == (at_once, later)


def test_what_waits_stays_as_it_was() -> None:
    file = replace(NOW, openai=OpenAIConfig(system="Hi.", base_url="http://x"))
    found = change(NOW, file).settings
    assert (found.openai.system, found.openai.base_url) == ("Hi.", None)


def test_every_key_that_holds_at_once_is_a_key() -> None:
    for section, keys in AT_ONCE.items():
        known = getattr(NOW, section)
        assert is_dataclass(known)
        assert keys <= {key.name for key in fields(known)}


def test_rights_of_tools_hold_at_once_and_another_way_to_a_server_waits() -> None:
    now = replace(NOW, tools=(CLOCK,))
    fewer = change(now, replace(NOW, tools=(replace(CLOCK, read=(), ask=("now",)),)))
    assert fewer.at_once == ("[[tools]]",)
    assert fewer.settings.tools[0].ask == ("now",)
    other = change(now, replace(NOW, tools=(replace(CLOCK, command=("other",), read=()),)))
    assert (other.at_once, other.later) == ((), ("[[tools]]",))
    assert other.settings.tools == (CLOCK,)
