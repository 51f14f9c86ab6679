"""Who is called what, while the program runs."""

from __future__ import annotations

from telethon.errors import RPCError, UsernameInvalidError, UsernameNotOccupiedError
from telethon.tl import functions, types

from userbot.telegram.client import Client
from userbot.telegram.refusals import meaning


class TelegramPeople:
    """Looks up people over a client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def find(self, name: str) -> int | None:
        """The id of the person with this @name; None if nobody has it. Raises TelegramError."""
        # Telethon's own look-up would trust what its session once saw under this name.
        request = functions.contacts.ResolveUsernameRequest(name.removeprefix("@"))
        try:
            found = await self._client(request)
        except (UsernameNotOccupiedError, UsernameInvalidError):
            return None
        except RPCError as error:
            raise meaning(error) from error
        return int(found.peer.user_id) if isinstance(found.peer, types.PeerUser) else None
