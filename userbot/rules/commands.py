"""What the owner orders in a chat: `/gpt_<name> <argument>` as a ChatCommand. Pure.

An order that cannot be understood becomes a Mistake, which names what to tell the owner.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from typing import Final, Literal, get_args

from userbot.rules import recap
from userbot.types import Command

OnRespond = Literal["all", "mention", "prefix"]
OnFrom = Literal["me", "contacts", "anyone"]
OnAnswer = Literal["send", "ask"]

HISTORY: Final = 5
"""How many exchanges are shown unless the owner says."""
MOST_HISTORY: Final = 20
_RESET: Final = frozenset({"default", "-"})
_NAMES: Final = (
    *("new", "history", "system", "model", "usage", "stop", "retry"),
    *("forget", "on", "off", "recap", "help"),
)


class Bare(Enum):
    """An order that is one word."""

    NEW = "new"
    """Forget the conversation."""
    USAGE = "usage"
    """Show what was spent."""
    STOP = "stop"
    """End the answer that is being written in the conversation."""
    RETRY = "retry"
    """Ask the question replied to again."""
    OFF = "off"
    """Answer nobody but the owner in this chat."""
    NO_RECAP = "recap"
    """Sum up no chat, or one whose messages are protected from copying."""
    HELP = "help"
    """Show what there is."""
    AS_CONFIGURED = "on default"
    """Answer in this chat as the file says."""


@dataclass(frozen=True, slots=True)
class ShowHistory:
    """Show the newest exchanges of the conversation."""

    count: int = HISTORY


@dataclass(frozen=True, slots=True)
class Setting:
    """Show a setting of the chat (`value` is None), reset it (""), or set it."""

    key: Literal["system", "model"]
    value: str | None = None


@dataclass(frozen=True, slots=True)
class ForgetPerson:
    """Delete a person's words and keep them out; `who` is "@name" or an id."""

    who: str | int


@dataclass(frozen=True, slots=True)
class On:
    """Answer in this chat: when, and whom."""

    respond: OnRespond = "mention"
    from_: OnFrom = "me"
    answer: OnAnswer | None = None
    """"ask": answers wait for the owner's yes. None: as it was."""
    bare: bool = False
    """Nothing was said: what the file says of the chat comes first."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """An order that cannot be carried out: a stable slug, and the word that is to blame."""

    reason: Literal[
        "unknown", "no_argument", "history_count", "forget_whom", "on_word", "recap_word"
    ]
    word: str
    suggestion: str = ""


ChatCommand = Bare | ShowHistory | Setting | ForgetPerson | On


def parse(command: Command) -> ChatCommand | Mistake:
    """Understand an order as the trigger found it: a name in lower case, and what follows it."""
    argument = command.argument.strip()
    match command.name:
        case "new" | "usage" | "stop" | "retry" | "off":
            # A word too many is more likely a slip than an ornament: nothing is done.
            return Mistake("no_argument", command.name) if argument else Bare(command.name)
        case "help":
            return Bare.HELP
        case "history":
            return _history(argument)
        case "system" | "model" as key:
            reset = argument.lower() in _RESET
            return Setting(key, None if not argument else "" if reset else argument)
        case "forget":
            return _forget(argument)
        case "on":
            return _on(argument)
        case "recap":
            return _recap(argument)
        case _:
            close = get_close_matches(command.name, _NAMES, n=1, cutoff=0.5)
            return Mistake("unknown", command.name, close[0] if close else "help")


def stem(prefix: str) -> str:
    """What commands begin with: the prefix if it is a word after a slash, else "/gpt"."""
    return prefix if re.fullmatch(r"/\w+", prefix) else "/gpt"


def spelled(prefix: str) -> tuple[str, str]:
    """The prefix, and what commands begin with, as regular expressions."""
    return r"\s+".join(map(re.escape, prefix.split())), re.escape(stem(prefix))


def _history(argument: str) -> ChatCommand | Mistake:
    if not argument:
        return ShowHistory()
    if argument.isascii() and argument.isdecimal() and 1 <= int(argument[:6]) <= MOST_HISTORY:
        return ShowHistory(int(argument))
    return Mistake("history_count", argument)


def _forget(argument: str) -> ChatCommand | Mistake:
    if re.fullmatch(r"@[A-Za-z]\w{2,31}", argument, re.ASCII):
        return ForgetPerson(argument)
    if re.fullmatch(r"[1-9]\d{0,17}", argument, re.ASCII):
        return ForgetPerson(int(argument))
    return Mistake("forget_whom", argument)


def _recap(argument: str) -> ChatCommand | Mistake:
    """A recap that can be given is a question (`trigger`), and never comes here."""
    order = recap.parse(argument, elsewhere=False)
    return Mistake("recap_word", order.word) if isinstance(order, recap.Unclear) else Bare.NO_RECAP


def _on(argument: str) -> ChatCommand | Mistake:
    words = argument.lower().split()
    if words in (["default"], ["-"]):
        return Bare.AS_CONFIGURED
    respond: OnRespond | None = None
    from_: OnFrom | None = None
    answer: OnAnswer | None = None
    for word in words:
        if word in get_args(OnRespond) and respond is None:
            respond = word  # type: ignore[assignment]
        elif word in get_args(OnFrom) and from_ is None:
            from_ = word  # type: ignore[assignment]
        elif word in get_args(OnAnswer) and answer is None:
            answer = word  # type: ignore[assignment]
        else:
            known = (*get_args(OnRespond), *get_args(OnFrom), *get_args(OnAnswer))
            close = get_close_matches(word, known, n=1)
            return Mistake("on_word", word, close[0] if close and close[0] != word else "")
    return On(respond or "mention", from_ or "me", answer, bare=not words)
