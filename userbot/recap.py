"""A recap in the terminal: what was said in a chat is read from Telegram, and summed up here.

It is a question as any other that is asked in the terminal: with the same model, limits and
database, and nothing that was read is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from userbot.build import recap_rules
from userbot.console.terminal import Terminal
from userbot.errors import UserbotError
from userbot.events import Report
from userbot.rules import recap
from userbot.settings import Settings
from userbot.storage.store import Store
from userbot.talk import Talk
from userbot.telegram.client import Client
from userbot.telegram.lookups import TelegramLookups
from userbot.telegram.people import People
from userbot.telegram.reader import TelegramReader
from userbot.telegram.updates import Updates
from userbot.texts import _
from userbot.turn.turn import Turn
from userbot.turn.understand.recap import Recaps
from userbot.turn.understand.span import Spans
from userbot.turn.understand.voice_notes import VoiceNotes
from userbot.types import ConversationId, Message, Person


class RecapHere(Talk):
    """Sums a chat up. `client`: of the account that is `owner`."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        report: Report,
        terminal: Terminal,
        client: Client,
        owner: Person,
    ) -> None:
        super().__init__(settings, store, report, terminal)
        people = People(client, report)
        people.introduce(owner)
        updates = Updates(client, people, _Deaf(), report)
        lookups = TelegramLookups(client, updates)
        self._owner = owner
        self._recaps = Recaps(
            recap_rules(settings),
            lookups,
            TelegramReader(client, updates),
            Spans(lookups, self._chats, self._clock, report),
            VoiceNotes(self._chats, None, self._budget, store, report),
            self._clock,
        )

    async def sum_up(self, order: str) -> Sequence[str]:
        """Sum up what `CHAT [N|2d|@name]` says; gives the addresses of what is cited, in order.

        Raises UserbotError if that is no order.
        """
        wanted = recap.parse(order, elsewhere=True)
        if isinstance(wanted, recap.Unclear):
            raise UserbotError(
                _("“{word}” says neither how much nor whom.", word=wanted.word)
                if wanted.word
                else _("Say which chat: its @name, its id or its title."),
                _("For example: userbot recap @weekend_plans 2d"),
                reason=wanted.reason,
            )
        typed = self._typed(order, self._clock.now())
        question = self._admitted(replace(typed, sender=self._owner, recap=wanted))
        if question is None:
            return ()
        turn = Turn(question, resumed=True)
        await self._answered(turn)
        return () if turn.answer is None else [one.link for one in turn.answer.cites]

    async def _understand(self, turn: Turn) -> None:
        turn.material = await self._recaps.of(turn, self._budget.prices(turn.question))


class _Deaf:
    """Nothing that Telegram tells meanwhile matters."""

    def edited(self, message: Message) -> None: ...

    def deleted(self, chat: int | None, messages: object) -> None: ...

    def moved(self, old: int, new: int, title: str) -> None: ...

    def read(self, conversation: ConversationId, message: int) -> None: ...

    def sent(self, chat: int, scheduled: int, message: int) -> None: ...
