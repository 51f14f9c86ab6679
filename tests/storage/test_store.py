"""The store: what it remembers, and what it refuses to touch."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.questions import ANNA, NOW, OWNER, answer, authorized, in_group, paid, question
from userbot.errors import StorageError
from userbot.rules.own_writes import random_id
from userbot.storage.archive import Archive
from userbot.storage.store import Store
from userbot.types import (
    ChatKind,
    CommandNote,
    ConversationId,
    Exchange,
    Expected,
    Person,
    Question,
    Quoted,
    Spent,
    Transcript,
    Usage,
)

DAY = NOW.replace(hour=0, minute=0)
SECOND = timedelta(seconds=1)
DAYS = timedelta(days=2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions" / "history.db"


def stored(store: Store, **about: object) -> Question:
    ask = store.questions.add(question(**about), NOW)  # type: ignore[arg-type]
    assert ask is not None
    return ask


# Questions


def test_a_stored_question_comes_back_pending_and_whole(store: Store) -> None:
    asked = replace(
        question(
            "where?",
            chat=-1001,
            topic=45,
            kind=ChatKind.SUPERGROUP,
            title="Weekend plans",
            message=9,
            reply_to=8,
            about_reply=True,
        ),
        plain=True,
    )
    kept = store.questions.add(asked, NOW)
    assert kept == replace(asked, id=1)
    assert store.questions.pending() == [(kept, False)]


def test_a_message_that_is_known_is_not_stored_again(store: Store) -> None:
    assert store.questions.add(question("first"), NOW) is not None
    assert store.questions.add(question("first, again"), NOW) is None
    assert store.questions.add(question("first", title="Anna, renamed"), NOW) is None
    assert [ask.text for ask, _ in store.questions.pending()] == ["first"]


def test_the_same_number_in_another_chat_is_another_message(store: Store) -> None:
    assert store.questions.add(question(chat=501, message=1), NOW) is not None
    assert store.questions.add(question(chat=502, message=1), NOW) is not None


def test_a_conversation_takes_the_title_it_was_last_seen_with(store: Store) -> None:
    stored(store, message=1, title="Old")
    stored(store, message=2, title="New")
    assert {ask.title for ask, _ in store.questions.pending()} == {"New"}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        pytest.param("привет 👋\u200d", "привет 👋\u200d", id="unicode"),
        pytest.param("a\x00b", "a\x00b", id="nul"),
        pytest.param("\ud83d\ude00", "😀", id="a-pair-of-surrogates"),
        pytest.param("cut \ud83d", "cut \ufffd", id="half-a-pair"),
        pytest.param("", "", id="empty"),
    ],
)
def test_any_text_can_be_stored(store: Store, sent: str, kept: str) -> None:
    ask = stored(store, text=sent, title=sent, sender=Person(id=5, name=sent))
    store.outbound.record(ask, 0, 1, sent, NOW)
    store.questions.settle(replace(ask, text=sent), answer(sent), NOW)
    assert store.conversations.exchanges(ask.conversation, 1) == [Exchange(kept, kept, kept)]


@pytest.mark.parametrize("state", ["failed", "skipped"])
def test_a_question_is_open_until_it_is_given_up(store: Store, state: str) -> None:
    ask = stored(store)
    authorized(store, ask)
    assert store.questions.pending()
    store.questions.mark(ask, state, "why", NOW)
    assert not store.questions.pending()


def test_a_question_whose_words_are_gone_is_not_begun(store: Store) -> None:
    ask = stored(store)
    store.eraser.deleted(None, [ask.message], NOW)
    assert store.questions.erased(ask)
    authorized(store, ask)
    assert store.questions.pending() == []


def test_a_question_that_is_answered_already_stays_so_when_it_is_begun_again(store: Store) -> None:
    ask = stored(store)
    store.questions.settle(ask, answer(), NOW)
    assert not store.questions.erased(ask)
    authorized(store, ask)
    assert store.questions.pending() == []


def test_an_unknown_state_is_refused(store: Store) -> None:
    with pytest.raises(StorageError):
        store.questions.mark(stored(store), "lost", "", NOW)


def test_open_questions_come_oldest_first_and_tell_of_a_recorded_write(store: Store) -> None:
    first, second = stored(store, message=5), stored(store, message=3)
    store.outbound.record(second, 0, 77, "Half an ans", NOW)
    assert store.questions.pending() == [(first, False), (second, True)]


# Writes


def test_a_confirmed_write_is_ours_by_its_number(store: Store) -> None:
    ask = stored(store)
    store.outbound.record(ask, 0, 77, "Hello", NOW)
    assert not store.outbound.owns(ask.conversation.chat, 2)
    store.outbound.confirm(77, 2)
    assert store.outbound.owns(ask.conversation.chat, 2)
    assert not store.outbound.owns(ask.conversation.chat + 1, 2)


@pytest.mark.parametrize(
    ("chat", "text", "ours"),
    [
        pytest.param(ANNA.id, "Hello", True, id="the-same-text"),
        pytest.param(ANNA.id, "Hello ", True, id="but-for-white-space"),
        pytest.param(ANNA.id, "Hello?", False, id="another-text"),
        pytest.param(ANNA.id + 1, "Hello", False, id="another-chat"),
        pytest.param(ANNA.id, None, False, id="no-text"),
    ],
)
def test_an_unconfirmed_write_is_ours_by_its_text(
    store: Store, chat: int, text: str | None, ours: bool
) -> None:
    store.outbound.record(stored(store), 0, 77, "\nHello", NOW)
    assert store.outbound.owns(chat, 2, text) is ours


def test_a_write_without_words_is_not_ours_by_its_text(store: Store) -> None:
    # A spoken answer has no words; neither has a voice note of the owner's.
    store.outbound.record(stored(store), 0, 77, "", NOW)
    assert not store.outbound.owns(ANNA.id, 2, "")


def test_a_confirmed_write_is_not_ours_by_its_text(store: Store) -> None:
    store.outbound.record(stored(store), 0, 77, "Hello", NOW)
    store.outbound.confirm(77, 2)
    assert not store.outbound.owns(ANNA.id, 3, "Hello")


def test_a_write_sent_again_is_ours_by_either_text(store: Store) -> None:
    ask = stored(store)
    store.outbound.record(ask, 0, 77, "Hello", NOW)
    store.outbound.record(ask, 0, 77, "Hello there", NOW)
    assert store.outbound.owns(ask.conversation.chat, 2, "Hello")
    assert store.outbound.owns(ask.conversation.chat, 2, "Hello there")
    store.outbound.confirm(77, 2)
    assert store.outbound.owns(ask.conversation.chat, 2)


def test_an_edit_is_recorded_in_the_row_of_its_message(store: Store) -> None:
    ask = stored(store)
    store.outbound.record(ask, 0, 77, "Hel", NOW)
    store.outbound.confirm(77, 2)
    store.outbound.rewrite(77, "Hello \ud83d", NOW)
    assert store.outbound.owns(ask.conversation.chat, 2)
    rows = store.database.connection.execute("SELECT message, text FROM outbound").fetchall()
    assert [tuple(row) for row in rows] == [(2, "Hello \ufffd")]


# Turns


def test_an_answered_question_is_a_turn_as_it_was_heard(store: Store) -> None:
    ask = stored(store, text="")
    store.questions.settle(replace(ask, text="what the voice note says"), answer("An answer."), NOW)
    assert store.conversations.exchanges(ask.conversation, 10) == [
        Exchange("Anna", "what the voice note says", "An answer.")
    ]
    assert store.questions.pending() == []


def test_an_answered_question_stays_answered(store: Store) -> None:
    ask = stored(store)
    store.questions.settle(replace(ask, text="q"), answer("first"), NOW)
    store.questions.mark(ask, "failed", "late", NOW)
    store.questions.settle(replace(ask, text="q"), answer("second"), NOW)
    assert store.conversations.exchanges(ask.conversation, 10) == [Exchange("Anna", "q", "first")]


def test_the_newest_turns_come_oldest_first(store: Store) -> None:
    for number in range(1, 6):
        ask = stored(store, message=number)
        store.questions.settle(replace(ask, text=f"question {number}"), answer(), NOW)
    assert [
        turn.question for turn in store.conversations.exchanges(ConversationId(ANNA.id), 2)
    ] == [
        "question 4",
        "question 5",
    ]


def test_a_turn_needs_an_answer_and_its_own_conversation(store: Store) -> None:
    stored(store, message=1)
    store.questions.mark(stored(store, message=2), "failed", "silent", NOW)
    elsewhere = stored(store, message=3, topic=45)
    store.questions.settle(replace(elsewhere, text="in a topic"), answer(), NOW)
    assert store.conversations.exchanges(ConversationId(ANNA.id), 10) == []
    assert [
        turn.question for turn in store.conversations.exchanges(ConversationId(ANNA.id, 45), 10)
    ] == ["in a topic"]


# Limits


def settled(store: Store, message: int, *, at: timedelta, by: Person = ANNA) -> None:
    asked = store.questions.add(question(message=message, sender=by), NOW + at)
    assert asked is not None
    paid(store, asked, NOW + at, usage=Usage(30, 12))
    store.questions.settle(asked, answer(), NOW + at)


def test_requests_of_a_person_count_for_a_minute(store: Store) -> None:
    for message, ago in enumerate((61, 60, 59, 0), start=1):
        store.questions.add(question(message=message), NOW - ago * SECOND)
    store.questions.add(question(message=9, sender=OWNER), NOW)
    assert store.ledger.spent(ANNA.id, NOW, DAY)[0].person_requests_last_minute == 2


def test_a_skipped_question_is_no_request(store: Store) -> None:
    store.questions.mark(stored(store), "skipped", "requests_per_minute", NOW)
    assert store.ledger.spent(ANNA.id, NOW, DAY)[0].person_requests_last_minute == 0


def test_tokens_of_all_but_the_owner_count_for_a_day(store: Store) -> None:
    settled(store, 1, at=DAY - NOW - SECOND)
    settled(store, 2, at=DAY - NOW)
    settled(store, 3, at=-SECOND, by=OWNER)
    settled(store, 4, at=0 * SECOND)
    assert store.ledger.spent(ANNA.id, NOW, DAY)[0].others_tokens_today == 84
    tomorrow = DAY + timedelta(days=1)
    assert store.ledger.spent(ANNA.id, tomorrow, tomorrow)[0].others_tokens_today == 0


def test_an_answer_that_was_not_paid_for_counts_no_tokens(store: Store) -> None:
    store.questions.settle(replace(stored(store), text="q"), answer(usage=None), NOW)
    assert store.ledger.spent(ANNA.id, NOW, DAY) == (Spent(1, 0, 1),) * 2


def test_answers_count_for_an_hour_whoever_asked(store: Store) -> None:
    settled(store, 1, at=-3601 * SECOND)
    settled(store, 2, at=-3599 * SECOND, by=OWNER)
    settled(store, 3, at=0 * SECOND)
    assert store.ledger.spent(ANNA.id, NOW, DAY)[0].answers_last_hour == 2


def test_questions_open_beside_the_one_at_hand_count_as_answers(store: Store) -> None:
    counts = []
    for message in range(1, 5):
        ask = stored(store, message=message)
        counts.append(store.ledger.spent(ANNA.id, NOW, DAY, ask.id)[0].answers_last_hour)
    assert counts == [0, 1, 2, 3]


def test_a_clock_that_ran_ahead_for_a_while_blocks_nobody(store: Store) -> None:
    settled(store, 1, at=timedelta(days=400))
    assert store.ledger.spent(ANNA.id, NOW, DAY) == (Spent(0, 0, 0),) * 2


# Meta


def test_the_first_start_is_remembered_once(path: Path) -> None:
    with Store.open(path) as store:
        assert store.began(NOW) == NOW
    with Store.open(path) as store:
        assert store.began(NOW + SECOND) == NOW


def test_the_secret_is_of_this_database_and_stays(path: Path, tmp_path: Path) -> None:
    with Store.open(path) as store, Store.open(tmp_path / "other.db") as other:
        secret = store.secret
        assert len(secret) == 32
        assert other.secret != secret
    with Store.open(path) as store:
        assert store.secret == secret


def test_a_random_id_is_the_same_only_for_the_same_write() -> None:
    one = random_id(b"k" * 32, -1001234567890, 5, 0, 0)
    assert one == random_id(b"k" * 32, -1001234567890, 5, 0, 0)
    others = {
        random_id(b"l" * 32, -1001234567890, 5, 0, 0),
        random_id(b"k" * 32, -1001234567891, 5, 0, 0),
        random_id(b"k" * 32, -1001234567890, 6, 0, 0),
        random_id(b"k" * 32, -1001234567890, 5, 1, 0),
        random_id(b"k" * 32, -1001234567890, 5, 0, 1),
    }
    assert one not in others
    assert len(others) == 5
    assert all(0 < abs(number) < 1 << 63 for number in (one, *others))


# The file


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o377], ids=oct)
def test_the_file_and_its_new_folders_are_the_owners_only(path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with Store.open(path) as store:
            stored(store)
            files = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert files == {"history.db": 0o600, "history.db-wal": 0o600, "history.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_file_that_others_may_read_is_made_private(path: Path) -> None:
    Store.open(path).close()
    path.chmod(0o644)
    with Store.open(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_was_stored_is_there_after_a_kill(path: Path, tmp_path: Path) -> None:
    with Store.open(path) as store:
        stored(store, text="kept")
        copy = tmp_path / "copy.db"
        for suffix in ("", "-wal"):
            copy.with_name(copy.name + suffix).write_bytes(
                path.with_name(path.name + suffix).read_bytes()
            )
    with Store.open(copy) as killed:
        assert [ask.text for ask, _ in killed.questions.pending()] == ["kept"]


def random_bytes(path: Path) -> None:
    path.write_bytes(bytes(range(1, 256)) * 64)


def a_short_note(path: Path) -> None:
    path.write_text("my notes", encoding="utf-8")


def cut_short(path: Path) -> None:
    with Store.open(path) as store:
        for message in range(1, 200):
            stored(store, message=message, text="long " * 40)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def cut_inside_the_header(path: Path) -> None:
    Store.open(path).close()
    path.write_bytes(path.read_bytes()[:50])


def scribbled_over(path: Path) -> None:
    Store.open(path).close()
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xa5" * (len(whole) - 100))


def newer(path: Path) -> None:
    Store.open(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 999")
    db.close()


def of_another_program(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE sessions (auth_key BLOB)")
    db.execute("CREATE TABLE entities (id INTEGER)")
    db.commit()
    db.close()


@pytest.mark.parametrize(
    ("make", "reason", "sentence"),
    [
        pytest.param(random_bytes, "storage_damaged", "is not a history database", id="random"),
        pytest.param(a_short_note, "storage_damaged", "is not a history database", id="note"),
        pytest.param(cut_short, "storage_damaged", "its end is missing", id="cut-short"),
        pytest.param(
            cut_inside_the_header, "storage_damaged", "is not a history database", id="cut-header"
        ),
        pytest.param(scribbled_over, "storage_damaged", "is damaged", id="scribbled-over"),
        pytest.param(newer, "storage_newer", "newer version of userbot", id="newer"),
        pytest.param(of_another_program, "storage_foreign", "another program", id="foreign"),
    ],
)
def test_a_file_that_is_not_ours_to_use_is_refused_and_left_as_it_is(
    tmp_path: Path, make: Callable[[Path], None], reason: str, sentence: str
) -> None:
    path = tmp_path / "history.db"
    make(path)
    before = path.read_bytes()
    with pytest.raises(StorageError, match=sentence) as refused:
        Store.open(path)
    assert refused.value.reason == reason
    assert refused.value.hint
    assert path.read_bytes() == before


def test_a_newer_version_in_the_log_alone_is_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with Store.open(path):
        db = sqlite3.connect(path)
        db.execute("PRAGMA user_version = 999")
        with pytest.raises(StorageError, match="newer version"):
            Store.open(path)
        assert db.execute("PRAGMA user_version").fetchone() == (999,)
        db.close()


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="is a folder") as refused:
        Store.open(tmp_path)
    assert refused.value.reason == "storage_folder"
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "sessions").write_text("")
    with pytest.raises(StorageError, match="a file has its name"):
        Store.open(tmp_path / "sessions" / "history.db")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("closed", ["file", "folder"])
def test_a_place_without_permission_is_refused(path: Path, closed: str) -> None:
    path.parent.mkdir()
    if closed == "file":
        path.touch(0o400)
    else:
        path.parent.chmod(0o500)
    with pytest.raises(StorageError, match="closed to you"):
        Store.open(path)


def test_what_sqlite_refuses_to_write_is_told_in_words(store: Store) -> None:
    store.database.connection.execute("PRAGMA query_only = ON")
    with pytest.raises(StorageError, match="read-only") as refused:
        store.questions.add(question(), NOW)
    assert refused.value.reason == "storage_readonly"


def test_a_full_disk_is_told_and_the_step_is_undone(store: Store) -> None:
    ask = stored(store)
    store.database.connection.execute("PRAGMA max_page_count = 1")
    long = answer("long " * 20_000)
    with pytest.raises(StorageError, match="disk is full") as refused:
        store.questions.settle(replace(ask, text="q"), long, NOW)
    assert refused.value.reason == "storage_full"
    assert store.questions.pending() == [(ask, False)]
    store.database.connection.execute("PRAGMA max_page_count = 1000000")
    store.questions.settle(replace(ask, text="q"), long, NOW)
    assert store.questions.pending() == []


def test_another_writer_is_waited_for_shortly_then_told(path: Path) -> None:
    with Store.open(path, busy_seconds=0.01) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="in use by another program") as refused:
            store.questions.add(question(), NOW)
        assert refused.value.reason == "storage_busy"
        assert store.questions.pending() == []  # readers never wait
        other.execute("COMMIT")
        other.close()
        assert store.questions.add(question(), NOW) is not None


def test_no_call_of_the_hot_path_looks_through_a_table(store: Store) -> None:
    """Every statement that the calls run finds its rows by a key or an index."""
    seen: list[str] = []
    ask = stored(store, message=99)
    store.database.connection.set_trace_callback(seen.append)
    store.questions.add(in_group(question(message=3)), NOW)
    store.ledger.spent(ANNA.id, NOW, DAY, ask.id)
    store.ledger.expect(ask.id, Expected(1, 1))
    payment = authorized(store, ask)
    store.ledger.capture(payment, 1, NOW, usage=Usage(1, 1), whole=("words", answer().finish))
    store.ledger.whole(ask)
    store.ledger.longest_answer()
    store.ledger.void(payment)
    store.ledger.authorized("run", NOW)
    store.ledger.tell_once(ANNA.id, "requests_per_minute", DAY, NOW)
    store.eraser.deleted(None, [5], NOW)
    store.eraser.expired(NOW)
    store.eraser.older_than(DAY, NOW)
    store.names.kept("@nobody")
    store.outbound.owns(ask.conversation.chat, 2, "text")
    store.questions.erased(ask)
    store.outbound.record(ask, 0, 77, "text", NOW)
    store.outbound.confirm(77, 2)
    store.questions.settle(replace(ask, text="q"), answer(), NOW)
    store.conversations.exchanges(ask.conversation, 5)
    store.questions.pending()
    store.ledger.spent(ANNA.id, NOW, DAY)
    store.outbound.rewrite(77, "more", NOW)
    store.outbound.of(ask)
    store.outbound.standing(ask)
    quoted = Quoted("Olga", "words", message=4, person=OWNER.id, expires_at=NOW)
    store.quotes.keep(ask, quoted)
    store.quotes.reword(ask, quoted)
    store.quotes.of(ask.id)
    store.transcripts.keep(ask, 99, Transcript(text="words", model="m", seconds=2), NOW, words=True)
    store.transcripts.find(ask.conversation.chat, 99)
    store.transcripts.parts(ask.conversation.chat, 99)
    store.outbound.typed_elsewhere(ask.conversation.chat, 5)
    store.outbound.elsewhere(ask.conversation.chat, [5])
    store.questions.asked_by(ask.conversation.chat, 99)
    store.outbound.answered_by(ask.conversation.chat, 2)
    store.questions.retry(ask.conversation.chat, 99, NOW)
    store.questions.reopen(replace(ask, text="other"), NOW)
    store.conversations.last_answered(ask.conversation)
    store.questions.requested_retries()
    store.watermarks.see(ask.conversation.chat, 99)
    store.watermarks.looked(NOW)
    command = store.commands.record(ask.conversation.chat, 7, "new", NOW)
    assert command is not None
    store.commands.record_results(command, OWNER.id, [CommandNote(55, "Forgotten.")], NOW)
    store.commands.confirm_result(55, 9)
    store.commands.finish(command)
    store.conversations.begin_anew(ask.conversation)
    store.outbound.void(77)
    store.eraser.expired(NOW + DAYS)  # what it quotes
    store.eraser.deleted(None, [4, 99], NOW)
    store.eraser.older_than(NOW + DAYS, NOW)
    store.database.connection.set_trace_callback(None)
    kinds = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
    statements = {text for text in seen if text.split()[0] in kinds}
    assert len(statements) >= 60
    plans = {
        (text, step[3])
        for text in statements
        for step in store.database.connection.execute(f"EXPLAIN QUERY PLAN {text}")
    }
    scans = {step for _, step in plans if step.startswith("SCAN")}
    # What is open, authorized or not confirmed yet is not much, and its index holds nothing else.
    # The newest answers are read from the end of theirs.
    short = ("questions_open", "payments_authorized", "results_kept", "payments_paid")
    assert {step for step in scans if not step.endswith(short)} <= {
        "SCAN CONSTANT ROW",
        "SCAN 2 CONSTANT ROWS",
        "SCAN counted",
    }


def test_what_is_looked_up_beside_the_writer_does_not_cost_it_the_log(path: Path) -> None:
    """Otherwise the next program to close the history removes the log, and all that is in it."""
    visitor = f"import sqlite3; db = sqlite3.connect({str(path)!r});"
    visitor += "db.execute('PRAGMA user_version').fetchone(); db.close()"
    with Store.open(path) as store:
        stored(store, message=1)
        with Archive.reading(path) as archive:  # as the console's `u` does
            assert archive is not None
        Store.open(path).close()  # as its `r` does
        log = path.with_name("history.db-wal").stat().st_ino
        subprocess.run([sys.executable, "-c", visitor], check=True)
        assert path.with_name("history.db-wal").stat().st_ino == log
        stored(store, message=2)
    with Archive.reading(path) as archive:
        assert archive is not None
        assert len(archive.exchanges(-1)) == 2
