"""Where the config is found, and variables that win over it: the process's and a `.env`'s."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.files import GOOD, HASH, faults, loaded
from userbot.config import check_modes, load
from userbot.config.environment import find_config, read_env_file

# Where it is.


@pytest.mark.parametrize(
    ("there", "environ", "found"),
    [
        pytest.param((".config", "."), {"USERBOT_CONFIG": "x.toml"}, "x.toml", id="named"),
        pytest.param((".config", "."), {}, "config.toml", id="here"),
        pytest.param((".config",), {}, "{home}/.config/userbot/config.toml", id="at home"),
        pytest.param(
            ("xdg",), {"XDG_CONFIG_HOME": "{home}/xdg"}, "{home}/xdg/userbot/config.toml", id="XDG"
        ),
        pytest.param(
            (".config",),
            {"XDG_CONFIG_HOME": "relative"},
            "{home}/.config/userbot/config.toml",
            id="a relative XDG_CONFIG_HOME does not count",
        ),
        pytest.param((), {}, "config.toml", id="none yet, in a clone"),
    ],
)
def test_the_first_config_there_is_counts(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    there: tuple[str, ...],
    environ: dict[str, str],
    found: str,
) -> None:
    here, home = tmp_path / "here", tmp_path / "home"
    here.mkdir()
    monkeypatch.chdir(here)
    for place in there:
        file = here / "config.toml" if place == "." else home / place / "userbot/config.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(GOOD)
    told = {name: text.format(home=home) for name, text in environ.items()}
    assert str(find_config({"HOME": str(home)} | told)) == found.format(home=home)


def test_under_xdg_session_and_history_go_to_the_folder_for_state(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    config = tmp_path / ".config/userbot/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'{GOOD}[history]\ndatabase = "kept.db"\n')
    settings = load(None, None, environ).settings
    assert settings.telegram.session == tmp_path / "state/userbot/me"
    assert settings.history.database == config.parent / "kept.db"
    assert load(config, None, {"HOME": str(tmp_path)}).settings.telegram.session == (
        tmp_path / ".local/state/userbot/me"
    )


# Variables.


@pytest.mark.parametrize(
    ("variable", "text", "section", "key", "value"),
    [
        ("USERBOT_OPENAI__MODEL", "5", "openai", "model", "5"),
        ("USERBOT_OPENAI__STREAM", "False", "openai", "stream", False),
        ("USERBOT_OPENAI__TIMEOUT", "7.5", "openai", "timeout", 7.5),
        ("USERBOT_OPENAI__SYSTEM", "[a] = pirate", "openai", "system", "[a] = pirate"),
        ("USERBOT_LIMITS__TOKENS_PER_DAY", "5_000", "limits", "tokens_per_day", 5000),
        ("USERBOT_CATCH_UP__MAX_AGE_MINUTES", "3", "catch_up", "max_age_minutes", 3),
        ("USERBOT_TRIGGER__FROM", "contacts", "trigger", "from_", "contacts"),
        ("USERBOT_TRIGGER__FROM", '["@nora", 5]', "trigger", "from_", ("@nora", 5)),
        ("USERBOT_VOICE__WAKE_WORDS", '["hey"]', "voice", "wake_words", ("hey",)),
        ("USERBOT_VOICE__ENABLED", "", "voice", "enabled", True),
        ("USERBOT_CONSOLE__LANGUAGE", "ru", "console", "language", "ru"),
        ("USERBOT_TELEGRAM__SESSION", "/x/me", "telegram", "session", Path("/x/me")),
    ],
)
def test_every_key_has_a_variable(
    config: Path, variable: str, text: str, section: str, key: str, value: object
) -> None:
    settings = loaded(config, environ={variable: text}).settings
    assert getattr(getattr(settings, section), key) == value


def test_a_variable_reaches_tables_within_tables(config: Path) -> None:
    environ = {
        "USERBOT_TELEGRAM__SERVER__DC": "2",
        "USERBOT_TELEGRAM__SERVER__HOST": "localhost",
        "USERBOT_TELEGRAM__SERVER__PORT": "10443",
        "USERBOT_LIMITS__PRICES__INPUT": "0.75",
    }
    settings = loaded(config, environ=environ).settings
    assert settings.telegram.server is not None
    assert (settings.telegram.server.host, settings.telegram.server.port) == ("localhost", 10443)
    assert settings.limits.prices is not None
    assert settings.limits.prices.input == 0.75


@pytest.mark.parametrize(
    ("variable", "text", "told"),
    [
        ("USERBOT_OPENAI__MODLE", "secret-5", 'Did you mean "model"?'),
        ("USERBOT_OPNAI__MODEL", "secret-5", "Did you mean [openai]?"),
        ("USERBOT_LIMITS__ANSWERS_PER_HOUR", "secret-5", "must be a whole number"),
        ("USERBOT_TRIGGER__FROM", "secret-5", "a list of @names and ids"),
    ],
)
def test_what_is_wrong_in_a_variable_is_told_by_its_name(
    config: Path, variable: str, text: str, told: str
) -> None:
    (fault,) = faults(config, GOOD, environ={variable: text})
    assert fault.where == variable
    assert told in f"{fault.message} {fault.hint}"
    assert "secret" not in f"{fault.message} {fault.hint}"


# A .env.


def test_a_env_beside_the_config_is_read_and_the_process_wins_over_it(config: Path) -> None:
    config.with_name(".env").write_text(
        "# mine\nexport OPENAI_API_KEY='sk-stored'  # a key\nUSERBOT_OPENAI__MODEL=\"small\"\n"
        f"OTHERS\nTELEGRAM_API_ID=777\nTELEGRAM_API_HASH={HASH}\nUSERBOT_VOICE__MODEL=a#b # c\n",
    )
    config.with_name(".env").chmod(0o600)
    config.write_text("[openai]\n")
    found = load(config, None, {"USERBOT_OPENAI__MODEL": "big"})
    assert found.settings.openai.api_key == "sk-stored"
    assert found.settings.openai.model == "big"
    assert (found.settings.telegram.api_id, found.settings.voice.model) == (777, "a#b")
    assert found.origins["openai.api_key"] == ".env OPENAI_API_KEY"
    assert found.origins["openai.model"] == "environment USERBOT_OPENAI__MODEL"
    assert check_modes(found) == ()


def test_a_env_that_others_may_read_is_mended_and_told(config: Path) -> None:
    file = config.with_name(".env")
    file.write_text("OPENAI_API_KEY=sk-stored\n")
    file.chmod(0o644)
    found = loaded(config)
    config.chmod(0o600)
    (told,) = check_modes(found)
    assert ".env" in told
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("X=1", "1"),
        ("X = 1 # one", "1"),
        ("X=a#b", "a#b"),
        ("X=", ""),
        ('X="a # b" # c', "a # b"),
        (r'X="a\"b\n"', 'a"b\n'),
        ("X='a b'", "a b"),
        ("X=it's", "it's"),
        ("\ufeffX=1", "1"),
        ("# X=1", None),
        ("X", None),
    ],
)
def test_a_line_of_a_env_is_read_as_others_read_it(
    config: Path, line: str, value: str | None
) -> None:
    config.with_name(".env").write_text(line, encoding="utf-8")
    assert read_env_file(config)[0].get("X") == value
