"""`userbot sandbox` in a terminal: somebody writes there as its people, and sees their chats."""

from __future__ import annotations

import asyncio
import sys
from difflib import get_close_matches
from pathlib import Path

from rich.table import Table
from rich.text import Text

from userbot.cli.demo_show import Show
from userbot.cli.language import language, said
from userbot.cli.line_editor import END, LineEditor
from userbot.errors import system_reason
from userbot.sandbox.accounts import Account
from userbot.sandbox.errors import RpcError
from userbot.sandbox.fixtures import Sandbox
from userbot.sandbox.script import MAX, OLGA
from userbot.sandbox.state import Group, Message, User
from userbot.sandbox.voices import ENGLISH, RUSSIAN
from userbot.texts import Text as Sentence
from userbot.texts import _, joined

SCAN = "\x0c"
"""Ctrl-L: link a device."""
_LOOK_SECONDS = 0.1
_SETTLED_SECONDS = 0.8
"""An answer that has not changed for so long is shown: until then it is being written."""
_PICTURE = Path(__file__).parent.parent / "sandbox" / "sunset.jpg"
_PREFIX = "/gpt"
"""What addresses the program, unless its config says otherwise."""
_SLIP = 0.75
"""How much like a command of the room a word is that is no message: /ai is none, /hlep is one."""
_VOICES = {"en": ENGLISH, "ru": RUSSIAN}
_SAVED = _("Saved Messages")
_COMMANDS = {
    "/as NAME": _("write as somebody else"),
    "/in CHAT": _("write there: part of a group's title, somebody's name, or Saved"),
    "/reply TEXT": _("reply to the newest answer"),
    "/voice [en|ru]": _("send a voice note, as a reply to it"),
    "/picture [TEXT]": _("send a picture, with /gpt or this text below it"),
    "/file PATH [TEXT]": _("send a file, with /gpt or this text below it"),
    "/scan": _("scan the QR code of a login as Olga: Ctrl-L"),
    "/quit": _("end the sandbox, as Ctrl-D does"),
}


class Room:
    """The visitor's place: who he is, where he writes, and what was shown."""

    def __init__(self, sandbox: Sandbox, editor: LineEditor) -> None:
        self._sandbox = sandbox
        self._console = editor.console
        self._show = Show(self._console, language())
        self._editor = editor
        self._owner = sandbox.people[OLGA.key]
        self._who = sandbox.people[MAX.key]
        self._where: User | Group = sandbox.group
        self._shown: dict[int, str] = {}
        """The messages that were shown, with the text that each had then."""
        self._typed: set[int] = set()
        """What was written here: all else that the owner writes is an answer."""
        self._growing: dict[int, tuple[str, float]] = {}
        self._codes_told: set[bytes] = set()

    async def visit(self) -> None:
        """Show and take what is typed until the visitor leaves."""
        self._shown = {id(message): message.text for _chat, message in self._messages()}
        self._tell(
            _(
                "You are {name}, in {chat}. /help lists what you can do.",
                name=self._who.first_name,
                chat=self._title(self._where),
            )
        )
        with self._editor.open():
            looking = asyncio.create_task(self._look())
            try:
                while True:
                    self._prompt()
                    line = await self._editor.lines.get()
                    if line.strip() in (END.strip(), "/quit", "/exit") and line != "":
                        return
                    if line.strip(" ") or line == SCAN:
                        self._take(line)
            finally:
                looking.cancel()
                print()

    def _prompt(self) -> None:
        self._editor.ask(self._who.first_name)

    def _take(self, line: str) -> None:
        if line == SCAN:
            line = "/scan"
        word, _space, rest = line.strip().partition(" ")
        rest = rest.strip()
        try:
            match word:
                case "/as":
                    self._become(rest)
                case "/in":
                    self._go(rest)
                case "/voice":
                    self._speak(rest)
                case "/picture":
                    picture, caption = _PICTURE.read_bytes(), rest or _PREFIX
                    self._post(self._who.sends_photo(self._where, picture, caption=caption))
                case "/file":
                    self._hand_over(rest)
                case "/reply":
                    self._reply(rest)
                case "/scan":
                    self._scan()
                case "/help":
                    self._help()
                case _ if (meant := _meant(line)) is not None:
                    self._tell(
                        _(
                            "No command {command}. Did you mean {meant}? With a space before it,"
                            " it is a message.",
                            command=word,
                            meant=meant,
                        )
                    )
                case _:
                    self._post(self._who.says(self._where, line.strip()))
        except RpcError as error:
            self._tell(_("Telegram would refuse that: {why}.", why=error.name))
        except ValueError:
            self._tell(_("{name} cannot write there.", name=self._who.first_name))

    def _post(self, message: Message) -> None:
        self._typed.add(id(message))

    def _speak(self, which: str) -> None:
        voice = _VOICES.get(which or "en")
        if voice is None:
            names = ", ".join(_VOICES)
            self._tell(_("No voice note {name}: there are {names}.", name=which, names=names))
            return
        answer = self._newest_answer()
        caption = "" if answer else _PREFIX
        self._post(self._who.sends_voice(self._where, voice.data, reply_to=answer, caption=caption))

    def _hand_over(self, rest: str) -> None:
        name, _space, caption = rest.partition(" ")
        path = Path(name).expanduser()
        try:
            data = path.read_bytes()
        except OSError as error:
            self._tell(_("{path} cannot be read ({why}).", path=path, why=system_reason(error)))
            return
        caption = caption.strip() or _PREFIX
        sent = self._who.sends_document(self._where, data, file_name=path.name, caption=caption)
        self._post(sent)

    def _reply(self, text: str) -> None:
        answer = self._newest_answer()
        if not text:
            self._tell(_("Write the reply behind the command: /reply And if it rains?"))
        elif answer is None:
            self._tell(_("There is no answer to reply to yet."))
        else:
            self._post(self._who.says(self._where, text, reply_to=answer))

    def _become(self, name: str) -> None:
        found = self._person(name)
        if found is None:
            names = ", ".join(one.first_name for one in self._sandbox.telegram.accounts)
            here = _("Here are {names}.", names=names)
            self._tell(joined(_("Nobody here is called {name}.", name=name) if name else "", here))
            return
        # A private chat stays the same chat, seen from its other side; Saved Messages stay that.
        if self._where is found:
            self._where = self._who
        elif self._where is self._who:
            self._where = found
        self._who = found
        there = {id(message): message.text for _chat, message in self._messages()}
        new = there.keys() - self._typed - self._growing.keys()
        self._shown |= {one: there[one] for one in new}
        if not isinstance(self._where, Group):
            self._tell(_("You write in {chat}.", chat=self._title(self._where)))

    def _go(self, name: str) -> None:
        where = self._chat(name)
        if where is None:
            titles = [self._title(place) for place in self._places()]
            here = _("Here are {names}.", names=joined(*titles, by=", "))
            self._tell(joined(_("No chat named {name}.", name=name) if name else "", here))
            return
        self._where = where
        self._tell(_("You write in {chat}.", chat=self._title(where)))

    def _chat(self, name: str) -> User | Group | None:
        wanted = name.casefold()
        if not wanted:
            return None
        for group in self._sandbox.telegram.groups:
            if wanted in group.title.casefold():
                return group
        if any(title.casefold().startswith(wanted) for title in (_SAVED, said(_SAVED))):
            return self._who
        return self._person(name)

    def _person(self, name: str) -> Account | None:
        wanted = name.removeprefix("@").casefold()
        for one in self._sandbox.telegram.accounts:
            if wanted and (one.first_name.casefold() == wanted or one.username == wanted):
                return one
        return self._sandbox.people.get(wanted)

    def _newest_answer(self) -> Message | None:
        said_there = reversed(self._who.messages(self._where))
        return next((one for one in said_there if self._is_answer(one)), None)

    def _is_answer(self, message: Message) -> bool:
        return message.sender is self._owner and id(message) not in self._typed

    def _scan(self) -> None:
        token = self._sandbox.telegram.shown_token()
        if token is None:
            self._tell(_("No QR code is shown now: run `userbot login`."))
            return
        self._sandbox.telegram.accept(self._owner, token)
        self._tell(_("{name} scanned the QR code.", name=self._owner.first_name))

    def _help(self) -> None:
        with self._editor.above():
            rows = Table.grid(padding=(0, 2))
            for usage, does in _COMMANDS.items():
                rows.add_row(Text(f"  {usage}", "bold", no_wrap=True), Text(said(does)))
            self._console.print(rows)

    def _tell(self, sentence: Sentence) -> None:
        with self._editor.above():
            self._console.print(Text(said(sentence), "dim"))

    def _title(self, where: User | Group) -> str:
        if where is self._who:
            return _SAVED
        return where.title if isinstance(where, Group) else where.first_name

    def _places(self) -> list[User | Group]:
        """Where the one who is played can write, Saved Messages last."""
        people = [one for one in self._sandbox.telegram.accounts if one is not self._who]
        return [*self._sandbox.telegram.groups, *people, self._who]

    def _messages(self) -> list[tuple[User | Group, Message]]:
        """What the one who is played sees, oldest first in each chat."""
        return [(place, one) for place in self._places() for one in self._who.messages(place)]

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            now = asyncio.get_running_loop().time()
            for place, message in self._messages():
                shown = self._shown.get(id(message))
                if shown != message.text and self._whole(message, now):
                    self._shown[id(message)] = message.text
                    with self._editor.above():
                        chat = "" if place is self._where else self._title(place)
                        program = self._who is self._owner and self._is_answer(message)
                        self._show.said(message, by_program=program, where=chat)
            token = self._sandbox.telegram.shown_token()
            if token is not None and token not in self._codes_told:
                self._codes_told = {token}
                self._tell(
                    _(
                        "A QR code is shown: press Ctrl-L, and {name} scans it.",
                        name=self._owner.first_name,
                    )
                )

    def _whole(self, message: Message, now: float) -> bool:
        """Whether it is shown now: what others write, or edit, may still grow."""
        if id(message) in self._typed and id(message) not in self._shown:
            return True
        text, since = self._growing.get(id(message), ("", now))
        if text != message.text:
            self._growing[id(message)] = (message.text, now)
            return False
        return now - since >= _SETTLED_SECONDS


def _meant(line: str) -> str | None:
    """The command of the room that a line is a slip of. All else is a message: the program may
    have any prefix.
    """
    word = line.split(" ")[0]
    names = ["/help", *(usage.split()[0] for usage in _COMMANDS)]
    close = get_close_matches(word.casefold(), names, n=1, cutoff=_SLIP)
    return close[0] if close and word.startswith("/") else None


def can_visit() -> bool:
    """Whether there is a terminal that somebody can write in."""
    return sys.stdin.isatty() and sys.stdout.isatty() and sys.platform != "win32"
