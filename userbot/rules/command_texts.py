"""What the owner is told about his commands. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from userbot.rules.commands import MOST_HISTORY, Mistake, stem
from userbot.rules.inert import Inert
from userbot.rules.markdown import plain
from userbot.rules.plain import shortened, thousands
from userbot.settings import ChatConfig
from userbot.texts import Language, _, n_, translated
from userbot.types import Cost, Exchange

_QUESTION: Final = 300
_ANSWER: Final = 700
"""Characters of a question and of an answer that /gpt_history shows."""

_TEXTS: Final = {
    "ordered": _("Command: {stem}_{word}"),
    "new": _("Conversation forgotten; the next question starts a new one."),
    "history_none": _("Nothing has been asked in this conversation yet."),
    "history_more": _("All of it: userbot history"),
    "stopped": _("Stopped. What was written is kept."),
    "stop_none": _("No answer is being written there."),
    "retry_asked": _("Retrying."),
    "retry_how": _("Send {stem}_retry as a reply to the question that failed."),
    "retry_unknown": _("That message is not a known question."),
    "retry_answered": _("That question has already been answered."),
    "retry_pending": _("That question is being answered."),
    "retry_answering": _("That question is being answered."),
    "retry_awaiting": _("The answer to that question waits for your yes."),
    "retry_not_allowed": _("The person who asked that may no longer ask here."),
    "retry_limited": _("A limit is reached, so it is not retried now: see {stem}_usage."),
    "forgot": _(
        "{who} is forgotten; questions deleted with their answers: {n}. This person's "
        "messages are no longer read."
    ),
    "forgot_already": _("{who} is already forgotten."),
    "forget_nobody": _("Nobody has the name {who}."),
    "forget_me": _("That is you. {stem}_new forgets a conversation."),
    "on": _("Answers are on: {rule}."),
    "on_protected": _("But messages here are protected from copying: those are not answered."),
    "on_search": _(
        'Answers can also look up what was said here, if you write search = "me" under [reading] in'
        " config.toml. What is found goes to the model's endpoint, for that answer only."
    ),
    "on_searched": _(
        'Nothing was changed: whoever asks here may search this chat (search = "askers"), so'
        ' “anyone” is not possible. Use contacts, or set search = "me" in config.toml.'
    ),
    "as_configured": _("Back to config.toml: {rule}."),
    "off": _("Answers are off in this chat, except to your own {prefix}."),
    "rule": _("respond {respond}, from {whom}"),
    "rule_asks": _("respond {respond}, from {whom}, answers wait for your yes"),
    "no_rule": _("the chat is not selected, only the prefix asks"),
    "listed_people": _("the people listed in config.toml"),
    "system": _("System prompt here{origin}:\n{value}"),
    "system_set": _("The system prompt of this chat is set."),
    "system_reset": _("The system prompt is back to config.toml."),
    "model": _("Model here{origin}: {value}"),
    "model_set": _("This chat now uses {value}."),
    "model_unchecked": _("Whether the model's server has {value} could not be checked."),
    "model_unknown": _(
        "The model's server has no “{value}”; nothing was changed. It has, for example: {like}."
    ),
    "model_reset": _("The model is back to config.toml: {value}"),
    "set_here": _(" (set by command)"),
    "usage": _(
        "Today: {today}\n"
        "In this chat: {today_here}\n"
        "Last 30 days: {month}\n"
        "In this chat: {month_here}"
    ),
    "unknown": _("No such command: {stem}_{word}. Did you mean {stem}_{suggestion}?"),
    "no_argument": _("{stem}_{word} takes no argument; nothing was done."),
    "history_count": _("{stem}_history takes a number from 1 to {most}."),
    "forget_whom": _("Say who: {stem}_forget @name, or the person's id."),
    "on_word": _(
        "Unknown word: “{word}”.{guess}"
        " {stem}_on takes [all|mention|prefix] [ask|send] [me|contacts|anyone], or default."
    ),
    "recap_word": _(
        "Unknown word: “{word}”. {stem}_recap takes a number of messages, a time such as 2d, or a"
        " @name, and voice; in Saved Messages the chat before them."
    ),
    "recap_chat": _(
        "Say which chat: {stem}_recap @name, its id or its title; or send {stem}_recap in the chat."
    ),
    "recap_protected": _("Messages here are protected from copying, so there is no recap."),
    "guess": _(" Did you mean “{suggestion}”?"),
    "failed": _("That did not work: {error}"),
    "cut_off": _(
        "The program stopped before this was confirmed. If it did not happen, send it again."
    ),
    "in_doubt": _(
        "⚠️ {where}: it is unknown whether this was done. It is not repeated.\n{link}"
        "Check it yourself; then userbot tools --confirm {tool} takes it off the list.\n\n{call}"
    ),
    "help": _(
        "What you can write:\n{prefix} question: ask, in any chat\n{prefix} as a reply:"
        " ask about that message\n{prefix} -q question: answer in Saved Messages and delete the"
        " question\n{prefix} -c CHAT question, in Saved Messages: ask about that chat"
        "\n{prefix} -m MODEL question: ask that model\n{prefix} -e low|medium|high question: let"
        " it think less or more\n{prefix} -n question: without history and surroundings"
        "\n{stem}_new: forget the conversation\n{stem}_history [n]: the last questions and answers"
        "\n{stem}_system [text]: show or set the chat's"
        " system prompt; default resets it\n{stem}_model [name]: show or set the"
        " chat's model; default resets it\n{stem}_usage: what was"
        " used\n{stem}_stop: stop the answer being written\n{stem}_retry: as a"
        " reply to a failed question: ask it again\n{stem}_on [all|mention|prefix]"
        " [ask|send] [me|contacts|anyone]: answer in this chat; ask: answers wait for your yes,"
        " which you reply to them in Saved Messages; default: back to config.toml\n{stem}_off:"
        " answer only you in this chat\n{stem}_recap"
        " [chat] [n|2d|@name]: what was said there since you read it\n{stem}_forget"
        " @name: delete a person's messages and ignore new ones\n{stem}_help: this"
        " list"
    ),
    "help_models": _("Models by name: {names}"),
}


class CommandTexts:
    """The sentences. `prefix`: what questions begin with."""

    def __init__(self, language: Language, prefix: str) -> None:
        self._language = language
        self._inert = Inert(prefix, language)
        self._names = {"prefix": prefix, "stem": stem(prefix)}

    def say(self, text: str, **values: object) -> str:
        """One of the sentences, with its values."""
        return translated(_TEXTS[text].filled(**self._names, **values), self._language)

    def named(self, word: str) -> str:
        """A command as the owner writes it; a switch stands behind the prefix."""
        if word.startswith("-"):
            return f"{self._names['prefix']} {word}"
        return f"{self._names['stem']}_{shortened(word, 40)}"

    def messages(self, text: str) -> tuple[str, ...]:
        """A result as messages, which start no command however they come back."""
        return tuple(part.text for part in plain(text, inert=self._inert))

    def headed(self, title: str, command: str, text: str) -> str:
        """A result that stands far from its command, under where and what that was."""
        named = self.named(command)
        return f"{f'{shortened(title, 80)} · ' if title else '→ '}{named}\n{text}"

    def mistake(self, mistake: Mistake) -> str:
        """What is wrong with an order, and how it is given."""
        guess = self.say("guess", suggestion=mistake.suggestion) if mistake.suggestion else ""
        return self.say(
            mistake.reason,
            word=shortened(mistake.word, 40),
            suggestion=mistake.suggestion,
            guess=guess,
            most=MOST_HISTORY,
        )

    def history(self, turns: Sequence[Exchange], *, named: bool) -> str:
        """Questions and answers, shortened; with `named` each with who asked."""
        if not turns:
            return self.say("history_none")
        shown = [
            f"{f'{turn.speaker}: ' if named else ''}{shortened(turn.question, _QUESTION)}\n"
            f"→ {shortened(turn.answer, _ANSWER)}"
            for turn in turns
        ]
        return "\n\n".join([*shown, self.say("history_more")])

    def cost(self, cost: Cost) -> str:
        """A sum, with thousands kept apart as the language does."""
        prompt, completion = (
            thousands(tokens, self._language)
            for tokens in (cost.prompt_tokens, cost.completion_tokens)
        )
        told = n_(
            "{count} answer, {prompt} tokens in, {completion} out",
            "{count} answers, {prompt} tokens in, {completion} out",
            cost.answers,
            prompt=prompt,
            completion=completion,
        )
        return translated(told, self._language)

    def rule(self, chat: ChatConfig | None) -> str:
        """Who is answered in a chat."""
        if chat is None:
            return self.say("no_rule")
        whom = chat.from_ if isinstance(chat.from_, str) else self.say("listed_people")
        rule = "rule_asks" if chat.answer == "ask" else "rule"
        return self.say(rule, respond=chat.respond, whom=whom)

    def setting(self, key: str, value: str, *, by_command: bool) -> str:
        """A setting as it holds."""
        return self.say(key, value=value, origin=self.say("set_here") if by_command else "")
