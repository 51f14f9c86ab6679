"""Recordings, and what cannot be heard."""

from __future__ import annotations

from typing import Final

SENTENCES: Final = {
    "The recording is larger than {} MB.": "Запись больше {} МБ.",
    "Cut it, or send it as a voice note.": "Укоротите её или пришлите голосовым сообщением.",
    "The recording is empty.": "Запись пуста.",
    "The recording is gone.": "Записи больше нет.",
    "The recording is longer than {} minutes.": "Запись длиннее, чем минут: {}.",
    "The recording may be longer than {} minutes, and nothing can measure it.": (
        "Запись, возможно, длиннее, чем минут: {}; измерить её нечем."
    ),
    "Raise max_minutes under [voice].": "Увеличьте max_minutes в [voice].",
    "Nobody speaks in the recording.": "В записи никто не говорит.",
    "Only words that transcription is known to invent were heard.": (
        "Слышны только слова, которые распознавание выдумывает в тишине."
    ),
    "This is no recording, whatever its label says.": "Это не запись, что бы ни было написано.",
    "The recording holds no sound.": "В записи нет звука.",
    "This recording cannot be listened to without ffmpeg. {}": (
        "Без ffmpeg эту запись не прослушать. {}"
    ),
    "It is larger than an endpoint takes.": "Она больше, чем принимает сервер.",
    "Endpoints do not take {} files.": "Серверы не принимают файлы {}.",
    "Install ffmpeg, or the extra: pip install 'gpt-userbot[audio]'.": (
        "Установите ffmpeg или дополнение: pip install 'gpt-userbot[audio]'."
    ),
    "The recording cannot be put on the disk ({}).": "Запись не помещается на диск ({}).",
    "Make room where [history].database is, then ask for it again.": (
        "Освободите место там, где [history].database, и попросите прислать ещё раз."
    ),
    "The recording cannot be read. {}": "Запись не прочесть. {}",
    "The recording cannot be read.": "Запись не прочесть.",
    "It holds no sound.": "В ней нет звука.",
    "Send it as a voice note, or as a file with sound.": (
        "Пришлите голосовым или файлом со звуком."
    ),
    "It may be damaged; ask for it again as a voice note.": (
        "Возможно, она повреждена; попросите прислать её голосовым сообщением."
    ),
}
