"""A Telegram of one chat and a model, both at the ports: what a program does to them is noted.

They live on while programs end and begin. Everything takes its time by the event loop's clock, and
goes wrong when it is told to.
"""

# ruff: noqa: ARG002 - they take what the ports say, and need less

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tests.questions import OWNER
from userbot.errors import ModelError, TelegramError, WriteInDoubtError
from userbot.ports import Clock, Write, request_sent
from userbot.types import (
    Brought,
    Came,
    ChatKind,
    ChatRequest,
    ChatTop,
    ConversationId,
    Delta,
    Finish,
    LinkedPage,
    Message,
    OwnMessage,
    Person,
    Quoted,
    ReplyPart,
    RichText,
    Since,
    Usage,
)

CLUB = -1_000_000_000_001
"""A supergroup in which everybody is answered."""
_WAY = 0.05
"""Seconds that a request is on its way, and as many that its answer is."""


@dataclass
class Post:
    """A message in the chat. `by_program`: which run has sent it, 0 for people."""

    message: Message
    random_id: int = 0
    by_program: int = 0
    deleted: bool = False
    texts: list[str] = field(default_factory=list)


class FakeTelegram:
    """The chat, and what Telegram tells of it; `trouble`: what becomes of the next writes."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Clock) -> None:
        self.posts: list[Post] = []
        self.trouble: list[str] = []
        self.line: FakeLine | None = None
        """The line of the program that runs."""
        self.clock = clock
        self._loop = loop

    def write(
        self,
        sender: Person,
        text: str,
        reply_to: int | None = None,
        *,
        told: bool = True,
        **by: Any,
    ) -> Post:
        """Somebody writes."""
        message = Message(
            conversation=ConversationId(CLUB),
            message=len(self.posts) + 1,
            kind=ChatKind.SUPERGROUP,
            title="Club",
            sender=sender,
            text=text,
            at=self.clock.now(),
            outgoing=sender == OWNER,
            reply_to=reply_to,
        )
        self.posts.append(post := Post(message, texts=[text], **by))
        if told:
            self.tell(lambda line: line.inbox.receive(message))
        return post

    def change(self, post: Post, text: str) -> None:
        """A message gets another text."""
        post.message = replace(post.message, text=text, edited_at=self.clock.now())
        post.texts.append(text)
        if not post.by_program:
            self.tell(lambda line: line.listener.edited(post.message))

    def delete(self, post: Post) -> bool:
        """A message is gone; whether the program was told."""
        post.deleted = True
        return self.tell(lambda line: line.listener.deleted(CLUB, [post.message.message]))

    def tell(self, what: Callable[[FakeLine], None]) -> bool:
        """Tell the program, if it listens; whether it does."""
        if self.line is None or not self.line.listens or not self.line.up.is_set():
            return False
        what(self.line)
        return True

    def carried_out(self, line: FakeLine, act: Callable[[], None]) -> str:
        """A write leaves: what becomes of it. It goes on its way even if nobody waits for that."""
        trouble = self.trouble.pop(0) if self.trouble else "none"
        if trouble not in ("refused", "lost before"):
            self._loop.call_later(_WAY + 3.0 * (trouble == "late"), act)
        line.noted.append(self._loop.time())
        return trouble


class FakeLine:
    """What one program reaches Telegram by: a client, a sender, a reader and what tells updates.

    `noted`: when a write left by it.
    """

    def __init__(self, telegram: FakeTelegram, number: int, listener: Any) -> None:
        self.telegram = telegram
        self.number = number
        self.listener = listener
        self.listens = False
        self.takes_updates = False
        self.up = asyncio.Event()
        self.up.set()
        self.gone = asyncio.Event()
        self.cut = asyncio.Event()
        """The process is killed: nothing comes back by it, and nothing leaves."""
        self.noted: list[float] = []

    async def way(self, there: bool = True) -> None:
        """Something goes there, or comes back."""
        if there:
            await self.up.wait()
        await asyncio.sleep(_WAY)
        if self.cut.is_set():
            await asyncio.Event().wait()

    # -- as a client, and as what brings updates

    waits = False

    async def connect(self) -> None:
        await self.way()

    async def disconnect(self) -> None:
        self.gone.set()

    async def run_until_disconnected(self) -> None:
        await self.gone.wait()

    def stands(self) -> bool:
        return self.up.is_set()

    async def ping(self) -> None:
        await self.way()

    def open_deletions(self) -> None: ...

    def open_changes(self) -> None: ...

    def close_changes(self) -> None: ...

    def open(self, owner: Person, inbox: Any) -> None:
        self.inbox, self.listens = inbox, True

    async def close(self) -> None:
        self.listens = False

    # -- as a sender

    def check(self, conversation: ConversationId) -> None: ...

    async def acquire(self, conversation: ConversationId, write: Write, title: str = "") -> None:
        await self.up.wait()

    acquire_after_answers = acquire

    def try_acquire(self, conversation: ConversationId, write: Write) -> bool:
        return self.up.is_set()

    def in_slow_mode(self, conversation: ConversationId) -> bool:
        return False

    async def typing(self, conversation: ConversationId, typing: bool) -> bool:
        return True

    async def send(
        self,
        conversation: ConversationId,
        text: RichText,
        *,
        reply_to: int | None,
        random_id: int,
        silent: bool = False,
    ) -> int:
        telegram = self.telegram
        found: list[Post] = []
        known = False

        def arrives() -> None:
            nonlocal known  # what left before may have been late, and arrive before this does
            found.extend(one for one in telegram.posts if one.random_id == random_id)
            known = bool(found)
            if not known:
                by = {"random_id": random_id, "by_program": self.number}
                found.append(telegram.write(OWNER, text.text, reply_to, told=False, **by))

        if self.cut.is_set():
            await asyncio.Event().wait()
        trouble = telegram.carried_out(self, arrives)
        await self.way(there=False)
        await self.way(there=False)
        if trouble == "refused":
            raise TelegramError("It was refused.", reason="message_too_long")
        if trouble in ("lost before", "lost after", "late"):
            raise WriteInDoubtError("The connection was lost.")
        if known:
            raise WriteInDoubtError("It is known.", landed=True, message=found[0].message.message)
        return found[0].message.message

    async def edit(self, conversation: ConversationId, message: int, text: RichText) -> None:
        telegram, post = self.telegram, self.telegram.posts[message - 1]

        def arrives() -> None:
            if not post.deleted:
                telegram.change(post, text.text)

        if self.cut.is_set():
            await asyncio.Event().wait()
        trouble = telegram.carried_out(self, arrives)
        await self.way(there=False)
        await self.way(there=False)
        if trouble == "refused":
            raise TelegramError("It was refused.", reason="message_too_long")
        if trouble in ("lost before", "lost after", "late"):
            raise TelegramError("The connection was lost.", reason="disconnected")

    # -- as a reader

    async def _read(self) -> list[Message]:
        await self.way()
        await self.way(there=False)
        return [
            replace(one.message, came=Came.LATE) for one in self.telegram.posts if not one.deleted
        ]

    async def quoted(self, chat: int, message: int, part: ReplyPart | None = None) -> Quoted | None:
        for one in await self._read():
            if one.message == message and one.sender is not None:
                who = one.sender
                return Quoted(who.name, one.text, message=message, person=who.id)
        return None

    async def reply_part(self, chat: int, message: int) -> ReplyPart:
        await self._read()
        return ReplyPart()

    async def pages(self, chat: int, message: int) -> tuple[LinkedPage, ...] | None:
        await self._read()
        return ()

    async def since(self, chat: int, messages: Sequence[int]) -> Since:
        return self._since(await self._read(), messages, min(messages))

    async def lately(self, chat: int, at: datetime) -> Since:
        found = [one for one in await self._read() if one.at >= at]
        return self._since(found, (), 0)

    def _since(self, read: list[Message], messages: Sequence[int], first: int) -> Since:
        found = {one.message: one for one in read if one.message in messages}
        own = tuple(
            OwnMessage(one.message, one.text, one.reply_to)
            for one in read
            if one.outgoing and one.message >= first and one.message not in messages
        )
        return Since(found, frozenset(set(messages) - found.keys()), own, whole=True)

    async def latest(self, chat: int, before: int, count: int) -> list[Message]:
        read = [one for one in await self._read() if one.message < before]
        return read[::-1][:count]

    async def migrated(self, chats: Sequence[int]) -> list[tuple[int, int, str]]:
        return []

    async def tops(self, chats: Sequence[int]) -> list[ChatTop]:
        read = await self._read()
        newest = read[-1].message if read else 0
        return [ChatTop(CLUB, newest, read[-1].at if read else None, supergroup=True)]

    async def newest_tops(self) -> list[ChatTop]:
        return await self.tops([])

    async def bring(
        self, chat: int, *, after: int = 0, since: datetime | None = None, own: bool = False
    ) -> Brought:
        read = [
            one
            for one in await self._read()
            if one.message > after and (since is None or one.at >= since)
        ]
        for one in read:
            self.inbox.receive(replace(one, came=Came.FOUND))
        return Brought(read[-1].message if read else after, "Club", whole=True)


@dataclass
class Asked:
    """A request at the model: for which message, and what came of it.

    "": under way, or nobody knows. "nothing": it failed before its first word. "words": there was
    something to pay.
    """

    message: int
    program: int
    came: str = ""


class FakeModel:
    """Answers in pieces. `trouble`: what becomes of the next requests. `look`: sees each request
    as it leaves.
    """

    def __init__(self, look: Callable[[Asked], None]) -> None:
        self.asked: list[Asked] = []
        self.trouble: list[str] = []
        self.message = 0
        """The one about which the next request is."""
        self._look = look

    def leaves(self, asked: Asked) -> str:
        """A request leaves: what becomes of it."""
        if (sent := request_sent.get()) is not None:
            sent.set()
        self.asked.append(asked)
        self._look(asked)
        return self.trouble.pop(0) if self.trouble else "none"


class FakeModelLine:
    """`ports.ChatModel` for one program."""

    def __init__(self, model: FakeModel, program: int) -> None:
        self._model = model
        self._program = program

    async def warm(self) -> None: ...

    async def aclose(self) -> None: ...

    def stream(self, request: ChatRequest) -> AsyncGenerator[Delta | Finish, None]:
        asked = Asked(self._model.message, self._program)
        trouble = self._model.leaves(asked)
        # The asker's own words stand behind all that is quoted.
        own = request.messages[-1].content.rpartition("\n\n")[2].split()
        return self._answer(asked, " ".join(one for one in own if one.startswith("word")), trouble)

    async def _answer(
        self, asked: Asked, words: str, trouble: str
    ) -> AsyncGenerator[Delta | Finish, None]:
        await asyncio.sleep(0.3)
        if trouble == "fails":
            asked.came = "nothing"
            raise ModelError("It is busy.", reason="busy", retry_after=1)
        if trouble == "refuses":
            asked.came = "nothing"
            raise ModelError("It has no such model.", reason="no_model")
        for number in range(6):
            asked.came = "words"
            yield Delta(f"{words} is sentence number {number}. ")
            if trouble == "breaks off" and number == 3:
                raise ModelError("The line broke.", reason="broken", retry_after=1)
            await asyncio.sleep(0.5)
        if trouble == "is long":
            yield Delta("\n\n".join(f"{words} paragraph {number} " * 20 for number in range(20)))
        yield Finish("stop", Usage(30, 12), "small-model")


class FakePeople:
    """Nobody of whom there is more to know."""

    def introduce(self, owner: Person) -> None:
        """It is known whose account this is."""

    async def load_contacts(self) -> None: ...

    async def load_blocked(self) -> None: ...

    async def find_blocked(self) -> None: ...

    def known(self, person: Person) -> Person:
        return person

    def close(self) -> None: ...


class FakeAdapters:
    """`build.Adapters` over these."""

    def __init__(self, line: FakeLine, model: FakeModelLine) -> None:
        self.people = FakePeople()
        self.client = self.updates = self.reader = self.sender = self.lookups = line
        self.model = self.speech = self.speaker = model
        self.transcriber = line

    async def aclose(self) -> None:
        await self.client.disconnect()
