"""The command line, and what the operating system says."""

from __future__ import annotations

from typing import Final

SENTENCES: Final = {
    "The system does not allow it: {}.": "Система этого не позволяет: {}.",
    "The system does not allow it: {} ({}).": "Система этого не позволяет: {} ({}).",
    "Look whose files these are, and whether the disk is full.": (
        "Проверьте, чьи это файлы и не полон ли диск."
    ),
    "The program made a mistake ({}).": "Ошибка в самой программе ({}).",
    "Run the same again with -v to see where, and report it.": (
        "Запустите то же с -v, чтобы увидеть где, и сообщите об этом."
    ),
    "No port is free: {}.": "Свободного порта нет: {}.",
    "Port {} or {} is taken: {}.": "Порт {} или {} занят: {}.",
    # what typer finds wrong with a command line
    "No such command “{}”.": "Команды «{}» нет.",
    "No such option: {}.": "Параметра {} нет.",
    "Missing argument “{}”.": "Не указано: {}.",
    "Missing option “{}”.": "Не указан параметр {}.",
    "Missing command.": "Не указана команда.",
    "Got unexpected extra argument ({}).": "Лишнее в команде: {}.",
    "Got unexpected extra argument(s) ({}).": "Лишнее в команде: {}.",
    "Option “{}” requires an argument.": "После {} нужно значение.",
    "Option “{}” does not take a value.": "У {} не бывает значения.",
    "Invalid value for “{}”: {}.": "Неверное значение для {}: {}.",
    "`{} --help` lists what there is.": "Что бывает, покажет `{} --help`.",
    "Did you mean {}? `{} --help` lists what there is.": (
        "Может быть, {}? Что бывает, покажет `{} --help`."
    ),
}

PARTS: Final = {
    "{} or {}": "{} или {}",
    "Input should be a valid integer, unable to parse string as an integer": "нужно целое число",
    "Input should be greater than or equal to {}": "нужно число не меньше {}",
    "Input should be less than or equal to {}": "нужно число не больше {}",
}

REASONS: Final = {
    "No such file or directory": "нет такого файла или папки",
    "Permission denied": "нет прав",
    "Operation not permitted": "нет прав",
    "No space left on device": "на диске нет места",
    "Disk quota exceeded": "исчерпана квота диска",
    "Read-only file system": "диск только для чтения",
    "Is a directory": "это папка",
    "Not a directory": "это не папка",
    "File exists": "такой файл уже есть",
    "File name too long": "имя файла слишком длинное",
    "Too many levels of symbolic links": "ссылки ведут по кругу",
    "Too many open files": "открыто слишком много файлов",
    "Input/output error": "ошибка чтения или записи",
    "Invalid argument": "неверное значение",
    "Address already in use": "адрес уже занят",
    "Cannot assign requested address": "такого адреса здесь нет",
    "Connection refused": "соединение отклонено",
    "Connection reset by peer": "соединение оборвано",
    "Network is unreachable": "сеть недоступна",
}
"""What the operating system says: a particular of any family."""
