"""Who × where × how, over real sockets: what is answered, and silence wherever it is due.

The table says what the contract says, in other words than the rules do. One program serves many
chats at once, so that the whole matrix takes seconds.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from tests.harness import Program, Stage, listed
from userbot.sandbox.accounts import Account
from userbot.sandbox.state import Group, Message

RESPOND = ("all", "mention", "prefix", "off")
FROM = ("me", "contacts", "anyone", "list")
HOW = {
    "words": "so what is a turn?",
    "prefix": "/gpt what is a turn?",
    "prefix in capitals": "/GPT what is a turn?",
    "bare prefix": "/gpt",
    "half a prefix": "/gptx what is a turn?",
    "another bot's": "/gpt@other_bot what is a turn?",
    "prefix inside": "he said /gpt what is a turn?",
    "command": "/gpt_new",
    "mention": "@olga what is a turn?",
    "reply": "and then?",
    "prefixed reply": "/gpt and then?",
}
ASKS = {"prefix", "prefix in capitals", "prefixed reply"}
NEVER = {"bare prefix", "command"}


@dataclass(frozen=True)
class Case:
    """One message of the matrix, and whether it is to be answered."""

    who: str
    where: str
    how: str
    said: Message
    answered: bool


class Matrix:
    """Says everything, waits for every verdict, and compares."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.people = {
            "owner": stage.olga,
            "contact": stage.max,
            "listed": stage.lena,
            "stranger": stage.vera,
        }
        self.cases: list[Case] = []

    def allowed(self, who: str, whom: str) -> bool:
        """Whether a chat's `from` lets somebody in."""
        return {
            "me": False,
            "contacts": who == "contact",
            "anyone": True,
            "list": who == "listed",
        }[whom]

    def answered(self, who: str, respond: str | None, whom: str, how: str, private: bool) -> bool:
        """What the contract says."""
        if who == "owner":
            return how in ASKS
        if how in NEVER or respond == "off" or not self.allowed(who, whom):
            return False
        if how in ASKS or respond == "all":
            return True
        if respond is None:
            return False
        if how == "reply":
            return True
        return respond == "mention" and (private or how == "mention")

    def say(
        self,
        who: str,
        where: Account | Group,
        respond: str | None,
        whom: str,
        how: str,
        base: Message | None,
    ) -> None:
        """Say one thing, and note what is due."""
        if who == "owner" and how in NEVER:
            return  # his own commands and his help are another matter
        private = isinstance(where, Account)
        reply_to = base if "reply" in how else None
        said = self.people[who].says(where, HOW[how], reply_to=reply_to)
        due = self.answered(who, respond, whom, how, private)
        self.cases.append(Case(who, f"{respond}/{whom}/{private}", how, said, due))

    async def compare(self, program: Program, more: int) -> None:
        """Every case has its verdict; answers stand where they are due, and nowhere else."""
        stage = self.stage
        expected = {case.said.id_for(stage.olga): case for case in self.cases}
        kinds = ("answered", "failed", "limited", "skipped", "ignored")
        async with asyncio.timeout(60):
            while True:
                ended = [event for event in program.told if event.event in kinds]
                if len(ended) >= len(self.cases) + more:
                    break
                await asyncio.sleep(0.02)
        assert not program.events("failed")
        assert not program.events("limited")
        assert len(expected) > 0
        everything = [message for message in stage.telegram.state.messages if not message.action]
        answers = [m for m in everything if m.reply_to is not None and m.sender is stage.olga]
        replied_to = [m.reply_to for m in answers]
        wrong = [
            f"{case.who} {case.where} {case.how}: "
            + ("silence" if case.answered else "an answer where silence is due")
            for case in self.cases
            if (case.said in replied_to) != case.answered
        ]
        assert not wrong, "\n".join(wrong)
        due = sum(case.answered for case in self.cases) + more
        sends = [call for call in stage.telegram.calls if call.method == "messages.sendMessage"]
        assert len(sends) == due, "one send an answer, and none besides"
        assert len(program.events("heard")) == due


def trigger(whom: Any) -> dict[str, Any]:
    return {
        "trigger": {"from": whom, "burst_seconds": 0},
        "limits": {
            "requests_per_minute": 10**6,
            "tokens_per_day": 10**9,
            "answers_per_hour": 10**6,
        },
        "pacing": {"writes_per_second": 10**6, "burst": 10**6},
    }


async def base_answers(stage: Stage, program: Program, chats: list[Group]) -> dict[int, Message]:
    """An answer of ours in each chat, to reply to."""
    found = {}
    asked = {chat.id: stage.olga.says(chat, "/gpt begin") for chat in chats}
    for chat in chats:
        found[chat.id] = await stage.max.expects(chat, reply_to=asked[chat.id])
    while len(program.events("answered")) < len(chats):
        await asyncio.sleep(0.01)
    return found


@pytest.mark.parametrize("large", [False, True], ids=["basic groups", "supergroups"])
@pytest.mark.long
async def test_in_listed_groups(stage: Stage, large: bool) -> None:
    matrix = Matrix(stage)
    stage.olga.knows(stage.max)
    members = list(matrix.people.values())
    add = stage.telegram.add_supergroup if large else stage.telegram.add_group
    chats: list[tuple[Group, str, str]] = []
    blocks: list[Any] = []
    for respond in RESPOND:
        for whom in FROM:
            group = add(f"{respond} {whom}", creator=stage.olga, members=members)
            chats.append((group, respond, whom))
            allowed: Any = (stage.lena.id,) if whom == "list" else whom
            blocks.append(listed(group.id, respond, allowed))
    program = await stage.program(blocks, **trigger("me"))
    bases = await base_answers(stage, program, [group for group, _, _ in chats])
    for group, respond, whom in chats:
        for who in matrix.people:
            for how in HOW:
                matrix.say(who, group, respond, whom, how, bases[group.id])
    assert len(matrix.cases) > 600
    await matrix.compare(program, len(chats))


@pytest.mark.parametrize("whom", FROM)
async def test_in_groups_that_are_not_listed(stage: Stage, whom: str) -> None:
    matrix = Matrix(stage)
    stage.olga.knows(stage.max)
    allowed: Any = (stage.lena.id,) if whom == "list" else whom
    program = await stage.program(**trigger(allowed))
    bases = await base_answers(stage, program, [stage.group, stage.club])
    for group in (stage.group, stage.club):
        for who in matrix.people:
            for how in HOW:
                matrix.say(who, group, None, whom, how, bases[group.id])
    await matrix.compare(program, 2)


@pytest.mark.parametrize("respond", [*RESPOND, None])
async def test_in_private_chats(stage: Stage, respond: str | None) -> None:
    matrix = Matrix(stage)
    stage.olga.knows(stage.max)
    others = {who: person for who, person in matrix.people.items() if who != "owner"}
    rules = {"contact": "contacts", "listed": "list", "stranger": "contacts"}
    blocks = []
    for who, person in others.items():
        allowed: Any = (stage.lena.id,) if rules[who] == "list" else rules[who]
        if respond is not None:
            blocks.append(listed(person.id, respond, allowed))
    program = await stage.program(blocks, **trigger("contacts"))
    for who, person in others.items():
        whom = rules[who] if respond is not None else "contacts"
        for how in HOW:
            if "reply" not in how:
                matrix.say(who, stage.olga, respond, whom, how, None)
                said = HOW[how]
                if how not in NEVER:
                    mine = stage.olga.says(person, said)
                    matrix.cases.append(Case("owner", f"{respond}", how, mine, how in ASKS))
    await matrix.compare(program, 0)


@pytest.mark.parametrize("respond", [*RESPOND, None])
async def test_in_saved_messages(stage: Stage, respond: str | None) -> None:
    matrix = Matrix(stage)
    blocks = [] if respond is None else [listed("saved", respond, "me")]
    program = await stage.program(blocks, **trigger("me"))
    for how in HOW:
        if how in NEVER or "reply" in how:
            continue
        said = stage.olga.says(stage.olga, HOW[how])
        due = how in ASKS or respond in ("all", "mention")
        matrix.cases.append(Case("owner", f"saved {respond}", how, said, due))
    await matrix.compare(program, 0)


async def test_whoever_is_blocked_gets_nothing_however_it_is_asked(stage: Stage) -> None:
    matrix = Matrix(stage)
    stage.olga.blocks(stage.vera)
    program = await stage.program([listed(stage.group.id)], **trigger("anyone"))
    bases = await base_answers(stage, program, [stage.group])
    for how in HOW:
        said = stage.vera.says(
            stage.group, HOW[how], reply_to=bases[stage.group.id] if "reply" in how else None
        )
        matrix.cases.append(Case("blocked", "all/anyone", how, said, False))
    await matrix.compare(program, 1)
