"""The typed sections of config.toml: values, checked once by `config.load`.

Names and defaults are a contract with the people who write the file. None stands for a key
that is not set. Secrets are kept out of `repr`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, MinLen

Respond = Literal["all", "mention", "prefix", "off"]
Whom = Literal["me", "contacts", "anyone"] | tuple[str | int, ...]
"""Who may ask: a word, or a list of @names and ids."""
Natural = Annotated[int, Ge(0)]
Seconds = Annotated[float, Ge(0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """Another Telegram than the usual one: its test data centre, or one of your own."""

    dc: Annotated[int, Ge(1), Le(5)]
    host: str
    port: Annotated[int, Ge(1), Le(65535)]
    public_key: Path | None = None
    """None: one of the keys that every client knows, as Telegram's test data centre has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramConfig:
    api_id: Annotated[int, Gt(0), Le(2**31 - 1)]
    api_hash: Annotated[str, MinLen(1)] = field(repr=False)
    session: Path = Path("sessions/me")
    proxy: str | None = field(default=None, repr=False)
    device: str | None = None
    server: ServerConfig | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAIConfig:
    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    proxy: str | None = field(default=None, repr=False)
    model: Annotated[str, MinLen(1)] = "gpt-5.4-mini"
    system: str = (
        "You are a helpful assistant in a Telegram chat. Answer in the language of the question, "
        "briefly unless asked for more. Markdown is fine."
    )
    temperature: Annotated[float, Ge(0), Le(2)] | None = None
    max_completion_tokens: Annotated[int, Gt(0)] | None = None
    reasoning_effort: str | None = None
    timeout: Annotated[float, Gt(0)] = 60
    stream: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceConfig:
    enabled: bool = True
    model: Annotated[str, MinLen(1)] = "whisper-1"
    fallback_model: str = "gpt-transcribe"
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    language: str | None = None
    prompt: str | None = None
    show: Literal["transcript", "answer", "both"] = "answer"
    max_minutes: Annotated[float, Gt(0)] = 30
    answer_as: Literal["text", "voice", "same"] = "text"
    wake_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerConfig:
    prefix: Annotated[str, MinLen(1)] = "/gpt"
    from_: Whom = "me"
    own_prompt: Literal["reply", "edit"] = "reply"
    burst_seconds: Seconds = 1.5
    edits: bool = False
    stand_down: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatVoiceConfig:
    """What a chat's `voice = {…}` says instead of [voice]."""

    enabled: bool | None = None
    language: str | None = None
    prompt: str | None = None
    show: Literal["transcript", "answer", "both"] | None = None
    answer_as: Literal["text", "voice", "same"] | None = None
    wake_words: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatConfig:
    """One block of [[chats]]; `id`, `respond` and `from` have no default."""

    id: str | int
    respond: Respond
    from_: Whom
    system: str | None = None
    model: Annotated[str, MinLen(1)] | None = None
    voice: ChatVoiceConfig | None = None
    context_messages: Annotated[int, Ge(0), Le(100)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What commands in a chat have set; it beats the file. None: nothing was set."""

    respond: Respond | None = None
    from_: Literal["me", "contacts", "anyone"] | None = None
    system: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryConfig:
    database: Path = Path("sessions/history.db")
    window_tokens: Annotated[int, Ge(256)] = 8000
    idle_reset_minutes: Natural = 0
    retention_days: Natural = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLimits:
    requests_per_minute: Natural | None = None
    tokens_per_day: Natural | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Money per million tokens and per minute of audio, in a currency of your choice."""

    input: Annotated[float, Ge(0)] | None = None
    output: Annotated[float, Ge(0)] | None = None
    audio_minute: Annotated[float, Ge(0)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsConfig:
    """Zero means none; an unset one (None) means unlimited."""

    requests_per_minute: Natural = 6
    tokens_per_day: Natural = 200_000
    answers_per_hour: Natural = 60
    own_tokens_per_day: Natural | None = None
    cost_per_day: Annotated[float, Ge(0)] | None = None
    tell: bool = False
    timezone: str | None = None
    people: dict[str, PersonLimits] = field(default_factory=dict)
    prices: Prices | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PacingConfig:
    edit_seconds: Annotated[float, Ge(0.5)] = 2.0
    max_previews: Natural = 12
    writes_per_second: Annotated[float, Gt(0)] = 1.0
    burst: Annotated[int, Ge(1)] = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUpConfig:
    max_age_minutes: Annotated[float, Ge(0), Le(525_600)] = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleConfig:
    language: Literal["en", "ru"] | None = None
    log_file: Path | None = None
    log_text: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole configuration; each room of the program receives only its section."""

    telegram: TelegramConfig
    openai: OpenAIConfig = OpenAIConfig()
    voice: VoiceConfig = VoiceConfig()
    trigger: TriggerConfig = TriggerConfig()
    chats: tuple[ChatConfig, ...] = ()
    history: HistoryConfig = HistoryConfig()
    limits: LimitsConfig = field(default_factory=LimitsConfig)
    pacing: PacingConfig = PacingConfig()
    catch_up: CatchUpConfig = CatchUpConfig()
    console: ConsoleConfig = ConsoleConfig()
