"""Tells the owner of calls of tools of which nobody knows whether they were carried out.

Rule 1: he is told in Saved Messages, once: that he is told and what he is told are one step of the
store, and what is recorded leaves as the results of commands do, at the next start if need be.
Rule 2: the arguments stand there, in his own chat, and not in the log.
"""

from __future__ import annotations

from typing import Final

from userbot.events import Notice, Report, about
from userbot.intake.chat_commands import ChatCommands
from userbot.intake.command_results import CommandResults
from userbot.ports import Clock
from userbot.rules.approvals import link, where
from userbot.rules.tool_words import one_line, recalled
from userbot.storage.store import Store
from userbot.storage.tools import CallInDoubt
from userbot.texts import _

_LONGEST: Final = 1000
"""Characters of a call that are shown: `userbot tools --json` shows it all."""


class Doubts:
    """Looks for such calls."""

    def __init__(
        self,
        commands: ChatCommands,
        results: CommandResults,
        store: Store,
        clock: Clock,
        report: Report,
    ) -> None:
        self._commands = commands
        self._results = results
        self._store = store
        self._clock = clock
        self._report = report

    def begin(self) -> None:
        """At a start: what was under way when the last run ended is in doubt. Raises StorageError.

        It is told by `look`.
        """
        self._store.tools.doubt_all()

    def look(self) -> None:
        """Tell what the owner was not told. Raises StorageError."""
        for one in self._store.tools.in_doubt(untold=True):
            now, text = self._clock.now(), self._text(one)
            with self._store.database.transaction():
                self._store.tools.told(one.id)
                command, notes = self._results.record_doubt(one.id, text, now)
            self._report(
                Notice(
                    **about(one.question),
                    reason="tool_in_doubt",
                    detail=_(
                        "It is unknown whether a call of {tool} was carried out.", tool=one.tool
                    ),
                    hint=_("Check it yourself: it is not repeated. `userbot tools` lists it."),
                )
            )
            self._commands.tell(command, notes)

    def _text(self, one: CallInDoubt) -> str:
        address = link(one.question)
        return self._results.texts.say(
            "in_doubt",
            where=where(one.question),
            link=address and f"{address}\n",
            tool=one_line(one.tool),
            call=recalled(one.tool, one.arguments, _LONGEST),
        )
