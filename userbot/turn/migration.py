"""A basic group became a supergroup: it keeps its conversation, rules, limits and open questions.

Rule 1: Telegram is asked at start, before anything else, since nobody tells of a move while the
program is off; while it runs, both groups tell.
Rule 2: all that is kept of the group moves in one transaction. Limits are a person's and the
account's, so they stay by themselves.
Rule 3: a question keeps the message that it is, in the old group, and is answered in the new one,
from its beginning. Half an answer cannot be finished: it ends, and is listed.
"""

from __future__ import annotations

from collections.abc import Iterable

from userbot.errors import TelegramError
from userbot.events import Failed, Notice, Report, about
from userbot.ports import Reader
from userbot.texts import _
from userbot.turn.chat_rules import ChatRules
from userbot.turn.history import History
from userbot.turn.turn import Turn
from userbot.types import ConversationId, Question, is_basic_group


class Migration:
    """Follows chats that move, and asks the owner to follow in the config."""

    def __init__(
        self,
        chats: ChatRules,
        reader: Reader,
        history: History,
        report: Report,
    ) -> None:
        self.known = chats.moved
        """The groups that have moved: the new id by the old one."""
        self._chats = chats
        self._reader = reader
        self._history = history
        self._report = report

    async def follow(self, turn: Turn) -> None:
        """See whether the group of a turn has moved: then it goes there. Raises StorageError."""
        await self.look([turn.question])
        self.move(turn)

    def move(self, turn: Turn) -> None:
        """If its group is known to be a supergroup by now, a turn goes on there."""
        question = turn.question
        new = self.known.get(question.conversation.chat)
        if new is None or turn.is_ending:
            return
        turn.moves(new)
        if turn.has_begun and turn.question.conversation.chat == new:
            self._report(
                Notice(
                    **about(turn.question),
                    reason="answer_moved",
                    detail=_("The group became a supergroup: the answer starts again there."),
                )
            )

    async def look(self, open_questions: Iterable[Question]) -> None:
        """Find out which groups moved meanwhile, of those with rules or open questions."""
        chats = {one.conversation.chat for one in open_questions} | self._chats.policy.chats.keys()
        groups = sorted(chat for chat in chats - self.known.keys() if is_basic_group(chat))
        if not groups:
            return
        try:
            moved = await self._reader.migrated(groups)
        except TelegramError as error:
            self._report(Failed.of(error))
            return
        for move in moved:
            self.moved(*move)

    def moved(self, old: int, new: int, title: str) -> None:
        """Telegram told that a chat goes on under another id; its turns are to `move` then.

        Raises StorageError.
        """
        listed = self._chats.lists(old)
        if not self._chats.migrate(old, new):
            return  # Both groups tell of it.
        for conversation in (ConversationId(old), ConversationId(new)):
            self._history.forget(conversation)
        if listed:
            self._tell(old, new, title)

    def remind(self) -> None:
        """Tell of every chat that the config still lists by its old id."""
        for old, new in self._chats.outdated:
            self._tell(old, new, "")

    def _tell(self, old: int, new: int, title: str) -> None:
        self._report(
            Notice(
                chat=new,
                title=title,
                reason="chat_moved",
                detail=_(
                    "This group became a supergroup: its id was {old} and is now {new}.",
                    old=old,
                    new=new,
                ),
                hint=_("In config.toml change `id = {old}` to `id = {new}`.", old=old, new=new),
            )
        )
