"""Whatever is wrong, a person gets one plain sentence, a way out, and the contract's exit code."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.house import PASSWORD, PHONE, House, look_through
from tests.cli.processes import COMMAND, Process, environment
from tests.harness import LOGIN_CODE, Stage, Timings
from tests.questions import paid, question
from userbot.storage.store import Store
from userbot.timings import USUAL

API = '[telegram]\napi_id = 2040817\napi_hash = "b18441a1ff607e10a989891a5462e627"\n'
SERVER = f'{API}[telegram.server]\ndc = 2\nhost = "127.0.0.1"\nport = 1\npublic_key = '
KEY = '[openai]\napi_key = "sk-0a1b2c3d"\n'


@dataclass(frozen=True)
class Case:
    """A command line in a folder with this config (None: none), and what has to be said."""

    arguments: str
    config: str | bytes | None
    code: int
    says: str
    hint: str
    env: tuple[tuple[str, str], ...] = ()


SAYS_ALL = {"a wrong type", "money below zero"}
"""Where what it should be is all there is to say."""
CASES = {
    "no config": Case("run", None, 3, "error: the config file config.toml does not", "init"),
    "an empty config": Case("run", "", 3, "is empty", "userbot init"),
    "a binary config": Case("run", b"\x7fELF\xff\xfe\x00", 3, "is not UTF-8 text", "UTF-8"),
    "a folder for a config": Case("run --config .", None, 3, "is a folder", "userbot init"),
    "broken TOML": Case("run", "[telegram\n", 3, "config.toml:1:10: this is not valid TOML", "→"),
    "an unknown key": Case(
        "run", f'{API}sesion = "x"\n{KEY}', 3, "config.toml:4: ", "Did you mean"
    ),
    "an unknown table": Case("run", f"{API}{KEY}[opnai]\n", 3, "config.toml:6: ", "[openai]"),
    "a wrong type": Case("run", f"{API}{KEY}stream = 3\n", 3, "config.toml:6: ", "true or false"),
    "a placeholder": Case(
        "run",
        f'[telegram]\napi_id = 12345\napi_hash = "your hash"\n{KEY}',
        3,
        "config.toml:3: [telegram] api_hash is still a placeholder",
        "my.telegram.org",
    ),
    "no key for the model": Case("run", API, 3, "[openai] api_key is missing", "OPENAI_API_KEY"),
    "an unknown profile": Case("--profile prod run", f"{API}{KEY}", 3, "no profile", "profile"),
    "a profile of a file without any": Case(
        "--profile zz usage", f"{API}{KEY}", 3, "zz", "add one"
    ),
    "an option of a command without its value": Case(
        "history --search", f"{API}{KEY}", 2, "--search needs a value", "`userbot history --help`"
    ),
    "money below zero": Case(
        "usage", f"{API}{KEY}[limits]\ncost_per_day = -1\n", 3, "must be at least 0", ""
    ),
    "a picture where nobody can write": Case(
        "demo --picture /proc/x", None, 1, "No pictures can be drawn in /proc/x", "Name a folder"
    ),
    "a picture where a file is": Case(
        "demo --picture config.toml",
        API,
        1,
        "config.toml is a file, not a folder.",
        "Name a folder",
    ),
    "a wrong variable": Case(
        "run", f"{API}{KEY}", 3, "TELEGRAM_API_ID: ", "number", (("TELEGRAM_API_ID", "hash"),)
    ),
    "a proxy that is none": Case(
        "login --phone +1",
        f'{API}proxy = "ftp://me:s3cret@host"\n',
        3,
        "config.toml:4: [telegram] proxy: not a proxy address",
        "socks5://",
    ),
    "no server key": Case(
        "login --phone +1", f'{SERVER}"no.pem"\n', 3, "no.pem does not exist", "init --sandbox"
    ),
    "a server key that is none": Case(
        "login --phone +1",
        f'{SERVER}"config.toml"\n',
        3,
        "config.toml is not a readable PKCS#1 RSA key",
        "PEM",
    ),
    "no login": Case("run", f"{API}{KEY}", 4, "You are not logged in.", "userbot login"),
    "no login for chats": Case("chats", API, 4, "You are not logged in.", "userbot login"),
    "no terminal and no input": Case(
        "init", None, 1, "No answer to “api_id”", "Run it in a terminal"
    ),
    "a config that init would overwrite": Case(
        "init", API, 1, "only what is missing is asked", "Run it in a terminal"
    ),
    "init for half a server": Case(
        "init --server x:1", None, 2, "--public-key FILE", "For example"
    ),
    "an unknown command": Case("chat", None, 2, "No such command: chat.", "Did you mean chats?"),
    "an unknown option": Case("run --confg x", None, 2, "--confg", "Did you mean --config?"),
    "an option without its value": Case("login --phone", None, 2, "--phone", "--help"),
    "a wrong number": Case("sandbox --port 99999", None, 2, "--port", "sandbox --help"),
    "days before the calendar": Case("usage --days 99999999999", None, 2, "1 to 36500.", "--help"),
    "one word too many": Case("chats a b", None, 2, "argument: b.", "chats --help"),
    "a sandbox in a file": Case("sandbox --data config.toml", "", 1, "is a file", "--data"),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str, str]]:
    """What each case printed: exit code, standard output, standard error."""

    async def one(name: str, case: Case, turn: asyncio.Semaphore) -> tuple[int, str, str]:
        folder = tmp_path_factory.mktemp("case")
        if isinstance(case.config, str):
            (folder / "config.toml").write_text(case.config)
        elif case.config is not None:
            (folder / "config.toml").write_bytes(case.config)
        async with turn:
            arguments = tuple(case.arguments.split())
            process = await Process().start(
                arguments, folder, environment(folder, **dict(case.env))
            )
            out, err = await asyncio.wait_for(process.communicate(), 60)
            await process.close()
        assert process.returncode is not None, name
        return process.returncode, out.decode(), err.decode()

    async def everything() -> list[tuple[int, str, str]]:
        turn = asyncio.Semaphore(3)
        return await asyncio.gather(*(one(name, case, turn) for name, case in CASES.items()))

    return dict(zip(CASES, asyncio.run(everything()), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_is_told_in_a_sentence_with_a_hint_and_its_exit_code(
    name: str, told: dict[str, tuple[int, str, str]]
) -> None:
    case = CASES[name]
    code, out, err = told[name]
    assert code == case.code, err
    assert case.says in err
    assert "error: " in err
    assert "  → " in err or name in SAYS_ALL
    assert case.hint in err
    assert "s3cret" not in err
    look_through(out + err)
    assert out == "" or case.code == 4  # `run` says that it stopped
    if case.code not in (1, 3):  # before those, questions or several faults may stand
        assert len(err.splitlines()) == 2, err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is full")
@pytest.mark.parametrize("arguments", ["usage", "usage --json", "--version", "chats --help"])
def test_output_that_cannot_be_written_is_told_with_a_way_out(
    arguments: str, tmp_path: Path
) -> None:
    (tmp_path / "config.toml").write_text(API)
    with Store.open(tmp_path / "sessions" / "history.db") as store:
        now = datetime.now(UTC)
        ask = store.questions.add(question(at=now), now)
        assert ask is not None
        paid(store, ask, now)
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [*COMMAND, *arguments.split()],
            cwd=tmp_path,
            env=environment(tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    told = ended.stderr.decode()
    assert ended.returncode == 1
    assert told.startswith("error: The output could not be written: no space left on the disk.")
    assert "  → Free some space there, or send it somewhere else." in told
    look_through(told)


def test_every_fault_of_a_config_is_told_at_once_each_with_its_line(
    tmp_path: Path,
) -> None:
    (tmp_path / "config.toml").write_text('[telegram]\napi_id = 0\nsesion = "x"\n[voce]\n')
    ended = subprocess.run(
        [*COMMAND, "run"], cwd=tmp_path, env=environment(tmp_path), capture_output=True, check=False
    )
    lines = ended.stderr.decode().splitlines()
    places = [line.split(": ")[1] for line in lines if not line.startswith("  → ")]
    assert ended.returncode == 3
    assert places[-3:] == ["config.toml:2", "config.toml:3", "config.toml:4"]
    assert "[telegram] api_hash is missing" in ended.stderr.decode()
    assert "[openai] api_key is missing" in ended.stderr.decode()


async def test_a_code_that_is_wrong_five_times_ends_the_login(house: House) -> None:
    house.write_config()
    ended = await house.run("login", "--phone", PHONE, lines="11111\n" * 5)
    assert (ended.code, ended.out) == (4, "")
    assert ended.sentences[-1] == "error: The code was wrong 5 times."
    assert ended.hints
    assert not house.session.exists()


async def test_a_password_that_is_wrong_five_times_ends_the_login(house: House) -> None:
    house.stage.telegram.add_account(
        "Nina", phone="+9996620009", code=LOGIN_CODE, password=PASSWORD
    )
    house.write_config()
    lines = f"{LOGIN_CODE}\n" + "guess\n" * 5
    ended = await house.run("login", "--phone", "+9996620009", lines=lines)
    assert (ended.code, ended.out) == (4, "")
    assert ended.sentences[-1] == "error: The password was wrong 5 times."
    assert "guess" not in ended.err
    assert not house.session.exists()


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param("", id="before the phone"),
        pytest.param(f"{PHONE}\n", id="before the code"),
        pytest.param(f"{PHONE}\n11111\n", id="after a wrong code"),
        pytest.param(b"\xff\xfe\n", id="bytes that are no text"),
    ],
)
async def test_input_that_ends_in_the_middle_of_a_login_is_told(
    house: House, lines: str | bytes
) -> None:
    house.write_config()
    ended = await house.run("login", lines=lines)
    assert (ended.code, ended.out) == (1, "")
    assert "error: " in ended.sentences[-1]
    assert len(ended.hints) == 1
    assert not house.session.exists()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        ("SESSION_REVOKED", "error: This login was ended from another device."),
        (
            "AUTH_KEY_DUPLICATED",
            "error: Telegram ended this login because the session was used from two addresses.",
        ),
    ],
)
async def test_a_login_that_telegram_ended_is_exit_4_in_every_command(
    house: House, error: str, says: str
) -> None:
    house.write_config()
    house.log_in()
    if error == "AUTH_KEY_DUPLICATED":  # the real one refuses whatever this key asks
        house.stage.telegram.faults.add(None, f"406 {error}", times=None)
    else:
        house.stage.telegram.revoke(house.stage.olga, error=error)
    for command in ("run", "chats"):
        ended = await house.run(command)
        assert (ended.code, ended.sentences) == (4, [says]), command
        assert "userbot login" in ended.hints[0]


@pytest.mark.parametrize("asking", [False, True], ids=["idle", "while it asks for updates"])
async def test_a_login_that_is_ended_while_the_program_runs_is_exit_4(
    house: House, asking: bool
) -> None:
    house.write_config()
    house.log_in()
    if asking:
        house.stage.telegram.faults.add("updates.getState", delay=0.5, times=None)
    running = await house.start("run", "--json")
    await running.event("ready")
    house.stage.telegram.revoke(house.stage.olga, error="AUTH_KEY_DUPLICATED")
    ended = await running.ends()
    assert ended.code == 4
    assert ended.sentences == [
        "error: Telegram ended this login because the session was used from two addresses."
    ]


async def test_while_the_program_runs_others_on_its_session_are_exit_5(house: House) -> None:
    house.write_config()
    house.log_in()
    running = await house.start("run", "--json")
    await running.event("ready")
    others = [
        house.run(*command.split()) for command in ("run", "chats", "login --phone +1", "logout")
    ]
    for ended in await asyncio.gather(*others):
        assert ended.code == 5
        assert ended.sentences == ["error: Another process is using this session."]
        assert len(ended.hints) == 1
    doctor = await house.run("doctor")
    assert doctor.code == 0
    assert "✓ login · logged in: a running userbot" in doctor.out
    assert "✓ model · sandbox is available at" in doctor.out
    assert "✓ history" in doctor.out
    assert (await running.stop(signal.SIGTERM)).code == 0


async def test_a_telegram_that_is_not_there_is_told_and_not_waited_for(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    house.write_config(port=port)
    house.log_in()
    other = House(house.stage, house.folder / "other")
    other.write_config(port=port)
    chats, login = await asyncio.gather(
        house.run("chats", timeout=15), other.run("login", "--phone", PHONE, timeout=15)
    )
    for ended in (chats, login):
        assert (ended.code, ended.out) == (1, "")
        assert ended.sentences == [f"error: Cannot reach Telegram at 127.0.0.1:{port}."]
        assert len(ended.hints) == 1
    assert not other.session.exists()


async def test_a_telegram_that_never_answers_is_given_up(
    stage: Stage,
) -> None:
    from userbot.cli import login
    from userbot.errors import TelegramError

    assert USUAL.connect_seconds < 15
    stage.telegram.faults.add("help.getConfig", delay=60, times=None)
    with pytest.raises(TelegramError, match="Cannot reach"):
        async with login.online(stage.settings().telegram, Timings(connect_seconds=0.3)):
            pass


def newer(path: Path) -> None:
    Store.open(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 9999")
    db.close()


def folder(path: Path) -> None:
    path.mkdir(parents=True)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(
            lambda path: path.write_bytes(b"not a database\n" * 9), "is not", id="corrupt"
        ),
        pytest.param(newer, "a newer version", id="newer"),
        pytest.param(folder, "history.db", id="a folder"),
    ],
)
async def test_a_history_that_cannot_be_used_stays_as_it_is(
    house: House, spoil: Callable[[Path], object], says: str
) -> None:
    house.write_config()
    house.log_in()
    database = house.session.with_name("history.db")
    spoil(database)
    if database.is_file():
        database.chmod(0o600)
    before = None if database.is_dir() else database.read_bytes()
    run, doctor = await house.run("run"), await house.run("doctor")
    assert run.code == 1
    assert run.out == ""
    assert says in run.sentences[0]
    assert len(run.hints) == 1
    assert doctor.code == 1
    assert "✗ history · " in doctor.out
    assert (None if database.is_dir() else database.read_bytes()) == before


@pytest.mark.skipif(
    os.name != "posix" or (os.geteuid() == 0 and not shutil.which("setpriv")),
    reason="root may write anywhere",
)
def test_a_history_that_may_not_be_written_is_told(house: House) -> None:
    house.write_config()
    house.log_in()
    database = house.session.with_name("history.db")
    Store.open(database).close()
    database.chmod(0o400)
    before = database.read_bytes()
    # Root without its capabilities is bound by modes like anybody else.
    bound = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    ended = subprocess.run(
        [*bound, *COMMAND, "run"],
        cwd=house.folder,
        env=environment(house.folder),
        capture_output=True,
        check=False,
    )
    err = ended.stderr.decode()
    look_through(err)
    assert (ended.returncode, ended.stdout) == (1, b"")
    assert "history.db" in err
    assert "  → " in err
    assert database.read_bytes() == before


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda path: path.write_bytes(b"not a database\n" * 9), id="corrupt"),
        pytest.param(folder, id="a folder"),
    ],
)
async def test_a_session_file_that_is_none_is_told_and_left_alone(
    house: House, spoil: Callable[[Path], object]
) -> None:
    house.write_config()
    house.session.parent.mkdir(mode=0o700)
    spoil(house.session)
    run, login = await house.run("run"), await house.run("login", "--phone", PHONE)
    for ended in (run, login):
        assert ended.code in (1, 4)
        assert ended.out == "" or "stopped" in ended.out
        assert "me.session" in ended.sentences[-1]
        assert len(ended.hints) == 1
    assert house.session.exists()


async def test_ctrl_c_at_a_question_is_130_and_says_what_was_written(house: House) -> None:
    running = await house.start("init")
    assert running.process.stderr is not None
    await asyncio.wait_for(running.process.stderr.readuntil(b"api_id: "), 60)
    ended = await running.stop(signal.SIGINT)
    assert (ended.code, ended.out) == (130, "")
    assert ended.err.strip() == "Nothing was written. Start again with `userbot init`."
    assert not (house.folder / "config.toml").exists()
