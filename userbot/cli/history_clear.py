"""`userbot history --clear`: words leave the history, and what is proven by them stays."""

from __future__ import annotations

import sys
from pathlib import Path

from userbot.errors import UsageError


def clear(path: Path, chat: int | None, topic: int | None, called: str) -> None:
    """Erase all words, or those of a chat; a person at a terminal is asked first."""
    from datetime import UTC, datetime

    from userbot.cli.asking import ask, in_terminal
    from userbot.cli.language import said
    from userbot.storage.store import Store

    agreed = {"yes", said("yes")}
    if in_terminal() and ask(f"Erase the words of {called} for ever? (yes/no)") not in agreed:
        raise UsageError("Nothing was erased.", "Answer with the whole word: yes.")
    with Store.open(path) as store:
        erased = store.eraser.clear(datetime.now(UTC), chat, topic)
    told = f"Erased {erased} questions of {called} with their answers."
    if erased == 1:
        told = f"Erased 1 question of {called} with its answer."
    print(said(told), file=sys.stderr)
