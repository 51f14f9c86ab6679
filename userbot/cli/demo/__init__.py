"""`userbot demo`: the whole program against the sandbox, with no account, key or network."""

from __future__ import annotations

import asyncio
import os
import tempfile
from dataclasses import replace
from pathlib import Path

from userbot.cli.common import Common, load_config
from userbot.cli.demo.play import Play
from userbot.cli.language import language as spoken
from userbot.cli.language import speak
from userbot.errors import UsageError
from userbot.settings import OpenAIConfig, VoiceConfig
from userbot.texts import _


def demo(
    common: Common,
    own: tuple[OpenAIConfig, VoiceConfig | None] | None,
    language: str | None,
    picture: Path | None,
) -> None:
    """Perform the scene, with the visitor's own model or with written answers."""
    if language not in (None, "en", "ru"):
        raise UsageError(
            _("No demo in “{language}”.", language=language),
            _("Use --language en or ru."),
        )
    scene = spoken()
    if language is not None:
        speak(language)
        scene = "ru" if language == "ru" else "en"
    with tempfile.TemporaryDirectory(prefix="userbot-demo-") as folder:
        play = Play(common, Path(folder), own, scene, picture)
        asyncio.run(play.perform())


def own_model(common: Common, model: str | None) -> tuple[OpenAIConfig, VoiceConfig | None]:
    """[openai] and [voice] of the config if there is one, else what the environment says."""
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
