"""The script of `userbot demo`: who says what, and what is answered.

No model stands behind it. Whoever plays it must say so: `LABEL` is the sentence for that, and
`MODEL` the name under which the answers appear wherever the program names its model. What is
not in the script, because the visitor types it, is answered with exactly that.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final, Literal

from userbot.sandbox import script_texts as texts
from userbot.sandbox.endpoint_chat import Reply, plain_text
from userbot.sandbox.voices import ENGLISH, RUSSIAN, VOICES, KnownRecording
from userbot.types import ToolCall

Language = Literal["en", "ru"]

MODEL: Final = "written-in-advance"
LABEL: Final[dict[Language, str]] = {
    "en": "The answers in this demo were written in advance; no model is asked.",
    "ru": "Ответы в этом демо написаны заранее; модель никто не спрашивает.",
}
GROUP: Final[dict[Language, str]] = {"en": "Weekend plans", "ru": "Планы на выходные"}

CHUNK_DELAY: Final = 0.01
"""Seconds before each word: the longest answer, about 100 words, takes a second."""

_QUOTED_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class Actor:
    """A person of the script; the owner's account is the one that answers."""

    key: str
    names: dict[Language, str]
    owner: bool = False
    may_ask: bool = True


OLGA: Final = Actor("olga", {"en": "Olga", "ru": "Ольга"}, owner=True)
MAX: Final = Actor("max", {"en": "Max", "ru": "Макс"})
LENA: Final = Actor("lena", {"en": "Lena", "ru": "Лена"})
TIMUR: Final = Actor("timur", {"en": "Timur", "ru": "Тимур"})
VERA: Final = Actor("vera", {"en": "Vera", "ru": "Вера"}, may_ask=False)
CAST: Final = (OLGA, MAX, LENA, TIMUR, VERA)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptLine:
    """One message of the script, in the group.

    `answered`: the program answers it, and the next line waits for that answer.
    `replies`: it is a reply to the newest answer. The owner's lines come from another device.
    `pause`: seconds before it is said, after what went before.
    `voice`: it is a voice note, this one of `voices.VOICES`; `text` is what is said in it.
    """

    who: Actor
    text: str
    answered: bool
    replies: bool = False
    pause: float = 0.3
    voice: str | None = None

    @property
    def recording(self) -> bytes | None:
        """The voice note's file: Ogg with Opus."""
        return VOICES[self.voice].data if self.voice else None


def _spoken(who: Actor, voice: KnownRecording) -> ScriptLine:
    """A voice note as a reply to the newest answer, which is what addresses it to the program."""
    return ScriptLine(who=who, text=voice.words, voice=voice.name, answered=True, replies=True)


LINES: Final[dict[Language, tuple[ScriptLine, ...]]] = {
    "en": (
        ScriptLine(who=LENA, text="So, are we going anywhere this weekend?", answered=False),
        ScriptLine(
            who=TIMUR,
            text="My cousin in Lisbon has the keys to the flat",
            answered=False,
            pause=0.1,
        ),
        ScriptLine(who=MAX, text="/gpt Plan a weekend in Lisbon for the four of us", answered=True),
        ScriptLine(who=LENA, text="And if it rains?", answered=True, replies=True),
        ScriptLine(who=VERA, text="/gpt Who is right, cats or dogs?", answered=False),
        ScriptLine(
            who=TIMUR,
            text="/gpt How do I work out in Python who owes whom after the trip?",
            answered=True,
        ),
        _spoken(MAX, ENGLISH),
        ScriptLine(who=OLGA, text="/gpt Что посмотреть в Петербурге за один день?", answered=True),
        _spoken(LENA, RUSSIAN),
        ScriptLine(who=LENA, text="/gpt And who has the keys?", answered=True, pause=0.1),
    ),
    "ru": (
        ScriptLine(who=LENA, text="Ну что, едем куда-нибудь на выходные?", answered=False),
        ScriptLine(
            who=TIMUR, text="Ключи от квартиры в Казани у моего брата", answered=False, pause=0.1
        ),
        ScriptLine(who=MAX, text="/gpt Составь план выходных в Казани на четверых", answered=True),
        ScriptLine(who=LENA, text="А если пойдёт дождь?", answered=True, replies=True),
        ScriptLine(who=VERA, text="/gpt Кто прав, кошки или собаки?", answered=False),
        ScriptLine(
            who=TIMUR,
            text="/gpt Как на Python посчитать, кто кому сколько должен после поездки?",
            answered=True,
        ),
        _spoken(MAX, ENGLISH),
        ScriptLine(who=OLGA, text="/gpt Что посмотреть в Петербурге за один день?", answered=True),
        _spoken(LENA, RUSSIAN),
        ScriptLine(who=LENA, text="/gpt А у кого ключи?", answered=True, pause=0.1),
    ),
}


TO_THE_OWNER: Final[dict[Language, ScriptLine]] = {
    "en": ScriptLine(who=LENA, text="Can you help me carry a sofa on Friday?", answered=True),
    "ru": ScriptLine(who=LENA, text="Поможешь мне в пятницу перенести диван?", answered=True),
}
"""What somebody writes to the owner alone: its answer waits for her yes."""
YES: Final[dict[Language, str]] = {"en": "yes", "ru": "да"}


@dataclass(frozen=True, slots=True)
class _WrittenAnswer:
    """A question, as it is recognised, its answer, and the answer that it builds on, if any.

    `words`: what is looked for in the chat before; the answer cites what was found first.
    """

    question: str
    answer: str
    after: str = ""
    words: tuple[str, ...] = ()


_ANSWERS: Final = (
    _WrittenAnswer("Plan a weekend in Lisbon", texts.TRIP_EN),
    _WrittenAnswer("And if it rains?", texts.RAIN_EN, after=texts.TRIP_EN),
    _WrittenAnswer("in Python who owes whom after the trip?", texts.BILL_EN),
    _WrittenAnswer("Составь план выходных в Казани", texts.TRIP_RU),
    _WrittenAnswer("А если пойдёт дождь?", texts.RAIN_RU, after=texts.TRIP_RU),
    _WrittenAnswer("на Python посчитать, кто кому сколько должен", texts.BILL_RU),
    _WrittenAnswer("Что посмотреть в Петербурге за один день?", texts.PETERSBURG),
    _WrittenAnswer(ENGLISH.words, texts.LAST_TRAIN),
    _WrittenAnswer(RUSSIAN.words, texts.THEATRE),
    _WrittenAnswer("And who has the keys?", texts.KEYS_EN, words=("keys", "key")),
    _WrittenAnswer(TO_THE_OWNER["en"].text, texts.SOFA_EN),
    _WrittenAnswer(TO_THE_OWNER["ru"].text, texts.SOFA_RU),
    _WrittenAnswer("А у кого ключи?", texts.KEYS_RU, words=("ключи", "ключей", "ключ")),
)


def written_answer(request: dict[str, Any]) -> Reply:
    """The script's responder for `Endpoint`: the written answer to the last user message.

    A follow-up is recognised only when the request's history holds the answer it builds on.
    """
    messages = request["messages"]
    last = max((at for at, each in enumerate(messages) if each.get("role") == "user"), default=-1)
    question = _own_words(plain_text(messages[last])) if last >= 0 else ""
    history = [each for each in messages[:last] if each.get("role") != "system"]
    said = {_folded(plain_text(each)) for each in history if each.get("role") == "assistant"}
    for scripted in _ANSWERS:
        if _folded(scripted.question) in _folded(question) and (
            not scripted.after or _folded(scripted.after) in said
        ):
            if scripted.words and request.get("tools") and last == len(messages) - 1:
                arguments = json.dumps({"words": scripted.words}, ensure_ascii=False)
                return Reply("", calls=(ToolCall("look1", "search_chat", arguments),))
            return Reply(scripted.answer, delay=CHUNK_DELAY)
    return Reply(_not_in_script(question, len(history)), delay=CHUNK_DELAY)


def _not_in_script(question: str, history: int) -> str:
    asked = " ".join(question.split())
    if len(asked) > _QUOTED_LENGTH:
        asked = f"{asked[: _QUOTED_LENGTH - 1]}…"
    if re.search("[а-яё]", asked, re.I):
        return texts.NOT_IN_SCRIPT_RU.format(asked=asked, history=_messages_ru(history))
    counted = "1 message" if history == 1 else f"{history or 'no'} messages"
    return texts.NOT_IN_SCRIPT_EN.format(asked=asked, history=counted)


def _own_words(text: str) -> str:
    """What the person wrote: without the name before it and the message it replies to.

    The program marks both for the model: "Name: ", a label in brackets, lines with "> ".
    """
    for actor in CAST:
        for name in actor.names.values():
            text = text.removeprefix(f"{name}: ")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith(("[", "> "))]
    return "\n".join(lines).strip() or text


def _messages_ru(count: int) -> str:
    if count == 0:
        return "ни одного сообщения"
    if count % 10 == 1 and count % 100 != 11:
        return f"{count} сообщение"
    if count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14):
        return f"{count} сообщения"
    return f"{count} сообщений"


def _folded(text: str) -> str:
    """Words alone, without case or marks: what a name or a quote before it cannot disturb."""
    return " ".join(re.findall(r"\w+", text.casefold()))
