"""What the types of the config cannot say: placeholders, names, addresses, what contradicts.

Works on the parsed tables, so that every fault is told at once, and says nothing about a value
of a wrong type: the types do. No problem holds a value of the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from string import punctuation
from typing import Any, Final
from urllib.parse import urlsplit

from userbot import proxy
from userbot.config.faults import (
    MISSING,
    Key,
    Problem,
    blocks_at,
    did_you_mean,
    label,
    list_at,
    shown_name,
    table_at,
    value_at,
)
from userbot.errors import ConfigError
from userbot.texts import Text, _, joined

EXAMPLE_IDS: Final = {0, 12345, 123456, 1234567, 12345678}
EXAMPLE_HASH: Final = "0123456789abcdef0123456789abcdef"
_GET_API: Final = {
    "api_id": _("Get your own at https://my.telegram.org, or set TELEGRAM_API_ID."),
    "api_hash": _("Get your own at https://my.telegram.org, or set TELEGRAM_API_HASH."),
}
_IDS: Final = 2**63
_USERNAME: Final = re.compile(r"@[A-Za-z]\w{2,31}", re.ASCII)
_MODEL_NAME: Final = re.compile(r"[^\W_][\w.-]{0,31}")
"""What can stand behind `-m`, and be listed."""
_SERVER_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,23}")
_VARIABLE: Final = re.compile(r"[A-Za-z_]\w{0,99}", re.ASCII)
_HEADER: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,99}")
_PLACEHOLDER: Final = _("{key} is still a placeholder")
_LIST_CHATS: Final = _("`userbot chats` lists them.")
_SEARCHED: Final = _(
    '{key}: everybody may ask in this chat (from = "anyone"), so not all who ask may search it'
)
_SEARCHED_ELSEWHERE: Final = _(
    '{key}: everybody may ask in chats that are not listed ([trigger] from = "anyone"), so not all'
    " who ask may search them"
)
_NOT_ANYONE: Final = _('Let only you search (search = "me"), or let fewer people ask.')


def check(data: dict[str, Any], *, need_key: bool) -> Iterator[Problem]:
    """Every problem of the merged tables; `need_key`: the model is going to be asked."""
    if isinstance(telegram := data.get("telegram"), dict):
        yield from _application(telegram)
    yield from _texts(data)
    openai = table_at(data, "openai")
    if need_key and not (openai.get("api_key") or openai.get("base_url")):
        hint = _("Set OPENAI_API_KEY; for your own server, base_url is enough.")
        yield Problem.at(("openai", "api_key"), MISSING, hint)
    yield from _telegram_proxy(value_at(data, ("telegram", "proxy")))
    yield from _people(("trigger", "from"), list_at(data, "trigger", "from"))
    yield from _mark(table_at(data, "trigger"))
    yield from _chats(data)
    yield from _searched_by_anyone(data)
    yield from _asked_in_saved(data)
    yield from _recap(table_at(data, "recap"))
    yield from _tools(data)
    yield from _timezone(value_at(data, ("limits", "timezone")))
    yield from _limited_people(table_at(data, "limits", "people"))
    yield from _models(table_at(data, "models"))
    yield from _prices(table_at(data, "limits"), _speaks(data))
    yield from _prices_by_model(table_at(data, "limits", "prices"), table_at(data, "models"))


def _application(telegram: dict[str, Any]) -> Iterator[Problem]:
    own_server = "server" in telegram  # that takes any id and hash
    api_id, api_hash = telegram.get("api_id"), telegram.get("api_hash")
    example = api_hash == EXAMPLE_HASH and not own_server
    placeholders = {
        "api_id": type(api_id) is int and api_id in ({0} if own_server else EXAMPLE_IDS),
        "api_hash": isinstance(api_hash, str) and (example or not is_secret(api_hash)),
    }
    for name, hint in _GET_API.items():
        if name not in telegram or placeholders[name]:
            told = _PLACEHOLDER if name in telegram else MISSING
            yield Problem.at(("telegram", name), told, hint)


def is_secret(text: str) -> bool:
    """Whether this can be a secret: not nothing, dots, <…>, "your key", other than plain ASCII."""
    plain = text.isascii() and text.isprintable() and " " not in text
    return bool(text) and plain and not re.search(r"\.\.\.|[<>]|your|x{4}", text.lower())


def _is_key(text: str) -> bool:
    return not text or is_secret(text)


def _is_address(text: str) -> bool:
    try:
        urlsplit(text)
    except ValueError:  # half an IPv6 address
        return False
    return re.fullmatch(r"https?://[^\s/?#]+\S*", text) is not None


def _is_web_proxy(address: str) -> bool:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    kinds = ("http", "https", "socks5", "socks5h")
    return parts.scheme in kinds and bool(parts.hostname) and port != 0 and " " not in address


def _is_prefix(text: str) -> bool:
    return text == " ".join(text.split()) or not text.strip()


_KEY: Final = (
    _is_key,
    _PLACEHOLDER,
    _("Put your key there, or remove the line and set OPENAI_API_KEY."),
)
_ADDRESS: Final = (
    _is_address,
    _("{key} must be a web address"),
    _("Example: http://localhost:11434/v1."),
)
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


def _is_time(text: str) -> bool:
    return _TIME.fullmatch(text) is not None


_TEXTS: Final[dict[Key, tuple[Callable[[str], bool], Text, Text]]] = {
    ("openai", "api_key"): _KEY,
    ("voice", "api_key"): _KEY,
    ("speech", "api_key"): _KEY,
    ("openai", "base_url"): _ADDRESS,
    ("voice", "base_url"): _ADDRESS,
    ("speech", "base_url"): _ADDRESS,
    ("openai", "proxy"): (
        _is_web_proxy,
        _("{key}: not a proxy address"),
        _("Write http://user:password@host:3128 or socks5://host:1080."),
    ),
    ("recap", "at"): (
        _is_time,
        _("{key} must be a time of day"),
        _('Example: "08:00".'),
    ),
    ("trigger", "prefix"): (
        _is_prefix,
        _("{key} must not begin or end with a space, or contain two in a row"),
        _("A space after the prefix is expected anyway."),
    ),
}
"""Texts that must be more than texts: how that is seen, what is wrong otherwise, and a hint."""


def _texts(data: dict[str, Any]) -> Iterator[Problem]:
    for key, (right, message, hint) in _TEXTS.items():
        value = value_at(data, key)
        if isinstance(value, str) and not right(value):
            yield Problem.at(key, message, hint)


_MARK: Final = 16
"""Characters of [trigger] mark."""
_MARK_BEGINS: Final = tuple("\"'()[]{}")
"""What it may begin with of ASCII punctuation, by which bots are called."""


def _mark(trigger: dict[str, Any]) -> Iterator[Problem]:
    """It says something, on one line, and nothing acts by it: no name, command, address, prefix."""
    key, mark, prefix = ("trigger", "mark"), trigger.get("mark"), trigger.get("prefix", "/gpt")
    if not isinstance(mark, str) or not mark or not isinstance(prefix, str):
        return
    hint = _("Examples: 🤖, (AI).")
    seen = all(one.isprintable() or one == "\u200d" for one in mark)  # that joins emoji
    if len(mark) > _MARK or not seen or mark != " ".join(mark.split()) or mark == "\u200d":
        told = _("{key} must be at most {most} characters on one line, without spaces around them")
        yield Problem.at(key, told, hint, most=_MARK)
        return
    called = mark.startswith(tuple(set(punctuation) - set(_MARK_BEGINS)))
    asks = bool(prefix.strip()) and mark.lower().startswith(prefix.strip().lower())
    if called or asks or re.search(r"[@/\\]|\w[.][^\W\d]", mark):
        told = _("{key} must not begin like a command, a name or a question, or contain an address")
        yield Problem.at(key, told, hint)


def _telegram_proxy(address: Any) -> Iterator[Problem]:
    key = ("telegram", "proxy")
    try:
        proxy.parse(address if isinstance(address, str) else "socks5://none")
    except ConfigError as error:
        (found,) = error.faults
        yield Problem(key, joined(label(key), found.message, by=": "), found.hint)


def _searched_by_anyone(data: dict[str, Any]) -> Iterator[Problem]:
    """Where strangers may ask, nobody but the owner looks up what was said.

    As it holds: a block's own `search` or that of [reading], and where there is no block, `from` of
    [trigger].
    """
    general: Key = ("reading", "search")
    everywhere = value_at(data, general)
    if everywhere == "askers" and value_at(data, ("trigger", "from")) == "anyone":
        yield Problem.at(general, _SEARCHED_ELSEWHERE, _NOT_ANYONE)
    for key, chat in blocks_at(data, "chats"):
        if chat.get("from") != "anyone" or chat.get("id") == "saved":
            continue
        if chat.get("search", everywhere) == "askers":
            name = "search" if "search" in chat else "from"
            yield Problem.at((*key, name), _SEARCHED, _NOT_ANYONE)


def _asked_in_saved(data: dict[str, Any]) -> Iterator[Problem]:
    """Where nobody but the owner reads, there is nothing to ask him for."""
    for key, chat in blocks_at(data, "chats"):
        if chat.get("id") == "saved" and chat.get("answer") == "ask":
            told = _("{key}: only you read Saved Messages, so answers there need no yes")
            yield Problem.at((*key, "answer"), told, _("Remove that line."))


def _recap(recap: dict[str, Any]) -> Iterator[Problem]:
    for position, chat in enumerate(list_at(recap, "chats"), start=1):
        is_id = type(chat) is int and 0 < abs(chat) < _IDS
        if not is_id and not (isinstance(chat, str) and _USERNAME.fullmatch(chat)):
            told = _("{key} must list @names and ids: entry {position} is neither")
            hint = _name_hint(chat) or _LIST_CHATS
            yield Problem.at(("recap", "chats", position - 1), told, hint, position=position)
    if "at" in recap and not recap.get("chats"):
        told = _("{key} needs chats")
        yield Problem.at(("recap", "at"), told, _('List them under [recap]: chats = ["@name"].'))


def _tools(data: dict[str, Any]) -> Iterator[Problem]:
    names = list[str]()
    for key, server in blocks_at(data, "tools"):
        name = server.get("name")
        if isinstance(name, str) and name.strip():
            yield from _server_name((*key, "name"), name, names)
        yield from _server(key, server)
        yield from _people((*key, "who"), list_at(server, "who"))
        yield from _rights(key, server)
    for key, chat in blocks_at(data, "chats"):
        for position, name in enumerate(list_at(chat, "tools")):
            if isinstance(name, str) and name not in names:
                told = _("{key}: no [[tools]] has that name (entry {position})")
                hint = did_you_mean(name, names) or _("It lists servers of [[tools]] by name.")
                at = (*key, "tools", position)
                yield Problem.at(at, told, hint, position=position + 1)


def _server_name(key: Key, name: str, names: list[str]) -> Iterator[Problem]:
    """`names`: the servers that have a block already; this one joins them."""
    if not _SERVER_NAME.fullmatch(name):
        message = _("{key} must be 1 to 24 small letters, digits or dashes, a letter first")
        yield Problem.at(key, message, _('Example: name = "time".'))
    elif name in names:
        yield Problem.at(key, _("{key}: this name is taken"), _("Give each server its own name."))
    names.append(name)


def _server(key: Key, server: dict[str, Any]) -> Iterator[Problem]:
    """How a server is reached: by a command, or by an address."""
    url, command = server.get("url"), server.get("command")
    if not url and not command and not isinstance(url, int) and not isinstance(command, str | int):
        hint = _('Write command = ["program", "argument"], or url = "https://…".')
        yield Problem.at((*key, "command"), _("{key} or url is missing"), hint)
    if url and command:
        yield Problem.at((*key, "url"), _("{key}: command is given, too"), _("Keep one of them."))
    if isinstance(url, str) and url.strip():
        yield from _url((*key, "url"), url)
    if command and "headers" in server:
        yield Problem.at((*key, "headers"), _("{key} belongs to a url"), _("Use env instead."))
    if url and "env" in server:
        hint = _("Use headers instead.")
        yield Problem.at((*key, "env"), _("{key} belongs to a command"), hint)
    for table, right, wanted in (
        ("env", _VARIABLE, _("names of variables and texts without control characters")),
        ("headers", _HEADER, _("names of headers and texts in ASCII")),
    ):
        for name, value in table_at(server, table).items():
            plain = isinstance(value, str) and value.isprintable()
            plain = plain and (table == "env" or value.isascii())
            if isinstance(value, str) and not (right.fullmatch(name) and plain):
                told = _("{key} must hold {wanted}")
                at = (*key, table)
                yield Problem.at((*at, name), told, key=label(at), wanted=wanted)


def _url(key: Key, url: str) -> Iterator[Problem]:
    if not _is_address(url):
        hint = _("Example: https://example.org/mcp.")
        yield Problem.at(key, _("{key} must be a web address"), hint)
    elif not _keeps_secrets(url):
        hint = _("Use https://; plain http is for servers on this computer.")
        yield Problem.at(key, _("{key}: others could read what it is told"), hint)


def _keeps_secrets(url: str) -> bool:
    """Whether nobody on the way reads what goes to an address."""
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1")


def _rights(key: Key, server: dict[str, Any]) -> Iterator[Problem]:
    """A tool has one right; `open` is about those that read."""
    given: dict[str, str] = {}
    for right in ("read", "ask", "allow"):
        for position, name in enumerate(list_at(server, right)):
            if not isinstance(name, str):
                continue
            if name in given:
                told = _("{key}: {tool} has a right already: {right}")
                values = {"tool": shown_name(name), "right": given[name]}
                yield Problem.at((*key, right, position), told, _("Name it once."), **values)
            given.setdefault(name, right)
    for position, name in enumerate(list_at(server, "open")):
        if isinstance(name, str) and given.get(name) != "read":
            told = _("{key}: {tool} is not listed under read")
            hint = _("It says of tools that read that they may reach the network unasked.")
            yield Problem.at((*key, "open", position), told, hint, tool=shown_name(name))


def _chats(data: dict[str, Any]) -> Iterator[Problem]:
    seen: set[str | int] = set()
    for key, block in blocks_at(data, "chats"):
        chat = block.get("id")
        if chat is not None:
            yield from _chat((*key, "id"), chat, seen)
        yield from _people((*key, "from"), list_at(block, "from"))


def _chat(key: Key, chat: Any, seen: set[str | int]) -> Iterator[Problem]:
    """`seen`: the chats that have a block already; this one joins them."""
    if type(chat) is int:
        if chat == 0 or abs(chat) >= _IDS:
            yield Problem.at(key, _("{key} is not the id of a chat"), _LIST_CHATS)
    elif not isinstance(chat, str) or (chat != "saved" and not _USERNAME.fullmatch(chat)):
        message = _('{key} must be "@name", a number or "saved"')
        yield Problem.at(key, message, _name_hint(chat) or _LIST_CHATS)
        return
    same = chat.lower() if isinstance(chat, str) else chat
    if same in seen:
        message = _("{key}: this chat already has a block")
        yield Problem.at(key, message, _("Keep one block per chat."))
    seen.add(same)


def _people(key: Key, people: list[Any]) -> Iterator[Problem]:
    """A list of people: @names and the positive ids of users."""
    for position, person in enumerate(people, start=1):
        if type(person) is int:
            if 0 < person < _IDS:
                continue
            told = _("{key} must list people: entry {position} is not a person's id")
            hint: str = _("People's ids are positive; a chat's id does not mean its members.")
        elif isinstance(person, str) and _USERNAME.fullmatch(person):
            continue
        else:
            told = _("{key} must list @names and ids: entry {position} is neither")
            hint = _name_hint(person)
            if person in ("me", "contacts", "anyone"):
                hint = _("You may always ask; write the word alone, without brackets.")
        yield Problem.at((*key, position - 1), told, hint, position=position)


def _name_hint(text: Any) -> str:
    if not isinstance(text, str):
        return ""
    if re.fullmatch(r"-?\d{1,20}", text):
        return _("Write the number without quotes.")
    if re.fullmatch(r"[A-Za-z]\w{2,31}", text, re.ASCII):
        return _("A name begins with @.")
    if "t.me/" in text:
        return _("Write the part after t.me/, with an @ before it.")
    if text.startswith("@"):
        return _("A name is @ and a letter, then two to 31 letters, digits or _.")
    return ""


def _limited_people(people: dict[str, Any]) -> Iterator[Problem]:
    for name in people:
        is_id = name.isascii() and name.isdecimal() and 0 < int(name[:20]) < _IDS
        if not is_id and not _USERNAME.fullmatch(name):
            key = ("limits", "people", name)
            hint = _('Write [limits.people."@name"] or [limits.people.123456].')
            yield Problem(key, _("[limits.people] takes @names and ids of people"), hint)


def _models(models: dict[str, Any]) -> Iterator[Problem]:
    """Each name is a word that can stand behind `-m`."""
    seen: set[str] = set()
    for name in models:
        if not _MODEL_NAME.fullmatch(name):
            hint = _("One word of letters, digits and . _ - that begins with a letter or digit.")
            yield Problem(("models", name), _("[models] has a name that cannot be written"), hint)
        elif name.casefold() in seen:
            hint = _("Capitals make no difference: remove one of them.")
            yield Problem.at(("models", name), _("{key}: this name is there already"), hint)
        seen.add(name.casefold())


def _speaks(data: dict[str, Any]) -> bool:
    """Whether answers are spoken, anywhere."""
    tables = [data, *list_at(data, "chats")]
    return any(table_at(table, "voice").get("answer_as") in ("voice", "same") for table in tables)


def _prices(limits: dict[str, Any], speaks: bool) -> Iterator[Problem]:
    """Money cannot be limited without knowing what things cost."""
    key, given = ("limits", "cost_per_day"), table_at(limits, "prices")
    cost = limits.get("cost_per_day")
    if not isinstance(cost, int | float) or cost <= 0:
        return  # nothing that prices would mend
    if "input" not in given or "output" not in given:
        hint = _("Give input and output per million tokens under [limits.prices].")
        yield Problem.at(key, _("{key} needs prices"), hint)
    elif speaks and "audio_minute" not in given:
        hint = _("Give audio_minute under [limits.prices]; 0 if it costs nothing.")
        yield Problem.at(key, _("{key} needs the price of spoken answers"), hint)


def _prices_by_model(prices: dict[str, Any], models: dict[str, Any]) -> Iterator[Problem]:
    """A model has its prices once, by its name in [models] or by its own."""
    called = {name.casefold(): model for name, model in models.items()}
    seen: set[Any] = set()
    for name, table in prices.items():
        if isinstance(table, dict):
            model = called.get(name.casefold(), name)
            if isinstance(model, str) and model in seen:
                hint = _("Keep one table per model.")
                told = _("[limits.prices] has the same model twice")
                yield Problem(("limits", "prices", name), told, hint)
            seen.add(str(model))


def _timezone(name: Any) -> Iterator[Problem]:
    if not isinstance(name, str):
        return
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        known = available_timezones()
        hint = did_you_mean(name, known) or _('Example: "Europe/Berlin".')
        if not known:
            hint = _("This system has no time zone data: install the package tzdata.")
        yield Problem.at(("limits", "timezone"), _("{key} is not a known time zone"), hint)
