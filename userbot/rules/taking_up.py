"""Which changes of the config hold at once, while the program runs, and which wait for a restart.

What is only looked at when a message arrives or a question is asked can change at any time. What
something was built with (a connection, a file, a schedule) waits.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Final

from userbot.settings import Settings, ToolsConfig

AT_ONCE: Final = {
    "openai": {
        "model",
        "system",
        "temperature",
        "max_completion_tokens",
        "reasoning_effort",
        "stream",
    },
    "voice": {
        "enabled",
        "engine",
        "telegram_trial",
        "language",
        "prompt",
        "show",
        "answer_as",
        "wake_words",
    },
    "trigger": {"from_", "own_prompt", "mark", "burst_seconds", "stand_down"},
    "limits": {
        "requests_per_minute",
        "tokens_per_day",
        "answers_per_hour",
        "own_tokens_per_day",
        "cost_per_day",
        "people",
        "prices",
    },
    "reading": {"search", "searches", "links"},
    "documents": {"enabled", "max_mb", "max_pages"},
    "recap": {"max_messages", "max_days", "at", "chats", "voice"},
    "approvals": {"ring", "wait_minutes"},
    "pacing": {"edit_seconds", "max_previews", "writes_per_second", "burst"},
}
"""Keys by section; [[chats]] and [models] hold at once as a whole."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a changed config. `settings`: those that hold from now on.

    `at_once`, `later`: the changed keys, as they are written in the file.
    """

    settings: Settings
    at_once: tuple[str, ...]
    later: tuple[str, ...]


def change(now: Settings, file: Settings) -> Change:
    """What the file changes; what has to wait stays as it is `now`."""
    at_once: list[str] = []
    later: list[str] = []
    sections: dict[str, Any] = {}
    if file.chats != now.chats:
        sections["chats"] = file.chats
        at_once.append("[[chats]]")
    if file.models != now.models:
        sections["models"] = file.models
        at_once.append("[models]")
    if file.tools != now.tools:
        if list(map(_connection, file.tools)) == list(map(_connection, now.tools)):
            sections["tools"] = file.tools  # who may have what called, and how
            at_once.append("[[tools]]")
        else:
            later.append("[[tools]]")
    for section in fields(Settings):
        before, after = getattr(now, section.name), getattr(file, section.name)
        if not is_dataclass(before):
            continue
        taken: dict[str, Any] = {}
        for key in fields(before):
            wanted = getattr(after, key.name)
            if wanted == getattr(before, key.name):
                continue
            name = f"{section.name}.{key.name.rstrip('_')}"
            if key.name in AT_ONCE.get(section.name, ()):
                taken[key.name] = wanted
                at_once.append(name)
            else:
                later.append(name)
        if taken:
            sections[section.name] = replace(before, **taken)  # type: ignore[type-var]
    return Change(replace(now, **sections), tuple(at_once), tuple(later))


def _connection(server: ToolsConfig) -> tuple[object, ...]:
    """What a server of tools is known and reached by."""
    return server.name, server.command, server.url, server.env, server.headers
