"""What is refused: every fault at once, each with its line and what to do."""

from __future__ import annotations

import os
import re
import sys
import zoneinfo
from pathlib import Path

import pytest

from tests.config.files import GOOD, HASH, faults
from userbot.config import load
from userbot.errors import ConfigError

# The file as a whole.


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        pytest.param(b"", "is empty", "userbot init", id="empty"),
        pytest.param(b"# nothing\n\n", "is empty", "userbot init", id="only a comment"),
        pytest.param(b"\x80\x81SQLite", "not UTF-8 text", "UTF-8", id="binary"),
        pytest.param("a = 1".encode("utf-16"), "not UTF-8 text", "UTF-8", id="utf-16"),
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
    assert (fault.where, fault.message.count("config.toml")) == ("", 1), "it is named once"


@pytest.mark.parametrize(
    ("text", "where", "message", "hint"),
    [
        pytest.param("[a]\nb = \n", "2:5", "invalid value", "quotes", id="no value"),
        pytest.param("[a]\nb = tru\n", "2:5", "invalid value", "quotes", id="text without quotes"),
        pytest.param("a = 1\na = 2\n", "2:", "appears twice", "Remove one", id="key twice"),
        pytest.param("[a]\n[a]\n", "2:", "appears twice", "Remove one", id="section twice"),
        pytest.param('a = "C:\\quux"\n', "1:", "not valid TOML", "In a path", id="backslash"),
        pytest.param(
            'a = "x\n', "1:", "not valid TOML", "quotation mark may be missing", id="open text"
        ),
        pytest.param("[a\n", "1:", "] is missing", "toml.io", id="open header"),
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
        assert str(caught.value) == f"the config file {path} does not exist"
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
        pytest.param("[zzz]", 7, "there is no section [zzz]", "The sections are", id="odd section"),
        pytest.param("[chat]\nx=1", 7, "no section [chat]", "[chats]?", id="section by half"),
        pytest.param("[trigger]\nprefiks = 1", 8, 'no key "prefiks"', '"prefix"?', id="key"),
        pytest.param("[trigger]\nfrom_ = 'me'", 8, 'no key "from_"', '"from"?', id="as in Python"),
        pytest.param("[trigger]\napi_id = 1", 8, "no key", "[telegram]", id="key astray"),
        pytest.param("[trigger]\nzzzzzz = 1", 8, "no key", "The keys here are", id="odd key"),
        pytest.param("[trigger]\nk3y = 1", 8, 'no key "…"', "", id="key like a secret"),
        pytest.param("[limits.prices]\nin = 1", 8, "[limits.prices] has no", "input", id="nested"),
        pytest.param(
            "[limits.prices]\nbig = 1", 8, "has no key", "[limits.prices.NAME]", id="price"
        ),
        pytest.param(
            "[limits.prices.big]\ninput = '1'",
            8,
            "[limits.prices.big] input must be",
            "without",
            id="n",
        ),
        pytest.param(
            "[limits.prices.big]\nin = 1", 8, "[limits.prices.big] has no key", "", id="key"
        ),
        pytest.param(
            "[limits.prices.big]\ninput = -1", 8, "at least 0", "", id="less than nothing"
        ),
        pytest.param(
            "[limits.prices.gpt-5.5]\ninput = 1", 7, "has no key", '"gpt-5.5"', id="dot, price"
        ),
        pytest.param("[models]\ngpt-5.5 = 'x'", 8, "must be a text", '"gpt-5.5"', id="dot, name"),
        pytest.param("[limits.prices.input]\nbig = 1", 7, "must be a number", "", id="no model"),
        pytest.param(
            "[models]\nbig = 'm'\n[limits.prices.Big]\n[limits.prices.m]",
            10,
            "same model",
            "",
            id="2",
        ),
        # texts that act
        pytest.param('[trigger]\nmark = "/ban"', 8, "mark must not begin", "(AI)", id="command"),
        pytest.param('[trigger]\nmark = "/gpt"', 8, "mark must not begin", "(AI)", id="prefix"),
        pytest.param(
            '[trigger]\nprefix = "ai"\nmark = "AI"', 9, "mark must not begin", "🤖", id="own prefix"
        ),
        pytest.param('[trigger]\nmark = "by @max"', 8, "mark must not begin", "🤖", id="name"),
        pytest.param('[trigger]\nmark = "made.ai"', 8, "contain an address", "🤖", id="address"),
        pytest.param('[trigger]\nmark = "!ai"', 8, "mark must not begin", "🤖", id="bots obey"),
        pytest.param(
            f'[trigger]\nmark = "{"x" * 17}"', 8, "at most 16 characters", "🤖", id="long mark"
        ),
        pytest.param('[trigger]\nmark = "a\\nb"', 8, "on one line", "🤖", id="two lines"),
        pytest.param('[trigger]\nmark = " "', 8, "on one line", "🤖", id="blank mark"),
        pytest.param('[trigger]\nmark = "\\u202e"', 8, "on one line", "🤖", id="unseen mark"),
        pytest.param("[models]\n'a b' = 'x'", 8, "cannot be written", "One word", id="two words"),
        pytest.param("[models]\n'-big' = 'x'", 8, "cannot be written", "One word", id="a dash"),
        pytest.param(
            "[models]\nbig = 'x'\nBig = 'y'", 9, "[models] Big: this", "remove", id="twice"
        ),
        pytest.param(
            "[models]\nbig = 5", 8, "[models] big must be a text", "", id="model, no text"
        ),
        pytest.param(
            "[models]\nbig = ' '", 8, "[models] big must be a text", "", id="model, blank"
        ),
        pytest.param("models = 'big'", 1, "[models] must be a table", "", id="models, no table"),
        # types
        pytest.param(
            "[pacing]\nwrites_per_second = true",
            8,
            "a number, not true or false",
            "",
            id="bool",
        ),
        pytest.param('[pacing]\nburst = "2"', 8, "not text", "without quotes", id="quoted number"),
        pytest.param("[pacing]\nburst = 2.5", 8, "not a number with a", "", id="fraction"),
        pytest.param("[pacing]\nburst = 0", 8, "burst must be at least 1", "", id="too small"),
        pytest.param("[pacing]\nwrites_per_second = inf", 8, "a finite number", "", id="endless"),
        pytest.param("[pacing]\nwrites_per_second = nan", 8, "a finite number", "", id="nan"),
        pytest.param("[pacing]\nwrites_per_second = 0", 8, "must be above 0", "", id="nothing"),
        pytest.param("[catch_up]\nmax_age_minutes = 1e9", 8, "at most 525600", "", id="too big"),
        pytest.param("[trigger]\nedits = 'no'", 8, "true or false", "without quotes", id="no bool"),
        pytest.param("[trigger]\nprefix = 3", 8, "a text in quotes", "", id="no text"),
        pytest.param("[trigger]\nprefix = ' '", 8, "not empty", "", id="blank text"),
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
        pytest.param("[openai]\n", 7, "appears twice", "", id="section twice"),
        pytest.param(
            "[trigger]\nprefix = '/gpt '",
            8,
            "begin or end with a space",
            "",
            id="prefix with space",
        ),
        pytest.param(
            "[trigger]\nfrom = ['me']",
            8,
            "must list @names",
            "write the word alone",
            id="me in list",
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
            "[trigger]\nfrom = ['@nora', -5]",
            8,
            "entry 2 is not a person's",
            "",
            id="chat as person",
        ),
        pytest.param(
            "[limits]\ntimezone = 'Europe/Berln'", 8, "not a known time zone", "Berlin", id="zone"
        ),
        pytest.param(
            "[limits]\ntimezone = 'Europe'", 8, "not a known time zone", "", id="half a zone"
        ),
        pytest.param(
            "[limits]\ntimezone = '../x'", 8, "not a known time zone", "Example", id="odd zone"
        ),
        pytest.param(
            "[voice]\nbase_url = 'localhost'", 8, "a web address", "http://", id="address"
        ),
        pytest.param("[voice]\napi_key = 'sk-…'", 8, "placeholder", "", id="placeholder"),
        # limits that would not limit
        pytest.param(
            "[limits]\ncost_per_day = 5", 8, "cost_per_day needs prices", "input", id="no prices"
        ),
        pytest.param(
            "[voice]\nanswer_as = 'same'\n[limits]\ncost_per_day = 5\n"
            "[limits.prices]\ninput = 1\noutput = 1",
            10,
            "cost_per_day needs the price of spoken answers",
            "audio_minute",
            id="no price of spoken answers",
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
    assert "already has a block" in fault.message


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
    for name in {"tzdata", *(one for one in sys.modules if one.startswith("tzdata."))}:
        monkeypatch.setitem(sys.modules, name, None)
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


def test_a_server_of_ones_own_takes_any_api_id_and_api_hash(config: Path) -> None:
    server = '[telegram.server]\ndc = 2\nhost = "h"\nport = 1\npublic_key = "p"\n'
    example = "0123456789abcdef0123456789abcdef"
    text = GOOD.replace("94575", "12345").replace(HASH, example) + server
    config.write_text(text)
    telegram = load(config, None, {}).settings.telegram
    assert (telegram.api_id, telegram.api_hash) == (12345, example)
    assert faults(config, text.replace("12345", "0"))


@pytest.mark.parametrize("openai", ["", '[openai]\napi_key = ""\n'])
def test_a_key_is_needed_only_to_ask_a_model_that_wants_one(config: Path, openai: str) -> None:
    text = GOOD.partition("[openai]")[0] + openai
    (fault,) = faults(config, text)
    assert "[openai] api_key is missing" in fault.message
    assert load(config, None, {}, need_key=False).settings.openai.base_url is None
    assert load(config, None, {"OPENAI_BASE_URL": "http://localhost:1/v1"})
    assert load(config, None, {"OPENAI_API_KEY": "sk-key"})


def searching(reading: str = "", block: str = "", *, elsewhere: str = "me", chat: str = "1") -> str:
    """A file in which a chat that everybody may ask in is searched, or not."""
    lines = [GOOD.rstrip(), f'[trigger]\nfrom = "{elsewhere}"', f"[reading]\n{reading}"]
    whom = f'[[chats]]\nid = {chat}\nrespond = "all"\nfrom = "anyone"\n{block}'
    return "\n".join([*lines, whom])


def test_in_saved_messages_there_is_nothing_to_say_yes_to(config: Path) -> None:
    (fault,) = faults(config, searching(block='answer = "ask"', chat='"saved"'))
    assert "[[chats]] answer: only you read Saved Messages" in fault.message
    assert fault.where.endswith(":15")


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        pytest.param(searching(block='search = "askers"'), 15, "[[chats]] search", id="its own"),
        pytest.param(searching('search = "askers"'), 14, "[[chats]] from", id="inherited"),
        pytest.param(searching('search = "askers"', 'search = "me"'), 0, "", id="its own wins"),
        pytest.param(searching('search = "me"'), 0, "", id="the owner alone"),
        pytest.param(searching('search = "askers"', chat='"saved"'), 0, "", id="only the owner"),
        pytest.param(
            searching('search = "askers"', 'search = "off"', elsewhere="anyone"),
            10,
            "[reading] search",
            id="chats that are not listed",
        ),
    ],
)
def test_where_everybody_may_ask_nobody_but_the_owner_searches(
    config: Path, text: str, line: int, key: str
) -> None:
    if not key:
        config.write_text(text)
        assert load(config, None, {})
        return
    (fault,) = faults(config, text)
    assert fault.where == f"config.toml:{line}"
    assert fault.message.startswith(key)
    assert 'search = "me"' in fault.hint


@pytest.mark.parametrize(
    ("recap", "message", "hint"),
    [
        pytest.param('at = "8"\nchats = [1]', "must be a time of day", "08:00", id="no time"),
        pytest.param('at = "24:00"\nchats = [1]', "must be a time of day", "", id="no such time"),
        pytest.param("at = 8\nchats = [1]", "must be a text in quotes", "", id="a number"),
        pytest.param('at = "08:00"', "at needs chats", "chats = [", id="of no chats"),
        pytest.param('chats = ["weekend"]', "entry 1 is neither", "with @", id="no @"),
        pytest.param("chats = [1, 0]", "entry 2 is neither", "userbot chats", id="no id"),
        pytest.param("max_messages = 0", "at least 1", "", id="nothing"),
    ],
)
def test_a_recap_that_comes_by_itself_names_its_time_and_chats(
    config: Path, recap: str, message: str, hint: str
) -> None:
    (fault,) = faults(config, f"{GOOD}[recap]\n{recap}")
    assert message in fault.message
    assert hint in fault.hint
