"""The tools of [[tools]], for answers: which a question may use, with what right, and their calls.

Rule 1: what is offered and what runs by itself `rules/tool_rights` decides, by what the owner wrote
in the config, by who asks, and by whose words the model has seen.
Rule 2: a call that may change something is a row before it leaves. The same call of the same
question never leaves twice: what it returned is told again, and where nobody knows, that.
Rule 3: such a call, once it has left, is brought to its end whatever becomes of its question.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from userbot.errors import ToolServerError
from userbot.events import Notice, Report, ToolCalled, Waiting, about
from userbot.ports import Clock
from userbot.rules import tool_words
from userbot.rules.tool_rights import ServerRights, named_in, offered, reaches_out, verdict
from userbot.settings import ToolsConfig
from userbot.texts import _, n_
from userbot.turn.chat_rules import ChatRules
from userbot.turn.store_back import StoreBack
from userbot.turn.tools import AskHere
from userbot.turn.turn import Turn, YesNeeded
from userbot.types import Question, RichText, Right, ToolDefinition, ToolSpec, Verdict, Wanted

READY_SECONDS: Final = 30.0
"""How long the first question that may use a server waits until it is connected."""
_ENDING_SECONDS: Final = 5.0
"""How long calls that may change something still have when the program ends."""
_IN_DOUBT: Final = (
    "This very call has left once already, and nobody knows whether it was carried out. It is not"
    " made again: say so, and that the owner should look."
)
_DONE: Final = (
    "This very call was made already; what it returned is not kept. It is not made again."
)

_DECLINED: Final = "The owner has said no. It was not done."
_TOO_LONG: Final = "This is too long for the owner to be asked for his yes. It was not done."


class ToolServer(Protocol):
    """A server of tools, as `tools.mcp.McpServer` is."""

    config: ToolsConfig
    definitions: tuple[ToolDefinition, ...]
    trouble: ToolServerError | None

    async def ready(self, seconds: float) -> None: ...

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> tuple[str, bool]: ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ToolRules:
    """What the config says of tools: rights by server, and the tokens of a request."""

    rights: Mapping[str, ServerRights]
    window_tokens: int
    ask: AskHere | None = None
    """Without it the owner is asked in Saved Messages."""


@dataclass(frozen=True, slots=True)
class _Offered:
    """A tool that a question may use now; `name`: as models call it."""

    name: str
    server: ToolServer
    definition: ToolDefinition
    right: Right
    changed: bool

    @property
    def only_reads(self) -> bool:
        """Whether the owner says so; of what changed he has not."""
        return self.right == "read" and not self.changed


class ServerTools:
    """As `turn.tools.Tools`."""

    connects = True

    def __init__(
        self,
        servers: Sequence[ToolServer],
        rules: ToolRules,
        chats: ChatRules,
        store_back: StoreBack,
        clock: Clock,
        report: Report,
    ) -> None:
        self._servers = servers
        self.rules = rules
        """As they hold now."""
        self._chats = chats
        self._store_back = store_back
        self._store = store_back.store
        self._clock = clock
        self._report = report
        self._under_way: dict[int, asyncio.Task[str]] = {}
        """By their rows: a question may change its messages meanwhile."""
        self._told: set[str] = set()

    async def connect(self, turn: Turn) -> None:
        """Wait, but not for long, until the servers are there that the question may use."""
        wanted = [one for one in self._servers if self._may_use(turn.question, one)]
        with turn.waits("tools"):
            waited = await asyncio.gather(
                *(self._ready(turn, one) for one in wanted), return_exceptions=True
            )
        away = [one for one in waited if one is not None]
        for error in {str(one): one for one in away}.values():  # the same may be true of several
            if not isinstance(error, ToolServerError):
                raise error
            told = _("{error} The question is answered without it.", error=error)
            self._report(
                Notice(
                    **about(turn.question),
                    reason="tool_server_away",
                    detail=told,
                    hint=error.hint,
                )
            )

    def specs(self, turn: Turn) -> tuple[ToolSpec, ...]:
        """As `Tools.specs`. Raises StorageError."""
        found = self._offered(turn.question)
        specs = [
            tool_words.spec_of(name, one.definition, only_reads=one.only_reads, own=not one.changed)
            for name, one in found.items()
        ]
        self._tell_changed([one.definition for one in found.values() if one.changed])
        fit = tool_words.fitting(specs, self.rules.window_tokens * tool_words.SHARE)
        out = [spec.name for spec in specs if spec not in fit]
        if out and not self._told.issuperset(out):
            self._told.update(out)
            told = n_(
                "The definition of {count} tool does not fit: {names}.",
                "The definitions of {count} tools do not fit: {names}.",
                len(out),
                names=", ".join(out),
            )
            hint = _("Name fewer tools under [[tools]], or raise window_tokens under [history].")
            self._report(Notice(reason="tools_left_out", detail=told, hint=hint))
        return fit

    def instructions(self, turn: Turn) -> str:
        """As `Tools.instructions`. Raises StorageError."""
        return tool_words.INSTRUCTIONS if self._offered(turn.question) else ""

    async def call(self, turn: Turn, name: str, arguments: Mapping[str, Any]) -> str:
        """As `Tools.call`."""
        tool = self._offered(turn.question).get(name)
        away = None
        if tool is not None:
            try:
                # The owner may have thought for an hour: it is asked what the tool is by now.
                await tool.server.ready(READY_SECONDS)
                tool = self._offered(turn.question).get(name)
            except ToolServerError as error:
                away = error
        if tool is None:
            return "There is no such tool any more."
        if not tool.only_reads:
            known = self._known(turn.question, tool, arguments)
            if known is not None:
                return known
        if away is not None:
            return self._failed(turn.question, tool, arguments, away)
        if self._verdict(turn, tool, arguments) == "ask":
            if self.rules.ask is None:
                refusal = self._refusal(turn.question, tool, arguments)
            else:
                refusal = await self._refusal_here(turn, tool, arguments, self.rules.ask)
            if refusal is not None:
                self._tell(turn.question, tool, arguments, "refused")
                return refusal
        if tool.only_reads:
            return await self._read(turn, tool, arguments)
        return await self._change(turn, tool, arguments)

    async def aclose(self) -> None:
        """End what is under way, and disconnect."""
        if self._under_way:
            await asyncio.wait(set(self._under_way.values()), timeout=_ENDING_SECONDS)
        for task in list(self._under_way.values()):
            task.cancel()
        await asyncio.gather(*(one.aclose() for one in self._servers), return_exceptions=True)

    async def _ready(self, turn: Turn, server: ToolServer) -> None:
        if not server.definitions and server.trouble is None:
            told = _("tool server “{name}”", name=server.config.name)
            self._report(
                Waiting(**about(turn.question), reason="tool_server_starts", seconds=0, detail=told)
            )
        await server.ready(READY_SECONDS)

    def _tell_changed(self, changed: Sequence[ToolDefinition]) -> None:
        """Say once of each definition that it is another than the owner knows."""
        names = [one.full_name for one in changed if one.fingerprint not in self._told]
        if not names:
            return
        self._told.update(one.fingerprint for one in changed)
        told, hint = tool_words.changes(names)
        self._report(Notice(reason="tools_changed", detail=told, hint=hint))

    def _may_use(self, question: Question, server: ToolServer) -> bool:
        """Whether a question may use any tool of a server."""
        config = self.rules.rights[server.config.name].config
        return any(self._right(question, server, tool) is not None for tool in named_in(config))

    def _right(self, question: Question, server: ToolServer, tool: str) -> Right | None:
        block = self._chats.get(question.conversation.chat)
        there = None if block is None else block.tools
        return offered(self.rules.rights[server.config.name], tool, question, there)

    def _offered(self, question: Question) -> dict[str, _Offered]:
        """The tools that a question may use, by the names under which models call them."""
        servers = {one.config.name: one for one in self._servers}
        named = tool_words.names_of([one for each in self._servers for one in each.definitions])
        found = {}
        for name, definition in named.items():
            server = servers[definition.server]
            right = self._right(question, server, definition.name)
            if right is not None:
                known = self._store.tools.see
                changed = known(definition.full_name, definition.fingerprint, self._clock.now())
                found[name] = _Offered(name, server, definition, right, changed)
        return found

    def _verdict(self, turn: Turn, tool: _Offered, arguments: Mapping[str, Any]) -> Verdict:
        rights = self.rules.rights[tool.server.config.name]
        return verdict(
            tool.right,
            own=turn.looked_up.own,
            changed=tool.changed,
            reaches_out=reaches_out(rights, tool.definition, arguments),
        )

    def _refusal(
        self, question: Question, tool: _Offered, arguments: Mapping[str, Any]
    ) -> str | None:
        """Why a call that needs the owner's yes is not made; None: he has said yes.

        Raises YesNeeded where he is to be asked.
        """
        # What only reads is asked for once a question: what he allows is this tool.
        name, every = tool.definition.full_name, tool.only_reads
        called = name if every else f"{name} {tool_words.canonical(arguments)}"
        shown = tuple(map(RichText, tool_words.asked_for(tool.definition, arguments)))
        wanted = Wanted("call", called, shown, every)
        since = self._store.tools.described_since(name)
        said = self._store.approvals.said(question, wanted, since)
        if said is None and not shown:
            return _TOO_LONG
        if said is None:
            raise YesNeeded(wanted)
        if said.word == "yes":
            return None
        if said.word == "text":
            return f"The owner has not allowed it; he says: {said.text.text}"
        return _DECLINED

    async def _refusal_here(
        self,
        turn: Turn,
        tool: _Offered,
        arguments: Mapping[str, Any],
        ask: AskHere,
    ) -> str | None:
        """The same where he sits at the keyboard: he is asked for each call."""
        shown = "".join(tool_words.asked_for(tool.definition, arguments))
        if not shown:
            return _TOO_LONG
        began = self._clock.monotonic()
        said = await ask(shown)
        # His time to think is not the tools'.
        turn.looked_up.seconds -= self._clock.monotonic() - began
        if said is None:
            told = _("{tool} needs your yes, which cannot be given here.", tool=tool.name)
            hint = _("Ask in Telegram instead. Tools with the right allow run here, too, with -n.")
            self._report(
                Notice(**about(turn.question), reason="tool_needs_yes", detail=told, hint=hint)
            )
            return "This needs the owner's yes, and he cannot be asked here. It was not done."
        return None if said else _DECLINED

    async def _read(self, turn: Turn, tool: _Offered, arguments: Mapping[str, Any]) -> str:
        self._tell(turn.question, tool, arguments)
        began = self._clock.monotonic()
        try:
            text, failed = await tool.server.call(tool.definition.name, arguments)
        except ToolServerError as error:
            return self._failed(turn.question, tool, arguments, error)
        outcome = "failed" if failed else "done"
        self._tell(turn.question, tool, arguments, outcome, self._clock.monotonic() - began)
        return tool_words.returned(tool.name, text, failed=failed)

    async def _change(self, turn: Turn, tool: _Offered, arguments: Mapping[str, Any]) -> str:
        """A call that may change something: it leaves once, and what it returned is kept."""
        question, name = turn.question, tool.definition.full_name
        call, _kept = self._made(question, tool, arguments)
        if call is None:
            written = tool_words.canonical(arguments)
            call = self._store.tools.begin(question, name, written, self._clock.now())
            assert call is not None, "it was not made"
            task = asyncio.create_task(self._carry_out(question, tool, arguments, call))
            self._under_way[call] = task
            task.add_done_callback(lambda _done: self._under_way.pop(call, None))
        return await asyncio.shield(self._under_way[call])

    def _made(
        self, question: Question, tool: _Offered, arguments: Mapping[str, Any]
    ) -> tuple[int | None, str | None]:
        written = tool_words.canonical(arguments)
        return self._store.tools.made(question, tool.definition.full_name, written)

    def _known(
        self, question: Question, tool: _Offered, arguments: Mapping[str, Any]
    ) -> str | None:
        """What is told of a call that has left already; None: it has not, or is under way."""
        call, kept = self._made(question, tool, arguments)
        if call is None or call in self._under_way:
            return None
        self._tell(question, tool, arguments, "in_doubt" if kept is None else "repeated")
        return _IN_DOUBT if kept is None else kept or _DONE

    async def _carry_out(
        self, question: Question, tool: _Offered, arguments: Mapping[str, Any], call: int
    ) -> str:
        self._tell(question, tool, arguments)
        began, store = self._clock.monotonic(), self._store.tools
        try:
            text, failed = await tool.server.call(tool.definition.name, arguments)
        except ToolServerError as error:
            if not error.left:
                self._store_back.soon(partial(store.void, call))
                return self._failed(question, tool, arguments, error)
            self._store_back.soon(partial(store.doubt, call))
            self._tell(question, tool, arguments, "in_doubt")
            return f"{_IN_DOUBT}\n{tool_words.returned(tool.name, str(error), failed=True)}"
        result = tool_words.returned(tool.name, text, failed=failed)
        self._store_back.soon(partial(store.finish, call, result))
        outcome = "failed" if failed else "done"
        self._tell(question, tool, arguments, outcome, self._clock.monotonic() - began)
        return result

    def _failed(
        self,
        question: Question,
        tool: _Offered,
        arguments: Mapping[str, Any],
        error: ToolServerError,
    ) -> str:
        self._tell(question, tool, arguments, "failed")
        failed = Notice(**about(question), reason="tool_failed", detail=str(error), hint=error.hint)
        self._report(failed)
        return tool_words.returned(tool.name, str(error), failed=True)

    def _tell(
        self,
        question: Question,
        tool: _Offered,
        arguments: Mapping[str, Any],
        outcome: str | None = None,
        seconds: float | None = None,
    ) -> None:
        self._report(
            ToolCalled(
                **about(question),
                name=tool.definition.full_name,
                text=tool_words.glimpse(tool.definition, arguments),
                server=tool.definition.server,
                outcome=outcome,
                seconds=seconds,
            )
        )
