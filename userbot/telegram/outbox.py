"""Writes into Telegram: in place, without link previews, through the governor.

Requests are raw, because Telethon's own `send_message` chooses the random_id itself, and ours
must be the one that was recorded (core.telegram.org/method/messages.sendMessage).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from telethon.errors import (
    FloodPremiumWaitError,
    FloodWaitError,
    RPCError,
    SlowModeWaitError,
)
from telethon.tl import functions, types

from userbot.activity import Report, Waiting
from userbot.errors import (
    AccountStoppedError,
    ChatRefusedError,
    NotLoggedInError,
    TelegramError,
    UserbotError,
)
from userbot.messages import CommandMessage, Entity, Place, RichText
from userbot.ports import Clock
from userbot.rules.governor import Governor
from userbot.telegram.client import Client
from userbot.telegram.refusals import meaning

_TOLD_SECONDS = 1.0
"""Waits shorter than this are not told: they are the governor's ordinary rhythm."""


class TelegramOutbox:
    """`ports.Outbox` over a client. `on_fatal`: told of an error that ends the program."""

    def __init__(
        self,
        client: Client,
        governor: Governor,
        clock: Clock,
        report: Report,
        on_fatal: Callable[[UserbotError], None],
    ) -> None:
        self._client = client
        self._on_fatal = on_fatal
        self._governor = governor
        self._clock = clock
        self._report = report
        self._resting: dict[Place, ChatRefusedError] = {}
        self._stopped: UserbotError | None = None

    @property
    def stopped(self) -> UserbotError | None:
        """Set once Telegram restricted the account or ended its login: nothing more is written."""
        return self._stopped

    async def send(
        self, place: Place, text: RichText, *, reply_to: int | None, random_id: int
    ) -> int:
        """Send one message of at most 4096 UTF-16 units; gives its id.

        Waits for the governor and for the waits that Telegram asks for, and shows them.
        Raises ChatRefusedError, AccountStoppedError or TelegramError.
        """
        request = functions.messages.SendMessageRequest(
            peer=await self._peer(place.chat),
            message=text.text,
            random_id=random_id,
            entities=[_entity(entity) for entity in text.entities] or None,
            reply_to=_reply_header(place, reply_to),
            no_webpage=True,
        )
        return _sent_id(await self._write(place, request), random_id)

    async def delete(self, command: CommandMessage) -> None:
        """Delete a command's message for all; no other message can be deleted.

        Waits and raises as `send` does.
        """
        assert command.id, "only what the store recorded as a command is deleted"
        peer = await self._peer(command.chat)
        if isinstance(peer, types.InputPeerChannel):
            request = functions.channels.DeleteMessagesRequest(peer, [command.message])
        else:
            request = functions.messages.DeleteMessagesRequest([command.message], revoke=True)
        await self._write(Place(command.chat), request)

    async def _peer(self, chat: int) -> Any:
        try:
            return await self._client.get_input_entity(chat)
        except ValueError as error:
            raise ChatRefusedError(
                "Telegram did not tell this session how to reach that chat.",
                "Open the chat once in an app of yours, then start again.",
                reason="unknown_peer",
            ) from error

    async def _write(self, place: Place, request: Any) -> Any:
        while True:
            refused = self._stopped or self._resting.get(place)
            if refused is not None:
                raise refused
            await self._wait(place, self._governor.reserve(self._clock.monotonic()), "governor")
            try:
                return await self._client(request)
            except (FloodWaitError, FloodPremiumWaitError, SlowModeWaitError) as error:
                slow = isinstance(error, SlowModeWaitError)
                await self._wait(place, error.seconds + 1, "slow_mode" if slow else "flood_wait")
            except RPCError as error:
                raise self._remember(place, meaning(error)) from error
            except ConnectionError as error:
                raise TelegramError(
                    "The connection to Telegram was lost while writing.", reason="disconnected"
                ) from error

    async def _wait(self, place: Place, seconds: float, reason: str) -> None:
        if seconds <= 0:
            return
        if seconds >= _TOLD_SECONDS:
            self._report(Waiting(chat=place.chat, reason=reason, seconds=seconds))
        await self._clock.sleep(seconds)

    def _remember(self, place: Place, error: UserbotError) -> UserbotError:
        if isinstance(error, AccountStoppedError | NotLoggedInError):
            self._stopped = error
            if error.reason != "peer_flood":
                self._on_fatal(error)
        elif isinstance(error, ChatRefusedError):
            self._resting[place] = error
        return error


def _reply_header(place: Place, reply_to: int | None) -> Any:
    if reply_to is None and place.topic is None:
        return None
    return types.InputReplyToMessage(
        reply_to_msg_id=reply_to if reply_to is not None else place.topic,
        top_msg_id=place.topic,
    )


def _sent_id(result: Any, random_id: int) -> int:
    """The id that Telegram gave to the message just sent."""
    if isinstance(result, types.UpdateShortSentMessage):
        return int(result.id)
    for update in getattr(result, "updates", ()):
        if isinstance(update, types.UpdateMessageID) and update.random_id == random_id:
            return int(update.id)
    raise TelegramError(
        "Telegram took the message but did not say under which id.", reason="no_message_id"
    )


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
