"""The composition root: makes every part, hands each what it needs, and ends in order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, closing, suppress
from datetime import timedelta
from typing import Any

from userbot.activity import Notice, Ready, Report, Stopped
from userbot.audio import Ffmpeg
from userbot.clock import SystemClock
from userbot.console.words import language_of
from userbot.errors import StorageError, UserbotError
from userbot.messages import Ask, Incoming
from userbot.openai_api.chat import Chat as ChatModel
from userbot.openai_api.speaker import Speaker
from userbot.openai_api.speech import Speech
from userbot.path.aftermath import Aftermath
from userbot.path.again import Again
from userbot.path.allowance import Allowance
from userbot.path.asked_again import AskedAgain
from userbot.path.asking import SILENCES, Inquiry
from userbot.path.assistant import Assistant
from userbot.path.background import Background
from userbot.path.catch_up import CatchUp
from userbot.path.chat_commands import ChatCommands
from userbot.path.conversations import Conversations
from userbot.path.edits import Edits
from userbot.path.first_text import FirstText
from userbot.path.forgetting import Forgetting
from userbot.path.hearing import Hearing
from userbot.path.house_rules import HouseRules
from userbot.path.intake import Intake
from userbot.path.listening import Listening
from userbot.path.live_reply import LiveReply
from userbot.path.loop_watch import LoopWatch
from userbot.path.memory import Memory
from userbot.path.migration import Migration
from userbot.path.patience import Patience
from userbot.path.recovery import recover
from userbot.path.replies import Replies
from userbot.path.replying import Replying
from userbot.path.seeing import Seeing
from userbot.path.settlement import Settlement
from userbot.path.storing import Doorstep, Storing
from userbot.path.telling import Telling
from userbot.path.transcription import Transcription
from userbot.path.typing import Typing
from userbot.path.voice_reply import VoiceReply
from userbot.path.watch import Watch
from userbot.path.writes import Writes
from userbot.ports import Clock
from userbot.rules.command_texts import CommandTexts
from userbot.rules.commands import stem as command_stem
from userbot.rules.governor import Governor
from userbot.rules.retrying import PATIENCE_SECONDS
from userbot.settings import Settings
from userbot.signals import stop_on_signals
from userbot.storage.store import Store
from userbot.telegram.changes import Changes
from userbot.telegram.client import Client, new_client
from userbot.telegram.deletions import Deletions
from userbot.telegram.directory import Directory
from userbot.telegram.files import TelegramFiles
from userbot.telegram.history import TelegramHistory
from userbot.telegram.inbox import Inbox
from userbot.telegram.lookup import TelegramLookup
from userbot.telegram.network_log import network_told
from userbot.telegram.outage import Outage, watch_for_sleep
from userbot.telegram.past import TelegramPast
from userbot.telegram.people import People
from userbot.telegram.pictures import TelegramPictures
from userbot.telegram.reading import Reading
from userbot.telegram.recent import TelegramRecent
from userbot.telegram.refusals import login_ended, why_disconnected
from userbot.telegram.session import session_file
from userbot.telegram.session_lock import session_lock
from userbot.telegram.turns import Turns
from userbot.telegram.usernames import TelegramPeople
from userbot.telegram.voice_outbox import TelegramVoiceOutbox

DRAIN_SECONDS = 10.0
"""How long an answer being written may still take after Ctrl-C or SIGTERM."""

STORE_SECONDS = 0.05
"""How long one step of the store may hold up everything while another process is writing."""

PEOPLE_SECONDS = 5.0
"""How long the first messages wait for the account's contacts."""


async def run(
    settings: Settings,
    report: Report,
    *,
    began: float,
    end: asyncio.Future[str] | None = None,
    clock: Clock | None = None,
    leaving: Callable[[], None] = lambda: None,
) -> str:
    """The main job, until a signal or Telegram ends it; gives the reason ("interrupted", …).

    `began`: when the program started, in `time.monotonic()` seconds, for the Ready line.
    `end`: another way to end it, by setting the reason. `clock`: another than this machine's.
    `leaving`: called when a second signal ends the process at once.
    Raises UserbotError when it cannot begin or cannot go on.
    """
    if not session_file(settings.telegram.session).exists():
        raise login_ended("AUTH_KEY_UNREGISTERED")
    with (
        session_lock(settings.telegram.session),
        closing(Store.open(settings.history.database)) as store,
    ):
        running = _Run(settings, report, store, began, end, clock)
        with network_told(report, running.outage.lost):
            return await running.until_stopped(leaving)


class _Run:
    """One run: what lives from the connection to the disconnection."""

    def __init__(
        self,
        settings: Settings,
        report: Report,
        store: Store,
        began: float,
        end: asyncio.Future[str] | None,
        clock: Clock | None,
    ) -> None:
        self._settings = settings
        self._report = report
        self._store = store
        self._began = began
        self._clock = clock or SystemClock()
        self.outage = Outage(self._clock, report)
        self._loops = LoopWatch()
        self._first_text = FirstText()
        self._watch = Watch(self._clock, report)
        self._patience = Patience(self._clock, report)
        self._storing = Storing(self._patience, self._clock, report, self._stop)
        self._settlement = Settlement(
            store, self._storing, self._clock, report, settings.limits.prices, self._loops
        )
        self._end = end or asyncio.get_running_loop().create_future()
        pacing = settings.pacing
        governor = Governor(pacing.writes_per_second, pacing.burst)
        self._turns = Turns(governor, self._clock, report, self._stop)

    async def until_stopped(self, leaving: Callable[[], None]) -> str:
        """Work until a signal, or until the connection is gone for good."""
        reason = "failed"
        with stop_on_signals(self._stop, leaving), self._watch.over_the_loop():
            work = asyncio.create_task(self._work())
            try:
                await asyncio.wait({work, self._end}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                work.cancel()
                try:
                    with suppress(asyncio.CancelledError):
                        await work
                    # What Telegram ended the run with, if not a signal, is raised here.
                    if self._end.done():
                        reason = self._end.result()
                finally:
                    self._report(self._summary(reason))
        return reason

    def _summary(self, reason: str) -> Stopped:
        pending = 0
        with suppress(StorageError):  # whatever is wrong was told already
            pending = len(self._store.pending())
        return Stopped(
            reason=reason,
            answered=self._settlement.answered_count,
            failed=self._settlement.failed_count,
            pending=pending,
            restricted=self._turns.stopped.reason if self._turns.stopped else "",
        )

    def _stop(self, why: str | UserbotError) -> None:
        if self._end.done():
            return
        if isinstance(why, UserbotError):
            self._end.set_exception(why)
        else:
            self._end.set_result(why)

    async def _work(self) -> None:
        """Connect, recover, listen; on the way out let answers finish, then disconnect."""
        background: list[asyncio.Task[Any]] = []
        async with AsyncExitStack() as on_the_way_out:
            on_the_way_out.push_async_callback(_gather, background)
            client = new_client(self._settings.telegram, persistent=True)
            people = People(client, self._report)
            inbox = Inbox(client, people, self._clock, self._report)
            deletions = Deletions(client)
            model = ChatModel(self._settings.openai, self._report)
            speech = Speech(self._settings.voice, self._settings.openai, self._report)
            on_the_way_out.push_async_callback(model.aclose)
            speaker = Speaker(self._settings.openai)
            on_the_way_out.push_async_callback(speech.aclose)
            on_the_way_out.push_async_callback(speaker.aclose)
            on_the_way_out.push_async_callback(client.disconnect)
            # openai's import takes half a second: it runs in a thread while Telegram connects, and
            # the first question waits for what is left of it.
            warm = asyncio.create_task(model.warm())
            background.append(warm)
            on_the_way_out.callback(self.outage.over)
            await client.connect()
            self.outage.over()
            awake = asyncio.create_task(watch_for_sleep(self._clock, self._report, client))
            on_the_way_out.callback(awake.cancel)
            background.append(awake)
            # Both lists come while names are looked up; the inbox holds what arrives before them.
            known = self._watch.once(people.load(), "the list of contacts")
            background.append(known)
            directory = Directory(client, self._store.names)
            owner = await directory.owner()
            now = self._clock.now()
            began = self._store.began(now)
            policy, chats = await directory.policy(
                self._settings.trigger,
                self._settings.voice,
                self._settings.chats,
                began,
            )
            limited = await directory.people(self._settings.limits.people)
            outbox = TelegramVoiceOutbox(client, self._turns)
            rules = HouseRules(policy, chats, self._settings.trigger.from_, self._store)
            budget = self._settings.history.window_tokens
            idle = timedelta(minutes=self._settings.history.idle_reset_minutes)
            memory = Memory(self._store, budget, idle=idle or None)
            overheard = Background(
                TelegramRecent(client, inbox), self._store, rules, budget, self._report
            )

            missed: list[Callable[[], None]] = []

            def reconnected() -> None:
                overheard.clear()  # edits and deletions that were missed are never told
                for look in missed:
                    look()
                self.outage.back()

            client.on_reconnect = reconnected
            history = TelegramHistory(client, self._clock, self._report)
            writes = Writes(outbox, history, self._store, self._storing, self._clock, self._report)
            telling = self._telling(outbox, writes)
            aftermath = Aftermath(
                self._settings.trigger.prefix,
                history,
                self._store,
                self._store.eraser,
                self._settlement,
                self._clock,
                self._report,
            )
            allowance = Allowance(
                self._settings.limits,
                limited,
                self._settings.openai.system,
                self._store,
                self._store.ledger,
                self._storing,
                self._clock,
                telling.refused if self._settings.limits.tell else lambda _ask, _refusal: None,
            )
            forgetting = Forgetting(
                self._store.eraser,
                memory,
                self._storing,
                self._clock,
                self._settings.history.retention_days,
            )
            forgetting.sweep_once()
            reading = Reading(client, self._clock, self._report, inbox.title)
            assistant = Assistant(
                settings=self._settings.openai,
                rules=rules,
                aftermath=aftermath,
                hearing=self._hearing(client, reading, speech, rules, memory, allowance),
                seeing=Seeing(TelegramPictures(client, reading), self._report),
                background=overheard,
                memory=memory,
                inquiry=Inquiry(
                    model,
                    SILENCES * self._settings.openai.timeout,
                    memory,
                    allowance,
                    self._settlement,
                    self._patience,
                    self._clock,
                    self._report,
                ),
                outbox=outbox,
                typing=Typing(outbox, self._clock),
                replying=self._replying(outbox, writes, speaker),
                eraser=self._store.eraser,
                settlement=self._settlement,
                store=self._store,
                storing=self._storing,
                clock=self._clock,
            )

            def stopped(ask: Ask, why: str) -> None:
                if why == "hung":
                    self._settlement.hung(ask)
                    return
                gone = self._store.eraser.gone(ask)
                self._settlement.stopped(ask, "deleted" if gone else why)
                memory.forget(ask.place)  # what stands is a turn that only the store knows

            conversations = Conversations(
                assistant.handle,
                stopped,
                self._settlement,
                self._first_text,
                self._clock,
                self._settings.trigger.burst_seconds,
                longest_seconds(self._settings),
                lambda ask: self._turns.awaited(ask.place) or not client.is_connected(),
            )
            # While the last answers are written, what arrives is stored for the next start.
            on_the_way_out.push_async_callback(inbox.close)
            on_the_way_out.push_async_callback(self._storing.drain)
            on_the_way_out.push_async_callback(conversations.drain, DRAIN_SECONDS)
            on_the_way_out.callback(self._patience.leave)
            on_the_way_out.callback(deletions.close)
            on_the_way_out.callback(people.close)
            on_the_way_out.push_async_callback(telling.drain, DRAIN_SECONDS)
            prefix = self._settings.trigger.prefix
            again = Again(
                self._store, rules, allowance, conversations, self._settlement, self._clock
            )
            commands = ChatCommands(
                owner=owner.id,
                secret=self._store.secret(),
                texts=CommandTexts(
                    language_of(self._settings.console.language), prefix, command_stem(prefix)
                ),
                settings=self._settings.openai,
                timezone=self._settings.limits.timezone,
                rules=rules,
                store=self._store,
                memory=memory,
                conversations=conversations,
                again=again,
                writer=outbox,
                people=TelegramPeople(client),
                clock=self._clock,
                report=self._report,
            )
            migration = Migration(rules, memory, self._report)
            migration.remind()
            on_the_way_out.push_async_callback(commands.drain, DRAIN_SECONDS)

            def stopping() -> None:
                if writing := conversations.answering:
                    self._report(
                        Notice(
                            reason="stopping",
                            detail=f"Stopping, waiting for answers: {writing}.",
                            count=writing,
                        )
                    )

            on_the_way_out.callback(stopping)

            def gone(messages: Sequence[int], chat: int | None) -> None:
                forgetting.deleted(messages, chat)
                conversations.deleted(chat, messages)
                overheard.deleted(chat, messages)

            deletions.open(gone)
            max_age = self._settings.catch_up.max_age_minutes
            intake = Intake(
                rules,
                commands,
                overheard,
                allowance,
                aftermath,
                self._loops,
                max_age,
                self._settings.trigger,
                self._store,
                self._storing,
                conversations,
                self._settlement,
                self._clock,
                self._report,
            )
            catch_up = CatchUp(
                rules,
                TelegramPast(client, inbox, self._clock, self._report),
                intake.receive,
                began if began < now else None,
                max_age,
                self._store,
                self._clock,
                self._report,
            )
            missed.append(catch_up.wake)
            client.on_too_long = catch_up.wake
            await catch_up.begin()
            pending = recover(
                rules.policy,
                max_age,
                self._store,
                conversations,
                aftermath,
                self._settlement,
                self._clock,
            )
            self._report(
                Ready(
                    account=owner.name,
                    model=self._settings.openai.model,
                    chats=len(rules.policy.chats),
                    seconds=time.monotonic() - self._began,
                    pending=pending,
                )
            )
            doorstep = Doorstep(catch_up.receive, self._storing)
            on_the_way_out.push_async_callback(doorstep.close)

            edits = Edits(
                self._settings.trigger.edits,
                max_age,
                rules,
                intake.known,
                memory,
                allowance,
                conversations,
                self._settlement,
                self._store,
                self._storing,
                self._clock,
            )

            def edited(incoming: Incoming) -> None:
                overheard.edited(incoming)
                edits.edited(incoming)

            changes = Changes(client, inbox, edited, migration.moved)
            on_the_way_out.callback(changes.close)
            # Whoever is not known as a contact by then is none; a dead connection must not hold us.
            await asyncio.wait({known}, timeout=PEOPLE_SECONDS)
            inbox.open(owner, doorstep.receive)
            client.takes_updates = True
            self._store.hurry(STORE_SECONDS)
            looking = self._watch.keep(catch_up.watch, "the look for what was missed")
            on_the_way_out.callback(looking.cancel)
            background.append(looking)
            sweeping = self._watch.keep(forgetting.sweep, "the erasing of old words")
            on_the_way_out.callback(sweeping.cancel)
            background.append(sweeping)
            wishes = AskedAgain(self._store, self._store, self._storing, again, self._clock)
            watching = self._watch.keep(wishes.watch, "the look-out for userbot retry")
            on_the_way_out.callback(watching.cancel)
            background.append(watching)
            background.append(self._watch.once(self._tell_moved(directory), "the look at @names"))
            # Cancelling `run_until_disconnected` would disconnect before the answers are out.
            listening = asyncio.create_task(client.run_until_disconnected())
            background.append(listening)
            await warm
            await asyncio.wait({listening})
            self._stop(why_disconnected(listening.exception()))

    def _hearing(
        self,
        client: Client,
        reading: Reading,
        speech: Speech,
        rules: HouseRules,
        memory: Memory,
        allowance: Allowance,
    ) -> Hearing:
        store, clock, report = self._store, self._clock, self._report
        audio = Ffmpeg(self._settings.history.database)
        files = TelegramFiles(client, reading)
        listening = Listening(
            files, speech, audio, allowance, store, self._storing, self._patience, clock, report
        )
        return Hearing(
            Replies(
                TelegramLookup(reading),
                store,
                memory,
                rules.forgotten,
                self._settings.history.window_tokens,
            ),
            Transcription(listening, store, self._storing, clock, report),
            self._settings.voice,
            self._settings.trigger.prefix,
            rules,
            store,
            self._storing,
            clock,
            report,
        )

    def _replying(self, outbox: TelegramVoiceOutbox, writes: Writes, speaker: Speaker) -> Replying:
        store, clock, secret = self._store, self._clock, self._store.secret()
        report, pacing = self._report, self._settings.pacing
        own_prompt = self._settings.trigger.own_prompt
        first, storing = self._first_text, self._storing
        in_writing = LiveReply(
            pacing, outbox, writes, store, storing, clock, report, secret, first, own_prompt
        )
        by_voice = VoiceReply(speaker, outbox, in_writing, writes, report, secret, first)
        return Replying(in_writing, by_voice)

    def _telling(self, outbox: TelegramVoiceOutbox, writes: Writes) -> Telling:
        return Telling(
            outbox,
            writes,
            self._store.ledger,
            self._clock,
            self._report,
            secret=self._store.secret(),
            timezone=self._settings.limits.timezone,
        )

    async def _tell_moved(self, directory: Directory) -> None:
        for name in await directory.moved_on():
            self._report(
                Notice(
                    reason="name_moved",
                    detail=f"{name} is another's name by now, or nobody's.",
                    hint="Its right stays with whom you gave it to; to give it anew, write an id.",
                )
            )


def longest_seconds(settings: Settings) -> float:
    """After how long an answer counts as hung: more than listening and asking may take together."""
    asking = 2 * SILENCES * settings.openai.timeout + PATIENCE_SECONDS
    return asking + 2 * 60 * settings.voice.max_minutes


async def _gather(tasks: list[asyncio.Task[Any]]) -> None:
    """Wait for tasks whose work has ended, and take note of how."""
    await asyncio.gather(*tasks, return_exceptions=True)
