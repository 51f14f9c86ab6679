"""Recordings that are known to the endpoint, and what is said in them."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness import Program, Stage


def _ffmpeg() -> str | None:
    if found := shutil.which("ffmpeg"):
        return found
    try:
        import imageio_ffmpeg
    except ImportError:
        return None
    return str(imageio_ffmpeg.get_ffmpeg_exe())


FFMPEG = _ffmpeg()
needs_ffmpeg = pytest.mark.skipif(
    FFMPEG is None, reason="no ffmpeg: install it, or gpt-userbot[audio]"
)
DATA = Path(__file__).parent.parent.parent / "data"
EN = (DATA / "voice_en.ogg").read_bytes()
RU = (DATA / "voice_ru.ogg").read_bytes()
WORDS_EN = "What time does the last train to Berlin leave tomorrow evening?"
WORDS_RU = "Сегодня вечером мы встречаемся у большого театра в семь часов."
SPEECH = [1, 14, 31, 22, 9] * 20
NOTHING = [1, 2, 1, 0, 1] * 20
NEARLY_NOTHING = [1, 2, 4, 3, 1] * 20


def ffmpeg(*arguments: str) -> None:
    """Run ffmpeg, to make a recording."""
    subprocess.run([str(FFMPEG), "-v", "error", *arguments], check=True)


def last_question(stage: Stage) -> str:
    """What the model was asked last."""
    return str(stage.asked()[-1][-1]["content"])


async def until(holds: Callable[[], object]) -> None:
    """Wait for something that nobody tells of."""
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.01)


async def answered(program: Program, count: int = 1) -> None:
    """Until so many questions are answered."""
    await until(lambda: len(program.events("answered")) == count)
