"""The typed sections of config.toml: each key once, with its type, its range and its default.

Names and defaults are a contract with the people who write the file. None stands for a key
that is not set. Secrets are kept out of `repr`, and no value is told in an error. Types are strict:
"6" is no number, and 1 is not true. What types cannot say, `userbot.config.validate` does.
pydantic reads the tables of a file as these; what the program builds itself is not checked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt, Le
from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Strict, Tag
from pydantic import StringConstraints as Constraints
from pydantic_core import PydanticCustomError


def _path(value: Any) -> Any:
    if isinstance(value, str) and (not value.strip() or "\0" in value):
        raise PydanticCustomError("path_type", "no file can have this name")
    return value


def _word_or_list(value: Any) -> str:
    return "list" if isinstance(value, list | tuple) else "word"


Flag = Annotated[bool, Strict()]
Whole = Annotated[int, Strict()]
Natural = Annotated[Whole, Ge(0)]
Number = Annotated[float, Strict(), Le(10**15)]
Amount = Annotated[Number, Ge(0)]
Filled = Annotated[str, Constraints(pattern=r"\S")]
File = Annotated[Path, BeforeValidator(_path)]
Respond = Literal["all", "mention", "prefix", "off"]
Show = Literal["transcript", "answer", "both"]
AnswerAs = Literal["text", "voice", "same"]
MaySearch = Literal["off", "me", "askers"]
Sending = Literal["send", "ask"]
"""Whether answers are sent by themselves, or wait for the owner's yes."""
Whom = Annotated[
    Annotated[Literal["me", "contacts", "anyone"], Tag("word")]
    | Annotated[tuple[str | Whole, ...], Tag("list")],
    Discriminator(_word_or_list),
]
"""Who may ask: a word, or a list of @names and ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """Another Telegram than the usual one: its test data centre, or one of your own."""

    dc: Annotated[Whole, Ge(1), Le(5)]
    host: str
    port: Annotated[Whole, Ge(1), Le(65535)]
    public_key: File | None = None
    """None: one of the keys that every client knows, as Telegram's test data centre has."""

    @property
    def is_here(self) -> bool:
        """Whether it runs on this computer, as the sandbox does."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramConfig:
    api_id: Annotated[Whole, Gt(0), Le(2**31 - 1)]
    api_hash: Filled = field(repr=False)
    session: File = Path("sessions/me")
    proxy: str | None = field(default=None, repr=False)
    device: str | None = None
    server: ServerConfig | None = None

    @property
    def in_sandbox(self) -> bool:
        """Whether this Telegram is one of the sandbox, where somebody writes in a terminal."""
        return self.server is not None and self.server.is_here


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAIConfig:
    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    proxy: str | None = field(default=None, repr=False)
    model: Filled = "gpt-5.4-mini"
    system: str = (
        "You are a helpful assistant in a Telegram chat. Answer in the language of the question, "
        "briefly unless asked for more. Markdown is fine."
    )
    temperature: Annotated[Number, Ge(0), Le(2)] | None = None
    max_completion_tokens: Annotated[Whole, Gt(0)] | None = None
    reasoning_effort: str | None = None
    timeout: Annotated[Number, Gt(0)] = 60
    stream: Flag = True
    fallbacks: tuple[Filled, ...] = ()
    api: Literal["chat", "responses"] = "chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceConfig:
    enabled: Flag = True
    engine: Literal["endpoint", "telegram", "telegram_first"] = "endpoint"
    telegram_trial: Flag = False
    model: Filled = "whisper-1"
    fallback_model: str = "gpt-transcribe"
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    language: str | None = None
    prompt: str | None = None
    show: Show = "answer"
    max_minutes: Annotated[Number, Gt(0)] = 30
    answer_as: AnswerAs = "text"
    wake_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechConfig:
    """How answers are spoken."""

    model: Filled = "tts-1"
    voice: Filled = "alloy"
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerConfig:
    prefix: Filled = "/gpt"
    from_: Annotated[Whom, Field(validation_alias="from")] = "me"
    own_prompt: Literal["reply", "edit"] = "reply"
    mark: str = ""
    burst_seconds: Amount = 1.5
    edits: Flag = False
    stand_down: Flag = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatVoiceConfig:
    """What a chat's `voice = {…}` says instead of [voice]."""

    enabled: Flag | None = None
    language: str | None = None
    prompt: str | None = None
    show: Show | None = None
    answer_as: AnswerAs | None = None
    wake_words: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatConfig:
    """One block of [[chats]]; `id`, `respond` and `from` have no default."""

    id: str | int
    respond: Respond
    from_: Annotated[Whom, Field(validation_alias="from")]
    system: str | None = None
    model: Filled | None = None
    voice: ChatVoiceConfig | None = None
    context_messages: Annotated[Whole, Ge(0), Le(100)] = 0
    search: MaySearch | None = None
    answer: Sending = "send"
    draft_after: Annotated[Amount, Le(3600)] = 20.0
    tools: tuple[Filled, ...] | None = None
    """Which servers of [[tools]] are there, by name; None: all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What commands in a chat have set; it beats the file. None: nothing was set."""

    respond: Respond | None = None
    from_: Literal["me", "contacts", "anyone"] | None = None
    system: str | None = None
    model: str | None = None
    answer: Sending | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryConfig:
    database: File = Path("sessions/history.db")
    window_tokens: Annotated[Whole, Ge(256)] = 8000
    idle_reset_minutes: Natural = 0
    retention_days: Natural = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLimits:
    requests_per_minute: Natural | None = None
    tokens_per_day: Natural | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Dollars per million tokens and per minute of audio."""

    input: Amount | None = None
    output: Amount | None = None
    audio_minute: Amount | None = None
    cached_input: Amount | None = None
    cache_write: Amount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList(Prices):
    """The prices of all models but those that have a table of their own."""

    models: dict[str, Prices] = field(default_factory=dict, metadata={"by_name": True})
    """[limits.prices.NAME], where NAME is one of [models], or a model."""


def _by_name(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    keys = Prices.__dataclass_fields__
    own = {key: one for key, one in value.items() if isinstance(one, dict) and key not in keys}
    rest = {key: one for key, one in value.items() if key not in own}
    return rest | ({"models": own} if own else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsConfig:
    """Zero means none; an unset one (None) means unlimited."""

    requests_per_minute: Natural = 6
    tokens_per_day: Natural = 200_000
    answers_per_hour: Natural = 60
    own_tokens_per_day: Natural | None = None
    cost_per_day: Amount | None = None
    tell: Flag = False
    timezone: str | None = None
    people: dict[str, PersonLimits] = field(default_factory=dict)
    prices: Annotated[PriceList, BeforeValidator(_by_name)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PacingConfig:
    edit_seconds: Annotated[Number, Ge(0.5)] = 2.0
    max_previews: Natural = 12
    writes_per_second: Annotated[Number, Gt(0)] = 1.0
    burst: Annotated[Whole, Ge(1)] = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUpConfig:
    max_age_minutes: Annotated[Number, Ge(0), Le(525_600)] = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleConfig:
    language: Literal["en", "ru"] | None = None
    log_file: File | None = None
    log_text: Flag = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingConfig:
    """What an answer may look up in the chat that it stands in, and for whom."""

    search: MaySearch = "off"
    searches: Annotated[Whole, Ge(1), Le(50)] = 8
    links: Flag = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentsConfig:
    """How much of a document is read."""

    enabled: Flag = True
    max_mb: Annotated[Number, Gt(0), Le(100)] = 20
    max_pages: Annotated[Whole, Ge(1), Le(1000)] = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolsConfig:
    """One block of [[tools]]: a server, how it is reached, and the rights of its tools."""

    name: Filled
    command: tuple[Filled, ...] = ()
    url: Filled | None = field(default=None, repr=False)
    env: dict[str, str] = field(default_factory=dict, repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    who: Whom = "me"
    read: tuple[Filled, ...] = ()
    ask: tuple[Filled, ...] = ()
    allow: tuple[Filled, ...] = ()
    open: tuple[Filled, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecapConfig:
    """How much `/gpt_recap` reads, and when it comes by itself."""

    max_messages: Annotated[Whole, Ge(1), Le(10_000)] = 1000
    max_days: Annotated[Whole, Ge(1), Le(366)] = 14
    at: Annotated[str, Constraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] | None = None
    chats: tuple[str | Whole, ...] = ()
    voice: Flag = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalsConfig:
    """How the owner is asked for his yes, and how long that is waited for."""

    ring: Flag = True
    wait_minutes: Annotated[Number, Gt(0), Le(10_080)] = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole configuration; each room of the program receives only its section."""

    __pydantic_config__ = ConfigDict(
        extra="forbid", hide_input_in_errors=True, allow_inf_nan=False
    )  # of its sections, too

    telegram: TelegramConfig
    openai: OpenAIConfig = OpenAIConfig()
    models: dict[str, Filled] = field(default_factory=dict)
    """Names for models, which a question may use (`-m`)."""
    voice: VoiceConfig = VoiceConfig()
    speech: SpeechConfig = SpeechConfig()
    trigger: TriggerConfig = TriggerConfig()
    chats: tuple[ChatConfig, ...] = ()
    history: HistoryConfig = HistoryConfig()
    limits: LimitsConfig = LimitsConfig()
    pacing: PacingConfig = PacingConfig()
    catch_up: CatchUpConfig = CatchUpConfig()
    console: ConsoleConfig = ConsoleConfig()
    reading: ReadingConfig = ReadingConfig()
    documents: DocumentsConfig = DocumentsConfig()
    tools: tuple[ToolsConfig, ...] = ()
    recap: RecapConfig = RecapConfig()
    approvals: ApprovalsConfig = ApprovalsConfig()
