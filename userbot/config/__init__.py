"""config.toml, its profiles and the environment: checked once, all faults told at once."""

from userbot.config.loading import Loaded, check_modes, load

__all__ = ["Loaded", "check_modes", "load"]
