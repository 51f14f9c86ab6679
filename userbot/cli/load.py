"""The configuration that a command works with, from the common flags and the environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from userbot.cli.common import Common
from userbot.cli.language import speak

if TYPE_CHECKING:
    from userbot.config import Loaded


def load_config(common: Common, *, need_key: bool = True, need_telegram: bool = True) -> Loaded:
    """Read the config; what is created from now on is the owner's only. Raises ConfigError."""
    from userbot import masking
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
