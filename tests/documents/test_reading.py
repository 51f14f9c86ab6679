"""What is read of a document, whatever its name: by the code of the process that reads, here."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from tests.documents import made
from userbot.documents import child
from userbot.documents.extract import CHARACTERS_A_PAGE, Extract, UnreadableError, pieces

LOCKED = made.zipped({"a.txt": "x"}).replace(b"PK\1\2\x14\3\x14\0\0", b"PK\1\2\x14\3\x14\0\1")
"""A zip whose file is encrypted, as its list says."""


def read(data: bytes, pages: int = 100, pictures: int = 4) -> list[dict[str, Any]]:
    """What the process would say of a document."""
    out = io.StringIO()
    child.read(data, Extract(out, pages, pictures))
    return [json.loads(line) for line in out.getvalue().splitlines()]


def words(data: bytes, **wanted: int) -> str:
    return "\n".join(row["text"] for row in read(data, **wanted) if "text" in row)


def refusal(data: bytes) -> str:
    with pytest.raises(UnreadableError) as raised:
        read(data)
    return raised.value.reason


@pytest.mark.parametrize("kind", made.all_kinds(made.ENGLISH))
@pytest.mark.parametrize("said", [made.ENGLISH, made.RUSSIAN], ids=["english", "russian"])
def test_a_document_of_each_kind_says_what_it_says(kind: str, said: tuple[str, str]) -> None:
    text = words(made.all_kinds(said)[kind])
    assert said[0] in text
    assert said[1] in text
    assert "alert" not in text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        *(
            pytest.param(
                encoding, "Съешь ещё этих булок, да выпей чаю. МОСКВА, Тверь.", id=encoding
            )
            for encoding in ("cp1251", "koi8-r", "cp866", "utf-8", "utf-8-sig", "utf-16")
        ),
        pytest.param("utf-16-le", "Привет, как твои дела сегодня?", id="utf-16 without a mark"),
        pytest.param("utf-16-be", "Привет, как твои дела сегодня?", id="the other way round"),
        pytest.param("utf-32", "Привет", id="utf-32"),
        pytest.param("cp1251", "def f(): # считает слова\n" * 9, id="cp1251 among code"),
        pytest.param("cp1252", "Über die Straße für Mädchen: 5 €.", id="german"),
        pytest.param("cp1252", "Déjà vu à l'école", id="french"),
        pytest.param("cp1252", "Grüße", id="one word"),
        *(
            pytest.param(encoding, "ДОГОВОР АРЕНДЫ № 5", id=f"capitals in {encoding}")
            for encoding in ("cp1251", "cp866")
        ),
        pytest.param("koi8-r", "ДОГОВОР АРЕНДЫ КВАРТИРЫ", id="capitals in koi8-r"),
        pytest.param("ascii", "plain", id="ascii"),
    ],
)
def test_a_text_in_whatever_encoding_is_understood(encoding: str, text: str) -> None:
    assert words(text.encode(encoding)) == text.strip()


def test_of_utf_8_with_a_damaged_letter_the_rest_is_read() -> None:
    data = ("много слов " * 500).encode() + b"\xd0"
    assert words(data).startswith("много слов много")


def test_what_a_reader_sees_of_a_page_is_what_is_read() -> None:
    page = (
        "<html><head><title>News</title><style>p{}</style></head><body><h2>Prices</h2>"
        "<table><tr><td>bread</td><td>2 &euro;</td></tr></table><ul><li>one<li>two</ul>"
        "<script>if (a < b) alert(1)</script><svg><text>no</text></svg>end</body></html>"
    )
    lines = [line for line in words(page.encode()).splitlines() if line]
    assert lines == ["News", "## Prices", "bread\t2 €", "- one", "- two", "end"]


def test_a_table_of_word_keeps_its_rows() -> None:
    cell = "<w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>"
    row = f"<w:tr>{cell.format('bread')}{cell.format('2')}</w:tr>"
    text = words(made.docx([], body=f"<w:tbl>{row}</w:tbl>"))
    assert text.split() == ["bread", "2"]


def test_slides_are_in_the_order_in_which_they_are_shown_with_their_own_notes() -> None:
    rows = read(made.pptx(["one", "two", "three"], order=[3, 1, 2], notes={2: "smile"}))
    pages = [row["text"] for row in rows if "page" in row]
    assert pages == ["three", "one", "two\n\nNotes: smile"]


def test_a_text_that_tells_of_another_kind_is_a_text() -> None:
    text = "A PDF begins with %PDF-1.7, a zip with PK."
    assert words(text.encode()) == text


def test_what_has_no_pages_is_cut_between_lines() -> None:
    rows = read("\n".join(f"line {at}" for at in range(2000)).encode())
    pages = [row["text"] for row in rows if "page" in row]
    assert len(pages) > 3
    assert all(len(page) <= CHARACTERS_A_PAGE for page in pages)
    assert all(page.startswith("line ") for page in pages)
    assert "".join(pieces("a" * 9000)) == "a" * 9000


def test_no_more_pages_are_read_than_wanted_and_that_is_told() -> None:
    rows = read(made.pdf([f"page {at} of a document with words" for at in "abcdefg"]), pages=3)
    assert [row["page"] for row in rows if "page" in row] == [1, 2, 3]
    assert rows[0]["pages"] == 7
    assert rows[-1] == {"end": True, "cut": True}


@pytest.mark.parametrize(
    "stamp",
    [
        pytest.param("", id="nothing"),
        pytest.param("Scanned with CamScanner", id="a stamp"),
        pytest.param("Page {} of 3", id="numbers"),
    ],
)
def test_a_scan_comes_as_pictures_of_its_first_pages(stamp: str) -> None:
    rows = read(made.pdf([stamp.format(at) for at in (1, 2, 3)]), pictures=2)
    assert [row["picture"] for row in rows if "picture" in row] == [1, 2]
    assert rows[-1]["cut"]


def test_marks_that_turn_the_direction_of_what_follows_are_gone() -> None:
    assert words("a\u202eb\u2066c\x07d\ufeff\r\ne".encode()) == "abcd\ne"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(made.encrypted_pdf(), "encrypted", id="encrypted pdf"),
        pytest.param(made.pdf(["words"])[:40], "broken", id="cut off"),
        pytest.param(bytes(range(256)) * 20, "unknown", id="binary"),
        pytest.param(made.zipped({"a.txt": "x"}), "unknown", id="any zip"),
        pytest.param(made.zipped({"a.log": b"0" * 20_000_000}), "unknown", id="a log, well packed"),
        pytest.param(made.zipped({"mimetype": b"0" * 20_000_000}), "unknown", id="a long kind"),
        pytest.param(LOCKED, "unknown", id="encrypted zip"),
        pytest.param(made.ole({"!_StringPool": b""}), "unknown", id="installer"),
        pytest.param(made.ole({"WordDocument": b""}), "old_office", id="old word"),
        pytest.param(made.ole({"EncryptedPackage": b""}), "encrypted", id="encrypted office"),
        pytest.param(b" \n ", "empty", id="blank"),
        pytest.param(made.docx([""]), "empty", id="blank docx"),
        pytest.param(
            made.docx([], body="&a;", doctype='<!DOCTYPE w [<!ENTITY a "b">]>'),
            "bomb",
            id="entities",
        ),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, reason: str) -> None:
    assert refusal(data) == reason
