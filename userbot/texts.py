"""Texts for people: marked where they arise, in English, and translated where they are shown.

    raise StorageError(_("{path} is damaged.", path=path), _("Restore a backup."))
    n_("{count} question", "{count} questions", count)
    joined(_("The model is gone."), hint)

A `Text` is the English sentence, so it goes wherever a `str` does; what it was made from goes with
it, until `translated` looks the template up in `locale/` and fills it in anew. Particulars that are
texts, or errors, are translated too; all others are data: never looked up, and braces in them are
only braces. What is made of a text by other means (`+`, f-strings) is English for good.
"""

from __future__ import annotations

import functools
import locale
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

if TYPE_CHECKING:
    from gettext import GNUTranslations

Language = Literal["en", "ru"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

LOCALE = Path(__file__).parent / "locale"
"""Where the translations are, the way gettext lays them out; `make texts` compiles them."""


class Text(str):
    """A text in English that can be translated. Made by the functions below only."""

    template: str = ""
    """The text with `{name}` for each particular, as the translators see it."""
    plural: str = ""
    """The template for other numbers than 1, where the form depends on `values["count"]`."""
    context: str = ""
    """Tells texts apart that are the same in English only."""
    values: dict[str, Any] = {}  # noqa: RUF012  # each text has its own; nobody changes them
    parts: tuple[str, ...] = ()
    """What it is joined of, with `template` between the parts."""

    def __str__(self) -> Text:
        """Itself: `str(error)` can be translated as well."""
        return self

    def filled(self, **values: Any) -> Text:
        """A text of a table, with its particulars."""
        return _text(self.template, values, plural=self.plural, context=self.context)


def _(template: str, /, **values: Any) -> Text:
    """Mark a text. `template` is a literal; without particulars it may be `filled` later."""
    return _text(template, values)


def p_(context: str, template: str, /, **values: Any) -> Text:
    """Mark a text whose translation depends on the context."""
    return _text(template, values, context=context)


def n_(one: str, many: str, count: int, /, **values: Any) -> Text:
    """Mark a text whose form depends on a number: `{count}` in the template."""
    return _text(one, {"count": count, **values}, plural=many)


def joined(*parts: str, by: str = " ") -> Text:
    """Texts one after the other; those that are empty are left out."""
    parts = tuple(filter(None, parts))
    text = Text(by.join(parts))
    text.template, text.parts = by, parts
    return text


def quoted(words: str) -> Text:
    """Somebody's words, or a name, in quotation marks."""
    return _("“{words}”", words=words)


def by_english(english: str) -> Text:
    """A marked text that went through a library as a plain `str`, and has no particulars."""
    return _text(english, {})


def translated(text: str, language: Language) -> str:
    """A text in that language, as far as it is a `Text` and has a translation."""
    if language == "en" or not text or not isinstance(text, Text):
        return text
    if text.parts:
        return text.template.join(translated(part, language) for part in text.parts)
    return _format(_found(text, language), _values(text.values, language))


def _text(template: str, values: dict[str, Any], *, plural: str = "", context: str = "") -> Text:
    values = {
        name: str(value) if isinstance(value, Exception) else value
        for name, value in values.items()
    }
    chosen = plural if plural and values.get("count") != 1 else template
    text = Text(_format(chosen, values))
    text.template, text.plural, text.context, text.values = template, plural, context, values
    return text


def _format(template: str, values: dict[str, Any]) -> str:
    return template.format(**values) if values else template


class _WithComma(float):
    """A number whose fraction stands behind a comma, as in Russian."""

    def __format__(self, spec: str) -> str:
        return super().__format__(spec).replace(".", ",")


def _values(values: dict[str, Any], language: Language) -> dict[str, Any]:
    return {name: _value(value, language) for name, value in values.items()}


def _value(value: Any, language: Language) -> Any:
    if isinstance(value, Text):
        return translated(value, language)
    return _WithComma(value) if isinstance(value, float) and language == "ru" else value


def _found(text: Text, language: Language) -> str:
    catalog = _catalog(language)
    if text.plural:
        return catalog.ngettext(text.template, text.plural, text.values["count"])
    if text.context:
        return catalog.pgettext(text.context, text.template)
    return catalog.gettext(text.template)


def language_of(asked: str | None) -> Language:
    """The language to speak: the one asked for, else the system's if it is known."""
    return "ru" if (asked or _system_language()) == "ru" else "en"


def _system_language() -> str:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return os.environ[name][:2].lower()
    return (locale.getlocale()[0] or "en")[:2].lower()


@functools.cache
def _catalog(language: Language) -> GNUTranslations:
    from gettext import translation

    return translation("userbot", LOCALE, [language])
