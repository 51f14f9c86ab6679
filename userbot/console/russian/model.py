"""The model and its endpoint."""

from __future__ import annotations

from typing import Final

_SENTENCES: Final = {
    "{} does not accept the key.": "{} не принимает ключ.",
    "{} wants a key, and none is set.": "{} требует ключ, а он не задан.",
    "Set OPENAI_API_KEY, or api_key under [openai].": (
        "Задайте OPENAI_API_KEY или api_key в [openai]."
    ),
    "The API key holds a character that no key has.": "В ключе есть знак, которого в ключах нет.",
    "Copy it again into OPENAI_API_KEY, or api_key under [openai].": (
        "Скопируйте его заново в OPENAI_API_KEY или api_key в [openai]."
    ),
    "{} has no model {}, or the key may not use it.": "У {} нет модели {} или ключу она закрыта.",
    "Set model under [openai]; `userbot doctor` shows what is offered.": (
        "Задайте model в [openai]; `userbot doctor` покажет, что есть."
    ),
    "{} takes no more requests for now: {}.": "{} пока не принимает запросов: {}.",
    "{} takes no more requests for now.": "{} пока не принимает запросов.",
    "It is your provider's limit; wait, or have it raised there.": (
        "Это лимит вашего провайдера; подождите или попросите его поднять."
    ),
    "The account at {} has no credit left.": "На счету у {} кончились деньги.",
    "Add credit or raise its limit there, then run `userbot retry`, or reply /gpt_retry.": (
        "Пополните счёт или поднимите лимит там, потом: `userbot retry` или ответ /gpt_retry."
    ),
    "{} failed with status {}: {}.": "У {} сбой с кодом {}: {}.",
    "{} failed with status {}.": "У {} сбой с кодом {}.",
    "{} failed: {}.": "У {} сбой: {}.",
    "{} failed.": "У {} сбой.",
    "This is the endpoint's trouble; try again later.": "Это неполадки сервера; попробуйте позже.",
    "{} cannot be reached: {}.": "{} недоступен: {}.",
    "{} cannot be reached.": "{} недоступен.",
    "the proxy refused": "прокси отказал",
    "its certificate is not trusted": "его сертификату нет доверия",
    "its address is not one": "его адрес неверен",
    "its name is not known": "его имя неизвестно",
    "nothing listens there": "там никто не слушает",
    "it does not take the connection": "он не принимает соединение",
    "it closed the connection without an answer": "он закрыл соединение без ответа",
    "Check the network, and base_url under [openai].": "Проверьте сеть и base_url в [openai].",
    "Check proxy under [openai].": "Проверьте proxy в [openai].",
    "Check base_url, and this computer's clock.": "Проверьте base_url и часы компьютера.",
    "base_url must begin with http:// or https://.": (
        "base_url должен начинаться с http:// или https://."
    ),
    "Start the server, or check base_url under [openai].": (
        "Запустите сервер или проверьте base_url в [openai]."
    ),
    "The proxy under [openai] cannot be used.": "Прокси из [openai] не работает.",
    "For a socks proxy install socksio beside it.": "Для socks-прокси установите рядом socksio.",
    "It must be http://, https:// or socks5://host:port.": (
        "Это должно быть http://, https:// или socks5://host:port."
    ),
    "{} said nothing for {} s.": "{} молчал {} с.",
    "Raise timeout under [openai], or see whether the endpoint is overloaded.": (
        "Увеличьте timeout в [openai] или посмотрите, не перегружен ли сервер."
    ),
    "{} broke off in the middle of the answer.": "{} оборвал ответ на середине.",
    "The connection or the endpoint failed; ask again.": "Сбой связи или сервера; спросите снова.",
    "{} answered with something that is not a chat completion.": "{} ответил чем-то непонятным.",
    "{} answered with something that is no transcript.": "{} прислал не расшифровку.",
    "{} answered with something that is no voice note.": "{} прислал не голосовое.",
    "Check base_url under [openai]; for most servers it ends in /v1.": (
        "Проверьте base_url в [openai]; у большинства серверов он кончается на /v1."
    ),
    "Check base_url under [voice]; for most servers it ends in /v1.": (
        "Проверьте base_url в [voice]; у большинства серверов он кончается на /v1."
    ),
    'Set answer_as = "text" under [voice], or use an endpoint that speaks Opus.': (
        'Поставьте answer_as = "text" в [voice] или возьмите сервер, который говорит в Opus.'
    ),
    "This endpoint may not transcribe: set base_url under [voice] to one that does.": (
        "Возможно, этот сервер не распознаёт речь: укажите в [voice] base_url того, кто умеет."
    ),
    "{} does not know the transcription model {}; {} is used from now on.": (
        "{} не знает модели распознавания {}; дальше используется {}."
    ),
    "Set model under [voice].": "Задайте model в [voice].",
    "The answer of {} ended without a word that it is complete.": (
        "Ответ {} кончился без знака, что он полон."
    ),
    "The endpoint broke off quietly; ask again.": "Сервер молча оборвал его; спросите снова.",
    "The answer did not come to its end in {} minutes.": "Ответ не кончился за столько минут: {}.",
    "Ask for less at once, set max_completion_tokens, or raise timeout, under [openai].": (
        "Просите меньше за раз, задайте max_completion_tokens или увеличьте timeout в [openai]."
    ),
    "{} used up its tokens before the first word of an answer.": (
        "{} истратила токены до первого слова ответа."
    ),
    "Raise max_completion_tokens under [openai], or lower reasoning_effort.": (
        "Увеличьте max_completion_tokens в [openai] или уменьшите reasoning_effort."
    ),
    "{} gave an empty answer.": "{} дала пустой ответ.",
    "The model's answer is empty.": "Ответ модели пуст.",
    "Ask again, or in other words.": "Спросите ещё раз или иначе.",
    "Ask again.": "Спросите ещё раз.",
    "The content filter of {} stopped the answer.": "Фильтр у {} остановил ответ.",
    "Ask in other words, or use another model.": "Спросите иначе или возьмите другую модель.",
    "The question with its history is longer than {} can read.": (
        "Вопрос вместе с историей длиннее, чем читает {}."
    ),
    "Lower window_tokens under [history], or begin anew with /gpt_new.": (
        "Уменьшите window_tokens в [history] или начните заново: /gpt_new."
    ),
    "{} refused the request with status {}: {}.": "{} отклонил запрос с кодом {}: {}.",
    "{} refused the request with status {}.": "{} отклонил запрос с кодом {}.",
    "{} refused the request: {}.": "{} отклонил запрос: {}.",
    "{} refused the request.": "{} отклонил запрос.",
    "Set stream = false under [openai]: this server does not count while streaming.": (
        "Поставьте stream = false в [openai]: этот сервер не считает токены по ходу ответа."
    ),
    "Remove {} from [openai], or set it to what this model allows.": (
        "Уберите {} из [openai] или задайте то, что эта модель позволяет."
    ),
    "Check what the key may do; some regions need a proxy under [openai].": (
        "Проверьте, что разрешено ключу; в некоторых странах нужен proxy в [openai]."
    ),
    "Compare model and the other keys under [openai] with what the endpoint offers.": (
        "Сверьте model и другие ключи [openai] с тем, что даёт сервер."
    ),
    "Compare the keys under [openai] with what the endpoint offers.": (
        "Сверьте ключи [openai] с тем, что даёт сервер."
    ),
    "The endpoint of base_url": "Сервер из base_url",
    "{} does not take {}; left out from now on.": "{} не принимает {}; дальше без этого.",
    "the system role": "роль system",
    "pictures": "картинки",
}

_SPEECH_HAS_TOO: Final = ("model under", "api_key under", "base_url under", "{} from")
SENTENCES: Final = _SENTENCES | {
    english.replace("[openai]", "[voice]"): russian.replace("[openai]", "[voice]")
    for english, russian in _SENTENCES.items()
    if any(f"{key} [openai]" in english for key in _SPEECH_HAS_TOO)
}
"""Where it is about speech, a hint points to the section that decides about that."""
