"""The configuration that a command works with, from the common flags and the environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from userbot.cli.common import Common

if TYPE_CHECKING:
    from userbot.config import Loaded


def load_config(common: Common, *, need_key: bool = True) -> Loaded:
    """Read the config; what is created from now on is the owner's only. Raises ConfigError."""
    from userbot.config import load

    os.umask(0o077)
    return load(common.config, common.profile, os.environ, need_key=need_key)
