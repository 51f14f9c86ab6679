"""A process that has imported the program and forks it on demand: a start costs 20 ms, not 500.

What is forked is a process like any other: its own pid, signals, standard streams, folder and
environment, and perhaps a terminal. `python -m tests.cli.nursery SOCKET` listens, and imports then,
so that whoever started it goes on meanwhile; a client sends one line of JSON with three file
descriptors, and reads the pid and then the exit code.
"""

from __future__ import annotations

import fcntl
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import termios
from pathlib import Path
from typing import Any, NoReturn

import userbot
from userbot import cli, config

_LONGEST = 65536
_LATER = ("openai.resources", "anyio.abc", "anyio._backends._asyncio", "httpcore2", "truststore")
"""What the program imports with its first request."""


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(sys.argv[1])
    listening.listen(64)
    print("ready", flush=True)
    _prepare()
    while _wanted(listening):
        connection, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            _attend(connection)
        connection.close()


def _wanted(listening: socket.socket) -> bool:
    """Wait for a client; false if whoever started this is gone, killed perhaps."""
    ready, _, _ = select.select([listening, sys.stdin], [], [])
    return sys.stdin not in ready


def _prepare() -> None:
    """Do what each program would do for itself, and would come to the same with."""
    for path in sorted(Path(userbot.__file__).parent.rglob("*.py")):
        parts = path.relative_to(Path(userbot.__file__).parent.parent).with_suffix("").parts
        if parts[-1] != "__main__":
            importlib.import_module(".".join(parts).removesuffix(".__init__"))
    for name in _LATER:
        importlib.import_module(name)
    cli.command()
    config.load(Path("config.toml"), None, {}, need_key=False, need_telegram=False, text="")
    gc.collect()
    gc.freeze()  # else each of them would look through all of this, and copy it by that


def _attend(connection: socket.socket) -> NoReturn:
    """Fork one program, and tell its pid and how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    message, streams, _, _ = socket.recv_fds(connection, _LONGEST, 3)
    pid = os.fork()
    if pid == 0:
        connection.close()
        _become(json.loads(message), streams)
    for stream in streams:
        os.close(stream)
    connection.sendall(f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _become(request: dict[str, Any], streams: list[int]) -> NoReturn:
    """Be the program, as the shell would have started it."""
    code: object = 1
    try:
        if request["terminal"]:
            os.setsid()
            fcntl.ioctl(streams[0], termios.TIOCSCTTY, 0)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        sys.argv = ["userbot", *request["arguments"]]
        sys.stdin = os.fdopen(0, encoding="utf-8", errors="surrogateescape")
        encoding = os.environ.get("PYTHONIOENCODING", "utf-8")
        sys.stdout = os.fdopen(1, "w", 1 if os.isatty(1) else -1, encoding=encoding)
        sys.stderr = os.fdopen(2, "w", 1, encoding=encoding)
        if fault := os.environ.get("FAULT"):
            from tests.faults import install

            install(fault)
        from userbot.__main__ import main as program

        program()
    except SystemExit as ended:
        code = ended.code or 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except OSError:
            code = 120  # as Python itself
        os._exit(code if isinstance(code, int) else 1)
    raise AssertionError


if __name__ == "__main__":
    main()
