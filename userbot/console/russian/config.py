"""What is wrong with config.toml, and what was probably meant."""

from __future__ import annotations

from typing import Final

SENTENCES: Final = {
    # the file as a whole
    "the config file {} does not exist": "файла настроек {} нет",
    "the config file {} is a folder, not a file": "вместо файла настроек {} стоит папка",
    "the config file {} may not be read by you": "файл настроек {} вам прочесть нельзя",
    "the config file {} cannot be read: {}": "файл настроек {} не прочесть: {}",
    "the config file {} is far too large for a config file": (
        "файл {} слишком велик для файла настроек"
    ),
    "the config file {} is not text in UTF-8": "файл настроек {} — не текст в UTF-8",
    "the config file {} is empty": "файл настроек {} пуст",
    "the config file {} holds a number or a list that is far too long": (
        "в файле настроек {} слишком длинное число или список"
    ),
    "`userbot init` writes a new one; --config FILE names another.": (
        "`userbot init` создаст новый; --config ФАЙЛ укажет другой."
    ),
    "Save it as UTF-8. `userbot init` writes a new one; --config FILE names another.": (
        "Сохраните его в UTF-8. `userbot init` создаст новый; --config ФАЙЛ укажет другой."
    ),
    "`userbot init` fills it.": "Его заполнит `userbot init`.",
    "Run the program as the owner of that file.": "Запустите программу как владелец этого файла.",
    "It is a small text file.": "Это должен быть небольшой текстовый файл.",
    "this is not valid TOML: {}": "это не TOML: {}",
    "https://toml.io shows how such a file is written.": (
        "Как пишут такие файлы, показано на https://toml.io."
    ),
    "A text stands in quotes; numbers, true and false do not.": (
        "Текст пишут в кавычках; числа, true и false — без них."
    ),
    "In a path write / for \\, or put the text in single quotes.": (
        "В пути пишите / вместо \\ или возьмите текст в одинарные кавычки."
    ),
    "Perhaps a quote is missing at the end of the text.": (
        "Возможно, в конце текста нет закрывающей кавычки."
    ),
    "a key or a section stands here for the second time": (
        "этот ключ или раздел здесь уже второй раз"
    ),
    "Keep one of the two.": "Оставьте что-то одно.",
    # keys and sections
    '"{}" stands in no section': 'ключ "{}" стоит вне разделов',
    "Move it under [{}].": "Перенесите его в раздел [{}].",
    "there is no section [{}]": "раздела [{}] не бывает",
    '{} has no key "{}"': 'в {} не бывает ключа "{}"',
    "Did you mean [{}]?": "Может быть, [{}]?",
    'Did you mean "{}"?': 'Может быть, "{}"?',
    "There are {}.": "Бывают {}.",
    "Here stand {}.": "Здесь бывают {}.",
    "It belongs under [{}].": "Его место в разделе [{}].",
    'there is no profile "{}"': 'профиля "{}" нет',
    "There are: {}.": "Есть: {}.",
    'There are: {}. Did you mean "{}"?': 'Есть: {}. Может быть, "{}"?',
    "The file has no [profile.NAME] at all.": "В файле нет ни одного [profile.ИМЯ].",
    # values
    "{} must be {}": "в {} ожидается {}",
    "{} must be {}, not {}": "в {} ожидается {}, а не {}",
    "{} must be a table, not {}": "{} — это должна быть таблица, а не {}",
    "{} must be blocks, not {}": "{} — это должны быть блоки, а не {}",
    "Write [[chats]] with two brackets.": "Пишите [[chats]] с двойными скобками.",
    "{} is missing": "не задано: {}",
    'It takes "all", "mention", "prefix" or "off".': (
        'Здесь ожидается "all", "mention", "prefix" или "off".'
    ),
    'It takes "me", "contacts", "anyone", or a list of @names and ids.': (
        'Здесь ожидается "me", "contacts", "anyone" или список из @имён и id.'
    ),
    "{} is still a placeholder": "в {} ещё стоит заготовка",
    "Put it in brackets: a list.": "Возьмите в квадратные скобки: это список.",
    "Write the number without quotes.": "Пишите число без кавычек.",
    "Write it without quotes.": "Пишите без кавычек.",
    "Get your own at https://my.telegram.org, or set TELEGRAM_API_ID.": (
        "Получите свой на https://my.telegram.org или задайте TELEGRAM_API_ID."
    ),
    "Get your own at https://my.telegram.org, or set TELEGRAM_API_HASH.": (
        "Получите свой на https://my.telegram.org или задайте TELEGRAM_API_HASH."
    ),
    "Put your key there, or remove the line and set OPENAI_API_KEY.": (
        "Впишите свой ключ или уберите строку и задайте OPENAI_API_KEY."
    ),
    "Set OPENAI_API_KEY; for a server of your own, base_url is enough.": (
        "Задайте OPENAI_API_KEY; для своего сервера достаточно base_url."
    ),
    "{} must be a web address": "в {} ожидается веб-адрес",
    "Write it like http://localhost:11434/v1.": "Например: http://localhost:11434/v1.",
    "{} is no address of a proxy": "в {} не адрес прокси",
    "Write http://user:password@host:3128 or socks5://host:1080.": (
        "Пишите http://user:password@host:3128 или socks5://host:1080."
    ),
    "{} lacks a server or a port": "в {} нет сервера или порта",
    "{} has no valid secret": "в {} нет верного секрета",
    "{} is an MTProxy that imitates TLS (its secret begins with ee), which is not supported": (
        "в {} MTProxy, который притворяется TLS (секрет начинается с ee), а такие не поддерживаются"
    ),
    "Write socks5://user:password@host:1080, http://host:3128, or paste an MTProxy link.": (
        "Пишите socks5://user:password@host:1080, http://host:3128 или вставьте ссылку MTProxy."
    ),
    "Copy the whole MTProxy link: server, port and secret.": (
        "Скопируйте ссылку MTProxy целиком: server, port и secret."
    ),
    "Use one whose secret begins with dd, or a SOCKS5 proxy.": (
        "Возьмите тот, чей секрет начинается с dd, или прокси SOCKS5."
    ),
    "{} must begin and end with a sign, with single spaces between words": (
        "в {} не может быть пробелов по краям и двух подряд"
    ),
    "White space after the prefix is expected anyway.": (
        "Пробел после префикса и так подразумевается."
    ),
    "{} needs prices": "для {} нужны цены",
    "{} needs the price of spoken answers": "для {} нужна цена ответов голосом",
    "Give input and output per million tokens under [limits.prices].": (
        "Задайте в [limits.prices] input и output за миллион токенов."
    ),
    "Give audio_minute under [limits.prices]; 0 if it costs nothing.": (
        "Задайте в [limits.prices] audio_minute; 0, если это бесплатно."
    ),
    "{} is no time zone that is known here": "в {} неизвестный часовой пояс",
    'Write one like "Europe/Berlin".': 'Например: "Europe/Moscow".',
    "This system has no list of time zones: install the package tzdata.": (
        "В системе нет списка часовых поясов: установите пакет tzdata."
    ),
    # chats and people
    "{} names a chat that has a block already": "{} — чат, у которого блок уже есть",
    "Keep one block for each chat.": "Оставьте каждому чату один блок.",
    "{} is a number that no chat has": "в {} номер, которого у чатов не бывает",
    '{} must be "@name", a number or "saved"': 'в {} ожидается "@имя", число или "saved"',
    "`userbot chats` lists them.": "Их перечислит `userbot chats`.",
    "{} lists people, and its entry {} is no person's id": (
        "в {} перечисляют людей, а {}-й в списке — не id человека"
    ),
    "People have positive ids; a chat's members cannot be named by its id.": (
        "У людей id положительные; участников чата по id чата не указать."
    ),
    "{} must list @names and ids, and its entry {} is neither": (
        "в {} перечисляют @имена и id, а {}-й в списке — ни то ни другое"
    ),
    "The owner may always ask; the word stands alone, without brackets.": (
        "Владельцу можно всегда; это слово пишут отдельно, без скобок."
    ),
    "A name begins with @.": "Имя начинается с @.",
    "Write the name that stands after t.me/, with an @ before it.": (
        "Напишите имя, которое стоит после t.me/, и перед ним @."
    ),
    "A name is @ and a letter, then two to 31 letters, digits or _.": (
        "Имя — это @ и латинская буква, затем от двух до 31 латинских букв, цифр или _."
    ),
    "[limits.people] takes @names and ids of people": "в [limits.people] бывают @имена и id людей",
    'Write [limits.people."@name"] or [limits.people.123456].': (
        'Пишите [limits.people."@имя"] или [limits.people.123456].'
    ),
    "nobody is called {}.": "имени {} ни у кого нет.",
    "Check it with `userbot chats`.": "Проверьте его: `userbot chats`.",
    "this chat has a block already.": "у этого чата уже есть блок.",
    "Keep one of the two blocks.": "Оставьте один из двух блоков.",
    "{} is not a readable PKCS#1 RSA key.": ("{} не читается как ключ RSA в формате PKCS#1."),
    "Use the PEM file that the server wrote.": "Возьмите файл PEM, который записал сервер.",
}

WHOLE: Final = {
    # where a fault is
    "[[chats]] number {}, id": "[[chats]] номер {}, id",
    "[[chats]] number {}, from": "[[chats]] номер {}, from",
}

PARTS: Final = {
    # what a key takes
    "{} or {}": "{} или {}",
    '{}" and "{}': '{}" и "{}',
    "true or false": "true или false",
    "a whole number": "целое число",
    "a number": "число",
    "a finite number": "конечное число",
    "at least {}": "не меньше {}",
    "above {}": "больше {}",
    "at most {}": "не больше {}",
    "a path in quotes": "путь в кавычках",
    "a text in quotes": "текст в кавычках",
    "a text in quotes that is not empty": "непустой текст в кавычках",
    "a list of texts": "список текстов",
    "a list of @names and ids": "список из @имён и id",
    # what it was given
    "a number with a fraction": "дробное число",
    "a list": "список",
    "a table": "таблица",
    "a date or time": "дата или время",
    "text": "текст",
    "the proxy": "прокси",
    # of the system, and of the parser
    "no file can have this name": "у файла не бывает такого имени",
    "invalid value": "такого значения не бывает",
    "invalid statement": "такой строки не бывает",
    "invalid date or datetime": "такой даты или времени не бывает",
    "invalid hex value": "неверное шестнадцатеричное число",
    "invalid initial character for a key part": "с такого знака ключ не начинается",
    "illegal character {}": "недопустимый знак {}",
    "found invalid character {}": "недопустимый знак {}",
    "unterminated string": "у текста нет конца",
    "unclosed array": "список не закрыт",
    "unclosed inline table": "таблица в строке не закрыта",
    "unescaped {} in a string": "одиночный знак {} в тексте",
    "escaped character is not a Unicode scalar value": "такого знака Юникода не бывает",
    "expected {} after a key in a key/value pair": "после ключа ожидается {}",
    "expected {} at the end of a table declaration": "в конце имени таблицы ожидается {}",
    "expected {} at the end of an array declaration": "в конце имени блока ожидается {}",
    "expected {}": "ожидается {}",
    "expected newline or end of document after a statement": (
        "после значения ожидается новая строка"
    ),
}
