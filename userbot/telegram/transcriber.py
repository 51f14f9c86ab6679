"""Has Telegram transcribe a voice note or round video (core.telegram.org/api/transcribe).

Rule 1: it is asked only where the account may: with Premium, in a group that is boosted enough, or
by the weekly trial where the owner gives that away. One that is used up is left alone until
Telegram's date.
Rule 2: a transcription may come in parts, the last one by an update. Updates are lost with their
connection, so at the end it is asked once more how far it is.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, Final

from telethon import events
from telethon.tl import functions, types
from telethon.utils import get_input_channel

from userbot.errors import (
    AccountStoppedError,
    NotLoggedInError,
    NotTranscribedError,
    PauseAskedError,
    TelegramError,
)
from userbot.telegram.believed import Believed
from userbot.telegram.client import Client
from userbot.texts import _
from userbot.timings import USUAL
from userbot.types import CHANNELS

_LEVEL: Final = 6
"""Boosts by which a group's members have what they say transcribed (`group_transcribe_level_min`,
core.telegram.org/api/config#group-transcribe-level-min)."""
_LAST_SECONDS: Final = 5.0
"""For asking how far it is, at the end."""
_FAILED: Final = {
    "premium_account_required": _("Telegram transcribes for Premium accounts only."),
    "msg_voice_too_long": _("The recording is too long for Telegram's transcription."),
    "msg_voice_missing": _("Telegram finds no speech to transcribe in that message."),
    "transcription_failed": _("Telegram could not transcribe the recording."),
}


class TelegramTranscriber:
    """`ports.NoteTranscriber` over a client. `seconds`: how long a transcription may take."""

    def __init__(self, client: Client, seconds: float = USUAL.telegram_seconds) -> None:
        self._client = client
        self._seconds = seconds
        self._clock = client.gate.time
        self._free = Believed[int, bool](client.gate.time)
        """By chat, whether the account may there; 0: anywhere."""
        self._used_up_until: datetime | None = None
        self._waiting = 0
        self._ended: dict[int, str] = {}
        self._news = asyncio.Event()
        client.add_event_handler(self._on_update, events.Raw(types.UpdateTranscribedAudio))

    async def transcribe(self, chat: int, message: int, *, trial: bool) -> str:
        """As `ports.NoteTranscriber.transcribe`."""
        self._waiting += 1
        try:
            return await self._transcribe(chat, message, trial=trial)
        except PauseAskedError as error:
            raise NotTranscribedError(
                _("Telegram transcribes nothing more for now. {error}", error=error),
                reason="telegram_paused",
                lasting=True,
            ) from error
        except (AccountStoppedError, NotLoggedInError, NotTranscribedError):
            raise
        except TelegramError as error:
            raise _failed(error) from error
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._ended.clear()

    async def _has_premium(self) -> bool:
        """Whether the account has Premium, as far as Telegram tells."""
        (me,) = await self._client.asked(functions.users.GetUsersRequest([types.InputUserSelf()]))
        return bool(getattr(me, "premium", False))

    async def _transcribe(self, chat: int, message: int, *, trial: bool) -> str:
        may = False
        try:
            async with asyncio.timeout(self._seconds):
                may = await self._is_free(chat)
                if not may:
                    self._check_trial(trial=trial)
                    may = True
                found = await self._ask(chat, message, trial=trial)
                while found.pending and found.transcription_id not in self._ended:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            if not may:
                raise self._endless() from None
            return await self._last_word(chat, message, trial=trial)
        return self._ended.get(found.transcription_id, str(found.text))

    async def _last_word(self, chat: int, message: int, *, trial: bool) -> str:
        try:
            async with asyncio.timeout(_LAST_SECONDS):
                found = await self._ask(chat, message, trial=trial)
        except TimeoutError:
            found = None
        if found is None or found.pending:
            raise self._endless()
        return str(found.text)

    def _endless(self) -> NotTranscribedError:
        return NotTranscribedError(
            _("Telegram did not finish the transcription in {seconds:g} s.", seconds=self._seconds),
            reason="telegram_endless",
        )

    async def _ask(self, chat: int, message: int, *, trial: bool) -> Any:
        peer = await self._client.reach(chat)
        with self._client.gate.listening(chat, message):
            found = await self._client.asked(
                functions.messages.TranscribeAudioRequest(peer, message), chat
            )
        if found.trial_remains_num is not None:
            if not trial:  # the group is not boosted enough, whatever its level says
                self._free.keep(chat, False)
            if not found.trial_remains_num:
                self._used_up_until = found.trial_remains_until_date
        return found

    async def _is_free(self, chat: int) -> bool:
        """Whether the account may without a trial."""
        for where in (0, chat) if chat < CHANNELS else (0,):
            may = self._free.get(where)
            if may is None:
                may = await (self._is_boosted(where) if where else self._has_premium())
                self._free.keep(where, may)
            if may:
                return True
        return False

    async def _is_boosted(self, chat: int) -> bool:
        channel = get_input_channel(await self._client.reach(chat))
        found = await self._client.asked(functions.channels.GetChannelsRequest([channel]), chat)
        return any((getattr(one, "level", None) or 0) >= _LEVEL for one in found.chats)

    def _check_trial(self, *, trial: bool) -> None:
        """Raise NotTranscribedError where the account may use none, or none is left."""
        if not trial:
            raise NotTranscribedError(
                _FAILED["premium_account_required"],
                _("telegram_trial = true under [voice] uses up its free weekly trial."),
                reason="premium_account_required",
                lasting=True,
            )
        until = self._used_up_until
        if until is not None and until > self._clock.now():
            raise NotTranscribedError(
                _(
                    "The weekly trial of Telegram's transcription is used up until {until} UTC.",
                    until=until.strftime("%Y-%m-%d %H:%M"),
                ),
                reason="telegram_trial_used",
                lasting=True,
            )

    async def _on_update(self, update: types.UpdateTranscribedAudio) -> None:
        if self._waiting and not update.pending:
            self._ended[update.transcription_id] = str(update.text or "")
            self._news.set()


def _failed(error: TelegramError) -> NotTranscribedError:
    """What a refusal of Telegram's means here."""
    known = _FAILED.get(error.reason)
    told = known or _("Telegram could not transcribe the recording. {error}", error=error)
    lasting = error.reason == "premium_account_required"
    return NotTranscribedError(told, reason=error.reason, lasting=lasting)
