"""`userbot demo`: the whole program against the sandbox, with no account, key or network."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from userbot.cli.common import Common, common_flags
from userbot.texts import _

if TYPE_CHECKING:
    from userbot.settings import OpenAIConfig, VoiceConfig


@common_flags
def demo(
    common: Common,
    openai: Annotated[
        bool,
        typer.Option("--openai", help=_("Use your own model: the key or server you configured.")),
    ] = False,
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help=_("With --openai: this model."))
    ] = None,
    language: Annotated[
        str | None, typer.Option(metavar="en|ru", help=_("The language of the scene."))
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help=_("Write what is shown as an SVG picture."))
    ] = None,
) -> None:
    """Watch the whole program in a small Telegram of its own.

    It needs no account, no key and no network.
    """
    import asyncio
    import tempfile

    from userbot.cli.demo.play import Play
    from userbot.cli.language import language as spoken
    from userbot.cli.language import speak
    from userbot.errors import UsageError

    if language not in (None, "en", "ru"):
        raise UsageError(
            _("No demo in “{language}”.", language=language),
            _("Use --language en or ru."),
        )
    own = _own_model(common, model) if openai else None
    scene = spoken()
    if language is not None:
        speak(language)
        scene = "ru" if language == "ru" else "en"
    with tempfile.TemporaryDirectory(prefix="userbot-demo-") as folder:
        play = Play(common, Path(folder), own, scene, picture)
        asyncio.run(play.perform())


def _own_model(common: Common, model: str | None) -> tuple[OpenAIConfig, VoiceConfig | None]:
    """[openai] and [voice] of the config if there is one, else what the environment says."""
    from dataclasses import replace

    from userbot.cli.load import load_config
    from userbot.errors import UsageError
    from userbot.settings import OpenAIConfig, VoiceConfig

    voice: VoiceConfig | None
    config = common.config or Path(os.environ.get("USERBOT_CONFIG") or "config.toml")
    if common.config or config.exists():
        settings = load_config(common).settings
        own, voice = settings.openai, settings.voice
    else:
        own = OpenAIConfig(
            api_key=os.environ.get("OPENAI_API_KEY") or None,
            base_url=os.environ.get("OPENAI_BASE_URL") or None,
        )
        # OpenAI itself transcribes; of another server nobody knows.
        voice = None if own.base_url else VoiceConfig()
    if own.api_key is None and own.base_url is None:
        raise UsageError(
            _("No model is configured."),
            _("Set OPENAI_API_KEY, or OPENAI_BASE_URL for a local server."),
        )
    return (replace(own, model=model) if model else own), voice
