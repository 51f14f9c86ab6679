"""The edges of a run, and whose house it is: what is known before any room is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from userbot.ground import Ground
from userbot.openai_api.chat import Chat as ChatModel
from userbot.openai_api.speaker import Speaker
from userbot.openai_api.speech import Speech
from userbot.rules.trigger import Policy
from userbot.settings import ChatConfig, PersonLimits
from userbot.telegram.client import new_client
from userbot.telegram.deletions import Deletions
from userbot.telegram.directory import Directory
from userbot.telegram.gate import Gate
from userbot.telegram.inbox import Inbox
from userbot.telegram.people import People
from userbot.types import Person


class Edges:
    """What reaches out of this process: Telegram, and the models."""

    def __init__(self, ground: Ground, gate: Gate) -> None:
        settings, report = ground.settings, ground.report
        self.client = new_client(settings.telegram, gate, persistent=True)
        self.people = People(self.client, report)
        self.inbox = Inbox(self.client, self.people, report)
        self.deletions = Deletions(self.client)
        self.model = ChatModel(settings.openai, report)
        self.speech = Speech(settings.voice, settings.openai, report)
        self.speaker = Speaker(settings.openai)

    async def aclose(self) -> None:
        """Disconnect, and close what was opened to the models."""
        await self.client.disconnect()
        await self.speaker.aclose()
        await self.speech.aclose()
        await self.model.aclose()


@dataclass(frozen=True, slots=True)
class House:
    """Whose account it is, and who may do what: every name of the config as an id."""

    owner: Person
    policy: Policy
    chats: Mapping[int, ChatConfig]
    limited: Mapping[int, PersonLimits]
    first: bool
    """This is the first start of all."""


async def house_of(directory: Directory, ground: Ground) -> House:
    """Ask Telegram. Raises UserbotError where the config names what is not there."""
    settings = ground.settings
    owner = await directory.owner()
    now = ground.clock.now()
    began = ground.store.began(now)
    policy, chats = await directory.policy(settings.trigger, settings.voice, settings.chats, began)
    limited = await directory.people(settings.limits.people)
    return House(owner, policy, chats, limited, began >= now)
