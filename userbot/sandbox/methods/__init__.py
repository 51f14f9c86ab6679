"""The API's methods, one file a family; importing this package registers them all.

What is not built yet would be files of its own here: the list of forum topics
(channels.getForumTopics), migration by a client (messages.migrateChat).
"""

from . import (
    account,
    auth,
    channels,
    chats,
    contacts,
    media,
    messages,
    sending,
    updates,
    upload,
    users,
)
from . import help as help_methods
from .registry import METHODS, Call

__all__ = [
    "METHODS",
    "Call",
    "account",
    "auth",
    "channels",
    "chats",
    "contacts",
    "help_methods",
    "media",
    "messages",
    "sending",
    "updates",
    "upload",
    "users",
]
