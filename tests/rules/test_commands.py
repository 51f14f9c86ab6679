"""What the owner orders, and what he is told when it cannot be understood."""

from __future__ import annotations

import pytest

from userbot.rules.commands import (
    Bare,
    ChatCommand,
    ForgetPerson,
    Mistake,
    On,
    Setting,
    ShowHistory,
    parse,
    stem,
)
from userbot.types import Command


@pytest.mark.parametrize(
    ("name", "argument", "order"),
    [
        pytest.param("new", "", Bare.NEW, id="new"),
        pytest.param("history", "", ShowHistory(5), id="history"),
        pytest.param("history", "12", ShowHistory(12), id="history-count"),
        pytest.param("usage", "", Bare.USAGE, id="usage"),
        pytest.param("stop", "", Bare.STOP, id="stop"),
        pytest.param("retry", "", Bare.RETRY, id="retry"),
        pytest.param("off", "", Bare.OFF, id="off"),
        pytest.param("help", "", Bare.HELP, id="help"),
        pytest.param("help", "me please", Bare.HELP, id="help-whatever"),
        pytest.param("system", "", Setting("system"), id="system-shown"),
        pytest.param(
            "system",
            "You are a pirate.\nArr.",
            Setting("system", "You are a pirate.\nArr."),
            id="system-set",
        ),
        pytest.param("system", "default", Setting("system", ""), id="system-default"),
        pytest.param("system", "-", Setting("system", ""), id="system-dash"),
        pytest.param("model", "", Setting("model"), id="model-shown"),
        pytest.param("model", "gpt-5.5", Setting("model", "gpt-5.5"), id="model-set"),
        pytest.param("model", "Default", Setting("model", ""), id="model-default"),
        pytest.param("on", "", On(bare=True), id="on-without-more"),
        pytest.param("on", "all", On("all", "me"), id="on-when"),
        pytest.param("on", "contacts", On("mention", "contacts"), id="on-whom"),
        pytest.param("on", "Prefix  ANYONE", On("prefix", "anyone"), id="on-both"),
        pytest.param("on", "all ask anyone", On("all", "anyone", "ask"), id="on-and-ask"),
        pytest.param("on", "send", On("mention", "me", "send"), id="on-and-send"),
        pytest.param("on", "anyone all", On("all", "anyone"), id="on-in-any-order"),
        pytest.param("on", "default", Bare.AS_CONFIGURED, id="on-as-configured"),
        pytest.param("forget", "@vera_v", ForgetPerson("@vera_v"), id="forget-name"),
        pytest.param("forget", "7000000004", ForgetPerson(7000000004), id="forget-id"),
    ],
)
def test_an_order_is_understood(name: str, argument: str, order: ChatCommand) -> None:
    assert parse(Command(name, argument)) == order


@pytest.mark.parametrize(
    ("name", "argument", "mistake"),
    [
        pytest.param("histroy", "", Mistake("unknown", "histroy", "history"), id="typo"),
        pytest.param("x", "", Mistake("unknown", "x", "help"), id="nothing-like-it"),
        pytest.param("new", "please", Mistake("no_argument", "new"), id="a-word-too-many"),
        pytest.param("stop", "it", Mistake("no_argument", "stop"), id="stop-it"),
        pytest.param("history", "0", Mistake("history_count", "0"), id="none"),
        pytest.param("history", "21", Mistake("history_count", "21"), id="too-much"),
        pytest.param("history", "-3", Mistake("history_count", "-3"), id="negative"),
        pytest.param("history", "²", Mistake("history_count", "²"), id="odd-digit"),
        pytest.param("history", "9" * 99, Mistake("history_count", "9" * 99), id="huge"),
        pytest.param("forget", "", Mistake("forget_whom", ""), id="nobody"),
        pytest.param("forget", "Vera", Mistake("forget_whom", "Vera"), id="no-at"),
        pytest.param("forget", "-1001", Mistake("forget_whom", "-1001"), id="a-chat"),
        pytest.param("on", "contact", Mistake("on_word", "contact", "contacts"), id="on-typo"),
        pytest.param("on", "all mention", Mistake("on_word", "mention"), id="on-twice"),
        pytest.param("on", "off", Mistake("on_word", "off"), id="on-off"),
    ],
)
def test_a_mistake_is_named(name: str, argument: str, mistake: Mistake) -> None:
    assert parse(Command(name, argument)) == mistake


@pytest.mark.parametrize(
    ("prefix", "begins"),
    [("/gpt", "/gpt"), ("/ai", "/ai"), ("!ai", "/gpt"), ("hey bot", "/gpt")],
)
def test_commands_follow_a_slash_prefix(prefix: str, begins: str) -> None:
    assert stem(prefix) == begins
