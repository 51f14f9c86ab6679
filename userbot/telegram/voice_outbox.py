"""Voice notes into Telegram, beside texts: uploaded, then sent in place.

Where voice notes are not taken, texts may well be: such a refusal does not let the chat rest, but
is remembered until the next start.
"""

from __future__ import annotations

from telethon.errors import RPCError
from telethon.tl import functions, types

from userbot.errors import (
    AccountStoppedError,
    NotLoggedInError,
    UserbotError,
    VoiceRefusedError,
)
from userbot.ports import Uploaded
from userbot.rules.waveform import packed
from userbot.telegram.outbox import TelegramOutbox, _entity, _reply_header, _sent_id
from userbot.telegram.refusals import error_name, meaning
from userbot.types import ConversationId, RichText, Speech

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

    def takes_voice(self, conversation: ConversationId) -> bool:
        """False once Telegram has said that voice notes are not taken there."""
        return conversation.chat not in self._voiceless

    async def upload_voice(self, conversation: ConversationId, speech: Speech) -> Uploaded:
        """Bring a voice note to Telegram. It takes no turn: nobody sees it yet.

        Raises VoiceRefusedError when it cannot be, and as `check` does.
        """
        self.check(conversation)
        try:
            file = await self._client.upload_file(speech.data, file_name="voice.ogg")
        except RPCError as error:
            refusal = meaning(error)
            if isinstance(refusal, AccountStoppedError | NotLoggedInError):
                raise self._turns.refused(conversation, refusal) from error
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
        """Send a voice note and give its id. Take a turn first.

        Raises VoiceRefusedError, and as `send` does.
        """
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
            reply_to=_reply_header(conversation, reply_to),
        )
        return _sent_id(await self._write(conversation, "send", request), random_id)

    def _refused(self, conversation: ConversationId, error: UserbotError) -> UserbotError:
        if error.reason not in _REFUSALS:
            return super()._refused(conversation, error)
        self._voiceless |= {conversation.chat}
        return VoiceRefusedError(
            "Voice notes are not taken in this chat.",
            'Set voice = { answer_as = "text" } for it.',
            reason=error.reason,
        )


def _not_uploaded(why: str) -> VoiceRefusedError:
    return VoiceRefusedError(
        f"The voice note could not be brought to Telegram ({why}).",
        "The next answer is spoken again.",
        reason="voice_not_uploaded",
    )
