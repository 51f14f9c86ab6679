"""What the console says, in English and in Russian."""

from __future__ import annotations

import locale
import os
from collections.abc import Mapping
from typing import Literal

_EN = {
    "ready": "ready",
    "heard": "heard",
    "ignored": "ignored",
    "limited": "limited",
    "answering": "answering",
    "answered": "answered",
    "failed": "failed",
    "waiting": "waiting",
    "skipped": "skipped",
    "notice": "notice",
    "stopped": "stopped",
    "chats": "chats selected: {n}",
    "pending": "questions from the last run: {n}",
    "tokens": "{prompt} + {completion} tokens",
    "seconds": "{s:.1f} s",
    "nobody": "somebody",
    "summary": "{answered} answered, {failed} failed, {pending} left for the next start",
    # why a message was ignored
    "ours": "our own answer",
    "service": "a service message",
    "bot": "a bot",
    "via_bot": "sent via a bot",
    "post": "a channel's post",
    "channel_sender": "an anonymous admin or a channel",
    "no_sender": "nobody knows who sent it",
    "blocked": "somebody you blocked",
    "before_start": "older than the program's first start",
    "not_owner_command": "commands are the owner's only",
    "owner_no_prefix": "you did not ask",
    "not_allowed": "may not ask here",
    "not_listed": "the chat is not selected",
    "no_mention": "you were not addressed",
    "no_prefix": "it has no prefix",
    "forgotten": "somebody you asked to forget",
    "other_bots_command": "a bot's command",
    "voice_not_built": "voice is not understood yet",
    "off": "answers are off in this chat",
    "bare_prefix": "nothing was asked",
    "no_text": "nothing to read",
    "malformed": "no message that can be read",
    "command_not_built": "this command does not work yet",
    # limits
    "requests_per_minute": "too many questions in a minute",
    "tokens_per_day": "today's tokens are used up",
    "answers_per_hour": "too many answers in this hour",
    "person_tokens_per_day": "this person's tokens of today are used up",
    "own_tokens_per_day": "your own tokens of today are used up",
    "cost_per_day": "today's money is spent",
    "loop": "comes back quicker than a person, as a program does: no more answers",
    # waits
    "governor": "to spare the account",
    "flood_wait": "Telegram asks for a pause",
    "slow_mode": "the chat's slow mode",
    "network": "the connection to Telegram",
    # skips
    "too_old": "too old to answer",
    "deleted": "deleted before it was answered",
    "in_doubt": "may have been answered already",
    # ends
    "interrupted": "interrupted",
    "terminated": "asked to stop",
    "disconnected": "disconnected",
}

_RU = {
    "ready": "готов",
    "heard": "вопрос",
    "ignored": "мимо",
    "limited": "лимит",
    "answering": "отвечаю",
    "answered": "ответ",
    "failed": "ошибка",
    "waiting": "жду",
    "skipped": "пропуск",
    "notice": "заметка",
    "stopped": "конец",
    "chats": "выбрано чатов: {n}",
    "pending": "вопросов с прошлого раза: {n}",
    "tokens": "токены: {prompt} + {completion}",
    "seconds": "{s:.1f} с",
    "nobody": "кто-то",
    "summary": "ответов: {answered}, ошибок: {failed}, осталось до следующего запуска: {pending}",
    "ours": "наш собственный ответ",
    "service": "служебное сообщение",
    "bot": "бот",
    "via_bot": "отправлено через бота",
    "post": "пост канала",
    "channel_sender": "анонимный админ или канал",
    "no_sender": "отправитель неизвестен",
    "blocked": "вы заблокировали этого человека",
    "before_start": "старше первого запуска программы",
    "not_owner_command": "команды только для владельца",
    "owner_no_prefix": "вы не спрашивали",
    "not_allowed": "здесь спрашивать нельзя",
    "not_listed": "чат не выбран",
    "no_mention": "обращались не к вам",
    "no_prefix": "нет префикса",
    "forgotten": "вы просили забыть этого человека",
    "other_bots_command": "команда боту",
    "voice_not_built": "голос пока не понимаем",
    "off": "в этом чате ответы выключены",
    "bare_prefix": "вопроса нет",
    "no_text": "нечего читать",
    "malformed": "такое сообщение не прочесть",
    "command_not_built": "эта команда ещё не работает",
    "requests_per_minute": "слишком много вопросов за минуту",
    "tokens_per_day": "токены на сегодня кончились",
    "answers_per_hour": "слишком много ответов за час",
    "person_tokens_per_day": "токены этого человека на сегодня кончились",
    "own_tokens_per_day": "ваши токены на сегодня кончились",
    "cost_per_day": "деньги на сегодня потрачены",
    "loop": "возвращается быстрее человека, как программа: больше не отвечаю",
    "governor": "чтобы поберечь аккаунт",
    "flood_wait": "Telegram просит подождать",
    "slow_mode": "медленный режим чата",
    "network": "связь с Telegram",
    "too_old": "слишком старый вопрос",
    "deleted": "удалён до ответа",
    "in_doubt": "возможно, уже отвечено",
    "interrupted": "прервано",
    "terminated": "попросили остановиться",
    "disconnected": "связь закрыта",
}

Words = Mapping[str, str]


def words(language: str | None) -> Words:
    """The phrases of "en" or "ru"; of the system's language when None is given."""
    return _RU if language_of(language) == "ru" else _EN


def language_of(language: str | None) -> Literal["en", "ru"]:
    """The language that the console speaks: the one asked for, else the system's if it is known."""
    return "ru" if (language or _system_language()) == "ru" else "en"


def _system_language() -> str:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return os.environ[name][:2].lower()
    return (locale.getlocale()[0] or "en")[:2].lower()
