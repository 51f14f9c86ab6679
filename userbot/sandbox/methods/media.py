"""messages.sendMedia, uploadMedia: files that become part of a message."""

from userbot.sandbox import media_views, peers, tl, views
from userbot.sandbox.chats import Private
from userbot.sandbox.errors import NotServedError, bad_request
from userbot.sandbox.formatting import pack, prepare
from userbot.sandbox.media import Media

from .registry import Call, method
from .sending import replied, sent_before, served, writable

_PHOTO_SIDE = 1280  # what the largest side of a photo comes to; nobody measures it here


@method(tl.functions.messages.SendMediaRequest)
def send_media(call: Call, request: tl.Tl) -> tl.Tl:
    me, world = call.me, call.world
    chat = writable(call, request.peer)
    served(request, "schedule_date", "send_as", "quick_reply_shortcut", "reply_markup")
    served(request, "suggested_post")
    if again := sent_before(call, request.random_id):
        return again
    ready = prepare(request.message or "", request.entities or (), world.accounts, caption=True)
    reply_to = replied(me, chat, request.reply_to)
    ttl_seconds = getattr(request.media, "ttl_seconds", None)
    if ttl_seconds and not isinstance(chat, Private):
        raise bad_request("TTL_MEDIA_INVALID")
    media = _stored(call, request.media)
    message = world.post(
        me.id,
        world.chat_id(me, chat),
        ready.text,
        ready.packed_entities(),
        reply_to.uid if reply_to else None,
        False,
        world.now(),
        request.random_id,
        media=media.id,
        ttl_seconds=ttl_seconds,
        noforwards=bool(request.noforwards),
    )
    sent = tl.types.UpdateMessageID(id=message.id_for(me), random_id=request.random_id)
    return views.updates(me, call.news, world.now(), first=[sent])


@method(tl.functions.messages.UploadMediaRequest)
def upload_media(call: Call, request: tl.Tl) -> tl.Tl:
    peers.chat(call.world, call.me, request.peer)
    ttl_seconds = getattr(request.media, "ttl_seconds", None)
    return media_views.media(call.me, _stored(call, request.media), ttl_seconds)


def _stored(call: Call, given: tl.Tl) -> Media:
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
    return world.add_media(blob.digest, blob.size, mime, pack(attributes), world.now(), photo=photo)


def _named(call: Call, given: tl.Tl, *, photo: bool) -> Media:
    media = call.world.media.get(getattr(given, "id", 0))
    if media is None or (media.kind == "photo") is not photo:
        raise bad_request("MEDIA_EMPTY")
    if given.access_hash != call.me.access_hash(media.id):
        raise bad_request("MEDIA_EMPTY")
    call.world.references.check(media.id, given.file_reference, call.world.now())
    return media
