"""`userbot doctor`: what is ready, what is not, and where the values come from."""

from __future__ import annotations

import asyncio
import gc
import json
import stat
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.house import MODEL_KEY, House
from userbot.audio import find_ffmpeg
from userbot.cli import doctor
from userbot.cli.common import Common
from userbot.cli.doctor import _examine
from userbot.settings import DocumentsConfig, Override
from userbot.storage.store import Store


async def test_when_all_is_ready_it_says_so_and_ends_with_0(house: House) -> None:
    sets = "[openai] base_url, model · [telegram.server] dc, host, port, public_key"
    path = house.write_config("[profile.long.openai]\nmax_completion_tokens = 100\n")
    house.log_in()
    ended = await house.run("doctor", "--profile", "long", env={"OPENAI_API_KEY": MODEL_KEY})
    assert (ended.code, ended.err) == (0, "")
    host = f"127.0.0.1:{house.stage.endpoint.port}"
    assert ended.out.splitlines() == [
        f"✓ config · {path}",
        f"✓ values · config.toml sets [telegram] api_id, api_hash · {sets}",
        "✓ values · profile long sets [openai] max_completion_tokens",
        "✓ values · the environment sets OPENAI_API_KEY",
        "✓ values · everything else has its default",
        "✓ files · readable only by you",
        "✓ login · logged in as Olga",
        "✓ clock · as Telegram's",
        "! chats · none selected: only you can ask, with /gpt",
        "  → `userbot chats WORD` prints the block that selects one.",
        f"✓ model · sandbox is available at {host}",
        f"! voice · {host} does not list whisper-1: checked on the first voice note",
        "  → If it does not transcribe, set base_url under [voice] to a server that does.",
        f"✓ ffmpeg · {find_ffmpeg()}",
        "✓ documents · PDF, DOCX, tables, slides, ODT, HTML and text files",
        f"✓ history · {house.session.parent / 'history.db'} will be created at the first start",
    ]
    assert not (house.session.parent / "history.db").exists()


async def test_a_clock_that_is_not_telegrams_is_told_with_what_to_do(house: House) -> None:
    house.write_config()
    house.log_in()
    house.stage.telegram.advance(1200)
    ended = await house.run("doctor", env={"OPENAI_API_KEY": MODEL_KEY})
    (told,) = [line for line in ended.out.splitlines() if "clock · " in line]
    assert told.startswith("! clock · This computer's clock is 1")
    assert told.endswith(" s behind Telegram's.")


async def test_a_server_key_that_is_gone_is_told_as_run_tells_it(house: House) -> None:
    house.write_config()
    house.log_in()
    key = house.stage.folder / "server.pem"
    key.unlink()
    for command, code in (("doctor", 1), ("run", 3)):
        ended = await house.run(command)
        told = ended.out + ended.err
        assert ended.code == code, told
        assert f"telegram.server.public_key: {key} does not exist." in told
        assert "→ If it was a sandbox's, start `userbot sandbox` and then" in told
        assert "PKCS#1" not in told


async def test_each_thing_that_is_not_ready_is_told_with_a_hint_and_the_rest_is_looked_at(
    house: House,
) -> None:
    path = house.write_config('[history]\ndatabase = "sessions/old.db"\n')
    text = path.read_text().replace('model = "sandbox"', 'model = "gpt-9"')
    path.write_text(text)
    house.session.parent.mkdir(mode=0o755)
    house.session.parent.chmod(0o755)
    (house.session.parent / "old.db").write_text("no database at all\n" * 20)
    plain, rows = await house.run("doctor"), await house.run("doctor", "--json")
    assert plain.code == rows.code == 1
    found = {row["check"]: row for row in map(json.loads, rows.out.splitlines())}
    assert not any(found[check]["ok"] for check in ("login", "model", "history"))
    assert all("hint" in found[check] for check in ("login", "model", "history"))
    assert found["config"]["ok"]
    assert found["value"]["what"].partition(" from ")[1]
    assert "✗ login · You are not logged in.\n  → Log in with `userbot login`." in plain.out
    assert "has no model gpt-9.\n  → It has sandbox" in plain.out
    assert stat.S_IMODE(house.session.parent.stat().st_mode) == 0o700


async def test_interrupted_before_it_looked_it_leaves_nothing_for_python_to_complain_of(
    house: House, recwarn: pytest.WarningsRecorder
) -> None:
    common = Common(config=house.write_config())
    examined = asyncio.create_task(_examine(common))
    await asyncio.sleep(0)
    examined.cancel()
    with pytest.raises(asyncio.CancelledError):
        await examined
    gc.collect()
    assert [str(warning.message) for warning in recwarn] == []


@pytest.mark.parametrize(
    ("premium", "voice", "told", "hint"),
    [
        pytest.param(True, 'engine = "telegram"', "has Premium", "", id="premium"),
        pytest.param(False, 'engine = "telegram"', "no Premium", "telegram_trial", id="none"),
        pytest.param(
            False,
            'engine = "telegram_first"\ntelegram_trial = true',
            "by the weekly trial",
            "",
            id="trial",
        ),
    ],
)
async def test_it_tells_whether_telegram_transcribes_for_this_account(
    house: House, premium: bool, voice: str, told: str, hint: str
) -> None:
    house.stage.telegram.gives_premium(house.stage.olga, premium)
    common = Common(config=house.write_config(f"[voice]\n{voice}\n"))
    house.log_in()
    first, second = [one for one in await _examine(common) if one.name == "voice"]
    assert told in first.told
    assert hint in first.hint
    assert first.matters == bool(hint)
    only = voice == 'engine = "telegram"'
    assert (second.told == "no endpoint: only Telegram transcribes") == only


async def test_a_wrong_config_is_its_one_finding_a_fault(house: House) -> None:
    (house.folder / "config.toml").write_text('[telegram]\napi_id = 0\napi_hash = ""\n')
    ended = await house.run("doctor")
    assert (ended.code, ended.err) == (3, "")
    assert ended.out.count("✗ config · config.toml:") == 2
    assert ended.out.count("  → ") == 2


async def test_in_a_terminal_it_fits_80_columns(house: House) -> None:
    house.write_config()
    house.log_in()
    screen = await house.terminal("doctor", columns=80)
    assert await screen.ends() == 0
    lines = screen.plain.splitlines()
    assert max(map(len, lines)) <= 80
    assert sum(line.startswith("✓  values") for line in lines) == 1


async def test_an_address_with_a_password_is_shown_without_it(house: House) -> None:
    path = house.write_config()
    host = f"127.0.0.1:{house.stage.endpoint.port}"
    path.write_text(path.read_text().replace(f"http://{host}", f"http://me:s3cret@{host}"))
    house.log_in()
    ended = await house.run("doctor", "-v")
    assert "s3cret" not in ended.out + ended.err


async def test_the_selected_chats_are_looked_for_and_what_may_matter_is_no_failure(
    house: House,
) -> None:
    block = '[[chats]]\nid = {}\nrespond = "all"\nfrom = "anyone"\n'
    house.write_config(block.format(house.stage.group.id))
    house.log_in()
    ended = await house.run("doctor")
    assert f"✓ chats · 1 selected: {house.stage.group.title}" in ended.out
    house.write_config(block.format(house.stage.group.id) + block.format('"@nobody_at_all"'))
    ended = await house.run("doctor")
    assert ended.code == 1
    assert "✗ chats · [[chats]] number 2" in ended.out
    house.write_config(block.format(-1009999999999))
    rows = [json.loads(row) for row in (await house.run("doctor", "--json")).out.splitlines()]
    (chats,) = [row for row in rows if row["check"] == "chats"]
    assert (chats["ok"], chats["warning"]) == (True, True)


async def test_what_commands_have_set_is_told_and_a_model_that_is_not_there_too(
    house: House,
) -> None:
    house.write_config()
    house.log_in()
    with Store.open(house.folder / "sessions" / "history.db") as store:
        store.overrides.set(house.stage.group.id, Override(respond="all", model="parrot"))
        store.overrides.set(house.stage.club.id, Override(system="Be brief."))
    ended = await house.run("doctor")
    assert "✓ commands · Weekend: respond all, model parrot, set by command\n" in ended.out
    assert "✓ commands · Club: system, set by command\n" in ended.out
    assert "; but not parrot, set by command\n  → /gpt_model default in that chat" in ended.out
    assert ended.code == 0


async def test_a_name_for_a_model_that_is_not_there_is_told(house: House) -> None:
    house.write_config('[models]\nsame = "sandbox"\nbig = "parrot"\n')
    house.log_in()
    ended = await house.run("doctor")
    assert "; but not big of [models]\n  → " in ended.out, ended.out
    assert ended.code == 0


async def test_a_chat_whose_name_telegram_refuses_is_a_finding(house: House) -> None:
    house.write_config('[[chats]]\nid = "@max_m"\nrespond = "all"\nfrom = "anyone"\n')
    house.log_in()
    house.stage.telegram.faults.add("contacts.resolveUsername", "BOT_METHOD_INVALID", times=None)
    ended = await house.run("doctor")
    assert "✗ chats · [[chats]] number 1: Telegram refused the request" in ended.out
    assert ended.code == 1
    assert "is left out" in (await house.run("chats")).err


async def test_models_that_end_soon_are_told_with_what_to_do(house: House) -> None:
    today = datetime.now(UTC).date()
    endpoint = house.stage.endpoint
    endpoint.models = ("sandbox", "whisper-1", "gpt-transcribe", "tts-1", "spare:latest")
    endpoint.ends = {
        "sandbox": str(today + timedelta(days=90)),
        "whisper-1": str(today + timedelta(days=50)),
        "tts-1": str(today + timedelta(days=20)),
        "spare:latest": str(today + timedelta(days=59)),
    }
    path = house.write_config('[voice]\nanswer_as = "same"\n')
    text = path.read_text().replace('model = "sandbox"', 'model = "sandbox"\nfallbacks = ["spare"]')
    path.write_text(text)
    house.log_in()
    ended = await house.run("doctor", "--json")
    found = {row["check"]: row for row in map(json.loads, ended.out.splitlines())}
    assert endpoint.ends["spare:latest"] in found["model"]["what"]
    assert "sandbox:" not in found["model"]["what"]
    assert endpoint.ends["whisper-1"] in found["voice"]["what"]
    assert "gpt-transcribe takes over" in found["voice"]["hint"]
    assert endpoint.ends["tts-1"] in found["speech"]["what"]
    assert "[speech]" in found["speech"]["hint"]
    assert all(found[check]["ok"] for check in ("model", "voice", "speech"))


async def test_a_server_that_does_not_list_its_models_is_no_fault(house: House) -> None:
    house.stage.endpoint.faults.add("unsupported_parameter", on="/models", times=None)
    house.write_config()
    house.log_in()
    ended = await house.run("doctor", "--json")
    found = {row["check"]: row for row in map(json.loads, ended.out.splitlines())}
    assert found["model"]["ok"]
    assert "does not list its models" in found["model"]["what"]
    assert found["model"]["hint"]


async def test_what_documents_lack_is_said_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor, "LIBRARIES", ("no_such_library",))
    told, hint = await doctor._documents(DocumentsConfig())
    assert told == "slides, ODT, HTML and text files; no PDF, DOCX or tables"
    assert "'.[documents]'" in hint
    assert await doctor._documents(DocumentsConfig(enabled=False)) == ("off", "")
