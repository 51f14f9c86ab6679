"""What every command works with: the common flags, and the configuration that they name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from userbot import masking
from userbot.cli.language import speak

if TYPE_CHECKING:
    from userbot.config import Loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """The common flags, as given before or after the command's name."""

    config: Path | None = None
    profile: str | None = None
    plain: bool = False
    json: bool = False
    verbose: bool = False


def load_config(common: Common, *, need_key: bool = True, need_telegram: bool = True) -> Loaded:
    """Read the config; what is created from now on is the owner's only. Raises ConfigError."""
    from userbot.config import load

    os.umask(0o077)
    masking.install()
    masking.hide(os.environ.get("TELEGRAM_API_HASH"), os.environ.get("OPENAI_API_KEY"))
    loaded = load(
        common.config, common.profile, os.environ, need_key=need_key, need_telegram=need_telegram
    )
    settings = loaded.settings
    speak(settings.console.language)
    masking.hide(settings.telegram.api_hash, settings.openai.api_key, settings.voice.api_key)
    masking.hide_password_of(settings.telegram.proxy)
    masking.hide_password_of(settings.openai.proxy)
    return loaded
