"""The first stop of a message: decide, check the limits, store, queue.

Rule 1: nothing here awaits, and one transaction stores the question, its least cost and how far its
chat was seen. If that fails, nothing has happened; whatever else follows comes after it.
Rule 2: what no rule lets through is not stored.
Rule 3: without the store nothing is answered: an answer that is not recorded may be said twice.
Rule 4: a message that is handed over twice is one question, and one command.
Rule 5: a message that raises what nobody foresaw is told and skipped, so that no chat is blocked.
"""

from __future__ import annotations

from datetime import datetime

from userbot.errors import StorageError
from userbot.intake.admission import Admission
from userbot.intake.chat_commands import ChatCommands
from userbot.intake.command_results import QUIET
from userbot.intake.overheard import Overheard
from userbot.intake.verdicts import Verdicts
from userbot.storage.chats import Watermark
from userbot.storage.store import Store
from userbot.turn.chat_rules import ChatRules
from userbot.types import Came, ChatKind, Command, CommandMessage, Message, Question


class Receiver:
    """Takes every message that Telegram brings, or that was looked for."""

    def __init__(
        self,
        chats: ChatRules,
        admission: Admission,
        commands: ChatCommands,
        verdicts: Verdicts,
        overheard: Overheard,
        store: Store,
    ) -> None:
        self._chats = chats
        self._admission = admission
        self._commands = commands
        self._verdicts = verdicts
        self._overheard = overheard
        self._store = store

    def receive(self, message: Message, mark: Watermark | None, now: datetime) -> None:
        """Decide about a message and, if it is a question, store and queue it.

        `mark`: how far its chat is seen then. Raises StorageError; then nothing was done about it,
        and it can be received again.
        """
        try:
            self._take(message, mark, now)
        except StorageError:
            raise
        except Exception as bug:
            # Each look would find the message again, and end at it: nothing behind it would arrive.
            self._put(mark)
            self._overheard.failed(message, bug)

    def _take(self, message: Message, mark: Watermark | None, now: datetime) -> None:
        known = self._chats.known(message)
        decision = self._chats.decide(message, known)
        approval = None
        if message.kind is ChatKind.SAVED and not known.ours:
            approval = self._verdicts.of(message, self._chats.policy.prefix)
        if approval is not None:
            with self._store.database.transaction():
                self._verdicts.take(message, approval, now)
                self._put(mark)
            self._verdicts.look()
        elif isinstance(decision, Question):
            hidden: CommandMessage | None = None
            with self._store.database.transaction():
                admitted = self._admission.store(decision, now, replies=known.replies_to_answer)
                if admitted is not None and decision.quiet:
                    hidden = self._commands.record(message, Command(QUIET, ""))
                self._put(mark)
            if admitted is not None:
                self._admission.queue_or_tell(admitted, belated=message.came is not Came.LIVE)
            if hidden is not None:
                self._commands.hide(hidden, self._admission.queue)
        elif isinstance(decision, Command):
            with self._store.database.transaction():
                recorded = self._commands.record(message, decision)
                self._put(mark)
            if recorded is not None:
                self._commands.carry_out(recorded, message, decision)
        else:
            self._put(mark)
            self._overheard.ignore(message, known, decision.reason)

    def _put(self, mark: Watermark | None) -> None:
        if mark is not None:
            self._store.watermarks.put(mark)
