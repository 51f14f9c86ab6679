"""A group that became a supergroup, in the store."""

from __future__ import annotations

from pathlib import Path

from tests.questions import NOW, answer, pay_and_settle, question
from userbot.settings import Override
from userbot.storage.archive import Archive
from userbot.storage.store import Store
from userbot.types import ChatKind, ConversationId, Exchange


def test_a_move_is_one_step_and_happens_once(tmp_path: Path) -> None:
    with Store.open(tmp_path / "history.db") as store:
        kinds = {-5: ChatKind.GROUP, -1005: ChatKind.SUPERGROUP}
        for chat, text in ((-5, "old"), (-1005, "new")):
            asked = store.questions.add(question(text, chat=chat, kind=kinds[chat]), NOW)
            assert asked is not None
            pay_and_settle(store, asked, text, answer("Yes."), NOW)
        store.overrides.set(-5, Override(model="parrot"))
        waiting = store.questions.add(question(chat=-5, message=2, kind=ChatKind.GROUP), NOW)
        store.watermarks.see(-5, 40)
        assert store.conversations.migrate(-5, -1005)
        assert not store.conversations.migrate(-5, -1005)
        assert store.conversations.exchanges(ConversationId(-1005), 5) == [
            Exchange("Anna", "old", "Yes."),
            Exchange("Anna", "new", "Yes."),
        ]
        assert store.conversations.exchanges(ConversationId(-5), 5) == []
        assert store.overrides.all() == {-1005: Override(model="parrot")}
        assert store.conversations.cost(NOW, -1005).answers == 2
        assert store.conversations.migrated() == {-5: -1005}
        assert waiting is not None
        assert store.questions.pending() == [(waiting.moved(-1005), False)]
        assert (store.watermarks.seen(-5), store.watermarks.seen(-1005)) == (40, 0)
    with Archive.reading(tmp_path / "history.db") as archive:
        assert archive is not None
        assert [one.text for one in archive.exchanges(5, chat=-1005)] == [
            "old",
            "new",
            waiting.text,
        ]
        assert [one.conversation for one in archive.conversations()] == [ConversationId(-1005)]
