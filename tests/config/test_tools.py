"""[[tools]]: what is refused, each fault with its line and what to do; what stays hidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.files import GOOD, HASH, faults, loaded
from userbot.config import load

TIME = '[[tools]]\nname = "time"\ncommand = ["mcp-server-time"]\n'
NOTES = '[[tools]]\nname = "notes"\nurl = "https://notes.example/mcp"\n'


def test_a_server_has_the_rights_that_its_block_gives(config: Path) -> None:
    text = (
        f'{TIME}who = ["@finn", 5]\nread = ["now"]\nask = ["set"]\nopen = ["now"]\n'
        f'{NOTES}headers = {{ Authorization = "Bearer abcd" }}\n'
        '[[chats]]\nid = 1\nrespond = "all"\nfrom = "me"\ntools = ["notes"]\n'
    )
    settings = loaded(config, text).settings
    first, second = settings.tools
    assert (first.name, first.command, first.who) == ("time", ("mcp-server-time",), ("@finn", 5))
    assert (first.read, first.ask, first.allow, first.open) == (("now",), ("set",), (), ("now",))
    assert second.who == "me", "the owner alone, where nothing is said"
    assert settings.chats[0].tools == ("notes",)
    assert "abcd" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        pytest.param('[[tools]]\nname = "time"', 7, "command or url is missing", "url", id="how"),
        pytest.param('[[tools]]\ncommand = ["x"]', 7, "name is missing", "", id="no name"),
        pytest.param(f'{TIME}url = "https://x.example"', 10, "command is given", "one", id="both"),
        pytest.param(
            '[[tools]]\nname = "time"\ncommand = "x"', 9, "must be a list of texts", "", id="text"
        ),
        pytest.param(
            '[[tools]]\nname = "My__Server"\nurl = "https://x.example"',
            8,
            "small letters",
            "time",
            id="name",
        ),
        pytest.param(TIME + TIME, 11, "this name is taken", "own name", id="same name"),
        pytest.param(
            '[[tools]]\nname = "n"\nurl = "notes.example"', 9, "web address", "https", id="url"
        ),
        pytest.param(
            '[[tools]]\nname = "n"\nurl = "https://[x/mcp"', 9, "web address", "https", id="half"
        ),
        pytest.param(
            '[[tools]]\nname = "n"\nurl = "http://notes.example"', 9, "others", "https", id="plain"
        ),
        pytest.param(f'{TIME}headers = {{ A = "b" }}', 10, "belongs to a url", "env", id="headers"),
        pytest.param(f'{NOTES}env = {{ A = "b" }}', 10, "to a command", "headers", id="env"),
        pytest.param(f"{TIME}env = {{ A = 5 }}", 10, "must be a text in quotes", "", id="number"),
        pytest.param(f'{TIME}env = {{ "A B" = "b" }}', 10, "names of variables", "", id="variable"),
        pytest.param(
            f'{NOTES}headers = {{ A = "b\\nc" }}', 10, "names of headers", "", id="header"
        ),
        pytest.param(f'{TIME}read = ["a"]\nask = ["a"]', 11, "right already: read", "", id="two"),
        pytest.param(
            f'{TIME}ask = ["a"]\nopen = ["a"]', 11, "not listed under read", "", id="open"
        ),
        pytest.param(f'{TIME}who = "everybody"', 10, '"me", "contacts"', "", id="whom"),
        pytest.param(f'{TIME}who = ["finn"]', 10, "is neither", "@", id="person"),
        pytest.param(f'{TIME}reads = ["a"]', 10, 'no key "reads"', "read", id="key"),
        pytest.param("[tools]\nname = 1", 7, "must be blocks", "two brackets", id="one bracket"),
        pytest.param(
            f'{TIME}[[chats]]\nid = 1\nrespond = "all"\nfrom = "me"\ntools = ["tme"]',
            14,
            "no [[tools]] has that name",
            "time",
            id="chat",
        ),
    ],
)
def test_what_is_wrong_with_a_server_is_told_with_its_line(
    config: Path, text: str, line: int, message: str, hint: str
) -> None:
    fault = faults(config, f"{GOOD}{text}\n")[0]
    assert fault.where.startswith(f"config.toml:{line}")
    assert message in fault.message, fault
    assert hint in fault.hint


def test_a_config_that_holds_a_servers_key_is_kept_private(config: Path) -> None:
    secret = f'{TIME}env = {{ API_KEY = "abcd-efgh" }}\n'
    environ = {"TELEGRAM_API_ID": "777", "TELEGRAM_API_HASH": HASH, "OPENAI_API_KEY": "sk-x-y-z"}
    for text, private in ((secret, True), (TIME, False)):
        config.write_text(text, encoding="utf-8")
        assert load(config, None, environ).holds_secret is private
