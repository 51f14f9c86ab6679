"""`python -m userbot`, and the console script `userbot`.

Ctrl-C is heard from the first moment, while everything else is still being imported.
"""

from __future__ import annotations

import gc

_COLLECTED = (10_000, 20, 20)
"""Importing makes 150,000 objects that stay: as often as Python looks through them by itself (at
every 700th, 10, 10) it is a fifth of the start. A question leaves next to none for it to find."""


def main() -> None:
    """Run the command line."""
    gc.set_threshold(*_COLLECTED)
    try:
        from userbot.signals import leaving_at_once

        with leaving_at_once():
            from userbot import cli

        cli.main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
