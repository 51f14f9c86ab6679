"""What the running console says in Russian: every sentence that can reach it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import userbot
from userbot import errors
from userbot import events as happened
from userbot.console.describe import describe
from userbot.console.sentences import in_russian, known
from userbot.console.words import plural, words
from userbot.errors import ModelError, PauseAskedError, UserbotError
from userbot.openai_api import sentences
from userbot.openai_api.speech import _of_voice
from userbot.openai_api.where import Where
from userbot.rules.limits import LIMIT_IS_ZERO

PACKAGE = Path(userbot.__file__).parent
ROOMS = ["path", "telegram", "openai_api", "storage", "config", "cli"]
ROOMS += ["audio.py", "app.py", "talk.py", "proxy.py", "rules/voice.py"]
NOT_SHOWN = {
    # Parts of others, or words that the console has by their reason.
    "Stopping, waiting for answers: {}.",
    "Stopping, waiting for results of commands: {}.",
    LIMIT_IS_ZERO,
    # Put together here; each of what comes of it is known, and tried where it is told.
    "the config file {} {}",
    "the proxy {}",
    "{}, not {}",
    "{} from {}",
    "Did you mean {}? {}",
    "Telegram cannot be reached{}.",
    # The demo has its words in both languages.
    "The answers come from your own model.",
    "Now you: write as {name}. Begin with /gpt to be answered; Ctrl-D ends.",
    # Names of keys.
    "api_id",
    "api_hash",
    "profile",
    "telegram.proxy",
    "telegram.server.public_key",
    "base_url = {}",
}
TELLING = {
    *("said", "tell", "tell_below", "ask", "ask_until", "ask_choice", "aside", "_head"),
    *("Finding", "Fault", "Problem", "fault", "_refuse", "_wrong", "_damaged"),
    *(name for name, kind in vars(errors).items() if isinstance(kind, type)),
}
"""Whatever text is given to these is told to a person."""
SILENT = ("_log.error", "join", "execute", "rows", "typer.Option", "typer.Argument")
"""What is given to these is told to nobody, or is the help of the command line."""
BEGINNINGS = ("", "{} ", "the config file {} ")
"""What others put before a text."""


def spoken(source: str) -> Iterator[str]:
    """The sentences in a file, `{}` for what is put in; not its docstrings."""
    tree = ast.parse(source)
    silent: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            silent.add(id(node.value))
        if isinstance(node, ast.JoinedStr):
            silent.update(map(id, node.values))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(SILENT):
            silent.update(map(id, ast.walk(node)))
    for node in ast.walk(tree):
        if id(node) in silent:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = [one.value if isinstance(one, ast.Constant) else "{}" for one in node.values]
            text = "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if re.fullmatch(r"(?:[A-Z]|\{\}|base_url )[^\n]* [^\n]*[.}]", text) and re.search(
            "[a-z]{2}", text
        ):
            yield text.rstrip()


def told(source: str) -> Iterator[str]:
    """The texts that are given to what tells them, in a file: words and halves of sentences too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in TELLING:
            given = [one.value for one in node.keywords if one.arg in ("hint", "otherwise")]
            for argument in [*node.args, *given]:
                yield from texts(argument)


def texts(node: ast.expr) -> Iterator[str]:
    """The texts that this expression may be, `{}` for what is put in."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr():
            parts = [one.value if isinstance(one, ast.Constant) else "{}" for one in node.values]
            yield "".join(map(str, parts))
        case ast.IfExp():
            yield from (*texts(node.body), *texts(node.orelse))
        case ast.BoolOp():
            yield from (text for one in node.values for text in texts(one))
        case ast.List():
            yield from (text for one in node.elts for text in texts(one))
        case ast.Tuple():  # a choice, and what it means
            yield from texts(node.elts[-1])


def files() -> Iterator[Path]:
    for room in ROOMS:
        path = PACKAGE / room
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


@pytest.mark.parametrize(
    "file", list(files()), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_every_sentence_that_a_person_may_read_has_its_russian(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    untold = {
        text
        for text in (*spoken(source), *told(source))
        if re.search("[a-z]{2}", text)
        and not text.startswith("SELECT ")
        and text not in NOT_SHOWN
        and not any(known(f"{begin}{text}{end}") for begin in BEGINNINGS for end in ("", "."))
    }
    assert not untold, "add them to console/russian"


WHERE = Where.of("http://localhost:11434/v1", 60, "sk-key")


@pytest.mark.parametrize(
    "error",
    [
        sentences.unauthorized(WHERE),
        sentences.unauthorized(Where.of("http://h/v1", 60, None)),
        sentences.model_not_found(WHERE, "gpt-9"),
        sentences.rate_limited(WHERE, "slow down: 3 a minute", 3),
        sentences.quota(WHERE),
        sentences.server_error(WHERE, "oops", 500, None),
        sentences.server_error(WHERE, "", 0, None),
        sentences.unreachable(WHERE, "nothing listens there", "Ask again.", lasting=False),
        sentences.bad_proxy("It must be http://, https:// or socks5://host:port."),
        sentences.timeout(WHERE),
        sentences.interrupted(WHERE),
        sentences.no_finish("gpt-9"),
        sentences.empty_answer("gpt-9", "length"),
        sentences.context_length("gpt-9"),
        sentences.refused_request(WHERE, "no", 400, "Ask again."),
        PauseAskedError(12, slow_mode=False),
    ],
    ids=lambda error: error.reason,
)
def test_a_failure_is_told_in_russian_with_its_particulars(error: UserbotError) -> None:
    event = happened.Failed(reason=error.reason, error=str(error), hint=error.hint)
    line = describe(event, words("ru"))
    assert re.search("[а-я]{3}", line.what)
    assert not error.hint or re.search("[а-я]{3}", line.hint)
    for particular in re.findall(r"localhost:11434|gpt-9|\b\d{3}\b|slow down", str(error)):
        assert particular in line.what
    english = describe(event, words("en"))
    assert (english.what, english.hint) == (str(error), error.hint)


@pytest.mark.parametrize(
    "error",
    [
        sentences.unauthorized(Where.of("http://h/v1", 60, None)),
        sentences.model_not_found(WHERE, "whisper-9"),
        sentences.unreachable(
            WHERE,
            "nothing listens there",
            "Start the server, or check base_url under [openai].",
            lasting=True,
        ),
        sentences.refused_request(WHERE, "no", 400, "Ask again."),
    ],
    ids=lambda error: error.reason,
)
def test_a_hint_about_speech_points_to_its_section_in_russian_too(error: ModelError) -> None:
    hint = _of_voice(error).hint
    assert "[voice]" in hint
    assert re.search("[а-я]{3}", in_russian(hint))
    assert "[voice]" in in_russian(hint)


def test_particulars_that_are_sentences_are_translated_too() -> None:
    told = in_russian("What is written is answered without the recording. The recording is gone.")
    assert told == "Ответ только на написанное, без записи. Записи больше нет."
    assert in_russian("srv cannot be reached: its name is not known.") == (
        "srv недоступен: его имя неизвестно."
    )


def test_what_is_not_known_stays_as_it_is() -> None:
    assert in_russian("Somebody's own words.") == "Somebody's own words."
    assert in_russian("") == ""


@pytest.mark.parametrize(
    ("sentence", "russian"),
    [
        ("Nothing holds “pictures”.", "«pictures» нигде нет."),
        ("Nothing holds “Permission denied”.", "«Permission denied» нигде нет."),
        ("Nothing holds “it cannot be reached: x”.", "«it cannot be reached: x» нигде нет."),
        ("There is no folder pictures.", "Папки pictures нет."),
        ("in It must be love (-100)", "в It must be love (-100)"),
        ("Logged in as to you.", "Вы вошли как to you."),
        (
            "2 questions are too old to be answered: pictures.",
            "Вопросов, слишком старых для ответа: 2 (pictures).",
        ),
    ],
)
def test_somebodys_own_words_stay_whatever_they_look_like(sentence: str, russian: str) -> None:
    assert in_russian(sentence) == russian


def test_what_is_endless_is_looked_at_only_so_far() -> None:
    told = in_russian("x" + " The chat is looked through for it." * 5_000)
    assert told.endswith(" Ищу его в чате." * 4)


@pytest.mark.parametrize(
    ("number", "word"),
    [
        *[("1", "день"), ("21", "день"), ("1,001", "день")],
        *[("2", "дня"), ("34", "дня"), ("1.5", "дня")],
        *[("0", "дней"), ("5", "дней"), ("11", "дней"), ("114", "дней"), ("?", "дней")],
    ],
)
def test_a_word_beside_a_number_has_its_form(number: str, word: str) -> None:
    assert plural(number, "день|дня|дней") == word


def test_braces_in_what_an_endpoint_says_are_only_braces() -> None:
    assert in_russian("srv failed: {0} {}.") == "У srv сбой: {0} {}."


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_limit_of_zero_is_said_to_be_zero(language: str) -> None:
    event = happened.Limited(reason="person_tokens_per_day", detail=LIMIT_IS_ZERO)
    assert "tokens_per_day" in describe(event, words(language)).what
    assert "0" in describe(event, words(language)).what
