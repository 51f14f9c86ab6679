"""upload.*: parts of files in and out (core.telegram.org/api/files)."""

from userbot.sandbox import tl
from userbot.sandbox.errors import bad_request
from userbot.sandbox.media import Media

from .registry import Call, method

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
    call.world.downloads[call.me] += len(data)
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
    media = call.world.media.get(location.id)
    if media is None or (media.kind == "photo") is not photo:
        raise bad_request("FILE_ID_INVALID")
    if location.access_hash != call.me.access_hash(media.id):
        raise bad_request("LOCATION_INVALID")
    if location.thumb_size not in media.sizes and (photo or location.thumb_size):
        raise bad_request("LOCATION_INVALID")
    call.world.references.check(media.id, location.file_reference, call.world.now())
    return media
