"""What commands have set is listed over what the config says."""

from __future__ import annotations

from pathlib import Path

from userbot.cli.chats import overridden
from userbot.settings import (
    ChatConfig,
    HistoryConfig,
    Override,
    Settings,
    TelegramConfig,
    TriggerConfig,
)
from userbot.storage.store import Store

GROUP, CLUB, HALL = -1001, -1002, -1003
LISTED = ChatConfig(id=GROUP, respond="all", from_=(501,), system="Be brief.")


def settings(folder: Path) -> Settings:
    return Settings(
        telegram=TelegramConfig(api_id=1, api_hash="hash"),
        trigger=TriggerConfig(from_="contacts"),
        history=HistoryConfig(database=folder / "history.db"),
    )


def test_without_a_history_the_config_holds(tmp_path: Path) -> None:
    assert overridden(settings(tmp_path), {GROUP: LISTED}) == ({GROUP: LISTED}, {})


def test_what_commands_set_beats_the_config_and_the_rest_of_it_stays(tmp_path: Path) -> None:
    with Store.open(tmp_path / "history.db") as store:
        store.overrides.set(GROUP, Override(respond="mention"))
        store.overrides.set(CLUB, Override(model="parrot"))
        store.overrides.set(HALL, Override(respond="off"))
        store.overrides.set(HALL, Override())
        found, ordered = overridden(settings(tmp_path), {GROUP: LISTED})
    assert ordered == {GROUP: {"respond": "mention"}, CLUB: {"model": "parrot"}}
    assert found == {
        GROUP: ChatConfig(id=GROUP, respond="mention", from_=(501,), system="Be brief."),
        CLUB: ChatConfig(id=CLUB, respond="prefix", from_="contacts", model="parrot"),
    }
