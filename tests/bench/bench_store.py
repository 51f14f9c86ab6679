"""What each call of the store costs, in an empty history and in a long one.

    python tests/bench/bench_store.py [--stored 200000] [--today 10000] [--tiny]

A call on the hot path must cost the same in both: median and 95th percentile in microseconds.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from tests.bench.filling import ANSWER, QUESTION, fill
from tests.bench.harness import arguments
from userbot.rules.own_writes import random_id
from userbot.storage.store import Store
from userbot.types import Answer, ChatKind, ConversationId, Finish, Payment, Person, Question, Usage

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = NOW.replace(hour=0)
OWNER = 1
CHAT = 500
ROUNDS = 3000

Call = Callable[[int], object]


def main() -> None:
    given = arguments(__doc__ or "", stored=(200_000, 1000), today=(10_000, 100))
    stored: int = given.stored
    with tempfile.TemporaryDirectory() as folder:
        empty = measure(Path(folder) / "empty.db", 0, 0)
        full = measure(Path(folder) / "full.db", stored, given.today)
    print(f"{'call':<28}{'empty':>16}{f'{stored:,} stored':>22}   (median / p95, µs)")
    for name, (median, late) in empty.items():
        print(
            f"{name:<28}{median:>9.1f} /{late:>6.1f}{full[name][0]:>13.1f} /{full[name][1]:>6.1f}"
        )


def measure(path: Path, stored: int, today: int) -> dict[str, tuple[float, float]]:
    """Median and 95th percentile of every call, in µs, with so many questions in the file."""
    began = time.perf_counter()
    Store.open(path).close()
    if stored:
        fill(path, stored, [CHAT + number for number in range(200)], NOW, today)
        print(f"filled in {time.perf_counter() - began:.1f} s: {path.stat().st_size >> 20} MiB")
    began = time.perf_counter()
    store = Store.open(path)
    opened = (time.perf_counter() - began) * 1e6
    secret = store.secret
    numbers = count(10_000_000)
    messages = [next(numbers) for _ in range(ROUNDS)]
    asks = [question(message) for message in messages]
    kept: list[Question] = []

    def add(index: int) -> None:
        ask = store.questions.add(asks[index], NOW + timedelta(milliseconds=index))
        assert ask is not None
        kept.append(ask)

    def identity(index: int) -> int:
        return random_id(secret, CHAT, messages[index], 0, 0)

    def pay(index: int) -> None:
        payment = Payment("answer", "m", prompt_tokens=800, completion_tokens=1000)
        ask, at, usage = kept[index], minute(index), Usage(800, 200)
        with store.database.transaction():
            store.ledger.spent(ask.sender.id, at, DAY, ask.id)
            given = store.ledger.authorize(ask, payment, at)
        whole = ANSWER, Finish("stop", usage, "m")
        store.ledger.capture(given, 7, at, usage=usage, whole=whole)

    def settle(index: int) -> None:
        finish = Finish("stop", Usage(800, 200), "gpt-5.4-mini")
        store.questions.settle(
            replace(kept[index], text=QUESTION), Answer(ANSWER, ANSWER, finish, (1,)), minute(index)
        )

    calls: dict[str, Call] = {
        "add": add,
        "add, known": lambda index: store.questions.add(asks[index], NOW),
        "mark": lambda index: store.questions.mark(kept[index], "failed", "", NOW),
        "record": lambda index: store.outbound.record(kept[index], 0, identity(index), ANSWER, NOW),
        "confirm": lambda index: store.outbound.confirm(identity(index), 50_000_000 + index),
        "authorize, capture": pay,
        "settle": settle,
        "owns, ours": lambda index: store.outbound.owns(CHAT, 50_000_000 + index),
        "owns, not ours": lambda index: store.outbound.owns(CHAT, messages[index], QUESTION),
        "spent": lambda index: store.ledger.spent(CHAT, minute(index), DAY),
        "exchanges, newest 50": lambda _: store.conversations.exchanges(ConversationId(CHAT), 50),
        "pending": lambda _: store.questions.pending(),
        "random_id": identity,
    }
    found = {"open": (opened, opened)}
    for name, call in calls.items():
        took = []
        for index in range(ROUNDS):
            start = time.perf_counter_ns()
            call(index)
            took.append((time.perf_counter_ns() - start) / 1000)
        found[name] = (statistics.median(took), statistics.quantiles(took, n=20)[-1])
    store.close()
    return found


def minute(index: int) -> datetime:
    """Sixty answers an hour."""
    return NOW + timedelta(minutes=index)


def question(message: int) -> Question:
    return Question(
        conversation=ConversationId(CHAT),
        source=CHAT,
        message=message,
        kind=ChatKind.PRIVATE,
        title="Anna",
        sender=Person(id=CHAT, name="Anna", username="anna"),
        text=QUESTION,
        at=NOW,
        by_owner=False,
    )


if __name__ == "__main__":
    main()
