"""What `userbot init` asks and tells."""

from __future__ import annotations

from typing import Final

SENTENCES: Final = {
    "{} is a folder.": "{} — это папка.",
    "Name a file with --config.": "Укажите файл: --config ФАЙЛ.",
    "{} exists already and stays as it is.": "{} уже есть и остаётся как был.",
    "Edit it, or replace it with `userbot init --force`.": (
        "Поправьте его или замените: `userbot init --force`."
    ),
    "Another server needs --server HOST:PORT and --public-key FILE.": (
        "Для другого сервера нужны --server АДРЕС:ПОРТ и --public-key ФАЙЛ."
    ),
    "As in: userbot init --server 127.0.0.1:10443 --public-key server.pem": (
        "Например: userbot init --server 127.0.0.1:10443 --public-key server.pem"
    ),
    "There is no file {}.": "Файла {} нет.",
    "--public-key names the PEM file of the server.": "--public-key указывает файл PEM сервера.",
    "This writes {} in four steps. Ctrl-C leaves at any time.": (
        "Четыре шага — и {} будет готов. Выйти в любой момент: Ctrl-C."
    ),
    "{} is written. Should the login fail, `{}` goes on here.": (
        "{} записан. Если войти не удастся, продолжить можно командой `{}`."
    ),
    "{} is ready. Start with: {}": "{} готов. Запуск: {}",
    "Then write “/gpt hello” to yourself, in Saved Messages.": (
        "Потом напишите «/gpt привет» самому себе, в Избранное."
    ),
    # 1: Telegram
    """\
Telegram gives every program of yours an id and a secret hash. They are free:
  1. Open https://my.telegram.org and log in with your phone number; the code
     arrives in your Telegram app, not by SMS.
  2. Choose “API development tools”. Any title and short name will do, and
     “Desktop” as the platform.
  3. Copy “App api_id” and “App api_hash” here.
If the page says only ERROR: turn off VPN and ad blocker, try another browser or
your phone's network, or try again in some hours.""": """\
Telegram выдаёт каждой вашей программе номер и секретный ключ. Это бесплатно:
  1. Откройте https://my.telegram.org и войдите по номеру телефона; код придёт
     в приложение Telegram, а не по SMS.
  2. Выберите «API development tools». Название и короткое имя — любые,
     платформа — «Desktop».
  3. Скопируйте сюда «App api_id» и «App api_hash».
Если страница пишет только ERROR: выключите VPN и блокировщик рекламы, возьмите
другой браузер или мобильный интернет или попробуйте через несколько часов.""",
    "A server of your own takes any api_id and api_hash.": (
        "Своему серверу подойдут любые api_id и api_hash."
    ),
    "The api_id comes from TELEGRAM_API_ID.": "api_id взят из TELEGRAM_API_ID.",
    "The api_hash comes from TELEGRAM_API_HASH.": "api_hash взят из TELEGRAM_API_HASH.",
    "It is a number of five digits or more.": "Это число из пяти цифр или больше.",
    "It is a number, 1 or more.": "Это число не меньше 1.",
    "It is 32 digits and letters from a to f.": "Это 32 знака: цифры и буквы от a до f.",
    "api_hash (stays hidden)": "api_hash (при вводе не виден)",
    # 2: the model
    "Its address comes from the environment.": "Адрес взят из переменной окружения.",
    "Its key comes from the environment.": "Ключ взят из переменной окружения.",
    "Who answers?": "Кто будет отвечать?",
    "with a key from https://platform.openai.com/api-keys": (
        "с ключом с https://platform.openai.com/api-keys"
    ),
    "a server that works like OpenAI's: Ollama, LM Studio, llama.cpp …": (
        "сервер, который работает как OpenAI: Ollama, LM Studio, llama.cpp …"
    ),
    "It is kept in the config, which only you can read.": (
        "Он хранится в файле настроек, который можете прочесть только вы."
    ),
    "It looks like {}.": "Он выглядит так: {}.",
    "API key": "Ключ API",
    "API key (stays hidden)": "Ключ API (при вводе не виден)",
    "API key (stays hidden; Enter: it needs none)": (
        "Ключ API (при вводе не виден; Enter — ключ не нужен)"
    ),
    "API key (empty: none)": "Ключ API (пусто — не нужен)",
    "It has no blanks; copy it anew.": "В нём не бывает пробелов; скопируйте его заново.",
    "The key was refused {} times.": "Ключ отклонён {0} {0:раз|раза|раз}.",
    "Look for the right one at your provider.": "Возьмите верный ключ у своего провайдера.",
    "It offers these models:": "Есть такие модели:",
    "Give the name that the server knows.": "Укажите имя, которое знает сервер.",
    "Asking it for its models …": "Спрашиваю, какие есть модели …",
    "{} That can be mended later.": "{} Это можно поправить потом.",
    # 3: the login
    "How do you log in?": "Как войти?",
    "scan a QR code with your phone": "навести камеру телефона на QR-код",
    "enter your number and the code that Telegram sends": (
        "ввести свой номер и код, который пришлёт Telegram"
    ),
    # 4: the chats
    "You can ask with /gpt in every chat. Others can only where you let them:": (
        "Вы можете спрашивать через /gpt в любом чате. Другие — только там, где вы позволите:"
    ),
    "… and {} more: `userbot chats WORD` finds them.": (
        "… и ещё {}: их найдёт `userbot chats СЛОВО`."
    ),
    "Give numbers from 1 to {} with blanks between, or nothing.": (
        "Укажите числа от 1 до {} через пробел или ничего."
    ),
    "Where may others ask (as in 1 3, or Enter: nowhere)": (
        "Где можно спрашивать другим (например, 1 3; Enter — нигде)"
    ),
    "Who may ask there?": "Кому там можно спрашивать?",
    "only who is in your Telegram contacts": "только тем, кто у вас в контактах Telegram",
    "everybody in these chats": "всем в этих чатах",
    "What is a question?": "Что считать вопросом?",
    "your @name, a reply to an answer, all in private chats": (
        "ваше @имя, реплика на ответ программы, в личных чатах — всё"
    ),
    "what begins with /gpt, a reply to an answer": "начало с /gpt, реплика на ответ программы",
    "every message": "каждое сообщение",
}

WHOLE: Final = {
    "Number": "Номер",
    "Code": "Код",
    "Model": "Модель",
    "Address": "Адрес",
    "1 of 4 · Telegram": "1 из 4 · Telegram",
    "2 of 4 · The model": "2 из 4 · Модель",
    "3 of 4 · Your login": "3 из 4 · Вход в аккаунт",
    "4 of 4 · The chats": "4 из 4 · Чаты",
}
