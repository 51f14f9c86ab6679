"""How `--help` is laid out: a command's own options, the common ones below, examples at the end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from typer.core import TyperCommand, TyperGroup

from userbot.cli.common import Common
from userbot.texts import _

_COMMON: Final = frozenset(Common.__dataclass_fields__)
_OF_GROUP: Final = frozenset({"help", "install_completion", "show_completion"})
_WIDEST: Final = 46
"""Columns of an example beside which there is still room for what it does, of 80."""

Examples = Sequence[tuple[str, str]]
"""Command lines, each with what it does."""


def _write_options(command: Any, ctx: Any, formatter: Any) -> None:
    """Arguments, the options of the command's own, those that every command has."""
    sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": [], "Common": []}
    for param in command.get_params(ctx):
        row = param.get_help_record(ctx)
        if row is None:
            continue
        common = param.name in _COMMON or param.name in _OF_GROUP
        kind = "Common" if common else "Options"
        if param.param_type_name == "argument":
            kind = "Arguments"
        # Of the types of numbers the program says what it takes in words.
        name = re.sub(r" <[^>]*>$", "", row[0])
        told = re.sub(r"(; )?(\d+<=)?x[<>]=\d+", "", row[1])
        sections[kind].append((name, told.replace("  []", "")))
    heads = {"Arguments": _("Arguments"), "Options": _("Options"), "Common": _("Common options")}
    for kind, rows in sections.items():
        if rows:
            with formatter.section(heads[kind]):
                formatter.write_dl(rows)


class HelpCommand(TyperCommand):
    """A command; `examples` stand at the end of its help."""

    examples: Examples = ()

    def format_options(self, ctx: Any, formatter: Any) -> None:
        _write_options(self, ctx, formatter)

    def format_epilog(self, _ctx: Any, formatter: Any) -> None:
        if self.examples:
            with formatter.section(_("Examples")):
                formatter.write_dl(list(self.examples), col_max=_WIDEST)


class HelpGroup(TyperGroup):
    """The commands together."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        _write_options(self, ctx, formatter)
        self.format_commands(ctx, formatter)


def with_examples(given: Examples) -> type[HelpCommand]:
    """The kind of command that has these examples."""
    return type("HelpCommand", (HelpCommand,), {"examples": given})
