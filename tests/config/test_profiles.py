"""`--profile`: separate settings in one file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.files import GOOD, PROFILED, faults, loaded


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
    assert fault.hint == "The file has no [profile.NAME]: add one, or use no profile."


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
    assert fault.message == f"[{table}] proxy: not a proxy address"
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
