"""A run that somebody watches in a terminal: what its keys do."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Literal

from rich.text import Text

from userbot.cli.common import explained
from userbot.cli.history import ask_again
from userbot.cli.language import said
from userbot.cli.table import packed
from userbot.cli.usage import tables
from userbot.config import Loaded
from userbot.console.describe import printable
from userbot.console.keyboard import KeyReader, key_of
from userbot.console.live import Live
from userbot.console.status import Today
from userbot.controls import Controls
from userbot.errors import UserbotError
from userbot.events import Event, Failed, Notice, Ready, Report
from userbot.rules.limits import MICRO, day_began
from userbot.settings import Settings
from userbot.storage.archive import Archive
from userbot.storage.spending import spending
from userbot.texts import Language, _, n_
from userbot.types import ApprovalEnd

KEYS = (
    _("p pause"),
    _("r retry what failed today"),
    _("c chats"),
    _("u usage today"),
    _("y/n yes or no to what waits"),
    _("Tab next"),
    _("? help"),
    _("Ctrl-C stop"),
)


def _today(settings: Settings) -> Today:
    """What today came to so far, by the history. Raises StorageError."""
    path, zone = settings.history.database, settings.limits.timezone
    began = day_began(datetime.now(UTC), zone)
    today = Today()
    with Archive.reading(path) as archive:
        for day in spending(archive, "day", began, zone):
            today.tokens += day.prompt_tokens + day.completion_tokens
            today.cost += day.cost / MICRO
        if archive is not None:
            today.failed = len(archive.exchanges(-1, failed=True, since=began))
            today.answers = archive.answered(began)
    return today


class Attended:
    """Acts on the keys of a screen, and is told what happens, which it passes on to `report`.

    `loaded`: the config as the program began with it.
    """

    def __init__(
        self, screen: Live, loaded: Loaded, controls: Controls, report: Report, language: Language
    ) -> None:
        self._screen = screen
        self._settings = loaded.settings
        self._controls = controls
        self._report = report
        self._language = language
        self._keys = KeyReader(self._typed)

    def __call__(self, event: Event) -> None:
        """Pass on what happened; the day is counted when all is ready, and the history as new as
        the program.
        """
        if isinstance(event, Ready):
            with suppress(UserbotError):  # from here on it counts by itself
                self._screen.count_from(_today(self._settings))
        self._report(event)

    def open(self) -> None:
        """Listen to the keys from now on."""
        self._keys.open()

    def close(self) -> None:
        """Leave the terminal as it was found."""
        self._keys.close()
        self._screen.close()

    def _typed(self, keys: str) -> None:
        for key in keys:
            self.pressed(key_of(key))

    def pressed(self, key: str) -> None:
        """Do what a key is for; others do nothing."""
        try:
            match key:
                case "p":
                    self._controls.toggle_pause()
                case "r":
                    self._retry()
                case "c":
                    self._chats()
                case "u":
                    self._usage()
                case "y" | "n":
                    self._decide("yes" if key == "y" else "no")
                case "\t":
                    self._screen.choose_next()
                case "?" | "h":
                    keys = (said(one) for one in KEYS)
                    self._screen.print(
                        Text("\n".join(packed(keys, self._screen.console.width - 1)))
                    )
        except (UserbotError, OSError) as error:
            self._report(Failed.of(explained(error)))

    def _decide(self, word: Literal["yes", "no"]) -> None:
        """Say a word to what the rows mark; what was not seen yet is not meant."""
        number = self._screen.chosen()
        if number is not None and word == "yes" and not self._screen.shows_all_of(number):
            self._screen.tell(
                _("That call is longer than what stands here: run `userbot approvals` to read it.")
            )
        elif number is not None:
            self._controls.say(number, ApprovalEnd(word))
        elif not self._screen.awaiting:
            self._screen.tell(_("Nothing waits for your yes."))

    def _retry(self) -> None:
        began = day_began(datetime.now(UTC), self._settings.limits.timezone)
        again = ask_again(self._settings.history.database, since=began)
        told = n_("Retrying {count} question.", "Retrying {count} questions.", len(again))
        self._report(Notice(reason="retry", detail=told if again else _("Nothing failed today.")))

    def _chats(self) -> None:
        chats = self._controls.chats()
        if not chats:
            self._screen.tell(_("No chat is selected: only your own /gpt is answered."))
        for _id, told in chats:
            self._screen.print(Text(f"  {printable(said(told))}"))

    def _usage(self) -> None:
        found = tables(self._settings, 1, self._screen.console.width)
        if not found:
            self._screen.tell(_("Nothing was used today."))
        self._screen.print(*found)
