"""Writes into Telegram: in place, without link previews, each in its turn.

Requests are raw, because Telethon's own `send_message` chooses the random_id itself, and ours
must be the one that was recorded (core.telegram.org/method/messages.sendMessage).
"""

from __future__ import annotations

from typing import Any

from telethon.errors import (
    FloodPremiumWaitError,
    FloodWaitError,
    RPCError,
    SlowModeWaitError,
)
from telethon.tl import functions, types

from userbot.errors import (
    ChatRefusedError,
    MessageGoneError,
    TelegramError,
    UserbotError,
    WriteInDoubtError,
)
from userbot.ports import Write
from userbot.telegram.client import Client
from userbot.telegram.own_deletions import DeleteInChannel
from userbot.telegram.refusals import error_name, meaning, unknown_peer
from userbot.telegram.sender import TroubleError, UnansweredError
from userbot.telegram.turns import Turns
from userbot.types import CommandMessage, ConversationId, Entity, RichText

_GONE = frozenset({"MESSAGE_ID_INVALID", "REPLY_MESSAGE_ID_INVALID"})


class TelegramOutbox:
    """`ports.Outbox` over a client."""

    def __init__(self, client: Client, turns: Turns) -> None:
        self._client = client
        self._turns = turns

    def check(self, conversation: ConversationId) -> None:
        """Raise if it is known already that nothing may be written here."""
        self._turns.check(conversation)

    async def turn(self, conversation: ConversationId, write: Write, title: str = "") -> None:
        """Wait until a first text or an end may leave; waits that are felt are shown."""
        await self._turns.take(conversation, write, title)

    async def turn_after_answers(
        self, conversation: ConversationId, write: Write, title: str = ""
    ) -> None:
        """Wait until something may leave that answers go before; waits that are felt are shown."""
        await self._turns.take_after_answers(conversation, write, title)

    def spare(self, conversation: ConversationId, write: Write) -> bool:
        """Take a turn if nobody else needs it: the way of a preview."""
        return self._turns.spare(conversation, write)

    def slow(self, conversation: ConversationId) -> bool:
        """Whether the chat was found to be in slow mode."""
        return self._turns.slow(conversation.chat)

    async def send(
        self,
        conversation: ConversationId,
        text: RichText,
        *,
        reply_to: int | None,
        random_id: int,
        silent: bool = False,
    ) -> int:
        """Send one message of at most 4096 UTF-16 units; gives its id.

        Take a turn first. Raises WriteInDoubtError if it may have arrived all the same; else
        ChatRefusedError, AccountStoppedError, PauseAskedError, MessageGoneError or TelegramError.
        """
        request = functions.messages.SendMessageRequest(
            peer=await self._peer(conversation.chat),
            message=text.text,
            random_id=random_id,
            entities=[_entity(entity) for entity in text.entities] or None,
            reply_to=_reply_header(conversation, reply_to),
            no_webpage=True,
            silent=silent or None,
        )
        return _sent_id(await self._write(conversation, "send", request), random_id)

    async def edit(self, conversation: ConversationId, message: int, text: RichText) -> None:
        """Put another text into a message of ours; the same text again is fine.

        Take a turn first. Raises as `send` does.
        """
        request = functions.messages.EditMessageRequest(
            peer=await self._peer(conversation.chat),
            id=message,
            message=text.text,
            entities=[_entity(entity) for entity in text.entities],
            no_webpage=True,
        )
        await self._write(conversation, "edit", request)

    async def typing(self, conversation: ConversationId, typing: bool) -> bool:
        """Show that an answer is being written, or no longer; whether it was. Never raises."""
        if not self._client.stands() or not self._turns.typing(conversation):
            return False  # over no line it would be waited for, at the very end too
        action = types.SendMessageTypingAction if typing else types.SendMessageCancelAction
        try:
            request = functions.messages.SetTypingRequest(
                peer=await self._peer(conversation.chat),
                action=action(),
                top_msg_id=conversation.topic,
            )
            await self._write(conversation, "typing", request)
        except UserbotError:
            return False
        return True

    async def delete(self, command: CommandMessage) -> None:
        """Delete a command's message for all; no other message can be deleted.

        Take a turn first. Raises as `send` does.
        """
        assert command.id, "only what the store recorded as a command is deleted"
        peer = await self._peer(command.chat)
        if isinstance(peer, types.InputPeerChannel):
            request = DeleteInChannel(peer, [command.message])
        else:
            request = functions.messages.DeleteMessagesRequest([command.message], revoke=True)
        await self._write(ConversationId(command.chat), "delete", request)

    async def _peer(self, chat: int) -> Any:
        try:
            return await self._client.reach(chat)
        except ValueError as error:
            raise unknown_peer(ChatRefusedError) from error
        except RPCError as error:
            raise meaning(error) from error

    async def _write(self, conversation: ConversationId, method: str, request: Any) -> Any:
        try:
            return await self._client(request)
        except (FloodWaitError, FloodPremiumWaitError, SlowModeWaitError) as error:
            slow_mode = isinstance(error, SlowModeWaitError)
            raise self._turns.pause(
                conversation, method, error.seconds, slow_mode=slow_mode
            ) from error
        except RPCError as error:
            name = error_name(error).upper()
            if name == "MESSAGE_NOT_MODIFIED":
                return None
            if name in _GONE:
                raise MessageGoneError(
                    "The message is not there any more.",
                    "The question, or the answer to it, was deleted meanwhile.",
                    reason="message_gone",
                ) from error
            refusal = meaning(error)
            if method == "typing" and isinstance(refusal, ChatRefusedError):
                raise refusal from error  # of messages it says nothing
            raise self._refused(conversation, refusal) from error
        except TroubleError as error:
            raise WriteInDoubtError(
                "Telegram has trouble of its own with a message.", landed=error.taken
            ) from error
        except ConnectionError as error:
            if isinstance(error, UnansweredError) and method != "edit":
                raise WriteInDoubtError(
                    "The connection was lost before Telegram said that it has the message."
                ) from error
            raise TelegramError(
                "The connection to Telegram was lost while writing.", reason="disconnected"
            ) from error

    def _refused(self, conversation: ConversationId, refusal: UserbotError) -> UserbotError:
        return self._turns.refused(conversation, refusal)


def _reply_header(conversation: ConversationId, reply_to: int | None) -> Any:
    if reply_to is None and conversation.topic is None:
        return None
    return types.InputReplyToMessage(
        reply_to_msg_id=reply_to if reply_to is not None else conversation.topic,
        top_msg_id=conversation.topic,
    )


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
            "Telegram had this message already.", landed=True, message=ids[0] if ids else None
        )
    return ids[0]


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
