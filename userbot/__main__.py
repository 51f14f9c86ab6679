"""`python -m userbot`, and the console script `userbot`.

Ctrl-C is heard from the first moment, while everything else is still being imported.
"""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    try:
        from userbot.signals import leaving_at_once

        with leaving_at_once():
            from userbot import cli

        cli.main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
