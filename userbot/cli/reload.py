"""A change of config.toml is taken up while the program runs, where it can be."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from userbot.cli.common import Common, load_config
from userbot.config import Loaded
from userbot.config.environment import ENV_FILE
from userbot.controls import Controls
from userbot.errors import ConfigError, UserbotError
from userbot.events import Event, Failed, Notice, Report
from userbot.rules.taking_up import change
from userbot.texts import _

LOOK_SECONDS = 1.0
"""How often the file is looked at; a change is read when it has stayed the same for one look, so
that an editor can write it to its end.
"""

_Stamp = tuple[int, int, int]


class ConfigWatch:
    """Looks after the config file of a run. A faulty one changes nothing, and is told."""

    def __init__(self, common: Common, loaded: Loaded, controls: Controls, report: Report) -> None:
        self._common = common
        self._path = loaded.path
        self._settings = loaded.settings
        self._controls = controls
        self._report = report
        self._waiting: tuple[str, ...] = ()
        self._faulty = False

    async def watch(self) -> None:
        """Take up each change, until cancelled."""
        known = latest = self._stamps()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            before, latest = latest, self._stamps()
            if latest != known and latest == before:
                known = latest
                if latest[0] is None:
                    self._gone()
                else:
                    await self._changed()

    def _stamps(self) -> tuple[_Stamp | None, _Stamp | None]:
        """What changes with the file, and with the variables that stand beside it."""
        return _stamp(self._path), _stamp(self._path.with_name(ENV_FILE))

    def _gone(self) -> None:
        """Say so, and read no other file in its place."""
        self._faulty = True
        self._report(
            Notice(
                reason="config_faulty",
                detail=_("{file} is gone: keeping the current settings.", file=self._path.name),
                hint=_("The next start needs it: put it back, or run `userbot init`."),
            )
        )

    async def _changed(self) -> None:
        try:
            found = change(self._settings, load_config(self._common).settings)
            if found.at_once:
                await self._controls.take_up(found.settings)
        except UserbotError as error:
            for event in _faults(self._path.name, error):
                self._report(event)
            self._faulty = True
            return
        mended, self._faulty = self._faulty, False
        self._settings = found.settings
        if found.at_once:
            keys = ", ".join(found.at_once)
            detail = _("{file} changed: {keys} now in effect.", file=self._path.name, keys=keys)
            self._report(Notice(reason="config_changed", detail=detail))
        elif mended:
            detail = _("{file} is valid again: nothing in it has changed.", file=self._path.name)
            self._report(Notice(reason="config_changed", detail=detail))
        if found.later and found.later != self._waiting:
            keys = ", ".join(found.later)
            detail = _(
                "{file} changed: {keys} will apply after a restart.",
                file=self._path.name,
                keys=keys,
            )
            self._report(
                Notice(
                    reason="config_waits",
                    detail=detail,
                    hint=_("Press Ctrl-C and run `userbot run` again."),
                )
            )
        self._waiting = found.later


def _faults(file: str, error: UserbotError) -> Iterator[Event]:
    yield Notice(
        reason="config_faulty",
        detail=_("{file} is invalid: keeping the current settings.", file=file),
    )
    if not isinstance(error, ConfigError):
        yield Failed.of(error)
        return
    for fault in error.faults:
        yield Failed(reason="config", error=fault.told, hint=fault.hint)


def _stamp(path: Path) -> _Stamp | None:
    """What changes with a file; None while there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
