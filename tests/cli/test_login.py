"""Logging in and out, as a process: by phone, by QR code, over what was there before."""

from __future__ import annotations

import asyncio
import stat
from base64 import urlsafe_b64encode
from dataclasses import replace
from pathlib import Path

import pytest
import segno
from telethon.sessions import SQLiteSession

from tests.cli.house import PASSWORD, PHONE, House
from tests.harness import LOGIN_CODE, Stage
from tests.path.voice.notes import until
from userbot.cli.asking import Keyboard
from userbot.cli.login import log_in
from userbot.errors import UserbotError
from userbot.sandbox.accounts import Account
from userbot.sandbox.telegram import write_session
from userbot.settings import TelegramConfig
from userbot.telegram.session import session_file

QR_END = "▀{30,}\n"
"""The lower edge of a QR code."""


def shown_link(stage: Stage) -> str:
    """The link in the QR code that a client shows now."""
    (token,) = stage.telegram.state.tokens
    return f"tg://login?token={urlsafe_b64encode(token.data).decode().rstrip('=')}"


def drawn(link: str) -> str:
    """How a terminal shows this link as a QR code."""
    import io

    picture = io.StringIO()
    segno.make(link, error="l").terminal(out=picture, compact=True, border=2)
    return picture.getvalue()


def careful(stage: Stage) -> Account:
    """Somebody whose account has a password."""
    return stage.telegram.add_account(
        "Nina", phone="+9996620009", code=LOGIN_CODE, password=PASSWORD
    )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_without_a_terminal_each_answer_is_a_line_phone_then_code(house: House) -> None:
    house.write_config()
    ended = await house.run("login", lines=f"{PHONE}\n{LOGIN_CODE}\n", warm=False)
    assert (ended.code, ended.out) == (0, "Logged in as Olga.\n")
    assert "Phone number" in ended.err
    assert "into your Telegram app" in ended.err
    assert mode(house.session) == 0o600
    assert mode(house.session.parent) == 0o700
    again = await house.run("login", "--phone", PHONE)
    assert again.code == 0
    assert again.out.startswith("Already logged in as Olga;")


async def test_a_given_phone_is_not_asked_for_and_a_code_may_be_written_with_blanks(
    house: House,
) -> None:
    house.write_config()
    code = f"{LOGIN_CODE[:2]} {LOGIN_CODE[2:5]}-{LOGIN_CODE[5:]}\n"
    ended = await house.run("login", "--phone", "+999 662 0001", lines=code)
    assert (ended.code, ended.out) == (0, "Logged in as Olga.\n")


async def test_a_wrong_code_an_empty_one_and_a_wrong_password_may_be_given_again(
    house: House,
) -> None:
    careful(house.stage)
    house.write_config()
    lines = f"+9996620009\n11111\n\n{LOGIN_CODE}\nnot it\n\n{PASSWORD}\n"
    ended = await house.run("login", lines=lines)
    assert (ended.code, ended.out) == (0, "Logged in as Nina.\n")
    assert ended.err.count("Wrong code.") == 2
    assert ended.err.count("Wrong password.") == 2
    methods = [call.method for call in house.stage.telegram.calls]
    assert methods.count("auth.sendCode") == 1


async def test_a_line_that_is_lost_while_somebody_looks_for_the_code_is_found_again(
    house: House,
) -> None:
    house.write_config()
    running = await house.start("login", "--phone", PHONE)
    calls = house.stage.telegram.calls
    await until(lambda: any(call.method == "auth.sendCode" for call in calls))
    await asyncio.sleep(0.1)
    house.stage.telegram.drop_connections()
    await asyncio.sleep(0.1)
    ended = await running.ends(lines=f"{LOGIN_CODE}\n".encode())
    assert (ended.code, ended.out) == (0, "Logged in as Olga.\n"), ended.err


async def test_in_a_terminal_a_qr_code_is_drawn_and_scanning_it_logs_in(house: House) -> None:
    house.write_config()
    screen = await house.terminal("login")
    await screen.shows("Link Desktop Device")
    await screen.shows(QR_END)
    link = shown_link(house.stage)
    assert drawn(link) in screen.plain
    house.stage.olga.scans(link)
    await screen.shows("Logged in as Olga.")
    await screen.shows("No chats are selected yet; `userbot init` lets you pick some.")
    await screen.shows("Next: `userbot run`, then write “/gpt hello” in the sandbox's")
    assert await screen.ends() == 0


async def test_enter_takes_a_code_instead_of_the_qr_code(house: House) -> None:
    house.write_config()
    screen = await house.terminal("login")
    await screen.shows("Press Enter to use a code instead")
    await screen.shows(QR_END)
    screen.types("\n")
    await screen.shows("Phone number .*: $")
    screen.types("\x03")
    assert await screen.ends() == 130


async def test_after_a_scanned_qr_code_the_password_is_asked_for_and_not_shown(
    house: House,
) -> None:
    nina = careful(house.stage)
    house.write_config()
    screen = await house.terminal("login")
    await screen.shows(QR_END)
    nina.scans(shown_link(house.stage))
    await screen.shows("two-step verification password: ")
    screen.types(f"{PASSWORD}\n")
    await screen.shows("Logged in as Nina.")
    assert await screen.ends() == 0


async def test_a_qr_code_that_expires_is_renewed_in_its_place(stage: Stage, tmp_path: Path) -> None:
    class Sheet(Keyboard):
        def __init__(self) -> None:
            super().__init__()
            self.links: list[str] = []

        def qr(self, url: str) -> None:
            self.links.append(url)
            if len(self.links) == 2:
                stage.olga.scans(url)

    stage.telegram.advance(-28)  # so that the first token has two seconds left
    sheet = Sheet()
    settings = stage.settings().telegram
    settings = type(settings)(
        api_id=1, api_hash="hash", session=tmp_path / "new", server=settings.server
    )
    assert await log_in(settings, sheet, None, qr=True) == ("Olga", True)
    assert len(set(sheet.links)) == 2


@pytest.mark.parametrize("error", ["SESSION_REVOKED", "AUTH_KEY_DUPLICATED"])
async def test_over_a_login_that_was_ended_a_new_one_begins_with_a_new_key(
    house: House, error: str
) -> None:
    house.write_config()
    house.log_in()
    key = SQLiteSession(str(house.session)).auth_key.key
    house.stage.telegram.revoke(house.stage.olga, error=error)
    ended = await house.run("login", "--phone", PHONE, lines=f"{LOGIN_CODE}\n")
    assert (ended.code, ended.out) == (0, "Logged in as Olga.\n")
    assert SQLiteSession(str(house.session)).auth_key.key != key


async def test_a_key_that_the_server_does_not_know_is_no_login_and_a_new_one_replaces_it(
    house: House,
) -> None:
    house.write_config()
    house.session.parent.mkdir()
    server = house.stage.telegram
    write_session(house.session, server.dc, server.host, server.port, bytes(range(256)))
    refused = await house.run("chats")
    assert (refused.code, refused.sentences) == (4, ["error: You are not logged in."])
    ended = await house.run("login", "--phone", PHONE, lines=f"{LOGIN_CODE}\n")
    assert (ended.code, ended.out) == (0, "Logged in as Olga.\n")


async def test_a_login_at_the_real_telegram_is_never_shown_to_another_server(house: House) -> None:
    house.write_config()
    house.session.parent.mkdir()
    write_session(house.session, 2, "149.154.167.51", 443, bytes(range(256)))
    before = house.session.read_bytes()
    for command in ("login", "run"):
        ended = await house.run(command)
        assert ended.code == 4, command
        assert "is a login to another Telegram, 149.154.167.51:443." in ended.err
        assert ended.hints, command
    assert house.session.read_bytes() == before
    assert not house.stage.telegram.calls


async def test_a_login_at_a_server_of_ones_own_is_never_shown_to_the_real_telegram(
    house: House,
) -> None:
    house.log_in()
    hashed = "b18441a1ff607e10a989891a5462e627"
    (house.folder / "config.toml").write_text(
        f'[telegram]\napi_id = 2040817\napi_hash = "{hashed}"\n[openai]\napi_key = "sk-1"\n'
    )
    ended = await house.run("chats")
    assert ended.code == 4
    assert f"another Telegram, 127.0.0.1:{house.stage.telegram.port}." in ended.err


async def test_an_abandoned_login_leaves_no_session_behind(house: House) -> None:
    house.write_config()
    ended = await house.run("login", "--phone", PHONE)
    assert (ended.code, ended.out) == (1, "")
    assert not house.session.exists()
    screen = await house.terminal("login", "--phone", PHONE)
    await screen.shows("Code: $")
    assert house.session.exists()
    screen.types("\x03")
    assert await screen.ends() == 130
    assert not house.session.exists()
    screen = await house.terminal("login")
    await screen.shows(QR_END)
    screen.types("\x03")
    assert await screen.ends() == 130
    assert not house.session.exists()


async def test_logout_ends_the_login_at_telegram_and_removes_the_file(house: House) -> None:
    house.write_config()
    house.log_in()
    ended = await house.run("logout")
    assert (ended.code, ended.out, ended.err) == (0, "Logged out.\n", "")
    assert not house.session.exists()
    assert not house.stage.telegram.state.logins_of(house.stage.olga)[1:]
    again = await house.run("logout")
    assert (again.code, again.sentences) == (4, ["error: You are not logged in."])


async def test_logout_of_a_login_that_was_ended_elsewhere_removes_its_file(house: House) -> None:
    house.write_config()
    house.log_in()
    house.stage.telegram.revoke(house.stage.olga)
    ended = await house.run("logout")
    assert ended.code == 0
    assert "had already been ended" in ended.out
    assert not house.session.exists()


async def test_what_telegram_refuses_is_one_sentence_with_a_hint(house: House) -> None:
    house.write_config()
    faults = house.stage.telegram.faults
    for error, sentence in {
        "PHONE_NUMBER_BANNED": "Telegram has banned this phone number.",
        "API_ID_INVALID": "Telegram does not recognize this api_id and api_hash.",
        "SMS_CODE_CREATE_FAILED": "Telegram refused the login (SMS_CODE_CREATE_FAILED).",
    }.items():
        faults.add("auth.sendCode", error)
        ended = await house.run("login", "--phone", PHONE, lines=f"{LOGIN_CODE}\n")
        assert (ended.code, ended.sentences) == (1, [f"error: {sentence}"])
        assert len(ended.hints) == 1
        assert not house.session.exists()


@pytest.mark.parametrize("method", ["help.getConfig", "auth.sendCode", "auth.signIn"])
async def test_a_pause_that_telegram_asks_for_is_waited_out_and_said(
    house: House, method: str
) -> None:
    house.write_config()
    house.stage.telegram.faults.add(method, "FLOOD_WAIT_1")
    ended = await house.run("login", "--phone", PHONE, lines=f"{LOGIN_CODE}\n")
    assert (ended.code, ended.out) == (0, "Logged in as Olga.\n")
    assert [line for line in ended.sentences if "Telegram asks" in line], ended.err


@pytest.mark.parametrize(
    "written",
    [
        PHONE[1:],
        f"{PHONE[:4]} {PHONE[4:7]}-({PHONE[7:]})",
        f"\u202a{PHONE[:4]}\u00a0{PHONE[4:7]}\u2013{PHONE[7:]}\u202c",
    ],
)
async def test_a_code_by_e_mail_is_entered_as_one(house: House, written: str) -> None:
    house.write_config()
    house.stage.telegram.sends_codes("email")
    ended = await house.run("login", lines=f"{written}\n11111\n{LOGIN_CODE}\n")
    assert (ended.code, ended.out) == (0, "Logged in as Olga.\n")
    assert "by e-mail" in ended.err


async def test_a_login_moves_to_the_data_centre_of_its_account_and_stays_there(
    house: House,
) -> None:
    house.write_config()
    await house.stage.telegram.lives_elsewhere()
    ended = await house.run("login", lines=f"{PHONE}\n{LOGIN_CODE}\n")
    assert (ended.code, ended.out) == (0, "Logged in as Olga.\n"), ended.err
    assert SQLiteSession(str(house.session)).dc_id == 4
    again = await house.run("login")
    assert again.out.startswith("Already logged in as Olga;"), again.err
    chats = await house.run("chats")
    assert chats.code == 0, chats.err


async def test_a_scanned_qr_code_moves_to_the_data_centre_of_its_account(house: House) -> None:
    nina = careful(house.stage)
    house.write_config()
    await house.stage.telegram.lives_elsewhere()
    screen = await house.terminal("login")
    await screen.shows(QR_END)
    nina.scans(shown_link(house.stage))
    await screen.shows("two-step verification password: ")
    screen.types(f"{PASSWORD}\n")
    await screen.shows("Logged in as Nina.")
    assert await screen.ends() == 0
    chats = await house.run("chats")
    assert chats.code == 0, chats.err


async def test_a_login_moves_where_the_network_wants_it(house: House) -> None:
    house.write_config()
    await house.stage.telegram.lives_elsewhere()
    house.stage.telegram.faults.add("auth.sendCode", "NETWORK_MIGRATE_4")
    ended = await house.run("login", lines=f"{PHONE}\n{LOGIN_CODE}\n")
    assert (ended.code, ended.out) == (0, "Logged in as Olga.\n"), ended.err


@pytest.mark.parametrize(
    ("phone", "how", "sentence"),
    [
        (PHONE, "payment", "Telegram wants to be paid before it sends a code to this number."),
        ("+49abc", "app", "Telegram does not know this phone number."),
        ("olga", "app", "Telegram does not know this phone number."),
    ],
)
async def test_what_cannot_become_a_login_is_one_sentence(
    house: House, phone: str, how: str, sentence: str
) -> None:
    house.write_config()
    house.stage.telegram.sends_codes(how)
    ended = await house.run("login", "--phone", phone, lines=f"{LOGIN_CODE}\n")
    assert (ended.code, ended.sentences) == (1, [f"error: {sentence}"])
    assert not house.session.exists()


class Scanned(Keyboard):
    """Scanned as soon as it is shown, so often."""

    def __init__(self, stage: Stage, then: BaseException | None = None) -> None:
        super().__init__()
        self._stage = stage
        self._then = then
        self.links: list[str] = []

    async def code_instead(self) -> None:
        await asyncio.Event().wait()

    def qr(self, url: str) -> None:
        self.links.append(url)
        if len(self.links) == 1:
            self._stage.olga.scans(url)
            if self._then is not None:
                raise self._then


def fresh(stage: Stage, tmp_path: Path) -> TelegramConfig:
    return replace(stage.settings().telegram, session=tmp_path / "new")


async def test_a_scan_that_nobody_was_told_of_is_a_login_all_the_same(
    stage: Stage, tmp_path: Path
) -> None:
    stage.telegram.loses_scans()
    stage.telegram.advance(-28)
    assert await log_in(fresh(stage, tmp_path), Scanned(stage), None, qr=True) == ("Olga", True)


async def test_a_login_that_is_given_up_leaves_no_device_behind(
    stage: Stage, tmp_path: Path
) -> None:
    stage.telegram.loses_scans()
    before = len(stage.telegram.state.logins_of(stage.olga))
    settings = fresh(stage, tmp_path)
    with pytest.raises(UserbotError):
        await log_in(settings, Scanned(stage, UserbotError("enough")), None, qr=True)
    assert not session_file(settings.session).exists()
    assert len(stage.telegram.state.logins_of(stage.olga)) == before


async def test_a_login_whose_success_was_never_answered_is_one(
    stage: Stage, tmp_path: Path
) -> None:
    stage.telegram.loses_scans()
    stage.telegram.advance(-28)
    sheet = Scanned(stage)
    logging_in = asyncio.create_task(log_in(fresh(stage, tmp_path), sheet, None, qr=True))
    while not sheet.links:
        await asyncio.sleep(0.02)
    stage.telegram.faults.add("auth.exportLoginToken", drop="after")
    assert await logging_in == ("Olga", True)
    assert len(sheet.links) == 1


async def test_with_the_clock_ahead_a_qr_code_is_shown_for_its_time(
    stage: Stage, tmp_path: Path
) -> None:
    stage.telegram.advance(-35)
    sheet = Scanned(stage)
    sheet.links = ["none is scanned"]
    logging_in = asyncio.create_task(log_in(fresh(stage, tmp_path), sheet, None, qr=True))
    await asyncio.sleep(2)
    assert len(sheet.links) == 2
    stage.olga.scans(sheet.links[-1])
    assert await logging_in == ("Olga", True)
