"""What is to be done about a message: the rules of now over what the store knows of it."""

from __future__ import annotations

from dataclasses import replace

from userbot.rules.trigger import Known, decide
from userbot.storage.store import Store
from userbot.turn.chat_rules import ChatRules
from userbot.types import ConversationId, Decision, Message, Question


class Judge:
    """Decides about messages as they arrive, and again when they are looked up."""

    def __init__(self, chats: ChatRules, store: Store) -> None:
        self._chats = chats
        self._store = store

    @property
    def prefix(self) -> str:
        """What asks."""
        return self._chats.policy.prefix

    def known(self, message: Message) -> Known:
        """What the store knows about a message. Raises StorageError."""
        chat = message.conversation.chat
        return Known(
            ours=message.outgoing
            and self._store.outbound.owns(chat, message.message, message.text),
            replies_to_answer=message.reply_to is not None
            and self._store.outbound.answered_by(chat, message.reply_to) is not None,
            forgotten=message.sender is not None and message.sender.id in self._chats.forgotten,
        )

    def decide(self, message: Message, known: Known | None = None) -> Decision:
        """What is to be done; `known`: if that was looked up already. Raises StorageError."""
        home = self._chats.moved.get(message.conversation.chat)
        there = message if home is None else replace(message, conversation=ConversationId(home))
        decision = decide(there, known or self.known(message), self._chats.policy)
        if isinstance(decision, Question):
            decision = replace(decision, expires_at=message.expires_at)
            if home is not None:
                decision = replace(decision, conversation=message.conversation).moved(home)
        return decision
