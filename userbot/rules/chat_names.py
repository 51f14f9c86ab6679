"""Which of the account's chats somebody means by what he wrote: an id, an @name, a title. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from userbot.types import ChatKind, Dialog


def meant(typed: str, chats: Sequence[Dialog]) -> list[Dialog]:
    """The chats that `typed` may mean: those that it names exactly, else those with it in a title.

    It is an id (its sign or its -100 may be missing), "saved", an @name, or a title or a piece of
    one, in any case. An @name is never a piece of one.
    """
    word = folded(typed)
    exact = [chat for chat in chats if word in _names(chat) or typed in _ids(chat)]
    if exact or typed.startswith("@") or not word:
        return exact
    return [chat for chat in chats if word in folded(chat.title)]


def folded(text: str) -> str:
    """The text as it is compared: without case, in one Unicode form, and “ё” as “е”."""
    one_form = unicodedata.normalize("NFKC", " ".join(text.split()))
    return one_form.casefold().replace("ё", "е")


def _names(chat: Dialog) -> set[str]:
    names = {folded(chat.title)}
    if chat.username:
        names |= {folded(chat.username), f"@{folded(chat.username)}"}
    if chat.kind is ChatKind.SAVED:
        names.add("saved")
    return names


def _ids(chat: Dialog) -> set[str]:
    told = str(chat.id)
    return {told, told.removeprefix("-"), told.removeprefix("-100")}
