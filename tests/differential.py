"""Two programs, an old commit and this one, told the same by the same people: what differs?

    make differential OLD=<commit> [ARGS='--seeds 5']

Each runs as a process against a sandbox of its own. Compared are the requests that write, by chat
and with their texts, what the model was asked, and the events with their reasons. Of a message that
grew only the last text counts: how often it was shown depends on the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import difflib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cli.processes import ROOT, environment
from tests.harness import Stage, listed
from userbot.sandbox.accounts import Account
from userbot.sandbox.state import Group, Message

EN = (Path(__file__).parent / "data" / "voice_en.ogg").read_bytes()
ACTS = 30
"""What people do with one seed."""
QUIET = 1.0
"""Seconds without a request, after which an act is taken to be over."""
MOST_LOOKS = 30
"""So often it is looked whether an act is over; then the next begins."""
UNTOLD = {"ready", "waiting", "stopped"}
CAUGHT_UP = "caught_up"
"""Events that depend on the machine: what is said right after a start is pushed or looked up."""
WRITES = ("sendMessage", "editMessage", "sendMedia", "deleteMessages")


@dataclass
class Seen:
    """What one program did, as lines of text, by what they are about."""

    lines: dict[str, list[str]] = field(default_factory=dict)

    def add(self, about: str, line: str) -> None:
        self.lines.setdefault(about, []).append(line)


async def observed(tree: Path, seed: int) -> Seen:
    """Let people do what a seed says, with the program of a source tree."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        await stage.open()
        stage.endpoint.understands(EN, "What time does the last train leave?")
        chats = [listed(stage.group.id), listed(stage.max.id), listed("saved")]
        own = {"own_prompt": "edit"} if seed % 2 else {}
        # What is said in a row is one question on a busy machine too: it is not answered before.
        stage.endpoint.faults.add("late_first_token", seconds=0.5, times=None)
        trigger = {"burst_seconds": 1.5, "edits": bool(seed % 3), **own}
        file = stage.write_config(chats, trigger=trigger, pacing={"edit_seconds": 0.5})
        async with running(tree, file) as told:
            play = Play(stage, random.Random(seed))
            for _ in range(ACTS):
                play.act()
                await quiet(stage, told)
        seen = summed_up(stage, told)
        await stage.close()
        return seen


class Play:
    """What people do next; the same with the same dice, as long as the program does the same."""

    def __init__(self, stage: Stage, dice: random.Random) -> None:
        self.stage = stage
        self.dice = dice
        self.said: list[tuple[Account, Message]] = []

    def act(self) -> None:
        """One of them does something."""
        stage, dice = self.stage, self.dice
        who: Account = dice.choice([stage.max, stage.lena, stage.vera, stage.olga])
        where: Account | Group = dice.choice([stage.group, stage.club])
        if dice.random() < 0.3:
            where = stage.olga
        number = len(self.said)
        kind = dice.choice(
            ["ask", "ask", "ask", "reply", "edit", "delete", "voice", "burst", "order"]
        )
        if kind in ("edit", "delete", "reply") and not self.said:
            kind = "ask"
        if kind == "edit":
            author, message = dice.choice(self.said)
            if message.text and not message.deleted:
                author.edits(message, f"/gpt {number}, as it reads now")
        elif kind == "delete":
            author, message = dice.choice(self.said)
            if not message.deleted:
                author.deletes(message)
        elif kind == "order":
            words = dice.choice(["/gpt_usage", "/gpt_new", "/gpt_history", "/gpt_help"])
            stage.olga.says(stage.group, words)
        elif kind == "voice":
            self.said.append((who, who.sends_voice(where, EN)))
        elif kind == "burst":
            who.says(where, "/gpt first of all,")
            self.said.append((who, who.says(where, f"/gpt question {number}")))
        else:
            prefix = "/gpt " if dice.random() < 0.7 else ""
            above = None
            if kind == "reply":
                where = stage.group
                above = next(reversed(stage.olga.messages(where)), None)
            said = who.says(where, f"{prefix}question {number}", reply_to=above)
            self.said.append((who, said))


@asynccontextmanager
async def running(tree: Path, file: Path) -> AsyncIterator[list[dict[str, Any]]]:
    """`userbot run --json` of a source tree; gives what it tells, as it comes."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "userbot", "run", "--json", "--config", str(file)),
        cwd=file.parent,
        env={**environment(file.parent), "PYTHONPATH": str(tree)},
        stdout=asyncio.subprocess.PIPE,
    )
    told: list[dict[str, Any]] = []
    ready = asyncio.Event()

    async def read() -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            told.append(json.loads(line))
            ready.set()
        ready.set()

    reading = asyncio.create_task(read())
    await ready.wait()
    if process.returncode is not None:
        raise SystemExit(f"the program of {tree} did not start")
    try:
        yield told
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.wait()
        await reading


async def quiet(stage: Stage, told: list[dict[str, Any]]) -> None:
    """Until nothing is under way, and nothing has happened for a while."""
    before = None
    for _ in range(MOST_LOOKS):
        now = (len(stage.telegram.calls), len(stage.endpoint.requests), len(told))
        if now == before and not under_way(told):
            return
        before = now
        await asyncio.sleep(QUIET)


def under_way(told: list[dict[str, Any]]) -> set[tuple[int, int]]:
    """The questions of which no end was told, each by its chat and message."""
    last = {(one["chat"], one["message"]): one["event"] for one in told if "message" in one}
    return {question for question, event in last.items() if event in ("heard", "answering")}


def summed_up(stage: Stage, told: list[dict[str, Any]]) -> Seen:
    """What is compared."""
    seen, last = Seen(), ""
    for call in stage.telegram.calls:
        method = call.method.rpartition(".")[2]
        if call.account is not stage.olga or method not in WRITES:
            continue
        request = call.request.to_dict()
        peer = request.get("peer") or request.get("channel") or {}
        ids = [value for name, value in peer.items() if name.endswith("_id")]
        about = f"requests in {ids}"
        message = f"{about} {request.get('id')}" if method == "editMessage" else ""
        if message and message == last:
            seen.lines[about].pop()  # it grew
        last = message
        seen.add(about, f"{method} {request.get('id')} {request.get('message')!r}")
    for body in stage.endpoint.requests:
        seen.add("the model", json.dumps(body, ensure_ascii=False, sort_keys=True))
    for event in told:
        reason = event.get("reason", "")
        if event["event"] not in UNTOLD and reason != CAUGHT_UP:
            about = f"events in {event.get('chat')}"
            seen.add(about, f"{event['event']} {event.get('message')} {reason}")
    return seen


def differences(old: Seen, new: Seen) -> list[str]:
    """What differs, as lines of a diff."""
    found: list[str] = []
    for about in dict.fromkeys([*old.lines, *new.lines]):
        sides = old.lines.get(about, []), new.lines.get(about, [])
        found += difflib.unified_diff(*sides, f"old: {about}", f"new: {about}", lineterm="", n=1)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("old", help="the commit to compare with")
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "old"
        git = ("git", "-C", str(ROOT), "worktree")
        subprocess.run([*git, "add", "-q", "--detach", str(tree), given.old], check=True)
        try:
            differ = [seed for seed in range(given.seeds) if not same(tree, seed)]
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)
    sys.exit(f"seeds that differ: {differ}" if differ else 0)


def same(tree: Path, seed: int) -> bool:
    """Run both with a seed, and print what differs."""
    old = asyncio.run(observed(tree, seed))
    new = asyncio.run(observed(ROOT, seed))
    found = differences(old, new)
    count = sum(map(len, new.lines.values()))
    print(f"seed {seed}: {count} lines, {len(found)} of differences", flush=True)
    print("\n".join(line[:300] for line in found))
    return not found


if __name__ == "__main__":
    os.environ.pop("OPENAI_API_KEY", None)
    main()
