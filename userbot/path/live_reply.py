"""The reply as it is written: the model's pieces in, messages in Telegram out.

Reading the model and writing to Telegram go on beside each other; the newest text wins.
Cancelled, it leaves what stands.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial

from userbot.events import Report
from userbot.path.draft import Draft
from userbot.path.first_text import FirstText
from userbot.path.parts import Parts
from userbot.path.patience import Patience
from userbot.path.storing import Storing
from userbot.path.writes import Writes
from userbot.path.written_reply import WrittenReply
from userbot.ports import Clock, Sender
from userbot.rules import pacing
from userbot.rules.own_prompt import above_answer, below_prompt, prompt_of
from userbot.rules.pacing import Pace
from userbot.rules.window import estimated_usage
from userbot.settings import PacingConfig
from userbot.storage.store import Store
from userbot.types import (
    Answer,
    ChatRequest,
    Delta,
    Finish,
    Question,
    StartOver,
)


class LiveReply:
    """Writes answers in place. `secret` keys the random ids of this database.

    `own_prompt`: as in [trigger], whether the owner's own message becomes prompt and answer.
    `told`: an error's sentence as the owner reads it, in his language.
    """

    def __init__(
        self,
        pacing: PacingConfig,
        sender: Sender,
        writes: Writes,
        store: Store,
        storing: Storing,
        patience: Patience,
        clock: Clock,
        report: Report,
        secret: bytes,
        first_text: FirstText,
        own_prompt: str,
        told: Callable[[str], str],
    ) -> None:
        self._first_text = first_text
        self._own_prompt = own_prompt
        self._told = told
        self._pacing = pacing
        self._sender = sender
        self._writes = writes
        self._store = store
        self._storing = storing
        self._patience = patience
        self._clock = clock
        self._report = report
        self._secret = secret

    async def begun(self, ask: Question) -> bool:
        """Whether an earlier run has begun to write the answer."""
        return bool(await self._storing.done(lambda: self._store.outbound.standing(ask), ask))

    async def write(
        self,
        ask: Question,
        request: ChatRequest,
        stream: AsyncIterator[Delta | Finish | StartOver],
        on_text: Callable[[], None] = lambda: None,
    ) -> Answer:
        """Take the model's stream to its end and write it. `on_text`: the first text stands.

        Raises ModelError and TelegramError; what was shown by then is closed, if it can be.
        """
        draft = Draft(self._clock)
        above = above_answer(ask, self._own_prompt, self._clock.now())
        sender, store, clock = self._sender, self._store, self._clock
        in_place = above is not None
        begin = partial(
            Parts,
            ask,
            sender,
            self._writes,
            store,
            clock,
            self._secret,
            self._first_text,
            in_place=in_place,
        )
        parts = await self._storing.done(begin, ask)
        pace = Pace(edit_seconds=self._pacing.edit_seconds, max_previews=self._pacing.max_previews)
        if parts.in_place and above is None:
            above = prompt_of(ask)  # it was begun under other rules; the owner's words stay
        if parts.taken_up:
            pace = pacing.ended(pace)  # previews would shrink what stands, before it grows again
        reply = WrittenReply(
            ask,
            draft,
            parts,
            pace,
            sender,
            self._storing,
            self._patience,
            clock,
            self._report,
            on_text,
            above or "",
            self._told,
        )
        reading = asyncio.create_task(draft.read(stream))
        try:
            await reply.show()
        finally:
            reading.cancel()
            await asyncio.wait({reading})
        return _answer(ask, request, draft, parts)


def _answer(ask: Question, request: ChatRequest, draft: Draft, parts: Parts) -> Answer:
    finish = draft.finish or Finish("deleted", None, request.model)
    if finish.usage is None:
        # Without it the limits on tokens would never be reached.
        finish = replace(finish, usage=estimated_usage(request.messages, draft.text))
    shown = parts.standing[0].text.text
    if parts.in_place:
        shown = below_prompt(ask, shown)
    return Answer(draft.text, shown, finish, parts.messages)
