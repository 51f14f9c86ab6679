"""Who is answered: one decision about one message, from values alone.

First match wins. Rule 1: some messages are never answered. Rule 2: commands are the owner's.
Rule 3: the owner's prefix asks anywhere; in Saved Messages his block decides; else he is left
alone. Rule 4: who is not in the chat's `from` is ignored. Rule 5: the prefix asks. Rule 6: a
chat that is not listed is ignored. Rule 7: a reply to one of our answers asks. Rule 8: the
chat's `respond` decides.

Where those rules leave a choice, the quieter one is taken:

- `respond = "off"` stands before rule 5: there only the owner's own prefix is answered.
- Forwarded words are somebody else's, so they hold neither prefix nor command, nor do they
  mention the owner. Forwarding is still an act of the sender: where every message is a question
  (`respond = "all"`, a private chat under "mention", Saved Messages), a forwarded one is too.
- In Saved Messages the owner counts as allowed, and rules 5 to 8 apply to the chat's block.
- Sound asks where a text without prefix would. What was made to be listened to once, or is
  protected from copying, is not listened to at all.
- A spoken note that nobody addressed in writing is listened to first where wake words are
  configured, and only there: `wake.py` then decides by what was said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Final, Literal

from userbot.rules.commands import stem as command_stem
from userbot.settings import Respond
from userbot.types import ChatKind, Command, Decision, Ignore, Message, Person, Question, Voice

Allowed = Literal["me", "contacts", "anyone"] | frozenset[int]
"""Who may ask: a word, or the ids of people; names are resolved already."""

TELEGRAM_ITSELF: Final = 777000
"""The account that sends login codes: https://core.telegram.org/api/auth"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Whether sound is listened to, and which spoken words address the owner."""

    enabled: bool = True
    wake_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRule:
    """What is said about one selected chat."""

    respond: Respond
    allowed: Allowed
    voice: Listening | None = None
    """None: as everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All that the owner decided about who is answered."""

    prefix: str
    owner: int
    owner_usernames: frozenset[str]
    """In lower case, without the @."""
    elsewhere: Allowed
    """Who may use the prefix in chats that are not listed."""
    chats: Mapping[int, ChatRule]
    """The listed chats; Saved Messages under the owner's own id."""
    began: datetime
    """The first start; what was written before is nobody's question."""
    voice: Listening = Listening()
    """Where a chat's rule says nothing else."""

    def listening(self, chat: int) -> Listening:
        """What holds for sound in a chat."""
        rule = self.chats.get(chat)
        return self.voice if rule is None or rule.voice is None else rule.voice


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store knows about a message."""

    ours: bool
    replies_to_answer: bool
    forgotten: bool = False
    """The owner told us to keep this person's words out."""


def decide(incoming: Message, known: Known, policy: Policy) -> Decision:
    """Say what is to be done about a message; see the rules at the top of this file.

    The reasons of Ignore are slugs that stay as they are. Somebody who may not ask is
    "not_allowed", but "not_listed" while he merely talks in a chat that is not listed.
    """
    sender = incoming.sender
    never = _never_answered(incoming, known, policy)
    if never is not None:
        return Ignore(never)
    if sender is None:
        return Ignore("no_sender")
    by_owner = sender.id == policy.owner
    own_words = "" if incoming.forwarded else incoming.text

    command = command_of(own_words, policy.prefix)
    if command is not None:
        return command if by_owner else Ignore("not_owner_command")

    question = question_of(own_words, policy.prefix)
    voice, deaf = _sound(incoming, policy)
    rule = policy.chats.get(incoming.chat)
    if by_owner:
        if question is not None:
            return _prefixed(incoming, sender, known, question, voice, deaf, by_owner=True)
        if incoming.kind is not ChatKind.SAVED:
            return Ignore("owner_no_prefix")
    elif known.forgotten:
        return Ignore("forgotten")
    elif not _may_ask(sender, policy.elsewhere if rule is None else rule.allowed):
        only_talks = rule is None and question is None
        return Ignore("not_listed" if only_talks else "not_allowed")

    if rule is not None and rule.respond == "off":
        return Ignore("off")
    if question is not None:
        return _prefixed(incoming, sender, known, question, voice, deaf, by_owner=False)
    if rule is None:
        return Ignore("not_listed")
    silent = None
    if not known.replies_to_answer:
        silent = _not_addressed(incoming, rule.respond, policy)
        if silent is not None and not _may_be_spoken_to(voice, rule.respond, policy, incoming):
            return Ignore(silent)
    asking = _asked(incoming, sender, incoming.text, voice, deaf, by_owner=by_owner)
    if silent is not None and isinstance(asking, Question):
        # What is written beside it addresses nobody either, and is not stored.
        return replace(asking, text="", listen_first=True)
    return asking


def forbidden_now(ask: Question, policy: Policy, sender: Person | None = None) -> str | None:
    """Why a stored question may not be answered any more, as a slug; None if it still may.

    A stored question does not say whether its sender is a contact; that it was let through then
    is enough, as long as contacts may ask at all. `sender`: who asked as known today, where that
    is to be decided anew. Where voice is off by now, one that was only spoken is none any more.
    """
    if ask.voice is not None and not ask.text and not policy.listening(ask.chat).enabled:
        return "voice_off"
    if ask.by_owner:
        return None
    rule = policy.chats.get(ask.chat)
    if rule is not None and rule.respond == "off":
        return "off"
    allowed = policy.elsewhere if rule is None else rule.allowed
    if sender is not None and sender.blocked:
        return "blocked"
    if (sender is None and allowed == "contacts") or _may_ask(sender or ask.sender, allowed):
        return None
    return "not_allowed"


def question_of(text: str, prefix: str) -> str | None:
    """What stands after the prefix, "" if nothing does; None if the text has no prefix.

    Without case, at the very start, and followed by white space (a new line too) or the end.
    """
    found = _patterns(prefix)[0].fullmatch(text)
    return None if found is None else found["rest"].strip()


def command_of(text: str, prefix: str) -> Command | Ignore | None:
    """The order that a text gives, whoever wrote it; None if it gives none.

    Commands follow the prefix if it is a word after a slash ("/ai" gives "/ai_new"); with any
    other ("!ai", "hey bot") they stay "/gpt_new". The name is in lower case and perhaps unknown;
    "/gpt_" alone is help, and "/gpt_new@somebody" is another bot's.
    """
    found = _patterns(prefix)[1].fullmatch(text)
    if found is None:
        return None
    name = found["name"].lower()
    if "@" in name:
        return Ignore("other_bots_command")
    return Command(name or "help", (found["rest"] or "").strip())


@lru_cache(maxsize=8)
def _patterns(prefix: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = r"\s+".join(re.escape(word) for word in prefix.split())
    stem = re.escape(command_stem(prefix))
    flags = re.IGNORECASE | re.DOTALL
    return (
        re.compile(rf"{words}(?P<rest>(?:\s.*)?)", flags),
        re.compile(rf"{stem}_(?P<name>\S*)(?P<rest>\s.*)?", flags),
    )


def _never_answered(incoming: Message, known: Known, policy: Policy) -> str | None:
    """Rule 1: why this message is no question whoever asks, or None."""
    sender = incoming.sender
    if known.ours:
        return "ours"
    if incoming.service or (sender is not None and sender.id == TELEGRAM_ITSELF):
        return "service"
    if sender is not None and sender.bot:
        return "bot"
    if incoming.via_bot:
        return "via_bot"
    if incoming.post:
        return "post"
    if sender is not None and sender.id < 0:
        return "channel_sender"
    if sender is not None and sender.blocked:
        return "blocked"
    # Telegram dates messages in whole seconds, so the second of the first start counts as after.
    if incoming.at < policy.began.replace(microsecond=0):
        return "before_start"
    return None


def _may_ask(sender: Person, allowed: Allowed) -> bool:
    """Whether somebody other than the owner is let in; who is not known well is no contact."""
    if isinstance(allowed, frozenset):
        return sender.id in allowed
    return allowed == "anyone" or (allowed == "contacts" and sender.contact)


def _not_addressed(incoming: Message, respond: Respond, policy: Policy) -> str | None:
    """Rule 8: why a message without prefix is not meant for us, or None.

    Telegram's own "mentioned" flag is of no use: a reply to what the owner wrote sets it too.
    """
    if respond == "all":
        return None
    if respond != "mention":
        return "no_prefix"
    if not incoming.kind.several_people:
        return None
    named = not incoming.forwarded and incoming.mentions & {policy.owner, *policy.owner_usernames}
    return None if named else "no_mention"


def _sound(incoming: Message, policy: Policy) -> tuple[Voice | None, str]:
    """The sound that may be listened to, or why there is none."""
    voice = incoming.voice
    if voice is None:
        return None, "no_text"
    if voice.sealed:
        return None, voice.sealed
    if not policy.listening(incoming.chat).enabled:
        return None, "voice_off"
    return voice, ""


def _may_be_spoken_to(
    voice: Voice | None, respond: Respond, policy: Policy, incoming: Message
) -> bool:
    """Whether only the first spoken words can tell if this is for us."""
    wake_words = policy.listening(incoming.chat).wake_words
    spoken = voice is not None and voice.spoken and not incoming.forwarded
    return spoken and respond == "mention" and bool(wake_words)


def _prefixed(
    incoming: Message,
    sender: Person,
    known: Known,
    question: str,
    voice: Voice | None,
    deaf: str,
    *,
    by_owner: bool,
) -> Decision:
    """A message with the prefix: about itself, or about the message it replies to.

    A bare prefix as a reply asks about that message, be it an answer of ours.
    """
    about_reply = (
        voice is None
        and not (incoming.picture and not question)
        and incoming.reply_to is not None
        and not (question and known.replies_to_answer)
    )
    if question or about_reply or voice is not None or incoming.picture:
        return _asked(
            incoming,
            sender,
            question,
            voice,
            deaf,
            by_owner=by_owner,
            about_reply=about_reply,
            addressed=True,
        )
    if incoming.media is not None:
        return Ignore(deaf)
    return Command("help", "") if by_owner else Ignore("bare_prefix")


def _asked(
    incoming: Message,
    sender: Person,
    text: str,
    voice: Voice | None,
    deaf: str,
    *,
    by_owner: bool,
    about_reply: bool = False,
    addressed: bool = False,
) -> Decision:
    """`addressed`: by the prefix; then a picture may be the question without a word to it."""
    text = text.strip()
    if not text and not about_reply and voice is None and not (addressed and incoming.picture):
        return Ignore(deaf)
    return Question(
        conversation=incoming.conversation,
        message=incoming.message,
        kind=incoming.kind,
        title=incoming.title,
        sender=sender,
        text=text,
        at=incoming.at,
        by_owner=by_owner,
        reply_to=incoming.reply_to,
        about_reply=about_reply,
        forwarded_from=incoming.forwarded_from,
        voice=voice,
        plain=incoming.media is None and not incoming.forwarded,
        album=incoming.album,
        pictures=(incoming.message,) if incoming.picture else (),
    )
