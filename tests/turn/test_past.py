"""Where an answer may look things up: by who asks, where, and about what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.questions import ANNA, NOW, OWNER, policy, question
from userbot.errors import NoSuchChatError, StorageError
from userbot.events import Event
from userbot.rules.policy import ChatRule
from userbot.settings import ChatConfig, MaySearch
from userbot.storage.store import Store
from userbot.turn.chat_rules import ChatRules
from userbot.turn.turn import Material, Turn
from userbot.turn.understand.past import Past
from userbot.types import SAVED_TITLE, ChatKind, ConversationId, Dialog, Question, Scope, Switches

CLUB, SILENT, ELSEWHERE = -1001, -1002, -1003
SAVED = ConversationId(OWNER.id)
ALONE = Switches(by_itself=True)


class FakeTelegram:
    """Notes for whom it was asked what a scope is, in `asked`."""

    def __init__(self) -> None:
        self.asked: list[tuple[ConversationId, int | None]] = []

    async def before(self, _question: Question) -> str:
        return ""

    async def dialogs(self) -> list[Dialog]:
        return [
            Dialog(CLUB, ChatKind.SUPERGROUP, "Club", "the_club"),
            Dialog(SILENT, ChatKind.SUPERGROUP, "Silent", None),
        ]

    async def scope_of(
        self, conversation: ConversationId, person: int | None = None
    ) -> Scope | None:
        self.asked.append((conversation, person))
        return Scope(conversation)


async def scope(
    asked: Question, general: MaySearch, path: Path
) -> tuple[Scope | None, list[tuple[ConversationId, int | None]]]:
    """Where an answer to a question may look, and what was asked of Telegram for that."""
    telegram: Any = FakeTelegram()
    told: list[Event] = []
    rule = ChatRule(respond="all", allowed="contacts")
    rules = policy({CLUB: rule, SILENT: rule}, elsewhere="contacts", search=general)
    blocks = {SILENT: ChatConfig(id=SILENT, respond="all", from_="contacts", search="off")}
    with Store.open(path / "history.db") as store:
        stored = store.questions.add(asked, NOW)
        assert stored is not None
        chats = ChatRules(rules, blocks, "contacts", store)
        turn = Turn(stored)
        around = Past(telegram, telegram, telegram, chats, store, told.append)
        if turn.question.about_name:
            await around.locate(turn)
        material = await around.add(turn, Material(turn.question))
        if turn.question.about is not None:
            assert store.questions.find(stored.id).about == turn.question.about
    return material.scope, telegram.asked


def of_owner(chat: int, topic: int | None = None, **more: Any) -> Question:
    return replace(question(chat=chat, topic=topic, sender=OWNER), **more)


def quiet(chat: int, topic: int | None = None) -> Question:
    """As the trigger makes one of a `-q` in a chat."""
    return of_owner(
        chat,
        conversation=SAVED,
        kind=ChatKind.SAVED,
        title=SAVED_TITLE,
        quiet=True,
        about=ConversationId(chat, topic),
        about_name="A chat",
    )


def about(name: str) -> Question:
    """As the trigger makes one of a `-c` in Saved Messages."""
    return of_owner(OWNER.id, kind=ChatKind.SAVED, about_name=name)


@pytest.mark.parametrize(
    ("asked", "general", "where", "person"),
    [
        pytest.param(of_owner(CLUB, 5), "me", ConversationId(CLUB, 5), None, id="the owner"),
        pytest.param(of_owner(ELSEWHERE), "me", ConversationId(ELSEWHERE), None, id="not listed"),
        pytest.param(of_owner(OWNER.id), "me", SAVED, None, id="Saved Messages"),
        pytest.param(of_owner(CLUB), "askers", ConversationId(CLUB), None, id="the owner, too"),
        pytest.param(question(chat=CLUB), "askers", ConversationId(CLUB), ANNA.id, id="others"),
        pytest.param(question(), "askers", ConversationId(ANNA.id), ANNA.id, id="in private"),
        pytest.param(quiet(CLUB, 5), "me", ConversationId(CLUB, 5), None, id="quietly"),
        pytest.param(about("club"), "me", ConversationId(CLUB), None, id="about a chat"),
        pytest.param(about("@The_Club"), "askers", ConversationId(CLUB), None, id="by its name"),
        pytest.param(about("1"), "me", ConversationId(CLUB), None, id="by its id, short"),
        pytest.param(
            replace(about("club"), switches=ALONE),
            "me",
            ConversationId(CLUB),
            None,
            id="by itself, about a chat",
        ),
    ],
)
async def test_an_answer_may_look_where_its_question_stands(
    asked: Question,
    general: MaySearch,
    where: ConversationId,
    person: int | None,
    tmp_path: Path,
) -> None:
    assert await scope(asked, general, tmp_path) == (Scope(where), [(where, person)])


@pytest.mark.parametrize(
    ("asked", "general"),
    [
        pytest.param(of_owner(CLUB), "off", id="nowhere at all"),
        pytest.param(question(chat=CLUB), "me", id="others"),
        pytest.param(of_owner(SILENT), "me", id="a block against it"),
        pytest.param(question(chat=SILENT), "askers", id="others, a block against it"),
        pytest.param(quiet(SILENT), "me", id="quietly"),
        pytest.param(of_owner(CLUB, switches=ALONE), "me", id="by itself"),
    ],
)
async def test_where_nobody_may_search_telegram_is_asked_nothing(
    asked: Question, general: MaySearch, tmp_path: Path
) -> None:
    assert await scope(asked, general, tmp_path) == (None, [])


@pytest.mark.parametrize("name", ["Silent", "-1002", "Clubs", "-1003", "l"])
async def test_a_chat_that_may_not_be_looked_through_istold(name: str, tmp_path: Path) -> None:
    with pytest.raises(NoSuchChatError):
        await scope(about(name), "me", tmp_path)


class MayBeSearched:
    """Chat rules by which the owner may look anywhere."""

    def may_search(self, _chat: int) -> MaySearch:
        return "me"


class BusyOnce:
    """The questions of a store that takes nothing at first."""

    def __init__(self) -> None:
        self.located: list[Question] = []
        self._busy = True

    @property
    def questions(self) -> BusyOnce:
        return self

    def locate(self, asked: Question) -> None:
        if self._busy:
            self._busy = False
            raise StorageError("It is busy.", reason="storage_busy")
        self.located.append(asked)


async def test_a_named_chat_is_stored_with_its_question_though_the_store_was_busy() -> None:
    telegram: Any = FakeTelegram()
    rules: Any = MayBeSearched()
    store: Any = BusyOnce()
    told: list[Event] = []
    turn = Turn(about("club"))
    past = Past(telegram, telegram, telegram, rules, store, told.append)
    with pytest.raises(StorageError):
        await past.locate(turn)
    await past.locate(turn)
    assert [one.about for one in store.located] == [ConversationId(CLUB)]
    assert turn.question.about == ConversationId(CLUB)
