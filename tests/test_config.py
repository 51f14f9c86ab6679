"""config.toml: what is read, what is refused, and that no secret is ever told."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
import zoneinfo
from pathlib import Path
from typing import Any

import pytest
import tomli
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from userbot.config import Loaded, check_modes, load
from userbot.errors import ConfigError, Fault
from userbot.settings import Chat, ChatVoice, Limits, Settings, Telegram

EXAMPLE = Path(__file__).parent.parent / "config.toml.example"
HASH = "a3406de8d171bb422bb6ddf3bbd800e2"
GOOD = f"""\
[telegram]
api_id = 94575
api_hash = "{HASH}"

[openai]
api_key = "sk-good-key"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


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
    return caught.value.faults


# What is read.


def test_a_short_file_is_enough_and_everything_else_has_its_default(config: Path) -> None:
    found = loaded(config)
    assert found.settings.telegram.api_id == 94575
    assert found.settings.openai.api_key == "sk-good-key"
    assert found.settings.limits == Limits()
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
        Chat(
            id="@weekend_plans",
            respond="mention",
            from_="anyone",
            system="Be a pirate.",
            voice=ChatVoice(show="both", wake_words=("hey",)),
        ),
        Chat(id=-1001234567890, respond="off", from_=(5,)),
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

ENVIRONMENT = {
    "TELEGRAM_API_ID": "777",
    "TELEGRAM_API_HASH": "feedfeedfeedfeedfeedfeedfeedfeed",
    "OPENAI_API_KEY": " sk-from-environment\n",
    "OPENAI_BASE_URL": "http://localhost:1/v1",
}


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


# Profiles.

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


def test_in_a_profile_tables_merge_by_key_and_lists_are_replaced(config: Path) -> None:
    found = loaded(config, PROFILED, profile="production").settings
    assert found.openai.model == "gpt-5.5"
    assert found.openai.api_key == "sk-good-key"
    assert found.trigger.from_ == ("@finn",)
    assert found.trigger.prefix == "/gpt"
    assert [chat.id for chat in found.chats] == [3]
    assert found.limits.requests_per_minute == 1


def test_without_a_profile_none_counts_and_the_variable_names_one(config: Path) -> None:
    assert loaded(config, PROFILED).settings.openai.model == "gpt-5.4-mini"
    chosen = loaded(config, PROFILED, environ={"USERBOT_PROFILE": "production"}).settings
    assert chosen.openai.model == "gpt-5.5"
    assert loaded(config, PROFILED, environ={"USERBOT_PROFILE": ""}).settings.chats[0].id == 1


@pytest.mark.parametrize(
    ("profile", "hint"),
    [
        pytest.param("produktion", "production, test. Did you mean", id="nearly"),
        pytest.param("x", "production, test.", id="not at all"),
    ],
)
def test_an_unknown_profile_is_refused_with_those_there_are(
    config: Path, profile: str, hint: str
) -> None:
    (fault,) = faults(config, GOOD + PROFILED, profile=profile)
    assert profile in fault.message
    assert hint in fault.hint


@pytest.mark.parametrize("text", ["", "[profile]", "[[profile]]\nx = 1"])
def test_a_profile_of_a_file_without_any_is_refused(config: Path, text: str) -> None:
    (fault,) = faults(config, GOOD + text, profile="production")
    assert fault.hint == "The file has no [profile.NAME] at all."


def test_a_fault_in_a_profile_has_its_line_there(config: Path) -> None:
    text = GOOD + PROFILED.replace("gpt-5.5-mini", "")
    (fault,) = faults(config, text, profile="test")
    assert fault.where == "config.toml:30"
    assert "[openai] model must be" in fault.message


@pytest.mark.parametrize("address", ["s3cret", "ftp://s3cret@h", "http://", "socks5://h:99999", ""])
@pytest.mark.parametrize("table", ["telegram", "openai"])
def test_a_proxy_that_is_none_is_told_before_it_is_used(
    config: Path, table: str, address: str
) -> None:
    text = GOOD.replace(f"[{table}]", f'[{table}]\nproxy = "{address}"')
    (fault,) = faults(config, text)
    assert fault.message == f"[{table}] proxy is no address of a proxy"
    assert "s3cret" not in fault.message + fault.hint
    assert fault.hint


@pytest.mark.parametrize("address", ["http://u:p@h:3128", "https://h", "socks5://[::1]:1080"])
def test_a_proxy_of_the_models_is_a_web_address_or_socks(config: Path, address: str) -> None:
    assert loaded(config, f'proxy = "{address}"\n').settings.openai.proxy == address


@pytest.mark.parametrize("profile", [None, "production"])
def test_a_profile_that_is_not_chosen_is_checked_too(config: Path, profile: str | None) -> None:
    text = GOOD + PROFILED + 'modle = "x"\n[profile.third]\nvoice = 1\nlimits.burst = 2\n'
    assert [fault.where for fault in faults(config, text, profile=profile)] == [
        "config.toml:31",
        "config.toml:33",
        "config.toml:34",
    ]
    broken = GOOD.replace("api_id", "api_idd") + PROFILED
    told = [fault.where for fault in faults(config, broken, profile=profile)]
    assert len(told) == len(set(told)), "what is wrong for all is told once"


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


# The file as a whole.


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        pytest.param(b"", "is empty", "userbot init", id="empty"),
        pytest.param(b"# nothing\n\n", "is empty", "userbot init", id="only a comment"),
        pytest.param(b"\x80\x81SQLite", "not text in UTF-8", "UTF-8", id="binary"),
        pytest.param("a = 1".encode("utf-16"), "not text in UTF-8", "UTF-8", id="utf-16"),
        pytest.param(b"#" * 1_000_001, "too large", "userbot init", id="huge"),
        pytest.param(b"a = " + b"[" * 5000, "far too long", "", id="nested without end"),
        pytest.param(b"a = " + b"1" * 5000, "far too long", "", id="endless number"),
    ],
)
def test_a_file_that_is_no_config_is_one_plain_sentence(
    config: Path, content: bytes, message: str, hint: str
) -> None:
    (fault,) = faults(config, content)
    assert message in fault.message
    assert hint in fault.hint
    assert fault.where == "config.toml"


@pytest.mark.parametrize(
    ("text", "where", "message", "hint"),
    [
        pytest.param("[a]\nb = \n", "2:5", "invalid value", "quotes", id="no value"),
        pytest.param("[a]\nb = tru\n", "2:5", "invalid value", "quotes", id="text without quotes"),
        pytest.param("a = 1\na = 2\n", "2:", "second time", "Keep one", id="key twice"),
        pytest.param("[a]\n[a]\n", "2:", "second time", "Keep one", id="section twice"),
        pytest.param('a = "C:\\quux"\n', "1:", "not valid TOML", "In a path", id="backslash"),
        pytest.param('a = "x\n', "1:", "not valid TOML", "quote is missing", id="open text"),
        pytest.param("[a\n", "1:", "expected ']'", "toml.io", id="open header"),
    ],
)
def test_a_syntax_error_has_line_column_and_a_guess(
    config: Path, text: str, where: str, message: str, hint: str
) -> None:
    (fault,) = faults(config, text)
    assert fault.where.startswith(f"config.toml:{where}")
    assert message in fault.message
    assert hint in fault.hint


def test_a_missing_file_points_to_init(tmp_path: Path) -> None:
    for path in (tmp_path / "no.toml", tmp_path / "no" / "config.toml"):
        with pytest.raises(ConfigError, match="does not exist") as caught:
            load(path, None, {})
        assert "userbot init" in caught.value.hint


def test_a_folder_is_no_config(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a folder"):
        load(tmp_path, None, {})


@pytest.mark.parametrize("name", ["nul\0", "x" * 300])
def test_an_impossible_name_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / name, None, {})


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_told(config: Path) -> None:
    config.write_text(GOOD)
    config.chmod(0)
    with pytest.raises(ConfigError, match="may not be read"):
        load(config, None, {})


# Faults inside the file.


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        # keys
        pytest.param("[opanai]", 7, "there is no section [opanai]", "[openai]?", id="section"),
        pytest.param("[zzz]", 7, "there is no section [zzz]", "There are", id="odd section"),
        pytest.param("[chat]\nx=1", 7, "no section [chat]", "[chats]?", id="section by half"),
        pytest.param("[trigger]\nprefiks = 1", 8, 'no key "prefiks"', '"prefix"?', id="key"),
        pytest.param("[trigger]\napi_id = 1", 8, "no key", "[telegram]", id="key astray"),
        pytest.param("[trigger]\nzzzzzz = 1", 8, "no key", "Here stand", id="odd key"),
        pytest.param("[trigger]\nk3y = 1", 8, 'no key "…"', "", id="key like a secret"),
        pytest.param("[limits.prices]\nin = 1", 8, "[limits.prices] has no", "input", id="nested"),
        # types
        pytest.param(
            "[pacing]\nwrites_per_second = true", 8, "above 0, not true or false", "", id="bool"
        ),
        pytest.param('[pacing]\nburst = "2"', 8, "not text", "without quotes", id="quoted number"),
        pytest.param("[pacing]\nburst = 2.5", 8, "not a number with a", "", id="fraction"),
        pytest.param("[pacing]\nburst = 0", 8, "a whole number of at least 1", "", id="too small"),
        pytest.param("[pacing]\nwrites_per_second = inf", 8, "a number above 0", "", id="endless"),
        pytest.param("[pacing]\nwrites_per_second = nan", 8, "a number above 0", "", id="nan"),
        pytest.param("[catch_up]\nmax_age_minutes = 1e9", 8, "from 0 to 525600", "", id="too big"),
        pytest.param("[trigger]\nedits = 'no'", 8, "true or false", "without quotes", id="no bool"),
        pytest.param("[trigger]\nprefix = 3", 8, "a text in quotes", "", id="no text"),
        pytest.param("[trigger]\nprefix = ' '", 8, "that is not empty", "", id="blank text"),
        pytest.param("[history]\ndatabase = 1", 8, "a path in quotes, not", "", id="no path"),
        pytest.param("[history]\ndatabase = ''", 8, "a path in quotes", "", id="empty path"),
        pytest.param("[history]\ndatabase = 1979-05-27", 8, "not a date", "", id="date"),
        pytest.param("[voice]\nwake_words = [1]", 8, "a list of texts", "", id="list"),
        pytest.param("[voice]\nwake_words = 'x'", 8, "a list of texts, not text", "", id="no list"),
        pytest.param(
            "[trigger]\nfrom = 'contact'", 8, '"me", "contacts" or', '"contacts"?', id="word"
        ),
        pytest.param(
            "[trigger]\nfrom = '@nora'", 8, "a list of @names", "brackets", id="lone name"
        ),
        pytest.param("[trigger]\nfrom = {a = 1}", 8, "not a table", "", id="table as value"),
        pytest.param("trigger = 1", 1, "[trigger] must be a table", "", id="value as table"),
        pytest.param("[limits]\npeople = [1]", 8, "[limits.people] must be a table", "", id="dict"),
        # chats
        pytest.param(
            "chats = 5",
            1,
            "[[chats]] must be blocks, not a whole",
            "two brackets",
            id="chats as a value",
        ),
        pytest.param(
            "[chats]\nid = 5", 7, "[[chats]] must be blocks", "two brackets", id="one bracket"
        ),
        pytest.param("chats = [5]", 1, "[[chats]] must be a table", "two brackets", id="no blocks"),
        pytest.param(
            '[[chats]]\nid=5\nrespond="al"\nfrom="me"',
            9,
            "[[chats]] respond",
            '"all"?',
            id="respond",
        ),
        pytest.param('[[chats]]\nid=5\nrespond="all"', 7, "from is missing", "me", id="no from"),
        pytest.param('[[chats]]\nid=5\nfrom="me"', 7, "respond is missing", "all", id="no respond"),
        pytest.param('[[chats]]\nrespond="all"\nfrom="me"', 7, "id is missing", "", id="no id"),
        pytest.param(
            '[[chats]]\nid=5\nrespond="all"\nfrom="me"\nvoice={x=1}',
            11,
            "[[chats]] voice has no key",
            "",
            id="inline table",
        ),
        # sense
        pytest.param("[openai]\n", 7, "second time", "", id="section twice"),
        pytest.param("[trigger]\nprefix = '/gpt '", 8, "begin and end", "", id="prefix with space"),
        pytest.param(
            "[trigger]\nfrom = ['me']", 8, "must list @names", "stands alone", id="me in list"
        ),
        pytest.param("[trigger]\nfrom = [\n'nora']", 9, "list @names", "begins with @", id="no @"),
        pytest.param(
            "[trigger]\nfrom = ['@nora', '@ed']",
            8,
            "entry 2 is neither",
            "A name is",
            id="too short",
        ),
        pytest.param(
            "[trigger]\nfrom = ['@nora', -5]", 8, "entry 2 is no person's", "", id="chat as person"
        ),
        pytest.param("[limits]\ntimezone = 'Europe/Berln'", 8, "no time zone", "Berlin", id="zone"),
        pytest.param("[limits]\ntimezone = 'Europe'", 8, "no time zone", "", id="half a zone"),
        pytest.param("[limits]\ntimezone = '../x'", 8, "no time zone", "Write", id="odd zone"),
        pytest.param(
            "[voice]\nbase_url = 'localhost'", 8, "a web address", "http://", id="address"
        ),
        pytest.param("[voice]\napi_key = 'sk-…'", 8, "placeholder", "", id="placeholder"),
        # limits that would not limit
        pytest.param(
            "[limits]\ncost_per_day = 5", 8, "cost_per_day needs prices", "input", id="no prices"
        ),
        pytest.param(
            "[limits.people.nora]\ntokens_per_day = 5", 7, "takes @names and ids", "@name", id="who"
        ),
    ],
)
def test_a_fault_has_its_line_and_a_suggestion(
    config: Path, text: str, line: int, message: str, hint: str
) -> None:
    inside_a_section = "[" in text.partition("=")[0]
    (fault,) = faults(config, GOOD + text if inside_a_section else f"{text}\n{GOOD}")
    assert re.match(rf"config\.toml:{line}(:\d+)?$", fault.where)
    assert message in fault.message
    assert hint in fault.hint


@pytest.mark.parametrize(
    ("chat", "hint"),
    [
        pytest.param('"weekend"', "begins with @", id="name without @"),
        pytest.param('"-100123"', "without quotes", id="quoted number"),
        pytest.param('"https://t.me/weekend"', "after t.me/", id="link"),
        pytest.param('"Our weekend!"', "userbot chats", id="title"),
        pytest.param("0", "userbot chats", id="nothing"),
        pytest.param("99999999999999999999", "userbot chats", id="number that is too big"),
    ],
)
def test_a_chat_is_named_by_name_number_or_saved(config: Path, chat: str, hint: str) -> None:
    (fault,) = faults(config, f'{GOOD}[[chats]]\nid = {chat}\nrespond = "all"\nfrom = "me"\n')
    assert hint in fault.hint
    assert fault.where == "config.toml:8"


def test_a_chat_has_one_block(config: Path) -> None:
    block = '[[chats]]\nid = "{}"\nrespond = "all"\nfrom = "me"\n'
    names = ("@weekend", "saved", "@Weekend")
    (fault,) = faults(config, GOOD + "".join(block.format(name) for name in names))
    assert fault.where == "config.toml:16"
    assert "has a block already" in fault.message


def test_all_faults_are_told_at_once_in_the_order_of_the_file(config: Path) -> None:
    text = """\
[limits]
timezone = "Nowhere"
cost_per_day = 1
[telegram]
api_id = 0
api_hash = 5
[[chats]]
id = "weekend"
from = true
[opanai]
"""
    found = faults(config, text)
    assert [fault.where.removeprefix("config.toml") for fault in found] == [
        "", ":2", ":3", ":5", ":6", ":7", ":8", ":9", ":10",
    ]  # fmt: skip
    assert "[openai] api_key is missing" in found[0].message


def test_a_system_without_time_zones_is_told_what_to_install(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tzdata", None)
    zoneinfo.reset_tzpath(to=[])
    try:
        (fault,) = faults(config, GOOD + '[limits]\ntimezone = "Antarctica/Vostok"')
    finally:
        zoneinfo.reset_tzpath()
    assert "tzdata" in fault.hint


# What must be there.


def test_api_id_and_hash_are_asked_for_wherever_they_may_stand(config: Path) -> None:
    found = faults(config, '[openai]\napi_key = "sk-good-key"\n')
    assert [fault.where for fault in found] == ["config.toml", "config.toml"]
    assert all("is missing" in fault.message for fault in found)
    assert "TELEGRAM_API_ID" in found[0].hint
    assert "TELEGRAM_API_HASH" in found[1].hint


@pytest.mark.parametrize("api_id", ["0", "12345", "1234567"])
@pytest.mark.parametrize(
    "api_hash", ["", "your api hash", "…", "<hash>", "0123456789abcdef0123456789abcdef"]
)
def test_a_placeholder_is_refused(config: Path, api_id: str, api_hash: str) -> None:
    text = f'[telegram]\napi_id = {api_id}\napi_hash = "{api_hash}"\n[openai]\napi_key = "sk-…"\n'
    found = faults(config, text)
    assert [fault.where for fault in found] == [f"config.toml:{line}" for line in (2, 3, 5)]
    assert all("placeholder" in fault.message for fault in found)


def test_a_server_of_ones_own_takes_any_api_id(config: Path) -> None:
    server = '[telegram.server]\ndc = 2\nhost = "h"\nport = 1\npublic_key = "p"\n'
    text = GOOD.replace("94575", "12345") + server
    config.write_text(text)
    assert load(config, None, {}).settings.telegram.api_id == 12345
    assert faults(config, text.replace("12345", "0"))


@pytest.mark.parametrize("openai", ["", '[openai]\napi_key = ""\n'])
def test_a_key_is_needed_only_to_ask_a_model_that_wants_one(config: Path, openai: str) -> None:
    text = GOOD.partition("[openai]")[0] + openai
    (fault,) = faults(config, text)
    assert "[openai] api_key is missing" in fault.message
    assert load(config, None, {}, need_key=False).settings.openai.base_url is None
    assert load(config, None, {"OPENAI_BASE_URL": "http://localhost:1/v1"})
    assert load(config, None, {"OPENAI_API_KEY": "sk-key"})


# Secrets.

SECRET = "sk-Zq7-4242424242"
PLACES = [
    "[telegram]\napi_id = '{}'",
    "[telegram]\napi_id = 5\napi_hash = ['{}']",
    "[telegram]\nsession = {{x = '{}'}}",
    "[telegram]\n{} = 1",
    "[{}]",
    "{} = 1",
    "{}",
    "[openai]\napi_key = {}",
    "[openai]\napi_key = '{}",
    "[openai]\napi_key = '{} '",
    "[openai]\napi_key = '{}'\napi_key = '{}'",
    "[openai]\nbase_url = '{}'\nmodel = 5",
    "[openai]\nstream = '{}'\ntimeout = '{}'",
    "[trigger]\nfrom = '{}'\nprefix = ' {}'",
    "[trigger]\nfrom = ['{}']",
    "[[chats]]\nid = '{}'\nrespond = '{}'\nfrom = '{}'\nvoice = {{ '{}' = 1 }}",
    "[limits]\ntimezone = '{}'\npeople = {{ '{}' = {{ x = 1 }} }}",
    "[limits.people.'{}']\nx = 1",
    "[console]\nlanguage = '{}'",
    "x = {{ {} = 1, {} = 2 }}",
    "[{}]\n[{}]",
    "[profile.{}]\n[profile.{}.openai]",
]


@pytest.mark.parametrize("place", PLACES)
def test_no_fault_tells_a_secret(config: Path, place: str) -> None:
    text = place.replace("{}", SECRET).replace("{{", "{").replace("}}", "}")
    for fault in faults(config, text, profile="other"):
        told = f"{fault.where} {fault.message} {fault.hint}".lower()
        assert "zq7" not in told
        assert "4242" not in told


def test_nothing_that_is_loaded_shows_a_secret(config: Path) -> None:
    text = f'[voice]\napi_key = "{SECRET}"\n'
    environ = {"OPENAI_API_KEY": SECRET, "TELEGRAM_API_HASH": SECRET}
    shown = repr(loaded(config, text, environ=environ))
    assert SECRET not in shown
    assert HASH not in shown


# Whatever the file holds, it is a config or a ConfigError.

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
        assert fault.where.startswith("config.toml")
        assert fault.message


@fuzzed
@given(st.binary(max_size=200))
def test_random_bytes_never_crash_it(config: Path, content: bytes) -> None:
    survives(config, content)
    survives(config, GOOD.encode() + content)


KEYS = sorted(
    {
        name
        for section in (*dataclasses.fields(Settings), dataclasses.fields(Chat)[0])
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


# Files' modes.

posix = pytest.mark.skipif(os.name != "posix", reason="modes are a matter of POSIX")


@posix
def test_what_others_may_read_is_repaired_and_told_once(config: Path) -> None:
    found = loaded(config)
    config.chmod(0o644)
    config.parent.chmod(0o755)
    folder = config.parent / "sessions"
    folder.mkdir()
    folder.chmod(0o755)
    session, database = folder / "me.session", folder / "history.db"
    for file in (session, database):
        file.touch()
        file.chmod(0o644)
    told = check_modes(found)
    assert [str(path) in sentence for path, sentence in zip(
        (config, folder, session, database), told, strict=True
    )] == [True] * 4  # fmt: skip
    assert [path.stat().st_mode & 0o777 for path in (config, folder, session, database)] == [
        0o600, 0o700, 0o600, 0o600,
    ]  # fmt: skip
    assert config.parent.stat().st_mode & 0o777 == 0o755
    assert check_modes(found) == ()


@posix
def test_a_config_without_secrets_may_be_read_by_others(config: Path) -> None:
    config.write_text("[telegram]\nsession = 'me'\n[history]\ndatabase = 'h.db'\n")
    config.chmod(0o644)
    assert check_modes(load(config, None, ENVIRONMENT)) == ()
    assert config.stat().st_mode & 0o777 == 0o644


@posix
def test_what_cannot_be_kept_from_others_is_told(config: Path) -> None:
    (config.parent / "sessions").write_text("a file where a folder should be")
    told = check_modes(loaded(config))
    assert any("cannot be kept from others" in sentence for sentence in told)


# The example.


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
    usual = Settings(telegram=Telegram(api_id=94575, api_hash=HASH))
    assert dataclasses.replace(found.settings.openai, api_key=None) == usual.openai
    for section in ("voice", "trigger", "chats", "limits", "pacing", "catch_up", "console"):
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
    usual = getattr(Settings(telegram=Telegram(api_id=1, api_hash="x")), section)
    found = getattr(usual, "from_" if name == "from" else name)
    found = list(found) if isinstance(found, tuple) else found
    assert (str(found) if isinstance(found, Path) else found) == value


# Cost.


def test_loading_imports_nothing_heavy() -> None:
    code = (
        "import sys; from userbot.config import load; "
        "print(*sys.modules.keys() & {'pydantic', 'telethon', 'openai', 'rich', 'typer'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
