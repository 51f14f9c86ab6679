"""`userbot init`: from nothing to a config that works, by lines of input and in a terminal."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import pytest

from tests.cli.house import API_HASH, MODEL_KEY, PHONE, House
from tests.cli.test_login import QR_END, shown_link
from tests.harness import LOGIN_CODE
from tests.path.voice.notes import until
from userbot.config import load


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def answers(house: House, *chats: str) -> str:
    """The answers, in order: own server, its address, key and model, phone, code, the chats; and
    Enter, so that nothing is looked up."""
    return "\n".join(
        [
            "2040817",
            API_HASH,
            "2",
            house.stage.endpoint.base_url,
            MODEL_KEY,
            "1",
            PHONE,
            LOGIN_CODE,
            *chats,
            "",
            "",
        ]
    )


def at_the_stage(house: House) -> tuple[str, ...]:
    """The flags that lead to the stage's Telegram."""
    telegram = house.stage.telegram
    key = str(house.stage.folder / "server.pem")
    return ("--server", f"{telegram.host}:{telegram.port}", "--public-key", key)


async def test_its_config_loads_and_the_program_runs_and_answers_with_it(house: House) -> None:
    house.folder.chmod(0o755)
    path = house.folder / "new" / "config.toml"
    flags = ("--config", str(path))
    dialogs = "1 2", "2", "2"  # both groups, from anyone, after the prefix
    ended = await house.run("init", *at_the_stage(house), *flags, lines=answers(house, *dialogs))
    assert ended.code == 0, ended.err
    assert ended.out.splitlines()[0] == f"{path} is ready. Start with: userbot run --config {path}"
    for step in ("1 of 4 · Telegram", "2 of 4 · The model", "3 of 4 · Your login", "4 of 4 · The"):
        assert step in ended.err
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert (mode(path.parent / "sessions"), mode(house.folder)) == (0o700, 0o755)

    settings = load(path, None, {}).settings
    assert (settings.telegram.api_id, settings.openai.model) == (2040817, "sandbox")
    assert [(chat.respond, chat.from_) for chat in settings.chats] == [("prefix", "anyone")] * 2
    assert {chat.id for chat in settings.chats} == {house.stage.group.id, house.stage.club.id}

    running = await house.start("run", "--json", *flags)
    assert (await running.event("ready"))["chats"] == 2
    question = house.stage.max.says(house.stage.group, "/gpt hello")
    assert await house.stage.max.expects(house.stage.group, reply_to=question)


async def test_enter_takes_what_stands_in_brackets_and_no_chat_is_a_fine_choice(
    house: House,
) -> None:
    lines = f"\n\n2\n{house.stage.endpoint.base_url}\n{MODEL_KEY}\n\n{LOGIN_CODE}\n\n\n"
    ended = await house.run("init", *at_the_stage(house), "--phone", PHONE, lines=lines)
    assert ended.code == 0, ended.err
    assert "3 of 4 · Your login" in ended.err
    assert "Your own server accepts any api_id and api_hash." in ended.err
    settings = load(house.folder / "config.toml", None, {}).settings
    assert (settings.telegram.api_id, settings.chats) == (1, ())
    assert settings.openai.model == "sandbox"


async def test_a_server_of_ones_own_takes_any_number_as_api_id(house: House) -> None:
    ended = await house.run("init", *at_the_stage(house), lines="abc\n")
    assert "It is a number, at least 1." in ended.err
    assert "five digits" not in ended.err


async def test_wrong_answers_are_asked_for_again_with_what_was_expected(house: House) -> None:
    lines = f"abc\n0\n2040817\nshort\n{API_HASH.upper()}\n3\n1\nwith blanks\nsk-test-1\n"
    ended = await house.run("init", lines=lines)  # input ends before it would ask the real Telegram
    assert "It is your own number from my.telegram.org, five digits or more;" in ended.err
    assert "It is 32 characters: digits and letters from a to f;" in ended.err
    assert "Give a number from 1 to 2." in ended.err
    assert "Copy the whole key: it has no spaces." in ended.err
    assert "https://my.telegram.org" in ended.err
    assert "VPN and ad blocker" in ended.err
    assert "sk-test-1" not in ended.err
    assert (ended.code, ended.sentences[-1][:30]) == (1, "error: No answer to “Model”: s")
    assert not (house.folder / "config.toml").exists()


async def test_a_key_that_the_server_refuses_is_asked_for_again(house: House) -> None:
    url = house.stage.endpoint.base_url
    lines = f"\n\n2\n{url}\nsk-wrong\n{MODEL_KEY}\n\n{PHONE}\n{LOGIN_CODE}\n\n\n"
    ended = await house.run("init", *at_the_stage(house), lines=lines)
    assert ended.code == 0, ended.err
    assert "rejected the key." in ended.err
    assert load(house.folder / "config.toml", None, {}).settings.openai.api_key == MODEL_KEY


async def test_an_address_that_is_not_the_endpoints_is_told_with_what_it_lacks(
    house: House,
) -> None:
    address = house.stage.endpoint.base_url.removesuffix("/v1")
    lines = f"\n\n2\n{address}\n{MODEL_KEY}\nsmall\n{PHONE}\n{LOGIN_CODE}\n\n\n"
    ended = await house.run("init", *at_the_stage(house), lines=lines)
    house.stage.endpoint.unhandled.clear()  # it was meant
    assert "It responds, but does not list its models." in ended.err
    assert "For most servers the address ends in /v1." in ended.err


async def test_a_local_server_from_the_environment_is_asked_for_its_models(house: House) -> None:
    env = {"OPENAI_BASE_URL": house.stage.endpoint.base_url, "OPENAI_API_KEY": MODEL_KEY}
    lines = f"\n\n\n{PHONE}\n{LOGIN_CODE}\n\n\n"
    ended = await house.run("init", *at_the_stage(house), lines=lines, env=env)
    assert ended.code == 0, ended.err
    assert "Available models:" in ended.err
    assert load(house.folder / "config.toml", None, env).settings.openai.model == "sandbox"


async def test_in_a_narrow_terminal_lines_end_between_words(house: House) -> None:
    screen = await house.terminal("init", *at_the_stage(house), columns=60)
    await screen.shows(r"api_id \[1\]: $")
    screen.types("\n\n")
    await screen.shows(r"Number \[1\]: $")
    lines = screen.plain.split("\n")
    assert max(map(len, lines)) <= 60
    assert any(line.endswith("LM Studio,") for line in lines)
    assert "  llama.cpp …" in [line.rstrip() for line in lines]
    screen.types("\x03")
    assert await screen.ends() == 130


async def test_when_the_login_fails_the_config_stays_and_it_says_how_to_go_on(
    house: House,
) -> None:
    lines = f"2040817\n{API_HASH}\n1\nsk-test-1\n\n"
    ended = await house.run("init", *at_the_stage(house), lines=lines)
    assert ended.code == 1
    settings = load(house.folder / "config.toml", None, {}).settings
    assert (settings.openai.api_key, settings.openai.model) == ("sk-test-1", "gpt-5.4-mini")
    assert "continue with `userbot login`" in ended.err
    assert not house.session.exists()


async def test_what_the_environment_says_is_neither_asked_nor_written(house: House) -> None:
    env = {"TELEGRAM_API_ID": "2040817", "TELEGRAM_API_HASH": API_HASH, "OPENAI_API_KEY": MODEL_KEY}
    lines = f"small\n{PHONE}\n{LOGIN_CODE}\n\n\n"
    ended = await house.run("init", *at_the_stage(house), lines=lines, env=env)
    assert ended.code == 0, ended.err
    text = (house.folder / "config.toml").read_text()
    assert API_HASH not in text
    assert MODEL_KEY not in text
    assert load(house.folder / "config.toml", None, env).settings.openai.model == "small"


async def test_an_existing_config_is_gone_on_with_and_replaced_only_with_force(
    house: House,
) -> None:
    path = house.folder / "config.toml"
    path.write_text('# mine\n[telegram]\napi_id = 0\napi_hash = ""\n[voice]\nenabled = false\n')
    ended = await house.run("init", *at_the_stage(house), lines=answers(house, ""))
    assert ended.code == 0, ended.err
    assert "only what is missing is asked" in ended.err
    text = path.read_text()
    assert text.startswith("# mine\n[telegram]\napi_id = 2040817\n")
    assert not load(path, None, {}).settings.voice.enabled
    ended = await house.run("init", *at_the_stage(house), lines="1\n1\n1\n\n")
    assert ended.code == 0, ended.err
    assert "1 of 4" not in ended.err, "only the chats were left"
    assert len(load(path, None, {}).settings.chats) == 1
    assert path.read_text().startswith("# mine\n")
    ended = await house.run("init", "--force", *at_the_stage(house), lines=answers(house, ""))
    assert ended.code == 0, ended.err
    assert "# mine" not in path.read_text()


async def test_what_telegram_refuses_is_asked_again_at_once(house: House) -> None:
    house.stage.telegram.faults.add("auth.sendCode", "API_ID_INVALID")
    house.stage.telegram.faults.add("auth.signIn", "PHONE_NUMBER_UNOCCUPIED")
    begun = f"2040817\n{'0' * 32}\n2\n{house.stage.endpoint.base_url}\n{MODEL_KEY}\n1\nletters\n"
    lines = f"{begun}{PHONE}\n2040818\n{API_HASH}\n" + f"{PHONE}\n{LOGIN_CODE}\n" * 2 + "\n\n"
    ended = await house.run("init", *at_the_stage(house), lines=lines)
    assert "It is a plus sign and digits only." in ended.err
    assert "Telegram does not recognize this api_id and api_hash." in ended.err
    assert "There is no Telegram account with this number." in ended.err
    assert ended.code == 0, ended.err
    assert load(house.folder / "config.toml", None, {}).settings.telegram.api_id == 2040818


async def test_ctrl_c_says_what_was_written_and_a_login_is_not_lost(house: House) -> None:
    path = house.folder / "config.toml"
    screen = await house.terminal("init", *at_the_stage(house))
    await screen.shows(r"api_id \[1\]: $")
    screen.types("\x03")
    assert await screen.ends() == 130
    assert "Nothing was written." in screen.plain
    assert not path.exists()
    house.log_in()
    screen = await house.terminal("init", *at_the_stage(house))
    for question, answer in (
        (r"api_id \[1\]: $", ""),
        (r"api_hash \[anyhash\]: $", ""),
        (r"Number \[1\]: $", ""),
        (r"API key \(hidden\): $", MODEL_KEY),
        (r"Model \[gpt-5.4-mini\]: $", ""),
    ):
        await screen.shows(question)
        screen.types(f"{answer}\n")
    await screen.shows("Where may others ask")
    screen.types("\x03")
    assert await screen.ends() == 130
    assert "is written, with no chats selected yet" in screen.plain
    assert load(path, None, {}).settings.openai.api_key == MODEL_KEY


@pytest.mark.parametrize("folder", ["missing", "a-file"])
async def test_a_place_where_nothing_can_be_written_is_told(house: House, folder: str) -> None:
    (house.folder / "a-file").write_text("")
    path = house.folder / folder / "x" / "config.toml"
    if folder == "missing":
        path = Path("/proc/nowhere/config.toml")
        if not os.path.isdir("/proc/self"):
            pytest.skip("this system has no /proc")
    ended = await house.run(
        "init", "--config", str(path), *at_the_stage(house), lines=answers(house, "")
    )
    assert (ended.code, ended.out) == (1, "")
    assert ended.sentences[-1].startswith("error: The system refused: ")
    assert ended.hints


async def test_in_a_terminal_it_offers_the_qr_code_and_hides_what_is_secret(house: House) -> None:
    house.stage.telegram.add_account("Escape\x1b[2J", username="escape").says(
        house.stage.olga, "hello"
    )
    screen = await house.terminal("init", *at_the_stage(house))
    for question, answer in (
        (r"api_id \[1\]: $", "2040817"),
        (r"api_hash \[anyhash\]: $", ""),
        (r"Number \[1\]: $", "1"),
        (r"API key \(hidden\): $", MODEL_KEY),
        (r"Model \[gpt-5.4-mini\]: $", ""),
    ):
        await screen.shows(question)
        screen.types(f"{answer}\n")
    await screen.shows(QR_END)
    house.stage.olga.scans(shown_link(house.stage))
    await screen.shows("Where may others ask")
    assert "Escape[2J" in screen.plain or "Escape" in screen.plain
    assert "\x1b[2J" not in screen.text
    screen.types("1\n")
    await screen.shows("Who may ask there?[^$]*Number \\[1\\]: $")
    screen.types("anyone\n")
    await screen.shows("When should it answer\\?[^$]*Number \\[1\\]: $")
    screen.types("all\n")
    await screen.shows("for that answer only[^$]*Number \\[1\\]: $")
    assert "for everybody who may ask there" not in screen.plain, "since anyone may"
    screen.types("me\n")
    await screen.shows("is ready. Start with: userbot run\n")
    assert await screen.ends() == 0
    settings = load(house.folder / "config.toml", None, {}).settings
    assert [(chat.respond, chat.from_) for chat in settings.chats] == [("all", "anyone")]
    assert settings.reading.search == "me"


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGHUP, -signal.SIGHUP)],
)
async def test_whatever_ends_a_hidden_answer_the_terminal_shows_again_what_is_typed(
    house: House, number: signal.Signals, code: int
) -> None:
    screen = await house.terminal("init")
    await screen.shows("api_id: ")
    screen.types("2040817\n")
    await screen.shows("api_hash .*: ")
    await until(lambda: not screen.echoes)
    screen.send_signal(number)
    assert await screen.ends() == code
    assert screen.echoes


@pytest.mark.parametrize(("number", "engine"), [("1", "telegram_first"), ("3", "endpoint")])
async def test_an_account_with_premium_is_asked_who_transcribes(
    house: House, number: str, engine: str
) -> None:
    house.stage.telegram.gives_premium(house.stage.olga)
    lines = f"{answers(house, '')}{number}\n"
    ended = await house.run("init", *at_the_stage(house), lines=lines)
    assert ended.code == 0, ended.err
    assert "You have Premium" in ended.err
    assert load(house.folder / "config.toml", None, {}).settings.voice.engine == engine
