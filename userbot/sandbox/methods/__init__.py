"""The API's methods, one file a family; importing this package registers them all.

What is not built yet would be files of its own here: the list of forum topics
(channels.getForumTopics), migration by a client (messages.migrateChat).
"""

from userbot.sandbox.dispatch import METHODS

from . import (
    auth,
    config,
    files,
    groups,
    history,
    people,
    reading,
    scheduled,
    search,
    sending,
    transcribing,
    updates,
)

__all__ = [
    "METHODS",
    "auth",
    "config",
    "files",
    "groups",
    "history",
    "people",
    "reading",
    "scheduled",
    "search",
    "sending",
    "transcribing",
    "updates",
]
