"""The values that travel the path, from an update to an answer.

What crosses a border between rooms is one of these, never an object of Telethon or openai.
Chat and person ids are Telethon's marked ids: people positive, basic groups ``-id``,
channels and supergroups ``-100id``.
"""

from userbot.messages.answers import (
    OVERLONG,
    Answer,
    ChatRequest,
    Delta,
    Entity,
    Finish,
    PromptMessage,
    Recorded,
    RichText,
    StartOver,
    Turn,
    Usage,
)
from userbot.messages.arrived import Brought, Incoming, OwnMessage, Quoted, Since
from userbot.messages.chats import (
    CHANNELS,
    SAVED_TITLE,
    TERMINAL,
    ChatKind,
    ChatTop,
    KeptName,
    Person,
    Place,
    is_basic_group,
    may_be_deleted_in,
)
from userbot.messages.commands import CommandMessage, CommandNote, OpenCommand
from userbot.messages.decisions import Ask, Command, Decision, Ignore
from userbot.messages.media import (
    Format,
    Hints,
    Loudness,
    Picture,
    Sound,
    Speech,
    Transcript,
    Voice,
)
from userbot.messages.spending import Cost, Expected, Owed, Spent

__all__ = [
    "CHANNELS",
    "OVERLONG",
    "SAVED_TITLE",
    "TERMINAL",
    "Answer",
    "Ask",
    "Brought",
    "ChatKind",
    "ChatRequest",
    "ChatTop",
    "Command",
    "CommandMessage",
    "CommandNote",
    "Cost",
    "Decision",
    "Delta",
    "Entity",
    "Expected",
    "Finish",
    "Format",
    "Hints",
    "Ignore",
    "Incoming",
    "KeptName",
    "Loudness",
    "OpenCommand",
    "Owed",
    "OwnMessage",
    "Person",
    "Picture",
    "Place",
    "PromptMessage",
    "Quoted",
    "Recorded",
    "RichText",
    "Since",
    "Sound",
    "Speech",
    "Spent",
    "StartOver",
    "Transcript",
    "Turn",
    "Usage",
    "Voice",
    "is_basic_group",
    "may_be_deleted_in",
]
