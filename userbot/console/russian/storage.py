"""The history database and the disk."""

from __future__ import annotations

from typing import Final

SENTENCES: Final = {
    "{} is a folder, not a history database.": "{} — папка, а не база истории.",
    "Set [history].database to a file in it.": "Укажите в [history].database файл в ней.",
    "The folder of {} cannot be made: a file stands in its place.": (
        "Папку для {} не создать: на её месте файл."
    ),
    "Set [history].database to another place.": "Укажите другое место в [history].database.",
    "The history in {} cannot be opened: {}.": "{} не открыть: {}.",
    "Look at [history].database, at the disk and at the file.": (
        "Проверьте [history].database, диск и сам файл."
    ),
    "Nothing was changed. Move the file away to begin anew, or put a backup in its place.": (
        "Ничего не изменено. Уберите файл, чтобы начать заново, или верните резервную копию."
    ),
    "{} is not a history database.": "{} — не база истории.",
    "{} is damaged: its end is missing.": "{} повреждён: нет конца файла.",
    "{} is damaged.": "{} повреждён.",
    "The disk is full: the history in {} cannot be written.": "Диск полон: в {} не записать.",
    "The disk is full: the history in {} cannot be written. {}": "Диск полон: в {} не записать. {}",
    "Free some space, then start again.": "Освободите место и запустите снова.",
    "The history in {} cannot be written: the file or its folder is read-only.": (
        "В {} не записать: файл или папка только для чтения."
    ),
    "Make both writable for you, or set [history].database to another place.": (
        "Разрешите себе запись или укажите другое место в [history].database."
    ),
    "The history in {} cannot be opened: the file or its folder is closed to you.": (
        "{} не открыть: файл или папка для вас закрыты."
    ),
    "Make both yours (chown, chmod u+rwX), or set [history].database to another place.": (
        "Сделайте их своими (chown, chmod u+rwX) или укажите другое место в [history].database."
    ),
    "The history in {} is in use by another program.": "Файл {} занят другой программой.",
    "The history in {} is in use by another program. {}": "Файл {} занят другой программой. {}",
    "Close what has it open (a database browser, a backup), then try again.": (
        "Закройте то, что его открыло (просмотр базы, копирование), и попробуйте снова."
    ),
    "The history in {} cannot be used: {}.": "Файл {} непригоден: {}.",
    "Look at the disk and at the file, then start again.": (
        "Посмотрите на диск и на файл и запустите снова."
    ),
}
