"""What a shell offers behind TAB: above all the chats of the history, by a word for each."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from userbot.errors import UserbotError


def chats(ctx: Any, incomplete: str) -> list[tuple[str, str]]:
    """The chats whose title has a word that begins so, each with its title.

    Shells split at white space, so that a chat is offered by a word of its title that no other
    has, else by its id. Nothing if there is no config or no history yet.
    """
    from userbot.config import load
    from userbot.storage.archive import Archive

    named, profile = (_flag(ctx, name) for name in ("config", "profile"))
    with suppress(UserbotError, OSError):
        settings = load(
            Path(named) if named else None,
            profile,
            os.environ,
            need_key=False,
            need_telegram=False,
        ).settings
        with Archive.reading(settings.history.database) as archive:
            found = archive.conversations() if archive else []
        titles = {str(one.conversation.chat): one.title for one in found}
        return _offered(titles, incomplete)
    return []


def actions(incomplete: str) -> list[str]:
    """What `service` does."""
    return [one for one in ("install", "status", "remove") if one.startswith(incomplete)]


def _offered(titles: dict[str, str], incomplete: str) -> list[tuple[str, str]]:
    """(what is typed, title) for each chat that may be meant, by id and title."""
    typed = incomplete.casefold()
    often = Counter(word for title in titles.values() for word in set(title.casefold().split()))
    offered = []
    for chat, title in titles.items():
        words = [word for word in title.split() if word.isalnum()]
        own = [word for word in words if often[word.casefold()] == 1]
        fit = [word for word in own if word.casefold().startswith(typed)]
        if fit or (typed and chat.startswith(typed)):
            offered.append((fit[0] if fit else chat, title))
        elif not own and any(word.casefold().startswith(typed) for word in title.split() or [""]):
            offered.append((chat, title))
    return offered


def _flag(ctx: Any, name: str) -> str | None:
    """A common flag as typed so far, before the command or behind it."""
    while ctx is not None:
        if value := ctx.params.get(name):
            return str(value)
        ctx = ctx.parent
    return None
