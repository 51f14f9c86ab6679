"""Who is called what, while the program runs."""

from __future__ import annotations

from telethon.errors import RPCError
from telethon.tl import types

from userbot.telegram.client import Client
from userbot.telegram.refusals import meaning


class TelegramPeople:
    """Looks up people over a client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def find(self, name: str) -> int | None:
        """The id of the person with this @name; None if nobody has it. Raises TelegramError."""
        try:
            found = await self._client.get_input_entity(name)
        except ValueError:
            return None
        except RPCError as error:
            raise meaning(error) from error
        if isinstance(found, types.InputPeerSelf):
            me = await self._client.get_me(input_peer=True)
            return int(me.user_id)
        return int(found.user_id) if isinstance(found, types.InputPeerUser) else None
