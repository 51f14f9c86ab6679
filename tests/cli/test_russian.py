"""The commands in Russian: whole runs, by the system's language and by the config's."""

from __future__ import annotations

import json
import re

import pytest

from tests.cli.house import MODEL_KEY, PHONE, House
from tests.cli.processes import Process, environment
from tests.cli.test_help import NAMES
from tests.cli.told import keep
from tests.harness import LOGIN_CODE
from tests.questions import NOW, question
from tests.russian import english_in
from userbot.sandbox.endpoint import Reply
from userbot.storage.store import Store

LANG = {"LANG": "ru_RU.UTF-8"}
ASKED = '[console]\nlanguage = "ru"'


def told(house: House) -> None:
    """A config, a login, and a history with an answer and a failure."""
    house.write_config(ASKED)
    house.log_in()
    with Store.open(house.folder / "sessions" / "history.db") as store:
        keep(store, question("привет", message=1))
        keep(store, question("ещё раз", message=2), None)
        (failed, _) = store.questions.pending()[0]
        store.questions.mark(failed, "failed", "unreachable", NOW)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("chats", "группа"),
        ("chats weekend", "Чтобы выбрать, вставьте"),
        ("chats nothing", "Чата с таким названием нет."),
        ("history", "личный"),
        ("history 501", r"→  ошибка \(сервер был недоступен\)"),
        ("history nobody", "ошибка: В истории нет чата «nobody»."),
        ("history --search nothing", "нигде нет"),
        ("history --clear --yes", "Удалены 2 вопроса"),
        ("history --backup copy.db", "История скопирована"),
        ("usage", r"\t1\t"),
        ("usage --by week", "ошибка: --by принимает"),
        ("doctor", "✓ файлы · читать их можете только вы"),
        ("doctor -v", "из окружения|— из config.toml:2"),
        ("retry", "1 вопрос будет повторён при следующем запуске."),
        ("retry --since x", "ошибка: «x» — не срок."),
        ("talk", "ответ"),
        ("login", "Вы уже вошли как Olga"),
        ("logout", "Вы вышли из аккаунта."),
    ],
)
async def test_a_command_speaks_russian_where_the_config_says_so(
    house: House, command: str, says: str
) -> None:
    told(house)
    house.stage.endpoint.responder = lambda _: Reply("ответ")
    ended = await house.run(*command.split(), lines="вопрос\n")
    assert re.search(says, ended.out + ended.err), ended
    assert not english_in(re.sub("Weekend plans", "", ended.out + ended.err))


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("run", "ошибка: файла настроек config.toml нет"),
        ("doctor", "✗ настройки · файла настроек config.toml нет"),
        ("chat", "ошибка: Нет такой команды: chat."),
        ("run --confg", "ошибка: Нет такого параметра: --confg."),
        (
            "sandbox --port x",
            "ошибка: Неверное значение для --port. Укажите целое число от 0 до 65534.",
        ),
        ("demo --language de", "ошибка: Демонстрации на «de» нет."),
        ("init", "ошибка: Нет ответа на «api_id»: стандартный ввод кончился."),
    ],
)
async def test_before_there_is_a_config_the_language_is_the_systems(
    house: House, command: str, says: str
) -> None:
    ended = await house.run(*command.split(), env=LANG)
    assert says in ended.out + ended.err
    assert not english_in(ended.out + ended.err)
    english = await house.run(*command.split())
    assert not re.search("[а-я]", english.out + english.err)


async def test_the_config_wins_over_the_system(house: House) -> None:
    house.write_config('[console]\nlanguage = "en"')
    ended = await house.run("run", env=LANG)
    assert ended.sentences == ["error: You are not logged in."]
    house.write_config(ASKED)
    ended = await house.run("run")
    assert ended.sentences == ["ошибка: Вы не вошли в аккаунт."]
    assert ended.hints == ["  → Войдите: `userbot login`."]


async def test_from_nothing_to_an_answer_in_russian(house: House) -> None:
    server = house.stage.telegram
    asked = ["init", "--server", f"{server.host}:{server.port}", "--phone", PHONE]
    asked += ["--public-key", str(house.stage.folder / "server.pem")]
    lines = f"\n\n2\n{house.stage.endpoint.base_url}\n{MODEL_KEY}\n\n{LOGIN_CODE}\n7 7 7\n1\n\n\n\n"
    ended = await house.run(*asked, lines=lines, env=LANG)
    assert ended.code == 0, ended
    for words in ("1 из 4 · Telegram", "Какая модель будет отвечать?", "Код: ", "4 из 4 · Чаты"):
        assert words in ended.err
    assert "config.toml готов. Запуск: userbot run" in ended.out
    assert not english_in(re.sub("Weekend plans|Python club", "", ended.out + ended.err))
    config = (house.folder / "config.toml").read_text(encoding="utf-8")
    assert "# только контакты Telegram" in config
    assert (await house.run("chats", env=LANG)).code == 0


async def test_json_and_what_it_says_stay_english(house: House) -> None:
    told(house)
    for command in ("doctor", "chats", "history", "usage"):
        ended = await house.run("--json", command, env=LANG)
        rows = [json.loads(line) for line in ended.out.splitlines()]
        assert rows
        assert not re.search("[а-я]", re.sub("привет|ещё раз", "", ended.out))


@pytest.mark.parametrize("encoding", ["koi8-r", "ascii"])
async def test_a_terminal_that_lacks_our_signs_gets_plainer_ones(
    house: House, encoding: str
) -> None:
    told(house)
    for command in ("doctor", "history nobody", "chats", "run --x"):
        env = environment(house.folder, PYTHONIOENCODING=encoding, LANG="ru_RU.KOI8-R")
        process = await Process().start(tuple(command.split()), house.folder, env)
        text = b"".join(await process.communicate()).decode(encoding)
        assert "UnicodeEncodeError" not in text
        assert "?" not in text
        assert bool(re.search("[а-я]", text)) is (encoding in ("koi8-r", "cp1251"))


@pytest.mark.parametrize("columns", [40, 80, 140])
async def test_a_terminal_of_any_width_shows_all_of_it(house: House, columns: int) -> None:
    told(house)
    for command in ("chats", "history", "doctor", "usage"):
        screen = await house.terminal(command, columns=columns)
        await screen.ends()
        lines = screen.plain.splitlines()
        assert max(map(len, lines)) <= columns
        assert not english_in(re.sub("Weekend plans|Python club", "", screen.plain))
        if command == "chats":
            assert "Weekend" in screen.plain


@pytest.mark.parametrize("command", ["", *NAMES])
async def test_help_is_in_the_language_of_the_system(house: House, command: str) -> None:
    ended = await house.run(*command.split(), "--help", env={**LANG, "COLUMNS": "80"})
    assert ended.code == 0
    assert ended.out.startswith("Запуск: userbot ")
    assert not english_in(re.sub("<.*?>", "", ended.out.partition("\n")[2]))
    assert max(map(len, ended.out.splitlines())) <= 80


async def test_help_where_nothing_is_asked_is_in_the_language_of_the_system(house: House) -> None:
    ended = await house.run(env=LANG)
    assert ended.code == 2
    assert "Команды:" in ended.err
