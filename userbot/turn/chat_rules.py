"""What holds right now: the file, over it what the owner ordered, and whom he wants forgotten.

Kept in memory, since every message is decided by it; a change is in the store before it holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from userbot.rules.policy import ChatRule, Policy, effective_block, effective_rule
from userbot.settings import ChatConfig, Override, Whom
from userbot.storage.store import Store
from userbot.types import Question


class ChatRules:
    """The rules of this run. `policy` and `chats` are what the file says."""

    def __init__(
        self, policy: Policy, chats: Mapping[int, ChatConfig], elsewhere: Whom, store: Store
    ) -> None:
        self._listed = dict(policy.chats)
        self._blocks = dict(chats)
        self._elsewhere = elsewhere
        self._store = store
        self._said = store.overrides.all()
        self.moved = store.conversations.migrated()
        """Basic groups that became supergroups: the new id by the old one."""
        self.outdated = [(old, new) for old, new in self.moved.items() if old in self._listed]
        """Chats that the file lists by an id that they no longer have, and their new ids."""
        for old, new in self.outdated:
            self._move(old, new)
        self.policy = policy
        """Who is answered, as it holds now."""
        self.forgotten = store.eraser.forgotten()
        """The people whose words are kept out."""
        self._apply()

    def get(self, chat: int) -> ChatConfig | None:
        """What is said about a chat, if anything."""
        block = self._blocks.get(chat)
        said = self._said.get(chat)
        return block if said is None else effective_block(chat, block, said, self._elsewhere)

    def said(self, chat: int) -> Override:
        """What commands have set in a chat."""
        return self._said.get(chat, Override())

    def say(self, chat: int, to: Override) -> None:
        """From now on commands have set this in a chat. Raises StorageError."""
        self._store.overrides.set(chat, to)
        self._said[chat] = to
        self._apply()

    def migrate(self, old: int, new: int) -> bool:
        """A chat goes on under another id; False if that is known already. Raises StorageError."""
        if not self._store.conversations.migrate(old, new):
            return False
        self.moved[old] = new
        if old in self._said:
            said = self._said.pop(old)
            self._said.setdefault(new, said)
        self._move(old, new)
        self._apply()
        return True

    def at_home(self, question: Question) -> Question:
        """The question where it is answered now, if its group has become a supergroup."""
        new = self.moved.get(question.conversation.chat)
        return question if new is None else question.moved(new)

    def lists(self, chat: int) -> bool:
        """Whether the file has a block for a chat."""
        return chat in self._listed

    def _move(self, old: int, new: int) -> None:
        if old in self._listed:
            self._listed.setdefault(new, self._listed.pop(old))
        if old in self._blocks:
            self._blocks.setdefault(new, self._blocks.pop(old))

    def _apply(self) -> None:
        chats: dict[int, ChatRule] = {}
        for chat in self._listed.keys() | self._said.keys():
            rule = effective_rule(self._listed.get(chat), self.said(chat), self.policy.elsewhere)
            if rule is not None:
                chats[chat] = rule
        self.policy = replace(self.policy, chats=chats)
