"""Texts: marked where they arise, translated where they are shown, every one of them."""

from __future__ import annotations

import ast
import copy
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tests.russian import english_in
from userbot import errors
from userbot.errors import UserbotError
from userbot.texts import LOCALE, Text, _, joined, n_, p_, translated

PACKAGE = LOCALE.parent
MARKS = {"_": 1, "n_": 2, "p_": 2}
"""What marks texts, and how many of its arguments are literals."""
SOURCES = [file for file in sorted(PACKAGE.rglob("*.py")) if "sandbox" not in file.parts]
TELLING = {"Notice", "Failed", "Skipped", "Limited", "Waiting", "Fault", "Problem", "Finding"}
TELLING |= {"tell", "tell_below", "ask", "ask_until", "ask_choice", "aside", "said", "skipped"}
TELLING |= {name for name, kind in vars(errors).items() if isinstance(kind, type)}
"""What is given to these is told to a person."""
TOLD = {"detail", "hint", "error", "message", "otherwise", "told"}
"""Their arguments that are texts."""


@pytest.fixture(params=sorted(LOCALE.glob("*/LC_MESSAGES/userbot.po")), ids=lambda p: p.parts[-3])
def po(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture
def catalog(po: Path) -> Catalog:
    with po.open("rb") as file:
        return read_po(file, locale=po.parts[-3])


def test_a_text_is_its_english_sentence() -> None:
    text = _("{name} is damaged.", name="history.db")
    assert text == "history.db is damaged."
    assert json.dumps([text]) == '["history.db is damaged."]'
    assert translated(text, "en") == text


def test_an_error_keeps_what_its_text_is_made_from() -> None:
    told = str(UserbotError(_("Nothing was erased.")))
    assert isinstance(told, Text)
    assert told.template == "Nothing was erased."
    assert isinstance(copy.deepcopy(told), Text)


def erased(count: int, whom: str) -> Text:
    return n_(
        "Erased {count} question and its answer: {whom}.",
        "Erased {count} questions and their answers: {whom}.",
        count,
        whom=whom,
    )


@pytest.mark.parametrize(
    ("count", "english", "russian"),
    [
        pytest.param(1, "1 question and", "Удалён 1 вопрос", id="one"),
        pytest.param(3, "3 questions and", "Удалены 3 вопроса", id="few"),
        pytest.param(11, "11 questions and", "Удалено 11 вопросов", id="eleven"),
        pytest.param(101, "101 questions and", "Удалён 101 вопрос", id="ends-in-one"),
        pytest.param(0, "0 questions and", "Удалено 0 вопросов", id="none"),
    ],
)
def test_a_number_asks_for_its_form(count: int, english: str, russian: str) -> None:
    text = erased(count, "x")
    assert english in text
    assert translated(text, "ru").startswith(russian)


def test_particulars_that_are_texts_are_translated_and_others_are_data() -> None:
    assert translated(erased(0, _("the whole history")), "ru").endswith(": вся история.")
    for name in ("the whole history", "{0}", "{whom.__class__}", "{"):
        assert translated(erased(0, name), "ru").endswith(f": {name}.")


def test_a_fraction_stands_behind_a_comma_in_russian_and_behind_a_point_in_english() -> None:
    text = _("{seconds:.1f} s", seconds=2.9)
    assert (translated(text, "en"), translated(text, "ru")) == ("2.9 s", "2,9 с")


def test_joined_texts_are_translated_one_by_one() -> None:
    text = joined(_("Nothing was erased."), "", "srv {x}", by=" · ")
    assert text == "Nothing was erased. · srv {x}"
    assert translated(text, "ru") == "Ничего не удалено. · srv {x}"


def test_what_is_no_text_stays_as_it_is() -> None:
    assert translated("Nothing was erased.", "ru") == "Nothing was erased."
    assert translated(joined(), "ru") == ""


def test_the_context_tells_apart_what_is_the_same_in_english() -> None:
    assert translated(p_("event", "answered"), "ru") == "ответ"
    assert translated(p_("state", "answered"), "ru") == "отвечено"


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def marks(file: Path) -> Iterator[ast.Call]:
    """Each place in a file where a text is marked."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            yield node


def literals(mark: ast.Call) -> list[ast.expr]:
    """What has to be literal there: context, text, and the text for many."""
    return mark.args[: MARKS[mark.func.id]]  # type: ignore[attr-defined]


def marked() -> Iterator[tuple[str | None, tuple[str, ...]]]:
    """Each text that is marked in the package, with its context."""
    for mark in (mark for file in SOURCES for mark in marks(file)):
        texts = [ast.literal_eval(one) for one in literals(mark)]
        context = texts.pop(0) if mark.func.id == "p_" else None  # type: ignore[attr-defined]
        yield context, tuple(texts)


def test_each_marked_text_is_translated_and_nothing_else_is(catalog: Catalog) -> None:
    known = [one for one in catalog if one.id]
    hint = "run `make texts`, which finds no marks inside f-strings"
    assert {(one.context, _forms(one.id)) for one in known} == set(marked()), hint
    assert [one.id for one in known if one.fuzzy or not all(_forms(one.string))] == []
    assert not catalog.obsolete


def _forms(texts: object) -> tuple[str, ...]:
    """A text or a translation in each of its forms."""
    return tuple(texts) if isinstance(texts, tuple | list) else (str(texts or ""),)


def test_a_translation_has_the_particulars_of_its_text(catalog: Catalog) -> None:
    for message in catalog:
        wanted = set().union(*map(_particulars, _forms(message.id)))
        for told in _forms(message.string) if message.id else ():
            assert _particulars(told) | {"count"} & wanted == wanted, (message.id, told)


def _particulars(template: str) -> set[str]:
    return {name for _before, name, _spec, _as in Formatter().parse(template) if name is not None}


def test_no_english_is_left_in_the_russian(catalog: Catalog) -> None:
    for message in catalog:
        for told in _forms(message.string) if message.id else ():
            assert not english_in(told), told


def test_the_compiled_catalog_is_that_of_the_po(po: Path, catalog: Catalog) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    assert po.with_suffix(".mo").read_bytes() == compiled.getvalue(), "run `make texts`"


def test_only_literals_are_marked_with_every_particular_by_name() -> None:
    for mark in (mark for file in SOURCES for mark in marks(file)):
        texts = literals(mark)
        stands = ast.unparse(mark)
        assert all(isinstance(one, ast.Constant) for one in texts), stands
        counted = {"count"} if len(mark.args) > len(texts) else set()
        given = {str(one.arg) for one in mark.keywords} | counted
        wanted = set().union(*(_particulars(ast.literal_eval(one)) for one in texts))
        assert not given or wanted == given, stands


def test_no_sentence_is_told_without_a_mark() -> None:
    told = [
        f"{file}: {ast.unparse(part)}"
        for file in SOURCES
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in TELLING
        for given in [*node.args, *(one.value for one in node.keywords if one.arg in TOLD)]
        for part in ([given.body, given.orelse] if isinstance(given, ast.IfExp) else [given])
        if isinstance(part, ast.JoinedStr) or re.search(r"\w \w", _constant(part))
    ]
    assert told == [], "mark them with _()"


def _constant(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""


def test_the_mark_is_no_name_for_what_is_thrown_away() -> None:
    for function in (node for file in SOURCES for node in ast.walk(tree(file))):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
            own = list(_own(function))
            thrown = {one.id for one in own if isinstance(one.ctx, ast.Store)}
            marks = {one.id for one in own if isinstance(one.ctx, ast.Load)}
            assert not {"_"} & thrown & marks, ast.unparse(function)


def _own(scope: ast.AST) -> Iterator[ast.Name]:
    """The names of a function, without those that comprehensions keep to themselves."""
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, ast.Name):
            yield node
        inner = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, inner):
            yield from (one for one in _own(node) if isinstance(one.ctx, ast.Load))
        else:
            yield from _own(node)
