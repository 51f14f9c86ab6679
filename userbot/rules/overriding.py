"""What holds in a chat: its block in the file, and over it what commands have set. Pure."""

from __future__ import annotations

from dataclasses import replace

from userbot.rules.trigger import Allowed, ChatRule
from userbot.settings import ChatConfig, Override, Whom


def rule(listed: ChatRule | None, said: Override, elsewhere: Allowed) -> ChatRule | None:
    """Who is answered in a chat; None where nobody listed it, neither in the file nor by command.

    `elsewhere`: who may ask in chats that are not listed.
    """
    if said.respond is None and said.from_ is None:
        return listed
    base = listed or ChatRule(respond="prefix", allowed=elsewhere)
    return replace(base, respond=said.respond or base.respond, allowed=said.from_ or base.allowed)


def block(
    chat: int, listed: ChatConfig | None, said: Override, elsewhere: Whom
) -> ChatConfig | None:
    """What is said about a chat beside who is answered: its system text, model and so on."""
    if said == Override():
        return listed
    base = listed or ChatConfig(id=chat, respond="prefix", from_=elsewhere)
    return replace(
        base,
        respond=said.respond or base.respond,
        from_=said.from_ or base.from_,
        system=base.system if said.system is None else said.system,
        model=base.model if said.model is None else said.model,
    )
