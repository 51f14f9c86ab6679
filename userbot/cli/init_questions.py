"""What `userbot init` asks, step by step; each step gives keys of config.toml, or blocks.

Whatever has a usual answer shows it in brackets, and Enter takes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from userbot.cli.asking import TRIES, ask, ask_choice, ask_until, in_terminal
from userbot.cli.chats import block
from userbot.cli.language import show, tell, tell_below, tell_done, tell_head
from userbot.cli.table import kind
from userbot.config.validate import EXAMPLE_HASH, EXAMPLE_IDS, is_secret
from userbot.console.describe import printable
from userbot.errors import ModelError, UserbotError
from userbot.openai_api.chat import OpenAIChat
from userbot.settings import OpenAIConfig
from userbot.texts import _, joined
from userbot.types import ChatKind, Dialog

_SHOWN_CHATS = 40
_SHOWN_MODELS = 12
_ASKING_SECONDS = 15.0
_LOCAL = "http://localhost:11434/v1"

_MY_TELEGRAM = _("""\
Telegram gives each of your programs an id and a secret hash, for free:
  1. Open https://my.telegram.org and log in with your phone number; the code\
 arrives in your Telegram app, not by SMS.
  2. Choose “API development tools”. Any title and short name will do, and\
 “Desktop” as the platform.
  3. Copy “App api_id” and “App api_hash” here.
If the page says only ERROR: turn off VPN and ad blocker, try another browser or\
 your phone's network, or try again in a few hours.""")


Values = dict[str, str | int]
"""Keys of one table."""


def application(environ: Mapping[str, str], *, own_server: bool) -> Values:
    """Step 1: of [telegram]. Raises UserbotError when there is nothing more to read."""
    _head(_("1 of 4 · Telegram"))
    api_id = environ.get("TELEGRAM_API_ID", "").strip()
    api_hash = environ.get("TELEGRAM_API_HASH", "").strip()
    if own_server:
        tell(_("Your own server accepts any api_id and api_hash."))
    elif not (api_id and api_hash):
        tell(_MY_TELEGRAM)
    values: Values = {}
    if api_id:
        tell(_("Using api_id from TELEGRAM_API_ID."))
    else:
        expected = _(
            "It is your own number from my.telegram.org, five digits or more; those in examples"
            " do not work."
        )
        if own_server:
            expected = _("It is a number, at least 1.")
        right = _is_api_id if own_server else _is_own_api_id
        answer = ask_until("api_id", right, expected, default="1" if own_server else "")
        values["api_id"] = int(answer)
    if api_hash:
        tell(_("Using api_hash from TELEGRAM_API_HASH."))
    else:
        fits: Callable[[str], bool] = str.isalnum if own_server else _is_api_hash
        expected = _(
            "It is 32 characters: digits and letters from a to f; those in examples do not work."
        )
        default = "anyhash" if own_server else ""
        question = "api_hash" if own_server or not in_terminal() else _("api_hash (hidden)")
        answer = ask_until(question, fits, expected, default=default, hidden=not own_server)
        # Telegram writes it in small letters, whatever it was copied through.
        values["api_hash"] = answer if own_server else answer.lower()
    return values


async def model(environ: Mapping[str, str]) -> Values:
    """Step 2: of [openai]. Raises UserbotError when there is nothing more to read."""
    _head(_("2 of 4 · The model"))
    key, url = (environ.get(name, "").strip() for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"))
    if url:
        tell(_("Using the address from the environment."))
        return {"model": _chosen(await _offered(key, url) or [])}
    if key:
        tell(_("Using the key from the environment."))
        return {"model": ask(_("Model"), default=OpenAIConfig().model)}
    who = ask_choice(
        _("Which model should answer?"),
        [
            ("openai", _("with a key from https://platform.openai.com/api-keys")),
            ("other", _("an OpenAI-compatible server: Ollama, LM Studio, llama.cpp …")),
        ],
    )
    values: Values = {}
    if who == "other":
        expected = _("It begins with http:// or https://, for example {local}.", local=_LOCAL)
        url = ask_until(_("Address"), _is_url, expected, default=_LOCAL)
        values["base_url"] = url
    key, offered = await _accepted_key(url)
    if key:
        values["api_key"] = key
    if who == "other":
        return values | {"model": _chosen(offered)}
    tell(_("It is stored in the config, which only you can read."))
    return values | {"model": ask(_("Model"), default=OpenAIConfig().model)}


def login() -> None:
    """Step 3, which `cli.login` takes."""
    _head(_("3 of 4 · Your login"))


def chats(found: list[Dialog]) -> list[str]:
    """Step 4: the [[chats]] blocks of what is chosen, perhaps none."""
    _head(_("4 of 4 · The chats"))
    # Nobody asks in a channel, and in Saved Messages there is nobody else.
    open_ones = [d for d in found if d.kind not in (ChatKind.CHANNEL, ChatKind.SAVED)]
    shown = open_ones[:_SHOWN_CHATS]
    tell(_("You can ask with /gpt in every chat. Others can ask only where you allow it:"))
    for number, dialog in enumerate(shown, 1):
        show(f"  {number:2}  {kind(dialog.kind):11}  {printable(dialog.title)}")
    if len(open_ones) > len(shown):
        more = len(open_ones) - len(shown)
        tell_below(_("… and {more} more: `userbot chats WORD` finds them.", more=more), "    ")

    def right(text: str) -> bool:
        return all(n.isdecimal() and 1 <= int(n) <= len(shown) for n in _split(text))

    expected = _(
        "Give numbers from 1 to {count} separated by spaces, or nothing.", count=len(shown)
    )
    answer = ask_until(_("Where may others ask (for example 1 3; Enter: nowhere)"), right, expected)
    if not _split(answer):
        return []
    whom = ask_choice(
        _("Who may ask there?"),
        [
            ("contacts", _("only your Telegram contacts")),
            ("anyone", _("everybody in these chats")),
        ],
    )
    respond = ask_choice(
        _("When should it answer?"),
        [
            (
                "mention",
                _("to your @name, to replies to its answers, to everything in private chats"),
            ),
            ("prefix", _("to messages that begin with /gpt, to replies to its answers")),
            ("all", _("to every message")),
        ],
    )
    chosen = dict.fromkeys(int(number) for number in _split(answer))
    return [block(shown[number - 1], respond, whom) for number in chosen]


def search(blocks: list[str]) -> str:
    """What `[reading] search` is to be; `blocks`: those of the chats that were chosen.

    Input that ends before it says nothing about this: then nothing is looked up.
    """
    choices = [("off", _("no")), ("me", _("yes, for your own questions"))]
    if blocks and not any('from = "anyone"' in block for block in blocks):
        choices.append(("askers", _("yes, for everybody who may ask there")))
    return _chosen_or(
        "off",
        _(
            "May an answer look up what was said in its chat? What it finds goes to the model's"
            " endpoint, for that answer only."
        ),
        choices,
    )


def engine() -> Values:
    """Of [voice]: who transcribes, for an account with Premium; nothing where that is the usual.

    Input that ends before it says nothing about this.
    """
    chosen = _chosen_or(
        "endpoint",
        _("You have Premium, so Telegram can transcribe voice notes for free. Who should do it?"),
        [
            ("telegram_first", _("Telegram, and the endpoint where Telegram cannot")),
            ("telegram", _("Telegram alone")),
            ("endpoint", _("the endpoint alone")),
        ],
    )
    return {} if chosen == "endpoint" else {"engine": chosen}


def _chosen_or(otherwise: str, question: str, choices: Sequence[tuple[str, str]]) -> str:
    """What is chosen; `otherwise` where input has ended before."""
    try:
        return ask_choice(question, list(choices))
    except UserbotError as error:
        if error.reason != "no_answer":
            raise
        return otherwise


def _head(title: str) -> None:
    tell()
    tell_head(title)


def _split(numbers: str) -> list[str]:
    return re.findall(r"[^\s,]+", numbers)


def _is_api_id(text: str) -> bool:
    return text.isdecimal() and text.isascii() and 0 < int(text[:11]) < 2**31


def _is_own_api_id(text: str) -> bool:
    """The digits of an example are nobody's own."""
    return _is_api_id(text) and len(text) >= 5 and int(text) not in EXAMPLE_IDS


def _is_api_hash(text: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{32}", text.lower()) is not None and text.lower() != EXAMPLE_HASH


def _is_key(text: str) -> bool:
    return len(text) > 3 and is_secret(text)


def _is_url(text: str) -> bool:
    return re.fullmatch(r"https?://[^\s/?#]+\S*", text) is not None


async def _accepted_key(url: str) -> tuple[str, list[str]]:
    """A key that the server does not refuse, and what it offers; nothing if it cannot be asked.

    Without `url` it is OpenAI. Raises UserbotError after too many refusals.
    """
    for _try in range(TRIES):
        key = _key(url)
        offered = await _offered(key, url)
        if offered is not None:
            return key, offered
    raise UserbotError(
        _("The key was refused {tries} times.", tries=TRIES),
        _("Get the right one from your provider."),
    )


def _key(url: str) -> str:
    if not url:
        question = _("API key (hidden)") if in_terminal() else _("API key")
        return ask_until(question, _is_key, _("Copy the whole key: it has no spaces."), hidden=True)
    needless = _("API key (hidden; Enter: none needed)")
    return ask(needless if in_terminal() else _("API key (empty: none needed)"), hidden=True)


def _chosen(offered: list[str]) -> str:
    """The model, from what the server offers if it says so."""
    if offered:
        names = [(name, "") for name in offered[:_SHOWN_MODELS]]
        return ask_choice(_("Available models:"), names)
    return ask_until(_("Model"), bool, _("Give the name that the server uses."))


async def _offered(key: str, url: str) -> list[str] | None:
    """What the server offers, None if it refuses the key.

    Nothing if it cannot be asked. What is wrong is told.
    """
    tell(_("Listing its models …"))
    settings = OpenAIConfig(api_key=key or None, base_url=url or None, timeout=_ASKING_SECONDS)
    chat = OpenAIChat(settings)
    try:
        offered = [model.id for model in await chat.check()]
    except ModelError as error:
        refused = error.reason == "unauthorized"
        tell_below(str(error) if refused else joined(str(error), _("You can fix this later.")))
        if error.hint and not refused:
            tell_below(error.hint, "→ ")
        return None if refused else []
    else:
        if offered:
            tell_done(_("It responds."))
        else:
            tell_below(_("It responds, but does not list its models."))
            tell_below(_("For most servers the address ends in /v1."), "→ ")
        return offered
    finally:
        await chat.aclose()
