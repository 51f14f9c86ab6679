"""What of a text is a formula, decided before Markdown is parsed: money and variables are none."""

from __future__ import annotations

import re

from userbot.rules.plain import balanced

_COMMAND = re.compile(r"\\(?:text|mathrm|operatorname|mbox|textbf)\s*\{[^{}]*\}|\\[A-Za-z]{2,}")
_ESCAPE_OF_REGEX = re.compile(r"\\[dwsbDWSB](?![A-Za-z])")
_WORD = re.compile(r"[^\W\d_]+")
_SET_OFF = re.compile(r"(?:^|(?<=\s))[^\W\d_]{2,}(?=[,;:]?\s|$)")
_FUNCTION = re.compile(
    r"(?:arc)?(?:sin|cos|tan)h?|cot|sec|csc|log|ln|lg|exp|lim(?:sup|inf)?|(?:arg)?(?:max|min)"
    r"|sup|inf|arg|mod|gcd|lcm|det|dim|ker|deg|tr|rank|sgn",
    re.I,
)
_OPERATORS = re.compile(r"[=^_+<>≤≥≠≈→∈·×÷]|\w\s*[-*/|]\s*\w")
_NO_BEGIN = re.compile(r"[,;:!?)\]}&'\"/@%]|\.\D")
_NO_END = re.compile(r"(?:(?<!\\)[(\[{]|[&,:;\"@/=<]|(?<![\^_{])[+*])$")
_NOT_WITHIN = re.compile(r"(?<!\\)\$|[\"`#@;?\ufdef]|://|&(?!=)")
_PRICES = re.compile(r"[\d.,]+[,;] [\d.,]+")
_LONGEST_NAME = 3
_INLINE = re.compile(
    r"(?<![A-Za-z0-9$])\$(?!\s)((?:\\.|[^$\\\n`])+?)(?<!\s)\$(?![A-Za-z0-9$({]|\.\w)"
)
_DISPLAY = re.compile(r"(?<![\w$])\$\$(?!\$)([^$`]+?)\$\$(?![\w$])")
_LATEX = r"(?:\\\\|(?!\\[()\[\]])[^`])"
_PARENTHESES = re.compile(rf"\\\(({_LATEX}+?)\\\)")
_BRACKETS = re.compile(rf"\\\[({_LATEX}+?)\\\]")
_KINDS = (("$$", _DISPLAY), ("$", _INLINE), ("\\(", _PARENTHESES), ("\\[", _BRACKETS))


def formula(text: str, at: int) -> re.Match[str] | None:
    """The formula whose opening mark stands there, its content as group 1; None if it is none.

    Inline: no space inside the marks, no digit or word at them, all on one line (pandoc's rule).
    Whatever the marks, nothing but mathematics may stand within.
    """
    for mark, pattern in _KINDS:
        if text.startswith(mark, at):
            found = pattern.match(text, at)
            display = mark != "$"
            return found if found and is_formula(found[1].strip(), display=display) else None
    return None


def is_formula(content: str, *, display: bool = False) -> bool:
    """Whether this is mathematics and not prose, money or code.

    `display`: its marks are seldom anything else; a command of LaTeX within is enough then.
    """
    bare = _COMMAND.sub(" 0 ", content)
    if display and bare != content:
        return True
    if not any(character.isalnum() for character in bare) or not balanced(content):
        return False
    if _NO_BEGIN.match(content) or _NO_END.search(content) or _NOT_WITHIN.search(content):
        return False
    if _ESCAPE_OF_REGEX.search(content) or _PRICES.fullmatch(content):
        return False
    words = [word for word in _WORD.findall(bare) if not _FUNCTION.fullmatch(word)]
    if any(not word[0].isascii() and not _greek(word) for word in words):
        return False
    if any(not _FUNCTION.fullmatch(word) for word in _SET_OFF.findall(bare)) and (
        not _OPERATORS.search(bare) or re.search(r"[^\W\d_]{2,}[,;:]?\s+[^\W\d_]{2,}", bare)
    ):
        return False
    return bool(
        bare != content
        or _OPERATORS.search(bare)
        or all(len(word) <= _LONGEST_NAME for word in words)
    )


def _greek(word: str) -> bool:
    return all("\u0370" <= character <= "\u03ff" or character > "\U0001d3ff" for character in word)
