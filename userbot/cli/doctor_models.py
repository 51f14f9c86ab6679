"""What `userbot doctor` says of the models: whether they are there, and whether they are to end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from userbot.cli.chats import overridden
from userbot.errors import StorageError, UserbotError
from userbot.openai_api.chat import OpenAIChat
from userbot.openai_api.offered import OfferedModel, offered, some_of
from userbot.openai_api.speech import OpenAISpeaker, OpenAITranscriber
from userbot.rules.commands import stem
from userbot.settings import Settings
from userbot.texts import Text, _, joined

_AHEAD: Final = timedelta(days=60)
"""So long before a model ends it is told."""


async def model(settings: Settings) -> tuple[str, str]:
    """The models that answer. What was found and, if anything is to be done, what."""
    openai = settings.openai
    if openai.api_key is None and openai.base_url is None:
        raise UserbotError(
            _("No key for the model."),
            _("Set OPENAI_API_KEY, or openai.base_url for a local server."),
        )
    chat = OpenAIChat(openai)
    host = chat.host
    try:
        models = await chat.check()
    finally:
        await chat.aclose()
    if not models:
        return (
            _("{host} responds, and does not list its models", host=host),
            _("Whether it has {model} is checked on the first question.", model=openai.model),
        )
    wanted = [openai.model, *openai.fallbacks]
    wanted += [chat.model for chat in settings.chats if chat.model is not None]
    commanded = _commanded(settings, models)
    found = {name: offered(name, models) for name in dict.fromkeys(wanted)}
    missing = [name for name, there in found.items() if there is None]
    if missing:
        raise UserbotError(
            _("{host} has no model {model}.", host=host, model=", ".join(missing)),
            _("It has {some}: set model under [openai].", some=some_of(models)),
        )
    told = _("{model} is available at {host}", model=", ".join(found), host=host)
    nowhere = [name for name, model in settings.models.items() if offered(model, models) is None]
    if nowhere:
        told = joined(told, _("but not {models} of [models]", models=", ".join(nowhere)), by="; ")
        return told, _("{host} has {some}.", host=host, some=some_of(models))
    if commanded:
        told = joined(
            told, _("but not {models}, set by command", models=", ".join(commanded)), by="; "
        )
        return told, _(
            "{stem}_model default in that chat ends that.", stem=stem(settings.trigger.prefix)
        )
    return with_end(told, filter(None, found.values()), _("Set another model under [openai]."))


def _commanded(settings: Settings, models: Sequence[OfferedModel]) -> list[str]:
    """The models that commands have set and that the server does not list."""
    try:
        _effective, said = overridden(settings, {})
    except StorageError:
        return []  # what is wrong with the history is a finding of its own
    names = {keys["model"] for keys in said.values() if "model" in keys}
    return sorted(name for name in names if offered(name, models) is None)


async def transcription(settings: Settings) -> tuple[str, str]:
    """The model that transcribes; its fallback counts when it ends."""
    if not settings.voice.enabled:
        return _("off"), ""
    if settings.voice.engine == "telegram":
        return _("no endpoint: only Telegram transcribes"), ""
    if not (settings.voice.base_url or settings.openai.api_key or settings.openai.base_url):
        return _("transcribed by the model's server"), ""
    transcriber = OpenAITranscriber(settings.voice, settings.openai, lambda _: None)
    host, name = transcriber.host, settings.voice.model
    try:
        found = await transcriber.check()
    finally:
        await transcriber.aclose()
    if not found:
        return (
            _(
                "{host} does not list {model}: checked on the first voice note",
                host=host,
                model=name,
            ),
            _("If it does not transcribe, set base_url under [voice] to a server that does."),
        )
    told = _("{listed} is available at {host}", listed=found[0].id, host=host)
    hint = _("Set model under [voice].")
    if len(found) > 1:
        hint = _("{fallback} takes over then; or set model under [voice].", fallback=found[1].id)
    return with_end(told, found[:1], hint)


def speaks(settings: Settings) -> bool:
    """Whether any answer is spoken."""
    chats = [chat.voice.answer_as for chat in settings.chats if chat.voice is not None]
    return any(way not in ("text", None) for way in (settings.voice.answer_as, *chats))


async def speech(settings: Settings) -> tuple[str, str]:
    """The model that speaks answers."""
    speaker = OpenAISpeaker(settings.speech, settings.openai)
    host, name = speaker.host, settings.speech.model
    try:
        found = await speaker.check()
    finally:
        await speaker.aclose()
    if not found:
        return (
            _("{host} does not list {model}: checked on the first answer", host=host, model=name),
            _("If it does not speak, set base_url under [speech] to a server that does."),
        )
    told = _("{listed} is available at {host}", listed=found[0].id, host=host)
    return with_end(told, found, _("Set model or base_url under [speech]."))


def with_end(
    told: Text, models: Iterable[OfferedModel], hint: Text, today: date | None = None
) -> tuple[str, str]:
    """The same, with the models that are gone soon, and what to do then."""
    soon = (today or datetime.now(UTC).date()) + _AHEAD
    ends = [one for one in models if one.ends is not None and one.ends <= soon]
    if not ends:
        return told, ""
    days = ", ".join(f"{one.id}: {one.ends}" for one in ends)
    return joined(told, _("but will be shut down ({days})", days=days), by="; "), hint
