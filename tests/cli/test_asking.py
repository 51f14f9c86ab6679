"""Asking at the keyboard."""

from __future__ import annotations

import asyncio
import io
import signal

import pytest

from userbot.cli.asking import ask


def test_ctrl_c_right_before_a_question_is_an_answer_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    keyboard = io.StringIO("typed\n")
    monkeypatch.setattr("sys.stdin", keyboard)

    async def asks() -> str:
        signal.raise_signal(signal.SIGINT)
        return ask("Where may others ask?")

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(asks())
    assert keyboard.tell() == 0, "nothing is waited for"
