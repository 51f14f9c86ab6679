"""The process that reads a document: what it has, what it may take, and how it is ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.documents import made
from tests.documents.hostile import cases
from userbot.documents import process
from userbot.documents.process import DocumentProcess
from userbot.errors import DocumentError
from userbot.settings import DocumentsConfig
from userbot.timings import USUAL, Timings
from userbot.types import DocumentText

LARGE = made.docx([f"paragraph {at} of many, each with words of its own" for at in range(60_000)])
"""Takes more than it seems: each element is an object."""
linux = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux' /proc")


async def read(data: bytes, timings: Timings = USUAL, *, keeps: bool = True) -> DocumentText:
    reader = DocumentProcess(DocumentsConfig(), timings, keeps_to_memory=keeps)
    return await reader.read(data)


async def refusal(data: bytes, timings: Timings = USUAL, *, keeps: bool = True) -> str:
    with pytest.raises(DocumentError) as raised:
        await read(data, timings, keeps=keeps)
    assert raised.value.hint
    return raised.value.reason


class Seen:
    """The processes that this one had meanwhile, as they are seen from outside."""

    def __init__(self) -> None:
        self.peaks: dict[int, int] = {}
        """The most memory that each took, in bytes."""
        self.environments: set[bytes] = set()
        self.folders: set[str] = set()
        self._over = threading.Event()

    def look(self) -> None:
        """Look until it is over."""
        while not self._over.wait(0.005):
            for path in Path("/proc/self/task").glob("*/children"):
                with contextlib.suppress(OSError, ValueError):
                    for child in path.read_text().split():
                        self._see(Path("/proc") / child)

    def _see(self, child: Path) -> None:
        if b"userbot.documents.child" not in (child / "cmdline").read_bytes():
            return
        status = dict(line.split(":", 1) for line in (child / "status").read_text().splitlines())
        if "VmHWM" in status:
            self.peaks[int(child.name)] = int(status["VmHWM"].split()[0]) * 1024
        self.environments.add((child / "environ").read_bytes())
        self.folders.add(os.readlink(child / "cwd"))

    @contextlib.contextmanager
    def meanwhile(self) -> Iterator[None]:
        thread = threading.Thread(target=self.look)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()


@linux
async def test_it_has_nothing_of_ours_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    seen = Seen()
    with seen.meanwhile():
        found = await read(made.docx(made.RUSSIAN))
    assert made.RUSSIAN[0] in found.pages[0].text
    assert seen.environments == {b""}
    (folder,) = seen.folders
    assert "userbot-document-" in folder
    assert not Path(folder).exists()


@linux
@pytest.mark.parametrize(
    "keeps", [pytest.param(True, id="by the system"), pytest.param(False, id="by the watch")]
)
async def test_what_takes_too_much_memory_is_ended(
    keeps: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if keeps:  # then the watch is the one that fails
        monkeypatch.setattr(process, "_LOOK_SECONDS", 60)
        monkeypatch.setattr(process, "_HEADROOM", 20_000_000)
    timings = Timings(document_bytes=60_000_000)
    seen = Seen()
    with seen.meanwhile():
        assert await refusal(LARGE, timings, keeps=keeps) == "document_memory"
    assert max(seen.peaks.values()) < 110_000_000


async def test_what_takes_too_long_is_ended() -> None:
    began = time.monotonic()
    assert await refusal(LARGE, Timings(document_seconds=0.2)) == "document_slow"
    assert time.monotonic() - began < 5


@linux
async def test_whoever_does_not_wait_leaves_no_process() -> None:
    seen = Seen()
    with seen.meanwhile():
        reading = asyncio.create_task(read(LARGE))
        while not seen.peaks:
            await asyncio.sleep(0.01)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert not any(Path(f"/proc/{number}").exists() for number in seen.peaks)
        assert not any(Path(folder).exists() for folder in seen.folders)


@pytest.mark.parametrize(
    ("said", "code", "reason"),
    [
        pytest.param(b"", 0, "process", id="nothing"),
        pytest.param(b"", 1, "process", id="no start"),
        pytest.param(b"[1]\n", 0, "broken", id="no object"),
        pytest.param(b"\xff\xfe\n", 0, "broken", id="no text"),
        pytest.param(b'{"page": 1, "text": "x"}\n', 0, "broken", id="no end"),
        pytest.param(b'{"error": "../../x"}\n', 0, "broken", id="a reason that is none"),
        pytest.param(b'{"page": "x", "text": 1}\n{"end": true}\n', 0, "broken", id="no number"),
        pytest.param(b'{"ready": true}\n', -6, "memory", id="aborted"),
        pytest.param(b'{"ready": true}\n', -24, "slow", id="out of time"),
    ],
)
async def test_what_a_process_says_is_data(
    said: bytes, code: int, reason: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = f"import os, sys; sys.stdin.buffer.read(); os.write(1, {said!r})"
    script += f"; os.kill(os.getpid(), {-code})" if code < 0 else f"; sys.exit({code})"
    monkeypatch.setattr(process, "_CHILD", ("-I", "-S", "-c", script))
    told = await refusal(b"x")
    assert told == f"document_{reason}"


async def test_what_lacks_its_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        "import sys; sys.modules['mammoth'] = None;"
        " from userbot.documents import child; child.main()"
    )
    monkeypatch.setattr(process, "_CHILD", ("-I", "-B", "-c", script))
    with pytest.raises(DocumentError) as raised:
        await read(made.docx(["x"]))
    assert raised.value.reason == "document_missing"
    assert "'.[documents]'" in raised.value.hint
    assert (await read(b"text needs none")).pages[0].text == "text needs none"


@pytest.mark.skipif(shutil.which("ps") is None, reason="needs ps")
async def test_where_there_is_no_proc_ps_tells_how_much_memory_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(process, "_PROC", tmp_path)
    assert await process._resident(os.getpid()) > 10_000_000
    assert await process._resident(2**22 + 1) == 0


@linux
@pytest.mark.slow
@pytest.mark.parametrize(
    "keeps", [pytest.param(True, id="both limits"), pytest.param(False, id="the watch alone")]
)
@pytest.mark.parametrize(
    ("make", "reasons"),
    [pytest.param(make, reasons, id=name) for name, make, reasons in cases()],
)
async def test_nothing_harmful_does_harm(
    make: Callable[[], bytes], reasons: set[str], keeps: bool
) -> None:
    """Its memory and its time, measured from outside; one sentence, or what it says, bounded."""
    data = make()
    seen = Seen()
    began = time.monotonic()
    with seen.meanwhile():
        try:
            found = await read(data, keeps=keeps)
            reason = ""
            assert sum(len(page.text) for page in found.pages) <= 2_000_000
            assert "root:" not in str(found)
        except DocumentError as error:
            reason = error.reason.removeprefix("document_")
    seconds, peak = time.monotonic() - began, max(seen.peaks.values(), default=0)
    print(f"{seconds:5.1f} s {peak / 1e6:6.1f} MB {reason or 'read'}")
    assert reason in reasons
    assert seconds < USUAL.document_seconds + 3
    assert peak < USUAL.document_bytes * 1.5
