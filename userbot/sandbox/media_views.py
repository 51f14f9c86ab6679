"""Media as one account sees it, in TL: with its own access hash and a fresh file reference."""

from . import tl
from .accounts import Account
from .media import Media


def media(viewer: Account, shown: Media, ttl_seconds: int | None) -> tl.Tl:
    """A MessageMedia."""
    if shown.kind == "photo":
        return tl.types.MessageMediaPhoto(photo=_photo(viewer, shown), ttl_seconds=ttl_seconds)
    return tl.types.MessageMediaDocument(
        document=_document(viewer, shown),
        voice=(shown.kind == "voice") or None,
        round=(shown.kind == "round") or None,
        video=(shown.kind in ("video", "round")) or None,
        ttl_seconds=ttl_seconds,
    )


def _document(viewer: Account, shown: Media) -> tl.Tl:
    key = viewer.key_to(shown)
    return tl.types.Document(
        id=shown.id,
        access_hash=key.access_hash,
        file_reference=key.reference,
        date=shown.date,
        mime_type=shown.mime,
        size=shown.size,
        dc_id=key.dc,
        attributes=list(shown.attributes),
        thumbs=_sizes(shown) if shown.mime.startswith("image/") else None,
    )


def _photo(viewer: Account, shown: Media) -> tl.Tl:
    key = viewer.key_to(shown)
    return tl.types.Photo(
        id=shown.id,
        access_hash=key.access_hash,
        file_reference=key.reference,
        date=shown.date,
        sizes=_sizes(shown),
        dc_id=key.dc,
    )


def _sizes(shown: Media) -> list[tl.Tl]:
    photo = shown.kind == "photo"
    return [
        tl.types.PhotoSize(letter, width, height, shown.size if photo else shown.blob.size)
        for letter, (width, height) in shown.sizes.items()
    ]
