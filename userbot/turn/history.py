"""The exchanges of the conversations that are going on, in memory.

A conversation is loaded from the store once, then grows with each answer; the window keeps it
small. Those that were silent for longest are let go: the store still has them.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta

from userbot.rules import prompt
from userbot.rules.window import (
    WindowState,
    calibrated,
    estimate,
    estimate_messages,
    shrunk,
    window,
)
from userbot.storage.store import Store
from userbot.types import ConversationId, Exchange, PromptMessage, Question, Quoted, Usage

CONVERSATIONS = 256
"""How many conversations are loaded at once."""
_DRAFTS_SHARE = 1 / 4
"""Of a request's tokens, for answers that are not sent yet."""
_SHORTEST_EXCHANGE = 40
"""Tokens; how many exchanges are read from the store at most is the budget divided by this."""


@dataclass(slots=True)
class _Loaded:
    exchanges: list[Exchange]
    state: WindowState
    named: bool = False
    shown: tuple[Exchange, ...] = ()
    messages: tuple[PromptMessage, ...] = ()
    """What the model saw of the exchanges `shown` last."""

    def fit(self, beside: int = 0) -> tuple[Exchange, ...]:
        """Keep the exchanges that fit beside so many estimated tokens, and give them."""
        kept, self.state = window(self.exchanges, self.state, beside)
        if len(kept) < len(self.exchanges) or (kept and kept[0] is not self.exchanges[0]):
            self.exchanges = list(kept)
        return kept

    def as_prompt(self, beside: int, *, named: bool) -> tuple[PromptMessage, ...]:
        """What the model sees of those that fit; what it has seen before is not made anew."""
        kept = self.fit(beside)
        if named != self.named or kept[: len(self.shown)] != self.shown:
            self.named, self.shown, self.messages = named, (), ()
        self.messages += prompt.said_before(kept[len(self.shown) :], named=named)
        self.shown = kept
        return self.messages


class History:
    """What each conversation remembers. Its calls raise StorageError."""

    def __init__(
        self,
        store: Store,
        window_tokens: int,
        *,
        conversations: int = CONVERSATIONS,
        idle: timedelta | None = None,
    ) -> None:
        """`idle`: a conversation that was silent for so long begins anew."""
        self._store = store
        self._idle = idle
        self.window_tokens = window_tokens
        """Of one request, at most."""
        self._conversations = conversations
        self._loaded: OrderedDict[ConversationId, _Loaded] = OrderedDict()
        self._version = store.database.data_version()

    def messages(
        self,
        system: str,
        question: Question,
        quoted: Quoted | None = None,
        background: str = "",
        beside: int = 0,
        *,
        drafts: bool = False,
    ) -> tuple[PromptMessage, ...]:
        """What the model sees of a question, with as much of the past as fits.

        `beside`: estimated tokens of all else in the request. `drafts`: with the answers there that
        wait for the owner's yes, marked as not sent.
        """
        alone = prompt.build(system, question, quoted, background)
        if question.switches.by_itself:
            return alone
        named, not_sent = question.kind.several_people, tuple[PromptMessage, ...]()
        if drafts and (waiting := self._drafts(question)):
            beside += sum(estimate(one.question) + estimate(one.answer) for one in waiting)
            not_sent = prompt.said_before(waiting, named=named)
        loaded = self._load(question.conversation)
        past = loaded.as_prompt(estimate_messages(alone) + beside, named=named)
        return (*alone[:-1], *past, *not_sent, alone[-1])

    def _drafts(self, question: Question) -> list[Exchange]:
        """The newest of them that are not too long together."""
        room, kept = self.window_tokens * _DRAFTS_SHARE, list[Exchange]()
        found = self._store.approvals.drafts(question.conversation, question.id)
        for number, text in reversed(found):
            earlier = self._store.questions.find(number)
            asked = prompt.asked(earlier, self._store.quotes.of(number))
            room -= estimate(asked) + estimate(text)
            if room < 0:
                break
            kept.insert(0, Exchange(earlier.sender.name, prompt.not_sent(asked), text, number))
        return kept

    def room(self, conversation: ConversationId) -> float:
        """Estimated tokens that a request of the conversation may have, all together."""
        state = self._load(conversation).state
        return state.budget / state.ratio

    def begin(self, question: Question) -> None:
        """A question is about to be answered: if its conversation was silent long, it is new.

        Of one that is answered anew the old exchange is none any more.
        """
        loaded = self._loaded.get(question.conversation)
        if loaded is not None and any(one.id == question.id for one in loaded.exchanges):
            self.forget(question.conversation)
        if self._idle is None:
            return
        last = self._store.conversations.last_answered(question.conversation)
        if last is not None and question.at - last > self._idle:
            self._store.conversations.begin_anew(question.conversation, question.id - 1)
            self.forget(question.conversation)

    def shrink(self, conversation: ConversationId, estimated: int) -> None:
        """A request of so many estimated tokens was too long for the model: use half of that.

        Only the window is smaller from now on; the store keeps every word.
        """
        loaded = self._load(conversation)
        loaded.state = shrunk(loaded.state, estimated)

    def exchanges(self, conversation: ConversationId, beside: int = 0) -> tuple[Exchange, ...]:
        """Those of a conversation that fit beside so many estimated tokens, oldest first."""
        return self._load(conversation).fit(beside)

    def remember(
        self, conversation: ConversationId, exchange: Exchange, usage: Usage | None, estimated: int
    ) -> None:
        """Append an exchange. `usage` is what its request cost, `estimated` at so many tokens.

        Whether it still fits is seen when the next request is put together.
        A conversation that is not in memory is not loaded for it: the store gives it later.
        So this needs no store, and cannot fail: the answer stands already.
        """
        loaded = self._loaded.get(conversation)
        if loaded is None:
            return
        loaded.exchanges.append(exchange)
        if usage is not None and not usage.estimated:
            loaded.state = calibrated(loaded.state, estimated, usage.prompt_tokens)

    def holds(self, conversation: ConversationId, exchange: int) -> bool:
        """Whether the model sees this exchange, by its question's id, in the conversation."""
        return any(loaded.id == exchange for loaded in self.exchanges(conversation))

    def forget(self, conversation: ConversationId) -> None:
        """Let go of a conversation: it is read from the store again when it is next needed."""
        self._loaded.pop(conversation, None)

    def clear(self) -> None:
        """Let go of every conversation."""
        self._loaded.clear()

    def _load(self, conversation: ConversationId) -> _Loaded:
        version = self._store.database.data_version()
        if version != self._version:
            self._loaded.clear()  # another process has written: `history --clear` took words away
            self._version = version
        loaded = self._loaded.get(conversation)
        if loaded is None:
            exchanges = self._store.conversations.exchanges(
                conversation, newest=max(1, self.window_tokens // _SHORTEST_EXCHANGE)
            )
            loaded = self._loaded[conversation] = _Loaded(
                exchanges, WindowState(budget=self.window_tokens)
            )
            if len(self._loaded) > self._conversations:
                self._loaded.popitem(last=False)
        else:
            self._loaded.move_to_end(conversation)
        return loaded
