"""What the tests of the command line may ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.cli.house import House
from tests.cli.told import CONFIG, Run
from tests.harness import Stage
from userbot.cli import app
from userbot.storage.store import Store


@pytest.fixture
async def house(stage: Stage, tmp_path: Path) -> AsyncIterator[House]:
    """A folder without a config yet, and the program to be started in it."""
    house = House(stage, tmp_path / "house")
    yield house
    await house.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    """The history of this config, held open as by the program that runs."""
    with Store.open(folder / "sessions" / "history.db") as store:
        yield store


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `userbot history …`; the result has exit_code, stdout and stderr."""
    for variable in ("USERBOT_CONFIG", "USERBOT_PROFILE", "TELEGRAM_API_ID", "TELEGRAM_API_HASH"):
        monkeypatch.delenv(variable, raising=False)

    def run(*arguments: str) -> Any:
        flags = ["--config", str(folder / "config.toml")]
        return CliRunner().invoke(app, ["history", *arguments, *flags])

    return run
