"""What the console says, in English and in Russian."""

from __future__ import annotations

import locale
import os
from collections.abc import Mapping
from typing import Literal

_EN = {
    "language": "en",
    "ready": "ready",
    "heard": "heard",
    "transcribed": "listened",
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
    "quoted": "“{text}”",
    "nobody": "somebody",
    "saved": "Saved Messages",
    "terminal": "Terminal",
    "about_reply": "about the message it replies to",
    "sound_voice": "voice note",
    "sound_video_note": "round video",
    "sound_audio": "audio",
    "sound_video": "video",
    "sound_document": "audio file",
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
    "owner_no_prefix": "your own message without the prefix",
    "not_allowed": "may not ask here",
    "not_listed": "the chat is not selected",
    "no_mention": "you were not addressed",
    "no_prefix": "it has no prefix",
    "forgotten": "somebody you asked to forget",
    "other_bots_command": "a bot's command",
    "voice_off": "voice is off in this chat",
    "view_once": "to be played once only",
    "protected": "protected from copying",
    "no_wake_word": "spoken to somebody else",
    "off": "answers are off in this chat",
    "bare_prefix": "nothing was asked",
    "no_text": "nothing to read",
    "malformed": "no message that can be read",
    # limits
    "requests_per_minute": "too many questions in a minute",
    "tokens_per_day": "today's tokens do not suffice",
    "answers_per_hour": "too many answers in this hour",
    "person_tokens_per_day": "this person's tokens of today do not suffice",
    "own_tokens_per_day": "your own tokens of today do not suffice",
    "cost_per_day": "today's money does not suffice",
    "loop": "comes back quicker than a person, as a program does: no more answers",
    "limit_is_zero": "nothing is allowed: {limit} is 0 under [limits]",
    # waits
    "limit_held": "answers under way may use up a limit: waiting for their ends",
    "governor": "to spare the account",
    "flood_wait": "Telegram asks for a pause",
    "slow_mode": "the chat's slow mode",
    "network": "no connection to Telegram, trying again",
    "telegram_trouble": "Telegram has trouble of its own, trying again",
    "transcribing": "listening",
    "recordings": "other recordings are listened to first",
    "pictures": "other questions with pictures are answered first",
    "large_recordings": "one large recording is listened to at a time",
    "transcription_again": "transcription is tried again",
    "edit_again": "the answer is edited again",
    "model_again": "the model is asked again",
    "storage_busy": "for the history database",
    "storage_full": "for space on the disk",
    "flood_wait_account": "Telegram asks the whole account for a pause",
    # what Telegram makes of an answer, and of the account
    "answer_deleted": "somebody deleted the answer while it was written",
    "slow_mode_rest": "the chat is in slow mode: the rest of the answer was not sent",
    "overlong": "the answer went on and on: it was cut",
    "peer_flood": "Telegram restricted the account (PEER_FLOOD): nothing is written any more",
    # why an answer ended early
    "ended_length": "cut off at its greatest length",
    "ended_overlong": "cut off, since it went on and on",
    "ended_deleted": "deleted while it was written",
    "ended_stopped": "stopped; what stands is kept",
    # skips
    "too_old": "too old to answer",
    "deleted": "deleted before it was answered",
    "in_doubt": "may have been answered already",
    "joined": "goes with the next message",
    "edited": "edited: it asks nothing any more",
    "stood_down": "you wrote there yourself first",
    "question_edited": "edited: asked as it reads now",
    "answer_moved": "its group became a supergroup: the answer begins anew there",
    "begun_before_move": "its answer was begun before the group became a supergroup",
    "question_parted": "one of its messages is gone: asked without it",
    "owner_answered": "you have answered it yourself",
    "answer_gone": "its answer was deleted",
    # what was missed, and an answer that was cut off
    "taken_up": "its answer was begun before, and is finished in its own message",
    "answer_kept": "its answer had come already: the model is not asked again",
    "lost_counted": "requests cut off by the end of the program: their cost is counted",
    "looked_for": "Telegram did not say whether it has the message: looking for it in the chat",
    "silence": "nobody speaks in it",
    "phantom": "only words that transcription invents on silence",
    # ends
    "stopping_1": "stopping, waiting for 1 answer · Ctrl-C again stops now",
    "stopping": "stopping, waiting for {n} answers · Ctrl-C again stops now",
    "stopping_commands_1": "stopping, waiting for the result of 1 command · Ctrl-C again stops now",
    "stopping_commands": "stopping, waiting for the results of {n} commands"
    " · Ctrl-C again stops now",
    "interrupted": "interrupted",
    "terminated": "asked to stop",
    "disconnected": "disconnected",
}

_RU = {
    "language": "ru",
    "ready": "готов",
    "heard": "вопрос",
    "transcribed": "услышал",
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
    "quoted": "«{text}»",
    "nobody": "кто-то",
    "saved": "Избранное",
    "terminal": "Терминал",
    "about_reply": "о сообщении, на которое отвечает",
    "sound_voice": "голосовое",
    "sound_video_note": "кружок",
    "sound_audio": "аудио",
    "sound_video": "видео",
    "sound_document": "аудиофайл",
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
    "owner_no_prefix": "ваше сообщение без префикса",
    "not_allowed": "здесь спрашивать нельзя",
    "not_listed": "чат не выбран",
    "no_mention": "обращались не к вам",
    "no_prefix": "нет префикса",
    "forgotten": "вы просили забыть этого человека",
    "other_bots_command": "команда боту",
    "voice_off": "голос в этом чате выключен",
    "view_once": "одноразовое",
    "protected": "защищено от копирования",
    "no_wake_word": "сказано не вам",
    "off": "в этом чате ответы выключены",
    "bare_prefix": "вопроса нет",
    "no_text": "нечего читать",
    "malformed": "такое сообщение не прочесть",
    "requests_per_minute": "слишком много вопросов за минуту",
    "tokens_per_day": "токенов на сегодня не хватает",
    "answers_per_hour": "слишком много ответов за час",
    "person_tokens_per_day": "токенов этого человека на сегодня не хватает",
    "own_tokens_per_day": "ваших токенов на сегодня не хватает",
    "cost_per_day": "денег на сегодня не хватает",
    "limit_is_zero": "ничего не разрешено: {limit} в [limits] равно 0",
    "loop": "возвращается быстрее человека, как программа: больше не отвечаю",
    "limit_held": "начатые ответы могут исчерпать лимит: жду, пока закончатся",
    "governor": "чтобы поберечь аккаунт",
    "flood_wait": "Telegram просит подождать",
    "slow_mode": "медленный режим чата",
    "network": "нет связи с Telegram, пробую снова",
    "telegram_trouble": "у Telegram неполадки, пробую снова",
    "transcribing": "слушаю",
    "recordings": "сначала дослушиваю другие записи",
    "pictures": "сначала другие вопросы с картинками",
    "large_recordings": "большие записи слушаю по одной",
    "transcription_again": "ещё одна попытка распознать",
    "edit_again": "ещё одна попытка изменить ответ",
    "model_again": "ещё одна попытка спросить модель",
    "storage_busy": "базу истории",
    "storage_full": "место на диске",
    "flood_wait_account": "Telegram просит весь аккаунт подождать",
    "answer_deleted": "кто-то удалил ответ, пока он писался",
    "slow_mode_rest": "в чате медленный режим: остаток ответа не отправлен",
    "ended_length": "оборван по длине",
    "ended_overlong": "оборван: не кончался",
    "ended_deleted": "удалён, пока писался",
    "ended_stopped": "остановлен; что написано, остаётся",
    "overlong": "ответ никак не кончался: он оборван",
    "peer_flood": "Telegram ограничил аккаунт (PEER_FLOOD): больше ничего не отправляется",
    "too_old": "слишком старый вопрос",
    "deleted": "удалён до ответа",
    "in_doubt": "возможно, уже отвечено",
    "joined": "идёт вместе со следующим сообщением",
    "edited": "исправлено: вопроса больше нет",
    "stood_down": "вы успели написать сами",
    "question_edited": "вопрос исправлен: спрашиваю заново",
    "answer_moved": "группа стала супергруппой: ответ начинается там заново",
    "begun_before_move": "ответ был начат до того, как группа стала супергруппой",
    "question_parted": "одного из сообщений вопроса больше нет: спрашиваю без него",
    "owner_answered": "вы ответили сами",
    "answer_gone": "ответ на него удалили",
    "taken_up": "ответ был начат раньше и дописывается в своём сообщении",
    "answer_kept": "ответ уже был получен: модель заново не спрашиваю",
    "lost_counted": "запросы, оборванные остановкой программы: их стоимость учтена",
    "looked_for": "Telegram не сказал, дошло ли сообщение: ищу его в чате",
    "silence": "там никто не говорит",
    "phantom": "только слова, которые распознавание выдумывает в тишине",
    "stopping_1": "заканчиваю, жду один ответ · ещё раз Ctrl-C — сразу конец",
    "stopping": "заканчиваю, жду ответов: {n} · ещё раз Ctrl-C — сразу конец",
    "stopping_commands_1": "заканчиваю, жду результат команды · ещё раз Ctrl-C — сразу конец",
    "stopping_commands": "заканчиваю, жду результатов команд: {n} · ещё раз Ctrl-C — сразу конец",
    "interrupted": "прервано",
    "terminated": "попросили остановиться",
    "disconnected": "связь закрыта",
}

Words = Mapping[str, str]


def plural(number: str, forms: str) -> str:
    """The Russian word beside a number: of "вопрос|вопроса|вопросов" the one for 1, 2 or 5."""
    one, few, many = forms.split("|")
    if "." in number:
        return few
    digits = "".join(filter(str.isdecimal, number)) or "0"
    if not digits.endswith(("11", "12", "13", "14")):
        if digits[-1] == "1":
            return one
        if digits[-1] in "234":
            return few
    return many


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
