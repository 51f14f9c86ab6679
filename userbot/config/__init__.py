"""config.toml, its profiles and the environment: checked once, all faults told at once."""

from userbot.config.loading import Loaded, load
from userbot.config.modes import check_modes

__all__ = ["Loaded", "check_modes", "load"]
