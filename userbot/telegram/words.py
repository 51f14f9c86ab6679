"""What a message says and carries, in words: hidden addresses, and one line for what is no text.

A model sees words alone; so a poll is its question and options, a place where it is, a file its
name. What a sender chose (names, titles, options) stands in quotation marks on one line. A
contact's phone number is nobody's to tell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from telethon.tl import TLObject, types

from userbot.rules.plain import shortened, within
from userbot.types import Entity, LinkedPage, RichText

_LONGEST = 300
"""Characters of each name, title or option."""
_MOST_WORDS = 20_000
"""Characters of a page; a model is shown fewer."""
_MOST = 40
"""Options of a poll, tasks of a list: more than Telegram lets anybody make."""


def text_of(message: Any) -> str:
    """The text or caption; of a rich message, which has none, its words, a block a line.

    See core.telegram.org/constructor/richMessage: blocks as those of an instant view.
    """
    text: str = message.message
    if text:
        return text
    rich = getattr(message, "rich_message", None)
    return _words_in(rich.blocks) if isinstance(rich, types.RichMessage) else ""


_KINDS = {
    types.MessageEntityBold: "bold",
    types.MessageEntityItalic: "italic",
    types.MessageEntityUnderline: "underline",
    types.MessageEntityStrike: "strikethrough",
    types.MessageEntitySpoiler: "spoiler",
    types.MessageEntityCode: "code",
    types.MessageEntityPre: "pre",
    types.MessageEntityTextUrl: "text_link",
    types.MessageEntityBlockquote: "blockquote",
}


def rich_text(message: Any) -> RichText:
    """The text with its formatting: what Telegram finds by itself, it finds again."""
    entities = []
    for one in message.entities or ():
        kind = _KINDS.get(type(one))
        if kind is None:
            continue
        if getattr(one, "collapsed", False):
            kind = "expandable_blockquote"
        url, language = getattr(one, "url", None), getattr(one, "language", None)
        entities.append(Entity(kind, one.offset, one.length, url, language or None))
    return RichText(text_of(message), tuple(entities))


def said(message: Any) -> str:
    """The same, with the address behind each link that does not show it."""
    return with_addresses(text_of(message), message.entities)


def with_addresses(text: str, entities: Any) -> str:
    """A text with the addresses of its hidden links behind their words."""
    links = [one for one in entities or () if isinstance(one, types.MessageEntityTextUrl)]
    if not links:
        return text
    links.sort(key=lambda one: one.offset, reverse=True)
    # What is put behind a link moves none of those before it.
    spans = within(text, ((one.offset, one.length) for one in links))
    for link, (start, end) in zip(links, spans, strict=True):
        shown = text[start:end].strip()
        if start < end and link.url and shown.rstrip("/") != link.url.rstrip("/"):
            end = start + len(text[start:end].rstrip())
            text = f"{text[:end]} ({link.url}){text[end:]}"
    return text


def media_in_words(media: Any) -> str | None:
    """What a message carries beside its text, in words; None if nothing that matters."""
    if media is None or isinstance(media, types.MessageMediaWebPage | types.MessageMediaEmpty):
        return None
    if isinstance(media, types.MessageMediaDocument):
        return _document(media)
    tell = _TOLD.get(type(media))
    kind = type(media).__name__.removeprefix("MessageMedia").lower()
    return kind if tell is None else tell(media)


def pages_of(message: Any) -> tuple[LinkedPage, ...] | None:
    """What Telegram attached to the address in a message; None while it still looks at that.

    Of a page that it keeps, its words, a block a line (core.telegram.org/constructor/webPage).
    """
    media = message.media
    page = media.webpage if isinstance(media, types.MessageMediaWebPage) else None
    if isinstance(page, types.WebPagePending):
        return None
    if not isinstance(page, types.WebPage):
        return ()
    kept = page.cached_page
    words = _first_words_in(kept.blocks) if isinstance(kept, types.Page) else ""
    return (
        LinkedPage(
            address=_one_line(page.url or page.display_url),
            site=_one_line(page.site_name or ""),
            title=_one_line(page.title or ""),
            description=(page.description or "")[:_MOST_WORDS],
            text=words[:_MOST_WORDS],
        ),
    )


def item(message: Any, task: int, option: bytes) -> str:
    """The task of a checklist, or the option of a poll, that is meant; "" if it carries none."""
    media = message.media
    if task and isinstance(media, types.MessageMediaToDo):
        found = [one.title for one in media.todo.list if one.id == task]
    elif option and isinstance(media, types.MessageMediaPoll):
        found = [one.text for one in media.poll.answers if getattr(one, "option", b"") == option]
    else:
        found = []
    return _text(found[0]) if found else ""


def _document(media: Any) -> str:
    document = media.document
    if not isinstance(document, types.Document):
        return "document"
    attributes = {type(one): one for one in document.attributes}
    audio = attributes.get(types.DocumentAttributeAudio)
    video = attributes.get(types.DocumentAttributeVideo)
    sticker = attributes.get(types.DocumentAttributeSticker)
    name = attributes.get(types.DocumentAttributeFilename)
    if sticker is not None:
        return f"sticker {_one_line(sticker.alt)}".rstrip()
    if audio is not None and audio.voice:
        return "voice"
    if audio is not None:
        words = [_quoted(audio.title), f"by {_quoted(audio.performer)}" if audio.performer else ""]
        title = " ".join(filter(None, words))
        return f"audio {title or _named(name)}".rstrip()
    if types.DocumentAttributeAnimated in attributes:
        return "gif"
    if video is not None:
        return "video note" if video.round_message else f"video {_named(name)}".rstrip()
    return f"document {_named(name)}".rstrip()


def _named(name: Any) -> str:
    return "" if name is None else _quoted(name.file_name)


def _poll(media: Any) -> str:
    options = "; ".join(_quoted(_text(one.text)) for one in media.poll.answers[:_MOST])
    kind = "quiz" if media.poll.quiz else "poll"
    return f"{kind} {_quoted(_text(media.poll.question))}, options: {options}"


def _checklist(media: Any) -> str:
    done = {one.id for one in media.completions or ()}
    tasks = "; ".join(
        f"{_quoted(_text(one.title))} ({'done' if one.id in done else 'open'})"
        for one in media.todo.list[:_MOST]
    )
    return f"checklist {_quoted(_text(media.todo.title))}, tasks: {tasks}"


def _place(media: Any) -> str:
    point = media.geo
    if not isinstance(point, types.GeoPoint):
        return "place"
    return f"place at latitude {point.lat:.5f}, longitude {point.long:.5f}"


def _venue(media: Any) -> str:
    where = _place(media).removeprefix("place").lstrip()
    return f"place {_quoted(media.title)}, {_quoted(media.address)}, {where}".rstrip(", ")


def _contact(media: Any) -> str:
    name = " ".join(filter(None, (media.first_name, media.last_name)))
    return f"contact {_quoted(name)}".rstrip()


def _dice(media: Any) -> str:
    return f"dice {_one_line(media.emoticon)} showing {media.value}"


def _game(media: Any) -> str:
    game = media.game
    return f"game {_quoted(game.title)}: {_quoted(game.description)}"


def _invoice(media: Any) -> str:
    price = f"{media.total_amount} of the smallest unit of {_one_line(media.currency)}"
    return f"invoice {_quoted(media.title)}: {_quoted(media.description)}, {price}"


def _story(media: Any) -> str:
    caption = getattr(media.story, "caption", None)
    return f"story {_quoted(caption)}" if caption else "story"


def _giveaway(media: Any) -> str:
    prize = f", prize {_quoted(media.prize_description)}" if media.prize_description else ""
    until = f"{media.until_date:%Y-%m-%d %H:%M} UTC" if media.until_date else "an unknown date"
    return f"giveaway of {media.quantity} until {until}{prize}"


def _giveaway_results(media: Any) -> str:
    prize = f", prize {_quoted(media.prize_description)}" if media.prize_description else ""
    return f"results of a giveaway: {media.winners_count} winners{prize}"


def _paid(media: Any) -> str:
    return f"paid media, {len(media.extended_media)} for {media.stars_amount} stars"


_TOLD: dict[type, Callable[[Any], str]] = {
    types.MessageMediaPoll: _poll,
    types.MessageMediaToDo: _checklist,
    types.MessageMediaGeo: _place,
    types.MessageMediaGeoLive: lambda media: f"live {_place(media)}",
    types.MessageMediaVenue: _venue,
    types.MessageMediaContact: _contact,
    types.MessageMediaDice: _dice,
    types.MessageMediaGame: _game,
    types.MessageMediaInvoice: _invoice,
    types.MessageMediaStory: _story,
    types.MessageMediaGiveaway: _giveaway,
    types.MessageMediaGiveawayResults: _giveaway_results,
    types.MessageMediaPaidMedia: _paid,
    types.MessageMediaVideoStream: lambda _: "video stream",
}


def _first_words_in(blocks: Sequence[Any]) -> str:
    """The words of a page, as far as anybody is shown them: it comes with every message."""
    words: list[str] = []
    room = _MOST_WORDS
    for block in blocks:
        if room <= 0:
            break
        if said := _words_in(block):
            words.append(said)
            room -= len(said)
    return "\n".join(words)


def _words_in(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(filter(None, map(_words_in, value)))
    if not isinstance(value, TLObject):
        return ""  # a number, an address, a language
    if isinstance(value, types.TextConcat):
        return "".join(map(_words_in, value.texts))
    if isinstance(value, types.PageTableRow):
        return " | ".join(map(_words_in, value.cells))
    for part in ("text", "source", "alt"):
        words = getattr(value, part, None)
        if isinstance(words, str):
            return words
    if isinstance(value, types.TextDiff):
        return _words_in(value.text)  # and not what it was before
    return _words_in(list(vars(value).values()))


def _text(words: Any) -> str:
    return with_addresses(words.text, words.entities)


def _quoted(text: str | None) -> str:
    short = _one_line(text or "")
    return f"“{short}”" if short else ""


def _one_line(text: str) -> str:
    return shortened(text.replace("[", "(").replace("]", ")"), _LONGEST)
