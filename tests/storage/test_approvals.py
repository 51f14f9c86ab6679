"""What waits for the owner's yes, in the database: asked once, decided once, and forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.questions import ANNA, NOW, OWNER, answer, question
from userbot.storage.store import Store
from userbot.types import Approval, ApprovalEnd, Entity, Question, RequestPart, RichText, Wanted

WANTED = Wanted("answer", "At **eight**.", (RichText("At eight."),))
LATER = NOW + timedelta(hours=1)


def asked(store: Store, message: int = 5) -> tuple[Question, Approval]:
    stored = store.questions.add(question("when?", message=message, sender=ANNA), NOW)
    assert stored is not None
    return stored, store.approvals.ask(stored, WANTED, NOW, LATER)


def state(store: Store, one: Question) -> str:
    ((found,),) = store.database.rows("SELECT state FROM questions WHERE id = ?", (one.id,))
    return str(found)


def test_the_same_is_asked_for_once_and_something_else_takes_its_place(store: Store) -> None:
    one, first = asked(store)
    assert store.approvals.ask(one, WANTED, NOW, LATER).id == first.id
    second = store.approvals.ask(one, Wanted("answer", "At nine.", ()), NOW, LATER)
    assert [approval.id for _, approval in store.approvals.waiting()] == [second.id]
    assert not store.approvals.say(first.id, ApprovalEnd("yes"), NOW)
    assert state(store, one) == "awaiting"
    assert store.questions.pending() == []


def test_the_first_word_counts_and_is_for_exactly_what_was_shown(store: Store) -> None:
    one, approval = asked(store)
    text = RichText("Nine!", (Entity("bold", 0, 4),))
    assert store.approvals.said(one, WANTED) is None
    assert store.approvals.say(approval.id, ApprovalEnd("text", text), NOW, said_in=9)
    assert not store.approvals.say(approval.id, ApprovalEnd("no"), NOW)
    assert store.approvals.said(one, WANTED) == ApprovalEnd("text", text)
    assert store.approvals.said(one, Wanted("answer", "At ten.", ())) is None
    assert store.approvals.said(one, Wanted("call", WANTED.what, ())) is None
    ((waits, decided),) = store.approvals.decided()
    assert (waits.id, decided.said_in) == (one.id, 9)


@pytest.mark.parametrize("word", ["again", "withdrawn"])
def test_what_is_to_be_written_anew_has_no_word_yet(store: Store, word: str) -> None:
    one, approval = asked(store)
    assert store.approvals.wish(one) is None
    store.approvals.say(approval.id, ApprovalEnd(word, RichText("shorter")), NOW)  # type: ignore[arg-type]
    assert store.approvals.said(one, WANTED) is None
    assert store.approvals.wish(one) == ("shorter" if word == "again" else None)


def test_a_question_goes_on_with_its_answer_or_without(store: Store) -> None:
    one, _approval = asked(store)
    store.database.execute("UPDATE questions SET whole = '[]' WHERE id = ?", (one.id,))
    store.approvals.go_on(one, NOW)
    assert state(store, one) == "answering"
    store.approvals.ask(one, WANTED, NOW, LATER)
    store.approvals.go_on(one, NOW, anew=True)
    ((whole,),) = store.database.rows("SELECT whole FROM questions WHERE id = ?", (one.id,))
    assert whole is None


def test_overdue_is_what_nobody_has_decided(store: Store) -> None:
    _one, first = asked(store)
    _other, second = asked(store, 6)
    store.approvals.say(first.id, ApprovalEnd("yes"), NOW)
    assert store.approvals.overdue(NOW) == []
    assert store.approvals.overdue(LATER) == [second.id]


def test_a_request_is_ours_and_found_by_its_message_also_when_it_was_scheduled(
    store: Store,
) -> None:
    _one, approval = asked(store)
    store.approvals.record(
        approval.id, OWNER.id, [RequestPart(77, "❓ Anna"), RequestPart(78, "…")]
    )
    assert store.outbound.owns(OWNER.id, 30, "❓ Anna ")
    store.approvals.scheduled(77, 3)
    store.approvals.sent(OWNER.id, 3, 30)
    store.approvals.confirm(78, 31)
    assert store.outbound.owns(OWNER.id, 30)
    for message in (30, 31):
        found = store.approvals.asked_in(OWNER.id, message)
        assert found is not None
        assert found.id == approval.id
    assert store.approvals.asked_in(ANNA.id, 30) is None


def test_when_a_question_is_over_its_words_are_gone_and_its_requests_known(store: Store) -> None:
    one, approval = asked(store)
    store.approvals.record(approval.id, OWNER.id, [RequestPart(77, "❓ Anna: when?")])
    store.approvals.confirm(77, 30)
    assert [ended.id for ended in store.approvals.over(one, NOW)] == [approval.id]
    assert store.approvals.over(one, NOW) == []
    found = store.approvals.find(approval.id)
    assert found is not None
    assert (found.what, found.said) == ("", ApprovalEnd("withdrawn"))
    assert store.approvals.requests(approval.id) == [RequestPart(77, "", None, 30)]


def test_a_deleted_question_that_waits_ends_and_keeps_no_word(store: Store) -> None:
    one, approval = asked(store)
    store.eraser.deleted(one.source, [one.message], NOW)
    assert state(store, one) == "skipped"
    found = store.approvals.find(approval.id)
    assert found is not None
    assert found.what == ""
    assert store.approvals.waiting() == []


def test_what_waits_in_a_conversation_are_its_drafts_but_no_answers(store: Store) -> None:
    first, _ = asked(store)
    second, _ = asked(store, 6)
    place = first.conversation
    assert store.approvals.drafts(place, second.id) == [(first.id, WANTED.what)]
    assert store.approvals.drafts(place, first.id) == []
    store.questions.settle(first, answer("At eight."), NOW)
    assert store.approvals.drafts(place, second.id) == []


def test_a_call_is_kept_as_its_owner_reads_it_until_its_question_has_ended(store: Store) -> None:
    one, _first = asked(store)
    parts = (RichText("Fetch (web__fetch)\nurl: https://exam"), RichText("ple.org"))
    call = store.approvals.ask(one, Wanted("call", "web__fetch", parts, every=True), NOW, LATER)
    assert call.told == "Fetch (web__fetch)\nurl: https://example.org"
    store.approvals.over(one, NOW)
    assert "example" not in str(store.approvals.find(call.id))
