"""What can be wanted of a run while it goes on: by keys, and by a change of the config."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from userbot.build import Program, Services, account_of
from userbot.events import Notice, Report
from userbot.ports import Clock
from userbot.settings import Settings
from userbot.storage.store import Store
from userbot.telegram.gate import Gate
from userbot.telegram.names import NameResolver
from userbot.texts import Text, _, n_
from userbot.types import ApprovalEnd

_WHOM: Final = {
    "me": _("{title} for you"),
    "contacts": _("{title} for your contacts"),
    "anyone": _("{title} for everybody"),
}


@dataclass(frozen=True, slots=True)
class Running:
    """What a run is made of, from when it is built."""

    program: Program
    services: Services
    gate: Gate
    store: Store
    clock: Clock
    report: Report

    def selected(self) -> list[tuple[int, str]]:
        """The selected chats, each by its id, and whom it answers."""
        chats = self.services.chats
        return [(chat, self._whom(chat)) for chat in chats.policy.chats]

    def _whom(self, chat: int) -> Text:
        rule, block = self.services.chats.policy.chats[chat], self.services.chats.get(chat)
        title = self.gate.waits.titles.get(chat) or self.store.conversations.title(chat)
        if chat == self.program.account.owner.id:
            title = _("Saved Messages")
        title = title or str(chat if block is None else block.id)
        if rule.respond == "off":
            return _("{title}: off", title=title)
        if isinstance(rule.allowed, str):
            return _WHOM[rule.allowed].filled(title=title)
        return n_(
            "{title} for {count} person",
            "{title} for {count} people",
            len(rule.allowed),
            title=title,
        )


class Controls:
    """Before a run is ready, and after its end, nothing comes of any of these."""

    def __init__(self) -> None:
        self.running: Running | None = None
        self._paused_at: datetime | None = None

    def written(self) -> dict[tuple[int, int], str]:
        """How far each answer under way is, by the chat and message of its question."""
        return {} if self.running is None else self.running.services.queue.written()

    def chats(self) -> list[tuple[int, str]]:
        """The selected chats, each by its id, and whom it answers. Raises StorageError."""
        return [] if self.running is None else self.running.selected()

    def say(self, approval: int, said: ApprovalEnd) -> None:
        """Say the owner's word to what waits for it. Raises StorageError."""
        if self.running is not None:
            self.running.services.verdicts.say(approval, said)

    def toggle_pause(self) -> None:
        """Begin no answer until this is called again; what is being answered goes on.

        What grew too old meanwhile is not answered.
        """
        running, paused_at = self.running, self._paused_at
        if running is None:
            return
        now, services = running.clock.now(), running.services
        services.queue.is_paused = paused_at is None
        self._paused_at = now if paused_at is None else None
        if paused_at is None:
            reason, detail = "paused", _("Paused: no new answers until you press p again.")
        else:
            reason, detail = "resumed", _("Answering again.")
            services.store_back.soon(partial(services.leave_out_old, paused_at, now))
        running.report(Notice(reason=reason, detail=detail))

    async def take_up(self, settings: Settings) -> None:
        """From now on these settings hold. Raises ConfigError if a name is nobody's, TelegramError
        and StorageError; then the old ones do.
        """
        running = self.running
        if running is None:
            return
        names = NameResolver(running.program.adapters.client, running.store.names)
        now = running.clock.now()
        account = await account_of(names, settings, running.store.began(now), now)
        for warning in account.warnings():
            running.report(warning)
        pacing = settings.pacing
        running.gate.limiter.take_up(pacing.writes_per_second, pacing.burst)
        running.services.take_up(settings, account)
