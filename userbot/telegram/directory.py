"""Who is who: the account itself, and the names in the config as ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from telethon.errors import RPCError
from telethon.tl import functions, types
from telethon.utils import get_display_name

from userbot.errors import ConfigError, Fault, NotLoggedInError
from userbot.messages import Person
from userbot.rules.trigger import Allowed, ChatRule, Listening, Policy
from userbot.rules.voice import voice_of
from userbot.settings import Chat, Trigger, Voice, Whom
from userbot.telegram.client import Client
from userbot.telegram.refusals import meaning


class Directory:
    """Looks up the account and names over a connected client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._me: types.User | None = None
        self._faults: list[Fault] = []

    async def owner(self) -> Person:
        """The account that the session is logged in to.

        Raises NotLoggedInError with Telegram's reason if there is none.
        """
        try:
            users = await self._client(functions.users.GetUsersRequest([types.InputUserSelf()]))
        except RPCError as error:
            raise meaning(error) from error
        if not users or not isinstance(users[0], types.User):
            raise NotLoggedInError("There is no valid login.", "Log in with `userbot login`.")
        self._me = me = users[0]
        return Person(id=me.id, name=get_display_name(me) or str(me.id), username=me.username)

    async def policy(
        self, trigger: Trigger, voice: Voice, chats: Sequence[Chat], began: datetime
    ) -> tuple[Policy, dict[int, Chat]]:
        """Who is answered, with every name as an id, and the blocks of [[chats]] by chat id.

        Call `owner` first. Raises ConfigError naming every name that nobody has.
        """
        me = self._me
        assert me is not None, "owner() comes first"
        names = {me.username, *(name.username for name in me.usernames or () if name.active)}
        elsewhere = await self._allowed("trigger.from", trigger.from_)
        rules: dict[int, ChatRule] = {}
        by_id: dict[int, Chat] = {}
        for number, chat in enumerate(chats, 1):
            where = f"[[chats]] number {number}"
            marked_id = await self._id(f"{where}, id", chat.id)
            allowed = await self._allowed(f"{where}, from", chat.from_)
            if marked_id in rules:
                hint = "Keep one of the two blocks."
                self._faults.append(Fault(where, "this chat has a block already.", hint))
            elif marked_id is not None:
                rules[marked_id] = ChatRule(
                    respond=chat.respond,
                    allowed=allowed,
                    voice=_listening(voice_of(voice, chat)),
                )
                by_id[marked_id] = chat
        if self._faults:
            raise ConfigError(tuple(self._faults))
        policy = Policy(
            prefix=trigger.prefix,
            owner=me.id,
            owner_usernames=frozenset(name.lower() for name in names if name),
            elsewhere=elsewhere,
            chats=rules,
            began=began,
            voice=_listening(voice),
        )
        return policy, by_id

    async def _allowed(self, where: str, whom: Whom) -> Allowed:
        if isinstance(whom, str):
            return whom
        ids = [await self._id(where, name) for name in whom]
        return frozenset(one for one in ids if one is not None)

    async def _id(self, where: str, name: str | int) -> int | None:
        assert self._me is not None
        if isinstance(name, int):
            return name
        if name == "saved":
            return int(self._me.id)
        try:
            return int(await self._client.get_peer_id(name))
        except ValueError:
            self._faults.append(
                Fault(where, f"nobody is called {name}.", "Check it with `userbot chats`.")
            )
            return None
        except RPCError as error:
            raise meaning(error) from error


def _listening(voice: Voice) -> Listening:
    return Listening(enabled=voice.enabled, wake_words=voice.wake_words)
