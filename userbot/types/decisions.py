"""What is decided about a message: a question, a command, nothing; what becomes of a command."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from userbot.types.arrived import LinkedPage, ReplyPart
from userbot.types.chats import ChatKind, ConversationId, Person
from userbot.types.media import Voice


@dataclass(frozen=True, slots=True)
class Ignore:
    """The decision to do nothing; `reason` is a stable slug."""

    reason: str


@dataclass(frozen=True, slots=True)
class Command:
    """The decision to carry out an order of the owner: ``/gpt_<name> <argument>``."""

    name: str
    argument: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recap:
    """How much of a chat is to be summed up: since it was read, unless one of these says else."""

    chat: str = ""
    """Which chat, where the order does not stand in it: "@name", id or title."""
    count: int = 0
    """Its newest so many messages."""
    hours: int = 0
    """What was said in so many hours."""
    person: str = ""
    """What this one said: "@name" or an id."""
    voice: bool = False
    """Its voice notes are listened to, too."""
    ring: bool = False
    """It comes by itself: Telegram sends it a little later, so that the phone rings."""
    after: int = 0
    """The message up to which the owner had read it before he came to ask; 0 if nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """How one question is asked, where that is otherwise than in its chat."""

    model: str = ""
    """Which model is asked (`-m`), as its server calls it."""
    effort: str = ""
    """How much it thinks before it answers (`-e`): "low", "medium" or "high"."""
    by_itself: bool = False
    """It is asked without history, background, the message replied to, names and title (`-n`)."""
    wrong: str = ""
    """The letter of a switch that means nothing as it was written."""


AS_EVER = Switches()
"""Those of a question that has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The decision to answer: a question, as it is stored and queued."""

    conversation: ConversationId
    """Where it is answered, and whose chat's rules hold."""
    source: int
    """The chat that its message stands in: another where a basic group became a supergroup.

    Ids of messages are those of that chat.
    """
    message: int
    kind: ChatKind
    title: str
    sender: Person
    text: str
    """What is asked, without the prefix; empty when the message replied to is the question."""
    at: datetime
    by_owner: bool
    reply_to: int | None = None
    reply_part: ReplyPart | None = field(default=None, compare=False)
    """What of that message it is about; None where only the message itself can tell. Not stored."""
    about_reply: bool = False
    """The prefix was a reply to something that is not one of our answers: ask about that."""
    forwarded_from: str = ""
    """Who wrote the words that the sender forwarded, if they are not his own."""
    voice: Voice | None = None
    """The question's own sound, which says what `text` does not."""
    listen_first: bool = False
    """It is a question only if its first spoken words address the owner."""
    prefixed: bool = field(default=False, compare=False)
    """Its sender wrote the prefix. Not stored."""
    plain: bool = False
    """Its message is the sender's own text and nothing else: he could put another in its place."""
    labelled: bool = False
    """Its text has labels of ours in it, which say whose words those behind them are."""
    pictures: tuple[int, ...] = ()
    """The messages whose pictures belong to it: its own, or those it was joined by."""
    pages: tuple[LinkedPage, ...] | None = field(default=None, compare=False)
    """What stands at the address in its message; None where only that can tell. Not stored."""
    documents: tuple[int, ...] = ()
    """The messages whose files belong to it; of one that is answered, those that were read."""
    album: int | None = None
    """What Telegram marks the messages of one album with; not stored."""
    expires_at: datetime | None = None
    """When the chat deletes this message by itself: its words may not be kept longer."""
    id: int = 0
    """The question's row in the store; 0 until it is stored."""
    attempt: int = 0
    """How often the owner had it asked again."""
    about: ConversationId | None = None
    """Where it looks things up, if not where it is answered: the owner named a chat (`-c`), or
    wants the answer in Saved Messages (`-q`)."""
    about_name: str = ""
    """How the owner named that chat (`-c`), or its title (`-q`); `about` is found by it."""
    quiet: bool = False
    """Its answer goes to Saved Messages, and its message is deleted (`-q`)."""
    recap: Recap | None = None
    """It asks for nothing but what was said in the chat that it is about."""
    switches: Switches = AS_EVER

    @property
    def is_reply_alone(self) -> bool:
        """Whether it has no words of its own: the message that it replies to is the question."""
        return self.about_reply and not self.text

    @property
    def rings(self) -> bool:
        """Whether its answer is a scheduled message."""
        return self.recap is not None and self.recap.ring

    @property
    def own_text(self) -> str:
        """What its sender wrote himself, and did not only forward: whom he names there, an answer
        may call."""
        if self.forwarded_from:
            return ""
        if not self.labelled:
            return self.text
        return "\n".join(line for line in self.text.splitlines() if not line.startswith(">"))

    @property
    def is_reply(self) -> bool:
        """Whether it is about another message, or may be."""
        part = self.reply_part
        return part is None or part.elsewhere is not None or self.reply_to is not None

    @property
    def replied_to(self) -> int | None:
        """The message that its answer replies to; None where a reply cannot reach it."""
        here = self.source == self.conversation.chat and not self.quiet
        return self.message if here else None

    @property
    def stood_in(self) -> ConversationId:
        """The conversation that its message was written in."""
        about = self.about
        return about if about is not None and about.chat == self.source else self.conversation

    def asks_the_same(self, other: Question) -> bool:
        """Whether both say and bring the same: a reaction or a preview is an edit, too.

        A picture or a file that takes another's place in its message is not told apart.
        """
        return (self.text, self.about_name, self.switches, self.pictures, self.documents) == (
            other.text,
            other.about_name,
            other.switches,
            other.pictures,
            other.documents,
        )

    def reworded(self, asks: Question) -> Question:
        """The same question as its message reads now, which is to ask this. Where it is answered,
        and what is known of its sender, stays."""
        now = replace(
            self,
            text=asks.text,
            forwarded_from=asks.forwarded_from,
            about_reply=asks.about_reply,
            reply_to=asks.reply_to,
            reply_part=asks.reply_part,
            pictures=asks.pictures,
            documents=asks.documents,
            pages=asks.pages,
            album=asks.album,
            expires_at=asks.expires_at,
            recap=asks.recap,
            switches=asks.switches,
        )
        return now if self.quiet else replace(now, about=asks.about, about_name=asks.about_name)

    def moved(self, new: int) -> Question:
        """The same question, now that its basic group has become a supergroup."""
        conversation = replace(self.conversation, chat=new)
        return replace(self, conversation=conversation, kind=ChatKind.SUPERGROUP)


Decision = Question | Command | Ignore


@dataclass(frozen=True, slots=True)
class CommandMessage:
    """A message of the owner's that was a command, as the store recorded it.

    Only such a message may be deleted.
    """

    id: int
    chat: int
    message: int
    name: str = ""
    title: str = ""
    """Of its chat, when it was given."""


@dataclass(frozen=True, slots=True)
class CommandNote:
    """A message that tells a command's result, or a part of it."""

    random_id: int
    text: str


@dataclass(frozen=True, slots=True)
class OpenCommand:
    """A command that an earlier run did not finish."""

    command: CommandMessage
    at: datetime
    notes: tuple[CommandNote, ...] | None
    """What is still to be told; None if the program ended before it knew the result."""
