"""`userbot sandbox` for other developers: its card, stock clients, its state on disk, its end."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
from pathlib import Path
from typing import Any

import pytest
from telethon import TelegramClient
from telethon.crypto import rsa
from telethon.errors import SessionPasswordNeededError
from telethon.sessions import SQLiteSession

from tests.cli.house import Ended, House, Running


async def sandbox(
    house: House, *arguments: str, warm: bool = True
) -> tuple[Running, dict[str, Any]]:
    """The sandbox as a process, and its card."""
    running = await house.start("sandbox", "--json", *arguments, warm=warm)
    return running, json.loads(await running.line())


async def stock_client(card: dict[str, Any], session: Path) -> TelegramClient:
    """Telethon as it comes, told where this Telegram is."""
    telegram = card["telegram"]
    rsa.add_key(Path(telegram["public_key"]).read_text(), old=False)
    stored = SQLiteSession(str(session))
    stored.set_dc(telegram["dc"], telegram["host"], telegram["port"])
    client = TelegramClient(stored, 1, "hash")
    client._config = None
    await client.connect()
    return client


def leftovers(house: House) -> list[Path]:
    return [path for path in house.folder.iterdir() if path.name.startswith("userbot-sandbox-")]


async def test_the_first_line_says_where_all_is_and_stock_clients_log_in_with_it(
    house: House, tmp_path: Path
) -> None:
    running, card = await sandbox(house, warm=False)
    assert set(card) == {"telegram", "openai", "accounts", "chats"}
    assert card["telegram"] | {"port": 0, "public_key": ""} == {
        "dc": 2,
        "host": "127.0.0.1",
        "port": 0,
        "public_key": "",
    }
    assert card["openai"]["base_url"].startswith("http://127.0.0.1:")
    assert card["openai"]["base_url"].endswith("/v1")
    assert card["openai"]["api_key"]
    assert len(card["accounts"]) >= 5
    for account in card["accounts"]:
        assert set(account) == {"id", "name", "username", "phone", "code", "password"}
        assert account["phone"].startswith("+")
    *others, last = card["accounts"]
    assert last["password"]
    assert {account["password"] for account in others} == {None}
    assert {chat["kind"] for chat in card["chats"]} == {"group", "supergroup"}
    assert all(set(chat) == {"id", "title", "kind"} for chat in card["chats"])

    first = card["accounts"][0]
    client = await stock_client(card, tmp_path / "first")
    await client.send_code_request(first["phone"])
    me = await client.sign_in(first["phone"], first["code"])
    assert (me.id, me.username) == (first["id"], first["username"])
    titles = {dialog.id: dialog.title async for dialog in client.iter_dialogs()}
    assert {chat["id"]: chat["title"] for chat in card["chats"]}.items() <= titles.items()
    await client.disconnect()

    client = await stock_client(card, tmp_path / "last")
    await client.send_code_request(last["phone"])
    with pytest.raises(SessionPasswordNeededError):
        await client.sign_in(last["phone"], last["code"])
    assert (await client.sign_in(password=last["password"])).id == last["id"]
    await client.disconnect()

    ended = await running.stop(signal.SIGINT)
    assert (ended.code, ended.err) == (130, "")
    assert len(ended.out.splitlines()) == 1
    assert not leftovers(house)


async def test_with_a_folder_messages_and_logins_outlive_a_restart_on_another_port(
    house: House, tmp_path: Path
) -> None:
    running, card = await sandbox(house, "--data", "kept")
    client = await stock_client(card, tmp_path / "session")
    account, group = card["accounts"][0], card["chats"][0]["id"]
    await client.send_code_request(account["phone"])
    await client.sign_in(account["phone"], account["code"])
    await client.get_dialogs()
    sent = await client.send_message(group, "remember me")
    await client.disconnect()

    second = await house.run("sandbox", "--data", "kept")
    assert second.code == 1
    assert second.sentences == ["error: Another sandbox is using kept."]
    ended = await running.stop(signal.SIGTERM)
    assert (ended.code, ended.err) == (0, "")
    running, again = await sandbox(house, "--data", "kept")
    assert again["accounts"] == card["accounts"]
    client = await stock_client(again, tmp_path / "session")
    assert (await client.get_me()).id == account["id"]
    found = await client.get_messages(group, ids=sent.id)
    assert found.message == "remember me"
    await client.disconnect()
    assert (await running.stop(signal.SIGTERM)).code == 0
    assert (house.folder / "kept").stat().st_mode & 0o777 == 0o700


async def test_without_json_it_prints_what_to_paste(house: House) -> None:
    running = await house.start("sandbox")
    lines = [await running.line() for _ in range(20)]
    assert "[telegram.server]" in lines
    assert "[openai]" in lines
    assert any("+9996620001  code 22222" in line for line in lines)
    assert (await running.stop(signal.SIGTERM)).code == 0


def refused(ended: Ended, sentence: str) -> None:
    assert (ended.code, ended.out) == (1, "")
    assert ended.sentences[0].startswith(f"error: {sentence}")
    assert len(ended.err.splitlines()) == 2
    assert len(ended.hints) == 1


async def test_it_says_how_it_is_used_and_that_way_works(house: House, tmp_path: Path) -> None:
    running = await house.start("sandbox")
    lines = [await running.line() for _ in range(5)]
    assert "Any api_id and api_hash" in lines[0]
    command = shlex.split(next(line for line in lines if line.startswith("userbot init")))
    _, url, key = re.fullmatch(r" +\(the model: (\d), (\S+), key (\S+)\)", lines[-1]).groups()  # type: ignore[union-attr]
    typed = f"\n\n2\n{url}\n{key}\n\n+9996620002\n22222\n\n"
    ended = await house.run(*command[1:], lines=typed)
    assert ended.code == 0, ended.err
    assert "Logged in as Max." in ended.err


async def test_a_port_that_is_taken_is_told(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused(await house.run("sandbox", "--port", str(port)), f"Port {port} or {port + 1} is ")
    assert not leftovers(house)


async def test_a_folder_with_something_else_in_it_is_told_and_left_alone(house: House) -> None:
    (house.folder / "kept").mkdir()
    (house.folder / "kept" / "commands.jsonl").write_text("no commands at all\n")
    refused(await house.run("sandbox", "--data", "kept"), "kept contains a state that")
    assert (house.folder / "kept" / "commands.jsonl").read_text() == "no commands at all\n"


async def test_in_a_terminal_one_writes_as_its_people_and_sees_the_answers(house: House) -> None:
    screen = await house.terminal("sandbox")
    await screen.shows("Max ❯ $")
    ended = await house.run("init", "--sandbox")
    assert (ended.code, ended.hints) == (0, []), ended.err
    assert "config.toml is ready. Start with: userbot run" in ended.out
    running = await house.start("run", "--json")
    await running.event("ready")
    screen.types("/gpt hellö\x7fo there\n")
    await screen.shows("▌ Olga · in reply to Max[^$]*You asked: Max: hello there")
    screen.types("/as lena\n")
    await screen.shows("Lena ❯ $")
    screen.types("/voice\n")
    await screen.shows("▶ voice note, 4 s")
    await screen.shows("▌ Olga · in reply to Lena")
    screen.types("/picture\n")
    await screen.shows("▣ picture")
    (house.folder / "list.txt").write_text("two loaves of bread")
    screen.types(f"/file {house.folder / 'list.txt'} /gpt how many?\n")
    await screen.shows("two loaves of bread")
    screen.types("/file nowhere.txt\n")
    await screen.shows("nowhere.txt cannot be read \\(no such file or directory\\)")
    assert (await running.event("answered"))["event"] == "answered"
    screen.types("/as vera\n/gpt and me?\n")
    await running.event("ignored")
    await running.stop(signal.SIGINT)
    screen.types("/as nobody\n")
    await screen.shows("Nobody here is called nobody. Here are Olga, Max, Lena, Timur, Vera.")
    screen.types("/quit\n")
    assert await screen.ends() == 0


async def test_in_a_terminal_what_it_does_not_know_is_told_and_not_posted(house: House) -> None:
    screen = await house.terminal("sandbox")
    await screen.shows("Max ❯ $")
    chats = "Here are Weekend plans, Python club, Olga, Lena, Timur, Vera,\\s+Saved"
    screen.types("/in xx\n")
    await screen.shows(f"No chat named xx. {chats}")
    screen.types("/help\n")
    await screen.shows("somebody's name, or\\s*\n {21}Saved")
    screen.types("/in\n")
    await screen.shows(f"❯\\s+{chats}")
    screen.types("/hlep me\n")
    await screen.shows("No command /hlep. Did you mean /help\\? With a space before it, it is a")
    screen.types(" /hlep me\n")
    await screen.shows("▌ Max\\s+▌ /hlep me")
    screen.types("/ai which prefix\n")
    await screen.shows("▌ Max\\s+▌ /ai which prefix")
    screen.types("/reply\n")
    await screen.shows("Write the reply behind the command: /reply And")
    screen.types("/voice de\n")
    await screen.shows("No voice note de: there are en, ru.")
    screen.types("/gptx still goes\n")
    await screen.shows("▌ Max\\s+▌ /gptx still goes")
    screen.types("/quit\n")
    assert await screen.ends() == 0


async def test_in_a_terminal_the_owner_asks_in_saved_messages(house: House) -> None:
    screen = await house.terminal("sandbox")
    await screen.shows("Max ❯ $")
    await house.run("init", "--sandbox")
    running = await house.start("run", "--json")
    await running.event("ready")
    screen.types("/as Olga\n/in Saved\n")
    await screen.shows("You write in Saved Messages.")
    screen.types("/gpt hello there\n")
    await screen.shows("▌ Olga\\s+▌ /gpt hello there")
    await screen.shows("▌ Olga · the userbot · in reply to Olga[^$]*You asked: [^$]*hello there")
    await running.stop(signal.SIGINT)
    screen.types("/quit\n")
    assert await screen.ends() == 0


async def test_a_key_scans_the_qr_code_of_a_login(house: House) -> None:
    screen = await house.terminal("sandbox")
    await screen.shows("Max ❯ $")
    screen.types("\x0c")
    await screen.shows("No QR code is shown now")
    await house.run("init", "--sandbox")
    for file in house.session.parent.iterdir():
        file.unlink()
    login = await house.terminal("login")
    await screen.shows("press Ctrl-L")
    screen.types("\x0c")
    await login.shows("Logged in as Olga.")
    assert await login.ends() == 0
    screen.types("\x04")
    assert await screen.ends() == 0


async def test_init_for_a_sandbox_needs_one_and_leaves_other_configs_alone(house: House) -> None:
    refused(await house.run("init", "--sandbox"), "No sandbox is running.")
    running, _card = await sandbox(house)
    path = house.folder / "config.toml"
    path.write_text("# mine\n")
    ended = await house.run("init", "--sandbox")
    assert (ended.code, path.read_text()) == (1, "# mine\n")
    assert (await house.run("init", "--sandbox", "--config", "other.toml")).code == 0
    assert (await house.run("init", "--sandbox", "--config", "other.toml")).code == 0, "anew"
    await running.stop(signal.SIGINT)


async def test_when_the_newer_of_two_sandboxes_ends_init_finds_the_other(house: House) -> None:
    first = await house.terminal("sandbox")
    await first.shows("Max ❯ $")
    second = await house.terminal("sandbox")
    await second.shows("Max ❯ $")
    second.types("/quit\n")
    assert await second.ends() == 0
    ended = await house.run("init", "--sandbox")
    assert ended.code == 0, ended.err
    first.types("/quit\n")
    assert await first.ends() == 0
    (house.folder / "config.toml").unlink()
    ended = await house.run("init", "--sandbox")
    assert "No sandbox is running." in ended.err
