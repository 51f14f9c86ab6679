"""Getting an account ready: `init`, `login`, `logout`, and the way to Telegram."""

from __future__ import annotations

from typing import Final

SENTENCES: Final = {
    # answers
    "The answer to “{}” is no text.": "Ответ на «{}» — не текст.",
    "Answers are text in UTF-8, one a line.": "Ответы — текст в UTF-8, каждый на своей строке.",
    "There is no answer to “{}”: standard input has ended.": (
        "Нет ответа на «{}»: стандартный ввод кончился."
    ),
    "Run it in a terminal, or give each answer on a line of its own.": (
        "Запустите в терминале или дайте каждый ответ отдельной строкой."
    ),
    "The answer to “{}” was wrong {} times.": ("Ответ на «{0}» неверен уже {1} {1:раз|раза|раз}."),
    "Give a number from 1 to {}.": "Укажите число от 1 до {}.",
    # logging in
    "There is no login yet.": "Вы ещё не вошли в аккаунт.",
    "Phone number with country code, as in +491701234567": (
        "Номер телефона с кодом страны, например +79161234567"
    ),
    "Telegram has sent a code {}.": "Telegram отправил код {}.",
    "into your Telegram app, in the chat “Telegram”": (
        "в ваше приложение Telegram, в чат «Telegram»"
    ),
    "by SMS": "по SMS",
    "to your number at fragment.com": "на ваш номер на fragment.com",
    "by e-mail": "по электронной почте",
    "by a phone call": "звонком",
    "by a phone call: the last digits of the caller's number": (
        "звонком: это последние цифры номера, с которого звонят"
    ),
    "to you": "вам",
    "That code is not right.": "Код неверен.",
    "Your password of two-step verification": "Пароль двухэтапной аутентификации",
    "That password is not right.": "Пароль неверен.",
    "On your phone: Telegram → Settings → Devices → Link Desktop Device, then scan this. It renews"
    " itself. Without a camera: Ctrl-C, `userbot login --phone +…`.": (
        "На телефоне: Telegram → Настройки → Устройства → Подключить устройство, затем наведите"
        " камеру на этот код. Он обновляется сам. Если камеры нет: Ctrl-C и"
        " `userbot login --phone +…`."
    ),
    "Logged out.": "Вы вышли из аккаунта.",
    "The login was ended before; its session file is removed.": (
        "Этот вход завершили раньше; файл сессии удалён."
    ),
    "There is no login to end.": "Выходить неоткуда: вы не вошли в аккаунт.",
    "It would be in {}; another config may name another session.": (
        "Он был бы в {}; в другом файле настроек может быть другая сессия."
    ),
    "Telegram wants this account to have an e-mail address for logins first.": (
        "Telegram требует сначала указать для входа адрес электронной почты."
    ),
    "Set one in an official app, or log in by QR code.": (
        "Укажите его в официальном приложении или войдите по QR-коду."
    ),
    "The code was wrong {} times.": "Код был неверен {0} {0:раз|раза|раз}.",
    "Look for a message from Telegram in your app, then run `userbot login` again.": (
        "Найдите в своём приложении сообщение от Telegram и снова запустите `userbot login`."
    ),
    "The password was wrong {} times.": "Пароль был неверен {0} {0:раз|раза|раз}.",
    "It is the one of two-step verification, not of your phone; an official app can reset it.": (
        "Это пароль двухэтапной аутентификации, а не телефона; сбросить его можно в официальном"
        " приложении."
    ),
    "Telegram does not know this phone number.": "Telegram не знает этого номера.",
    "Write it with its country code, as in +491701234567.": (
        "Напишите его с кодом страны, например +79161234567."
    ),
    "Telegram has banned this phone number.": "Telegram заблокировал этот номер.",
    "Write to recover@telegram.org; nothing can be done here.": (
        "Напишите на recover@telegram.org; здесь ничего не сделать."
    ),
    "There is no Telegram account with this number.": "Аккаунта Telegram с этим номером нет.",
    "Sign up in an official app first.": "Сначала зарегистрируйтесь в официальном приложении.",
    "The code has expired.": "Код устарел.",
    "Run `userbot login` again for a new one.": "За новым запустите снова `userbot login`.",
    "Telegram does not know this pair of api_id and api_hash.": (
        "Telegram не знает такой пары api_id и api_hash."
    ),
    "Copy both again from https://my.telegram.org.": (
        "Скопируйте их заново с https://my.telegram.org."
    ),
    "Telegram refused the login ({}).": "Telegram отклонил вход ({}).",
    "Try again later, or the other way: by QR code, or with --phone.": (
        "Попробуйте позже или другим способом: по QR-коду или с --phone."
    ),
    # the session, and the way to Telegram
    "{} is a login at another Telegram, {}.": "{} — вход в другой Telegram, {}.",
    'Give this config a session of its own, as in session = "sessions/other".': (
        'Дайте этим настройкам свою сессию, например session = "sessions/other".'
    ),
    "The session file {} cannot be opened for writing.": "Файл сессии {} не открыть для записи.",
    "Look whose it is, and that it is a file.": "Проверьте, чей он и файл ли это.",
    "The session file {} cannot be written ({}).": "В файл сессии {} не записать ({}).",
    "Stop what else uses it, and look whether the disk is full.": (
        "Остановите то, что им ещё пользуется, и проверьте, не полон ли диск."
    ),
    "{} is no session file, or it is damaged.": "{} — не файл сессии, или он повреждён.",
    "Move it away, then log in with `userbot login`.": (
        "Уберите его и войдите заново: `userbot login`."
    ),
    "Another process is using this session.": "Этой сессией пользуется другой процесс.",
    "Stop the other `userbot` first; one session serves one process.": (
        "Сначала остановите другой `userbot`: одна сессия — один процесс."
    ),
    "Telegram cannot be reached.": "До Telegram не достучаться.",
    "Telegram cannot be reached through the proxy.": "До Telegram не достучаться через прокси.",
    "Telegram cannot be reached at {}.": "До Telegram не достучаться по адресу {}.",
    "Check telegram.proxy, and that the proxy runs.": (
        "Проверьте telegram.proxy и работает ли прокси."
    ),
    "Check [telegram.server], with its public_key, and that the server runs.": (
        "Проверьте [telegram.server] и его public_key и работает ли сервер."
    ),
    "Check the network; where Telegram is blocked, set telegram.proxy.": (
        "Проверьте сеть; если Telegram заблокирован, задайте telegram.proxy."
    ),
}

NAMES: Final = {
    "Logged in as {}.": "Вы вошли как {}.",
    "Already logged in as {}; `userbot logout` ends this login.": (
        "Вы уже вошли как {}; выйти: `userbot logout`."
    ),
}
