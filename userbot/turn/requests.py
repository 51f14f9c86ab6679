"""What the model is asked with: system, history, background, the question, its pictures, tools and
what they have found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from userbot.rules import documents, linked_pages, recap, tool_rounds
from userbot.rules.prompt import request, written_anew
from userbot.rules.window import estimate, estimate_request, estimate_tools, halved, is_long
from userbot.settings import ChatConfig, OpenAIConfig
from userbot.turn.chat_rules import ChatRules
from userbot.turn.history import History
from userbot.turn.tools import Tools
from userbot.turn.turn import Material, Turn
from userbot.types import ChatRequest, ToolRound, ToolSpec

_TIGHT = 0.5
"""Of their room, what documents have in a request that is to be shorter."""


class Requests:
    """Builds requests from what a turn holds and its conversation remembers."""

    def __init__(
        self,
        settings: OpenAIConfig,
        chats: ChatRules,
        history: History,
        tools: Tools | None = None,
    ) -> None:
        self.settings = settings
        """[openai] as it holds now."""
        self.tools = tools
        """What models may call; None: nothing."""
        self._chats = chats
        self._history = history

    def build(self, turn: Turn) -> ChatRequest:
        """The request of a turn; a tight one does without the background. Raises StorageError.

        One with a schema asks what to look up, and not for the answer.
        """
        material = turn.material
        assert material is not None
        if material.said is not None and turn.summing is not None:
            turn.summing = turn.summing.asking()
            system, owner = self.settings.system, turn.question.sender.name
            prompt = recap.messages(system, material.said, owner, turn.summing)
            chat = self._chats.get(turn.question.conversation.chat)
            return request(self.settings, chat, prompt, switches=turn.question.switches)
        specs = self.specs(turn)
        return self._with_tools(turn, self._plain(turn, specs), specs)

    def specs(self, turn: Turn) -> tuple[ToolSpec, ...]:
        """What may be called for a turn now."""
        tools, looked_up = self._tools_of(turn), turn.looked_up
        if tools is None or looked_up.no_more_calls or len(looked_up.rounds) >= tool_rounds.ROUNDS:
            return ()
        return tools.specs(turn)

    def shrink(self, turn: Turn) -> bool:
        """The request was too long for the model: the next is shorter. Raises StorageError.

        First by what was found; then it is tight, and the window becomes smaller, and stays so.
        The store keeps every word. False where there is nothing to leave out.
        """
        if turn.summing is not None:
            smaller = turn.summing.smaller(turn.estimated)
            if smaller is None:
                return False
            turn.summing = smaller
        elif turn.looked_up.rounds and not turn.looked_up.found_shorter:
            turn.looked_up.found_shorter = True
        elif (turn.tight and turn.whole_request is None) or not self._has_more(turn):
            return False
        else:
            self._shrink_history(turn, turn.estimated)
            turn.tight = True
        turn.request = turn.whole_request = None
        return True

    def halve(self, turn: Turn) -> bool:
        """Perhaps the request was too long: the next has half of the history and no background.

        Gives whether that makes it shorter. Nothing stays of it: `stays_half` or `whole_again`
        tells what came of it. Raises StorageError.
        """
        whole = turn.request
        window = self._history.window_tokens
        if turn.summing is not None or whole is None or turn.tight:
            return False
        if not is_long(turn.estimated, window):
            return False
        turn.tight = True
        specs = self.specs(turn)
        tight = self._plain(turn, specs)
        half = self._with_tools(turn, replace(tight, messages=halved(tight.messages)), specs)
        if estimate_request(half) >= turn.estimated:
            turn.tight = False
            return False
        turn.whole_request, turn.request = whole, half
        return True

    def stays_half(self, turn: Turn) -> None:
        """That was it: the window stays smaller. Raises StorageError."""
        assert turn.whole_request is not None
        self._shrink_history(turn, estimate_request(turn.whole_request))
        turn.whole_request = None

    def whole_again(self, turn: Turn) -> None:
        """It was something else: the next request is the whole one, and is not halved again."""
        turn.request, turn.whole_request = turn.whole_request, None

    def _has_more(self, turn: Turn) -> bool:
        """Whether there may be more in a request than its question."""
        material = turn.material
        assert material is not None
        aside = bool(material.documents or material.pages)
        return aside or not turn.question.switches.by_itself

    def _shrink_history(self, turn: Turn, tokens: int) -> None:
        """A request of so many tokens was too long; none of it is history if it is by itself."""
        if not turn.question.switches.by_itself:
            self._history.shrink(turn.question.conversation, tokens)

    def _plain(self, turn: Turn, specs: Sequence[ToolSpec]) -> ChatRequest:
        """Without tools and what they have found, but with room for both."""
        material = turn.material
        assert material is not None
        found = sum(estimate(result) for one in self._found(turn) for result in one.results)
        chat = self._chats.get(turn.question.conversation.chat)
        messages = self._history.messages(
            self._system(turn, chat),
            material.question,
            material.quoted,
            self._aside(turn, material),
            found + (estimate_tools(specs) if specs else 0),
            drafts=self._chats.policy.needs_yes(turn.question.conversation.chat),
        )
        if turn.wish is not None:
            *before, asked = messages
            said = f"{asked.content}\n\n{written_anew(turn.wish)}"
            messages = (*before, replace(asked, content=said))
        switches = turn.question.switches
        return request(self.settings, chat, messages, material.pictures, switches)

    def left_out(self, material: Material) -> list[documents.Shown]:
        """The documents of which a request does not show all. Raises StorageError."""
        return [one for one in self._shown(material) if not one.whole]

    def in_parts(self, material: Material) -> tuple[recap.Said, recap.Summing]:
        """What is to be asked part by part, where documents are asked about as a whole."""
        window, system = self._history.window_tokens, self.settings.system
        return documents.summing(material.documents, material.question.text, system, window)

    def _shown(self, material: Material, share: float = 1.0) -> list[documents.Shown]:
        room = self._history.room(material.question.conversation) * documents.SHARE * share
        return documents.fitting(material.documents, material.question.text, room)

    def _aside(self, turn: Turn, material: Material) -> str:
        """What stands before the question; a tight one does without all but its documents."""
        read = pages = ""
        if material.documents:
            read = documents.block(self._shown(material, _TIGHT if turn.tight else 1))
        if turn.tight:
            return read
        if material.pages:
            pages = linked_pages.block(material.pages, self._history.window_tokens)
        return "\n\n".join(filter(None, (material.background, pages, read)))

    def _system(self, turn: Turn, chat: ChatConfig | None) -> str:
        """The system text, with what a model has to know of the tools where it has any."""
        tools, general = self._tools_of(turn), self.settings.system
        text = general if chat is None or chat.system is None else chat.system
        told = "" if tools is None else tools.instructions(turn)
        return "\n\n".join(filter(None, [text.rstrip(), told]))

    def _tools_of(self, turn: Turn) -> Tools | None:
        """The tools, where it has any: a chat to look things up in, or what servers offer."""
        tools, material = self.tools, turn.material
        has_scope = material is not None and material.scope is not None
        return tools if tools is not None and (has_scope or tools.connects) else None

    def _with_tools(
        self, turn: Turn, plain: ChatRequest, specs: tuple[ToolSpec, ...]
    ) -> ChatRequest:
        if not (specs or turn.looked_up.rounds):
            return plain
        found = self._found(turn)
        if not turn.looked_up.asks_first:
            messages = tool_rounds.with_rounds(plain.messages, found, last=not specs)
            return replace(plain, messages=messages, tools=specs)
        first = [spec for spec in specs if spec.beforehand]
        if first and not (turn.looked_up.asked_first or turn.looked_up.rounds):
            messages = tool_rounds.asking_first(plain.messages, first)
            return replace(plain, messages=messages, schema=tool_rounds.schema_of(first))
        return replace(plain, messages=tool_rounds.with_found(plain.messages, found))

    def _found(self, turn: Turn) -> tuple[ToolRound, ...]:
        if not turn.looked_up.rounds:
            return ()
        share = tool_rounds.SHARE * (tool_rounds.SHORTER if turn.looked_up.found_shorter else 1)
        return tool_rounds.fitting(turn.looked_up.rounds, int(self._history.window_tokens * share))
