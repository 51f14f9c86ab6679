"""Transcriptions and speech: with openai's own client over real sockets; forms byte by byte."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest

from tests.pace import noticed
from userbot.sandbox import ogg
from userbot.sandbox.endpoint import Endpoint, Recording, SpokenWords
from userbot.sandbox.endpoint_audio import UndecodableError
from userbot.sandbox.endpoint_http import FormError, parts_of
from userbot.sandbox.voices import ENGLISH, RUSSIAN, VOICES

HEAR, SPEAK = "/audio/transcriptions", "/audio/speech"
FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("unauthorized", {}, "AuthenticationError"),
    ("model_not_found", {}, "NotFoundError"),
    ("rate_limit", {"retry_after": 1}, "RateLimitError"),
    ("quota", {}, "RateLimitError"),
    ("server_error", {}, "InternalServerError"),
    ("unavailable", {}, "InternalServerError"),
    ("stall", {}, "APITimeoutError"),
    ("refuse", {}, "APIConnectionError"),
    ("cut", {}, "APIConnectionError"),
]


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    endpoint = Endpoint()
    await endpoint.start()
    yield endpoint
    await endpoint.stop()
    assert endpoint.crashed == []


@pytest.fixture
async def client(endpoint: Endpoint) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(
        api_key="sandbox-key", base_url=endpoint.base_url, max_retries=0, timeout=60
    ) as client:
        yield client


async def hear(
    client: openai.AsyncOpenAI,
    data: bytes = ENGLISH.data,
    *,
    name: str = "voice.ogg",
    mime: str = "audio/ogg",
    model: str = "whisper-1",
    **more: Any,
) -> Any:
    return await client.audio.transcriptions.create(file=(name, data, mime), model=model, **more)


async def refused(request: Any) -> tuple[int, str | None, str]:
    """Status, code and message of a refusal."""
    with pytest.raises(openai.APIStatusError) as caught:
        await request
    return caught.value.status_code, caught.value.code, caught.value.message


@pytest.mark.parametrize("voice", VOICES.values(), ids=VOICES)
async def test_the_recordings_of_the_house_are_understood_word_for_word(
    client: openai.AsyncOpenAI, endpoint: Endpoint, voice: Any
) -> None:
    answer = await hear(client, voice.data, prompt="names", language="en")
    assert answer.text == voice.words
    (heard,) = endpoint.transcriptions
    assert (heard.model, heard.file_name, heard.content_type) == (
        "whisper-1", "voice.ogg", "audio/ogg",
    )  # fmt: skip
    assert heard.fields == {"prompt": "names", "language": "en"}
    assert (heard.size, heard.sha256, heard.data) == (len(voice.data), voice.digest, b"")


async def test_what_is_not_known_is_not_made_up(client: openai.AsyncOpenAI) -> None:
    answer = await hear(client, ogg.tone(3))
    assert answer.text == "A recording of 3.0 s; the sandbox understands no speech."


async def test_a_test_can_teach_words_or_bring_its_own_ears(
    client: openai.AsyncOpenAI, endpoint: Endpoint
) -> None:
    note = ogg.tone(1, serial=7)
    endpoint.understands(note, "seven")
    assert (await hear(client, note)).text == "seven"
    endpoint.keep_audio = True

    async def ears(heard: Recording) -> str:
        await asyncio.sleep(0)
        return f"{heard.file_name} {heard.fields['temperature']} {len(heard.data)}"

    endpoint.transcriber = ears
    assert (await hear(client, note, temperature=0.5)).text == f"voice.ogg 0.5 {len(note)}"
    assert endpoint.transcriptions[-1].data == note


async def test_each_format_has_its_shape(client: openai.AsyncOpenAI) -> None:
    assert await hear(client, response_format="text") == f"{ENGLISH.words}\n"
    verbose = await hear(client, RUSSIAN.data, response_format="verbose_json")
    assert (verbose.text, verbose.language) == (RUSSIAN.words, "russian")
    assert 4.9 < verbose.duration < 5.1
    assert (verbose.segments[0].text, verbose.usage.seconds) == (RUSSIAN.words, 6)
    plain = await hear(client)
    assert (plain.usage.type, plain.usage.seconds) == ("duration", 4)
    newer = await hear(client, model="gpt-transcribe")
    assert newer.usage.total_tokens == newer.usage.input_tokens + newer.usage.output_tokens


async def test_a_transcriber_may_tell_the_language_and_that_nobody_speaks(
    client: openai.AsyncOpenAI, endpoint: Endpoint
) -> None:
    endpoint.transcriber = lambda _: SpokenWords("Дякую за перегляд!", "ukrainian", 0.93)
    answer = await hear(client, ogg.silence(2), response_format="verbose_json")
    assert (answer.language, answer.segments[0].no_speech_prob) == ("ukrainian", 0.93)


@pytest.mark.parametrize("model", ["gpt-transcribe", "gpt-4o-transcribe", "gpt-4o-mini-transcribe"])
@pytest.mark.parametrize("format_", ["text", "verbose_json", "srt"])
async def test_newer_models_give_json_only(
    client: openai.AsyncOpenAI, model: str, format_: str
) -> None:
    status, code, _ = await refused(hear(client, model=model, response_format=format_))
    assert (status, code) == (400, "unsupported_value")


@pytest.mark.parametrize(
    ("data", "name", "status", "code", "text"),
    [
        pytest.param(b"", "voice.ogg", 400, "audio_too_short", "too short", id="empty"),
        pytest.param(ogg.tone(0.05), "voice.ogg", 400, "audio_too_short", "too short", id="short"),
        pytest.param(b"#!AMR\n", "voice.amr", 400, None, "Invalid file format", id="extension"),
        pytest.param(b"OggS", "voice", 400, None, "Invalid file format", id="no extension"),
        pytest.param(b"hello", "voice.ogg", 400, None, "Invalid file format", id="no audio"),
        pytest.param(b"OggSjunk", "a.ogg", 400, "invalid_value", "decoded", id="corrupt"),
        pytest.param(
            bytes((25 << 20) + 1), "a.wav", 413, None, "Maximum content size", id="too large"
        ),
    ],
)
async def test_what_the_real_endpoint_would_not_take_is_refused(
    client: openai.AsyncOpenAI, endpoint: Endpoint,
    data: bytes, name: str, status: int, code: str | None, text: str,
) -> None:  # fmt: skip
    got = await refused(hear(client, data, name=name))
    assert got[:2] == (status, code)
    assert text in got[2]
    assert len(endpoint.transcriptions) == 1


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"fLaC", "a.flac"),
        (b"RIFF1234WAVE", "a.wav"),
        (b"\x00\x00\x00\x20ftypM4A ", "a.m4a"),
        (b"\x1aE\xdf\xa3", "a.webm"),
        (b"ID3", "a.mp3"),
        (b"\xff\xfb\x90\x00", "mislabelled.ogg"),
    ],
)
async def test_every_audio_format_is_taken_even_under_a_wrong_name(
    client: openai.AsyncOpenAI, endpoint: Endpoint, start: bytes, name: str
) -> None:
    endpoint.understands(start + bytes(20_000), "words")
    assert (await hear(client, start + bytes(20_000), name=name)).text == "words"


async def test_a_recording_that_cannot_be_decoded(
    client: openai.AsyncOpenAI, endpoint: Endpoint
) -> None:
    def ears(heard: Recording) -> str:
        raise UndecodableError

    endpoint.transcriber = ears
    assert (await refused(hear(client)))[:2] == (400, "invalid_value")


async def test_a_model_that_was_taken_away_is_not_found_and_another_is(
    client: openai.AsyncOpenAI, endpoint: Endpoint
) -> None:
    endpoint.gone.add("whisper-1")
    assert (await refused(hear(client)))[:2] == (404, "model_not_found")
    assert (await hear(client, model="gpt-transcribe")).text == ENGLISH.words
    endpoint.models = ("small",)
    assert (await refused(hear(client, model="large")))[:2] == (404, "model_not_found")


async def test_a_wrong_key_does_not_hear(endpoint: Endpoint) -> None:
    async with openai.AsyncOpenAI(
        api_key="wrong", base_url=endpoint.base_url, max_retries=0
    ) as client:
        assert (await refused(hear(client)))[:2] == (401, "invalid_api_key")


@pytest.mark.parametrize(("kind", "params", "error"), FAULTS, ids=[fault[0] for fault in FAULTS])
@pytest.mark.parametrize("on", [HEAR, SPEAK])
async def test_faults_meet_speech_as_they_meet_text(
    endpoint: Endpoint, client: openai.AsyncOpenAI, on: str, kind: str,
    params: dict[str, Any], error: str,
) -> None:  # fmt: skip
    endpoint.faults.add(kind, on=on, **params)
    quick = client.with_options(timeout=0.2 if kind == "stall" else 60)
    with pytest.raises(openai.APIError) as caught:
        await (hear(quick) if on == HEAR else say(quick))
    assert type(caught.value).__name__ == error
    assert await hear(client)


async def test_an_answer_may_be_late_empty_or_junk(
    endpoint: Endpoint, client: openai.AsyncOpenAI
) -> None:
    endpoint.faults.add("late_first_token", on=HEAR, seconds=0.05)
    before = time.perf_counter()
    assert (await hear(client)).text == ENGLISH.words
    assert time.perf_counter() - before >= 0.05
    endpoint.faults.add("empty", on=HEAR)
    assert (await hear(client)).text == ""
    endpoint.faults.add("junk", on=HEAR)
    with pytest.raises(ValueError, match="Expecting value"):
        await hear(client)
    endpoint.faults.add("empty", on=SPEAK)
    assert await say(client) == b""
    endpoint.faults.add("junk", on=SPEAK)
    assert b"<html>" in await say(client)


async def test_thirty_megabytes_hold_nobody_up(
    endpoint: Endpoint, client: openai.AsyncOpenAI
) -> None:
    data = b"RIFF" + random.Random(3).randbytes(30 << 20)
    form = b"--x\r\nContent-Disposition: form-data; name=file; filename=a.wav\r\n\r\n" + data
    form += b"\r\n--x\r\nContent-Disposition: form-data; name=model\r\n\r\nwhisper-1\r\n--x--\r\n"
    gaps: list[float] = []

    async def watch() -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            gaps.append(time.thread_time() - before)

    reader, writer = await asyncio.open_connection("127.0.0.1", endpoint.port)
    watching = asyncio.create_task(watch())
    writer.write(
        b"POST /v1/audio/transcriptions HTTP/1.1\r\nHost: x\r\n"
        b"Authorization: Bearer sandbox-key\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\n"
        b"Content-Length: %d\r\n\r\n" % len(form)
    )
    for start in range(0, len(form), 1 << 16):
        writer.write(form[start : start + (1 << 16)])
        await writer.drain()
    assert (await reader.readline()).startswith(b"HTTP/1.1 413")
    watching.cancel()
    writer.close()
    await writer.wait_closed()
    assert max(gaps) < noticed()
    assert endpoint.transcriptions[0].size == len(data)


async def test_a_body_over_sixty_four_megabytes_is_read_and_not_kept(endpoint: Endpoint) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", endpoint.port)
    size = (64 << 20) + 1
    writer.write(
        b"POST /v1/audio/transcriptions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size
    )
    chunk = bytes(1 << 20)
    for _ in range(64):
        writer.write(chunk)
        await writer.drain()
    writer.write(b"\0")
    assert (await reader.readline()).startswith(b"HTTP/1.1 413")
    writer.close()
    await writer.wait_closed()
    assert endpoint.transcriptions == []


async def test_who_waits_for_permission_to_send_gets_it(endpoint: Endpoint) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", endpoint.port)
    writer.write(
        b"POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
        b"Content-Length: 2\r\n\r\n"
    )
    assert (await reader.readline()).startswith(b"HTTP/1.1 100")
    writer.write(b"[]")
    await reader.readline()
    assert (await reader.readline()).startswith(b"HTTP/1.1 400")
    writer.close()
    await writer.wait_closed()


FIELD = b'Content-Disposition: form-data; name="a"\r\n\r\n'


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"--x\r\n" + FIELD + b"1\r\n--x--\r\n", [("a", None, b"1")], id="plain"),
        pytest.param(b"--x\r\n" + FIELD + b"\r\n--x--", [("a", None, b"")], id="empty"),
        pytest.param(
            b"before\r\n--x\r\n" + FIELD + b"1\r\n--x--\r\nafter", [("a", None, b"1")], id="around"
        ),
        pytest.param(
            b"--x \r\n" + FIELD + b"--x in it, \r\n-x too\r\n--x--\r\n",
            [("a", None, b"--x in it, \r\n-x too")],
            id="almost a boundary",
        ),
        pytest.param(
            b'--x\r\ncontent-disposition: form-data; name="a"; filename="\xd0\xb3.ogg"\r\n'
            b"Content-Type: audio/ogg\r\n\r\n\x00\r\n\xff\r\n--x\r\n" + FIELD + b"2\r\n--x--",
            [("a", "г.ogg", b"\x00\r\n\xff"), ("a", None, b"2")],
            id="a file and a field",
        ),
        pytest.param(
            b"--x\r\nContent-Disposition: form-data; name=a; filename*=utf-8''%D0%B3.ogg\r\n\r\n1"
            b"\r\n--x--",
            [("a", "г.ogg", b"1")],
            id="an encoded name",
        ),
        pytest.param(b"--x--\r\n", [], id="nothing"),
    ],
)
def test_a_form_is_read_as_it_was_sent(body: bytes, expected: list[Any]) -> None:
    parts = parts_of(body, 'multipart/form-data; boundary="x"')
    assert [(part.name, part.file_name, part.data) for part in parts] == expected


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(b"", "multipart/form-data; boundary=x", id="empty"),
        pytest.param(b"--x\r\n" + FIELD + b"1", "multipart/form-data; boundary=x", id="cut"),
        pytest.param(b"--x\r\n1\r\n--x--", "multipart/form-data; boundary=x", id="no headers"),
        pytest.param(
            b"--x\r\nA: b\r\n\r\n1\r\n--x--", "multipart/form-data; boundary=x", id="name"
        ),
        pytest.param(b"--x--", "multipart/form-data", id="no boundary"),
        pytest.param(b"{}", "application/json", id="no form"),
        pytest.param(
            (b"--x\r\n" + FIELD + b"1\r\n") * 101 + b"--x--",
            "multipart/form-data; boundary=x",
            id="too many",
        ),
    ],
)
def test_what_is_no_form_is_an_error(body: bytes, content_type: str) -> None:
    with pytest.raises(FormError):
        parts_of(body, content_type)


async def test_a_form_without_a_file_or_a_model_is_refused(
    client: openai.AsyncOpenAI, endpoint: Endpoint
) -> None:
    post = client._client.post
    for files, data in (
        ({"file": ("a.ogg", b"OggS")}, {}),
        ({"other": ("a", b"")}, {"model": "m"}),
    ):
        url, key = f"{endpoint.base_url}{HEAR}", {"Authorization": "Bearer sandbox-key"}
        answer = await post(url, files=files, data=data, headers=key)
        assert answer.status_code == 400
        assert "you must provide a" in answer.text
    assert endpoint.transcriptions == []


# -- speaking --


async def say(client: openai.AsyncOpenAI, text: str = "Good evening!", **more: Any) -> bytes:
    options: dict[str, Any] = {"model": "tts-1", "voice": "alloy", "response_format": "opus"}
    answer = await client.audio.speech.create(input=text, **(options | more))
    return answer.read()


async def test_speech_is_an_opus_file_as_long_as_the_words_take(
    client: openai.AsyncOpenAI, endpoint: Endpoint
) -> None:
    sound = await say(client, "x" * 100)
    assert ogg.duration(sound) == pytest.approx(6.0)
    assert (endpoint.speeches[0]["input"], endpoint.speeches[0]["voice"]) == ("x" * 100, "alloy")
    endpoint.speaker = lambda _: ogg.silence(1)
    assert await say(client) == ogg.silence(1)


@pytest.mark.parametrize(
    ("text", "more", "status", "code"),
    [
        pytest.param("", {}, 400, None, id="nothing"),
        pytest.param("x" * 4097, {}, 400, "string_above_max_length", id="too long"),
        pytest.param("x", {"response_format": "mp3"}, 400, "unsupported_value", id="mp3"),
        pytest.param("x", {"response_format": openai.omit}, 400, "unsupported_value", id="default"),
        pytest.param("x", {"model": "tts-0"}, 404, "model_not_found", id="model"),
    ],
)
async def test_what_cannot_be_spoken_is_refused(
    client: openai.AsyncOpenAI, endpoint: Endpoint,
    text: str, more: dict[str, Any], status: int, code: str | None,
) -> None:  # fmt: skip
    endpoint.gone.add("tts-0")
    assert (await refused(say(client, text, **more)))[:2] == (status, code)


# -- the files themselves --


@pytest.mark.parametrize("seconds", [0.02, 0.1, 1, 1.005, 3.6, 61])
def test_a_made_recording_is_as_long_as_it_says_and_its_pages_are_sound(seconds: float) -> None:
    data = ogg.recording(("tone", seconds / 2), ("silence", seconds / 2))
    assert ogg.duration(data) == pytest.approx(seconds, abs=0.0001)
    pages = data.split(b"OggS")[1:]
    for number, page in enumerate(pages):
        assert int.from_bytes(page[14:18], "little") == number
        crc = int.from_bytes(page[18:22], "little")
        assert crc == slow_crc(b"OggS" + page[:18] + bytes(4) + page[22:])
    assert (pages[0][1], pages[-1][1]) == (2, 4)


def slow_crc(data: bytes) -> int:
    """The checksum as RFC 3533 words it, bit by bit."""
    crc = 0
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    return crc


def test_another_serial_is_another_file_of_the_same_length() -> None:
    assert ogg.tone(1, serial=1) != ogg.tone(1, serial=2)
    assert len(ogg.tone(1, serial=1)) == len(ogg.tone(1, serial=2))


@pytest.mark.parametrize("data", [b"", b"OggS", b"RIFF", b"OggS" + bytes(300)])
def test_what_is_no_opus_has_no_duration(data: bytes) -> None:
    assert ogg.duration(data) is None


def test_the_recordings_of_the_house_have_the_lengths_of_speech() -> None:
    lengths = [ogg.duration(voice.data) or 0 for voice in VOICES.values()]
    assert [round(length, 1) for length in lengths] == [3.6, 5.0]
