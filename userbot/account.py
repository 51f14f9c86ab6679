"""What reaches out of this process, and whose account it is: known before anything is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from userbot.events import Report
from userbot.openai_api.chat import OpenAIChat
from userbot.openai_api.speech import OpenAISpeaker, OpenAITranscriber
from userbot.rules.trigger import Policy
from userbot.settings import ChatConfig, PersonLimits, Settings
from userbot.telegram.client import new_client
from userbot.telegram.gate import Gate
from userbot.telegram.names import NameResolver
from userbot.telegram.people import People
from userbot.telegram.updates import Updates
from userbot.timings import Timings
from userbot.types import Person


class Adapters:
    """Telegram, and the models."""

    def __init__(self, settings: Settings, gate: Gate, report: Report, timings: Timings) -> None:
        self.client = new_client(settings.telegram, gate, persistent=True)
        self.people = People(self.client, report)
        self.updates = Updates(self.client, self.people, report)
        self.model = OpenAIChat(settings.openai, report)
        self.speech = OpenAITranscriber(
            settings.voice, settings.openai, report, timings.transcription_seconds
        )
        self.speaker = OpenAISpeaker(settings.openai)

    async def aclose(self) -> None:
        """Disconnect, and close what was opened to the models."""
        await self.client.disconnect()
        await self.speaker.aclose()
        await self.speech.aclose()
        await self.model.aclose()


@dataclass(frozen=True, slots=True)
class Account:
    """Whose account it is, and who may do what: every name of the config as an id."""

    owner: Person
    policy: Policy
    chats: Mapping[int, ChatConfig]
    limited: Mapping[int, PersonLimits]
    first: bool
    """This is the first start of all."""


@dataclass(frozen=True, slots=True)
class Program:
    """An account, and what reaches out of the process for it."""

    account: Account
    adapters: Adapters


async def account_of(
    names: NameResolver, settings: Settings, began: datetime, now: datetime
) -> Account:
    """Ask Telegram. Raises UserbotError where the config names what is not there."""
    owner = await names.owner()
    policy, chats = await names.policy(settings.trigger, settings.voice, settings.chats, began)
    limited = await names.people(settings.limits.people)
    return Account(owner, policy, chats, limited, began >= now)
