"""Builds the program: what reaches out of this process and whose account it is, then its parts, in
the order of a message's way.

Nothing here works by itself: `app` opens what is built, and ends it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from userbot.audio import Ffmpeg
from userbot.documents.process import DocumentProcess
from userbot.errors import Fault
from userbot.events import Notice, Report
from userbot.intake.admission import Admission
from userbot.intake.arrivals import Arrivals
from userbot.intake.catch_up import CatchUp
from userbot.intake.chat_commands import ChatCommands
from userbot.intake.command_handlers import (
    ChatRuleCommands,
    CommandHandlers,
    ConversationCommands,
    ForgetCommand,
    UsageCommand,
)
from userbot.intake.command_results import CommandResults
from userbot.intake.daily_recaps import Daily, DailyRecaps
from userbot.intake.doubts import Doubts
from userbot.intake.edits import Edits
from userbot.intake.forgetting import Forgetting
from userbot.intake.overheard import Overheard
from userbot.intake.queue import Queue
from userbot.intake.receiver import Receiver
from userbot.intake.retries import Retries
from userbot.intake.verdicts import Verdicts
from userbot.openai_api.chat import OpenAIChat
from userbot.openai_api.speech import OpenAISpeaker, OpenAITranscriber
from userbot.ports import Clock
from userbot.rules.command_texts import CommandTexts
from userbot.rules.inert import Inert
from userbot.rules.limits import strictest
from userbot.rules.loops import LoopWatch
from userbot.rules.policy import Allowed, Policy, forbidden_now
from userbot.rules.retrying import PATIENCE_SECONDS, grew_old
from userbot.rules.tool_rights import ServerRights
from userbot.settings import ChatConfig, PersonLimits, Settings
from userbot.storage.store import Store
from userbot.telegram.client import Losses, new_client
from userbot.telegram.gate import Gate
from userbot.telegram.lookups import TelegramLookups
from userbot.telegram.names import NameResolver
from userbot.telegram.people import People
from userbot.telegram.reader import TelegramReader
from userbot.telegram.sender import TelegramSender
from userbot.telegram.transcriber import TelegramTranscriber
from userbot.telegram.updates import Listener, Updates
from userbot.texts import language_of
from userbot.timings import USUAL, Timings
from userbot.tools.search import LookingUp, SearchInChat
from userbot.tools.servers import ServerTools, ToolRules
from userbot.tools.together import AllTools
from userbot.turn.answer import AnswerStage
from userbot.turn.approve import Approve, AskingStyle
from userbot.turn.budget import Budget, Limits
from userbot.turn.chat_rules import ChatRules
from userbot.turn.complete import Complete
from userbot.turn.deliver.messages import ReplyMessages
from userbot.turn.deliver.typing import Typing
from userbot.turn.deliver.voice import ByVoice
from userbot.turn.deliver.writing import InWriting, WritingStyle
from userbot.turn.history import History
from userbot.turn.limit_notice import LimitNotice
from userbot.turn.migration import Migration
from userbot.turn.outbound import Outbound
from userbot.turn.requests import Requests
from userbot.turn.resume import Resume
from userbot.turn.runner import Runner, Stages
from userbot.turn.settle import OutcomeReporter, Settle
from userbot.turn.store_back import StoreBack
from userbot.turn.tools import AskHere
from userbot.turn.understand.attachments import Attachments
from userbot.turn.understand.background import Background
from userbot.turn.understand.by_endpoint import ByEndpoint
from userbot.turn.understand.by_telegram import ByTelegram
from userbot.turn.understand.documents import Documents
from userbot.turn.understand.pages import LinkedPages
from userbot.turn.understand.past import Past
from userbot.turn.understand.recap import RecapRules, Recaps, RecapStage
from userbot.turn.understand.recording import Recordings
from userbot.turn.understand.replied import Replied
from userbot.turn.understand.span import Spans
from userbot.turn.understand.transcribe import Transcribe
from userbot.turn.understand.understand import Understand
from userbot.turn.understand.voice_notes import VoiceNotes
from userbot.turn.understand.words import Words
from userbot.types import ConversationId, Person, Question


class TelegramListener(Listener, Losses, Protocol):
    """Told of all that Telegram tells."""


class Adapters:
    """Telegram, and the models. `listener`: who is told of what happens in the chats."""

    def __init__(
        self,
        settings: Settings,
        gate: Gate,
        listener: TelegramListener,
        report: Report,
        timings: Timings,
    ) -> None:
        self.client = new_client(settings.telegram, gate, listener, persistent=True)
        self.people = People(self.client, report)
        self.updates = Updates(self.client, self.people, listener, report)
        self.reader = TelegramReader(self.client, self.updates, timings.page_limit)
        self.lookups = TelegramLookups(self.client, self.updates)
        self.sender = TelegramSender(self.client)
        self.transcriber = TelegramTranscriber(self.client, timings.telegram_seconds)
        self.model = OpenAIChat(settings.openai, report)
        self.speech = OpenAITranscriber(
            settings.voice, settings.openai, report, timings.transcription_seconds
        )
        self.speaker = OpenAISpeaker(settings.speech, settings.openai)

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
    tools: Mapping[str, Allowed] = field(default_factory=dict)
    """Whose questions may use the servers of [[tools]], by their names."""
    left_out: Sequence[Fault] = ()
    """The chats and people of the config that are left out of this run."""
    limits_of_others: PersonLimits | None = None
    """Those of all who are not among `limited`, if a name there could not be found out."""

    def warnings(self) -> list[Notice]:
        """What there is to say of it before anything is answered."""
        told = [(fault.told, fault.hint) for fault in self.left_out]
        return [Notice(reason="config", detail=what, hint=hint) for what, hint in told]


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
    # What a chat that is left out says of it is not known to hold.
    search = "off" if names.chats_left_out else settings.reading.search
    policy = replace(
        policy, search=search, models=settings.models, documents=settings.documents.enabled
    )
    limited, nobodys = await names.people(settings.limits.people)
    tools = await names.tools(settings.tools)
    others = strictest(settings.limits, nobodys)
    return Account(
        owner, policy, chats, limited, began >= now, tools, tuple(names.left_out), others
    )


class Services:
    """All that `app` opens and ends."""

    def __init__(
        self,
        settings: Settings,
        store_back: StoreBack,
        program: Program,
        clock: Clock,
        report: Report,
        timings: Timings = USUAL,
    ) -> None:
        store = store_back.store
        account, adapters = program.account, program.adapters
        reader, sender = adapters.reader, adapters.sender
        max_age = timedelta(minutes=settings.catch_up.max_age_minutes)

        self.store_back = store_back
        self._max_age = max_age
        self.chats = ChatRules(account.policy, account.chats, settings.trigger.from_, store)
        history = history_of(settings, store)
        self._search = SearchInChat(
            adapters.lookups,
            self.chats,
            store.transcripts,
            looking_up(settings),
            clock,
            report,
        )
        servers = tool_rules(settings, account.tools)
        self.tools = server_tools(servers, self.chats, store_back, clock, report)
        tools = self._search if self.tools is None else AllTools(self._search, self.tools)
        self._requests = Requests(settings.openai, self.chats, history, tools)
        self._timings = timings
        limits = limits_of(settings, account, timings)
        self.budget = Budget(limits, self.chats, store, clock, report)
        loops = LoopWatch()
        window = settings.history.window_tokens
        self.background = Background(reader, self.chats, window, clock, report)

        resume = Resume(self.chats, reader, store, max_age, clock, report)
        outbound = Outbound(sender, self.chats, resume, store, clock, report)
        zone = settings.limits.timezone
        self.limit_notice = LimitNotice(sender, outbound, store, zone, clock, report)
        self.outcomes = OutcomeReporter(report, self.limit_notice if settings.limits.tell else None)
        typing = Typing(sender, self.chats, clock)
        paid = ByEndpoint(adapters.speech, self.budget, clock, report)
        ffmpeg = Ffmpeg(settings.history.database, timings)
        recordings = Recordings(reader, ffmpeg, paid, store, clock, timings)
        replied = Replied(reader, store, history, self.chats, window)
        by_telegram = ByTelegram(adapters.transcriber, report)
        transcribe = Transcribe(by_telegram, recordings, store, clock, report, timings)
        words = Words(
            transcribe,
            replied,
            self.chats,
            store,
            report,
            LinkedPages(reader, clock, report, timings.page_seconds),
        )
        self._documents = DocumentProcess(settings.documents, timings)
        documents = Documents(reader, self._documents, self.chats, store, self._requests, report)
        attachments = Attachments(reader, documents, report, timings.picture_questions)
        self.messages = messages = ReplyMessages(sender, outbound, store, clock)
        self._writing = InWriting(writing_style(settings, timings), sender, messages, clock, report)
        longest = timings.silences * settings.openai.timeout
        answer = AnswerStage(
            Complete(adapters.model, self._requests, self.budget, longest, clock, report),
            self.chats,
            outbound,
            self._writing,
            store.approvals,
            ByVoice(adapters.speaker, self.budget, sender, outbound, report, self._writing),
        )
        past = Past(self.background, adapters.lookups, reader, self.chats, store, report)
        understand = Understand(words, past, attachments, history, sender, typing)
        self._recaps = Recaps(
            recap_rules(settings),
            adapters.lookups,
            reader,
            Spans(adapters.lookups, self.chats, clock, report),
            VoiceNotes(self.chats, transcribe, self.budget, store, report),
            clock,
        )
        recap = RecapStage(self._recaps, history, self.budget, sender, typing)
        style = asking_style(settings, account)
        self.approve = Approve(style, store, sender, reader, clock, report)
        settle = Settle(store, history, loops, self.outcomes, clock, self.approve)
        stages = Stages(resume, understand, recap, answer, settle, self.approve)
        self.migration = Migration(self.chats, reader, history, report)
        runner = Runner(stages, typing, self.migration, store_back, clock)
        hung = longest_seconds(settings, timings)
        self.queue = Queue(runner, settings.trigger, hung, self.chats, clock, report)
        self.verdicts = Verdicts(store, self.queue, self.approve, max_age, clock, report)

        known = adapters.people.known
        self.retries = Retries(store, self.chats, self.budget, self.queue, self.outcomes, known)
        anew = max_age if settings.trigger.edits else None
        self.edits = Edits(self.chats, self.background, self.queue, self.retries, clock, anew)
        retention = settings.history.retention_days
        self.forgetting = Forgetting(store.eraser, history, store_back, clock, retention)

        prefix = settings.trigger.prefix
        language = language_of(settings.console.language)
        texts = CommandTexts(language, prefix)
        handlers = CommandHandlers(
            texts,
            ConversationCommands(texts, store, history, self.queue, self.retries, clock),
            ChatRuleCommands(texts, self._requests, self.chats, self.queue),
            UsageCommand(texts, store, zone, clock),
            ForgetCommand(account.owner, texts, self.chats, history, self.queue, clock),
            adapters.model,
        )
        results = CommandResults(account.owner, texts, store, store_back, sender, report)
        self.commands = ChatCommands(handlers, results, reader, store, store_back, clock)
        self.doubts = Doubts(self.commands, results, store, clock, report)
        admission = Admission(
            store.questions, self.budget, self.queue, loops, self.outcomes, max_age
        )
        self.daily_recaps = DailyRecaps(
            Daily(settings.recap, None if zone is None else ZoneInfo(zone), account.owner, prefix),
            admission,
            reader,
            store_back,
            clock,
            report,
        )
        overheard = Overheard(self.chats, self.background, self.queue, report)
        receiver = Receiver(self.chats, admission, self.commands, self.verdicts, overheard, store)
        first = None if account.first else account.policy.began
        self.arrivals = Arrivals(receiver, self.chats, store, store_back, clock, first)
        self.catch_up = CatchUp(self.arrivals, self.chats, reader, max_age, clock, report)

    def leave_out_old(self, since: datetime, now: datetime) -> None:
        """Leave out what grew too old since a moment at which nothing could be answered any more,
        but for what was begun or asked again. Raises StorageError.
        """

        def is_too_old(question: Question) -> bool:
            old = grew_old(question.at, since, now, self._max_age) and not question.attempt
            store = self.store_back.store
            waited = old and store.approvals.asked_for(question)
            return old and not waited and not store.outbound.of(question)

        self.queue.stop_all(is_too_old, "too_old")

    def take_up(self, settings: Settings, account: Account) -> None:
        """From now on these hold, as far as `rules.taking_up` lets them; for what waits, too."""
        self._requests.settings = settings.openai
        self._search.style = looking_up(settings)
        if self.tools is not None:
            self.tools.rules = tool_rules(settings, account.tools)
        self._writing.style = writing_style(settings, self._timings)
        self._recaps.rules = recap_rules(settings)
        self._documents.config = settings.documents
        self.daily_recaps.daily = replace(self.daily_recaps.daily, config=settings.recap)
        self.queue.settings = settings.trigger
        self.approve.style = asking_style(settings, account)
        self.budget.limits = limits_of(settings, account, self._timings)
        self.chats.take_up(account.policy, account.chats, settings.trigger.from_)

        def is_forbidden(question: Question) -> bool:
            return forbidden_now(question, self.chats.policy) is not None

        self.queue.stop_all(is_forbidden, "not_allowed")
        self.arrivals.wake()


def tool_rules(
    settings: Settings, allowed: Mapping[str, Allowed], ask: AskHere | None = None
) -> ToolRules:
    """What the config says of tools; `allowed`: `who` of each server, with names as ids."""
    rights = {one.name: ServerRights(one, allowed[one.name]) for one in settings.tools}
    return ToolRules(rights, settings.history.window_tokens, ask)


def server_tools(
    rules: ToolRules, chats: ChatRules, store_back: StoreBack, clock: Clock, report: Report
) -> ServerTools | None:
    """The tools of [[tools]]; None where there are none: then nothing of it is imported."""
    if not rules.rights:
        return None
    from userbot.tools.mcp import McpServer

    servers = [McpServer(one.config, clock, report) for one in rules.rights.values()]
    return ServerTools(servers, rules, chats, store_back, clock, report)


def limits_of(settings: Settings, account: Account, timings: Timings) -> Limits:
    """What the config says of limits."""
    return Limits(
        settings.limits,
        account.limited,
        account.limits_of_others,
        settings.models,
        settings.openai.model,
        settings.openai.system,
        timings.limit_held_seconds,
    )


def looking_up(settings: Settings) -> LookingUp:
    """What the config says of looking things up."""
    return LookingUp(
        settings.reading,
        settings.history.window_tokens,
        settings.limits.timezone,
    )


def writing_style(settings: Settings, timings: Timings) -> WritingStyle:
    """What the config says of how answers are written."""
    pacing, own_prompt = settings.pacing, settings.trigger.own_prompt
    if timings.preview_seconds is not None:
        pacing = replace(pacing, edit_seconds=timings.preview_seconds)
    inert = Inert(settings.trigger.prefix, language_of(settings.console.language))
    return WritingStyle(pacing, own_prompt, timings.late_edit_seconds, inert)


def asking_style(settings: Settings, account: Account) -> AskingStyle:
    """What the config says of how the owner is asked."""
    saved, language = ConversationId(account.owner.id), language_of(settings.console.language)
    return AskingStyle(saved, settings.approvals, language)


def recap_rules(settings: Settings) -> RecapRules:
    """What the config says of recaps."""
    zone = settings.limits.timezone
    return RecapRules(
        settings.recap,
        settings.reading.links,
        settings.history.window_tokens,
        settings.openai.system,
        None if zone is None else ZoneInfo(zone),
        language_of(settings.console.language),
    )


def history_of(settings: Settings, store: Store) -> History:
    """What each conversation remembers."""
    idle = timedelta(minutes=settings.history.idle_reset_minutes)
    return History(store, settings.history.window_tokens, idle=idle or None)


def longest_seconds(settings: Settings, timings: Timings) -> float:
    """After how long an answer counts as hung: more than listening and asking may take together."""
    if timings.hung_seconds is not None:
        return timings.hung_seconds
    asking = 3 * timings.silences * settings.openai.timeout + PATIENCE_SECONDS
    return asking + 2 * timings.limit_held_seconds + 2 * 60 * settings.voice.max_minutes
