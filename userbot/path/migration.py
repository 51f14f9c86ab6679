"""A basic group became a supergroup: it keeps its conversation, rules, limits and open questions.

Rule 1: Telegram is asked at start, before anything else, since nobody tells of a move while the
program is off; while it runs, both groups tell.
Rule 2: all that is kept of the group moves in one transaction. Limits are a person's and the
account's, so they stay by themselves.
Rule 3: a question keeps the message that it is, in the old group, and is answered in the new one.
An answer that is under way begins anew there: in the old group nothing can be written any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from userbot.errors import TelegramError
from userbot.events import Failed, Notice, Report
from userbot.path.house_rules import HouseRules
from userbot.path.memory import Memory
from userbot.path.storing import Storing
from userbot.ports import Reader
from userbot.types import ConversationId, Question, is_basic_group


class Migration:
    """Follows chats that move, and asks the owner to follow in the config.

    `moved` is told the old and the new id of each, once its rules hold.
    """

    def __init__(
        self,
        rules: HouseRules,
        reader: Reader,
        memory: Memory,
        moved: Callable[[int, int], None],
        storing: Storing,
        report: Report,
    ) -> None:
        self._told = moved
        self._rules = rules
        self._reader = reader
        self._memory = memory
        self._storing = storing
        self._report = report

    async def look(self, open_questions: Iterable[Question]) -> None:
        """Find out which groups moved meanwhile, of those with rules or open questions."""
        chats = {ask.chat for ask in open_questions} | self._rules.policy.chats.keys()
        groups = sorted(chat for chat in chats - self._rules.moved.keys() if is_basic_group(chat))
        if not groups:
            return
        try:
            moved = await self._reader.migrated(groups)
        except TelegramError as error:
            self._report(Failed(reason=error.reason, error=str(error), hint=error.hint))
            return
        for move in moved:
            self.moved(*move)

    def moved(self, old: int, new: int, title: str) -> None:
        """Telegram told that a chat goes on under another id; as soon as it can be stored."""
        self._storing.soon(partial(self._move, old, new, title))

    def _move(self, old: int, new: int, title: str) -> None:
        listed = self._rules.lists(old)
        if not self._rules.migrate(old, new):
            return  # Both groups tell of it.
        for conversation in (ConversationId(old), ConversationId(new)):
            self._memory.forget(conversation)
        self._told(old, new)
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
