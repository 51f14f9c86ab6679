"""Who may have which tool called, and when the owner is asked before."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from tests.questions import ANNA, OWNER, question
from userbot.rules.policy import Allowed
from userbot.rules.tool_rights import ServerRights, offered, reaches_out, verdict
from userbot.settings import ToolsConfig
from userbot.types import Person, Question, ToolDefinition

FRIEND = Person(id=601, name="Finn", contact=True)
WHO = {"owner": OWNER, "listed": ANNA, "contact": FRIEND, "stranger": Person(id=9, name="Nobody")}
ALLOWED: dict[str, Allowed] = {
    "me": "me",
    "contacts": "contacts",
    "list": frozenset({ANNA.id}),
    "anyone": "anyone",
}
CHATS: dict[str, tuple[str, ...] | None] = {"any": None, "there": ("web",), "excluded": ("git",)}
CONFIG = ToolsConfig(
    name="web",
    command=("web",),
    read=("fetch", "news"),
    ask=("post",),
    allow=("note",),
    open=("news",),
)


def definition(name: str, **also: Any) -> ToolDefinition:
    return ToolDefinition(
        server="web", name=name, title=name, description="", parameters={}, **also
    )


# who, whom the server serves, the chat, the tool, whose words, its definition -> what comes of it.
# The first row that fits counts; * fits everything.
TABLE = """
    *        *        excluded  *       *      *       absent
    *        *        *         unnamed *      *       absent
    owner    *        *         *       *      changed ask
    owner    *        *         read    *      *       run
    owner    *        *         news    *      *       run
    owner    *        *         fetch   own    *       run
    owner    *        *         fetch   others *       ask
    owner    *        *         address own    *       run
    owner    *        *         address others *       ask
    owner    *        *         post    *      *       ask
    owner    *        *         note    own    *       run
    owner    *        *         note    others *       ask
    *        me       *         *       *      *       absent
    stranger contacts *         *       *      *       absent
    listed   contacts *         *       *      *       absent
    stranger list     *         *       *      *       absent
    contact  list     *         *       *      *       absent
    *        *        *         *       *      changed ask
    *        *        *         read    *      *       run
    *        *        *         news    *      *       run
    *        *        *         *       *      *       ask
"""
ROWS = [line.split() for line in TABLE.splitlines() if line.strip()]
NAMES = ("fetch", "read", "address", "news", "post", "note", "unnamed")
CASES = list(product(WHO, ALLOWED, CHATS, NAMES, ("own", "others"), ("known", "changed")))


def expected(*case: str) -> str:
    for *row, outcome in ROWS:
        if all(cell in ("*", value) for cell, value in zip(row, case, strict=True)):
            return outcome
    raise AssertionError(case)


def outcome(who: str, whom: str, chat: str, tool: str, words: str, known: str) -> str:
    """`read` and `address` are the tool "fetch" where its server says that it stays at home."""
    name = "fetch" if tool in ("read", "address") else tool
    described = definition(name, open_world=tool not in ("read", "address"), only_reads=True)
    arguments = {"where": ["https://evil.example/?q=1"]} if tool == "address" else {"what": "this"}
    rights = ServerRights(CONFIG, ALLOWED[whom])
    right = offered(rights, name, asked_by(WHO[who]), CHATS[chat])
    if right is None:
        return "absent"
    return verdict(
        right,
        own=words == "own" and who == "owner",  # whoever else asks, his words are not the owner's
        changed=known == "changed",
        reaches_out=reaches_out(rights, described, arguments),
    )


def asked_by(person: Person) -> Question:
    return question("What is new?", sender=person)


def test_who_has_what_called_is_as_the_table_says() -> None:
    assert len(CASES) > 1000
    wrong = {case: outcome(*case) for case in CASES if outcome(*case) != expected(*case)}
    assert not wrong, wrong
    reached = {expected(*case) for case in CASES}
    assert reached == {"absent", "ask", "run"}


def test_nothing_that_may_change_something_runs_by_itself_unless_every_word_is_the_owners() -> None:
    for case in CASES:
        who, _whom, _chat, tool, words, known = case
        if tool in ("post", "note") and outcome(*case) == "run":
            assert (who, tool, words, known) == ("owner", "note", "own", "known")


@pytest.mark.parametrize("hint", [True, False])
def test_what_a_server_says_of_a_tool_gives_it_no_right(hint: bool) -> None:
    rights = ServerRights(CONFIG, "me")
    mine = asked_by(OWNER)
    assert offered(rights, "wipe", mine, None) is None
    said = definition("post", only_reads=hint, open_world=not hint)
    right = offered(rights, said.name, mine, None)
    assert right == "ask"
    assert verdict(right, own=True, changed=False, reaches_out=False) == "ask"


@pytest.mark.parametrize(
    ("arguments", "is_address"),
    [
        ({"zone": "Europe/Berlin"}, False),
        ({"files": ["src/main.py", "a.com.txt"]}, False),
        ({"path": "/home/olga/notes"}, False),
        ({"count": 5, "deep": {"list": [1, None, True]}}, False),
        ({"version": "1.2.3"}, False),
        ({"url": "https://evil.example"}, True),
        ({"url": "HTTP://evil"}, True),
        ({"host": "www.evil.example"}, True),
        ({"host": "10.0.0.1"}, True),
        ({"to": "eve@evil.example"}, True),
        ({"remote": "git@evil.example:x.git"}, True),
        ({"path": "//evil/share"}, True),
        ({"deep": {"list": [{"x": ["see ftp://evil"]}]}}, True),
        ({"https://evil.example": 1}, True),
    ],
)
def test_an_address_among_the_arguments_reaches_out(arguments: Any, is_address: bool) -> None:
    rights = ServerRights(CONFIG, "me")
    at_home = definition("fetch", open_world=False)
    assert reaches_out(rights, at_home, arguments) is is_address
    assert reaches_out(rights, replace(at_home, open_world=True), arguments)
    assert not reaches_out(rights, replace(at_home, name="news"), arguments)


def test_what_is_too_deep_to_look_through_counts_as_an_address() -> None:
    deep: Any = "here"
    for _ in range(50):
        deep = [deep]
    assert reaches_out(
        ServerRights(CONFIG, "me"), definition("fetch", open_world=False), {"a": deep}
    )
