"""The reply as it is written: the model's pieces in, messages in Telegram out.

Rule 1: every message is recorded in the store, exactly as it will stand, before it leaves.
Rule 2: its random_id is derived from the question, so that sending it twice is one message.
Rule 3: the first part replies to the question, each later part to the one before it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from userbot.errors import ModelError
from userbot.messages import Answer, Ask, ChatRequest, Delta, Finish
from userbot.ports import Clock, Outbox, Store
from userbot.rules.markdown import render
from userbot.rules.random_id import random_id
from userbot.rules.window import estimated_usage


class LiveReply:
    """Writes answers in place. `secret` keys the random ids of this database."""

    def __init__(self, outbox: Outbox, store: Store, clock: Clock, secret: bytes) -> None:
        self._outbox = outbox
        self._store = store
        self._clock = clock
        self._secret = secret

    async def write(
        self, ask: Ask, request: ChatRequest, stream: AsyncIterator[Delta | Finish]
    ) -> Answer:
        """Take the model's stream to its end and write it. Raises ModelError, TelegramError."""
        pieces: list[str] = []
        finish: Finish | None = None
        async for event in stream:
            if isinstance(event, Delta):
                pieces.append(event.text)
            else:
                finish = event
        text = "".join(pieces)
        parts = render(text)
        if finish is None or not parts:
            raise ModelError("The model's answer is empty.", "Ask again.", reason="empty_answer")
        messages: list[int] = []
        for number, part in enumerate(parts):
            identity = random_id(self._secret, ask.chat, ask.message, ask.attempt, number)
            self._store.writing(ask, number, identity, part.text, self._clock.now())
            message = await self._outbox.send(
                ask.place,
                part,
                reply_to=messages[-1] if messages else ask.message,
                random_id=identity,
            )
            self._store.written(identity, message)
            messages.append(message)
        if finish.usage is None:
            # Without it the limits on tokens would never be reached.
            finish = replace(finish, usage=estimated_usage(request.messages, text))
        return Answer(text, parts[0].text, finish, tuple(messages))
