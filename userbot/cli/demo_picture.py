"""Two pictures of the demo for a page: the chat as Telegram shows it, and the console.

Both are SVG, at most `HEIGHT` pixels high. The chat follows the light or dark look of whoever
opens it; of what does not fit the newest is shown, as on a screen. No font is fetched, so lines
are broken by estimated widths, a little too early rather than too late.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from xml.sax.saxutils import escape

from rich.console import Console

from userbot.rules.plain import within
from userbot.sandbox.state import Message, User

HEIGHT = 600
_WIDTH = 430
_HEAD = 48
"""The chat's title bar."""
_BUBBLE = 318
"""The widest text of a bubble."""
_LINE = 19
_SIZE = 14.0
_CODE_SIZE = 11.0
_STYLES = {"Bold": "b", "Italic": "i", "Code": "m", "Pre": "m", "BotCommand": "a", "TextUrl": "a"}
_WAVE = tuple(round(4 + 9 * abs(math.sin(at * 1.7) * math.cos(at * 0.45))) for at in range(34))
_FACES = ("#e17076", "#7bc862", "#65aadd", "#ee7aae", "#faa774")

_CSS = """
text{font:14px -apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;fill:#0f1419}
.b{font-weight:600}.i{font-style:italic}.s{font-size:12.5px}.g{fill:#707579}.w{fill:#fff}
.m{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:11px}
.a{fill:#2481cc}.wall{fill:#cfdccb}.head,.in{fill:#fff}.out{fill:#e7fdd5}.bar{fill:#2481cc}
.out-bar{fill:#4fae4e}.out-name{fill:#3a8b3c}
@media (prefers-color-scheme:dark){
text{fill:#f2f5f7}.g{fill:#8d9ba8}.wall{fill:#0e1621}.head,.in{fill:#182533}.out{fill:#2b5278}
.a{fill:#6ab3f3}.bar,.out-bar{fill:#6ab3f3}.out-name{fill:#8fcbff}}
"""


@dataclass(frozen=True, slots=True)
class _Bubble:
    """A drawn message: its height, and what draws it with its top at a given y."""

    height: float
    draw: Callable[[float], str]


def chat_picture(title: str, below: str, messages: Sequence[Message], owner: User) -> str:
    """The newest messages of a chat, as its owner sees them; `below` stands under the title."""
    drawn: list[str] = []
    bottom = HEIGHT - 10.0
    for message in reversed(messages):
        bubble = _bubble(message, owner)
        bottom -= bubble.height
        drawn.append(bubble.draw(bottom))
        bottom -= 8
        if bottom < _HEAD:
            break
    # What does not fill the picture is not left empty.
    above = max(0.0, bottom - _HEAD - 4)
    height = HEIGHT - above
    head = (
        f'<rect class="head" width="{_WIDTH}" height="{_HEAD}"/>'
        f'<text x="16" y="21" class="b">{escape(title)}</text>'
        f'<text x="16" y="38" class="s g">{escape(below)}</text>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height:.0f}" '
        f'viewBox="0 0 {_WIDTH} {height:.0f}" role="img"><style>{_CSS}</style>'
        f'<rect class="wall" width="{_WIDTH}" height="{height:.0f}"/>'
        f'<g transform="translate(0 {-above:.1f})">{"".join(reversed(drawn))}</g>{head}</svg>\n'
    )


def console_picture(console: Console, title: str) -> str:
    """What a recording console has shown, without the fonts that rich would have fetched."""
    svg = console.export_svg(title=title, unique_id="console")
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code, monospace", 'ui-monospace, Menlo, Consolas, "DejaVu Sans Mono"')
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert found is not None
    width, height = float(found[1]), float(found[2])
    scale = min(0.75, HEIGHT / height)
    size = f'width="{width * scale:.0f}" height="{height * scale:.0f}" '
    return re.sub(r"[ \t]+$", "", svg.replace("viewBox=", f"{size}viewBox=", 1), flags=re.M)


def _bubble(message: Message, owner: User) -> _Bubble:
    out = message.sender is owner
    lines = list(_lines(message))
    voice = message.media is not None and message.media.kind == "voice"
    quoted = message.reply_to
    widths = [sum(_width(text, style) for text, style in line) for line in lines]
    widths += [0.0 if out else _width(message.sender.first_name, "b"), 190.0 if voice else 0.0]
    if quoted is not None:
        widths.append(min(_BUBBLE, max(150.0, _width(_short(quoted), "s") + 12)))
    wide = min(_BUBBLE + 12, max(widths) * 1.03) + 24
    tall = 12 + _LINE * len(lines) + 40 * (quoted is not None) + 46 * voice + 19 * (not out)
    left = _WIDTH - 12 - wide if out else 52

    def draw(top: float) -> str:
        kind = "out" if out else "in"
        parts = [_box(kind, left, top, wide, tall)]
        y, x = top + 6, left + 12
        if not out:
            name = message.sender.first_name
            face = _FACES[sum(map(ord, name)) % len(_FACES)]
            parts.append(
                f'<circle cx="28" cy="{top + tall - 17:.1f}" r="17" fill="{face}"/>'
                f'<text x="28" y="{top + tall - 12:.1f}" class="b w" text-anchor="middle">'
                f"{escape(name[:1])}</text>"
                f'<text x="{x:.1f}" y="{y + 14:.1f}" class="b" style="fill:{face}">'
                f"{escape(name)}</text>"
            )
            y += 19
        if quoted is not None:
            bar, named = ("out-bar", "out-name") if out else ("bar", "a")
            parts.append(
                f'<rect class="{bar}" x="{x:.1f}" y="{y + 3:.1f}" width="3" height="33" rx="1.5"/>'
                f'<text x="{x + 11:.1f}" y="{y + 16:.1f}" class="s b {named}">'
                f"{escape(quoted.sender.first_name)}</text>"
                f'<text x="{x + 11:.1f}" y="{y + 32:.1f}" class="s">{escape(_short(quoted))}</text>'
            )
            y += 40
        if voice:
            parts.append(_voice(message, x, y))
            y += 46
        for line in lines:
            spans = "".join(
                f'<tspan class="{style}">{escape(text)}</tspan>' for text, style in line
            )
            parts.append(f'<text x="{x:.1f}" y="{y + 14:.1f}" xml:space="preserve">{spans}</text>')
            y += _LINE
        return "".join(parts)

    return _Bubble(tall, draw)


def _box(kind: str, left: float, top: float, wide: float, tall: float) -> str:
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" '
        f'height="{tall}" rx="12"/>'
    )


def _voice(message: Message, x: float, y: float) -> str:
    """A voice note: what plays it, its waveform, its length."""
    assert message.media is not None
    waves = "".join(
        f'<rect class="bar" x="{x + 48 + 4 * at:.1f}" y="{y + 20 - high:.1f}" width="2.4" '
        f'height="{high}" rx="1"/>'
        for at, high in enumerate(_WAVE)
    )
    seconds = round(message.media.duration or 0)
    return (
        f'<circle class="bar" cx="{x + 19:.1f}" cy="{y + 21:.1f}" r="18"/>'
        f'<path d="M{x + 14:.1f} {y + 12:.1f}l15 9-15 9z" fill="#fff"/>{waves}'
        f'<text x="{x + 48:.1f}" y="{y + 38:.1f}" class="s g">0:{seconds:02}</text>'
    )


def _short(quoted: Message) -> str:
    """The line of a message that a reply shows."""
    if quoted.media is not None and not quoted.text:
        return "▶ 0:" + f"{round(quoted.media.duration or 0):02}"
    text = " ".join(quoted.text.split())
    while _width(text, "s") > _BUBBLE - 40:
        text = f"{text[: int(len(text) * 0.95) - 1].rstrip()}…"
    return text


def _lines(message: Message) -> Iterator[list[tuple[str, str]]]:
    """A message's lines, broken where they have to be: runs of (text, CSS classes)."""
    text = message.text
    styles = [""] * len(text)
    spans = within(text, ((one.offset, one.length) for one in message.entities))
    for entity, (begin, end) in zip(message.entities, spans, strict=True):
        style = _STYLES.get(type(entity).__name__.removeprefix("MessageEntity"), "")
        for at in range(begin, end):
            styles[at] = f"{styles[at]} {style}".strip()
    at = 0
    for paragraph in text.split("\n") if text else ():
        begin, here = at, 0.0
        for word in re.finditer(r"\S+\s*|\s+", paragraph):
            first = at + word.start()
            pairs = list(zip(word[0], styles[first:], strict=False))
            wide = sum(_width(one, style) for one, style in pairs)
            bare = wide - (_width(" ", "") if word[0].endswith(" ") else 0)
            if here and here + bare > _BUBBLE and "m" not in styles[first].split():
                yield _runs(text, styles, begin, first)
                begin, here = first, 0.0
            here += wide
        yield _runs(text, styles, begin, at + len(paragraph))
        at += len(paragraph) + 1


def _runs(text: str, styles: list[str], begin: int, end: int) -> list[tuple[str, str]]:
    return [
        ("".join(text[at] for at in run), style)
        for style, run in groupby(range(begin, end), key=lambda at: styles[at])
    ]


def _width(text: str, style: str) -> float:
    """About how wide a text is, in pixels."""
    if "m" in style.split():
        return len(text) * _CODE_SIZE * 0.605
    size = 12.5 if style.startswith("s") else _SIZE
    return size * (1.06 if "b" in style.split() else 1.0) * sum(map(_advance, text))


def _advance(letter: str) -> float:
    """About how wide a letter is, as a share of the font's size."""
    if letter in "iljtfrI.,:;'|!()[] -":
        return 0.3
    if letter in "mwMWшщжюфмыЖШЩЮФМ@—…":
        return 0.85
    if letter > "\u2fff":
        return 1.3
    return 0.69 if letter.isupper() else 0.55
