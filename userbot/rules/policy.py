"""What the owner decided about who is answered, and what holds in a chat.

A chat has a block in the file, and over it what commands have set. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Literal

from userbot.settings import ChatConfig, MaySearch, Override, Respond, Sending, VoiceConfig, Whom
from userbot.types import Person, Question

Allowed = Literal["me", "contacts", "anyone"] | frozenset[int]
"""Who may ask: a word, or the ids of people; names are resolved already."""


DRAFT_AFTER = 20.0
"""What `draft_after` is in a chat that has no block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRule:
    """What is said about one selected chat."""

    respond: Respond
    allowed: Allowed
    voice: VoiceConfig | None = None
    """None: as everywhere."""
    answer: Sending = "send"
    """"ask": nothing leaves into the chat before the owner's yes."""
    draft_after: float = 0.0
    """Seconds of silence after a message before its answer is written, with "ask"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All that the owner decided about who is answered."""

    prefix: str
    mark: str = ""
    """What ends each answer."""
    owner: int
    owner_usernames: frozenset[str]
    """In lower case, without the @."""
    elsewhere: Allowed
    """Who may use the prefix in chats that are not listed."""
    chats: Mapping[int, ChatRule]
    """The listed chats; Saved Messages under the owner's own id."""
    began: datetime
    """The first start; what was written before is nobody's question."""
    voice: VoiceConfig = field(default_factory=VoiceConfig)
    """[voice], where a chat's rule says nothing else."""
    search: MaySearch = "off"
    """Whose answers may look up what was said, where a chat's block says nothing else."""
    documents: bool = True
    """Whether files are read."""
    models: Mapping[str, str] = field(default_factory=dict)
    """[models]: what one question may name, and the model that it means."""

    def needs_yes(self, chat: int) -> bool:
        """Whether answers in a chat wait for the owner's yes; his own chat is nobody else's."""
        rule = self.chats.get(chat)
        return rule is not None and rule.answer == "ask" and chat != self.owner

    def allowed_in(self, chat: int) -> Allowed:
        """Who may ask in a chat."""
        rule = self.chats.get(chat)
        return self.elsewhere if rule is None else rule.allowed

    def lets_ask(self, sender: Person, chat: int) -> bool:
        """Whether somebody other than the owner may ask in a chat."""
        return may_ask(sender, self.allowed_in(chat))

    def draft_after(self, chat: int) -> float:
        """How many seconds after its newest message an answer in a chat is begun."""
        return self.chats[chat].draft_after if self.needs_yes(chat) else 0.0

    def voice_in(self, chat: int) -> VoiceConfig:
        """[voice] as it holds in a chat."""
        rule = self.chats.get(chat)
        return self.voice if rule is None or rule.voice is None else rule.voice

    def answers_by_voice(self, question: Question) -> bool:
        """Whether the answer to a question is to be spoken."""
        answer_as = self.voice_in(question.conversation.chat).answer_as
        if answer_as == "same":
            return question.voice is not None and question.voice.spoken
        return answer_as == "voice"


def may_ask(sender: Person, allowed: Allowed) -> bool:
    """Whether somebody other than the owner is let in; who is not known well is no contact."""
    if isinstance(allowed, frozenset):
        return sender.id in allowed
    return allowed == "anyone" or (allowed == "contacts" and sender.contact)


def search_said(general: MaySearch, block: ChatConfig | None) -> MaySearch:
    """What the config says of that: the chat's block, where it says nothing [reading]."""
    return general if block is None or block.search is None else block.search


def may_search(general: MaySearch, block: ChatConfig | None, allowed: Allowed) -> MaySearch:
    """Whose answers may look up what was said in a chat.

    `general`: what [reading] says. `block`: what is said about the chat. `allowed`: who may ask
    there. Where everybody may, the chat is searched for the owner alone: the config refuses the
    two together, but a command may have let them in.
    """
    said = search_said(general, block)
    return "me" if said == "askers" and allowed == "anyone" else said


def forbidden_now(ask: Question, policy: Policy, sender: Person | None = None) -> str | None:
    """Why a stored question may not be answered any more, as a slug; None if it still may.

    A stored question does not say whether its sender is a contact; that it was let through then
    is enough, as long as contacts may ask at all. `sender`: who asked as known today, where that
    is to be decided anew. Where voice is off by now, one that was only spoken is none any more.
    """
    if (
        ask.voice is not None
        and not ask.text
        and not policy.voice_in(ask.conversation.chat).enabled
    ):
        return "voice_off"
    if ask.by_owner:
        return None
    rule = policy.chats.get(ask.conversation.chat)
    if rule is not None and rule.respond == "off":
        return "off"
    allowed = policy.allowed_in(ask.conversation.chat)
    if sender is not None and sender.blocked:
        return "blocked"
    if (sender is None and allowed == "contacts") or may_ask(sender or ask.sender, allowed):
        return None
    return "not_allowed"


def effective_rule(listed: ChatRule | None, said: Override, elsewhere: Allowed) -> ChatRule | None:
    """Who is answered in a chat; None where nobody listed it, neither in the file nor by command.

    `elsewhere`: who may ask in chats that are not listed.
    """
    if said.respond is None and said.from_ is None and said.answer is None:
        return listed
    base = listed or ChatRule(respond="prefix", allowed=elsewhere, draft_after=DRAFT_AFTER)
    return replace(
        base,
        respond=said.respond or base.respond,
        allowed=said.from_ or base.allowed,
        answer=said.answer or base.answer,
    )


def effective_block(
    chat: int, listed: ChatConfig | None, said: Override, elsewhere: Whom
) -> ChatConfig | None:
    """What is said about a chat beside who is answered: its system text, model and so on."""
    if said == Override():
        return listed
    base = listed or ChatConfig(id=chat, respond="prefix", from_=elsewhere)
    return replace(
        base,
        respond=said.respond or base.respond,
        from_=said.from_ or base.from_,
        system=base.system if said.system is None else said.system,
        model=base.model if said.model is None else said.model,
        answer=said.answer or base.answer,
    )


def voice_of(general: VoiceConfig, chat: ChatConfig | None) -> VoiceConfig:
    """[voice] with what a chat's block says of it."""
    own = chat.voice if chat is not None else None
    if own is None:
        return general
    told = {field.name: getattr(own, field.name) for field in fields(own)}
    return replace(general, **{name: value for name, value in told.items() if value is not None})
