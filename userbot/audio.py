"""Recordings that cannot be sent as they are: other formats, too large, too long.

ffmpeg decodes and encodes, pydub finds where nobody speaks. The sound is decoded once, to a file
of 16 kHz mono in a private folder; pydub opens at most `window_seconds` of it at a time, in a
worker thread, so that memory does not grow with the length of a recording (pydub by itself
holds all of it: 4 GB for two hours). Each part is encoded when it is asked for.

pydub is imported when it is first needed; a voice note needs neither.
"""

from __future__ import annotations

import asyncio
import errno
import functools
import glob
import math
import shutil
import tempfile
import warnings
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from userbot.errors import AudioError, system_reason
from userbot.rules.transcript import QUIET_DBFS, loudness_at
from userbot.texts import _, joined
from userbot.timings import Timings
from userbot.types import Format, Loudness, Sound

if TYPE_CHECKING:
    from pydub import AudioSegment

_RATE: Final = 16_000
"""What Whisper listens at."""
_BYTES_PER_SECOND: Final = _RATE * 2
_BITRATE: Final = "24k"
_SILENCE_MS: Final = 300
_SEEK_MS: Final = 100
"""pydub's step while it looks for silence: its own default takes a hundred times as long."""
_FOLDER: Final = "userbot-audio-"
_OGG: Final = "audio/ogg"
_MOST_MEMORY: Final = "134217728"
"""Bytes that ffmpeg may ask for at once; tables of a damaged file claim anything."""
_FULL: Final = b"No space left on device"
_LAST_WORDS: Final = 4096
"""Bytes of ffmpeg's complaints that are kept."""


class Ffmpeg:
    """`ports.Audio` with the system's ffmpeg, else the one of the package imageio-ffmpeg.

    `database`: beside it private folders are made, named after it; what an earlier run left of
    them is removed.
    """

    def __init__(self, database: Path, timings: Timings) -> None:
        self._timings = timings
        self._folder = database.parent
        # Another profile may be at work in the same folder, with a database of its own.
        self._prefix = f"{_FOLDER}{database.name}-"
        for left in self._folder.glob(f"{glob.escape(self._prefix)}*"):
            shutil.rmtree(left, ignore_errors=True)

    async def usable(self) -> bool:
        """Whether there is an ffmpeg."""
        # In a thread: imageio-ffmpeg tries its program out before it names it.
        return await asyncio.to_thread(find_ffmpeg) is not None

    @asynccontextmanager
    async def workplace(self, max_seconds: float) -> AsyncIterator[FfmpegWorkplace]:
        """A private folder for one recording, of which a little more than that is read."""
        program = await asyncio.to_thread(find_ffmpeg)
        assert program is not None, "ask usable() first"
        folder: Path | None = None
        try:
            folder = Path(tempfile.mkdtemp(prefix=self._prefix, dir=self._folder))  # 0700
            yield FfmpegWorkplace(program, folder, max_seconds, self._timings)
        except OSError as error:
            raise _no_room(error) from error
        finally:
            if folder is not None:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


class FfmpegWorkplace:
    """`ports.Workplace`: one recording in a folder of its own."""

    def __init__(self, program: str, folder: Path, max_seconds: float, timings: Timings) -> None:
        self._timings = timings
        self.source = folder / "source"
        self._program = program
        self._sound = folder / "sound.raw"
        self._part = folder / "part.ogg"
        self._max_seconds = max_seconds
        self._seconds = 0.0

    async def read(self, form: Format) -> float:
        """Decode what is in `source`; gives its seconds. Raises AudioError."""
        # Two seconds more than are wanted tell that it goes on; endless sound ends here too.
        until = self._max_seconds + 2
        await self._run(
            *("-f", form.demuxer, "-i", str(self.source), "-map", "0:a:0", "-vn", "-sn", "-dn"),
            *("-t", f"{until:g}", "-ac", "1", "-ar", str(_RATE), "-f", "s16le"),
            # Where a recording's own times go round in circles, the bytes end it.
            *("-fs", f"{until * _BYTES_PER_SECOND:.0f}", str(self._sound)),
        )
        self.source.unlink()
        self._seconds = self._sound.stat().st_size / _BYTES_PER_SECOND
        if not self._seconds:
            raise _unreadable(_("It contains no sound."))
        return self._seconds

    async def loudness(self) -> Loudness:
        """How loud the loudest of it is, after `read`."""
        return loudness_at(await self._loudest(0.0, self._seconds))

    async def parts(self) -> AsyncGenerator[tuple[Sound, Loudness], None]:
        """What was read, in parts of about `part_seconds`, cut where nobody speaks."""
        begin = 0.0
        while begin < self._seconds:
            end = await asyncio.to_thread(self._cut_after, begin)
            loudness = loudness_at(await self._loudest(begin, end))
            data = b"" if loudness is Loudness.SILENT else await self._encoded(begin, end)
            yield Sound(data=data, file_name="voice.ogg", mime=_OGG, seconds=end - begin), loudness
            begin = end

    async def _loudest(self, begin: float, end: float) -> float:
        """The peak between two moments; who has heard somebody speak listens no further."""
        peak = -math.inf
        window = self._timings.window_seconds
        for at in range(int(begin), math.ceil(end), int(window)):
            seconds = min(window, end - at)
            peak = max(peak, await asyncio.to_thread(self._peak, float(at), seconds))
            if peak > QUIET_DBFS:
                break
        return peak

    async def _encoded(self, begin: float, end: float) -> bytes:
        await self._run(
            *("-f", "s16le", "-ar", str(_RATE), "-ac", "1", "-ss", f"{begin:.3f}"),
            *("-t", f"{end - begin:.3f}", "-i", str(self._sound), "-c:a", "libopus"),
            # The encoder's full effort takes three times as long, for nothing that Whisper hears.
            *("-b:a", _BITRATE, "-application", "voip", "-compression_level", "0"),
            *("-f", "ogg", "-y", str(self._part)),
        )
        return await asyncio.to_thread(self._part.read_bytes)

    def _cut_after(self, begin: float) -> float:
        """Where the part that begins there ends: in the silence nearest to `part_seconds`."""
        wanted, at_once = begin + self._timings.part_seconds, self._timings.window_seconds
        # What little would be left after a cut stays with its part.
        if self._seconds <= wanted + at_once / 2:
            return self._seconds
        first = wanted - at_once / 2
        window = self._window(first, at_once)
        quiet = window.max_dBFS - 30 if window.max_dBFS > -math.inf else 0
        silences = _silences(window, max(quiet, -60.0))
        if not silences:
            return wanted
        middles = [first + (start + end) / 2000 for start, end in silences]
        return min(middles, key=lambda at: abs(at - wanted))

    def _peak(self, begin: float, seconds: float) -> float:
        return float(self._window(begin, seconds).max_dBFS)

    def _window(self, begin: float, seconds: float) -> AudioSegment:
        with self._sound.open("rb") as file:
            file.seek(int(begin * _RATE) * 2)
            data = file.read(int(seconds * _RATE) * 2)
        segment = _pydub().AudioSegment
        return segment(data=data, sample_width=2, frame_rate=_RATE, channels=1)

    async def _run(self, *arguments: str) -> None:
        # `file` alone: a recording cannot make ffmpeg open an address.
        process = await asyncio.create_subprocess_exec(
            self._program,
            *("-nostdin", "-hide_banner", "-v", "error", "-protocol_whitelist", "file"),
            *("-max_alloc", _MOST_MEMORY),
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stderr is not None
        try:
            async with asyncio.timeout(self._timings.ffmpeg_seconds):
                told = await _last_words(process.stderr)
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise _unreadable(
                _("ffmpeg took more than {seconds:.0f} s.", seconds=self._timings.ffmpeg_seconds)
            ) from None
        except BaseException:
            process.kill()
            await process.wait()
            raise
        if process.returncode:
            lines = told.decode(errors="replace").strip().splitlines()
            if _FULL in told:
                raise _no_room(OSError(errno.ENOSPC, _FULL.decode()))
            said = _("ffmpeg says: {line}.", line=lines[-1][:200]) if lines else ""
            raise _unreadable(said)


async def _last_words(stderr: asyncio.StreamReader) -> bytes:
    """The end of what is said there: a damaged recording makes ffmpeg talk without end."""
    told = b""
    while more := await stderr.read(65536):
        told = (told + more)[-_LAST_WORDS:]
    return told


def find_ffmpeg() -> str | None:
    """The ffmpeg to use: the system's, else the one of imageio-ffmpeg; None without either."""
    found = shutil.which("ffmpeg")
    if found is not None:
        return found
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError, OSError):
        return None


def _silences(window: AudioSegment, threshold: float) -> list[list[int]]:
    """Where nobody speaks, as pairs of milliseconds."""
    silence = _pydub().silence
    found: list[list[int]] = silence.detect_silence(
        window, min_silence_len=_SILENCE_MS, silence_thresh=threshold, seek_step=_SEEK_MS
    )
    return found


@functools.cache
def _pydub() -> Any:
    with warnings.catch_warnings():
        # A missing ffmpeg, which is found elsewhere; invalid escapes; audioop's deprecation.
        warnings.simplefilter("ignore")
        import pydub
        import pydub.silence
    return pydub


def _no_room(error: OSError) -> AudioError:
    return AudioError(
        _("The recording cannot be saved to disk ({why}).", why=system_reason(error)),
        _("Free space where [history].database is, then ask for it again."),
        reason="audio_no_room",
    )


def _unreadable(why: str) -> AudioError:
    return AudioError(
        joined(_("The recording cannot be read."), why),
        _("It may be damaged; ask for it again as a voice note."),
        reason="audio_unreadable",
    )
