"""messages.transcribeAudio: at once, or in parts by updates; who may, and how often."""

import asyncio
from dataclasses import replace

from userbot.sandbox import message_views as parts
from userbot.sandbox import peers, tl
from userbot.sandbox.dispatch import Call, method
from userbot.sandbox.ears import LEVEL, TRIAL_SECONDS, WEEK, Transcription, Words
from userbot.sandbox.errors import bad_request, error_from
from userbot.sandbox.state import Message, Supergroup


@method(tl.functions.messages.TranscribeAudioRequest)
def transcribe_audio(call: Call, request: tl.Tl) -> tl.Tl:
    me, ears = call.me, call.world.ears
    chat = peers.chat(call.state, me, request.peer)
    message = chat.mailbox_of(me).find(chat, request.msg_id)
    if message is None:
        raise bad_request("MSG_ID_INVALID")
    if message.media is None or message.media.kind not in ("voice", "round"):
        raise bad_request("MSG_VOICE_MISSING")
    begun = ears.begun.get((me.id, message))
    trial = not (me.premium or (isinstance(chat, Supergroup) and chat.level >= LEVEL))
    if begun is None:
        if trial:
            _use_trial(call, message)
        begun = ears.begun[me.id, message] = Transcription(len(ears.begun) + 1)
        _hear(call, message, begun, ears.words_of(message.media.data))
    left = ears.trials - ears.used[me.id]
    return tl.types.messages.TranscribedAudio(
        transcription_id=begun.number,
        text=begun.text,
        pending=begun.pending or None,
        trial_remains_num=left if trial else None,
        trial_remains_until_date=call.world.now() + WEEK if trial and not left else None,
    )


def _use_trial(call: Call, message: Message) -> None:
    me, ears = call.me, call.world.ears
    assert message.media is not None
    if not ears.trials:
        raise error_from("PREMIUM_ACCOUNT_REQUIRED")
    if ears.used[me.id] >= ears.trials:
        raise error_from(f"FLOOD_WAIT_{WEEK}")
    if (message.media.duration or 0) > TRIAL_SECONDS:
        raise bad_request("MSG_VOICE_TOO_LONG")
    ears.used[me.id] += 1


def _hear(call: Call, message: Message, begun: Transcription, said: Words) -> None:
    """What is not heard at once is told part by part."""
    if said.ends and not said.parts:
        begun.text, begun.pending = said.text, False
        return
    loop = asyncio.get_running_loop()
    texts = [(part, True) for part in said.parts] + ([(said.text, False)] if said.ends else [])
    for number, (text, pending) in enumerate(texts, 1):
        known = replace(begun, text=text, pending=pending)
        loop.call_later(said.seconds * number, _come, call, message, known, said.told)


def _come(call: Call, message: Message, known: Transcription, told: bool) -> None:
    """It is so far now; `told`: whoever asked learns of it."""
    me, ears = call.me, call.world.ears
    ears.begun[me.id, message] = known
    if not told:
        return
    update = tl.types.UpdateTranscribedAudio(
        peer=parts.peer(me, message.chat),
        msg_id=message.id_for(me),
        transcription_id=known.number,
        text=known.text,
        pending=known.pending or None,
    )
    call.world.hint(me, update)
