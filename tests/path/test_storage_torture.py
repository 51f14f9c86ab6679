"""Trouble with the database from any one step of a question on: each step, each kind of trouble.

Whatever happens, the program says what is wrong, answers nothing that it cannot record, and answers
the question exactly once when the trouble is over, or at the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.path.test_storage_trouble import kept, spoil
from tests.path.voice.notes import EN
from tests.quick_clock import QuickClock
from tests.stage import Program, Stage, listed
from userbot.errors import StorageError
from userbot.events import Answered, Failed, Skipped, Waiting
from userbot.sandbox.state import Message
from userbot.settings import PacingConfig, TriggerConfig
from userbot.storage import backup, store

TEXT = (
    "admit",
    "see",
    "erased",
    "mark",
    "changed_elsewhere",
    "exchanges",
    "standing",
    "whole",
    "longest_answer",
    "reserve",
    "said",
    "record",
    "confirm",
    "rewrite",
    "settle",
)
"""What the store does for one question and its answer, shown as it grows."""
VOICE = (
    "admit",
    "see",
    "erased",
    "mark",
    "find",
    "reserve",
    "spend",
    "keep",
    "changed_elsewhere",
    "exchanges",
    "standing",
    "whole",
    "longest_answer",
    "said",
    "record",
    "confirm",
    "rewrite",
    "settle",
)
READING = {
    "erased",
    "find",
    "changed_elsewhere",
    "exchanges",
    "standing",
    "whole",
    "longest_answer",
}
LOST = [
    *(("storage_damaged", step) for step in sorted({*TEXT, *VOICE})),
    *(("storage_readonly", step) for step in sorted({*TEXT, *VOICE} - READING)),
]
"""What ends the program, and from which step on."""
SEVERAL = {"admit", "spend", "said", "settle"}
"""Steps that change several rows at once."""
SECONDS = (0.1, 1, 5, 20)
"""How long another program keeps the database to itself."""
_QUICK = 40

_HOLD = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
for line in sys.stdin:
    db.execute("BEGIN EXCLUSIVE" if line == "hold\\n" else "ROLLBACK")
    print("done", flush=True)
"""


class Probe:
    """Sees every statement of the program's connection, and begins the trouble at a step."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.at = ""
        self.last = False
        """At the step's last statement instead of its first."""
        self.later = 0
        """Not the first time that it is done, but so many times after."""
        self.begins: Callable[[], None] = lambda: None
        self.unreadable = False
        self.connection: Any = None

    def arm(
        self, step: str, begins: Callable[[], None], *, last: bool = False, later: int = 0
    ) -> None:
        self.at, self.last, self.later, self.begins = step, last, later, begins

    def before(self, connection: sqlite3.Connection, statement: str) -> None:
        self.connection = connection
        step = _step()
        first = not connection.in_transaction
        if first:
            self.steps.append(step)
        if step == self.at and (statement == "COMMIT" if self.last else first):
            self.later -= 1
            if self.later < 0:
                self.at = ""
                self.begins()
        if self.unreadable and first and not statement.startswith(("BEGIN", "INSERT", "UPDATE")):
            # As when the log has to be recovered: then readers wait as well.
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error


def _step() -> str:
    """The method of the store that the path has called."""
    frame, name = sys._getframe(2), ""
    while frame is not None and (frame.f_back is not None):
        if "/userbot/storage/" in frame.f_code.co_filename:
            name = frame.f_code.co_name
        elif name and "contextlib" not in frame.f_code.co_filename:
            break
        frame = frame.f_back
    return name


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> Probe:
    probe, connect = Probe(), sqlite3.connect

    class Watched(sqlite3.Connection):
        def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
            probe.before(self, statement)
            return super().execute(statement, *values)

    class Watching:
        """The module, with connections that are watched."""

        def __getattr__(self, name: str) -> Any:
            return getattr(sqlite3, name)

        def connect(self, *where: Any, **how: Any) -> sqlite3.Connection:
            return connect(*where, factory=Watched, **how)

    monkeypatch.setattr(store, "sqlite3", Watching())
    return probe


class Asker:
    """Max asks in the group, in writing or aloud, one question after the other."""

    def __init__(self, stage: Stage, probe: Probe, *, aloud: bool) -> None:
        self.stage = stage
        self.probe = probe
        self.aloud = aloud
        self.count = 0
        self.database = stage.folder / "history.db"
        stage.endpoint.chunk_delay = 0.003

    async def program(self) -> Program:
        pacing = PacingConfig(edit_seconds=0.3, writes_per_second=1000, burst=1000)
        chats = [listed(self.stage.group.id)]
        program = await self.stage.program(chats, clock=QuickClock(_QUICK), pacing=pacing)
        await asyncio.sleep(0.05)  # the first look at the chats is over
        return program

    def ask(self) -> Message:
        """Ask what the program needs to read its memory anew for."""
        self.count += 1
        with contextlib.closing(sqlite3.connect(self.database)) as another:
            another.execute("INSERT OR REPLACE INTO meta VALUES ('torture', ?)", (self.count,))
            another.commit()
        if not self.aloud:
            return self.stage.max.says(self.stage.group, f"question {self.count}. " + "word " * 20)
        recording = EN + self.count.to_bytes(4, "big")
        self.stage.endpoint.understands(recording, f"question {self.count}. " + "word " * 20)
        return self.stage.max.sends_voice(self.stage.group, recording)

    def answers(self, question: Message) -> list[str]:
        olga = self.stage.olga
        return [
            one.text
            for one in olga.messages(self.stage.group)
            if one.sender is olga and one.reply_to is question
        ]

    async def is_answered(self, program: Program, question: Message) -> None:
        await program.tells(Answered, message=question.id_for(self.stage.olga))
        (answer,) = self.answers(question)
        assert answer.rstrip().endswith("word"), "it stands whole"


@pytest.fixture(params=[False, True], ids=["text", "voice"])
def asker(request: pytest.FixtureRequest, stage: Stage, probe: Probe) -> Asker:
    return Asker(stage, probe, aloud=request.param)


Busy = Callable[..., None]
"""Lets the database be busy from a step on, for so many seconds of the program."""


@contextlib.contextmanager
def other_program(database: Path, probe: Probe) -> Iterator[Busy]:
    loop = asyncio.get_running_loop()
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    def does(what: str) -> None:
        stdin.write(what + "\n")
        stdin.flush()
        assert stdout.readline() == "done\n"

    def busy(step: str, seconds: float, later: int = 0) -> None:
        def free() -> None:
            does("free")
            probe.unreadable = False

        def begins() -> None:
            does("hold")
            probe.unreadable = True
            loop.call_later(seconds / _QUICK, free)

        probe.arm(step, begins, later=later)

    try:
        yield busy
    finally:
        stdin.close()
        stdout.close()
        process.wait(5)


async def test_these_are_the_steps(asker: Asker) -> None:
    program = await asker.program()
    asker.probe.steps.clear()
    await asker.is_answered(program, asker.ask())
    beside = {
        "expired",
        "older_than",
        "requested_retries",
        "looked",
        "last_look",
        "seen",
        "deleted",
    }
    assert set(asker.probe.steps) - beside == set(VOICE if asker.aloud else TEXT)


async def test_a_database_that_is_busy_from_any_step_on_is_waited_for(asker: Asker) -> None:
    program = await asker.program()
    with other_program(asker.database, asker.probe) as busy:
        for number, step in enumerate(VOICE if asker.aloud else TEXT):
            busy(step, SECONDS[(number + asker.aloud) % len(SECONDS)])
            question = asker.ask()
            await asker.is_answered(program, question)
            assert not asker.probe.at, f"{step} was reached"
    assert "another program" in program.events(Waiting)[0].detail
    assert not program.events(Failed)
    await program.stop()
    assert {(one.state, one.answer is not None) for one in kept(asker.stage)} == {
        ("answered", True)
    }


@pytest.mark.parametrize(
    ("step", "later"),
    [("answered_by", 0), ("answered_by", 1), ("asked_by", 0), ("keep", 0), ("may_quote", 0)],
)
async def test_a_question_about_another_message_waits_for_a_busy_database(
    stage: Stage, probe: Probe, step: str, later: int
) -> None:
    asker = Asker(stage, probe, aloud=False)
    program = await asker.program()
    first = stage.lena.says(stage.group, "/gpt the first")
    await stage.lena.expects(stage.group, reply_to=first)
    second = stage.lena.says(stage.group, "and this", reply_to=first)
    with other_program(asker.database, probe) as busy:
        busy(step, 20, later)
        question = stage.max.says(stage.group, "/gpt what is " + "word " * 20, reply_to=second)
        await asker.is_answered(program, question)
        assert not probe.at
    assert program.events(Waiting)
    assert not program.events(Failed)


@pytest.mark.parametrize("step", ["standing", "record", "confirm", "rewrite", "settle"])
async def test_an_answer_in_the_owners_own_message_waits_for_a_busy_database(
    stage: Stage, probe: Probe, step: str
) -> None:
    stage.endpoint.chunk_delay = 0.003
    trigger = TriggerConfig(own_prompt="edit", burst_seconds=0)
    program = await stage.program(clock=QuickClock(_QUICK), trigger=trigger)
    with other_program(stage.folder / "history.db", probe) as busy:
        busy(step, 20)
        question = stage.olga.says(stage.group, "/gpt say " + "word " * 20)
        await program.tells(Answered, message=question.id_for(stage.olga))
        assert not probe.at
    assert question.text.rstrip().endswith("word")
    assert not stage.writes("sendMessage"), "it stands in its own message alone"
    assert not program.events(Failed)


@pytest.mark.parametrize(
    "step", ["record", "exchanges", "record_results", "confirm_result", "finish"]
)
async def test_a_command_waits_for_a_busy_database_and_is_carried_out_once(
    stage: Stage, probe: Probe, step: str
) -> None:
    asker = Asker(stage, probe, aloud=False)
    program = await asker.program()
    await asker.is_answered(program, asker.ask())
    with other_program(asker.database, probe) as busy:
        busy(step, 20)
        stage.olga.says(stage.group, "/gpt_history")
        for _ in range(100):
            await asyncio.sleep(0.02)
            if stage.olga.messages(stage.olga) and not (probe.at or probe.unreadable):
                break
    await asyncio.sleep(0.1)
    await program.stop()
    (told,) = stage.olga.messages(stage.olga)
    assert "question 1." in told.text
    assert not [one for one in stage.olga.messages(stage.group) if "/gpt_history" in one.text]
    assert not program.events(Failed)
    with store.Store.open(asker.database) as kept_store:
        assert not kept_store.commands.open()


async def test_a_question_that_is_deleted_while_the_database_is_busy_is_not_answered(
    stage: Stage, probe: Probe
) -> None:
    asker = Asker(stage, probe, aloud=False)
    program = await asker.program()
    with other_program(asker.database, probe) as busy:
        busy("reserve", 20)
        question = asker.ask()
        await program.tells(Waiting, reason="storage_busy")
        stage.max.deletes(question)
        await program.tells(Skipped, reason="deleted")
    await program.stop()
    assert not stage.asked()
    (one,) = kept(stage)
    assert (one.state, one.text) == ("skipped", "")


async def test_a_disk_that_is_full_from_any_step_on_is_waited_for(asker: Asker) -> None:
    resource = pytest.importorskip("resource")
    program = await asker.program()
    probe, loop = asker.probe, asyncio.get_running_loop()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The log of the history becomes the largest of all files: where it ends, the disk does.
    with contextlib.closing(sqlite3.connect(asker.database)) as db:
        db.execute("INSERT INTO meta VALUES ('large', zeroblob(1500000))")
        db.commit()
        log = asker.database.with_name("history.db-wal")

        def begins() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size, before[1]))
            loop.call_later(0.1, resource.setrlimit, resource.RLIMIT_FSIZE, before)

        try:
            for step in VOICE if asker.aloud else TEXT:
                for last in (
                    (False, True) if step in ("admit", "spend", "said", "settle") else (False,)
                ):
                    probe.arm(step, begins, last=last)
                    question = asker.ask()
                    await asker.is_answered(program, question)
                    assert not probe.at, f"{step} was reached"
                    await asyncio.sleep(0.1)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "disk is full" in program.events(Waiting)[0].detail
    assert not program.events(Failed)
    await program.stop()
    assert {(one.state, one.answer is not None) for one in kept(asker.stage)} == {
        ("answered", True)
    }


@pytest.mark.parametrize(("trouble", "step"), LOST)
async def test_a_database_that_is_lost_at_any_step_ends_the_program_and_the_next_one_answers(
    stage: Stage, probe: Probe, trouble: str, step: str
) -> None:
    asker = Asker(stage, probe, aloud=step not in TEXT)
    program = await asker.program()
    await asker.is_answered(program, asker.ask())
    copy = stage.folder / "copy.db"
    backup.backup(asker.database, copy)
    said = 0

    def begins() -> None:
        nonlocal said
        said = len(stage.writes("sendMessage"))
        if trouble == "storage_readonly":
            probe.connection.execute("PRAGMA query_only = ON")
        else:
            spoil(asker.database)

    probe.arm(step, begins)
    question = asker.ask()
    with pytest.raises(StorageError) as caught:
        await program.ends()
    assert caught.value.reason == trouble
    assert caught.value.hint
    assert len(stage.writes("sendMessage")) == said, "nothing is said that cannot be recorded"
    if trouble == "storage_damaged":
        shutil.copy(copy, asker.database)
        for suffix in ("-wal", "-shm"):
            asker.database.with_name("history.db" + suffix).unlink(missing_ok=True)
    begun = bool(asker.answers(question))
    program = await asker.program()
    if begun and trouble == "storage_damaged":
        # The copy knows nothing of what stands: it is nobody's but the owner's then.
        await asyncio.sleep(0.3)
        assert len(asker.answers(question)) == 1
        return
    await asker.is_answered(program, question)
    await program.stop()
    assert [one.state for one in kept(stage)] == ["answered"] * 2
