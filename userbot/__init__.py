"""A Telegram userbot: answers in the owner's chosen chats, from the owner's own account."""

__version__ = "0.1.0"
