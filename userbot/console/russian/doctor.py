"""What `userbot doctor` finds."""

from __future__ import annotations

from typing import Final

SENTENCES: Final = {
    "Others can read {}.": "Другие могут читать {}.",
    "Change their modes to 600 as the owner of these files.": (
        "Поставьте этим файлам права 600 как их владелец."
    ),
    "{} is offered at {}": "{} есть на {}",
    "{} does not list {}; the first voice note will tell": (
        "{} не упоминает {}; станет ясно с первым голосовым"
    ),
    "If it does not transcribe, set base_url under [voice] to a server that does.": (
        "Если он не распознаёт речь, укажите в [voice] base_url того, кто умеет."
    ),
    "none: voice notes are understood, unusual formats and very long recordings are not": (
        "нет: голосовые понятны, а редкие форматы и очень длинные записи — нет"
    ),
    "in use by a running userbot, which has logged in with it": (
        "сессией пользуется запущенный userbot, он с ней и вошёл"
    ),
    "There is no key for the model.": "Для модели нет ключа.",
    "Set OPENAI_API_KEY, or openai.base_url for a local server.": (
        "Задайте OPENAI_API_KEY или, для своего сервера, openai.base_url."
    ),
    "{} does not offer the model {}.": "На {} нет модели {}.",
    "It offers {}: set model under [openai].": "Там есть {}: задайте model в [openai].",
    "{} will be made at the first start": "{} появится при первом запуске",
    "{} is in order": "{} в порядке",
}

WHOLE: Final = {
    "config": "настройки",
    "value": "значение",
    "values": "значения",
    "files": "файлы",
    "login": "вход",
    "model": "модель",
    "voice": "голос",
    "ffmpeg": "ffmpeg",
    "history": "история",
    "off": "выключен",
    "not needed": "не нужен",
    "readable by you alone": "читать их можете только вы",
    "transcribed where the model is": "речь распознаётся там же, где модель",
    "what is not named here is as by default": "остальное — по умолчанию",
    "{}.toml sets {}": "из {}.toml: {}",
    "the environment sets {}": "из окружения: {}",
    "profile {} sets {}": "из профиля {}: {}",
    "{} from environment {}": "{} — из окружения, {}",
    "{} from profile {}": "{} — из профиля {}",
    "{} from {}.toml:{}": "{} — из {}.toml:{}",
    "{} answers": "{} отвечает",
}

NAMES: Final = {"logged in as {}": "вы вошли как {}"}
