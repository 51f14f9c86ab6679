"""Who sent a message: remembered, because many updates name their sender by id only."""

from __future__ import annotations

from typing import Any

from telethon.tl import types
from telethon.utils import get_display_name

from userbot.types import Person

_PEOPLE = 10_000
"""How many people are remembered; whoever was heard of first is forgotten first."""


class Senders:
    """Everybody that was heard of."""

    def __init__(self) -> None:
        self._owner: Person | None = None
        self._people: dict[int, Person] = {}

    def introduce(self, owner: Person) -> None:
        """Whose account it is: known from now on, as he is."""
        self._owner = owner

    def named(self, marked_id: int) -> Person | None:
        """Whoever has this id, if we heard of them."""
        if self._owner is not None and marked_id == self._owner.id:
            return self._owner
        return self._people.get(marked_id)

    def of(self, message: Any) -> Person | None:
        """Who sent a message, if that is known without asking."""
        sender_id = message.sender_id
        if sender_id is None:
            return self._owner if message.out and not message.post else None
        entity = message.sender
        known = self.named(sender_id)
        if entity is None or (known is not None and getattr(entity, "min", False)):
            return known
        return self.met(sender_id, entity)

    def met(self, marked_id: int, entity: Any) -> Person:
        """What Telegram tells of somebody is true from now on."""
        if self._owner is not None and marked_id == self._owner.id:
            return self._owner
        person = self._people[marked_id] = person_of(marked_id, entity)
        if len(self._people) > _PEOPLE:
            del self._people[next(iter(self._people))]
        return person


def person_of(marked_id: int, entity: Any) -> Person:
    """A user, or a chat that speaks as one, as a Person."""
    # People known only in passing (`min`) carry no trustworthy contact flag.
    known_well = isinstance(entity, types.User) and not entity.min
    return Person(
        id=marked_id,
        name=get_display_name(entity) or str(marked_id),
        username=getattr(entity, "username", None),
        bot=bool(getattr(entity, "bot", False)),
        contact=known_well and bool(entity.contact),
    )
