"""A sandbox with people in it: both servers, the cast of the script, two groups.

`userbot sandbox` runs it for any MTProto client, `userbot demo` plays the script in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from userbot.sandbox.endpoint import Endpoint, Responder, echo
from userbot.sandbox.script import CAST, GROUP, OLGA, VERA, Language
from userbot.sandbox.telegram import Telegram

_PASSWORDS = {VERA.key: "open sesame"}
"""Who has a second step: the last of the cast."""


class Sandbox:
    """The sandbox's Telegram and endpoint; start it, then look at `card`.

    `links`: the group is a supergroup, whose messages have addresses.
    """

    def __init__(
        self,
        data: Path | None = None,
        responder: Responder = echo,
        language: Language = "en",
        links: bool = False,
    ) -> None:
        self.telegram = Telegram(data=data)
        self.endpoint = Endpoint(responder=responder)
        if not self.telegram.accounts:
            self._settle(language, links)
        self.people = dict(zip((actor.key for actor in CAST), self.telegram.accounts, strict=False))
        self.group, self.club, *_ = self.telegram.groups

    def _settle(self, language: Language, links: bool) -> None:
        people = [
            self.telegram.add_account(
                actor.names[language],
                username=f"{actor.key}_in_town",
                phone=f"+99966200{number:02}",
                password=_PASSWORDS.get(actor.key),
            )
            for number, actor in enumerate(CAST, 1)
        ]
        founder = people[CAST.index(OLGA)]
        for actor, person in zip(CAST, people, strict=True):
            if actor.may_ask and person is not founder:
                founder.knows(person)
        # Only messages of a supergroup have links.
        add = self.telegram.add_supergroup if links else self.telegram.add_group
        add(GROUP[language], creator=people[1], members=people)
        self.telegram.add_supergroup("Python club", creator=founder, members=people)

    async def start(self, port: int = 0) -> None:
        """Listen on loopback: Telegram at `port`, the endpoint at the next; 0 picks free ones.

        Raises OSError if a port is taken.
        """
        await self.telegram.start(port)
        try:
            await self.endpoint.start(port + 1 if port else 0)
        except OSError:
            await self.telegram.stop()
            raise

    async def stop(self) -> None:
        """Close every connection; what `data` keeps is on disk."""
        await self.endpoint.stop()
        await self.telegram.stop()

    def card(self, public_key: Path) -> dict[str, Any]:
        """Where everything is, as `userbot sandbox --json` prints it."""
        telegram = self.telegram
        passwords = {self.people[key].id: word for key, word in _PASSWORDS.items()}
        return {
            "telegram": {
                "dc": telegram.dc,
                "host": telegram.host,
                "port": telegram.port,
                "public_key": str(public_key),
            },
            "openai": {"base_url": self.endpoint.base_url, "api_key": self.endpoint.api_key},
            "accounts": [
                {
                    "id": person.id,
                    "name": person.first_name,
                    "username": person.username,
                    "phone": f"+{person.phone}",
                    "code": person.code,
                    "password": passwords.get(person.id),
                }
                for person in telegram.accounts
            ],
            "chats": [
                {"id": chat.id, "title": chat.title, "kind": chat.kind} for chat in telegram.groups
            ],
        }
