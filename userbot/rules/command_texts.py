"""What the owner is told about his commands, in English and in Russian. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from userbot.rules.commands import MOST_HISTORY, Mistake
from userbot.rules.plain import shortened
from userbot.settings import ChatConfig
from userbot.types import Cost, Exchange

Language = Literal["en", "ru"]

_QUESTION: Final = 300
_ANSWER: Final = 700
"""Characters of a question and of an answer that /gpt_history shows."""

_EN: Final = {
    "ordered": "Command: {stem}_{word}",
    "new": "The conversation is forgotten; the next question begins a new one.",
    "history_none": "Nothing has been asked in this conversation yet.",
    "history_more": "All of it: userbot history",
    "stopped": "Stopped. What stands there is kept.",
    "stop_none": "No answer is being written there.",
    "retry_asked": "Asked again.",
    "retry_how": "Send {stem}_retry as a reply to the question that failed.",
    "retry_unknown": "That message is no question that I know.",
    "retry_answered": "That question is answered already.",
    "retry_pending": "That question is being answered.",
    "retry_answering": "That question is being answered.",
    "retry_not_allowed": "Whoever asked that may not ask here any more.",
    "retry_limited": "A limit is reached, so it is not asked again now: see {stem}_usage.",
    "forgot": "{who} is forgotten; questions deleted with their answers: {n}. "
    "Nothing from there is read again.",
    "forgot_already": "{who} is forgotten already.",
    "forget_nobody": "Nobody is called {who}.",
    "forget_me": "That is you. {stem}_new forgets a conversation.",
    "on": "Answers are on: {rule}.",
    "as_configured": "As in config.toml again: {rule}.",
    "off": "Answers are off in this chat, except to your own {prefix}.",
    "rule": "respond {respond}, from {whom}",
    "no_rule": "the chat is not listed, only the prefix asks",
    "listed_people": "the people listed in config.toml",
    "system": "System text here{origin}:\n{value}",
    "system_set": "The system text of this chat is set.",
    "system_reset": "The system text is that of config.toml again.",
    "model": "Model here{origin}: {value}",
    "model_set": "The model of this chat is {value} now.",
    "model_reset": "The model is that of config.toml again: {value}",
    "set_here": " (set by command)",
    "usage": "Today: {today}\nIn this chat: {today_here}\n"
    "Last 30 days: {month}\nIn this chat: {month_here}",
    "cost": "answers: {answers}, tokens: {prompt} + {completion}",
    "unknown": "There is no {stem}_{word}. Did you mean {stem}_{suggestion}?",
    "no_argument": "{stem}_{word} stands alone; nothing was done.",
    "history_count": "{stem}_history takes a number from 1 to {most}.",
    "forget_whom": "Say who: {stem}_forget @name, or the person's id.",
    "on_word": "I do not understand “{word}”.{guess}\n"
    "{stem}_on [all|mention|prefix] [me|contacts|anyone], or {stem}_on default",
    "guess": " Did you mean “{suggestion}”?",
    "failed": "That did not work: {error}",
    "cut_off": "The program ended before this was known to be done. If it is not, send it again.",
    "help": """\
{prefix} question: ask, in any chat
{prefix} as a reply: ask about that message
{stem}_new: forget the conversation
{stem}_history [n]: the last questions and answers
{stem}_system [text]: show or set the system text of the chat; default resets it
{stem}_model [name]: show or set the model of the chat; default resets it
{stem}_usage: what was spent
{stem}_stop: end the answer being written
{stem}_retry: as a reply to a question that failed, ask it again
{stem}_on [all|mention|prefix] [me|contacts|anyone]: answer in this chat; default: as in the file
{stem}_off: answer only you in this chat
{stem}_forget @name: delete a person's words and keep them out
{stem}_help: this list""",
}
_RU: Final = {
    "ordered": "Команда: {stem}_{word}",
    "new": "Разговор забыт; следующий вопрос начнёт новый.",
    "history_none": "В этом разговоре ещё ничего не спрашивали.",
    "history_more": "Целиком: userbot history",
    "stopped": "Остановлено. Что написано, остаётся.",
    "stop_none": "Там сейчас ничего не пишется.",
    "retry_asked": "Спрашиваю ещё раз.",
    "retry_how": "Отправьте {stem}_retry ответом на вопрос, который не удался.",
    "retry_unknown": "Такого вопроса я не знаю.",
    "retry_answered": "На этот вопрос уже есть ответ.",
    "retry_pending": "На этот вопрос уже пишется ответ.",
    "retry_answering": "На этот вопрос уже пишется ответ.",
    "retry_not_allowed": "Тому, кто это спросил, здесь больше спрашивать нельзя.",
    "retry_limited": "Лимит исчерпан, поэтому сейчас вопрос не повторён: смотрите {stem}_usage.",
    "forgot": "{who}: забыто, удалено вопросов с ответами: {n}. Оттуда больше ничего не читается.",
    "forgot_already": "{who}: уже забыто.",
    "forget_nobody": "Никого с именем {who} нет.",
    "forget_me": "Это вы. Разговор забывает {stem}_new.",
    "on": "Ответы включены: {rule}.",
    "as_configured": "Снова как в config.toml: {rule}.",
    "off": "Ответы в этом чате выключены, кроме ваших собственных {prefix}.",
    "rule": "respond {respond}, from {whom}",
    "no_rule": "чат не выбран, спрашивают только префиксом",
    "listed_people": "люди из списка в config.toml",
    "system": "Системный текст здесь{origin}:\n{value}",
    "system_set": "Системный текст этого чата задан.",
    "system_reset": "Системный текст снова как в config.toml.",
    "model": "Модель здесь{origin}: {value}",
    "model_set": "Модель этого чата теперь {value}.",
    "model_reset": "Модель снова как в config.toml: {value}",
    "set_here": " (задано командой)",
    "usage": "Сегодня: {today}\nВ этом чате: {today_here}\n"
    "За 30 дней: {month}\nВ этом чате: {month_here}",
    "cost": "ответов: {answers}, токенов: {prompt} + {completion}",
    "unknown": "Команды {stem}_{word} нет. Может быть, {stem}_{suggestion}?",
    "no_argument": "{stem}_{word} пишется без добавлений; ничего не сделано.",
    "history_count": "После {stem}_history ставится число от 1 до {most}.",
    "forget_whom": "Скажите кого: {stem}_forget @имя или id человека.",
    "on_word": "Не понимаю «{word}».{guess}\n"
    "{stem}_on [all|mention|prefix] [me|contacts|anyone] или {stem}_on default",
    "guess": " Может быть, «{suggestion}»?",
    "failed": "Не получилось: {error}",
    "cut_off": "Программа закончила раньше, чем узнала, что вышло. Если не вышло, отправьте снова.",
    "help": """\
{prefix} вопрос: спросить, в любом чате
{prefix} ответом на сообщение: спросить о нём
{stem}_new: забыть разговор
{stem}_history [n]: последние вопросы и ответы
{stem}_system [текст]: показать или задать системный текст чата; default сбрасывает
{stem}_model [имя]: показать или задать модель чата; default сбрасывает
{stem}_usage: что потрачено
{stem}_stop: остановить ответ, который пишется
{stem}_retry: ответом на неудавшийся вопрос, спросить ещё раз
{stem}_on [all|mention|prefix] [me|contacts|anyone]: отвечать в этом чате; default: как в файле
{stem}_off: отвечать в этом чате только вам
{stem}_forget @имя: удалить слова человека и больше их не читать
{stem}_help: этот список""",
}


class CommandTexts:
    """The sentences. `stem` is what commands begin with, `prefix` what questions do."""

    def __init__(self, language: Language, prefix: str, stem: str) -> None:
        self._texts = _RU if language == "ru" else _EN
        self._names = {"prefix": prefix, "stem": stem}

    def say(self, text: str, **values: object) -> str:
        """One of the sentences, with its values."""
        return self._texts[text].format(**self._names, **values)

    def named(self, word: str) -> str:
        """A command as the owner writes it."""
        return f"{self._names['stem']}_{shortened(word, 40)}"

    def headed(self, title: str, command: str, text: str) -> str:
        """A result that stands far from its command, under where and what that was."""
        where = f"{shortened(title, 80)} · " if title else ""
        return f"{where}{self.named(command)}\n{text}"

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
        """A sum, with thousands kept apart."""
        prompt, completion = (
            f"{tokens:,}".replace(",", "\u202f")
            for tokens in (cost.prompt_tokens, cost.completion_tokens)
        )
        return self.say("cost", answers=cost.answers, prompt=prompt, completion=completion)

    def rule(self, chat: ChatConfig | None) -> str:
        """Who is answered in a chat."""
        if chat is None:
            return self.say("no_rule")
        whom = chat.from_ if isinstance(chat.from_, str) else self.say("listed_people")
        return self.say("rule", respond=chat.respond, whom=whom)

    def setting(self, key: str, value: str, *, by_command: bool) -> str:
        """A setting as it holds."""
        return self.say(key, value=value, origin=self.say("set_here") if by_command else "")
