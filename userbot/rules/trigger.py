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
- What is protected from copying asks nothing, the owner's words neither. His commands act there
  all the same: they give nothing to a model, and end what he no longer wants.
- Where a question is answered, and what about, is for the owner to say (`-q`, `-c`): of anybody
  else these switches, and `-c` outside Saved Messages, are left out of what is asked, and do
  nothing. How it is asked (`-m`, `-e`, `-n`) says whoever may ask.
- A spoken note that nobody addressed in writing is listened to first where wake words are
  configured, and only there: `transcript.py` then decides by what was said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from userbot.rules import recap, switches
from userbot.rules.commands import spelled
from userbot.rules.plain import beginning, carrying, shortened
from userbot.rules.policy import Policy
from userbot.settings import Respond
from userbot.types import (
    AS_EVER,
    SAVED_TITLE,
    ChatKind,
    Command,
    ConversationId,
    Decision,
    Ignore,
    Message,
    Person,
    Question,
    Switches,
    Voice,
)

TELEGRAM_ITSELF: Final = 777000
"""The account that sends login codes: https://core.telegram.org/api/auth"""
_MOST_TITLE: Final = 80
"""Characters of the title of a chat that a question is about."""


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
    "not_allowed", but "not_listed" while he merely talks in a chat that is not listed. What is
    protected from copying says so ("protected") only where it would be taken otherwise.
    """
    if incoming.document and not policy.documents:
        incoming = replace(incoming, document=False)
    decision = _decided(incoming, known, policy)
    if incoming.noforwards and not isinstance(decision, Ignore | Command):
        return Ignore("protected")
    if not isinstance(decision, Question) or incoming.media is None:
        return decision
    if not (decision.text or decision.documents):
        return decision
    if decision.voice is not None or decision.pictures:
        return decision  # those come along themselves
    return replace(decision, text=carrying(incoming.media, decision.text))


def _decided(incoming: Message, known: Known, policy: Policy) -> Decision:
    sender = incoming.sender
    never = _never_answered(incoming, known, policy)
    if never is not None:
        return Ignore(never)
    if sender is None:
        return Ignore("no_sender")
    by_owner = sender.id == policy.owner

    words = _own_words(incoming)
    command = _command_in(words, policy.prefix)
    if command is not None:
        if not by_owner:
            return Ignore("not_owner_command")
        return _recap(incoming, sender, command, policy) or command

    question = _question_in(words, policy.prefix)
    rule = policy.chats.get(incoming.conversation.chat)
    if by_owner:
        if question is None and incoming.kind is not ChatKind.SAVED:
            return Ignore("owner_no_prefix")
    elif known.forgotten:
        return Ignore("forgotten")
    elif not policy.lets_ask(sender, incoming.conversation.chat):
        only_talks = rule is None and question is None
        return Ignore("not_listed" if only_talks else "not_allowed")

    if rule is not None and rule.respond == "off" and not (by_owner and question is not None):
        return Ignore("off")
    voice, deaf = _sound(incoming, policy)
    if question is not None:
        switched = switches.parse(question)
        asking = _asking(
            incoming,
            sender,
            voice,
            switched.text,
            by_owner=by_owner,
            prefixed=True,
            chosen=switched.chosen(policy.models, by_owner=by_owner),
        )
        decision = _prefixed(incoming, asking, known, deaf)
        if not (by_owner and isinstance(decision, Question)):
            return decision
        return _switched(decision, switched, incoming)
    if rule is None:
        return Ignore("not_listed")
    silent = None
    if not known.replies_to_answer:
        silent = _not_addressed(incoming, rule.respond, policy)
        if silent is not None and not _may_be_spoken_to(voice, rule.respond, policy, incoming):
            return Ignore(silent)
    text = incoming.text.strip()
    if not text and voice is None:
        return Ignore(deaf)
    if silent is None:
        return _asking(incoming, sender, voice, text, by_owner=by_owner)
    # With a wake word, what is written beside it addresses nobody either, and is not stored.
    return _asking(incoming, sender, voice, "", by_owner=by_owner, listen_first=True)


def is_order(message: Message, policy: Policy) -> bool:
    """Whether a message is a command of the owner's, which says nothing to anybody."""
    by_owner = message.sender is not None and message.sender.id == policy.owner
    return by_owner and _command_in(_own_words(message), policy.prefix) is not None


def is_prefixed(message: Message, prefix: str) -> bool:
    """Whether a message begins with the prefix, whoever wrote it."""
    return _question_in(_own_words(message), prefix) is not None


def is_addressed(message: Message, prefix: str) -> bool:
    """Whether a message begins with the prefix, or a command, whoever wrote it."""
    words = _own_words(message)
    return _question_in(words, prefix) is not None or _command_in(words, prefix) is not None


def _own_words(message: Message) -> str:
    """What its sender wrote himself, as `beginning` gives it; nothing of what was forwarded."""
    return "" if message.forwarded else beginning(message.text)


def _recap(incoming: Message, sender: Person, command: Decision, policy: Policy) -> Question | None:
    """The question that an order for a recap is, answered in Saved Messages; None for others.

    Nothing of what is protected is summed up: there it stays an order, which says so.
    """
    if not isinstance(command, Command) or command.name != "recap":
        return None
    saved = incoming.kind is ChatKind.SAVED
    order = recap.parse(command.argument, elsewhere=saved)
    if isinstance(order, recap.Unclear) or (incoming.noforwards and not saved):
        return None
    return Question(
        conversation=ConversationId(policy.owner),
        source=incoming.conversation.chat,
        message=incoming.message,
        kind=ChatKind.SAVED,
        title=SAVED_TITLE,
        sender=sender,
        text=incoming.text.strip(),
        at=incoming.at,
        by_owner=True,
        expires_at=incoming.expires_at,
        about=None if saved else incoming.conversation,
        about_name="" if saved else incoming.title,
        quiet=not saved,
        recap=order,
    )


def question_of(text: str, prefix: str) -> str | None:
    """What stands after the prefix, "" if nothing does; None if the text has no prefix.

    Without case, at the very start but for marks that nobody sees, and followed by white space (a
    new line too) or the end.
    """
    return _question_in(beginning(text), prefix)


def command_of(text: str, prefix: str) -> Command | Ignore | None:
    """The order that a text gives, whoever wrote it; None if it gives none.

    Commands follow the prefix if it is a word after a slash ("/ai" gives "/ai_new"); with any
    other ("!ai", "hey bot") they stay "/gpt_new". The name is in lower case and perhaps unknown;
    "/gpt_" alone is help, and "/gpt_new@somebody" is another bot's.
    """
    return _command_in(beginning(text), prefix)


def _question_in(words: str, prefix: str) -> str | None:
    found = _patterns(prefix)[0].fullmatch(words)
    return None if found is None else found["rest"].strip()


def _command_in(words: str, prefix: str) -> Command | Ignore | None:
    found = _patterns(prefix)[1].fullmatch(words)
    if found is None:
        return None
    name = found["name"].lower()
    if "@" in name:
        return Ignore("other_bots_command")
    return Command(name or "help", (found["rest"] or "").strip())


@lru_cache(maxsize=8)
def _patterns(prefix: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    words, stem = spelled(prefix)
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
    if incoming.by_machine:
        return incoming.by_machine
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
    if not policy.voice_in(incoming.conversation.chat).enabled:
        return None, "voice_off"
    return voice, ""


def _may_be_spoken_to(
    voice: Voice | None, respond: Respond, policy: Policy, incoming: Message
) -> bool:
    """Whether only the first spoken words can tell if this is for us."""
    wake_words = policy.voice_in(incoming.conversation.chat).wake_words
    spoken = voice is not None and voice.spoken and not incoming.forwarded
    return spoken and respond == "mention" and bool(wake_words)


def _prefixed(incoming: Message, asking: Question, known: Known, deaf: str) -> Decision:
    """A message with the prefix: about itself, or about the message it replies to.

    A bare prefix as a reply asks about that message, be it an answer of ours; a picture or a
    document may be the question without a word to it.
    """
    about_reply = (
        asking.voice is None
        and not ((incoming.picture or incoming.document) and not asking.text)
        and (incoming.reply_to is not None or incoming.reply_part.elsewhere is not None)
        and not (asking.text and known.replies_to_answer)
    )
    brings = asking.voice is not None or incoming.picture or incoming.document
    if asking.text or about_reply or brings:
        return replace(asking, about_reply=True) if about_reply else asking
    if incoming.media is not None:
        return Ignore(deaf)
    return Command("help", "") if asking.by_owner else Ignore("bare_prefix")


def _switched(asking: Question, switched: switches.Switched, incoming: Message) -> Question:
    """The owner's question as his switches say: what it is about, and where it is answered."""
    in_saved = incoming.kind is ChatKind.SAVED
    if switched.about is not None and in_saved:
        # Where no chat is named, "-c" is what has to be told to be none.
        asking = replace(asking, about_name=shortened(switched.about or "-c", _MOST_TITLE))
    if not switched.quiet:
        return asking
    if not in_saved:
        title = shortened(incoming.title, _MOST_TITLE)
        asking = replace(asking, about=incoming.conversation, about_name=title)
    return replace(
        asking,
        conversation=ConversationId(asking.sender.id),
        kind=ChatKind.SAVED,
        title=SAVED_TITLE,
        quiet=True,
    )


def _asking(
    incoming: Message,
    sender: Person,
    voice: Voice | None,
    text: str,
    *,
    by_owner: bool,
    listen_first: bool = False,
    prefixed: bool = False,
    chosen: Switches = AS_EVER,
) -> Question:
    return Question(
        conversation=incoming.conversation,
        source=incoming.conversation.chat,
        message=incoming.message,
        kind=incoming.kind,
        title=incoming.title,
        sender=sender,
        text=text,
        at=incoming.at,
        by_owner=by_owner,
        reply_to=incoming.reply_to,
        reply_part=incoming.reply_part,
        forwarded_from=incoming.forwarded_from,
        voice=voice,
        listen_first=listen_first,
        prefixed=prefixed,
        plain=incoming.media is None and not incoming.forwarded,
        album=incoming.album,
        expires_at=incoming.expires_at,
        pictures=(incoming.message,) if incoming.picture else (),
        documents=(incoming.message,) if incoming.document else (),
        pages=incoming.pages,
        switches=chosen,
    )
