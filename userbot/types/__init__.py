"""The values that travel the path, from an update to an answer.

What crosses a border between rooms is one of these, never an object of Telethon or openai.
Chat and person ids are Telethon's marked ids: people positive, basic groups ``-id``,
channels and supergroups ``-100id``.
"""

from userbot.types.answers import (
    OVERLONG,
    Answer,
    ChatRequest,
    Delta,
    Entity,
    Exchange,
    Finish,
    PromptMessage,
    Recorded,
    RichText,
    StartOver,
    Usage,
)
from userbot.types.arrived import Brought, Message, OwnMessage, Quoted, Since
from userbot.types.chats import (
    CHANNELS,
    SAVED_TITLE,
    TERMINAL,
    ChatKind,
    ChatTop,
    ConversationId,
    KeptName,
    Person,
    is_basic_group,
    may_be_deleted_in,
)
from userbot.types.commands import CommandMessage, CommandNote, OpenCommand
from userbot.types.decisions import Command, Decision, Ignore, Question
from userbot.types.media import (
    Format,
    Hints,
    Loudness,
    Picture,
    Sound,
    Speech,
    Transcript,
    Voice,
)
from userbot.types.spending import Cost, Expected, Payment, Spent

__all__ = [
    "CHANNELS",
    "OVERLONG",
    "SAVED_TITLE",
    "TERMINAL",
    "Answer",
    "Brought",
    "ChatKind",
    "ChatRequest",
    "ChatTop",
    "Command",
    "CommandMessage",
    "CommandNote",
    "ConversationId",
    "Cost",
    "Decision",
    "Delta",
    "Entity",
    "Exchange",
    "Expected",
    "Finish",
    "Format",
    "Hints",
    "Ignore",
    "KeptName",
    "Loudness",
    "Message",
    "OpenCommand",
    "OwnMessage",
    "Payment",
    "Person",
    "Picture",
    "PromptMessage",
    "Question",
    "Quoted",
    "Recorded",
    "RichText",
    "Since",
    "Sound",
    "Speech",
    "Spent",
    "StartOver",
    "Transcript",
    "Usage",
    "Voice",
    "is_basic_group",
    "may_be_deleted_in",
]
