"""Calls that may change something, and the definitions that the owner knows."""

from __future__ import annotations

from tests.questions import NOW, OWNER, answer, question
from userbot.storage.store import Store
from userbot.types import Question


def asked(store: Store, message: int = 1) -> Question:
    stored = store.questions.add(question(message=message, sender=OWNER), NOW)
    assert stored is not None
    return stored


def test_a_call_leaves_once_for_its_question(store: Store) -> None:
    first, second = asked(store), asked(store, 2)
    call = store.tools.begin(first, "notes__add", '{"text": "milk"}', NOW)
    assert call is not None
    assert store.tools.begin(first, "notes__add", '{"text": "milk"}', NOW) is None
    assert store.tools.begin(first, "notes__add", '{"text": "bread"}', NOW) is not None
    assert store.tools.begin(second, "notes__add", '{"text": "milk"}', NOW) is not None
    assert store.tools.made(first, "notes__add", '{"text": "milk"}') == (call, None)
    store.tools.finish(call, "Added.")
    assert store.tools.made(first, "notes__add", '{"text": "milk"}') == (call, "Added.")
    assert store.tools.made(second, "notes__add", '{"text": "bread"}') == (None, None)


def test_a_call_without_a_result_is_in_doubt_until_the_owner_has_seen_to_it(store: Store) -> None:
    call = store.tools.begin(asked(store), "notes__add", "{}", NOW)
    assert call is not None
    (doubt,) = store.tools.in_doubt()
    assert (doubt.id, doubt.tool, doubt.arguments, doubt.at) == (call, "notes__add", "{}", NOW)
    assert store.tools.in_doubt(untold=True) == [], "it may be under way"
    store.tools.doubt(call)
    assert store.tools.in_doubt(untold=True) == [doubt]
    store.tools.told(call)
    store.tools.doubt_all()
    assert store.tools.in_doubt(untold=True) == []
    assert len(store.tools.in_doubt()) == 1
    assert store.tools.settle("git__commit") == 0
    assert store.tools.settle("notes__add") == 1
    assert store.tools.in_doubt() == []


def test_a_call_that_did_not_leave_may_leave_later(store: Store) -> None:
    mine = asked(store)
    call = store.tools.begin(mine, "notes__add", "{}", NOW)
    assert call is not None
    store.tools.void(call)
    assert store.tools.in_doubt() == []
    assert store.tools.begin(mine, "notes__add", "{}", NOW) is not None


def test_words_that_go_are_gone_from_calls_also_from_those_under_way(store: Store) -> None:
    mine = asked(store)
    done = store.tools.begin(mine, "notes__add", '{"text": "canary"}', NOW)
    running = store.tools.begin(mine, "notes__add", '{"text": "canary too"}', NOW)
    assert done is not None
    assert running is not None
    store.tools.finish(done, "canary was added")
    store.questions.settle(mine, answer(), NOW)
    store.eraser.clear(NOW)
    (doubt,) = store.tools.in_doubt()
    assert doubt.arguments == ""
    store.tools.finish(running, "canary too was added")
    assert store.tools.in_doubt() == []
    assert "canary" not in "\n".join(store.database.connection.iterdump())
    for call, text in ((done, "canary"), (running, "canary too")):
        made = store.tools.made(mine, "notes__add", f'{{"text": "{text}"}}')
        assert made == (call, ""), "it is not made again"


def test_a_call_goes_with_its_question_into_one_of_several_messages_and_out_of_it(
    store: Store,
) -> None:
    first, second = asked(store), asked(store, 2)
    call = store.tools.begin(first, "notes__add", "{}", NOW)
    store.questions.save_pieces([first, second], second, (), NOW)
    assert store.tools.made(second, "notes__add", "{}") == (call, None)
    store.questions.save_pieces([first], first, [(second, "deleted")], NOW)
    assert store.tools.made(first, "notes__add", "{}") == (call, None)


def test_a_definition_that_changed_is_unknown_until_it_is_confirmed(store: Store) -> None:
    assert store.tools.see("web__fetch", "one", NOW) is False
    assert store.tools.see("web__fetch", "two", NOW) is True
    assert store.tools.see("web__fetch", "two", NOW) is True
    assert store.tools.changed() == ["web__fetch"]
    assert store.tools.see("web__fetch", "one", NOW) is False, "as it was"
    assert store.tools.changed() == []
    store.tools.see("web__fetch", "two", NOW)
    store.tools.confirm("web__fetch", "two")
    assert store.tools.see("web__fetch", "two", NOW) is False
    assert store.tools.see("web__fetch", "one", NOW) is True, "the old one is another by now"
