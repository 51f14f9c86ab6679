"""No secret is told, and none may be read by others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.config.files import ENVIRONMENT, HASH, faults, loaded
from userbot.config import check_modes, load

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
    assert any("cannot be made private" in sentence for sentence in told)
