"""What every test of voice may ask for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.harness import Stage
from tests.path.voice.notes import EN, RU, WORDS_EN, WORDS_RU


@pytest.fixture
def stage(stage: Stage) -> Stage:
    """The stage, whose endpoint knows what is said in the two notes."""
    stage.endpoint.understands(EN, WORDS_EN)
    stage.endpoint.understands(RU, WORDS_RU)
    return stage


@pytest.fixture
def no_ffmpeg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine that has no ffmpeg, and nothing that brings one."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)


@pytest.fixture
def bin_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder whose programs are found before all others."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return folder
