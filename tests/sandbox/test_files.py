"""Files: sent by people and by clients, downloaded part by part, expired, kept."""

import asyncio
import io
import random
import time
from pathlib import Path
from typing import Any

import pytest
from telethon.errors import FilePartMissingError, FileReferenceExpiredError, FloodWaitError
from telethon.tl import functions, types

from userbot.sandbox import ogg
from userbot.sandbox.accounts import Account
from userbot.sandbox.errors import RpcError
from userbot.sandbox.files import Uploads
from userbot.sandbox.media import VIEW_ONCE
from userbot.sandbox.persistence import FILE
from userbot.sandbox.state import Supergroup
from userbot.sandbox.telegram import Telegram

from .devices import Device, Devices, refusal, trust, until

GET = "upload.getFile"
NOISE = random.Random(3).randbytes(3 << 20)


@pytest.fixture
async def device(alice: Account, bob: Account, devices: Devices) -> Device:
    """A client of Alice's that knows Bob."""
    bob.says(alice, "hi")
    return await devices.of(alice, request_retries=0)


def location(message: Any) -> Any:
    """Where a client finds the file of a message."""
    document = message.media.document
    return types.InputDocumentFileLocation(
        document.id, document.access_hash, document.file_reference, ""
    )


async def test_a_voice_note_arrives_as_one_and_is_downloaded_byte_for_byte(
    tg: Telegram, alice: Account, bob: Account, device: Device
) -> None:
    data = ogg.tone(3.6)
    bob.sends_voice(alice, data, waveform=[0, 31, 5, 17], caption=" listen ")
    message = await device.hears()
    document = message.media.document
    (audio,) = document.attributes
    assert (message.message, message.media.voice, message.voice is not None) == (
        "listen", True, True,
    )  # fmt: skip
    assert (document.mime_type, document.size, document.dc_id) == ("audio/ogg", len(data), tg.dc)
    assert (audio.voice, audio.duration, audio.waveform) == (True, 4, b"\xe0\x97\x08")
    assert await device.client.download_media(message, bytes) == data
    assert tg.downloads == {alice: len(data)}


async def test_nothing_is_downloaded_by_looking_at_a_message(
    tg: Telegram, alice: Account, bob: Account, device: Device
) -> None:
    sent = bob.sends_voice(alice, ogg.tone(1))
    await device.hears()
    await device.client.get_messages(bob.id, ids=sent.id_for(alice))
    assert tg.downloads[alice] == 0


async def test_every_kind_of_file_is_what_its_attributes_say(
    alice: Account, bob: Account, device: Device
) -> None:
    sent = [
        bob.sends_voice(alice, b"v"),
        bob.sends_round(alice, b"r", duration=3.6),
        bob.sends_audio(alice, b"a", title="Song", performer="Band", duration=180),
        bob.sends_video(alice, b"m", duration=2.5),
        bob.sends_document(alice, b"d", file_name="memo.wav", mime="audio/wav"),
        bob.sends_photo(alice, b"p"),
    ]
    kinds = ["voice", "round", "audio", "video", "document", "photo"]
    assert [message.media.kind for message in sent if message.media] == kinds
    got = [await device.hears() for _ in sent]
    assert [bool(m.voice) for m in got] == [True, False, False, False, False, False]
    assert [bool(m.video_note) for m in got] == [False, True, False, False, False, False]
    assert [bool(m.audio) for m in got] == [False, False, True, False, False, False]
    assert [bool(m.video) for m in got] == [False, True, False, True, False, False]
    assert [bool(m.photo) for m in got] == [False] * 5 + [True]
    assert (got[2].file.title, got[2].file.performer, got[2].file.duration) == ("Song", "Band", 180)
    assert (got[4].file.name, got[4].file.mime_type) == ("memo.wav", "audio/wav")
    downloaded = [await device.client.download_media(message, bytes) for message in got]
    assert downloaded == [b"v", b"r", b"a", b"m", b"d", b"p"]


async def test_a_client_sends_a_voice_note_that_people_get(
    alice: Account, bob: Account, device: Device
) -> None:
    data = ogg.tone(2)
    question = bob.says(alice, "say something")
    audio = types.DocumentAttributeAudio(2, voice=True, waveform=b"\xe0\x97\x08")
    await device.client.send_file(
        bob.id,
        io.BytesIO(data),
        voice_note=True,
        attributes=[audio],
        mime_type="audio/ogg",
        caption="spoken",
        reply_to=question.id_for(alice),
    )
    answer = await bob.expects(alice, reply_to=question)
    assert answer.media is not None
    assert (answer.text, answer.media.kind, answer.media.mime) == ("spoken", "voice", "audio/ogg")
    assert (answer.media.size, answer.media.duration) == (len(data), 2)
    assert answer.media.levels[:4] == [0, 31, 5, 17]
    assert answer.media.data == data


async def test_a_client_sends_a_photo_and_sends_a_file_again_without_uploading_it(
    tg: Telegram, alice: Account, bob: Account, device: Device
) -> None:
    sent = await device.client.send_file(bob.id, b"GIF89a or so", force_document=True)
    await device.client.send_file(bob.id, sent.media)
    jpeg = io.BytesIO(b"\xff\xd8\xff of a kind")
    jpeg.name = "picture.jpg"
    await device.client.send_file(bob.id, jpeg)
    first, again, photo = bob.messages(alice)[1:]
    assert first.media is again.media
    assert photo.media is not None
    assert photo.media.kind == "photo"
    assert sum(call.method == "upload.saveFilePart" for call in tg.calls) == 2
    assert not any(getattr(call.request, "bytes", b"") for call in tg.calls)


async def test_a_file_over_ten_megabytes_comes_and_goes_in_parts_and_nobody_is_held_up(
    tg: Telegram, alice: Account, bob: Account, device: Device
) -> None:
    data = NOISE * 4
    waits: list[float] = []

    async def watch() -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            waits.append(time.thread_time() - before)

    watching = asyncio.create_task(watch())
    await device.client.send_file(bob.id, data, force_document=True)
    (message,) = await device.client.get_messages(bob.id, limit=1)
    assert await device.client.download_media(message, bytes) == data
    watching.cancel()
    assert any(call.method == "upload.saveBigFilePart" for call in tg.calls)
    assert max(waits) < sum(waits) / 4, "the work is done in many pieces"


@pytest.mark.parametrize(
    ("attribute", "chat_kind", "refused"),
    [
        pytest.param(1, "private", "nothing", id="timed"),
        pytest.param(VIEW_ONCE, "private", "nothing", id="once"),
        pytest.param(1, "group", "TTL_MEDIA_INVALID", id="in a group"),
    ],
)
async def test_timed_media_goes_to_private_chats_only(
    tg: Telegram, alice: Account, bob: Account, device: Device,
    attribute: int, chat_kind: str, refused: str,
) -> None:  # fmt: skip
    group = tg.add_group("Trip", creator=bob, members=[alice])
    await device.client.get_dialogs()
    where = bob if chat_kind == "private" else group
    sending = device.client.send_file(where.id, b"x", force_document=True, ttl=attribute)
    assert await refusal(sending) == refused
    if refused == "nothing":
        last = bob.messages(alice)[-1]
        assert last.ttl_seconds == attribute


async def test_view_once_and_protected_are_told_to_clients(
    tg: Telegram, alice: Account, bob: Account, device: Device
) -> None:
    group = tg.add_supergroup("Club", creator=bob, members=[alice])
    await device.hears()
    bob.sends_voice(alice, b"x", view_once=True)
    assert (await device.hears()).media.ttl_seconds == VIEW_ONCE
    bob.sends_voice(alice, b"x", noforwards=True)
    assert (await device.hears()).noforwards
    bob.says(alice, "between us", noforwards=True)
    assert (await device.hears()).noforwards
    tg.protect(group)
    assert (await device.client.get_entity(group.id)).noforwards


async def test_a_caption_has_at_most_1024_characters_and_can_be_edited(
    alice: Account, bob: Account, device: Device
) -> None:
    send = device.client.send_file
    too_long = send(bob.id, b"x", caption="🌟" * 513, force_document=True)
    assert await refusal(too_long) == "MEDIA_CAPTION_TOO_LONG"
    message = await send(bob.id, b"x", caption="🌟" * 512, force_document=True)
    await message.edit("shorter")
    await message.edit("")
    (last,) = bob.messages(alice)[-1:]
    assert (last.text, last.edits) == ("", ["🌟" * 512, "shorter"])


async def test_a_file_reference_expires_and_the_message_gives_a_new_one(
    tg: Telegram, alice: Account, bob: Account, device: Device
) -> None:
    bob.sends_voice(alice, b"words")
    message = await device.hears()
    get = functions.upload.GetFileRequest
    for expire in (tg.expire_file_references, lambda: tg.advance(3600)):
        assert (await device.client(get(location(message), 0, 4096))).bytes == b"words"
        expire()
        with pytest.raises(FileReferenceExpiredError):
            await device.client(get(location(message), 0, 4096))
        message = await device.client.get_messages(bob.id, ids=message.id)
    assert await device.client.download_media(message, bytes) == b"words"


async def test_a_reference_may_expire_in_the_middle_of_a_download(
    tg: Telegram, alice: Account, bob: Account, device: Device
) -> None:
    sent = bob.sends_document(alice, NOISE)
    message = await device.client.get_messages(bob.id, ids=sent.id_for(alice))
    expired: list[int] = []

    def progress(done: int, _total: int) -> None:
        if not expired:
            tg.expire_file_references()
            expired.append(done)

    data = await device.client.download_media(message, bytes, progress_callback=progress)
    assert data == NOISE
    assert expired[0] < len(NOISE)


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        pytest.param({"id": 5}, "FILE_ID_INVALID", id="id"),
        pytest.param({"access_hash": 5}, "LOCATION_INVALID", id="hash"),
        pytest.param({"thumb_size": "m"}, "LOCATION_INVALID", id="thumbnail"),
        pytest.param({"file_reference": b""}, "FILE_REFERENCE_EMPTY", id="no reference"),
        pytest.param({"file_reference": b"guess" * 4}, "FILE_REFERENCE_INVALID", id="reference"),
    ],
)
async def test_a_wrong_location_is_refused(
    alice: Account, bob: Account, device: Device, change: dict[str, Any], refused: str
) -> None:
    bob.sends_voice(alice, b"words")
    wrong = location(await device.hears())
    for name, value in change.items():
        setattr(wrong, name, value)
    request = functions.upload.GetFileRequest(wrong, 0, 4096)
    assert await refusal(device.client(request)) == refused


async def test_a_photo_is_no_document_and_other_locations_are_none(
    alice: Account, bob: Account, device: Device
) -> None:
    bob.sends_photo(alice, b"jpeg")
    photo = (await device.hears()).media.photo
    names = photo.id, photo.access_hash, photo.file_reference
    get = functions.upload.GetFileRequest
    here = types.InputPhotoFileLocation(*names, "x")
    assert (await device.client(get(here, 0, 4096))).bytes == b"jpeg"
    for wrong, refused in (
        (types.InputDocumentFileLocation(*names, ""), "FILE_ID_INVALID"),
        (types.InputPhotoFileLocation(*names, "y"), "LOCATION_INVALID"),
        (types.InputTakeoutFileLocation(), "LOCATION_INVALID"),
    ):
        assert await refusal(device.client(get(wrong, 0, 4096))) == refused


@pytest.mark.parametrize(
    ("offset", "limit", "precise", "refused"),
    [
        pytest.param(0, 1 << 20, False, "nothing", id="whole MiB"),
        pytest.param(1024, 4096, False, "OFFSET_INVALID", id="offset not by 4 KiB"),
        pytest.param(-4096, 4096, False, "OFFSET_INVALID", id="negative"),
        pytest.param(0, 0, False, "LIMIT_INVALID", id="nothing"),
        pytest.param(0, 1000, False, "LIMIT_INVALID", id="not by 4 KiB"),
        pytest.param(0, 12288, False, "LIMIT_INVALID", id="not a part of 1 MiB"),
        pytest.param(0, 2 << 20, False, "LIMIT_INVALID", id="over 1 MiB"),
        pytest.param(512 << 10, 1 << 20, False, "LIMIT_INVALID", id="over the edge of a MiB"),
        pytest.param(1024, 3072, True, "nothing", id="precise"),
        pytest.param(512, 1024, True, "OFFSET_INVALID", id="precise, not by 1 KiB"),
        pytest.param(1023 << 10, 2048, True, "LIMIT_INVALID", id="precise, over the edge"),
    ],
)
async def test_a_part_keeps_to_the_rules(
    alice: Account, bob: Account, device: Device,
    offset: int, limit: int, precise: bool, refused: str,
) -> None:  # fmt: skip
    bob.sends_document(alice, NOISE)
    where = location(await device.hears())
    request = functions.upload.GetFileRequest(where, offset, limit, precise=precise or None)
    assert await refusal(device.client(request)) == refused


async def test_a_part_beyond_the_end_is_empty(alice: Account, bob: Account, device: Device) -> None:
    bob.sends_document(alice, b"short")
    where = location(await device.hears())
    part = await device.client(functions.upload.GetFileRequest(where, 4096, 4096))
    assert part.bytes == b""


async def test_faults_hit_downloads_too(
    tg: Telegram, alice: Account, bob: Account, device: Device
) -> None:
    sent = bob.sends_voice(alice, b"words")
    message = await device.client.get_messages(bob.id, ids=sent.id_for(alice))
    tg.faults.add(GET, "FLOOD_WAIT_9")
    with pytest.raises(FloodWaitError):
        await device.client.download_media(message, bytes)
    device.client._flood_waited_requests.clear()
    tg.faults.add(GET, "FILE_REFERENCE_EXPIRED")
    assert await device.client.download_media(message, bytes) == b"words"
    tg.faults.add(GET, delay=0.05)
    started = time.perf_counter()
    await device.client.download_media(message, bytes)
    assert time.perf_counter() - started >= 0.05


@pytest.mark.parametrize("error", ["VOICE_MESSAGES_FORBIDDEN", "CHAT_SEND_VOICES_FORBIDDEN"])
async def test_a_place_where_voice_is_forbidden(
    tg: Telegram, alice: Account, bob: Account, device: Device, error: str
) -> None:
    tg.faults.add("messages.sendMedia", error, chat=bob)
    assert await refusal(device.client.send_file(bob.id, b"x", voice_note=True)) == error
    await device.client.send_message(bob.id, "as text, then")
    assert [message.text for message in bob.messages(alice)] == ["hi", "as text, then"]


async def test_a_file_may_say_less_than_it_is_or_never_end(
    alice: Account, bob: Account, device: Device
) -> None:
    bob.sends_document(alice, NOISE, size=10_000)
    message = await device.hears()
    assert message.media.document.size == 10_000
    where = location(message)
    part = await device.client(functions.upload.GetFileRequest(where, 1 << 20, 1 << 20))
    assert part.bytes == NOISE[1 << 20 : 2 << 20]
    bob.sends_voice(alice, b"abc", endless=True, size=10_000)
    where = location(await device.hears())
    part = await device.client(functions.upload.GetFileRequest(where, 1 << 30, 4096))
    assert len(part.bytes) == 4096
    assert part.bytes[:5] == (b"abc" * 3)[(1 << 30) % 3 :][:5]


@pytest.mark.parametrize(
    ("parts", "file", "refused"),
    [
        pytest.param([], types.InputFile(7, 1, "", ""), "FILE_PARTS_INVALID", id="unknown"),
        pytest.param(
            [b"x"], types.InputFile(7, 1, "", "0" * 32), "MD5_CHECKSUM_INVALID", id="checksum"
        ),
        pytest.param(
            [b"x" * 1000] * 2, types.InputFile(7, 2, "", ""), "FILE_PART_SIZE_INVALID", id="size"
        ),
        pytest.param(
            [b"x" * 1024, b"x" * 2048],
            types.InputFile(7, 2, "", ""),
            "FILE_PART_SIZE_CHANGED",
            id="sizes",
        ),
        pytest.param(
            [NOISE[: 512 << 10]] * 21,
            types.InputFile(7, 21, "", ""),
            "FILE_PARTS_INVALID",
            id="large, sent as a small one",
        ),
    ],
)
async def test_an_upload_that_does_not_fit_together_is_refused(
    alice: Account, bob: Account, device: Device, parts: list[bytes], file: Any, refused: str
) -> None:
    for number, part in enumerate(parts):
        await device.client(functions.upload.SaveFilePartRequest(7, number, part))
    media = types.InputMediaUploadedDocument(file, "audio/ogg", [])
    peer = await device.client.get_input_entity(bob.id)
    request = functions.messages.SendMediaRequest(peer, media, "")
    assert await refusal(device.client(request)) == refused


@pytest.mark.parametrize(
    ("request_", "refused"),
    [
        (functions.upload.SaveFilePartRequest(7, 0, b""), "FILE_PART_EMPTY"),
        (functions.upload.SaveFilePartRequest(7, 4000, b"x"), "FILE_PART_INVALID"),
        (functions.upload.SaveFilePartRequest(7, 0, bytes(513 << 10)), "FILE_PART_TOO_BIG"),
        (functions.upload.SaveBigFilePartRequest(7, 0, 4001, b"x"), "FILE_PARTS_INVALID"),
    ],
)
async def test_a_part_that_cannot_be_one_is_refused(
    device: Device, request_: Any, refused: str
) -> None:
    assert await refusal(device.client(request_)) == refused


async def test_a_missing_part_is_named(alice: Account, bob: Account, device: Device) -> None:
    for part in (0, 2):
        await device.client(functions.upload.SaveFilePartRequest(7, part, b"x"))
    media = types.InputMediaUploadedDocument(types.InputFile(7, 3, "", ""), "audio/ogg", [])
    peer = await device.client.get_input_entity(bob.id)
    with pytest.raises(FilePartMissingError) as caught:
        await device.client(functions.messages.SendMediaRequest(peer, media, ""))
    assert caught.value.which == 1


def test_uploads_that_nobody_sends_are_forgotten_from_the_oldest() -> None:
    uploads = Uploads(waiting=10)
    for file_id in (1, 2, 3):
        uploads.save(7, file_id, 0, b"four")
    uploads.save(7, 3, 0, b"five!")
    with pytest.raises(RpcError, match="FILE_PARTS_INVALID"):
        uploads.take(7, types.InputFile(1, 1, "", ""))
    assert uploads.take(7, types.InputFile(2, 1, "", "")) == b"four"
    assert uploads.take(7, types.InputFile(3, 1, "", "")) == b"five!"


async def test_who_is_not_in_a_group_sends_nothing_there_and_a_reply_may_be_a_number(
    tg: Telegram, alice: Account, bob: Account, olga: Account
) -> None:
    group = tg.add_group("Trip", creator=alice, members=[bob])
    with pytest.raises(ValueError, match="is not in 'Trip'"):
        olga.sends_voice(group, b"x")
    question = alice.says(group, "well?")
    assert bob.sends_voice(group, b"x", reply_to=question.id_for(bob)).reply_to is question


async def test_a_used_random_id_does_not_send_a_file_twice(
    alice: Account, bob: Account, device: Device
) -> None:
    peer = await device.client.get_input_entity(bob.id)
    for expected in ("nothing", "RANDOM_ID_DUPLICATE"):
        await device.client(functions.upload.SaveFilePartRequest(7, 0, b"x"))
        media = types.InputMediaUploadedDocument(types.InputFile(7, 1, "a", ""), "audio/ogg", [])
        request = functions.messages.SendMediaRequest(peer, media, "", random_id=11)
        assert await refusal(device.client._sender.send(request)) == expected
    assert len(bob.messages(alice)) == 2


async def test_files_are_kept_beside_the_list_of_acts(tmp_path: Path, devices: Devices) -> None:
    data = tmp_path / "data"
    old = Telegram(data)
    alice, bob = old.add_account("Alice"), old.add_account("Bob")
    path = tmp_path / "song.mp3"
    path.write_bytes(NOISE)
    bob.sends_voice(alice, b"words", duration=3, caption="listen", view_once=True)
    bob.sends_audio(alice, path, title="Song")
    await old.stop()
    path.unlink()
    assert (data / FILE).stat().st_size < 4000
    assert {file.stat().st_mode & 0o777 for file in (data / "files").iterdir()} == {0o600}

    new = Telegram(data)
    alice, bob = new.accounts
    voice, song = alice.messages(bob)
    assert voice.media is not None
    assert song.media is not None
    assert (voice.media.kind, voice.media.duration, voice.media.data) == ("voice", 3, b"words")
    assert (voice.text, voice.ttl_seconds) == ("listen", VIEW_ONCE)
    assert (song.media.title, song.media.data == NOISE) == ("Song", True)
    await new.start()
    trust(new)
    devices.tg = new
    device = await devices.of(alice)
    (message,) = await device.client.get_messages(bob.id, limit=1)
    assert await device.client.download_media(message, bytes) == NOISE
    for file in (data / "files").iterdir():
        file.unlink()
    where = functions.upload.GetFileRequest(location(message), 0, 4096)
    assert await refusal(device.client(where)) == "LOCATION_INVALID"
    await device.client.disconnect()
    await new.stop()


async def test_large_files_leave_memory(tg: Telegram, alice: Account, bob: Account) -> None:
    sent = [bob.sends_document(alice, bytes([number]) + bytes(8 << 20)) for number in range(6)]
    media = [message.media for message in sent if message.media]
    assert [isinstance(each.blob.content, Path) for each in media] == [False] * 3 + [True] * 3
    assert [each.read(0, 1)[0] for each in media] == list(range(6))


async def test_a_file_in_a_group_is_one_file_under_each_members_own_hash(
    tg: Telegram, alice: Account, bob: Account, olga: Account, devices: Devices
) -> None:
    club: Supergroup = tg.add_supergroup("Club", creator=alice, members=[bob, olga])
    hers, his = await devices.of(alice), await devices.of(bob)
    olga.sends_voice(club, b"words")
    first, second = (await hers.hears()).media.document, (await his.hears()).media.document
    assert first.id == second.id
    assert first.access_hash != second.access_hash
    await until(lambda: not tg.crashes)
