"""What `--help` says of commands and their options."""

from __future__ import annotations

from typing import Final

WHOLE: Final = {
    "Usage": "Запуск",
    "default": "по умолчанию",
    "Options": "Параметры",
    "Arguments": "Аргументы",
    "Commands": "Команды",
    "Show this message and exit.": "Показать это и выйти.",
    "Install completion for the current shell.": (
        "Включить дополнение команд в этой оболочке по Tab."
    ),
    "Show completion for the current shell, to copy it or customize the installation.": (
        "Показать код дополнения команд, чтобы поставить его самому."
    ),
    "A Telegram userbot: /gpt in your chats, answered in place from your own account.": (
        "Юзербот для Telegram: /gpt в ваших чатах, ответ там же от вашего аккаунта."
    ),
    "The config file [default: ./config.toml].": "Файл настроек [по умолчанию ./config.toml].",
    "A [profile.NAME] of the config.": "Профиль [profile.NAME] из файла настроек.",
    "Lines without colour or live parts.": "Просто строки: без цвета и движения.",
    "One JSON object an event or row.": "На каждое событие или строку — объект JSON.",
    "Show more, and tracebacks of errors.": "Показывать больше, и где в программе ошибка.",
    "Show the version and leave.": "Показать версию и выйти.",
    "Listen in the selected chats and answer.": "Слушать выбранные чаты и отвечать.",
    "Write config.toml by asking for what it needs.": (
        "Записать config.toml, спросив, что для него нужно."
    ),
    "Four short steps: Telegram's api_id and api_hash, the model, the login, the chats. "
    "Without a terminal each answer is a line of standard input.": (
        "Четыре коротких шага: api_id и api_hash от Telegram, модель, вход в аккаунт, чаты. "
        "Без терминала каждый ответ — строка стандартного ввода."
    ),
    "Replace an existing config.": "Заменить файл настроек, если он есть.",
    "By a code instead of a QR code.": "Войти по коду, а не по QR-коду.",
    "Another Telegram, such as `userbot sandbox`.": "Другой Telegram, например `userbot sandbox`.",
    "With --server: its PKCS#1 RSA key.": "К --server: его ключ RSA (PKCS#1).",
    "With --server: its data centre.": "К --server: номер дата-центра.",
    "Log in to Telegram by QR code, or by a code to enter.": (
        "Войти в Telegram по QR-коду или по коду из сообщения."
    ),
    "Without a terminal each answer is a line of standard input: phone (if not given), code, "
    "and password where the account has one.": (
        "Без терминала каждый ответ — строка стандартного ввода: телефон (если не задан), код"
        " и пароль, если он у аккаунта есть."
    ),
    "End this login and remove its session file.": "Выйти из аккаунта и удалить файл сессии.",
    "List your chats, with the [[chats]] block to paste.": (
        "Показать ваши чаты и блок [[chats]], чтобы вставить в настройки."
    ),
    "Only chats with this in title or @name.": "Только чаты с этим в названии или @имени.",
    "The conversations; with CHAT the dialogue. Works while the program runs.": (
        "Разговоры; с CHAT — диалог. Можно и пока программа работает."
    ),
    "An id (or ID/TOPIC), 'saved', or a piece of a title or @name.": (
        "Номер (или НОМЕР/ТЕМА), 'saved' или часть названия или @имени."
    ),
    "Only what holds these words, in any case.": "Только где есть эти слова, в любом регистре.",
    "The newest N [default: 20 questions].": "Последние N [по умолчанию 20 вопросов].",
    "Erase the words of CHAT, or all of them, for ever.": (
        "Стереть слова из CHAT, или все, навсегда."
    ),
    "CHAT, or all, as a document: md, json or html.": "CHAT, или всё, документом: md, json, html.",
    "Copy the whole history into a new file.": "Скопировать всю историю в новый файл.",
    "Requests, tokens, audio minutes and cost per day, chat and person.": (
        "Запросы, токены, минуты звука и цена по дням, чатам и людям."
    ),
    "Only by day, chat or person.": "Только по day, chat или person.",
    "The last N days, today too.": "Последние N дней вместе с сегодня.",
    "Look whether everything is ready.": "Проверить, всё ли готово.",
    "Ask failed questions again, at once if the program runs.": (
        "Задать неудавшиеся вопросы снова; сразу, если программа работает."
    ),
    "What failed in the last 30m, 2h or 7d [default: all].": (
        "Что не удалось за последние 30m, 2h или 7d [по умолчанию всё]."
    ),
    "An id (or ID/TOPIC), or a piece of a title or @name.": (
        "Номер (или НОМЕР/ТЕМА) или часть названия или @имени."
    ),
    "The same assistant in the terminal, without Telegram.": (
        "Тот же помощник в терминале, без Telegram."
    ),
    "A question a line; /quit or /exit ends.": "Строка — вопрос; /quit или /exit — выход.",
    "Watch the whole program in a small Telegram of its own.": (
        "Посмотреть всю программу в её собственном маленьком Telegram."
    ),
    "It needs no account, no key and no network.": "Не нужны ни аккаунт, ни ключ, ни сеть.",
    "Ask your own model: the key or server you configured.": (
        "Спрашивать вашу модель: с тем ключом или сервером, что вы задали."
    ),
    "With --openai: this model.": "К --openai: эту модель.",
    "The language of the scene.": "Язык сцены.",
    "Write what is shown as an SVG picture.": "Записать показанное картинкой SVG.",
    "A small Telegram and a model endpoint on loopback.": (
        "Маленький Telegram и сервер модели на этом компьютере."
    ),
    "For any MTProto client and any OpenAI client, until Ctrl-C. The accounts' codes never "
    "change.": (
        "Для любого клиента MTProto и любого клиента OpenAI, до Ctrl-C. Коды аккаунтов не меняются."
    ),
    "Telegram's port; the endpoint takes the next. 0: free ones.": (
        "Порт Telegram; у модели — следующий. 0: свободные."
    ),
    "Keep the state there. Default: in memory.": "Хранить состояние там. По умолчанию — в памяти.",
}
