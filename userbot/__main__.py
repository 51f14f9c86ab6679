"""`python -m userbot`, and the console script `userbot`.

Ctrl-C is heard from the first moment, while everything else is still being imported.
"""

from __future__ import annotations

import gc

NEW_OBJECTS = 10_000
"""After so many Python looks for garbage. Importing makes 150,000 objects that all stay: looking
through them at every 700th, as it does by itself, takes a fifth of the start."""


def main() -> None:
    """Run the command line."""
    gc.set_threshold(NEW_OBJECTS)
    try:
        from userbot.signals import leaving_at_once

        with leaving_at_once():
            from userbot import cli

        cli.main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
