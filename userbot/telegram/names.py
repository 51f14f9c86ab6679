"""Who is who: the account itself, its chats to choose from, and the names in the config as ids.

A name is resolved once, and from then on means whom it meant then: somebody who takes over a name
that was given up does not take over its right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from telethon.errors import RPCError, UsernameInvalidError, UsernameNotOccupiedError
from telethon.tl import functions, types
from telethon.utils import get_display_name, get_peer_id

from userbot import masking
from userbot.errors import (
    AccountStoppedError,
    ConfigError,
    Fault,
    NotLoggedInError,
    TelegramError,
)
from userbot.ports import KnownNames
from userbot.rules.policy import Allowed, ChatRule, Policy, voice_of
from userbot.settings import ChatConfig, PersonLimits, ToolsConfig, TriggerConfig, VoiceConfig, Whom
from userbot.telegram.client import Client
from userbot.telegram.refusals import meaning
from userbot.texts import Text, _, joined
from userbot.types import SAVED_TITLE, ChatKind, Dialog, KeptName, Person

_LEFT_OUT = _(
    "Only you can ask there with the prefix, and in all chats without a block. Write the ids that"
    " `userbot chats -v` shows instead of @names, or start again later."
)
_IDS = _("Write the id instead of the @name, or start again later.")
_ASKING = _("{name}: {why} Nobody may ask by this name until the next start.")
_LIMITED = _(
    "{name}: {why} Until the next start these limits hold for everybody who has none of their own"
    " there."
)


class NameResolver:
    """Looks up the account and names over a connected client.

    `names` remembers whom a name meant; without it each is asked for anew.
    """

    def __init__(self, client: Client, names: KnownNames | None = None) -> None:
        self._client = client
        self._names = names
        self._kept: dict[str, KeptName] = {}
        self._me: types.User | None = None
        self._faults: list[Fault] = []
        self.chats_left_out: list[Fault] = []
        """The blocks of [[chats]] whose names Telegram does not tell now: they are left out."""
        self.people_left_out: list[Fault] = []
        """People of [trigger] and [limits] whom it does not tell: they get no right by a name."""

    @property
    def has_premium(self) -> bool:
        """Whether the account has Premium. Call `owner` first."""
        return self._me is not None and bool(self._me.premium)

    @property
    def left_out(self) -> list[Fault]:
        """All that is left out, and why."""
        return self.chats_left_out + self.people_left_out

    async def owner(self) -> Person:
        """The account that the session is logged in to.

        Raises NotLoggedInError with Telegram's reason if there is none.
        """
        try:
            users = await self._client(functions.users.GetUsersRequest([types.InputUserSelf()]))
        except RPCError as error:
            raise meaning(error) from error
        if not users or not isinstance(users[0], types.User):
            raise NotLoggedInError(_("You are not logged in."), _("Log in with `userbot login`."))
        self._me = me = users[0]
        masking.hide(me.phone)
        return Person(id=me.id, name=get_display_name(me) or str(me.id), username=me.username)

    async def policy(
        self,
        trigger: TriggerConfig,
        voice: VoiceConfig,
        chats: Sequence[ChatConfig],
        began: datetime,
    ) -> tuple[Policy, dict[int, ChatConfig]]:
        """Who is answered, with every name as an id, and the blocks of [[chats]] by chat id.

        A chat whose name Telegram refuses to tell is left out. We do not know which it is, so that
        others may not ask in chats that are not listed, either: it may be one where they must not.
        Of [trigger].from only that name is left out. Call `owner` first. Raises ConfigError naming
        every name that nobody has.
        """
        me = self._me
        assert me is not None, "owner() comes first"
        names = _names(me)
        elsewhere = await self._allowed_elsewhere(trigger.from_)
        rules: dict[int, ChatRule] = {}
        by_id: dict[int, ChatConfig] = {}
        for number, chat in enumerate(chats, 1):
            where = _("[[chats]] number {number}", number=number)
            try:
                marked_id = await self._id(joined(where, "id", by=", "), chat.id)
                allowed = await self._allowed(joined(where, "from", by=", "), chat.from_)
            except AccountStoppedError:
                raise
            except TelegramError as refused:
                told = _("{why} This chat is left out until the next start.", why=refused)
                self.chats_left_out.append(Fault(where, told, _LEFT_OUT))
                continue
            if marked_id in rules:
                hint = _("Remove one of the two blocks.")
                self._faults.append(Fault(where, _("this chat already has a block."), hint))
            elif marked_id is not None:
                rules[marked_id] = ChatRule(
                    respond=chat.respond,
                    allowed=allowed,
                    voice=voice_of(voice, chat),
                    answer=chat.answer,
                    draft_after=chat.draft_after,
                )
                by_id[marked_id] = chat
        if self._faults:
            raise ConfigError(tuple(self._faults))
        policy = Policy(
            prefix=trigger.prefix,
            mark=trigger.mark,
            owner=me.id,
            owner_usernames=frozenset(names),
            elsewhere="me" if self.chats_left_out else elsewhere,
            chats=rules,
            began=began,
            voice=voice,
        )
        return policy, by_id

    async def people(
        self, limits: Mapping[str, PersonLimits]
    ) -> tuple[dict[int, PersonLimits], list[PersonLimits]]:
        """The limits of [limits.people] by id, and those of names that Telegram refuses to tell.

        Raises ConfigError as `policy` does.
        """
        found: dict[int, PersonLimits] = {}
        nobodys: list[PersonLimits] = []
        for name, limit in limits.items():
            person = int(name) if name.isdecimal() else name
            marked_id = await self._id_if_told("[limits.people]", person, _LIMITED)
            if marked_id is None:  # refused: a name that nobody has is raised below
                nobodys.append(limit)
            else:
                found[marked_id] = limit
        if self._faults:
            raise ConfigError(tuple(self._faults))
        return found, nobodys

    async def _allowed_elsewhere(self, whom: Whom) -> Allowed:
        """As `_allowed`; a name that is refused is left out of [trigger].from."""
        if isinstance(whom, str):
            return whom
        ids = [await self._id_if_told("trigger.from", name, _ASKING) for name in whom]
        return frozenset(one for one in ids if one is not None)

    async def tools(self, servers: Sequence[ToolsConfig]) -> dict[str, Allowed]:
        """Whose questions may use each server of [[tools]]. Raises ConfigError as `policy` does.

        A server whose names Telegram refuses to tell is there for the owner alone.
        """
        found: dict[str, Allowed] = {}
        for server in servers:
            where = _("[[tools]] “{name}”, who", name=server.name)
            try:
                found[server.name] = await self._allowed(where, server.who)
            except AccountStoppedError:
                raise
            except TelegramError as refused:
                found[server.name] = "me"
                told = _("{why} Until the next start these tools are there for you alone.")
                self.people_left_out.append(Fault(where, told.filled(why=refused), _IDS))
        if self._faults:
            raise ConfigError(tuple(self._faults))
        return found

    async def _allowed(self, where: str, whom: Whom) -> Allowed:
        if isinstance(whom, str):
            return whom
        ids = [await self._id(where, name) for name in whom]
        return frozenset(one for one in ids if one is not None)

    async def _id_if_told(self, where: str, name: str | int, otherwise: Text) -> int | None:
        """As `_id`; None as well for a name that Telegram refuses to tell, which is left out.

        `otherwise`: what holds then, of `name` and `why`.
        """
        try:
            return await self._id(where, name)
        except AccountStoppedError:
            raise
        except TelegramError as refused:
            told = otherwise.filled(name=name, why=refused)
            self.people_left_out.append(Fault(where, told, _IDS))
            return None

    async def _id(self, where: str, name: str | int) -> int | None:
        assert self._me is not None
        if isinstance(name, int):
            return name
        if name == "saved":
            return int(self._me.id)
        kept = self._names.kept(name) if self._names is not None else None
        try:
            if kept is not None:
                self._reachable(kept)
            else:
                kept = await self._resolved(name)
                if self._names is not None:
                    self._names.keep(kept, datetime.now(UTC))
        except (UsernameNotOccupiedError, UsernameInvalidError, ValueError):
            self._faults.append(
                Fault(
                    where,
                    _("nobody has the name {name}.", name=name),
                    _("Check it with `userbot chats`."),
                )
            )
            return None
        except RPCError as error:
            raise meaning(error) from error
        self._kept[name] = kept
        return kept.id

    async def _resolved(self, name: str) -> KeptName:
        found = await self._client.resolve(name)
        marked_id = get_peer_id(found.peer)
        for entity in (*found.users, *found.chats):
            if get_peer_id(entity) == marked_id:
                return KeptName(name.removeprefix("@").lower(), marked_id, entity.access_hash)
        raise ValueError(name)

    def _reachable(self, kept: KeptName) -> None:
        """Let a session that has never seen this person or chat write to them."""
        try:
            self._client.session.get_input_entity(kept.id)
        except ValueError:
            if kept.access_hash is not None:
                self._client.learn(kept.id, kept.access_hash, kept.name)

    async def moved_on(self) -> list[str]:
        """Which of the config's names belong to somebody else by now, or to nobody.

        Their rights stay with whom they were given to. Call `policy` first.
        """
        asked = [
            (name, types.InputUser(kept.id, kept.access_hash))
            for name, kept in self._kept.items()
            if kept.id > 0 and kept.access_hash is not None
        ]
        if not asked:
            return []
        try:
            users = await self._client(functions.users.GetUsersRequest([one for _, one in asked]))
        except (RPCError, ConnectionError):
            return []
        moved = []
        for (name, _peer), user in zip(asked, users, strict=False):
            if isinstance(user, types.User) and name.removeprefix("@").lower() not in _names(user):
                moved.append(name)
        return moved


def _names(user: Any) -> set[str]:
    more = (name.username for name in user.usernames or () if name.active)
    return {name.lower() for name in (user.username, *more) if name}


async def dialogs(client: Client, owner: int) -> list[Dialog]:
    """All chats of the account, the most recent first. Raises TelegramError."""
    try:
        return await read_dialogs(client, owner)
    except RPCError as error:
        raise meaning(error) from error


async def read_dialogs(client: Client, owner: int) -> list[Dialog]:
    """The same; raises what Telethon does."""
    read: dict[int, Dialog] = {}
    async for found in client.dialog_pages():
        entities = {get_peer_id(one): one for one in (*found.users, *found.chats)}
        for dialog in found.dialogs:
            chat = get_peer_id(dialog.peer)
            entity = entities.get(chat)
            # A group that became a supergroup is listed as that.
            if entity is None or getattr(entity, "migrated_to", None) is not None:
                continue
            read[chat] = Dialog(
                id=chat,
                kind=_kind(entity, owner),
                title=SAVED_TITLE if chat == owner else get_display_name(entity),
                username=getattr(entity, "username", None),
            )
    return list(read.values())


def _kind(entity: Any, owner: int) -> ChatKind:
    if isinstance(entity, types.User):
        return ChatKind.SAVED if entity.id == owner else ChatKind.PRIVATE
    if isinstance(entity, types.Channel):
        return ChatKind.CHANNEL if entity.broadcast else ChatKind.SUPERGROUP
    return ChatKind.GROUP
