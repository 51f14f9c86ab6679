"""Writes into Telegram: in place, without link previews, each in its turn.

Requests are raw, because Telethon's own `send_message` chooses the random_id itself, and ours
must be the one that was recorded (core.telegram.org/method/messages.sendMessage).

Where voice notes are not taken, texts may well be: such a refusal does not let the chat rest, but
is remembered until the next start.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from telethon.errors import RPCError
from telethon.tl import functions, types

from userbot.errors import (
    AccountStoppedError,
    ChatRefusedError,
    MessageGoneError,
    NotLoggedInError,
    PauseAskedError,
    TelegramError,
    UserbotError,
    VoiceRefusedError,
    WriteInDoubtError,
)
from userbot.ports import Uploaded
from userbot.rules.voice_note import packed
from userbot.telegram.client import Client
from userbot.telegram.refusals import ABOUT_VOICE, error_name, meaning, unknown_peer
from userbot.telegram.requests import DeleteInChannel, DeleteOutsideChannels
from userbot.telegram.transport import TroubleError, UnansweredError
from userbot.texts import _
from userbot.types import CommandMessage, ConversationId, Entity, RichText, Speech

_GONE = frozenset({"MESSAGE_ID_INVALID", "REPLY_MESSAGE_ID_INVALID"})


class TelegramSender:
    """`ports.Sender` over a client: what each call does and raises is said there."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._gate = gate = client.gate
        self._voiceless: set[int] = set()
        # Who may write when is the gate's to say.
        self.check = gate.check
        self.acquire = gate.acquire
        self.acquire_after_answers = gate.acquire_after_answers
        self.try_acquire = gate.try_acquire
        self.in_slow_mode = gate.in_slow_mode

    async def send(
        self,
        conversation: ConversationId,
        text: RichText,
        *,
        reply_to: int | None,
        random_id: int,
        silent: bool = False,
        schedule: float = 0,
    ) -> int:
        delay = timedelta(seconds=schedule)
        request = functions.messages.SendMessageRequest(
            peer=await self._peer(conversation.chat),
            message=text.text,
            random_id=random_id,
            entities=[_entity(entity) for entity in text.entities] or None,
            reply_to=await self._reply_header(conversation, reply_to),
            no_webpage=True,
            silent=silent or None,
            schedule_date=self._gate.time.now() + delay if schedule else None,
        )
        return _sent_id(await self._write(request), random_id)

    async def edit(self, conversation: ConversationId, message: int, text: RichText) -> None:
        request = functions.messages.EditMessageRequest(
            peer=await self._peer(conversation.chat),
            id=message,
            message=text.text,
            entities=[_entity(entity) for entity in text.entities],
            no_webpage=True,
        )
        await self._write(request)

    async def typing(self, conversation: ConversationId, typing: bool) -> bool:
        if not self._client.stands() or not self._gate.try_typing(conversation):
            return False  # over no line it would be waited for, at the very end too
        action = types.SendMessageTypingAction if typing else types.SendMessageCancelAction
        try:
            request = functions.messages.SetTypingRequest(
                peer=await self._peer(conversation.chat),
                action=action(),
                top_msg_id=conversation.thread,
            )
            await self._write(request)
        except UserbotError:
            return False
        return True

    async def delete(self, command: CommandMessage) -> None:
        assert command.id, "only what the store recorded as a command is deleted"
        peer = await self._peer(command.chat)
        if isinstance(peer, types.InputPeerChannel):
            request = DeleteInChannel(peer, [command.message])
        else:
            request = DeleteOutsideChannels(peer, [command.message])
        await self._write(request)

    async def unschedule(self, conversation: ConversationId, messages: Sequence[int]) -> None:
        peer = await self._peer(conversation.chat)
        await self._write(functions.messages.DeleteScheduledMessagesRequest(peer, list(messages)))

    def takes_voice(self, conversation: ConversationId) -> bool:
        return conversation.chat not in self._voiceless

    async def upload_voice(self, conversation: ConversationId, speech: Speech) -> Uploaded:
        self.check(conversation)
        try:
            file = await self._client.upload_file(speech.data, file_name="voice.ogg")
        except PauseAskedError as error:
            raise _not_uploaded(error.reason.upper()) from error
        except RPCError as error:
            refusal = meaning(error)
            if isinstance(refusal, AccountStoppedError | NotLoggedInError):
                raise refusal from error
            raise _not_uploaded(error_name(error)) from error
        except (ConnectionError, TimeoutError, ValueError) as error:
            raise _not_uploaded(type(error).__name__) from error
        return Uploaded(speech, file)

    async def send_voice(
        self,
        conversation: ConversationId,
        uploaded: Uploaded,
        caption: RichText,
        *,
        reply_to: int | None,
        random_id: int,
    ) -> int:
        speech = uploaded.speech
        audio = types.DocumentAttributeAudio(
            duration=max(1, round(speech.seconds)), voice=True, waveform=packed(speech.waveform)
        )
        request = functions.messages.SendMediaRequest(
            peer=await self._peer(conversation.chat),
            media=types.InputMediaUploadedDocument(
                file=uploaded.file, mime_type="audio/ogg", attributes=[audio]
            ),
            message=caption.text,
            random_id=random_id,
            entities=[_entity(entity) for entity in caption.entities] or None,
            reply_to=await self._reply_header(conversation, reply_to),
        )
        try:
            return _sent_id(await self._write(request), random_id)
        except TelegramError as error:
            if error.reason not in ABOUT_VOICE:
                raise
            self._voiceless.add(conversation.chat)
            raise VoiceRefusedError(
                _("This chat does not allow voice notes."),
                _('Set voice = { answer_as = "text" } for it.'),
                reason=error.reason,
            ) from error

    async def _reply_header(self, conversation: ConversationId, reply_to: int | None) -> Any:
        """What says where a message belongs. Raises as `_peer` does."""
        if conversation.topic is None:
            return None if reply_to is None else types.InputReplyToMessage(reply_to)
        number = reply_to if reply_to is not None else conversation.thread
        if conversation.subscriber is not None:
            subscriber = await self._peer(conversation.subscriber)
            if number is None:
                return types.InputReplyToMonoForum(subscriber)
            return types.InputReplyToMessage(number, monoforum_peer_id=subscriber)
        return types.InputReplyToMessage(number, top_msg_id=conversation.thread)

    async def _peer(self, chat: int) -> Any:
        """What names the chat. Raises ChatRefusedError for one that nobody knows the way to."""
        try:
            return await self._client.reach(chat)
        except ValueError as error:
            raise unknown_peer(ChatRefusedError) from error
        except RPCError as error:
            raise meaning(error) from error

    async def _write(self, request: Any) -> Any:
        """Let it leave, and say in the port's errors what became of it; None: nothing to change."""
        edit = isinstance(request, functions.messages.EditMessageRequest)
        try:
            return await self._client(request)
        except RPCError as error:
            name = error_name(error).upper()
            if name == "MESSAGE_NOT_MODIFIED":
                return None
            if name in _GONE:
                raise MessageGoneError(
                    _("The message no longer exists."),
                    _("The question or its answer was deleted meanwhile."),
                    reason="message_gone",
                ) from error
            raise meaning(error) from error
        except TroubleError as error:
            raise WriteInDoubtError(
                _("Telegram had an internal problem with a message."), landed=error.taken
            ) from error
        except ConnectionError as error:
            if isinstance(error, UnansweredError) and not edit:
                raise WriteInDoubtError(
                    _("The connection was lost before Telegram confirmed the message.")
                ) from error
            raise TelegramError(
                _("Lost the connection to Telegram while sending."), reason="disconnected"
            ) from error


def _sent_id(result: Any, random_id: int) -> int:
    """The id that Telegram gave to the message just sent. Raises WriteInDoubtError.

    Nothing new has happened (`pts_count` 0) where the random_id was used before: Telegram then
    shows the message that it has made of it, perhaps without saying that it is that one.
    """
    updates = [result, *getattr(result, "updates", ())]
    ids = [
        int(update.id)
        for update in updates
        if isinstance(update, types.UpdateShortSentMessage)
        or (isinstance(update, types.UpdateMessageID) and update.random_id == random_id)
    ]
    shown = [update for update in updates if isinstance(update, _NEWS)]
    ids += [int(update.message.id) for update in shown if len(shown) == 1]
    repeated = any(update.pts_count == 0 for update in updates if isinstance(update, _COUNTED))
    if repeated or not ids:
        raise WriteInDoubtError(
            _("Telegram already had this message."), landed=True, message=ids[0] if ids else None
        )
    return ids[0]


def _not_uploaded(why: str) -> VoiceRefusedError:
    return VoiceRefusedError(
        _("The voice note could not be uploaded ({why}).", why=why),
        _("The next answer will be a voice note again."),
        reason="voice_not_uploaded",
    )


_NEWS = (types.UpdateNewMessage, types.UpdateNewChannelMessage)
_COUNTED = (*_NEWS, types.UpdateShortSentMessage)


_ENTITIES: dict[str, Any] = {
    "bold": types.MessageEntityBold,
    "italic": types.MessageEntityItalic,
    "underline": types.MessageEntityUnderline,
    "strikethrough": types.MessageEntityStrike,
    "spoiler": types.MessageEntitySpoiler,
    "code": types.MessageEntityCode,
    "blockquote": types.MessageEntityBlockquote,
}


def _entity(entity: Entity) -> Any:
    if entity.kind == "pre":
        return types.MessageEntityPre(entity.offset, entity.length, entity.language or "")
    if entity.kind == "text_link":
        return types.MessageEntityTextUrl(entity.offset, entity.length, entity.url or "")
    if entity.kind == "expandable_blockquote":
        return types.MessageEntityBlockquote(entity.offset, entity.length, collapsed=True)
    return _ENTITIES[entity.kind](entity.offset, entity.length)
