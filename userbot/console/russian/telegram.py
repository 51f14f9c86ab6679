"""Telegram: what it refuses, and how it is reached."""

from __future__ import annotations

from typing import Final

SENTENCES: Final = {
    "Telegram does not let this account write here ({}).": (
        "Telegram не даёт этому аккаунту писать сюда ({})."
    ),
    'The chat rests for a while; set respond = "off" if this is to stay.': (
        'Чат какое-то время отдыхает; если это надолго, поставьте respond = "off".'
    ),
    "Telegram restricted this account ({}).": "Telegram ограничил этот аккаунт ({}).",
    "Nothing more is sent. Open the official app and write to @SpamBot.": (
        "Больше ничего не отправляется. Откройте официальное приложение и напишите @SpamBot."
    ),
    "Telegram refused the request ({}).": "Telegram отклонил запрос ({}).",
    "Telegram asks to wait {} s.": "Telegram просит подождать {} с.",
    "Telegram asks to wait {} s before anything is read.": (
        "Telegram просит подождать {} с, прежде чем что-то читать."
    ),
    "Ask again later.": "Спросите позже.",
    "Telegram did not tell this session how to reach that chat.": (
        "Telegram не сообщил этой сессии, как попасть в этот чат."
    ),
    "Open the chat once in an app of yours, then start again.": (
        "Откройте чат один раз в своём приложении и запустите программу снова."
    ),
    "Free some space, or raise the quota.": "Освободите место или увеличьте квоту.",
    "The message is not there any more.": "Этого сообщения больше нет.",
    "The question, or the answer to it, was deleted meanwhile.": (
        "Вопрос или ответ на него тем временем удалили."
    ),
    "Telegram had this message already.": "Это сообщение у Telegram уже было.",
    "Telegram has trouble of its own with a message.": "У Telegram неполадки с сообщением.",
    "The connection was lost before Telegram said that it has the message.": (
        "Связь прервалась прежде, чем Telegram подтвердил сообщение."
    ),
    "The connection to Telegram was lost while writing.": "При отправке прервалась связь.",
    "The connection to Telegram was lost while reading.": "При чтении прервалась связь.",
    "The connection to Telegram was lost while downloading.": "При загрузке прервалась связь.",
    "The connection to Telegram was lost while looking something up.": (
        "При поиске прервалась связь."
    ),
    "{} The chat is looked through for it.": "{} Ищу его в чате.",
    "Ask again by replying to the recording.": "Спросите ещё раз ответом на запись.",
    "Telegram took the message but did not say under which id.": (
        "Telegram принял сообщение, но не сказал его номера."
    ),
    "The voice note could not be brought to Telegram ({}).": (
        "Голосовое не удалось передать в Telegram ({})."
    ),
    "The next answer is spoken again.": "Следующий ответ снова будет голосовым.",
    "Voice notes are not taken in this chat.": "В этом чате голосовые не принимаются.",
    'Set voice = { answer_as = "text" } for it.': (
        'Поставьте для него voice = { answer_as = "text" }.'
    ),
    "Your contacts could not be read ({}).": "Не удалось прочесть ваши контакты ({}).",
    "The people you blocked could not be read ({}).": (
        "Не удалось прочесть, кого вы заблокировали ({})."
    ),
    "They are asked for again at the next start.": "Следующая попытка — при новом запуске.",
    "The program tried {}, which it may never do.": "Программа попыталась сделать {}: ей нельзя.",
    "Nothing was sent. Please report this.": "Ничего не отправлено. Пожалуйста, сообщите об этом.",
    "There is no valid login.": "Вы не вошли в аккаунт.",
    "Log in with `userbot login`.": "Войдите: `userbot login`.",
    "The connection to Telegram ended ({}).": "Связь с Telegram прервалась ({}).",
    "Start again; what was missed is caught up with.": (
        "Запустите снова; пропущенное будет наверстано."
    ),
    "Telegram ended this login because the session was used from two addresses.": (
        "Telegram завершил этот вход: сессией пользовались с двух адресов."
    ),
    "Log in again with `userbot login`, and never copy a session file.": (
        "Войдите снова: `userbot login`, и никогда не копируйте файл сессии."
    ),
    "This login was ended from another device.": "Этот вход завершили с другого устройства.",
    "Log in again with `userbot login`.": "Войдите снова: `userbot login`.",
    "The connection to Telegram stands again.": "Связь с Telegram снова есть.",
    "The connection to Telegram stands again after {} s.": (
        "Связь с Telegram снова есть, спустя {} с."
    ),
    "The clock jumped by {} s: the connection to Telegram is made anew.": (
        "Часы прыгнули на {} с: соединяюсь с Telegram заново."
    ),
}
