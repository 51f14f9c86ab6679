"""What holds right now: the file, over it what the owner ordered, and whom he wants forgotten.

By it is decided what is to be done about a message, as it arrives and when it is looked up again.
Kept in memory, since every message is decided by it; a change is in the store before it holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from userbot.rules.mark import unmarked
from userbot.rules.policy import (
    Allowed,
    ChatRule,
    Policy,
    effective_block,
    effective_rule,
    may_search,
    search_said,
)
from userbot.rules.trigger import Known, decide, is_order
from userbot.settings import ChatConfig, MaySearch, Override, Whom
from userbot.storage.store import Store
from userbot.turn.visits import Visits
from userbot.types import ChatKind, ConversationId, Decision, Message, Question


class ChatRules:
    """The rules of this run. `policy` and `chats` are what the file says."""

    def __init__(
        self, policy: Policy, chats: Mapping[int, ChatConfig], elsewhere: Whom, store: Store
    ) -> None:
        self._store = store
        self.visits = Visits()
        """How far the owner has read the chats."""
        self._overrides = store.overrides.all()
        self.moved = store.conversations.migrated()
        """Basic groups that became supergroups: the new id by the old one."""
        self.policy = policy
        """Who is answered, as it holds now."""
        self._forgotten = store.eraser.forgotten()
        self.take_up(policy, chats, elsewhere)

    def take_up(self, policy: Policy, chats: Mapping[int, ChatConfig], elsewhere: Whom) -> None:
        """From now on this is what the file says."""
        self._listed = dict(policy.chats)
        self._blocks = dict(chats)
        self._elsewhere = elsewhere
        self.outdated = [(old, new) for old, new in self.moved.items() if old in self._listed]
        """Chats that the file lists by an id that they no longer have, and their new ids."""
        for old, new in self.outdated:
            self._move(old, new)
        self.policy = policy
        self._apply()

    def get(self, chat: int) -> ChatConfig | None:
        """What is said about a chat, if anything."""
        block = self._blocks.get(chat)
        said = self._overrides.get(chat)
        return block if said is None else effective_block(chat, block, said, self._elsewhere)

    def context_messages(self, chat: int) -> int:
        """How many of a chat's last messages a question there is asked with."""
        block = self.get(chat)
        return 0 if block is None else block.context_messages

    def wrote(self, message: Message) -> bool:
        """Whether the program itself wrote a message, for sure. Raises StorageError."""
        return self._store.outbound.owns(message.conversation.chat, message.message)

    def unmarked(self, message: Message) -> Message:
        """A message as a model may see it: an answer of ours without its mark.

        Raises StorageError.
        """
        mark = self.policy.mark
        if not (mark and message.outgoing and self.wrote(message)):
            return message
        return replace(message, text=unmarked(message.text, mark))

    def known(self, message: Message) -> Known:
        """What the store knows about a message. Raises StorageError."""
        chat, outbound = message.conversation.chat, self._store.outbound
        return Known(
            ours=message.outgoing
            and outbound.owns(chat, message.message, message.shown or message.text),
            replies_to_answer=message.reply_to is not None
            and outbound.answered_by(chat, message.reply_to) is not None,
            forgotten=message.sender is not None and self.forgets(message.sender.id),
        )

    def decide(self, message: Message, known: Known | None = None) -> Decision:
        """What is to be done; `known`: if that was looked up already. Raises StorageError."""
        home = self.moved.get(message.conversation.chat)
        there = message if home is None else replace(message, conversation=ConversationId(home))
        decision = decide(there, known or self.known(message), self.policy)
        if not isinstance(decision, Question):
            return decision
        if decision.recap is not None and decision.about is not None:
            after = self.visits.before(decision.about, message.at)
            decision = replace(decision, recap=replace(decision.recap, after=after))
        elif home is not None and not decision.quiet:
            decision = replace(decision, kind=ChatKind.SUPERGROUP)
        return decision if home is None else replace(decision, source=message.conversation.chat)

    def allowed(self, chat: int) -> Allowed:
        """Who may ask in a chat."""
        return self.policy.allowed_in(self.moved.get(chat, chat))

    def may_search(self, chat: int) -> MaySearch:
        """Whose answers may look up what was said in a chat."""
        return may_search(self.policy.search, self.get(chat), self.allowed(chat))

    def search_said(self, chat: int) -> MaySearch:
        """What the config says of that, whoever may ask there."""
        return search_said(self.policy.search, self.get(chat))

    def may_be_read(self, message: Message, now: datetime) -> bool:
        """Whether a model may see a message of a chat's past, and it says something of that."""
        sender, expires = message.sender, message.expires_at
        return not (
            message.protected
            or message.noforwards
            or message.service
            or is_order(message, self.policy)
            or (sender is not None and self.forgets(sender.id))
            or (expires is not None and expires <= now)
            or not (message.text or message.media)
        )

    def decide_if_allowed(self, message: Message, known: Known) -> Decision:
        """What would be done about a message if everybody might ask. Nothing comes of it."""
        chat, sender = message.conversation.chat, message.sender
        rule = self.policy.chats.get(chat)
        opened = dict(self.policy.chats)
        if rule is not None:
            respond = "prefix" if rule.respond == "off" else rule.respond
            opened[chat] = replace(rule, allowed="anyone", respond=respond)
        if sender is not None:
            message = replace(message, sender=replace(sender, blocked=False))
        policy = replace(self.policy, elsewhere="anyone", chats=opened)
        return decide(message, replace(known, forgotten=False), policy)

    def override(self, chat: int) -> Override:
        """What commands have set in a chat."""
        return self._overrides.get(chat, Override())

    def set_override(self, chat: int, to: Override, since: int = 0) -> None:
        """From now on commands have set this in a chat. Raises StorageError.

        `since`: it counts as seen up to that message.
        """
        with self._store.database.transaction():
            self._store.overrides.set(chat, to)
            if since:
                self._store.watermarks.see(chat, since)
        self._overrides[chat] = to
        self._apply()

    def migrate(self, old: int, new: int) -> bool:
        """A chat goes on under another id; False if that is known already. Raises StorageError."""
        if not self._store.conversations.migrate(old, new):
            return False
        self.moved[old] = new
        if old in self._overrides:
            said = self._overrides.pop(old)
            self._overrides.setdefault(new, said)
        self._move(old, new)
        self._apply()
        return True

    def forgets(self, person: int) -> bool:
        """Whether a person's words are kept out."""
        return person in self._forgotten

    def forget(self, person: int, at: datetime) -> int:
        """Erase a person's words and keep them out; gives how many questions that hit."""
        erased = self._store.eraser.forget(person, at)
        self._forgotten.add(person)
        return erased

    def lists(self, chat: int) -> bool:
        """Whether the file has a block for a chat."""
        return chat in self._listed

    def answers_by_file(self, chat: int) -> bool:
        """Whether others are answered in a chat by what the file says of it."""
        listed = self._listed.get(chat)
        return listed is not None and listed.respond != "off"

    def asked(self, message: Message) -> bool:
        """Whether a message was taken as a question. Raises StorageError."""
        asked_by = self._store.questions.asked_by
        return asked_by(message.conversation.chat, message.message) is not None

    def _move(self, old: int, new: int) -> None:
        if old in self._listed:
            self._listed.setdefault(new, self._listed.pop(old))
        if old in self._blocks:
            self._blocks.setdefault(new, self._blocks.pop(old))

    def _apply(self) -> None:
        chats: dict[int, ChatRule] = {}
        for chat in self._listed.keys() | self._overrides.keys():
            rule = effective_rule(
                self._listed.get(chat), self.override(chat), self.policy.elsewhere
            )
            if rule is not None:
                chats[chat] = rule
        self.policy = replace(self.policy, chats=chats)
