"""Which part is connected to which, in the order of a message's way.

`Edges` is what reaches out of this process, `Rooms` what happens to a message; both stand on the
`Ground`. Nothing here works by itself: `app` opens what is made here, and ends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from userbot.audio import Ffmpeg
from userbot.console.sentences import in_russian
from userbot.console.words import language_of
from userbot.edges import Edges, House
from userbot.ground import Ground
from userbot.path.again import Again
from userbot.path.allowance import Allowance
from userbot.path.asking import SILENCES
from userbot.path.catch_up import CatchUp
from userbot.path.chat_commands import ChatCommands
from userbot.path.conversations import Conversations
from userbot.path.doorstep import Doorstep
from userbot.path.edits import Edits
from userbot.path.hearing import Hearing
from userbot.path.house_rules import HouseRules
from userbot.path.intake import Intake
from userbot.path.listening import Listening
from userbot.path.migration import Migration
from userbot.path.orders import Orders
from userbot.path.replies import Replies
from userbot.path.replying import Replying
from userbot.path.results import Results
from userbot.path.telling import Telling
from userbot.path.transcription import Transcription
from userbot.path.voice_reply import VoiceReply
from userbot.path.writes import Writes
from userbot.rules.command_texts import CommandTexts
from userbot.rules.commands import stem as command_stem
from userbot.rules.lateness import grew_old
from userbot.rules.limits import HELD_SECONDS
from userbot.rules.retrying import PATIENCE_SECONDS
from userbot.settings import Settings
from userbot.telegram.reader import TelegramReader
from userbot.telegram.sender import TelegramSender
from userbot.types import Decision, Message, Question


class Rooms:
    """What happens to a message."""

    def __init__(self, ground: Ground, edges: Edges, house: House) -> None:
        settings, store, clock, report = (
            ground.settings,
            ground.store,
            ground.clock,
            ground.report,
        )
        client, inbox, settlement = edges.client, edges.inbox, ground.settlement
        self._ground = ground
        sender = TelegramSender(client)
        reader = TelegramReader(client, inbox, clock, report)
        self.aftermath = ground.aftermath(reader, self)
        writes = ground.writes(sender, reader, self.aftermath)
        self.rules = HouseRules(house.policy, house.chats, settings.trigger.from_, store)
        self.overheard = ground.background(reader, self.rules)
        self.telling = Telling(
            sender,
            writes,
            store.ledger,
            clock,
            report,
            secret=store.secret(),
            timezone=settings.limits.timezone,
        )
        allowance = (
            ground.allowance(house.limited, self.telling.refused)
            if settings.limits.tell
            else ground.allowance(house.limited)
        )
        self.allowance = allowance
        assistant = ground.assistant(
            self.rules,
            self.aftermath,
            _hearing(ground, edges, reader, self.rules, allowance),
            reader,
            self.overheard,
            edges.model,
            allowance,
            sender,
            _replying(ground, edges, sender, writes, allowance),
        )
        self.conversations = Conversations(
            assistant.handle,
            self._stopped,
            settlement,
            ground.first_text,
            clock,
            settings.trigger.burst_seconds,
            longest_seconds(settings),
            lambda ask: client.gate.waits.awaited(ask.chat) or not client.stands(),
        )
        self.again = Again(
            store,
            self.rules,
            allowance,
            self.conversations,
            settlement,
            self.aftermath,
            edges.people.known,
            ground.storing,
            clock,
        )
        self.commands = _commands(
            ground, reader, house, self.rules, self.conversations, self.again, sender
        )
        self.migration = Migration(
            self.rules,
            reader,
            ground.memory,
            self._moved,
            ground.storing,
            report,
        )
        max_age = settings.catch_up.max_age_minutes
        self._intake = Intake(
            self.rules,
            self.commands,
            self.overheard,
            allowance,
            self.aftermath,
            ground.loops,
            max_age,
            settings.trigger,
            store,
            ground.storing,
            self.conversations,
            settlement,
            clock,
            report,
        )
        self.doorstep = Doorstep(ground.storing)
        self.catch_up = CatchUp(
            self.rules,
            reader,
            self._intake.receive,
            None if house.first else house.policy.began,
            max_age,
            store,
            ground.storing,
            self.doorstep,
            clock,
            report,
        )
        self.doorstep.open(self.catch_up.receive, self.catch_up.wake)
        self._edits = Edits(
            settings.trigger.edits,
            max_age,
            self._intake.decide,
            self.overheard,
            ground.memory,
            allowance,
            self.conversations,
            settlement,
            store,
            ground.storing,
            clock,
        )

    def edited(self, incoming: Message) -> None:
        """A message reads otherwise now."""
        if self.doorstep.edited(incoming):
            return  # it is not decided yet whether it asks anything
        self._edits.edited(incoming)

    def deleted(self, messages: Sequence[int], chat: int | None) -> None:
        """Messages are gone; `chat` where Telegram says which."""
        self.doorstep.deleted(chat, messages)
        # First, so that what is left of a question is not taken for the words that go.
        self.conversations.deleted(chat, messages)
        self._ground.forgetting.deleted(messages, chat)
        self.overheard.deleted(chat, messages)

    def decide(self, incoming: Message) -> Decision:
        """What is to be done about a message by the rules of now. Raises StorageError."""
        return self._intake.decide(incoming)

    def reads(
        self, ask: Question, pieces: Sequence[Question], gone: Sequence[Question], why: str
    ) -> None:
        """A question was looked up. Raises StorageError."""
        self.conversations.reads(ask, pieces, gone, why)

    async def follow(self, ask: Question) -> None:
        """See whether the group of a question has moved."""
        await self.migration.look([ask])

    def reconnected(self, away: float) -> None:
        """The connection stands again, after so many seconds."""
        ground = self._ground
        now = ground.clock.now()
        lost, max_age = now - timedelta(seconds=away), ground.settings.catch_up.max_age_minutes

        def grown_old(ask: Question) -> bool:
            old = grew_old(ask.at, lost, now, timedelta(minutes=max_age))
            return old and not ask.attempt and not ground.store.outbound.of(ask)

        def leave_out() -> None:
            self.conversations.stop_all(grown_old, "too_old", shown=False)

        self.missed()
        ground.storing.soon(leave_out)

    def missed(self) -> None:
        """Telegram skips what it had to tell, or could not tell it: look for it."""
        self.overheard.clear()  # edits and deletions that were missed are never told
        self.doorstep.missed()
        for ask in self.conversations.unanswered:
            self.aftermath.belated(ask)
        self.catch_up.wake()

    def _moved(self, old: int, new: int) -> None:
        for ask, known in self.conversations.moved(old, new):
            self.aftermath.moved(ask, half=known)
            self._ground.settlement.moved(ask)

    def _stopped(self, ask: Question, why: str) -> None:
        settlement = self._ground.settlement
        if why == "hung":
            settlement.hung(ask)
            return

        def settle() -> None:
            gone = self._ground.store.questions.erased(ask)
            settlement.stopped(ask, "deleted" if gone else why)
            # What stands is a turn that only the store knows.
            self._ground.memory.forget(ask.conversation)

        self._ground.storing.soon(settle, ask)


def longest_seconds(settings: Settings) -> float:
    """After how long an answer counts as hung: more than listening and asking may take together."""
    asking = 2 * SILENCES * settings.openai.timeout + PATIENCE_SECONDS
    return asking + 2 * HELD_SECONDS + 2 * 60 * settings.voice.max_minutes


def _hearing(
    ground: Ground, edges: Edges, reader: TelegramReader, rules: HouseRules, allowance: Allowance
) -> Hearing:
    settings, store, storing = ground.settings, ground.store, ground.storing
    clock, report = ground.clock, ground.report
    listening = Listening(
        reader,
        edges.speech,
        Ffmpeg(settings.history.database),
        allowance,
        store,
        storing,
        ground.patience,
        clock,
        report,
    )
    window = settings.history.window_tokens
    return Hearing(
        Replies(reader, store, ground.memory, rules.forgotten, window),
        Transcription(listening, store, storing, clock, report),
        settings.voice,
        settings.trigger.prefix,
        rules,
        store,
        storing,
        clock,
        report,
    )


def _replying(
    ground: Ground,
    edges: Edges,
    sender: TelegramSender,
    writes: Writes,
    allowance: Allowance,
) -> Replying:
    settings, secret = ground.settings, ground.store.secret()
    told = in_russian if language_of(settings.console.language) == "ru" else str
    own_prompt = settings.trigger.own_prompt
    in_writing = ground.in_writing(settings.pacing, sender, writes, own_prompt, told)
    by_voice = VoiceReply(
        edges.speaker,
        allowance,
        sender,
        in_writing,
        writes,
        ground.report,
        secret,
        ground.first_text,
    )
    return Replying(in_writing, by_voice)


def _commands(
    ground: Ground,
    reader: TelegramReader,
    house: House,
    rules: HouseRules,
    conversations: Conversations,
    again: Again,
    sender: TelegramSender,
) -> ChatCommands:
    settings, store, clock = ground.settings, ground.store, ground.clock
    prefix = settings.trigger.prefix
    texts = CommandTexts(language_of(settings.console.language), prefix, command_stem(prefix))
    orders = Orders(
        owner=house.owner,
        texts=texts,
        settings=settings.openai,
        timezone=settings.limits.timezone,
        rules=rules,
        store=store,
        memory=ground.memory,
        conversations=conversations,
        again=again,
        clock=clock,
    )
    results = Results(
        owner=house.owner,
        secret=store.secret(),
        texts=texts,
        store=store,
        storing=ground.storing,
        writer=sender,
        clock=clock,
        report=ground.report,
    )
    return ChatCommands(orders, results, texts, reader, store, ground.storing, clock)
