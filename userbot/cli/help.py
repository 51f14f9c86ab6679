"""`--help` in the language of the system."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

from userbot.cli.language import language, said


def speak_help() -> None:
    """Let the help of all commands be in the language of the system."""
    context: Any = TyperGroup.context_class
    context.formatter_class = _formatter(context.formatter_class)


def told(text: str) -> str:
    """A text of the help, by its paragraphs; what typer adds in brackets follows it."""
    if language() == "en":
        return text
    text, bracket, added = text.partition("  [")
    paragraphs = [_whole(" ".join(one.split())) for one in text.split("\n\n")]
    added = added.replace("default:", f"{said('default')}:")
    return "\n\n".join(map(said, paragraphs)) + bracket + added


def _whole(text: str) -> str:
    """The text that typer shows the beginning of, where it lists commands."""
    from userbot.console.russian.help import WHOLE

    begins = text.removesuffix("...")
    return text if text in WHOLE else next((one for one in WHOLE if one.startswith(begins)), text)


def _formatter(plain: Any) -> Any:
    class Formatter(plain):  # type: ignore[misc]  # typer keeps this class to itself
        def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
            super().write_usage(prog, args, prefix or f"{said('Usage')}: ")

        def write_heading(self, heading: str) -> None:
            super().write_heading(said(heading))

        def write_text(self, text: str) -> None:
            super().write_text(told(text))

        def write_dl(self, rows: Any, *more: Any, **options: Any) -> None:
            super().write_dl([(name, told(text)) for name, text in rows], *more, **options)

    return Formatter
