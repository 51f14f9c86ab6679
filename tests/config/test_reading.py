"""config.toml: what is read, and where each value comes from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.files import ENVIRONMENT, GOOD, PROFILED, faults, loaded
from userbot.config import load
from userbot.errors import ConfigError
from userbot.settings import ChatConfig, ChatVoiceConfig, LimitsConfig

# What is read.


def test_a_short_file_is_enough_and_everything_else_has_its_default(config: Path) -> None:
    found = loaded(config)
    assert found.settings.telegram.api_id == 94575
    assert found.settings.openai.api_key == "sk-good-key"
    assert found.settings.limits == LimitsConfig()
    assert found.settings.chats == ()
    assert found.path == config


def test_every_kind_of_value_is_read(config: Path) -> None:
    found = loaded(
        config,
        """
        [trigger]
        from = ["@nora", 123456]
        [[chats]]
        id = "@weekend_plans"
        respond = "mention"
        from = "anyone"
        system = "Be a pirate."
        voice = { show = "both", wake_words = ["hey"] }
        [[chats]]
        id = -1001234567890
        respond = "off"
        from = [5]
        [pacing]
        writes_per_second = 2
        [limits]
        timezone = "Europe/Berlin"
        [console]
        """,
    ).settings
    assert found.trigger.from_ == ("@nora", 123456)
    assert found.chats == (
        ChatConfig(
            id="@weekend_plans",
            respond="mention",
            from_="anyone",
            system="Be a pirate.",
            voice=ChatVoiceConfig(show="both", wake_words=("hey",)),
        ),
        ChatConfig(id=-1001234567890, respond="off", from_=(5,)),
    )
    assert found.pacing.writes_per_second == 2


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("login/me", "{folder}/login/me", id="relative: from the file's folder"),
        pytest.param("/var/me", "/var/me", id="absolute"),
        pytest.param("~/me", "{home}/me", id="home"),
        pytest.param("~no-such-person/me", "{folder}/~no-such-person/me", id="nobody's home"),
    ],
)
def test_paths_are_from_the_files_folder(
    tmp_path: Path, written: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/olga")
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "folder"
    folder.mkdir()
    config = folder / "config.toml"
    config.write_text(GOOD.replace("[openai]", f'session = "{written}"\n[openai]'))
    found = load(Path("folder/config.toml"), None, {})
    expected = meant.format(folder=folder, home="/home/olga")
    assert str(found.settings.telegram.session) == expected
    assert found.settings.history.database == folder / "sessions/history.db"
    assert found.path == config


def test_a_path_inside_a_table_is_anchored_too(config: Path) -> None:
    server = '[telegram.server]\ndc = 2\nhost = "::1"\nport = 443\npublic_key = "server.pem"\n'
    found = loaded(config, server).settings.telegram.server
    assert found is not None
    assert found.public_key == config.parent / "server.pem"


@pytest.mark.parametrize("mark", ["🤖", "(AI)", "GPT-5.5", "👩‍💻 ИИ", "— ИИ"])
def test_a_mark_that_nothing_acts_by_is_taken(config: Path, mark: str) -> None:
    config.write_text(f'{GOOD}[trigger]\nmark = "{mark}"\n', encoding="utf-8")
    assert load(config, None, {}).settings.trigger.mark == mark


def test_a_byte_order_mark_and_windows_lines_are_fine(config: Path) -> None:
    config.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load(config, None, {}).origins["openai.api_key"] == "config.toml:6"


def test_without_a_path_the_variable_and_then_the_folder_count(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text(GOOD)
    monkeypatch.chdir(config.parent)
    assert load(None, None, {"USERBOT_CONFIG": ""}).path == config
    other = config.rename(config.with_name("other.toml"))
    assert load(None, None, {"USERBOT_CONFIG": str(other)}).path == other
    with pytest.raises(ConfigError, match="does not exist"):
        load(None, None, {})


# The environment.


def test_the_environment_wins_over_the_file(config: Path) -> None:
    found = loaded(config, environ=ENVIRONMENT)
    assert found.settings.telegram.api_id == 777
    assert found.settings.telegram.api_hash == "feedfeedfeedfeedfeedfeedfeedfeed"
    assert found.settings.openai.api_key == "sk-from-environment"
    assert found.settings.openai.base_url == "http://localhost:1/v1"
    assert found.origins["openai.api_key"] == "environment OPENAI_API_KEY"


def test_an_empty_variable_counts_as_unset(config: Path) -> None:
    found = loaded(config, environ=dict.fromkeys(ENVIRONMENT, " "))
    assert found.settings.openai.api_key == "sk-good-key"
    assert found.settings.openai.base_url is None


def test_the_environment_can_fill_an_empty_file(config: Path) -> None:
    config.write_text("")
    assert load(config, None, ENVIRONMENT).settings.telegram.api_id == 777


def test_the_environment_replaces_a_placeholder(config: Path) -> None:
    config.write_text('[telegram]\napi_id = 0\napi_hash = ""\n')
    assert load(config, None, ENVIRONMENT).settings.telegram.api_id == 777


@pytest.mark.parametrize("value", ["12a", "-5", "0", "٣", "9" * 30])
def test_a_variable_that_is_wrong_is_named(config: Path, value: str) -> None:
    (fault,) = faults(config, GOOD, environ={"TELEGRAM_API_ID": value})
    assert fault.where == "TELEGRAM_API_ID"
    assert value not in fault.message


# Where values come from.


def test_every_value_has_an_origin(config: Path) -> None:
    environ = {"OPENAI_BASE_URL": "http://localhost:1/v1"}
    text = PROFILED + '[telegram.server]\nhost="h"\ndc=1\nport=1\npublic_key="p"\n'
    origins = loaded(config, text, profile="production", environ=environ).origins
    assert origins["telegram.api_id"] == "config.toml:2"
    assert origins["telegram.server.host"] == "config.toml:32"
    assert origins["openai.base_url"] == "environment OPENAI_BASE_URL"
    assert origins["openai.model"] == "profile production (config.toml:20)"
    assert origins["trigger.from"] == "profile production (config.toml:22)"
    assert origins["trigger.prefix"] == "config.toml:9"
    assert origins["chats[1].id"] == "profile production (config.toml:24)"
    assert "chats[2].id" not in origins
    assert origins["pacing.burst"] == "default"
    assert origins["history.window_tokens"] == "default"


# Cost.


def test_loading_imports_nothing_heavy() -> None:
    code = (
        "import sys; from userbot.config import load; "
        "print(*sys.modules.keys() & {'telethon', 'openai', 'rich', 'typer'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
