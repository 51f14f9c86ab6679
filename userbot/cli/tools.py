"""`userbot tools`: the servers of [[tools]], what each tool may do, and what waits for a look."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, Final

from userbot.cli.common import Common
from userbot.cli.history_view import local
from userbot.cli.language import aside, said
from userbot.cli.table import NONE, Column, print_json, print_table
from userbot.config.faults import did_you_mean
from userbot.console.describe import printable
from userbot.console.lines import utc
from userbot.errors import ToolServerError, UsageError
from userbot.rules.tool_rights import right_of
from userbot.rules.tool_words import one_line, spec_of
from userbot.settings import Settings, ToolsConfig
from userbot.storage.store import Store
from userbot.storage.tools import CallInDoubt
from userbot.texts import Text, _, joined, n_
from userbot.tool_list import LIST_SECONDS, ListedServer, listed
from userbot.types import Right, ToolDefinition

_RIGHTS: Final[dict[Right | None, Text]] = {
    "read": _("reads"),
    "ask": _("asks you"),
    "allow": _("acts by itself on your own words"),
    None: _("not offered"),
}
_SHORT_SECONDS: Final = 4.0
"""Nobody wonders for so long: importing the SDK and starting a program take two."""
_COLUMNS: Final = (
    Column(_("tool")),
    Column(_("right")),
    Column(_("by its server's word")),
    Column("", folds=True),
)


def tools(common: Common, settings: Settings, confirm: str) -> None:
    """List them; `confirm`: a tool or a server whose definitions the owner has looked at."""
    if not settings.tools:
        aside(_("There are no [[tools]] in your config."), _("config.toml.example shows some."))
        return
    found = asyncio.run(asked(settings.tools))
    with closing(Store.open(settings.history.database)) as store:
        changed = _seen(store, found)
        if confirm:
            _confirm(store, found, changed, confirm)
            changed = _seen(store, found)
        doubts = store.tools.in_doubt()
    if common.json:
        print_json([*_rows(found, changed), *map(_doubt_row, doubts)])
    else:
        _print(common, found, changed)
        _print_doubts(doubts)
    if _troubles(found):
        raise SystemExit(1)


async def asked(servers: Sequence[ToolsConfig]) -> list[ListedServer]:
    """What the servers have; that they are waited for is said."""
    asking = asyncio.create_task(listed(servers))
    done, _late = await asyncio.wait({asking}, timeout=_SHORT_SECONDS)
    if not done:
        aside(
            _("Waiting for the servers under [[tools]] (up to {seconds} s).", seconds=LIST_SECONDS)
        )
    return await asking


def _seen(store: Store, found: Sequence[ListedServer]) -> set[str]:
    """The tools whose definitions are others than the owner knows."""
    now = datetime.now(UTC)
    return {
        one.full_name
        for server in found
        for one in server.definitions
        if right_of(server.config, one.name)
        and store.tools.see(one.full_name, one.fingerprint, now)
    }


def _confirm(store: Store, found: Sequence[ListedServer], changed: set[str], wanted: str) -> None:
    known = {one.full_name for server in found for one in server.definitions}
    known |= {one.tool for one in store.tools.in_doubt()}
    meant = {name for name in known if wanted in (name, name.partition("__")[0])}
    if not meant:
        raise UsageError(
            _("There is no tool and no server called {name}.", name=printable(wanted)),
            _("`userbot tools` lists them."),
        )
    described = [one for server in found for one in server.definitions]
    for one in sorted(described, key=lambda tool: tool.full_name):
        if one.full_name in meant & changed:
            _print_definition(one)
            store.tools.confirm(one.full_name, one.fingerprint)
            aside(_("Confirmed: {tool}.", tool=one.full_name))
    settled = sum(store.tools.settle(name) for name in sorted(meant))
    if settled:
        told = n_(
            "{count} call is not in doubt any more.",
            "{count} calls are not in doubt any more.",
            settled,
        )
        aside(told)


def _troubles(found: Sequence[ListedServer]) -> list[ToolServerError]:
    """Why servers are not there; what is true of several once."""
    troubles = [one.trouble for one in found if one.trouble is not None]
    return list({str(one): one for one in troubles}.values())


def _rows(found: Sequence[ListedServer], changed: set[str]) -> Iterator[dict[str, Any]]:
    for server in found:
        if server.trouble is not None:
            yield {"server": server.config.name, "error": str(server.trouble)}
        for one in server.definitions:
            yield {
                "server": server.config.name,
                "tool": one.name,
                "title": one.title,
                "description": one.description,
                "right": right_of(server.config, one.name),
                "only_reads": one.only_reads,
                "open_world": one.open_world,
                "changed": one.full_name in changed,
            }


def _doubt_row(doubt: CallInDoubt) -> dict[str, Any]:
    return {
        "in_doubt": doubt.tool,
        "arguments": doubt.arguments,
        "title": doubt.question.title,
        "message": doubt.question.message,
        "at": utc(doubt.at),
    }


def _print(common: Common, found: Sequence[ListedServer], changed: set[str]) -> None:
    rows = []
    for server in found:
        for one in server.definitions:
            note: str = ""
            if one.full_name in changed:
                hint = _("confirm it with `userbot tools --confirm {tool}`", tool=one.full_name)
                note = joined(_("changed, so it asks you"), hint, by=": ")
            rows.append(
                (
                    one_line(one.full_name),
                    said(_RIGHTS[right_of(server.config, one.name)]),
                    said(_word_of(one)),
                    said(note),
                )
            )
    if rows:
        print_table(common, _COLUMNS, rows)
    for server in found:
        for one in server.definitions:
            if one.full_name in changed:
                print()
                _print_definition(one)
    for trouble in _troubles(found):
        aside(str(trouble), trouble.hint)
    for server in found:
        new = [one for one in server.definitions if right_of(server.config, one.name) is None]
        if server.missing:
            names = ", ".join(server.missing)
            name = server.config.name
            told = _("“{server}” has no such tools: {names}", server=name, names=names)
            aside(told, did_you_mean(names, [one.name for one in new]) or "")
        if new:
            _print_block(server, new)


def _print_definition(tool: ToolDefinition) -> None:
    """All that a model is told of a tool."""
    print(printable(tool.full_name))
    spec = spec_of(tool.full_name, tool, only_reads=False)
    takes = json.dumps(spec.parameters.get("properties", {}), ensure_ascii=False)
    for line in (*spec.description.split("\n"), takes):
        print(f"  {printable(line)}")


def _word_of(tool: ToolDefinition) -> str:
    reads: str = _("only reads") if tool.only_reads else _("may change something")
    return joined(reads, _("may reach the network") if tool.open_world else "", by=", ")


def _print_block(server: ListedServer, new: Sequence[ToolDefinition]) -> None:
    """The rights to paste, begun by what the server says of its tools: nothing acts by itself.

    Lines alone: with a head they would be a second block of that name, or name it twice.
    """
    config = server.config
    there = {one.name for one in server.definitions}
    read = [one for one in config.read if one in there]
    read += [one.name for one in new if one.only_reads]
    ask = [one for one in config.ask if one in there]
    ask += [one.name for one in new if not one.only_reads]
    print()
    aside(
        _(
            "To offer the rest of “{server}”, replace the lines in its block with these."
            " They are sorted by what the server says; leave out what you do not"
            " want.",
            server=config.name,
        )
    )
    for name, names in (("read", read), ("ask", ask)):
        if names:
            listed_names = ", ".join(json.dumps(one, ensure_ascii=False) for one in names)
            print(f"{name} = [{printable(listed_names)}]")


def _print_doubts(doubts: Sequence[CallInDoubt]) -> None:
    if not doubts:
        return
    print()
    aside(
        _("Nobody knows whether these were carried out; they are not done again:"),
        _("Check them, then run `userbot tools --confirm TOOL`."),
    )
    for one in doubts:
        arguments = one_line(one.arguments, 200) or NONE
        print(f"  {local(one.at)}  {printable(one.tool)}  {printable(arguments)}")
