"""The commands that look: `chats`, `history`, `usage`, `retry`, `talk`, `demo`, `sandbox`."""

from __future__ import annotations

from typing import Final

NAMES: Final = {
    # chats
    "(set by command: {})": "(задано командой: {})",
    "No chat has that in its name.": "Чата с таким названием нет.",
    "This account has no chats yet.": "В этом аккаунте ещё нет чатов.",
    "– is for you alone. `userbot chats WORD` prints the block that selects a chat.": (
        "– значит: только для вас. `userbot chats СЛОВО` напечатает блок, который выбирает чат."
    ),
    "To select, paste into config.toml and change to taste:": (
        "Чтобы выбрать, вставьте в config.toml и поправьте по вкусу:"
    ),
    'your Telegram contacts alone; or "anyone", or ["@name"]': (
        'только контакты Telegram; можно "anyone" или ["@имя"]'
    ),
    'everybody in this chat; or "contacts", or ["@name"]': (
        'все в этом чате; можно "contacts" или ["@имя"]'
    ),
    # history
    "There is no history yet in {}.": "В {} ещё нет истории.",
    "There is no history yet.": "Истории ещё нет.",
    "It begins with the first question.": "Она начнётся с первого вопроса.",
    "There is no option {}.": "Параметра {} нет.",
    "See userbot history --help.": "Смотрите userbot history --help.",
    "A history is exported as md, json or html.": "История выгружается как md, json или html.",
    "Give one of them.": "Укажите что-то одно.",
    "--clear, --export and --backup go one at a time.": (
        "--clear, --export и --backup можно только по одному."
    ),
    "Leave out the rest.": "Остальное уберите.",
    "--backup copies all of it.": "--backup копирует всё.",
    "For one chat there is --export.": "Для одного чата есть --export.",
    "--clear takes a chat, and no --search.": "--clear берёт чат, а не --search.",
    "Erase the words of {} for ever? (yes/no)": "Стереть слова навсегда: {}? (да/нет)",
    "the whole history": "вся история",
    "Nothing was erased.": "Ничего не стёрто.",
    "Answer with the whole word: yes.": "Ответьте целым словом: да.",
    "Erased 1 question of {} with its answer.": "Стёрт 1 вопрос с ответом: {}.",
    "Erased {} questions of {} with their answers.": (
        "{0:Стёрт|Стёрты|Стёрто} {0} {0:вопрос|вопроса|вопросов} с ответами: {1}."
    ),
    "The history is copied into {}.": "История скопирована в {}.",
    "To go back, put it in the place of {}.": "Чтобы вернуться к ней, положите её на место {}.",
    "There is a file already: {}.": "Такой файл уже есть: {}.",
    "A backup never overwrites: give another name.": (
        "Копия ничего не затирает: дайте другое имя."
    ),
    "There is no folder {}.": "Папки {} нет.",
    "Make it first.": "Сначала создайте её.",
    "{} is damaged, so it was not copied.": "{} повреждён и поэтому не скопирован.",
    "An older backup may be sound; `userbot history --export json` saves what can be.": (
        "Возможно, цела прежняя копия; `userbot history --export json` спасёт, что удастся."
    ),
    "{} was written by an older version of userbot.": "{} записан прежней версией userbot.",
    "Start `userbot run` once: it brings the history up to date.": (
        "Запустите один раз `userbot run`: он обновит историю."
    ),
    "{} was written by a newer version of userbot.": "{} записан более новой версией userbot.",
    "Update userbot, or set [history].database to another file.": (
        "Обновите userbot или укажите другой файл в [history].database."
    ),
    "{} is from before the first release of userbot and cannot be read any more.": (
        "{} записан ещё до первого выпуска userbot, прочитать его больше нельзя."
    ),
    "Nothing was changed. Move the file away, and userbot starts a new history.": (
        "Ничего не изменено. Уберите файл — userbot начнёт новую историю."
    ),
    "The history in {} belongs to another Telegram account.": (
        "История в {} принадлежит другому аккаунту Telegram."
    ),
    "Log in with that account, or set [history].database to another file.": (
        "Войдите в тот аккаунт или укажите другой файл в [history].database."
    ),
    "{} is a database of another program.": "{} — база другой программы.",
    "Set [history].database to a file of its own.": "Укажите в [history].database отдельный файл.",
    "Nothing was asked in that topic.": "В этой теме ничего не спрашивали.",
    "List them with userbot history.": "Список: userbot history.",
    "in {} ({})": "в {} ({})",
    "Nothing holds “{}”.": "«{}» нигде нет.",
    "Try a part of the word.": "Попробуйте часть слова.",
    "Only the newest {} are shown.": "Показаны только последние: {}.",
    "See more with --limit {}.": "Больше: --limit {}.",
    "No chat in the history is called “{}”.": "В истории нет чата «{}».",
    "“{}” fits {} chats: {}.": "«{0}» подходит {1} {1:чату|чатам|чатам}: {2}.",
    "Give the id of one.": "Укажите id одного из них.",
    # why there is no answer
    "it was stopped": "остановлено",
    "the answer broke off": "ответ оборвался",
    "the answer came to no end": "ответ всё не кончался",
    "the answer was empty": "ответ был пуст",
    "the endpoint answered with something else": "сервер ответил чем-то непонятным",
    "the endpoint had trouble": "неполадки на сервере",
    "the endpoint was silent": "сервер молчал",
    "the endpoint could not be reached": "сервер был недоступен",
    "the endpoint took no more requests": "сервер не принимал запросов",
    "the endpoint refused the request": "сервер отклонил запрос",
    "the endpoint did not accept the key": "сервер не принял ключ",
    "no credit was left": "кончились деньги на счету",
    "there was no such model": "такой модели нет",
    "too long for the model": "слишком длинно для модели",
    "a content filter stopped the answer": "ответ остановил фильтр",
    "the recording was gone": "записи уже не было",
    "no room for the recording": "для записи нет места",
    "the recording was too large": "запись слишком велика",
    "the recording was too long": "запись слишком длинная",
    "the recording could not be read": "запись не прочесть",
    "the recording needs ffmpeg": "для записи нужен ffmpeg",
    "a mistake of the program": "ошибка в самой программе",
    # usage
    "Usage is counted by {}.": "Расход считается по {}.",
    "Leave --by out for all three.": "Без --by покажу все три.",
    "Nothing was spent in that time.": "За это время ничего не потрачено.",
    "See more with --days 365.": "Больше: --days 365.",
    # retry
    "“{}” is no age.": "«{}» — не срок.",
    "Write a number and s, m, h, d or w: 90m, 2h, 7d.": (
        "Напишите число и s, m, h, d или w (секунды, минуты, часы, дни, недели): 90m, 2h, 7d."
    ),
    "No question has failed.": "Вопросов с ошибкой нет.",
    "See what was asked with userbot history CHAT.": "Что спрашивали: userbot history ЧАТ.",
    "1 question is asked again.": "1 вопрос будет задан снова.",
    "{} questions are asked again.": (
        "{0} {0:вопрос будет задан|вопроса будут заданы|вопросов будут заданы} снова."
    ),
    "1 question is asked again at the next start.": (
        "1 вопрос будет задан снова при следующем запуске."
    ),
    "{} questions are asked again at the next start.": (
        "{0} {0:вопрос будет задан|вопроса будут заданы|вопросов будут заданы} снова"
        " при следующем запуске."
    ),
    "The running userbot shows how it goes.": "Как идёт дело, покажет запущенный userbot.",
    "Start `userbot run`.": "Запустите `userbot run`.",
    # talk
    "Ctrl-D or /quit ends, Ctrl-C stops an answer, /gpt_new begins anew.": (
        "Ctrl-D или /quit — выход, Ctrl-C — прервать ответ, /gpt_new — начать заново."
    ),
    "Of the commands only /gpt_new works here.": "Из команд здесь работает только /gpt_new.",
    "The others are for chats.": "Остальные — для чатов.",
    "There is no Telegram here.": "Здесь нет Telegram.",
    # demo and sandbox
    "There is no scene in “{}”.": "Сцены на «{}» нет.",
    "Use --language en or ru.": "Укажите --language en или ru.",
    "There is no model to ask.": "Некого спрашивать: модели нет.",
    "Set OPENAI_API_KEY, or OPENAI_BASE_URL for a local server.": (
        "Задайте OPENAI_API_KEY или, для своего сервера, OPENAI_BASE_URL."
    ),
    "Another sandbox keeps its state in {}.": "Другая песочница хранит своё состояние в {}.",
    "Stop it first, or give this one a folder of its own.": (
        "Сначала остановите её или дайте этой отдельную папку."
    ),
    "{} is a file, not a folder.": "{} — файл, а не папка.",
    "Name a folder with --data.": "Укажите папку: --data ПАПКА.",
    "{} holds a state that this sandbox cannot read.": (
        "В {} лежит состояние, которое эта песочница не может прочесть."
    ),
    "Name an empty folder with --data; this one stays as it is.": (
        "Укажите пустую папку: --data ПАПКА; эта останется как есть."
    ),
    "Choose another with --port, or leave it out.": "Выберите другой: --port N, или не указывайте.",
    "The sandbox listens on loopback until Ctrl-C. Any api_id and api_hash will do.": (
        "Песочница работает на этом компьютере до Ctrl-C. Подойдут любые api_id и api_hash."
    ),
    "In another terminal, with a number and its code from below:": (
        "В другом терминале, с номером и кодом из списка ниже:"
    ),
    "(the model: 2, {}, key {})": "(модель: 2, {}, ключ {})",
    "or by hand in config.toml:": "или вручную в config.toml:",
    "--port N keeps the ports from one start to the next.": (
        "С --port N порты останутся теми же при следующем запуске."
    ),
}

WHOLE: Final = {
    "error": "ошибка",
    "yes": "да",
    # heads of tables
    "kind": "вид",
    "title": "название",
    "@name": "@имя",
    "who is answered": "кому отвечаю",
    "last": "последний",
    "asked": "вопросов",
    "tokens": "токенов",
    "day": "день",
    "chat": "чат",
    "person": "человек",
    "requests": "запросов",
    "tokens in": "токены вх.",
    "tokens out": "токены вых.",
    "audio min": "аудио, мин",
    "spoken min": "голосом, мин",
    "cost": "цена",
    # kinds of chats
    "saved": "Избранное",
    "private": "личный",
    "group": "группа",
    "supergroup": "супергруппа",
    "channel": "канал",
    # a dialogue
    "Saved Messages": "Избранное",
    "Terminal": "Терминал",
    "You": "Вы",
    "in topic {}": "в теме {}",
    "(no title)": "(без названия)",
    "(no name)": "(без имени)",
    "(deleted)": "(удалено)",
    "pending": "ждёт",
    "answering": "отвечаю",
    "answered": "отвечено",
    "failed": "ошибка",
    "skipped": "пропущено",
    # the sandbox's accounts
    "code": "код",
    "password": "пароль",
}
