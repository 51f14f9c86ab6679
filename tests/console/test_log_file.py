"""The log file: private, bounded, and without what people write unless that is wanted."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from userbot.console.lines import LogFile
from userbot.events import Answered, Heard


def log(path: Path, *, text: bool = False, most: int = 10_000, count: int = 1) -> None:
    file = LogFile(path, "en", text=text, most=most, kept=2)
    for _ in range(count):
        file(Heard(chat=1, title="Club", text="the code is 4711"))
        file(
            Answered(
                chat=1,
                title="Club",
                answers=(2,),
                model="m",
                seconds=1,
                prompt_tokens=5,
                completion_tokens=6,
                text="4711, you said",
            )
        )
    file.close()


def test_without_log_text_no_words_of_people_are_in_it(tmp_path: Path) -> None:
    log(tmp_path / "logs" / "run.log")
    text = (tmp_path / "logs" / "run.log").read_text()
    assert "4711" not in text
    assert "heard" in text
    assert "↑5 ↓6" in text


def test_a_question_without_its_words_is_not_said_to_be_about_another_message(
    tmp_path: Path,
) -> None:
    log(tmp_path / "run.log")
    assert (tmp_path / "run.log").read_text().splitlines()[0].endswith("heard  Club · somebody")


def test_with_log_text_they_are(tmp_path: Path) -> None:
    log(tmp_path / "run.log", text=True)
    assert (tmp_path / "run.log").read_text().count("4711") == 2


def test_it_is_the_owners_alone_and_so_is_a_new_folder(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "run.log"
    log(path)
    path.chmod(0o644)
    log(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_it_does_not_grow_for_ever(tmp_path: Path) -> None:
    log(tmp_path / "run.log", most=500, count=100)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["run.log", "run.log.1", "run.log.2"]
    assert all(path.stat().st_size < 700 for path in tmp_path.iterdir())
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_a_full_disk_holds_nobody_up(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "run.log", "en", text=False)
    file._file.close()
    file._file = open("/dev/full", "a", encoding="utf-8")  # noqa: SIM115
    for _ in range(2):
        file(Heard(chat=1, title="Club", text="hello"))
    file.close()
