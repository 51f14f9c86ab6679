"""The values that travel the path, from an update to an answer.

What crosses a border between rooms is one of these, never an object of Telethon or openai.
Chat and person ids are Telethon's marked ids: people positive, basic groups ``-id``,
channels and supergroups ``-100id``.
"""

from userbot.types.answers import (
    CUT,
    OVERLONG,
    Answer,
    ChatRequest,
    Cost,
    Delta,
    Exchange,
    Expected,
    Finish,
    Payment,
    PromptMessage,
    Recorded,
    Spent,
    Usage,
)
from userbot.types.approvals import (
    Approval,
    ApprovalEnd,
    ApprovalKind,
    Ending,
    RequestPart,
    Wanted,
)
from userbot.types.arrived import (
    Brought,
    Came,
    LinkedPage,
    Message,
    OwnMessage,
    Quoted,
    ReplyPart,
    Since,
)
from userbot.types.chats import (
    CHANNELS,
    SAVED_TITLE,
    TERMINAL,
    ChatKind,
    ChatTop,
    ConversationId,
    Dialog,
    KeptName,
    Person,
    is_basic_group,
    may_be_deleted_in,
)
from userbot.types.decisions import (
    AS_EVER,
    Command,
    CommandMessage,
    CommandNote,
    Decision,
    Ignore,
    OpenCommand,
    Question,
    Recap,
    Switches,
)
from userbot.types.lookups import Scope, Search, Source, ToolCall, ToolRound, ToolSpec
from userbot.types.media import (
    TELEGRAM,
    UNREAD,
    Document,
    DocumentText,
    Format,
    Hints,
    Loudness,
    Page,
    Picture,
    ReadDocument,
    Sound,
    Speech,
    Transcript,
    Voice,
)
from userbot.types.rich_text import Entity, RichText
from userbot.types.tools import Right, ToolDefinition, Verdict
