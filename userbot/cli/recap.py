"""`userbot recap`: what was said in a chat, summed up in the terminal."""

from __future__ import annotations

import asyncio

from userbot.cli.common import Common
from userbot.cli.login import online
from userbot.cli.talk import Here
from userbot.errors import SessionInUseError
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
    here = Here(common)
    async with online(settings.telegram) as client:
        owner = await NameResolver(client).owner()
        with Store.open(settings.history.database) as store:
            store.belongs_to(owner.id)
            summing = RecapHere(settings, store, here.report, here.terminal, client, owner)
            summing.begin()
            try:
                cited = await summing.sum_up(order)
            finally:
                await summing.aclose()
            for number, link in enumerate(cited, 1):
                if link:
                    print(f"[{number}] {link}", file=here.out)
            return summing.answered > 0
