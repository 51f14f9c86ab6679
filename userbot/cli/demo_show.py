"""What the demo shows beside the console: the chat as its people see it, and the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from userbot.console.colours import BLUE, CYAN, GREEN, MAGENTA
from userbot.console.describe import HEADS
from userbot.console.live import Live
from userbot.rules.plain import within
from userbot.sandbox.state import Message
from userbot.texts import Language, _, joined, translated

_STYLES = {
    "Bold": "bold",
    "Italic": "italic",
    "Underline": "underline",
    "Strike": "strike",
    "Code": CYAN,
    "Pre": CYAN,
    "Blockquote": "italic dim",
    "TextUrl": f"underline {BLUE}",
    "Spoiler": "reverse",
}


class Show:
    """Writes onto the console's own terminal, or as plain lines; `quiet` shows nothing."""

    def __init__(
        self, terminal: Live | Console | None, language: Language, *, quiet: bool = False
    ) -> None:
        """`terminal`: where to print, None for plain lines."""
        self._language = language
        self._terminal = terminal
        self._rich = terminal.console if isinstance(terminal, Live) else terminal
        self._quiet = quiet

    def label(self, sentence: str) -> None:
        """Say what this is, first of all."""
        sentence = self._shown(sentence)
        self._print(Text(sentence, f"bold {MAGENTA}"), sentence)

    def said(
        self,
        message: Message,
        owner: bool = False,
        by_program: bool = False,
        where: str = "",
    ) -> None:
        """A message as the people in the chat see it; `where`: the chat, if that must be said."""
        head = message.sender.first_name
        if where:
            head = joined(head, where, by=" → ")
        if by_program:
            head = joined(head, _("the userbot"), by=" · ")
        elif owner:
            head = joined(head, _("from another device"), by=" · ")
        if message.reply_to is not None:
            name = message.reply_to.sender.first_name
            head = joined(head, _("in reply to {name}", name=name), by=" · ")
        text = message.text
        if message.media is not None and message.media.kind == "voice":
            seconds = round(message.media.duration or 0)
            voice_note = _("voice note, {seconds} s", seconds=seconds)
            text = f"▶ {self._shown(voice_note)}"
        elif message.media is not None:
            picture = _("picture") if message.media.kind == "photo" else _("file")
            text = "\n".join(filter(None, (f"▣ {self._shown(picture)}", text)))
        head = self._shown(head)
        if self._rich is None:
            lines = "\n".join(f"    | {line}" for line in (head, *text.split("\n")))
            self._print(None, f"\n{lines}")
            return
        style = GREEN if by_program else CYAN
        bubble = Text("\n")
        told = Text.assemble((head, f"bold {style}"), "\n", styled(text, message.entities))
        # Wrapped here, so that the bar stands before every line.
        for line in told.wrap(self._rich, self._rich.width - 5):
            bubble.append_text(Text.assemble(("  ▌ ", style), line, "\n"))
        bubble.right_crop(1)
        self._print(bubble, "")

    def table(self, counts: Mapping[str, int]) -> None:
        """How often each thing happened."""
        rows = [
            (self._shown(HEADS[event][0]), str(counts[event]))
            for event in ("heard", "answered", "ignored", "limited", "failed")
        ]
        table = Table.grid(padding=(0, 2))
        table.add_column()
        table.add_column(justify="right")
        title = self._shown(_("What happened"))
        table.add_row(Text(title, "bold"), "")
        for row in rows:
            table.add_row(*row)
        plain = "\n".join(f"{name}\t{count}" for name, count in rows)
        self._print(Padding(table, (1, 0)), f"\n{title}\n{plain}")

    def invitation(self, name: str) -> None:
        """Ask the visitor to join in."""
        told = _(
            "Your turn: you are {name}. Begin with /gpt to get an answer; Ctrl-D quits.", name=name
        )
        self._print(Text(self._shown(told), "bold"), "")

    def next_steps(self, init: str, sandbox: str) -> None:
        """Say what to type after the demo."""
        steps = (
            (init, _("set it up with your own account")),
            (sandbox, _("or play on: every command, without an account")),
        )
        title = self._shown(_("What next?"))
        width = max(len(command) for command, _does in steps)
        shown, plain = Text(f"\n{title}", "bold"), f"\n{title}"
        for command, does in steps:
            told = self._shown(does)
            shown.append(f"\n  {command:{width}}", f"bold {CYAN}").append(f"  {told}", "not bold")
            plain += f"\n  {command:{width}}  {told}"
        self._print(shown, plain)

    def rest(self) -> None:
        """Leave the bottom of the terminal to the visitor who types there."""
        if isinstance(self._terminal, Live):
            self._terminal.rest()

    def _shown(self, text: str) -> str:
        return translated(text, self._language)

    def _print(self, rich: Any, plain: str) -> None:
        if self._quiet:
            return
        if self._terminal is not None:
            self._terminal.print(rich)
        else:
            print(plain, flush=True)


def styled(text: str, entities: list[Any]) -> Text:
    """A message's text with its entities as a terminal can show them."""
    shown = Text(text)
    spans = within(text, ((one.offset, one.length) for one in entities))
    for entity, (begin, end) in zip(entities, spans, strict=True):
        style = _STYLES.get(type(entity).__name__.removeprefix("MessageEntity"))
        if style is not None:
            shown.stylize(style, begin, end)
    return shown
