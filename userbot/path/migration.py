"""A basic group became a supergroup: it keeps its conversation, rules and limits.

Limits are a person's and the account's, so they stay by themselves.
"""

from __future__ import annotations

from userbot.activity import Failed, Notice, Report
from userbot.errors import StorageError
from userbot.messages import Place
from userbot.path.house_rules import HouseRules
from userbot.path.memory import Memory


class Migration:
    """Follows chats that move, and asks the owner to follow in the config."""

    def __init__(self, rules: HouseRules, memory: Memory, report: Report) -> None:
        self._rules = rules
        self._memory = memory
        self._report = report

    def moved(self, old: int, new: int, title: str) -> None:
        """Telegram told that a chat goes on under another id."""
        listed = self._rules.lists(old)
        try:
            if not self._rules.migrate(old, new):
                return  # Both groups tell of it.
        except StorageError as error:
            self._report(
                Failed(
                    chat=new, title=title, reason=error.reason, error=str(error), hint=error.hint
                )
            )
            return
        for place in (Place(old), Place(new)):
            self._memory.forget(place)
        if listed:
            self._tell(old, new, title)

    def remind(self) -> None:
        """Tell of every chat that the config still lists by its old id."""
        for old, new in self._rules.outdated:
            self._tell(old, new, "")

    def _tell(self, old: int, new: int, title: str) -> None:
        self._report(
            Notice(
                chat=new,
                title=title,
                reason="chat_moved",
                detail=f"This group became a supergroup; its id was {old} and is {new} now.",
                hint=f"Change id = {old} to id = {new} in config.toml.",
            )
        )
