"""`--help` in the language of the system."""

from __future__ import annotations

from typing import Any, Final

from typer.core import TyperGroup

from userbot.cli.language import language, said
from userbot.texts import _, by_english

_TYPERS: Final = (
    _("Usage"),
    _("Options"),
    _("Arguments"),
    _("Commands"),
    _("default"),
    _("Show this message and exit."),
    _("Install completion for the current shell."),
    _("Show completion for the current shell, to copy it or customize the installation."),
)
"""What typer says in every help. It keeps no marks: its texts are known by their English."""


def speak_help() -> None:
    """Let the help of all commands be in the language of the system."""
    context: Any = TyperGroup.context_class
    context.formatter_class = _formatter(context.formatter_class)


def told(text: str) -> str:
    """A text of the help, by its paragraphs; what typer adds in brackets follows it."""
    if language() == "en":
        return text
    text, bracket, added = text.partition("  [")
    paragraphs = [_said(" ".join(one.split())) for one in text.split("\n\n")]
    added = added.replace("default:", f"{_said('default')}:")
    return "\n\n".join(paragraphs) + bracket + added


def _said(english: str) -> str:
    return said(by_english(english))


def _formatter(plain: Any) -> Any:
    class Formatter(plain):  # type: ignore[misc]  # typer keeps this class to itself
        def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
            super().write_usage(prog, args, prefix or f"{_said('Usage')}: ")

        def write_heading(self, heading: str) -> None:
            super().write_heading(_said(heading))

        def write_text(self, text: str) -> None:
            super().write_text(told(text))

        def write_dl(self, rows: Any, *more: Any, **options: Any) -> None:
            super().write_dl([(name, told(text)) for name, text in rows], *more, **options)

    return Formatter
