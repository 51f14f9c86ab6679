"""Speech at an OpenAI-compatible endpoint: what is heard and what is said, as plans.

Shapes: https://platform.openai.com/docs/api-reference/audio. Nothing here understands speech:
recordings are known by their SHA-256, and what is spoken is a tone as long as the words would take.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from userbot.sandbox import ogg
from userbot.sandbox.endpoint_chat import estimate_tokens, whole_plan
from userbot.sandbox.endpoint_faults import JSON_TYPE, EndpointFault, encoded, error_plan
from userbot.sandbox.endpoint_http import FormError, FormPart, Plan, parts_of

MAX_FILE: Final = 25 << 20
MAX_INPUT: Final = 4096
SECONDS_A_CHARACTER: Final = 0.06
_EXTENSIONS: Final = ["flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm"]
_FORMATS: Final = ("json", "text", "verbose_json")
_SHORTEST: Final = 0.1
_BYTES_A_SECOND: Final = 16_000  # of what is not Ogg/Opus: 128 kbit/s


class UndecodableError(Exception):
    """A transcriber raises it for a recording that cannot be decoded: answered with 400."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording that was handed in for transcription."""

    model: str
    file_name: str
    content_type: str
    size: int
    sha256: str
    fields: dict[str, str]
    """Every other field of the form; one that is repeated is joined by commas."""
    data: bytes = field(repr=False)
    """Empty in `Endpoint.transcriptions`, unless `keep_audio` is set."""

    @property
    def response_format(self) -> str:
        return self.fields.get("response_format", "json")

    @property
    def seconds(self) -> float:
        """How long it is; estimated from its size where it is not Ogg/Opus."""
        told = ogg.duration(self.data)
        return self.size / _BYTES_A_SECOND if told is None else told


@dataclass(frozen=True, slots=True)
class SpokenWords:
    """What a transcriber may say beyond the words."""

    text: str
    language: str | None = None
    """As verbose_json names it, "english"; None: by the letters."""
    no_speech: float = 0.01
    """How sure the model is that nobody speaks, 0 to 1."""


def recording_in(body: bytes, content_type: str) -> Recording | str:
    """What a form hands in, or what is wrong with the form. Takes long for a large file."""
    try:
        parts = parts_of(body, content_type)
    except FormError as error:
        return f"Could not parse multipart form: {error}."
    fields: dict[str, str] = {}
    file: FormPart | None = None
    for part in parts:
        if part.file_name is not None and part.name == "file":
            file = part
        else:
            name = part.name.removesuffix("[]")
            fields[name] = f"{fields[name]},{part.text}" if name in fields else part.text
    model = fields.pop("model", "")
    if file is None or not model:
        return f"you must provide a {'file' if file is None else 'model'} parameter"
    return Recording(
        model=model,
        file_name=file.file_name or "",
        content_type=file.content_type,
        size=len(file.data),
        sha256=hashlib.sha256(file.data).hexdigest(),
        fields=fields,
        data=file.data,
    )


def objection(recording: Recording) -> Plan | None:
    """Why a recording is not transcribed, in the order in which the real endpoint looks."""
    if recording.size > MAX_FILE:
        return too_large(recording.size)
    extension = recording.file_name.rpartition(".")[2].lower()
    if extension not in _EXTENSIONS or (recording.size and not _is_audio(recording.data)):
        return _bad(f"Invalid file format. Supported formats: {_EXTENSIONS}", None, "file")
    wanted = recording.response_format
    if wanted not in _FORMATS or (wanted != "json" and recording.model.startswith("gpt-")):
        text = f"response_format '{wanted}' is not compatible with model '{recording.model}'."
        return _bad(text, "unsupported_value", "response_format")
    if recording.data[:4] == b"OggS" and ogg.duration(recording.data) is None:
        return undecodable()
    if recording.size == 0 or (recording.data[:4] == b"OggS" and recording.seconds < _SHORTEST):
        text = f"Audio file is too short. Minimum audio length is {_SHORTEST} seconds."
        return _bad(text, "audio_too_short", "file")
    return None


def too_large(size: int) -> Plan:
    text = f"413: Maximum content size limit ({MAX_FILE}) exceeded ({size} bytes read)"
    return error_plan(413, text, type_="server_error")


def undecodable() -> Plan:
    text = "The audio file could not be decoded or its format is not supported."
    return _bad(text, "invalid_value", "file")


def transcription_plan(
    recording: Recording, transcript: SpokenWords, fault: EndpointFault | None
) -> Plan:
    """The words in the format that was asked for."""
    text = "" if fault and fault.kind == "empty" else transcript.text
    if recording.response_format == "text":
        return whole_plan(f"{text}\n".encode(), "text/plain; charset=utf-8", fault)
    body: dict[str, Any] = {"text": text}
    if recording.response_format == "verbose_json":
        body |= _verbose(text, transcript, recording.seconds)
    return whole_plan(encoded(body | {"usage": _usage(recording, text)}), JSON_TYPE, fault)


def speech_objection(request: Mapping[str, Any]) -> Plan | None:
    """Why a text is not spoken."""
    for name in ("model", "input", "voice"):
        if not isinstance(request.get(name), str) or not request[name]:
            return _bad(f"you must provide a {name} parameter", None, name)
    if len(request["input"]) > MAX_INPUT:
        text = f"Invalid 'input': string too long. Expected a maximum length of {MAX_INPUT}."
        return _bad(text, "string_above_max_length", "input")
    if request.get("response_format") != "opus":
        text = "The sandbox speaks only opus: set response_format."
        return _bad(text, "unsupported_value", "response_format")
    return None


def speech_plan(sound: bytes, fault: EndpointFault | None) -> Plan:
    return whole_plan(b"" if fault and fault.kind == "empty" else sound, "audio/ogg", fault)


def tone_for(request: Mapping[str, Any]) -> bytes:
    """The default speaker: a tone that is as long as the words would take."""
    return ogg.tone(len(request["input"]) * SECONDS_A_CHARACTER)


def _verbose(text: str, transcript: SpokenWords, seconds: float) -> dict[str, Any]:
    russian = re.search("[а-яё]", text, re.I)
    segment = {
        "id": 0,
        "seek": 0,
        "start": 0.0,
        "end": seconds,
        "text": text,
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": -0.2,
        "compression_ratio": 1.0,
        "no_speech_prob": transcript.no_speech,
    }
    return {
        "task": "transcribe",
        "language": transcript.language or ("russian" if russian else "english"),
        "duration": seconds,
        "segments": [segment] if text else [],
    }


def _usage(recording: Recording, text: str) -> dict[str, Any]:
    if not recording.model.startswith("gpt-"):
        return {"type": "duration", "seconds": math.ceil(recording.seconds)}
    listened, written = math.ceil(recording.seconds * 10), estimate_tokens(text) if text else 0
    return {
        "type": "tokens",
        "input_tokens": listened,
        "input_token_details": {"text_tokens": 0, "audio_tokens": listened},
        "output_tokens": written,
        "total_tokens": listened + written,
    }


def _is_audio(data: bytes) -> bool:
    """Whether it begins as one of the formats does, whichever its name says."""
    return (
        data[:4] in (b"OggS", b"fLaC", b"RIFF", b"\x1aE\xdf\xa3")
        or data[4:8] == b"ftyp"
        or data[:3] == b"ID3"
        or (len(data) > 1 and data[0] == 0xFF and data[1] >= 0xE0)
    )


def _bad(message: str, code: str | None, param: str | None) -> Plan:
    return error_plan(400, message, type_="invalid_request_error", code=code, param=param)
