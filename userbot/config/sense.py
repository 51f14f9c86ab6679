"""What the types of the config cannot say: placeholders, names, addresses, what contradicts.

Works on the parsed tables, so that every fault is told at once, and says nothing about a value
of a wrong type: `shape` does. No problem holds a value of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final
from urllib.parse import urlsplit

from userbot import proxy
from userbot.config.keys import Key, Problem, label, value_at
from userbot.errors import ConfigError

_EXAMPLE_IDS: Final = {0, 12345, 123456, 1234567, 12345678}
_EXAMPLE_HASH: Final = "0123456789abcdef0123456789abcdef"
_GET_API: Final = {
    "api_id": "Get your own at https://my.telegram.org, or set TELEGRAM_API_ID.",
    "api_hash": "Get your own at https://my.telegram.org, or set TELEGRAM_API_HASH.",
}
_IDS: Final = 2**63


def check_sense(data: dict[str, Any], *, need_key: bool) -> Iterator[Problem]:
    """Every problem of the merged tables; `need_key`: the model is going to be asked."""
    yield from _telegram(data)
    yield from _model_key(data, need_key)
    yield from _addresses(data)
    yield from _proxies(data)
    yield from _prefix(data)
    yield from _people(value_at(data, ("trigger", "from")), ("trigger", "from"))
    yield from _chats(data.get("chats"))
    yield from _timezone(value_at(data, ("limits", "timezone")))
    yield from _limited_people(value_at(data, ("limits", "people")))
    yield from _prices(value_at(data, ("limits",)), _speaks(data))


def _telegram(data: dict[str, Any]) -> Iterator[Problem]:
    table = value_at(data, ("telegram",))
    table = {} if table is None else table
    if not isinstance(table, dict):
        return
    api_id, api_hash = table.get("api_id"), table.get("api_hash")
    own_server = "server" in table  # which takes any
    examples = {0} if own_server else _EXAMPLE_IDS
    placeholders = {
        "api_id": type(api_id) is int and api_id in examples,
        "api_hash": isinstance(api_hash, str)
        and (_is_placeholder(api_hash) or (api_hash == _EXAMPLE_HASH and not own_server)),
    }
    for name, hint in _GET_API.items():
        key = ("telegram", name)
        if name not in table:
            yield Problem(key, f"{label(key)} is missing", hint)
        elif placeholders[name]:
            yield Problem(key, f"{label(key)} is still a placeholder", hint)


def _model_key(data: dict[str, Any], need_key: bool) -> Iterator[Problem]:
    for key in (("openai", "api_key"), ("voice", "api_key")):
        value = value_at(data, key)
        if isinstance(value, str) and value and _is_placeholder(value):
            yield Problem(
                key,
                f"{label(key)} is still a placeholder",
                "Put your key there, or remove the line and set OPENAI_API_KEY.",
            )
    key = ("openai", "api_key")
    given = value_at(data, key) or value_at(data, ("openai", "base_url"))
    if need_key and not given:
        yield Problem(
            key,
            f"{label(key)} is missing",
            "Set OPENAI_API_KEY; for a server of your own, base_url is enough.",
        )


def _is_placeholder(secret: str) -> bool:
    """Whether this cannot be a secret: nothing, dots, <…>, "your key", other than plain ASCII."""
    plain = secret.isascii() and secret.isprintable() and " " not in secret
    return not plain or not secret or bool(re.search(r"\.\.\.|[<>]|your|x{4}", secret.lower()))


def _addresses(data: dict[str, Any]) -> Iterator[Problem]:
    for key in (("openai", "base_url"), ("voice", "base_url")):
        value = value_at(data, key)
        if isinstance(value, str) and not re.fullmatch(r"https?://[^\s/?#]+\S*", value):
            yield Problem(
                key,
                f"{label(key)} must be a web address",
                "Write it like http://localhost:11434/v1.",
            )


def _proxies(data: dict[str, Any]) -> Iterator[Problem]:
    key = ("telegram", "proxy")
    address = value_at(data, key)
    if isinstance(address, str):
        try:
            proxy.parse(address)
        except ConfigError as error:
            (found,) = error.faults
            message = f"{label(key)} {found.message.removeprefix('the proxy ')}"
            yield Problem(key, message, found.hint)
    key = ("openai", "proxy")
    address = value_at(data, key)
    if isinstance(address, str) and not _is_web_proxy(address):
        yield Problem(
            key,
            f"{label(key)} is no address of a proxy",
            "Write http://user:password@host:3128 or socks5://host:1080.",
        )


def _is_web_proxy(address: str) -> bool:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    kinds = ("http", "https", "socks5", "socks5h")
    return parts.scheme in kinds and bool(parts.hostname) and port != 0 and " " not in address


def _prefix(data: dict[str, Any]) -> Iterator[Problem]:
    key = ("trigger", "prefix")
    value = value_at(data, key)
    if isinstance(value, str) and value.strip() and value != " ".join(value.split()):
        yield Problem(
            key,
            f"{label(key)} must begin and end with a sign, with single spaces between words",
            "White space after the prefix is expected anyway.",
        )


def _chats(blocks: Any) -> Iterator[Problem]:
    seen: set[str | int] = set()
    for number, block in enumerate(blocks if isinstance(blocks, list) else ()):
        if not isinstance(block, dict):
            continue
        key: Key = ("chats", number, "id")
        chat = block.get("id")
        if type(chat) is int or isinstance(chat, str):
            yield from _chat_id(chat, key)
            chat = chat.lower() if isinstance(chat, str) else chat
            if chat in seen:
                yield Problem(
                    key,
                    f"{label(key)} names a chat that has a block already",
                    "Keep one block for each chat.",
                )
            seen.add(chat)
        yield from _people(block.get("from"), ("chats", number, "from"))


def _chat_id(chat: str | int, key: Key) -> Iterator[Problem]:
    if isinstance(chat, int):
        if chat == 0 or abs(chat) >= _IDS:
            yield Problem(key, f"{label(key)} is a number that no chat has", _LIST_CHATS)
    elif chat != "saved" and not _USERNAME.fullmatch(chat):
        message = f'{label(key)} must be "@name", a number or "saved"'
        yield Problem(key, message, _name_hint(chat) or _LIST_CHATS)


def _people(allowed: Any, key: Key) -> Iterator[Problem]:
    """A list of people: @names and the positive ids of users."""
    for position, person in enumerate(allowed if isinstance(allowed, list) else (), start=1):
        here = (*key, position - 1)
        if type(person) is int and not 0 < person < _IDS:
            yield Problem(
                here,
                f"{label(key)} lists people, and its entry {position} is no person's id",
                "People have positive ids; a chat's members cannot be named by its id.",
            )
        elif isinstance(person, str) and not _USERNAME.fullmatch(person):
            hint = _name_hint(person)
            if person in ("me", "contacts", "anyone"):
                hint = "The owner may always ask; the word stands alone, without brackets."
            told = f"{label(key)} must list @names and ids, and its entry {position} is neither"
            yield Problem(here, told, hint)


_USERNAME: Final = re.compile(r"@[A-Za-z]\w{2,31}", re.ASCII)
_LIST_CHATS: Final = "`userbot chats` lists them."


def _name_hint(text: str) -> str:
    if re.fullmatch(r"-?\d{1,20}", text):
        return "Write the number without quotes."
    if re.fullmatch(r"[A-Za-z]\w{2,31}", text, re.ASCII):
        return "A name begins with @."
    if "t.me/" in text:
        return "Write the name that stands after t.me/, with an @ before it."
    if text.startswith("@"):
        return "A name is @ and a letter, then two to 31 letters, digits or _."
    return ""


def _limited_people(people: Any) -> Iterator[Problem]:
    for name in people if isinstance(people, dict) else ():
        is_id = name.isascii() and name.isdecimal() and 0 < int(name[:20]) < _IDS
        if not is_id and not _USERNAME.fullmatch(name):
            key = ("limits", "people", name)
            hint = 'Write [limits.people."@name"] or [limits.people.123456].'
            yield Problem(key, "[limits.people] takes @names and ids of people", hint)


def _speaks(data: dict[str, Any]) -> bool:
    """Whether answers are spoken, anywhere."""
    chats = data.get("chats")
    tables = [data, *(chats if isinstance(chats, list) else ())]
    return any(
        value_at(table, ("voice", "answer_as")) in ("voice", "same")
        for table in tables
        if isinstance(table, dict)
    )


def _prices(limits: Any, speaks: bool) -> Iterator[Problem]:
    """Money cannot be limited without knowing what things cost."""
    if not isinstance(limits, dict) or not limits.get("cost_per_day"):
        return
    prices = limits.get("prices")
    given = prices if isinstance(prices, dict) else {}
    if "input" not in given or "output" not in given:
        key = ("limits", "cost_per_day")
        hint = "Give input and output per million tokens under [limits.prices]."
        yield Problem(key, f"{label(key)} needs prices", hint)
    elif speaks and "audio_minute" not in given:
        key = ("limits", "cost_per_day")
        hint = "Give audio_minute under [limits.prices]; 0 if it costs nothing."
        yield Problem(key, f"{label(key)} needs the price of spoken answers", hint)


def _timezone(name: Any) -> Iterator[Problem]:
    if not isinstance(name, str):
        return
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        key = ("limits", "timezone")
        known = available_timezones()
        close = get_close_matches(name, known, n=1)
        hint = f'Did you mean "{close[0]}"?' if close else 'Write one like "Europe/Berlin".'
        if not known:
            hint = "This system has no list of time zones: install the package tzdata."
        yield Problem(key, f"{label(key)} is no time zone that is known here", hint)
