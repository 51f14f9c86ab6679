"""Why a question has no answer, in words: the history keeps a slug."""

from __future__ import annotations

from typing import Final

from userbot.cli.language import language, said

_WHY: Final = {
    "stopped": "it was stopped",
    "interrupted": "the answer broke off",
    "no_finish": "the answer broke off",
    "hung": "the answer came to no end",
    "endless": "the answer came to no end",
    "empty_answer": "the answer was empty",
    "bad_answer": "the endpoint answered with something else",
    "server_error": "the endpoint had trouble",
    "timeout": "the endpoint was silent",
    "unreachable": "the endpoint could not be reached",
    "rate_limited": "the endpoint took no more requests",
    "refused_request": "the endpoint refused the request",
    "unauthorized": "the endpoint did not accept the key",
    "quota": "no credit was left",
    "model_not_found": "there was no such model",
    "context_length": "too long for the model",
    "content_filter": "a content filter stopped the answer",
    "audio_gone": "the recording was gone",
    "audio_no_room": "no room for the recording",
    "audio_too_large": "the recording was too large",
    "audio_too_long": "the recording was too long",
    "audio_unreadable": "the recording could not be read",
    "ffmpeg_missing": "the recording needs ffmpeg",
    "internal": "a mistake of the program",
}
"""Of what else has happened the console has words, and Telegram names."""


def why(reason: str) -> str:
    """The reason in the language of the command, or as it is."""
    from userbot.console.words import words

    told = _WHY.get(reason)
    return said(told) if told else words(language()).get(reason, reason)
