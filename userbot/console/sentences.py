"""Finds a sentence of errors, hints, notices and commands in Russian.

Sentences are written in English where they arise, with their particulars in them; here each is
found again by its shape, and a particular is translated too if it is a sentence. What is not known
stays as it is. The Russian itself stands in `russian/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from userbot.console.russian import (
    commands,
    config,
    doctor,
    init,
    login,
    model,
    questions,
    recordings,
    storage,
    system,
    telegram,
)
from userbot.console.words import plural

_DEEPEST = 3
"""How far particulars of particulars are looked at: what an endpoint says may have no end."""


class _Shapes:
    """Sentences by their shape. Holes are filled as early as possible, each with something."""

    def __init__(self, *families: Mapping[str, str]) -> None:
        self.russian = {shape: told for family in families for shape, told in family.items()}

    @cached_property
    def _by_length(self) -> list[tuple[list[str], str]]:
        """Those with particulars, in pieces; what says more comes first."""
        shapes = sorted((one for one in self.russian if "{}" in one), key=len, reverse=True)
        return [(one.split("{}"), self.russian[one]) for one in shapes]

    def find(self, sentence: str) -> tuple[str, list[str]] | None:
        """The Russian for a sentence, with the particulars that it is to be filled with."""
        if sentence in self.russian:
            return self.russian[sentence], []
        for pieces, told in self._by_length:
            if (held := _between(pieces, sentence)) is not None:
                return told, held
        return None


_RUSSIAN = {
    # questions
    "It was deleted before its answer.": "Вопрос удалили до ответа.",
    "You have answered it yourself.": "Вы ответили сами.",
    "Its answer was deleted.": "Ответ удалили.",
    "Its answer was begun before, and is finished in its own message.": (
        "Ответ был начат раньше и дописывается в своём сообщении."
    ),
    "Its answer was whole when the program ended: the model is not asked.": (
        "Ответ был получен до конца программы: модель не спрашиваю."
    ),
    "Requests under way when the program was killed: {}. What they cost is counted.": (
        "Запросов, оборванных концом программы: {}. Их стоимость учтена."
    ),
    "The answer has more than {} messages: cut there.": (
        "В ответе больше сообщений, чем {}: там он оборван."
    ),
    "It arrived while the program was away.": "Пришло, пока программа не работала.",
    "Messages looked at that came meanwhile: {}.": (
        "Просмотрено сообщений, пришедших за это время: {}."
    ),
    "It waited since the last run.": "Ждало с прошлого запуска.",
    "The rules have changed since it was asked.": "С тех пор правила изменились.",
    "It was stopped.": "Остановлено.",
    "It may have been answered already.": "Возможно, уже отвечено.",
    "Look into the chat; to have it asked again, reply to it with /gpt_retry.": (
        "Загляните в чат; спросить снова: /gpt_retry ответом на этот вопрос."
    ),
    "The message asked about has nothing that may be used.": (
        "В сообщении, о котором спросили, нет ничего пригодного."
    ),
    "Ask again in words of your own.": "Спросите своими словами.",
    "It is answered together with the next message.": "Ответ будет вместе со следующим сообщением.",
    "It was edited, and asks nothing any more.": "Исправлено: вопроса больше нет.",
    "The question was edited: it is asked as it reads now.": (
        "Вопрос исправлен: спрашиваю, как теперь написано."
    ),
    "You wrote there yourself before its answer.": "Вы успели написать там сами.",
    "Nobody was addressed.": "Обращались не к вам.",
    "Voice is off in this chat.": "Голос в этом чате выключен.",
    "What is written is answered without the picture. {}": (
        "Ответ только на написанное, без картинки. {}"
    ),
    "Of {} pictures the first {} are shown to the model.": "Из {} картинок модель видит первые {}.",
    "The picture is too large, and Telegram has no smaller one of it.": (
        "Картинка слишком велика, а уменьшенной у Telegram нет."
    ),
    "The picture is too large.": "Картинка слишком велика.",
    "The picture is of a kind that models do not take.": "Такие картинки модели не понимают.",
    "Send it as a photo instead of a file.": "Отправьте её как фотографию, а не файлом.",
    "What is written is answered without the recording. {}": (
        "Ответ только на написанное, без записи. {}"
    ),
    "Of {} pictures the first {} are shown to it.": "Картинок {}, модель видит первые {}.",
    "The program ended before this was tried again.": "Программа кончилась раньше новой попытки.",
    "The program ended before the result of {} was in Saved Messages.": (
        "Программа закончила раньше, чем результат {} попал в Избранное."
    ),
    "It is finished at the next start, if that is soon.": (
        "Доделаю при следующем запуске, если он будет скоро."
    ),
    "{} of the last run is finished.": "{} с прошлого запуска: доделываю.",
    "If the command still stands in the chat, delete it there.": (
        "Если команда ещё стоит в чате, удалите её там."
    ),
    "It is tried again at the next start.": "Следующая попытка — при новом запуске.",
    "The program made a mistake ({}).": "Ошибка в самой программе ({}).",
    "Run with -v to see where, and report it.": "Запустите с -v, чтобы увидеть где, и сообщите.",
    "The conversation was too long for the model: asked again with less of it.": (
        "Разговор слишком длинный для модели: спрашиваю ещё раз, сократив его."
    ),
    "Lower window_tokens under [history] to spare the first try.": (
        "Уменьшите window_tokens в [history], чтобы не тратить первую попытку."
    ),
    "The chat's last messages could not be read: {}": "Последние сообщения чата не прочесть: {}",
    "Answered in writing instead of by voice. {}": "Ответ текстом, а не голосом. {}",
    "Somebody deleted the answer while it was written.": "Ответ удалили, пока он писался.",
    "The chat is in slow mode: {} characters were not sent.": (
        "В чате медленный режим: не отправлено символов: {}."
    ),
    "This group became a supergroup; its id was {} and is {} now.": (
        "Группа стала супергруппой; её id был {}, теперь {}."
    ),
    "Change id = {} to id = {} in config.toml.": "Замените в config.toml id = {} на id = {}.",
    "{} is another's name by now, or nobody's.": "Имя {} теперь чужое или ничьё.",
    "Its right stays with whom you gave it to; to give it anew, write an id.": (
        "Право осталось у того, кому вы его дали; чтобы дать его заново, укажите id."
    ),
    "Not built yet, so these keys change nothing: {}.": (
        "Ещё не сделано, поэтому эти ключи ничего не меняют: {}."
    ),
    "Others could read {}; now only you can.": "{} могли читать другие; теперь только вы.",
    "{} cannot be kept from others: {}.": "{} не удаётся закрыть от других: {}.",
    "{} comes back quicker than a person could, as a program does: no more answers there until"
    " {} minutes of silence.": (
        "{} возвращается быстрее человека, как программа: больше не отвечаю, пока не будет минут"
        " тишины: {}."
    ),
    # recordings
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
    # Telegram
    "Telegram does not let this account write here ({}).": (
        "Telegram не даёт этому аккаунту писать сюда ({})."
    ),
    'The chat rests until the next start; set respond = "off" if this is to stay.': (
        'Чат отдыхает до следующего запуска; если это надолго, поставьте respond = "off".'
    ),
    "Telegram restricted this account ({}).": "Telegram ограничил этот аккаунт ({}).",
    "Nothing more is sent. Open the official app and write to @SpamBot.": (
        "Больше ничего не отправляется. Откройте официальное приложение и напишите @SpamBot."
    ),
    "Telegram refused the request ({}).": "Telegram отклонил запрос ({}).",
    "Telegram asks to wait {} s.": "Telegram просит подождать {} с.",
    "Telegram asks to wait {} s before anything is read.": (
        "Telegram просит подождать {} с, прежде чем что-то читать."
    ),
    "Ask again later.": "Спросите позже.",
    "Telegram did not tell this session how to reach that chat.": (
        "Telegram не сообщил этой сессии, как попасть в этот чат."
    ),
    "Open the chat once in an app of yours, then start again.": (
        "Откройте чат один раз в своём приложении и запустите программу снова."
    ),
    "Free some space, or raise the quota.": "Освободите место или увеличьте квоту.",
    "The message is not there any more.": "Этого сообщения больше нет.",
    "The question, or the answer to it, was deleted meanwhile.": (
        "Вопрос или ответ на него тем временем удалили."
    ),
    "Telegram had this message already.": "Это сообщение у Telegram уже было.",
    "Telegram has trouble of its own with a message.": "У Telegram неполадки с сообщением.",
    "The connection was lost before Telegram said that it has the message.": (
        "Связь прервалась прежде, чем Telegram подтвердил сообщение."
    ),
    "The connection to Telegram was lost while writing.": "При отправке прервалась связь.",
    "The connection to Telegram was lost while reading.": "При чтении прервалась связь.",
    "The connection to Telegram was lost while downloading.": "При загрузке прервалась связь.",
    "The connection to Telegram was lost while looking something up.": (
        "При поиске прервалась связь."
    ),
    "{} The chat is looked through for it.": "{} Ищу его в чате.",
    "Ask again by replying to the recording.": "Спросите ещё раз ответом на запись.",
    "Telegram took the message but did not say under which id.": (
        "Telegram принял сообщение, но не сказал его номера."
    ),
    "The voice note could not be brought to Telegram ({}).": (
        "Голосовое не удалось передать в Telegram ({})."
    ),
    "The next answer is spoken again.": "Следующий ответ снова будет голосовым.",
    "Voice notes are not taken in this chat.": "В этом чате голосовые не принимаются.",
    'Set voice = { answer_as = "text" } for it.': (
        'Поставьте для него voice = { answer_as = "text" }.'
    ),
    "Your contacts could not be read ({}).": "Не удалось прочесть ваши контакты ({}).",
    "The people you blocked could not be read ({}).": (
        "Не удалось прочесть, кого вы заблокировали ({})."
    ),
    "They are asked for again at the next start.": "Следующая попытка — при новом запуске.",
    "The program tried {}, which it may never do.": "Программа попыталась сделать {}: ей нельзя.",
    "Nothing was sent. Please report this.": "Ничего не отправлено. Пожалуйста, сообщите об этом.",
    "There is no valid login.": "Входа в аккаунт нет.",
    "Log in with `userbot login`.": "Войдите: `userbot login`.",
    "The connection to Telegram ended ({}).": "Связь с Telegram кончилась ({}).",
    "Start again; what was missed is caught up with.": (
        "Запустите снова; пропущенное будет наверстано."
    ),
    "Telegram ended this login because the session was used from two addresses.": (
        "Telegram завершил этот вход: сессией пользовались с двух адресов."
    ),
    "Log in again with `userbot login`, and never copy a session file.": (
        "Войдите снова: `userbot login`, и никогда не копируйте файл сессии."
    ),
    "This login was ended from another device.": "Этот вход завершили с другого устройства.",
    "Log in again with `userbot login`.": "Войдите снова: `userbot login`.",
    # the model
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
    "The connection to Telegram stands again.": "Связь с Telegram снова есть.",
    "The connection to Telegram stands again after {} s.": (
        "Связь с Telegram снова есть, спустя {} с."
    ),
    "{} questions are too old to be answered: {}.": "Вопросов, слишком старых для ответа: {} ({}).",
    "To have one answered all the same, reply to it with /gpt_retry.": (
        "Чтобы на какой-то всё же ответить, ответьте на него командой /gpt_retry."
    ),
    "The clock jumped by {} s: the connection to Telegram is made anew.": (
        "Часы прыгнули на {} с: соединяюсь с Telegram заново."
    ),
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
    "{} answered with something that is no transcript.": "{} ответил не расшифровкой.",
    "{} answered with something that is no voice note.": "{} ответил не голосовым.",
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
    "{} gave an empty answer.": "{} ответила пустотой.",
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
    # the history
    "Nothing was changed. Move the file away to begin anew, or put a backup in its place.": (
        "Ничего не изменено. Уберите файл, чтобы начать заново, или верните резервную копию."
    ),
    "{} is not a history database.": "{} — не база истории.",
    "{} is damaged: its end is missing.": "{} повреждён: нет конца файла.",
    "{} is damaged.": "{} повреждён.",
    "The disk is full: the history in {} cannot be written.": "Диск полон: в {} не записать.",
    "The disk is full: the history in {} cannot be written. {}": "Диск полон: в {} не записать. {}",
    "The answer came to no end, and was cut.": "Ответ всё не кончался, и он оборван.",
    "Reply /gpt_retry to the question, or run `userbot retry`.": (
        "Спросить снова: /gpt_retry ответом на вопрос или `userbot retry`."
    ),
    "A part of the program died: {} ({}).": "Часть программы упала: {} ({}).",
    "The rest goes on. Run with -v to see where, and report it.": (
        "Остальное работает. Запустите с -v, чтобы увидеть где, и сообщите."
    ),
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


def in_russian(sentence: str) -> str:
    """A sentence of the program's in Russian, or as it is."""
    for top, below in _FAMILIES:
        if found := top.find(sentence):
            return _filled(found, below, 1)
    return sentence


def known(template: str) -> bool:
    """Whether sentences of this shape are translated; `{}` for each particular."""
    return any(template in top.russian for top, _ in _FAMILIES)


def _filled(found: tuple[str, list[str]], below: _Shapes, depth: int) -> str:
    told, held = found
    if not held:
        return told
    return told.format(*(_Particular(_below(one, below, depth)) for one in held))


def _below(particular: str, shapes: _Shapes, depth: int) -> str:
    if depth > _DEEPEST or not (found := shapes.find(particular)):
        return particular
    return _filled(found, shapes, depth + 1)


def _between(pieces: list[str], sentence: str) -> list[str] | None:
    """What stands between the pieces of a shape, if the sentence is of it."""
    first, last = pieces[0], pieces[-1]
    if not (sentence.startswith(first) and sentence.endswith(last)):
        return None
    ends = [len(first)]  # where each piece but the last one ends; a hole holds something
    begins = []
    for piece in pieces[1:-1]:
        at = sentence.find(piece, ends[-1] + 1)
        if at < 0:
            return None
        begins.append(at)
        ends.append(at + len(piece))
    begins.append(len(sentence) - len(last))
    if begins[-1] <= ends[-1]:
        return None
    return [sentence[end:begin] for end, begin in zip(ends, begins, strict=True)]


class _Particular(str):
    """What is put into a shape; `{0:вопрос|вопроса|вопросов}` is the word that its number asks."""

    __slots__ = ()

    def __format__(self, forms: str) -> str:
        return plural(self, forms) if forms else str(self)


_OPEN = tuple(
    family.SENTENCES
    for family in (
        questions,
        recordings,
        telegram,
        model,
        storage,
        login,
        init,
        commands,
        doctor,
    )
)
_FAMILIES = (
    (_Shapes(*_OPEN), _Shapes(*_OPEN, system.REASONS)),
    (_Shapes(system.SENTENCES), _Shapes(system.PARTS, system.REASONS)),
    (_Shapes(config.SENTENCES), _Shapes(config.PARTS, system.REASONS)),
    (_Shapes(init.WHOLE, commands.WHOLE, doctor.WHOLE, config.WHOLE), _Shapes()),
)
"""Where a sentence is looked for, and where its particulars are; the first that knows it tells."""
