"""`userbot login` and `userbot logout`, and the connection that commands have of their own: alone
on the session, with every failure in words.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from userbot.cli.asking import TRIES, Keyboard, in_terminal
from userbot.cli.common import Common, command_line
from userbot.cli.language import aside, fitted, language, say, show, tell, tell_done
from userbot.console.describe import describe
from userbot.errors import NotLoggedInError, TelegramError, UserbotError
from userbot.events import Event
from userbot.ports import SystemClock
from userbot.private_files import secure_folder
from userbot.rules.rate_limiter import RateLimiter
from userbot.settings import Settings, TelegramConfig
from userbot.telegram.client import Client, new_client
from userbot.telegram.gate import Gate
from userbot.telegram.login import by_phone, by_qr, log_out
from userbot.telegram.names import NameResolver, dialogs
from userbot.telegram.session import (
    NOT_OURS,
    remove_session,
    require_session,
    session_file,
    session_lock,
)
from userbot.texts import _
from userbot.timings import USUAL, Timings
from userbot.types import Dialog

_END_SECONDS = 3.0
"""How long the end of a login that did not come about may take."""
WRONG_PHONE = ("phone_number_invalid", "phone_number_unoccupied", "phone_number_banned")
"""Reasons of a login's failure that another number helps against."""


def login(common: Common, settings: Settings, phone: str | None) -> None:
    """Log in by QR code, or by a code to enter if there is a number or no terminal.

    Then say what to do next.
    """
    name, new = asyncio.run(_log_in_again(settings.telegram, phone))
    if new:
        say(_("Logged in as {name}.", name=name))
    else:
        say(_("Already logged in as {name}; `userbot logout` ends this login.", name=name))
    if not settings.chats:
        again = command_line(common, "init")
        tell(_("No chats are selected yet; `{init}` lets you pick some.", init=again))
    run, prefix = command_line(common, "run"), settings.trigger.prefix
    told = _("Next: `{run}`, then send “{prefix} hello” to yourself, in Saved Messages.")
    if settings.telegram.in_sandbox:
        told = _("Next: `{run}`, then write “{prefix} hello” in the sandbox's terminal.")
    tell(told.filled(run=run, prefix=prefix))


async def _log_in_again(settings: TelegramConfig, phone: str | None) -> tuple[str, bool]:
    """As `log_in`; a person at a terminal may mend a wrong number."""
    keyboard = Keyboard()
    for tries_left in reversed(range(TRIES)):
        qr = phone is None and in_terminal()
        try:
            return await log_in(settings, keyboard, phone, qr=qr)
        except TelegramError as error:
            if error.reason not in WRONG_PHONE or not (in_terminal() and tries_left):
                raise
            aside(str(error), error.hint)
            phone = keyboard.phone()
    raise AssertionError("the last try raises or returns")


def log_in_first(settings: TelegramConfig, phone: str | None, asks: Keyboard | None = None) -> None:
    """Log in as a step of another command; what is told is no data."""
    qr = phone is None and in_terminal()
    name, _new = asyncio.run(log_in(settings, asks or Keyboard(), phone, qr=qr))
    tell_done(_("Logged in as {name}.", name=name))


async def own_dialogs(settings: TelegramConfig) -> tuple[list[Dialog], bool]:
    """The account's chats, and whether it has Premium. Raises UserbotError."""
    async with online(settings) as client:
        directory = NameResolver(client)
        owner = await directory.owner()
        return await dialogs(client, owner.id), directory.has_premium


def logout(settings: TelegramConfig) -> None:
    """End the login, and remove its file."""
    path = session_file(settings.session)
    if not path.exists():
        raise NotLoggedInError(
            _("You are not logged in."),
            _("The session would be in {path}; another config may use another one.", path=path),
            reason="not_logged_in",
        )
    ended = asyncio.run(_end(settings))
    gone = _("The login had already been ended; its session file was removed.")
    say(_("Logged out.") if ended else gone)


async def _end(settings: TelegramConfig) -> bool:
    """Whether there still was a login to end."""
    with alone(settings):
        ended = True
        try:
            async with connected(settings) as client:
                await log_out(client)
        except NotLoggedInError as error:
            if error.reason in NOT_OURS:
                raise
            ended = False
        remove_session(settings.session)
        return ended


@asynccontextmanager
async def online(settings: TelegramConfig, timings: Timings = USUAL) -> AsyncIterator[Client]:
    """A connected client of the login that the session is. Raises UserbotError."""
    require_session(settings.session)
    with alone(settings):
        async with connected(settings, timings) as client:
            yield client


async def log_in(
    settings: TelegramConfig, asks: Keyboard, phone: str | None, *, qr: bool
) -> tuple[str, bool]:
    """Log in if there is no login yet; gives the account's name, and whether it is a new login.

    Without `qr` by a code; `phone` is asked for if it is None. A login that does not come about
    leaves no session file. Raises UserbotError.
    """
    with alone(settings):
        if session_file(settings.session).exists():
            try:
                async with connected(settings) as client:
                    return (await NameResolver(client).owner()).name, False
            except NotLoggedInError as error:
                if error.reason in NOT_OURS:
                    raise
                # Telegram refuses a key whose login was ended, whatever it asks: a new one it is.
                remove_session(settings.session)
        done = False
        try:
            async with connected(settings) as client, _nothing_left(client):
                if not (qr and await _scanned(client, asks)):
                    await by_phone(client, asks, phone)
                done = client.takes_updates = True  # what comes from now on is to be heard
                return (await NameResolver(client).owner()).name, True
        finally:
            if not done:
                remove_session(settings.session)


@asynccontextmanager
async def _nothing_left(client: Client) -> AsyncIterator[None]:
    """What fails within ends the login that may have come about: its key is about to be removed."""
    try:
        yield
    except BaseException:
        with suppress(UserbotError, OSError, TimeoutError):
            async with asyncio.timeout(_END_SECONDS):
                await log_out(client)
        raise


async def _scanned(client: Client, asks: Keyboard) -> bool:
    """Log in by QR code; False where a code to enter is wanted instead. Raises UserbotError."""
    scanning = asyncio.ensure_future(by_qr(client, asks))
    otherwise = asyncio.ensure_future(asks.code_instead())
    try:
        await asyncio.wait({scanning, otherwise}, return_when=asyncio.FIRST_COMPLETED)
        if scanning.done():
            scanning.result()
            return True
    finally:
        for task in (scanning, otherwise):
            task.cancel()
        await asyncio.gather(scanning, otherwise, return_exceptions=True)
    # Scanned at the very moment: that login stands, whatever was wanted.
    return bool(await client.is_user_authorized())


@contextmanager
def alone(settings: TelegramConfig) -> Iterator[None]:
    """Hold the session, in a folder of the owner's own. Raises SessionInUseError, OSError."""
    # Telethon tells its troubles in its log; what comes of them is told here, once and in words.
    logging.getLogger("telethon").addHandler(logging.NullHandler())
    secure_folder(settings.session.parent)
    with session_lock(settings.session):
        yield


@asynccontextmanager
async def connected(settings: TelegramConfig, timings: Timings = USUAL) -> AsyncIterator[Client]:
    """A connected client, perhaps of no login yet; hold the session first. Raises UserbotError."""
    # It waits as a run would, and says so; what stops it is raised where the command asked, too.
    gate = Gate(RateLimiter(1, 1), SystemClock(), _say, _leave_to_the_command)
    client = new_client(settings, gate, persistent=False)
    try:
        await _connect(client, timings)
        yield client
    except (OSError, EOFError) as error:  # EOFError: cut off in the middle of the key exchange
        raise unreachable(settings) from error
    finally:
        await client.disconnect()


async def _connect(client: Client, timings: Timings) -> None:
    """Raises TimeoutError if Telegram does not answer; where it asks for a pause, it did."""
    connecting = asyncio.ensure_future(client.connect())
    try:
        while not connecting.done():
            await asyncio.wait({connecting}, timeout=timings.connect_seconds)
            if not connecting.done() and not client.gate.pausing:
                raise TimeoutError
        connecting.result()
    finally:
        connecting.cancel()


def _say(event: Event) -> None:
    show(fitted(describe(event, language()).plain(), sys.stderr))


def _leave_to_the_command(error: UserbotError) -> None: ...


def unreachable(settings: TelegramConfig) -> TelegramError:
    """That there is no way to Telegram, and what to look at."""
    if settings.proxy:
        what = _("Cannot reach Telegram through the proxy.")
        hint = _("Check telegram.proxy, and that the proxy is running.")
    elif settings.server:
        address = f"{settings.server.host}:{settings.server.port}"
        what = _("Cannot reach Telegram at {address}.", address=address)
        hint = _("Check [telegram.server] and its public_key, and that the server is running.")
    else:
        what = _("Cannot reach Telegram.")
        hint = _("Check the network; where Telegram is blocked, set telegram.proxy.")
    return TelegramError(what, hint, reason="unreachable")
