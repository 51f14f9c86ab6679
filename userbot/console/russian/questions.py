"""Questions, commands and what became of them."""

from __future__ import annotations

from typing import Final

SENTENCES: Final = {
    "It was deleted before its answer.": "Вопрос удалили до ответа.",
    "You have answered it yourself.": "Вы ответили сами.",
    "Its answer was deleted.": "Ответ удалили.",
    "Its answer was begun before, and is finished in its own message.": (
        "Ответ был начат раньше и дописывается в своём сообщении."
    ),
    "Messages found that had not arrived: {}.": "Найдено сообщений, которые не дошли: {}.",
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
    "A message of the question is gone: it is asked without it.": (
        "Одного из сообщений вопроса больше нет: спрашиваю без него."
    ),
    "The group became a supergroup: the answer begins anew there.": (
        "Группа стала супергруппой: ответ начинается там заново."
    ),
    "Its answer was begun before the group became a supergroup, and cannot be finished.": (
        "Ответ был начат до того, как группа стала супергруппой, и дописать его нельзя."
    ),
    "Look into the old group; to have it answered all the same, ask it anew.": (
        "Посмотрите в старой группе; если ответ всё же нужен, задайте вопрос снова."
    ),
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
    "The program ended before this was tried again.": "Программа завершилась раньше новой попытки.",
    "The program ended before the result of {} was in Saved Messages.": (
        "Программа завершилась раньше, чем результат {} попал в Избранное."
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
    "The answer has more than {} messages: cut there.": (
        "В ответе больше сообщений, чем {}: там он оборван."
    ),
    "The chat is in slow mode: {} characters were not sent.": (
        "В чате медленный режим: не отправлено символов: {}."
    ),
    "This group became a supergroup; its id was {} and is {} now.": (
        "Группа стала супергруппой; её id был {}, теперь {}."
    ),
    "Change id = {} to id = {} in config.toml.": "Замените в config.toml id = {} на id = {}.",
    "Its right stays with whom you gave it to; to give it anew, write an id.": (
        "Право осталось у того, кому вы его дали; чтобы дать его заново, укажите id."
    ),
    "Not built yet, so these keys change nothing: {}.": (
        "Ещё не сделано, поэтому эти ключи ничего не меняют: {}."
    ),
    "Others could read {}; now only you can.": "{} могли читать другие; теперь только вы.",
    "{} cannot be kept from others: {}.": "{} не удаётся закрыть от других: {}.",
    "To have one answered all the same, reply to it with /gpt_retry.": (
        "Чтобы на какой-то всё же ответить, ответьте на него командой /gpt_retry."
    ),
    "The answer came to no end, and was cut.": "Ответ всё не кончался, и он оборван.",
    "Reply /gpt_retry to the question, or run `userbot retry`.": (
        "Спросить снова: /gpt_retry ответом на вопрос или `userbot retry`."
    ),
    "A part of the program died: {} ({}).": "Часть программы упала: {} ({}).",
    "The rest goes on. Run with -v to see where, and report it.": (
        "Остальное работает. Запустите с -v, чтобы увидеть где, и сообщите."
    ),
    "Its answer was whole already: the model is not asked again.": (
        "Ответ уже был получен целиком: модель заново не спрашиваю."
    ),
    "Requests under way when the program was killed: {}. What they cost is counted.": (
        "Запросов, оборванных остановкой программы: {}. Их стоимость учтена."
    ),
    "The program, or its connection, was away too long.": (
        "Программа слишком долго не работала или была без связи."
    ),
    "There was no connection until it was too old.": ("Связи не было, пока вопрос не устарел."),
}

NAMES: Final = {
    "{} is another's name by now, or nobody's.": "Имя {} теперь чужое или ничьё.",
    "{} comes back quicker than a person could, as a program does: no more answers there until"
    " {} minutes of silence.": (
        "{} возвращается быстрее человека, как программа: больше не отвечаю, пока не будет минут"
        " тишины: {}."
    ),
    "{} questions are too old to be answered: {}.": "Вопросов, слишком старых для ответа: {} ({}).",
}
