"""Whatever is said and done there, nothing leaves into a chat before its owner's yes."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.harness import Stage, listed
from tests.path.voice.notes import EN, until
from userbot.sandbox.endpoint import Reply
from userbot.sandbox.state import Message

SEED = int(os.environ.get("FUZZ_SEED", "1"))
SHORT, LONG = 80, 2_000
NO_YES = ["no", "нет", "-", "again", "заново, короче", "/gpt why?", "/gpt_usage"]
SAID = ["hello", "/gpt", "/gpt when?", "/gpt -n -e low when?", "/gpt_on", "yes", "@olga when?", "…"]
WRITES = ("sendMessage", "editMessage", "sendMedia", "setTyping", "sendMultiMedia")


class Acts:
    """What people do, at random."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self.stage = stage
        self.pick = random.Random(seed)
        self.said: list[Message] = []
        self.acts: list[Callable[[], None]] = [
            *[self.says] * 6,
            self.replies,
            self.speaks,
            self.edits,
            self.deletes,
            self.owner_asks,
            self.owner_says,
            *[self.owner_answers] * 3,
            self.owner_orders,
        ]

    async def play(self, count: int) -> None:
        for _ in range(count):
            self.pick.choice(self.acts)()
            await asyncio.sleep(self.pick.choice((0, 0, 0.01, 0.05)))

    def friend(self) -> Any:
        return self.pick.choice((self.stage.max, self.stage.lena, self.stage.vera))

    def where(self) -> Any:
        return self.pick.choice((self.stage.group, self.stage.club, self.stage.olga))

    def says(self) -> None:
        self.said.append(self.friend().says(self.where(), self.pick.choice(SAID)))

    def replies(self) -> None:
        if self.said:
            above = self.pick.choice(self.said)
            if not above.deleted and above.chat in (self.stage.group, self.stage.club):
                self.said.append(self.friend().says(above.chat, "and this?", reply_to=above))

    def speaks(self) -> None:
        self.said.append(self.friend().sends_voice(self.where(), EN))

    def edits(self) -> None:
        texts = [one for one in self.said if one.media is None and not one.deleted]
        if texts:
            one = self.pick.choice(texts)
            one.sender.edits(one, f"{self.pick.choice(SAID)} {self.pick.random()}")  # type: ignore[attr-defined]

    def deletes(self) -> None:
        standing = [one for one in self.said if not one.deleted]
        if standing:
            one = self.pick.choice(standing)
            one.sender.deletes(one)  # type: ignore[attr-defined]

    def owner_asks(self) -> None:
        self.stage.olga.says(self.pick.choice((self.stage.group, self.stage.club)), "/gpt when?")

    def owner_says(self) -> None:
        self.stage.olga.says(self.pick.choice((self.stage.group, self.stage.club)), "I am here.")

    def owner_answers(self) -> None:
        requests = self.stage.olga.messages(self.stage.olga)
        if requests:
            above = self.pick.choice(requests)
            if not above.deleted:
                self.stage.olga.says(self.stage.olga, self.pick.choice(NO_YES), reply_to=above)
            self.stage.olga.says(
                self.stage.olga, "yes", reply_to=requests[-1], marks={"via_bot_id": 5}
            )
        self.stage.olga.says(self.stage.olga, "yes")

    def owner_orders(self) -> None:
        where = self.pick.choice((self.stage.group, self.stage.club))
        order = self.pick.choice(("/gpt_on all anyone", "/gpt_on ask", "/gpt_off", "/gpt_stop"))
        self.stage.olga.says(where, order)


class SaysYes(Acts):
    """The owner also says yes, or something else in its stead. `approved`: what may leave by it."""

    def __init__(self, stage: Stage, seed: int) -> None:
        super().__init__(stage, seed)
        self.approved: set[str] = set()
        self.acts += [self.owner_decides] * 4

    def owner_decides(self) -> None:
        saved = self.stage.olga.messages(self.stage.olga)
        requests = [one for one in saved if one.text.startswith("❓") and not one.deleted]
        if requests:
            self.owner_says_yes(self.pick.choice(requests))

    def owner_says_yes(self, request: Message) -> None:
        word = self.pick.choice(("yes", "да", "My own."))
        self.stage.olga.says(self.stage.olga, word, reply_to=request)
        _head, wanted = request.text.split("\n\n", 1)
        self.approved.add(word if word == "My own." else wanted)


async def only_what_was_approved_leaves(stage: Stage, seed: int, count: int) -> None:
    print(f"FUZZ_SEED={seed}")
    number = iter(range(10**6))
    stage.endpoint.responder = lambda _: f"At {next(number)}."
    everywhere: list[Any] = [stage.group, stage.club, stage.max, stage.lena, stage.vera]
    program = await stage.program(
        [listed(one.id, answer="ask", draft_after=0) for one in everywhere],
        approvals={"ring": False},
        trigger={"edits": True, "own_prompt": "edit", "burst_seconds": 0.02},
        limits={"tell": True, "requests_per_minute": 10**6, "answers_per_hour": 10**6},
    )
    stage.lena.says(stage.club, "when?")
    await program.tells("asked")  # the first request of a process takes long
    acts = SaysYes(stage, seed)
    await acts.play(count)
    last = stage.vera.says(stage.olga, "is it still on?").id_for(stage.olga)
    await program.tells("asked", message=last)
    saved = partial(stage.olga.messages, stage.olga)
    await until(lambda: any("still on?" in one.text for one in saved()))
    acts.owner_says_yes(next(one for one in saved() if "still on?" in one.text))
    await program.tells("answered", message=last)
    left = [call.request for call in stage.telegram.calls if is_write_elsewhere(stage, call)]
    assert [one.message for one in left if one.message not in acts.approved] == []
    assert left != []
    assert not program.events("failed", reason="internal")


def is_write_elsewhere(stage: Stage, call: Any) -> bool:
    """Whether the program writes, not into Saved Messages."""
    if not call.method.endswith(WRITES):
        return False
    peer = call.request.peer
    saved = getattr(peer, "user_id", None) == stage.olga.id
    return not saved and type(peer).__name__ != "InputPeerSelf"


async def nothing_leaves(stage: Stage, seed: int, count: int) -> None:
    print(f"FUZZ_SEED={seed}")
    stage.endpoint.responder = lambda _: Reply("At eight.", chunks=("At ", "eight."))
    everywhere: list[Any] = [stage.group, stage.club, stage.max, stage.lena, stage.vera]
    voices = [{"show": "both", "answer_as": "voice"}, {"show": "transcript", "answer_as": "same"}]
    chats = [
        listed(one.id, answer="ask", draft_after=0, voice=voices[number % 2])
        for number, one in enumerate(everywhere)
    ]
    program = await stage.program(
        chats,
        approvals={"ring": False},
        trigger={"edits": True, "own_prompt": "edit", "stand_down": True, "burst_seconds": 0.02},
        limits={"tell": True, "requests_per_minute": 4, "answers_per_hour": 10**6},
        reading={"search": "me"},
    )
    stage.lena.says(stage.club, "when?")
    await program.tells("asked")  # the first request of a process takes long
    await Acts(stage, seed).play(count)
    last = stage.lena.says(stage.club, "is it still on?")
    message = last.id_for(stage.olga)
    ends = ("asked", "limited", "ignored")  # the owner may have ended it there
    await until(lambda: any(program.events(kind, message=message) for kind in ends))
    await stage.all_arrives()
    assert [one for one in stage.telegram.calls if is_write_elsewhere(stage, one)] == []
    assert not program.events("failed", reason="internal")


async def test_whatever_is_said_and_done_nothing_leaves_before_a_yes(stage: Stage) -> None:
    await nothing_leaves(stage, SEED, SHORT)


async def test_where_the_owner_says_yes_that_leaves_and_nothing_else(stage: Stage) -> None:
    await only_what_was_approved_leaves(stage, SEED, SHORT)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEED, SEED + 5))
async def test_a_long_day_without_a_yes(stage: Stage, seed: int) -> None:
    await nothing_leaves(stage, seed, LONG)
