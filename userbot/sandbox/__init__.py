"""A small Telegram, and an OpenAI-compatible endpoint, on loopback: for the demo and the tests.

The Telegram is `userbot.sandbox.telegram.Telegram`; its docstring shows how it is used.
"""
