"""Whatever was asked, quoted, heard and answered: words that go are in no byte of any file.

A history is made up, and one of its words' owners, messages or dates is taken away. What has to be
gone then is told here once more, in other words than in the eraser's statements.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.questions import ANNA, NOW, OWNER, answer, authorized, question
from userbot.storage.store import Store
from userbot.types import (
    CHANNELS,
    Expected,
    Finish,
    Person,
    Question,
    Quoted,
    Source,
    Transcript,
    Usage,
)

BEN = Person(id=502, name="Ben")
PEOPLE = (ANNA, BEN, OWNER)
CHATS = (ANNA.id, -4_000_001, CHANNELS - 1)
HOUR = timedelta(hours=1)
STATES = ("pending", "answering", "whole", "answered", "failed")


@dataclass(frozen=True)
class Quotation:
    """A message that a question quotes."""

    person: Person
    expires: bool
    heard: bool


@dataclass(frozen=True)
class Story:
    """A question, and what has become of it."""

    sender: Person
    chat: int
    state: str
    expires: bool
    heard: bool
    quotes: tuple[Quotation, ...]
    """The one it replies to last, what stands above it before that."""
    cited: tuple[Person, ...]
    """Whose messages its answer cites."""


@dataclass(frozen=True)
class Erasing:
    """What happens: `what` to the story and the quotation (or person) of these numbers."""

    what: str
    story: int
    which: int


people = st.sampled_from(PEOPLE)
stories = st.lists(
    st.builds(
        Story,
        sender=people,
        chat=st.sampled_from(CHATS),
        state=st.sampled_from(STATES),
        expires=st.booleans(),
        heard=st.booleans(),
        quotes=st.lists(
            st.builds(Quotation, person=people, expires=st.booleans(), heard=st.booleans()),
            max_size=3,
        ).map(tuple),
        cited=st.lists(people, max_size=2).map(tuple),
    ),
    min_size=1,
    max_size=4,
)
erasings = st.lists(
    st.builds(
        Erasing,
        what=st.sampled_from(
            ["question", "answer", "quotation", "citation", "forget", "expire", "clear"]
        ),
        story=st.integers(0, 3),
        which=st.integers(0, 2),
    ),
    min_size=1,
    max_size=3,
)


class History:
    """Stories as they stand in a database; each word in it is there under a name of its own."""

    def __init__(self, store: Store, told: list[Story]) -> None:
        self.store = store
        self.told = told
        self.gone: set[str] = set()
        for number, story in enumerate(told):
            self._tell(number, story)

    def words(self, number: int) -> set[str]:
        """All words of a story: its own, those of its answer, and those it quotes."""
        quotes = self.told[number].quotes
        return {
            word(number, name)
            for name in ("asked", "heard", "written", "answer", *map(str, range(len(quotes))))
        } | {word(number, f"{place}-heard") for place in range(len(quotes))}

    def happens(self, erasing: Erasing) -> None:
        """Something takes words away; from then on they have to be gone."""
        number = erasing.story % len(self.told)
        story, deleted = self.told[number], self.store.eraser.deleted
        chat = story.chat if story.chat < CHANNELS else None
        match erasing.what:
            case "question" | "answer":
                deleted(chat, [message(number, erasing.what)], NOW)
                if erasing.what == "question" or story.state != "pending":
                    self.gone |= self.words(number)
            case "quotation" if story.quotes:
                place = erasing.which % len(story.quotes)
                deleted(chat, [message(number, str(place))], NOW)
                self.gone |= self._unquoted(number, place)
            case "citation" if story.cited:
                deleted(chat, [message(number, f"6{erasing.which % len(story.cited)}")], NOW)
                self.gone |= self._uncited(number)
            case "forget":
                self._forget(PEOPLE[erasing.which % len(PEOPLE)])
            case "expire":
                self.store.eraser.expired(NOW + HOUR)
                for one, told in enumerate(self.told):
                    if told.expires:
                        self.gone |= self.words(one)
                    for place, quotation in enumerate(told.quotes):
                        if quotation.expires:
                            self.gone |= self._unquoted(one, place)
            case "clear":
                self.store.eraser.clear(NOW)
                for one, told in enumerate(self.told):
                    if told.state in ("answered", "failed"):
                        self.gone |= self.words(one)

    def _forget(self, person: Person) -> None:
        self.store.eraser.forget(person.id, NOW)
        for one, told in enumerate(self.told):
            if told.sender == person:
                self.gone |= self.words(one)
            if person in told.cited:
                self.gone |= self._uncited(one)
            for place, quotation in enumerate(told.quotes):
                if quotation.person == person:
                    self.gone |= self._unquoted(one, place)

    def _uncited(self, number: int) -> set[str]:
        """What goes with a cited message: an answer with all its words; of one that is still being
        given the answer alone."""
        if self.told[number].state == "answered":
            return self.words(number)
        return {word(number, "answer")} if self.told[number].state == "whole" else set()

    def _unquoted(self, number: int, place: int) -> set[str]:
        """What goes with a quoted message: what it says aloud, and what stands above it."""
        above = {
            word(number, name)
            for higher in range(place)
            for name in (f"{higher}", f"{higher}-heard")
        }
        return above | {word(number, str(place)), word(number, f"{place}-heard")}

    def _tell(self, number: int, story: Story) -> None:
        store = self.store
        asked = store.questions.add(
            replace(
                question(
                    word(number, "asked"),
                    chat=story.chat,
                    message=message(number, "question"),
                    sender=story.sender,
                ),
                expires_at=NOW + HOUR if story.expires else None,
            ),
            NOW,
        )
        assert asked is not None
        if quotes := list(_quoted(number, story)):
            store.quotes.keep(asked, replace(quotes[-1], above=tuple(quotes[:-1])))
        for place, quotation in enumerate(story.quotes):
            heard = Transcript(text=word(number, f"{place}-heard"), model="m", seconds=1)
            if quotation.heard:
                store.transcripts.keep(asked, message(number, str(place)), heard, NOW, words=True)
            else:
                store.transcripts.keep_parts(asked, message(number, str(place)), [heard], NOW)
        if story.heard:
            heard = Transcript(text=word(number, "heard"), model="m", seconds=1)
            store.transcripts.keep(asked, asked.message, heard, NOW, words=True)
        self._answer(number, story, asked)

    def _answer(self, number: int, story: Story, asked: Question) -> None:
        store, given_answer = self.store, answer(word(number, "answer"))
        cited = tuple(
            Source(
                chat=story.chat,
                message=message(number, f"6{place}"),
                person=one.id,
                name="",
                at=NOW,
            )
            for place, one in enumerate(story.cited)
        )
        if story.state == "pending":
            return
        payment = authorized(store, asked)
        store.outbound.record(asked, 0, number, word(number, "written"), NOW)
        store.outbound.confirm(number, message(number, "answer"))
        if story.state in ("whole", "answered"):
            finish = Finish("stop", Usage(1, 1), "m")
            whole = (given_answer.text, finish)
            store.ledger.capture(payment, 1, NOW, usage=Usage(1, 1), whole=whole, cites=cited)
        if story.state == "answered":
            store.questions.settle(asked, given_answer, NOW)  # what it cites was said before
        elif story.state == "failed":
            store.questions.mark(asked, "failed", "server_error", NOW)


def _quoted(number: int, story: Story) -> Iterator[Quoted]:
    for place, quotation in enumerate(story.quotes):
        yield Quoted(
            quotation.person.name,
            word(number, str(place)),
            message=message(number, str(place)),
            person=quotation.person.id,
            expires_at=NOW + HOUR if quotation.expires else None,
        )


def word(number: int, name: str) -> str:
    return f"<word {name} of {number}>"


def message(number: int, name: str) -> int:
    return 100 * number + (int(name) if name.isdigit() else {"question": 50, "answer": 51}[name])


def on_disk(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()))


@settings(max_examples=60)
@given(told=stories, happening=erasings)
def test_words_that_go_are_in_no_byte_of_any_file(
    told: list[Story], happening: list[Erasing]
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "history.db"
        with Store.open(path) as store:
            history = History(store, told)
            assert word(0, "asked").encode() in on_disk(path)
            for erasing in happening:
                history.happens(erasing)
                there = on_disk(path)
                assert {one for one in history.gone if one.encode() in there} == set()
            kept = on_disk(path)
        for number in range(len(told)):
            if not history.gone & history.words(number):
                assert word(number, "asked").encode() in kept, "nothing else goes"


steps = st.lists(
    st.tuples(st.sampled_from(["request", "end", "end again", "refused", "killed"]), people),
    max_size=20,
)


@settings(max_examples=60)
@given(steps)
def test_each_request_has_one_payment_whatever_cuts_it_off(taken: list[tuple[str, Person]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "history.db"
        store, under_way, ended, requests = Store.open(path), list[int](), list[int](), 0
        for message_id, (step, person) in enumerate(taken, 1):
            match step:
                case "request":
                    asked = store.questions.add(question(message=message_id, sender=person), NOW)
                    assert asked is not None
                    store.ledger.expect(asked.id, Expected(5, 5))
                    under_way.append(authorized(store, asked))
                    requests += 1
                case "end" if under_way:
                    ended.append(under_way.pop())
                    store.ledger.capture(ended[-1], 10, NOW, usage=Usage(3, 4))
                case "end again" if ended:
                    store.ledger.capture(ended[-1], 10, NOW, usage=Usage(3, 4))
                    store.ledger.void(ended[-1])
                case "refused" if under_way:
                    store.ledger.void(under_way.pop())
                    requests -= 1
                case "killed":
                    store.close()
                    store = Store.open(path)
                    for lost in store.ledger.authorized("run"):
                        store.ledger.capture(lost.id, 10, NOW, usage=Usage(3, 4))
                    ended, under_way = [*ended, *under_way], []
        ((rows, captured),) = store.database.rows(
            "SELECT count(*), count(*) FILTER (WHERE state = 'captured') FROM payments"
        )
        assert (rows, captured) == (requests, requests - len(under_way))
        paid = store.ledger.spent(0, NOW, NOW - HOUR)[0]
        assert paid.cost_today == 10 * captured
        store.close()
