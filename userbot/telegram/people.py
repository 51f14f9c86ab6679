"""Who is who: whoever was heard of, who is a contact, and who is blocked.

Contacts and the blocked are asked for once at the start, then kept by Telegram's updates. Who sent
a message is remembered, because many updates name their sender by id only.

Rule 1: nobody is a contact until Telegram said so: the account's list, or a user that came whole.
Rule 2: people known only in passing (`min`, core.telegram.org/api/min) change nothing.
Rule 3: while it cannot be read who is blocked, everybody but the owner counts as blocked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from telethon import events
from telethon.tl import functions, types
from telethon.utils import get_display_name, get_peer_id

from userbot.errors import TelegramError
from userbot.events import Notice, Report
from userbot.telegram.client import Client
from userbot.texts import _
from userbot.types import Person

_PAGE = 100
"""How many blocked people Telegram names at once."""
_ASK_AGAIN, _ASK_AGAIN_MOST = 60.0, 3600.0
"""Seconds until it is asked once more who is blocked, growing from one to the other."""
_REMEMBERED = 10_000
"""How many people are remembered; whoever was heard of first is forgotten first."""


class People:
    """Listens on a client; register it before whoever asks. `owner_id`: whose account it is."""

    def __init__(self, client: Client, report: Report) -> None:
        self._client = client
        self._report = report
        self._contacts: set[int] = set()
        self._blocked: set[int] = set()
        self._blocked_unread = True
        self._owner: Person | None = None
        self.owner_id = 0
        self._met: dict[int, Person] = {}
        client.add_event_handler(self._on_update, events.Raw())

    def known(self, person: Person) -> Person:
        """The person with what is known of them now."""
        contact = person.id in self._contacts
        unread = self._blocked_unread and person.id != self.owner_id
        blocked = unread or person.id in self._blocked
        if (person.contact, person.blocked) == (contact, blocked):
            return person
        return replace(person, contact=contact, blocked=blocked)

    def introduce(self, owner: Person) -> None:
        """Whose account it is: known from now on, as he is."""
        self._owner, self.owner_id = owner, owner.id
        self._client.gate.saved = owner.id

    def named(self, marked_id: int) -> Person | None:
        """Whoever has this id, if we heard of them."""
        return self._owner if marked_id == self.owner_id else self._met.get(marked_id)

    def of(self, message: Any) -> Person | None:
        """Who sent a message, with what is known of them now; None if that takes asking."""
        sender = self._sender_of(message)
        return None if sender is None else self.known(sender)

    def _sender_of(self, message: Any) -> Person | None:
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
        person = self._met[marked_id] = _person_of(marked_id, entity)
        if len(self._met) > _REMEMBERED:
            del self._met[next(iter(self._met))]
        return person

    async def load_contacts(self) -> None:
        """Ask who is a contact; what Telegram refuses is told, and then nobody is one."""
        try:
            found = await self._client.asked(functions.contacts.GetContactsRequest(hash=0))
        except TelegramError as error:
            told = _("Your contacts could not be read ({why}).", why=error.reason)
            self._tell("contacts_unknown", told, _("This is retried at the next start."))
            return
        if isinstance(found, types.contacts.Contacts):
            self._contacts = {contact.user_id for contact in found.contacts}

    async def load_blocked(self) -> None:
        """Ask who is blocked; what Telegram refuses is told (rule 3)."""
        refused = await self._read_blocked()
        if refused is not None:
            told = _("The people you blocked could not be read ({why}).", why=refused.reason)
            self._tell("blocked_unknown", told, _("Until they can be, only you are answered."))

    async def find_blocked(self) -> None:
        """Ask again, now and then, until it is known who is blocked; each wait is shown."""
        seconds = _ASK_AGAIN
        while self._blocked_unread:
            await self._client.gate.waits.wait(seconds, "blocked_unknown", 0)
            await self._read_blocked()
            seconds = min(seconds * 2, _ASK_AGAIN_MOST)

    async def _read_blocked(self) -> TelegramError | None:
        """Read the list to its end, or why it cannot be read."""
        blocked: set[int] = set()
        try:
            while True:
                found = await self._client.asked(
                    functions.contacts.GetBlockedRequest(offset=len(blocked), limit=_PAGE)
                )
                new = {get_peer_id(one.peer_id) for one in found.blocked} - blocked
                blocked |= new
                if not new or not isinstance(found, types.contacts.BlockedSlice):
                    break
        except TelegramError as error:
            return error
        self._blocked = blocked
        self._blocked_unread = False
        return None

    def _tell(self, reason: str, detail: str, hint: str) -> None:
        self._report(Notice(reason=reason, detail=detail, hint=hint))

    async def _on_update(self, update: Any) -> None:
        if isinstance(update, types.UpdateContactsReset):
            await self.load_contacts()
        elif isinstance(update, types.UpdatePeerBlocked):
            try:
                peer = get_peer_id(update.peer_id)
            except (TypeError, ValueError):
                return  # nobody is named
            (self._blocked.add if update.blocked else self._blocked.discard)(peer)
        for entity in (getattr(update, "_entities", None) or {}).values():
            if isinstance(entity, types.User) and not entity.min:
                (self._contacts.add if entity.contact else self._contacts.discard)(entity.id)

    def close(self) -> None:
        """Stop listening."""
        self._client.remove_event_handler(self._on_update)


def _person_of(marked_id: int, entity: Any) -> Person:
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
