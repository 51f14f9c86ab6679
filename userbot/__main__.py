"""`python -m userbot` is `userbot`."""

from userbot.cli import main

main()
