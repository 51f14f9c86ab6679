"""The one place where a TelegramClient is constructed.

Rules that hold for every request of the account:
1. each passes the gate, those that Telethon makes by itself too;
2. Telethon's own memory of flood waits, which is per method and blocks every chat, is cleared;
3. what makes a message leaves once: whether it is to be repeated, whoever recorded it decides.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from telethon import TelegramClient
from telethon.crypto import rsa
from telethon.errors import (
    AuthKeyError,
    FloodWaitError,
    RPCError,
    ServerError,
    TypeNotFoundError,
    UnauthorizedError,
)
from telethon.errors.common import AuthKeyNotFound
from telethon.network import ConnectionTcpMTProxyRandomizedIntermediate
from telethon.tl import functions, types
from telethon.tl.alltlobjects import LAYER
from telethon.utils import get_input_peer, get_peer_id, resolve_id

from userbot import __version__
from userbot.errors import ConfigError, Fault, PostponedError, TelegramError
from userbot.proxy import MTProxy, Socks, parse
from userbot.settings import ServerConfig, TelegramConfig
from userbot.telegram.gate import Gate
from userbot.telegram.refusals import login_ended, meaning
from userbot.telegram.requests import DIFFERENCES
from userbot.telegram.session import open_session
from userbot.telegram.transport import MTProtoTransport
from userbot.telegram.waits import Tries
from userbot.texts import _

_TOO_LONG = (types.updates.DifferenceTooLong, types.updates.ChannelDifferenceTooLong)
_ENDS = (UnauthorizedError, AuthKeyError)
"""What ends the program: nothing is to be looked for there."""
_UNREADABLE = "UNREADABLE"
_DIALOGS = 100
"""How many dialogs one request gives."""
_Place = tuple[datetime | None, int, Any]
"""Date, id and peer of a message, below which a page of dialogs begins (api/offsets)."""


class Losses(Protocol):
    """Told where something may have been lost."""

    def reconnected(self) -> None:
        """The connection stands again; no write has left over it yet."""

    def missed(self) -> None:
        """Telegram has too much to tell, or refuses to, and tells nothing instead."""


class Client(TelegramClient):  # type: ignore[misc]
    """A TelegramClient that keeps the rules above."""

    def __init__(
        self, *args: Any, gate: Gate, losses: Losses | None = None, **settings: Any
    ) -> None:
        super().__init__(*args, **settings)
        self.gate = gate
        self._losses = losses
        self._sender = MTProtoTransport(
            self.session.auth_key,
            gate,
            account=True,
            loggers=self._log,
            retries=self._connection_retries,
            delay=self._retry_delay,
            auto_reconnect=self._auto_reconnect,
            connect_timeout=self._timeout,
            auth_key_callback=self._auth_key_callback,
            updates_queue=self._updates_queue,
            auto_reconnect_callback=self._handle_auto_reconnect,
        )

        self._meeting = asyncio.Lock()

    _returning = False
    _agreeing: asyncio.Task[None] | None = None
    _met_all = False
    """All dialogs were read once: whoever is not known yet can only be in a newer one."""
    takes_updates = False
    """Whether somebody takes what arrives; set it once that is so, and after a new login."""

    async def _save_states_and_entities(self) -> None:
        # Telethon counts an update as seen when it is dispatched. While nobody takes them the
        # state on disk stays as it is, so that the next start is told again what was missed.
        if self.takes_updates:
            await super()._save_states_and_entities()

    async def reach(self, chat: int) -> Any:
        """What requests name a chat by. Raises ValueError if the account has no such chat.

        A program that was killed may have forgotten whom it met last, and a chat that is selected
        may lie deep: the dialogs tell, the newest first, all of them once a run.
        """
        try:
            return await self.get_input_entity(chat)
        except ValueError:
            async with self._meeting:
                await self._meet(chat)
            return await self.get_input_entity(chat)

    async def asked(self, request: Any, chat: int = 0) -> Any:
        """What Telegram answers; `chat`: which one it is about, for the waits that are shown.

        Raises as `Tries.ask`.
        """
        return await Tries(self.gate.waits, chat).ask(partial(self.__call__, request))

    def learn(self, chat: int, access_hash: int, name: str) -> None:
        """Let a session that has never seen this person or channel write to them."""
        number, kind = resolve_id(chat)
        entity: Any
        if kind is types.PeerUser:
            entity = types.User(number, access_hash=access_hash, first_name=name)
        else:
            photo = types.ChatPhotoEmpty()
            entity = types.Channel(number, name, photo, None, access_hash=access_hash)
        self.session.process_entities([entity])

    def server_now(self) -> datetime:
        """Telegram's clock, as far as its answers have shown it."""
        return datetime.now(UTC) + timedelta(seconds=self._sender._state.time_offset)  # noqa: SLF001

    def stands(self) -> bool:
        """Whether a connection seems to stand."""
        return self._sender.stands()

    def reconnect(self) -> None:
        """Give the connection up and make another: nobody tells when it is dead."""
        self._sender.renew()

    async def ping(self) -> None:
        """Come back when Telegram has answered. Raises ConnectionError."""
        # Whoever gives up waiting must not cancel it: Telethon 1.45 trips over the late answer.
        await asyncio.shield(self._sender.send(functions.PingRequest(secrets.randbits(63))))

    async def newest_dialogs(self) -> Any:
        """The newest dialogs, as Telegram gives them.

        Telethon's own `get_dialogs` takes every channel for seen up to now (1.45), and drops what
        it is told of them a moment later.
        """
        return await self._dialogs_below(None, 0, types.InputPeerEmpty())

    async def _meet(self, chat: int) -> None:
        """Look for a chat among the dialogs; whoever is in them is known from then on."""
        async with aclosing(self.dialog_pages()) as pages:
            async for found in pages:
                if any(get_peer_id(one) == chat for one in (*found.users, *found.chats)):
                    return
                if self._met_all:
                    break
        self._met_all = True

    async def dialog_pages(self) -> AsyncGenerator[Any, None]:
        """All dialogs, the newest first, page by page as Telegram gives them.

        For the reason that `newest_dialogs` has, too.
        """
        read: set[int] = set()
        below: _Place | None = (None, 0, types.InputPeerEmpty())
        while below is not None:
            found = await self._dialogs_below(*below)
            yield found
            page = {get_peer_id(dialog.peer) for dialog in found.dialogs} - read
            below = _lowest(found) if page else None
            read |= page
            if below is not None:
                await self.gate.pace_reading()

    async def _dialogs_below(self, date: datetime | None, number: int, peer: Any) -> Any:
        """A page of dialogs, from below a message on; the pinned ones stand in the first."""
        return await self(
            functions.messages.GetDialogsRequest(
                offset_date=date,
                offset_id=number,
                offset_peer=peer,
                limit=_DIALOGS,
                hash=0,
                exclude_pinned=bool(number),
            )
        )

    async def messages(self, chat: int, **which: Any) -> list[Any]:
        """Messages of a chat, as Telethon's `get_messages` chooses them.

        Of those that are chosen by `ids`, None or empty ones where they are gone.
        """
        return list(await self.get_messages(await self.reach(chat), **which))

    def finished(self, found: Any) -> list[Any]:
        """The messages of what a request of its own was answered with, as `messages` gives them.

        Only what people wrote. The name is Telethon's own, and private (1.45): a test holds it.
        """
        people = {get_peer_id(one): one for one in (*found.users, *found.chats)}
        messages = [one for one in found.messages if isinstance(one, types.Message)]
        for message in messages:
            message._finish_init(self, people, None)  # noqa: SLF001
        return messages

    async def resolve(self, name: str) -> Any:
        """Who has this @name now, as Telegram says it.

        Telethon's own look-up would trust what its session once saw under this name.
        """
        return await self(functions.contacts.ResolveUsernameRequest(name.removeprefix("@")))

    async def connect(self) -> None:
        """Connect, and learn whether the session is a login.

        Raises UserbotError where Telegram refuses the session, OSError where there is no way to it.
        """
        first = self.session.get_update_state(0) is None
        try:
            await super().connect()
            if first and self._catch_up and not self._message_box.is_empty():
                # From here on Telegram can tell what was missed, even if we are killed at once.
                await super()._save_states_and_entities()
                self.session.save()
        except AuthKeyNotFound:
            raise login_ended("AUTH_KEY_UNREGISTERED") from None
        except TypeNotFoundError as error:
            raise _too_new() from error
        except RPCError as error:
            raise meaning(error) from error

    async def _run_until_disconnected(self) -> None:
        try:
            await super()._run_until_disconnected()
        except (ConnectionError, asyncio.CancelledError) as error:
            # It asks something first. If the login was ended before, that is why it cannot; if it
            # ends meanwhile, what was asked is cancelled, although nobody cancelled this.
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                raise
            await self.disconnected
            if self._updates_error is not None:
                raise self._updates_error from None
            if isinstance(error, ConnectionError):
                raise

    async def _disconnect_coro(self) -> None:
        if self._agreeing is not None:
            self._agreeing.cancel()
        await super()._disconnect_coro()
        # What ended the connection was raised where somebody waited for it; if nobody takes it
        # here as well, asyncio prints a traceback at exit (Telethon 1.45).
        with suppress(Exception):
            await self.disconnected

    async def _handle_auto_reconnect(self) -> None:
        # Telethon 1.45 asks for no difference after a reconnect, so what was missed would show
        # up at the next gap or after 15 minutes. The name is private: a test holds it.
        if self._returning:
            return  # what was asked over the last line, which died of it, is asked again over this
        self._returning = True
        try:
            await super()._handle_auto_reconnect()
        finally:
            self._returning = False
        await super().catch_up()
        if self._losses is not None:
            self._losses.reconnected()
        self.gate.waits.line.set()
        await self._agree()

    async def catch_up(self) -> None:
        """Called by Telethon when it begins to listen."""
        await super().catch_up()
        await self._agree()

    async def _create_exported_sender(self, dc_id: int) -> MTProtoTransport:
        # As Telethon's (1.45), which makes one that sends past the gate.
        dc = await self._get_dc(dc_id)
        transport = MTProtoTransport(None, self.gate, account=False, loggers=self._log)
        await transport.connect(
            self._connection(
                dc.ip_address,
                dc.port,
                dc.id,
                loggers=self._log,
                proxy=self._proxy,
                local_addr=self._local_addr,
            )
        )
        auth = await self(functions.auth.ExportAuthorizationRequest(dc_id))
        self._init_request.query = functions.auth.ImportAuthorizationRequest(auth.id, auth.bytes)
        await transport.send(functions.InvokeWithLayerRequest(LAYER, self._init_request))
        return transport

    async def give_key_back(self, dc_id: int) -> None:
        """Forget the key borrowed from another data centre: the next file there borrows anew."""
        async with self._borrow_sender_lock:
            _state, sender = self._borrowed_senders.pop(dc_id, (None, None))
        if sender is not None:
            # Whoever waits for another file over it tries again, as after a lost line.
            await sender._disconnect(error=ConnectionError("its key was dropped"))  # noqa: SLF001
            with suppress(ConnectionError):
                await sender.disconnected

    async def _return_exported_sender(self, sender: Any) -> None:
        if sender.dc_id in self._borrowed_senders:
            await super()._return_exported_sender(sender)

    async def _call(
        self,
        sender: Any,
        request: Any,
        ordered: bool = False,
        flood_sleep_threshold: int | None = None,
    ) -> Any:
        # Downloads bypass `__call__` and come through here too (Telethon 1.45).
        send = partial(self._leave, sender, request, ordered, flood_sleep_threshold)
        result = await self.gate.let_through(request, send, account=sender is self._sender)
        if isinstance(result, _TOO_LONG):
            self._missed()
        return result

    async def _leave(self, sender: Any, request: Any, *more: Any) -> Any:
        try:
            return await super()._call(sender, request, *more)
        except RPCError as error:
            if isinstance(request, DIFFERENCES) and not isinstance(error, _ENDS):
                self._difference_failed(request, error)
            raise
        except TypeNotFoundError as error:
            self.gate.tell_unread({error.invalid_constructor_id})
            if isinstance(request, DIFFERENCES):
                # Asked again it would end the same: what it holds is looked for, and skipped.
                refusal = ServerError(request, _UNREADABLE)
                self._difference_failed(request, refusal)
                raise refusal from error
            raise _too_new() from error
        finally:
            self._flood_waited_requests.clear()

    def _difference_failed(self, request: Any, error: RPCError) -> None:
        """What it would have brought is looked for, also while a pause of it is waited out."""
        self._missed()
        if isinstance(error, FloodWaitError):
            return
        if isinstance(request, functions.updates.GetDifferenceRequest):
            if self._agreeing is None or self._agreeing.done():
                agree = self._agree(skip=error.message == _UNREADABLE)
                self._agreeing = asyncio.create_task(agree, name="the state of updates")
        else:
            # Begun anew by its next update; not before Telethon has put the request away.
            number = request.channel.channel_id
            asyncio.get_running_loop().call_soon(self._message_box.map.pop, number, None)

    async def _agree(self, *, skip: bool = False) -> None:
        """Take Telegram's count of the account's updates, if ours is further, or to `skip` some.

        Telethon 1.45 ignores what has a lower number than it counted, for good.
        """
        with suppress(RPCError, ConnectionError, TelegramError, PostponedError):
            state = await self(functions.updates.GetStateRequest())
            ours, _channels = self._message_box.session_state()
            if skip or ours["pts"] > state.pts:
                self._message_box.set_state(state)
                self._missed()

    def agree_on(self, dialogs: Sequence[Any]) -> None:
        """The same for channels, whose counts stand in their dialogs."""
        counted = self._message_box.map
        for dialog in dialogs:
            channel = getattr(dialog.peer, "channel_id", None)
            if channel in counted and dialog.pts and counted[channel].pts > dialog.pts:
                self._message_box.possible_gaps.pop(channel, None)
                if channel not in self._message_box.getting_diff_for:
                    del counted[channel]  # begun anew by its next update

    def _missed(self) -> None:
        if self._losses is not None:
            self._losses.missed()


def dates_in(found: Any) -> dict[tuple[int, int], datetime]:
    """When the messages of an answer were written, by chat and number; some have no date."""
    return {
        (get_peer_id(one.peer_id), one.id): one.date
        for one in found.messages
        if getattr(one, "date", None)
    }


def _lowest(found: Any) -> _Place | None:
    """From where the next page of dialogs goes on; None if this was the last."""
    if isinstance(found, types.messages.Dialogs):
        return None
    dates = dates_in(found)
    people = {get_peer_id(one): one for one in (*found.users, *found.chats)}
    for dialog in reversed(found.dialogs):
        chat = get_peer_id(dialog.peer)
        date = dates.get((chat, dialog.top_message))
        if date is not None and chat in people:
            return date, dialog.top_message, get_input_peer(people[chat])
    return None


def _too_new() -> TelegramError:
    return TelegramError(
        _("Telegram's answer is too new for this version."),
        _("Update the program."),
        reason="newer_layer",
    )


def new_client(
    settings: TelegramConfig,
    gate: Gate,
    losses: Losses | None = None,
    *,
    persistent: bool,
    updates: bool = True,
) -> Client:
    """A client on the configured session, not yet connected.

    `persistent`: reconnect for ever, and catch up with what was missed, as the main job does;
    otherwise give up after a few tries. `updates`: Telegram tells what happens meanwhile.
    Raises ConfigError if the configured server's key or the proxy cannot be used, and as
    `open_session` does.
    """
    if settings.server is not None:
        _trust(settings.server)
    way = route(settings.proxy) if settings.proxy else {}
    return Client(
        open_session(settings),
        settings.api_id,
        settings.api_hash,
        gate=gate,
        losses=losses,
        device_model=settings.device or "gpt-userbot",
        app_version=__version__,
        flood_sleep_threshold=0,
        raise_last_call_error=True,
        connection_retries=None if persistent else 2,
        retry_delay=1 if persistent else 0.5,
        catch_up=persistent,
        receive_updates=updates,
        **way,
    )


def route(address: str) -> dict[str, Any]:
    """What a TelegramClient needs to go through the proxy. Raises ConfigError."""
    match parse(address):
        case Socks() as proxy:
            # Telethon 1.45: a tuple for python_socks, (kind, host, port, rdns, user, password).
            way = (proxy.kind, proxy.host, proxy.port, True, proxy.user, proxy.password)
            return {"proxy": way}
        case MTProxy() as proxy:
            return {
                "connection": ConnectionTcpMTProxyRandomizedIntermediate,
                "proxy": (proxy.host, proxy.port, proxy.secret),
            }


def _trust(server: ServerConfig) -> None:
    if server.public_key is None:
        return
    try:
        rsa.add_key(server.public_key.read_text("ascii"), old=False)
    except (OSError, ValueError) as error:
        if isinstance(error, (FileNotFoundError, NotADirectoryError)):
            told = _("{public_key} does not exist.", public_key=server.public_key)
            hint = _(
                "If it was a sandbox's, start `userbot sandbox` and then `userbot init --sandbox`."
            )
        else:
            told = _("{public_key} is not a readable PKCS#1 RSA key.", public_key=server.public_key)
            hint = _("Use the PEM file that the server wrote.")
        raise ConfigError((Fault("telegram.server.public_key", told, hint),)) from error
