"""The documents of a question: its own, those of the message replied to, or the conversation's
newest again.

Rule 1: they are fetched and read for a question that was let in, and kept nowhere: the store has
the numbers of their messages, so that what comes next can be about them, too.
Rule 2: without a document that it brings a question is not answered: nobody invents what it says.
Where its kind is one that nothing is read of, words about it are answered by its name.
Rule 3: what of a document the model does not see is told.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from userbot.errors import DocumentError, NotLoggedInError, TelegramError
from userbot.events import Notice, Report, about
from userbot.ports import DocumentReader, Reader
from userbot.rules import documents
from userbot.rules.pictures import that_fit
from userbot.rules.plain import shortened
from userbot.storage.store import Store
from userbot.texts import _, joined, quoted
from userbot.turn.chat_rules import ChatRules
from userbot.turn.requests import Requests
from userbot.turn.turn import Material, Turn
from userbot.turn.understand.slots import take_slot
from userbot.types import UNREAD, Document, Question, Quoted, ReadDocument


class Documents:
    """Reads them, a few at the same time."""

    def __init__(
        self,
        reader: Reader,
        process: DocumentReader,
        chats: ChatRules,
        store: Store,
        requests: Requests,
        report: Report,
    ) -> None:
        self._reader = reader
        self._process = process
        self._chats = chats
        self._store = store
        self._requests = requests
        self._report = report
        self._room = asyncio.Semaphore(process.at_once)

    async def add(self, turn: Turn, material: Material) -> Material:
        """A question with what its documents say.

        Raises DocumentError, TelegramError and StorageError.
        """
        if not self._process.config.enabled or material.only_transcript:
            return material
        question, quoted_one = material.question, material.quoted
        if question.quiet and turn.paid_answer is not None:
            return material  # its message is deleted by now, and its answer is all there
        if question.documents or (quoted_one is not None and quoted_one.document):
            read = await self._read_own(turn, question, quoted_one)
        else:
            read = await self._read_again(turn, material)
        return self._with(turn, material, read) if read else material

    async def _read_own(
        self, turn: Turn, question: Question, quoted_one: Quoted | None
    ) -> list[ReadDocument]:
        """What the documents say that a question, or the message replied to, brings."""
        own, words = [*question.documents], documents.own_words(question.text)
        if quoted_one is not None and quoted_one.document:
            own.append(quoted_one.message)
            words = words or quoted_one.text
        read = await self._read(turn, question.source, own, has_words=bool(words))
        if not read:
            raise DocumentError(
                _("The document is gone, or may not be read."),
                _("Send it again."),
                reason="document_gone",
            )
        return read

    async def _read_again(self, turn: Turn, material: Material) -> list[ReadDocument]:
        """What the conversation's newest document says, if the question is about that."""
        question = material.question
        if question.about_name or question.switches.by_itself or question.pictures:
            return []
        earlier = self._store.conversations.newest_documents(question.conversation)
        if earlier is None or not question.text:
            return []
        replied = question.reply_to is not None and earlier.question == (
            self._store.outbound.answered_by(question.source, question.reply_to)
        )
        if not replied and not documents.asks_on(
            question.text, question.sender.id, question.at, earlier
        ):
            return []
        try:
            read = await self._read(turn, earlier.chat, list(earlier.messages))
        except NotLoggedInError:
            raise
        except (DocumentError, TelegramError) as error:
            told = _("The earlier document was not read again. {error}", error=error)
            self._tell(question, told, error.hint)
            return []
        for one in read:
            self._tell(question, _("“{name}” is read again.", name=_name(one.document)))
        return read

    async def _read(
        self, turn: Turn, chat: int, messages: list[int], *, has_words: bool = True
    ) -> list[ReadDocument]:
        found: dict[int, Document] = {}
        for message in messages:
            if message not in found:  # it came with its album
                for one in await self._reader.documents(chat, message):
                    over = one.expires_at is not None and one.expires_at <= turn.question.at
                    if not over and not self._chats.forgets(one.person):
                        found[one.message] = one
        if len(found) > documents.MOST:
            several, most = len(found), documents.MOST
            told = _("Of {several} documents only {most} are read.", several=several, most=most)
            self._tell(turn.question, told)
        nearest = sorted(found, key=lambda message: (message not in messages, message))
        first = [found[message] for message in sorted(nearest[: documents.MOST])]
        return [await self._read_or_name(turn, chat, one, has_words=has_words) for one in first]

    async def _read_or_name(
        self, turn: Turn, chat: int, document: Document, *, has_words: bool
    ) -> ReadDocument:
        """What a document says, or that it is there, where words ask about one of such a kind."""
        try:
            return await self._read_one(turn, chat, document)
        except DocumentError as error:
            if not (has_words and documents.goes_by_name(document.name, error.reason)):
                raise
            told = _("The model is told the document's name only. {error}", error=error)
            self._tell(turn.question, told, error.hint)
            return ReadDocument(chat, self._shown(turn, document), UNREAD)

    async def _read_one(self, turn: Turn, chat: int, document: Document) -> ReadDocument:
        config = self._process.config
        try:
            if document.size > config.max_mb * 1_000_000:
                raise DocumentError(
                    _("The document is larger than {size:g} MB.", size=config.max_mb),
                    _("Send a smaller one, or raise max_mb under [documents]."),
                    reason="document_too_large",
                )
            await take_slot(self._room, turn, self._report, "documents")
            try:
                data = await self._reader.fetch_document(
                    chat, document.message, int(config.max_mb * 1_000_000)
                )
                text = await self._process.read(data)
            finally:
                self._room.release()
        except DocumentError as error:
            if not document.name:
                raise
            told = joined(quoted(_name(document)), error.args[0], by=": ")
            raise DocumentError(told, error.hint, reason=error.reason) from error
        pictures = tuple(replace(one, message=document.message) for one in text.pictures)
        shown = self._shown(turn, document)
        return ReadDocument(chat, shown, replace(text, pictures=pictures))

    def _shown(self, turn: Turn, document: Document) -> Document:
        """A document as the model may know it: a question by itself names nobody."""
        return replace(document, writer="") if turn.question.switches.by_itself else document

    def _with(self, turn: Turn, material: Material, read: list[ReadDocument]) -> Material:
        question = material.question
        pictures = [*material.pictures, *(one for each in read for one in each.text.pictures)]
        pictures = pictures[: that_fit([len(one.data) for one in pictures])]
        read = [documents.showing(one, pictures) for one in read]
        material = replace(material, documents=tuple(read), pictures=tuple(pictures))
        left_out = self._requests.left_out(material)
        has_words = any(one.document.text.pages for one in left_out)
        if has_words and documents.wants_summary(question.text):
            said, turn.summing = self._requests.in_parts(material)
            return replace(material, said=said)
        for shown in left_out:
            name = _name(shown.document.document)
            text = shown.document.text
            if not text.pages:
                told = _(
                    "“{name}” is a scan: of its {count} pages the model sees the first {most}.",
                    count=text.count,
                    name=name,
                    most=len(text.pictures),
                )
            elif shown.paged:
                told = _(
                    "Of the {count} pages of “{name}” the model sees {spans}.",
                    count=text.count,
                    name=name,
                    spans=shown.spans or "0",
                )
            else:
                told = _("“{name}” is too long: the model sees its beginning.", name=name)
            self._tell(question, told)
        return material

    def _tell(self, question: Question, detail: str, hint: str = "") -> None:
        self._report(Notice(**about(question), reason="document", detail=detail, hint=hint))


def _name(document: Document) -> str:
    return shortened(document.name, documents.MOST_NAME)
