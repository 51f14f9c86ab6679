"""`userbot recap`: what was said in a chat, summed up in the terminal."""

from __future__ import annotations

import asyncio
import sys
import time

from userbot.cli.common import Common
from userbot.cli.language import language
from userbot.cli.login import online
from userbot.console.lines import JsonLines, Lines
from userbot.console.terminal import Terminal
from userbot.errors import SessionInUseError
from userbot.events import Answered, Answering, Event, Heard
from userbot.masking import masked_event
from userbot.recap import RecapHere
from userbot.rules.commands import stem
from userbot.settings import Settings
from userbot.storage.store import Store
from userbot.telegram.names import NameResolver
from userbot.texts import _


def recap(common: Common, settings: Settings, chat: str, much: str) -> None:
    """Sum a chat up; `much`: as `/gpt_recap` takes it. Raises UserbotError."""
    order = f"“{chat}” {much}".strip() if " " in chat else f"{chat} {much}".strip()
    try:
        summed_up = asyncio.run(_sum_up(common, settings, order))
    except SessionInUseError as error:
        command = f"{stem(settings.trigger.prefix)}_recap {order}"
        hint = _(
            "Send {command} to Saved Messages: the running `userbot` sums it up.", command=command
        )
        raise SessionInUseError(str(error), hint, reason=error.reason) from error
    if not summed_up:
        raise SystemExit(1)


async def _sum_up(common: Common, settings: Settings, order: str) -> bool:
    rows = JsonLines(sys.stdout, verbose=common.verbose) if common.json else None
    lines = Lines(sys.stderr, language(), verbose=common.verbose)

    def report(event: Event) -> None:
        event = masked_event(event)
        if rows is not None:
            rows(event)
        elif common.verbose or not isinstance(event, Heard | Answering | Answered):
            lines(event)

    out = sys.stdout if rows is None else sys.stderr
    terminal = Terminal(out, lively=common.lively, first=time.time_ns() // 1000)
    async with online(settings.telegram) as client:
        owner = await NameResolver(client).owner()
        with Store.open(settings.history.database) as store:
            store.belongs_to(owner.id)
            here = RecapHere(settings, store, report, terminal, client, owner)
            here.begin()
            try:
                cited = await here.sum_up(order)
            finally:
                await here.aclose()
            for number, link in enumerate(cited, 1):
                if link:
                    print(f"[{number}] {link}", file=out)
            return here.answered > 0
