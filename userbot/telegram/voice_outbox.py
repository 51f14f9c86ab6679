"""Voice notes into Telegram, beside texts: uploaded, then sent in place.

Where voice notes are not taken, texts may well be: such a refusal does not let the chat rest, but
is remembered until the next start.
"""

from __future__ import annotations

from typing import Any

from telethon.errors import FloodPremiumWaitError, FloodWaitError, RPCError
from telethon.tl import functions, types

from userbot.errors import UserbotError, VoiceRefusedError
from userbot.messages import Place, RichText, Speech
from userbot.rules.waveform import packed
from userbot.telegram.outbox import TelegramOutbox, _entity, _reply_header, _sent_id
from userbot.telegram.refusals import meaning

_REFUSALS = frozenset(
    {
        "voice_messages_forbidden",
        "chat_send_voices_forbidden",
        "chat_send_media_forbidden",
        "user_voice_messages_forbidden",
    }
)
"""https://core.telegram.org/method/messages.sendMedia#possible-errors"""


class TelegramVoiceOutbox(TelegramOutbox):
    """`ports.VoiceOutbox`, and `ports.Outbox` too: both write in the account's turns."""

    _voiceless: frozenset[int] = frozenset()

    def takes_voice(self, place: Place) -> bool:
        """False once Telegram has said that voice notes are not taken there."""
        return place.chat not in self._voiceless

    async def send_voice(
        self, place: Place, speech: Speech, caption: RichText, *, reply_to: int, random_id: int
    ) -> int:
        """Send a voice note and give its id. Take a turn first.

        Raises VoiceRefusedError, and as `send` does.
        """
        audio = types.DocumentAttributeAudio(
            duration=max(1, round(speech.seconds)), voice=True, waveform=packed(speech.waveform)
        )
        request = functions.messages.SendMediaRequest(
            peer=await self._peer(place.chat),
            media=types.InputMediaUploadedDocument(
                file=await self._uploaded(place, speech.data),
                mime_type="audio/ogg",
                attributes=[audio],
            ),
            message=caption.text,
            random_id=random_id,
            entities=[_entity(entity) for entity in caption.entities] or None,
            reply_to=_reply_header(place, reply_to),
        )
        return _sent_id(await self._write(place, "send", request), random_id)

    async def _uploaded(self, place: Place, data: bytes) -> Any:
        try:
            return await self._client.upload_file(data, file_name="voice.ogg")
        except (FloodWaitError, FloodPremiumWaitError) as error:
            raise self._turns.pause(place, "send", error.seconds, slow_mode=False) from error
        except RPCError as error:
            raise meaning(error) from error

    def _refused(self, place: Place, error: UserbotError) -> UserbotError:
        if error.reason not in _REFUSALS:
            return super()._refused(place, error)
        self._voiceless |= {place.chat}
        return VoiceRefusedError(
            "Voice notes are not taken in this chat.",
            'Set voice = { answer_as = "text" } for it.',
            reason=error.reason,
        )
