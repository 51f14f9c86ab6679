"""What the path writes into Telegram through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from userbot.types import ConversationId, RichText, Speech

Write = Literal["send", "edit", "delete"]
"""What Telegram counts apart: a pause that it asks for holds one of them."""


class Outbox(Protocol):
    """Writes into Telegram, in place. A write takes its turn first, then leaves at once.

    Every call but `typing` may raise ChatRefusedError, when the chat takes nothing from us, and
    AccountStoppedError, when the account may not write at all.
    """

    def check(self, conversation: ConversationId) -> None:
        """Raise if it is known already that nothing may be written here."""
        ...

    async def turn(self, conversation: ConversationId, write: Write, title: str = "") -> None:
        """Wait until a first text or an end may leave; waits that are felt are shown.

        `title`: how the chat is called when a wait is shown.
        """
        ...

    def spare(self, conversation: ConversationId, write: Write) -> bool:
        """Take a turn if nobody else needs it: the way of a preview."""
        ...

    def slow(self, conversation: ConversationId) -> bool:
        """Whether the chat was found to be in slow mode: an answer is one message there."""
        ...

    async def send(
        self,
        conversation: ConversationId,
        text: RichText,
        *,
        reply_to: int | None,
        random_id: int,
        silent: bool = False,
    ) -> int:
        """Send a message and give its id; `silent`: nobody's phone rings.

        Raises PauseAskedError when it did not leave and another turn is needed,
        MessageGoneError when `reply_to` is not there, WriteInDoubtError when it may stand all
        the same, else TelegramError.
        """
        ...

    async def edit(self, conversation: ConversationId, message: int, text: RichText) -> None:
        """Put another text into a message of ours; the same text again is fine.

        Raises PauseAskedError when it did not leave and another turn is needed,
        MessageGoneError when the message is not there, else TelegramError.
        """
        ...

    async def typing(self, conversation: ConversationId, typing: bool) -> bool:
        """Show that an answer is being written, or no longer; whether it was. Never raises."""
        ...


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A voice note that Telegram has and nobody sees; `file`: the outbox's own word for it."""

    speech: Speech
    file: object


class VoiceOutbox(Outbox, Protocol):
    """Voice notes into Telegram, in place."""

    def takes_voice(self, conversation: ConversationId) -> bool:
        """False once Telegram has said that voice notes are not taken there."""
        ...

    async def upload_voice(self, conversation: ConversationId, speech: Speech) -> Uploaded:
        """Bring a voice note to Telegram, where nobody sees it yet; it can be sent once.

        It takes no turn. Raises VoiceRefusedError when it cannot be, and as `check` does.
        """
        ...

    async def send_voice(
        self,
        conversation: ConversationId,
        uploaded: Uploaded,
        caption: RichText,
        *,
        reply_to: int | None,
        random_id: int,
    ) -> int:
        """Send a voice note and give its id. Raises VoiceRefusedError, and as `send` does."""
        ...
