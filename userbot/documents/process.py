"""Starts the process that reads a document, watches it, and takes what it says.

Rule 1: a file of somebody's is opened nowhere else. The process gets the file and its limits by
standard input; it has an empty folder, an empty environment, and nothing of the program's.
Rule 2: what takes too long or too much memory is ended, whatever the system's own limits do: on
macOS there is none for memory.
Rule 3: what comes out is data as well: bounded, and read as nothing but the lines that are agreed.
"""

from __future__ import annotations

import asyncio
import base64
import json
import mmap
import shutil
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from userbot.errors import DocumentError
from userbot.settings import DocumentsConfig
from userbot.texts import _
from userbot.timings import Timings
from userbot.types import DocumentText, Page, Picture

_CHILD: Final = ("-I", "-B", "-m", "userbot.documents.child")
"""Isolated: no variable, no folder of the user's adds to what it imports; it writes nothing."""
_MOST_SAID: Final = 24_000_000
"""Bytes that may come back: two million letters, and a few pictures."""
_PART: Final = 65536
_LOOK_SECONDS: Final = 0.05
_PICTURES: Final = 4
"""Pages of a scan that are drawn."""
_HEADROOM: Final = 256_000_000
"""Bytes of addresses, beside the memory, that a Python takes which holds nothing."""
_PROC: Final = Path("/proc")
_ABORTED: Final = 6
_KILLED: Final = 9
_CPU_TIME_UP: Final = 24
"""Signals (POSIX, Linux, macOS), which Windows has no names for."""
INSTALL: Final = _("Install it: `uv tool install '.[documents]'`, or `pip install '.[documents]'`.")
LIBRARIES: Final = ("pypdfium2", "mammoth", "python_calamine")
"""What the extra `documents` installs."""


@dataclass(slots=True)
class _Watched:
    """How a process that reads is doing."""

    process: asyncio.subprocess.Process
    too_large: bool = False


class DocumentProcess:
    """`ports.DocumentReader`: a process for each document.

    `keeps_to_memory`: whether the system is asked to keep the process to its memory, too.
    """

    def __init__(
        self, config: DocumentsConfig, timings: Timings, *, keeps_to_memory: bool = True
    ) -> None:
        self.config = config
        """[documents] as it holds now."""
        self.at_once = timings.documents
        self._timings = timings
        self._keeps_to_memory = keeps_to_memory

    async def read(self, data: bytes) -> DocumentText:
        """What a document says. Raises DocumentError."""
        folder = tempfile.mkdtemp(prefix="userbot-document-")
        try:
            return await self._read(data, folder)
        except OSError as error:
            raise _not_started() from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def _read(self, data: bytes, folder: str) -> DocumentText:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *_CHILD,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=folder,
            env={},
        )
        watched = _Watched(process)
        watch = asyncio.create_task(self._watch(watched))
        writing = asyncio.create_task(_write(process, self._order(), data))
        try:
            async with asyncio.timeout(self._timings.document_seconds):
                said = await _said(process)
                await process.wait()
        except TimeoutError:
            raise self._refused("slow") from None
        finally:
            watch.cancel()
            writing.cancel()
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
            await process.wait()
        if watched.too_large:
            raise self._refused("memory")
        if said is None:
            raise self._refused("broken")
        rows = _rows(said)
        if rows is None:
            raise self._refused("broken")
        if not rows:
            raise _not_started()
        reason = _reason(rows[-1], process.returncode or 0)
        if reason is not None:
            raise self._refused(reason)
        try:
            return _document(rows)
        except (ValueError, TypeError, KeyError):
            raise self._refused("broken") from None

    def _order(self) -> bytes:
        memory = self._timings.document_bytes + _HEADROOM if self._keeps_to_memory else 0
        order = {
            "memory": memory,
            "seconds": round(self._timings.document_seconds),
            "pages": self.config.max_pages,
            "pictures": _PICTURES,
        }
        return json.dumps(order).encode() + b"\n"

    async def _watch(self, watched: _Watched) -> None:
        """End the process when it takes too much memory."""
        while watched.process.returncode is None:
            if await _resident(watched.process.pid) > self._timings.document_bytes:
                watched.too_large = True
                with suppress(ProcessLookupError):
                    watched.process.kill()
                return
            await asyncio.sleep(_LOOK_SECONDS)

    def _refused(self, reason: str) -> DocumentError:
        seconds = round(self._timings.document_seconds)
        reason = reason if reason in _WHY or reason in ("memory", "slow") else "broken"
        size = self._timings.document_bytes // 1_000_000
        hint = _("Send a smaller one, or the part that the question is about.")
        if reason == "memory":
            told = _("Reading the document takes more than {size} MB of memory.", size=size)
        elif reason == "slow":
            told = _("Reading the document takes more than {seconds} s.", seconds=seconds)
        else:
            return DocumentError(*_WHY[reason], reason=f"document_{reason}")
        return DocumentError(told, hint, reason=f"document_{reason}")


def _not_started() -> DocumentError:
    return DocumentError(
        _("The process that reads documents could not be started."),
        _("Run `userbot doctor`."),
        reason="document_process",
    )


_WHY: Final[Mapping[str, tuple[str, str]]] = {
    "bomb": (
        _("The document unpacks to more than any document holds, so it was not opened."),
        _("Open it and save it again, or send it as a PDF."),
    ),
    "broken": (
        _("The document is damaged, or is not what its name says."),
        _("Open it and save it again, or send it as a PDF."),
    ),
    "empty": (
        _("The document contains no text."),
        _("Send what the question is about as text or as a photo."),
    ),
    "encrypted": (_("The document is protected by a password."), _("Send it without a password.")),
    "missing": (
        _("What reads PDF, DOCX and tables is not installed."),
        INSTALL,
    ),
    "old_office": (
        _("This is a file of an old version of Office."),
        _("Save it as DOCX, PPTX or PDF."),
    ),
    "unknown": (
        _("Its content is not of a supported kind."),
        _("PDF, DOCX, XLSX, XLS, ODS, PPTX, ODT, HTML and text files can."),
    ),
}
"""By what the process says: the sentence, and what to do."""


async def _write(process: asyncio.subprocess.Process, order: bytes, data: bytes) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError, ConnectionResetError):  # it has ended, and said why
        process.stdin.write(order)
        for at in range(0, len(data), _PART):
            process.stdin.write(data[at : at + _PART])
            await process.stdin.drain()
        process.stdin.close()


async def _said(process: asyncio.subprocess.Process) -> bytes | None:
    """All that comes back; None if it is more than may."""
    assert process.stdout is not None
    said = bytearray()
    while more := await process.stdout.read(_PART):
        said += more
        if len(said) > _MOST_SAID:
            return None
    return bytes(said)


async def _resident(process: int) -> int:
    """The memory that a process takes, in bytes; 0 if it has ended."""
    if (_PROC / "self/statm").exists():  # Linux; see proc_pid_statm(5)
        try:
            pages = int((_PROC / str(process) / "statm").read_text().split()[1])
        except (OSError, ValueError, IndexError):
            return 0
        return pages * mmap.PAGESIZE
    asked = await asyncio.create_subprocess_exec(
        *("ps", "-o", "rss=", "-p", str(process)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    told, _nothing = await asked.communicate()
    return int(told.strip() or 0) * 1024 if told.strip().isdigit() else 0


def _rows(said: bytes) -> list[Mapping[str, Any]] | None:
    """What was said; None if it is not what is agreed."""
    rows: list[Mapping[str, Any]] = []
    for line in said.splitlines():
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            return None
        if not isinstance(row, dict):
            return None
        rows.append(row)
    return rows


def _reason(last: Mapping[str, Any], code: int) -> str | None:
    """Why a document was not read; None if it was."""
    if "error" in last:
        return str(last["error"])
    if last.get("end") is True:
        return None
    if code == -_CPU_TIME_UP:
        return "slow"
    # All but that is caught there: a library that gets no memory may end the process it is in.
    return "memory" if code in (1, -_ABORTED, -_KILLED) else "broken"


def _document(rows: list[Mapping[str, Any]]) -> DocumentText:
    pages: list[Page] = []
    pictures: list[Picture] = []
    kind, count = "", 0
    for row in rows:
        if "kind" in row:
            kind, count = str(row["kind"]), int(row.get("pages", 0))
        elif "page" in row:
            pages.append(Page(int(row["page"]), str(row["text"])))
        elif "picture" in row:
            with suppress(ValueError):
                data = base64.b64decode(str(row["png"]), validate=True)
                pictures.append(Picture(0, data, "image/png", needed=True))
    return DocumentText(kind, count, tuple(pages), tuple(pictures), bool(rows[-1].get("cut")))
