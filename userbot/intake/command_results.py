"""Tells what came of a command: in Saved Messages, while the command leaves its chat.

Outside Saved Messages nothing of it stays: the command's message, and no other, is deleted for
all, and the result goes to Saved Messages, recorded as ours before it leaves.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial

from userbot.errors import (
    ChatRefusedError,
    PostponedError,
    UserbotError,
    WriteInDoubtError,
)
from userbot.events import About, Failed, Notice, Report
from userbot.ports import Sender, Write
from userbot.rules.command_texts import CommandTexts
from userbot.rules.own_writes import random_id
from userbot.storage.store import Store
from userbot.turn.outbound import permitted
from userbot.turn.store_back import StoreBack
from userbot.types import (
    SAVED_TITLE,
    CommandMessage,
    CommandNote,
    ConversationId,
    Person,
    RichText,
)

QUIET = "-q"
"""The name under which the message of a quiet question is recorded: it goes wherever it stands."""
DOUBT = "in_doubt"
"""That under which a call of a tool is recorded of which nobody knows: told as a result, replying
to nothing."""


class CommandResults:
    """Tells the owner."""

    def __init__(
        self,
        owner: Person,
        texts: CommandTexts,
        store: Store,
        store_back: StoreBack,
        writer: Sender,
        report: Report,
    ) -> None:
        self._owner = owner
        self._saved = ConversationId(owner.id)
        self._secret = store.secret
        self.texts = texts
        """How they read."""
        self._store = store
        self._store_back = store_back
        self._writer = writer
        self._report = report

    async def told(self, command: CommandMessage, text: str, at: datetime) -> None:
        """Record a result as messages, and tell it; if it cannot be recorded it is not told."""
        try:
            notes: Sequence[CommandNote] | None = await self._noted(command, text, at)
        except UserbotError as error:
            self.failed(command, error)
            notes = None
        await self.tell(command, notes)

    async def tell(self, command: CommandMessage, notes: Sequence[CommandNote] | None) -> None:
        """Delete the command and tell its result; what fails stays open for the next start."""
        done = await self._deleted(command)
        try:
            for note in notes or ():
                await self._send(command, note)
            if done and notes is not None:
                await self._store_back.done(partial(self._store.commands.finish, command))
        except PostponedError:
            raise
        except UserbotError as error:
            self.failed(command, error)

    def record_doubt(
        self, call: int, text: str, at: datetime
    ) -> tuple[CommandMessage, Sequence[CommandNote]]:
        """Record what is to be told of a call in doubt; `tell` tells it. Raises StorageError."""
        command = self._store.commands.record(self._saved.chat, -call, DOUBT, at, SAVED_TITLE)
        assert command is not None, "it is told once"
        return command, self._record(command, text, at)

    def notice(self, command: CommandMessage, reason: str, detail: str) -> None:
        """Say on the console what becomes of a command."""
        self._report(Notice(**self._about(command), reason=reason, detail=detail))

    def failed(self, command: CommandMessage, error: UserbotError) -> None:
        """Say on the console what went wrong with a command."""
        self._report(Failed.of(error, self._about(command)))

    async def _noted(
        self, command: CommandMessage, text: str, at: datetime
    ) -> Sequence[CommandNote]:
        if command.chat != self._saved.chat:
            text = self.texts.headed(command.title, command.name, text)
        return await self._store_back.done(lambda: self._record(command, text, at))

    def _record(self, command: CommandMessage, text: str, at: datetime) -> Sequence[CommandNote]:
        notes = [
            CommandNote(random_id(self._secret, command.chat, command.message, -1, number), part)
            for number, part in enumerate(self.texts.messages(text))
        ]
        self._store.commands.record_results(command, self._saved.chat, notes, at)
        return notes

    async def _deleted(self, command: CommandMessage) -> bool:
        """Delete a command outside Saved Messages; False if another try may help."""
        if command.chat == self._saved.chat and command.name != QUIET:
            return True
        try:
            delete = partial(self._writer.delete, command)
            permit = self._permit(ConversationId(command.chat), "delete", command.title)
            await permitted(permit, delete)
        except PostponedError:
            raise
        except UserbotError as error:
            self.failed(command, error)
            return isinstance(error, ChatRefusedError)
        return True

    async def _send(self, command: CommandMessage, note: CommandNote) -> None:
        here = command.chat == self._saved.chat and command.name != DOUBT
        send = partial(
            self._writer.send,
            self._saved,
            RichText(note.text),
            reply_to=command.message if here else None,
            random_id=note.random_id,
        )
        try:
            message = await permitted(self._permit(self._saved, "send", SAVED_TITLE), send)
        except WriteInDoubtError as doubt:
            if not doubt.landed:
                raise
            if doubt.message is None:
                return
            message = doubt.message
        await self._store_back.done(
            partial(self._store.commands.confirm_result, note.random_id, message)
        )

    def _permit(
        self, conversation: ConversationId, kind: Write, title: str
    ) -> Callable[[], Awaitable[None]]:
        return partial(self._writer.acquire_after_answers, conversation, kind, title)

    def _about(self, command: CommandMessage) -> About:
        message = None if command.name == DOUBT else command.message
        return About(chat=command.chat, title=command.title, message=message, person=self._owner)
