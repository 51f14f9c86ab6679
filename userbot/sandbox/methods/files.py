"""upload.*, messages.uploadMedia: files in and out (core.telegram.org/api/files)."""

from userbot.sandbox import peers, tl
from userbot.sandbox.dispatch import Call, method
from userbot.sandbox.errors import NotServedError, bad_request
from userbot.sandbox.media import Media
from userbot.sandbox.messages import add_media

_PHOTO_SIDE = 1280  # what the largest side of a photo comes to; nobody measures it here
_KIB, _MIB = 1 << 10, 1 << 20


@method(tl.functions.upload.SaveFilePartRequest)
def save_file_part(call: Call, request: tl.Tl) -> tl.Tl:
    call.world.uploads.save(call.me.id, request.file_id, request.file_part, request.bytes)
    request.bytes = b""  # the request is kept in the list of calls, its bytes are not
    return True


@method(tl.functions.upload.SaveBigFilePartRequest)
def save_big_file_part(call: Call, request: tl.Tl) -> tl.Tl:
    call.world.uploads.save(
        call.me.id, request.file_id, request.file_part, request.bytes, request.file_total_parts
    )
    request.bytes = b""
    return True


@method(tl.functions.upload.GetFileRequest)
def get_file(call: Call, request: tl.Tl) -> tl.Tl:
    _check_range(request.offset, request.limit, _KIB if request.precise else 4 * _KIB)
    media = _located(call, request.location)
    try:
        data = media.read(request.offset, request.limit)
    except OSError:
        raise bad_request("LOCATION_INVALID") from None
    call.state.downloads[call.me] += len(data)
    photo = media.kind == "photo"
    kind = tl.types.storage.FileJpeg() if photo else tl.types.storage.FileUnknown()
    return tl.types.upload.File(type=kind, mtime=media.date, bytes=data)


def _check_range(offset: int, limit: int, step: int) -> None:
    """The rules for a part: whole steps, within one MiB of the file, dividing it if not precise."""
    if offset < 0 or offset % step:
        raise bad_request("OFFSET_INVALID")
    if limit <= 0 or limit % step or limit > _MIB:
        raise bad_request("LIMIT_INVALID")
    if step > _KIB and _MIB % limit:
        raise bad_request("LIMIT_INVALID")
    if offset // _MIB != (offset + limit - 1) // _MIB:
        raise bad_request("LIMIT_INVALID")


def _located(call: Call, location: tl.Tl) -> Media:
    types = tl.types
    kinds = types.InputDocumentFileLocation, types.InputPhotoFileLocation
    if not isinstance(location, kinds):
        raise bad_request("LOCATION_INVALID")
    photo = isinstance(location, types.InputPhotoFileLocation)
    media = call.state.media.get(location.id)
    if media is None or (media.kind == "photo") is not photo:
        raise bad_request("FILE_ID_INVALID")
    if location.access_hash != peers.access_hash(call.me, media.id):
        raise bad_request("LOCATION_INVALID")
    if location.thumb_size not in media.sizes and (photo or location.thumb_size):
        raise bad_request("LOCATION_INVALID")
    call.world.references.check(media.id, location.file_reference, call.world.now())
    return media


@method(tl.functions.messages.UploadMediaRequest)
def upload_media(call: Call, request: tl.Tl) -> tl.Tl:
    peers.chat(call.state, call.me, request.peer)
    ttl_seconds = getattr(request.media, "ttl_seconds", None)
    return call.view.media(stored(call, request.media), ttl_seconds)


def stored(call: Call, given: tl.Tl) -> Media:
    """The media that an InputMedia uploads or names. Raises RpcError."""
    types = tl.types
    match given:
        case types.InputMediaUploadedDocument():
            return _uploaded(call, given.file, given.mime_type, given.attributes, photo=False)
        case types.InputMediaUploadedPhoto():
            size = types.DocumentAttributeImageSize(_PHOTO_SIDE, _PHOTO_SIDE)
            return _uploaded(call, given.file, "image/jpeg", [size], photo=True)
        case types.InputMediaDocument():
            return _named(call, given.id, photo=False)
        case types.InputMediaPhoto():
            return _named(call, given.id, photo=True)
        case types.InputMediaEmpty():
            raise bad_request("MEDIA_EMPTY")
    raise NotServedError(type(given).__name__)


def _uploaded(call: Call, file: tl.Tl, mime: str, attributes: list[tl.Tl], *, photo: bool) -> Media:
    if not isinstance(file, (tl.types.InputFile, tl.types.InputFileBig)):
        raise bad_request("MEDIA_INVALID")
    world = call.world
    blob = world.blobs.put(world.uploads.take(call.me.id, file))
    return add_media(world, blob, mime, attributes, photo=photo)


def _named(call: Call, given: tl.Tl, *, photo: bool) -> Media:
    media = call.state.media.get(getattr(given, "id", 0))
    if media is None or (media.kind == "photo") is not photo:
        raise bad_request("MEDIA_EMPTY")
    if given.access_hash != peers.access_hash(call.me, media.id):
        raise bad_request("MEDIA_EMPTY")
    call.world.references.check(media.id, given.file_reference, call.world.now())
    return media
