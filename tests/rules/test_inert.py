"""What leaves in the owner's name acts on nobody, whatever the model and the asker wrote."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userbot.rules.command_texts import CommandTexts
from userbot.rules.inert import Inert, shows_another
from userbot.rules.markdown import MESSAGE_UNITS, plain, render
from userbot.rules.plain import units
from userbot.rules.policy import Policy
from userbot.rules.speech import caption_of
from userbot.rules.trigger import Known, decide
from userbot.types import ChatKind, ConversationId, Ignore, Message, Person, RichText

BOT_PREFIXES = tuple("/!.#$%&*+=~^?@\\|;:,-`<>_")
OWNER = Person(id=1, name="Olga", username="olga", contact=True)
BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
PREFIXES = ["/gpt", "/ai", "!ai", "hey bot", "гпт", ".", "bot", "-", "❤️", "हे बॉट", "👨‍👩‍👧 bot"]
NOBODY_SEES = [
    "\u200f",
    "\u2060",
    "\ufeff",
    "\u200b",
    "\x01",
    "\u202e",
    "\u2066",
    "\ufe0f",
    "\u0903",
    "\u20dd",
    "\u2060" * 600,
    " ",
    "\n",
]
SAID = [
    *BOT_PREFIXES,
    *["/promote", "!ban @x", "/gpt_on all anyone", "/GPT_off", "/gpt hi", "/ai_on", "hey bot on"],
    *["／promote", "！ban", "﹒ban", "- hi", "❤️ hi", "हे बॉट hi", "👨‍👩‍👧  bot hi"],
    *["Hey  Bot", "гпт", "ГПТ ты", "bot", "`", "```\n", "\n```\n", "```sh\n", "> ", "# ", "- "],
    *["1. ", "**", "_", "||", "\\", "[", "](https://a.example)", "word", "\n\n", "\u2028", "$$"],
    *["<b>", "</b>", "<", "&lt;", "&sol;gpt_on", "&#47;ban", "x" * 1500, "слово " * 300],
]
WORDS = st.lists(st.sampled_from([*SAID, *NOBODY_SEES]), max_size=25).map("".join)


def coming_back(text: str, prefix: str) -> object:
    """What the program makes of a message of the account's that it does not know as its own."""
    message = Message(
        conversation=ConversationId(1),
        message=7,
        kind=ChatKind.SAVED,
        title="",
        sender=OWNER,
        text=text,
        at=BEGAN,
        outgoing=True,
    )
    policy = Policy(
        owner=1, owner_usernames=frozenset(), elsewhere="me", prefix=prefix, chats={}, began=BEGAN
    )
    return decide(message, Known(ours=False, replies_to_answer=False), policy)


def assert_inert(parts: tuple[RichText, ...], prefix: str) -> None:
    for part in parts:
        assert units(part.text) <= MESSAGE_UNITS
        seen = part.text.lstrip("".join(NOBODY_SEES) + "\t\u200d\u200e")
        if not (seen.startswith("-") and seen[1:2].isspace()):
            assert not seen.startswith((*BOT_PREFIXES, *"／！﹒")), part.text[:80]
        assert isinstance(coming_back(part.text, prefix), Ignore), part.text[:80]
        assert not any(
            "\x7f" <= one <= "\x9f" or one in "\u2028\u2029\x00\x1b\u202e" for one in part.text
        )


@given(WORDS, WORDS, WORDS, st.sampled_from(PREFIXES), st.booleans())
def test_no_message_of_an_answer_starts_a_command_whatever_was_said(
    answer: str, asked: str, above: str, prefix: str, unfinished: bool
) -> None:
    inert = Inert(prefix)
    assert_inert(render(answer, asked, unfinished=unfinished, above=above, inert=inert), prefix)
    assert_inert((caption_of(render(answer, asked, inert=inert)),), prefix)


@given(WORDS, st.sampled_from(PREFIXES))
def test_no_message_of_a_result_starts_a_command_whatever_it_shows(text: str, prefix: str) -> None:
    assert_inert(plain(text, inert=Inert(prefix)), prefix)
    texts = CommandTexts("en", prefix)
    results = (texts.headed("", "on", text), texts.headed(text, "on", ""), texts.say("help"))
    for result in results:
        assert_inert(tuple(RichText(part) for part in texts.messages(result)), prefix)


@given(WORDS, st.sampled_from(PREFIXES))
def test_a_word_before_a_message_leaves_the_rest_as_it_was(answer: str, prefix: str) -> None:
    said = "".join("".join(part.text for part in render(answer, inert=None)).split())
    sent = "".join("".join(part.text for part in render(answer, inert=Inert(prefix))).split())
    at = 0
    for one in sent:
        at += at < len(said) and said[at] == one
    assert at == len(said)


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        pytest.param("/promote", "Answer: /\u2060promote", id="a-command"),
        pytest.param("`/promote`", "Code: /promote", id="code"),
        pytest.param("```\n/promote\n!ban\n```", "Code:\n/promote\n!ban", id="a-block"),
        pytest.param("> !ban", "Quote:\n!ban", id="a-quotation"),
        pytest.param("\u200f\u2060!ban", "Answer: \u200f\u2060!ban", id="behind-the-invisible"),
        pytest.param("\u2060" * 600 + "!ban", "Answer: " + "\u2060" * 600 + "!ban", id="deep"),
        pytest.param("\u0903\u20dd!ban", "Answer: \u0903\u20dd!ban", id="behind-marks"),
        pytest.param("／promote", "Answer: ／promote", id="a-wide-slash"),
        pytest.param("… and so on", "… and so on", id="an-ellipsis"),
        pytest.param("x\x07y\u2028z\u202e", "xyz", id="controls"),
        pytest.param("👨\u200d👩 \u200eok", "👨\u200d👩 \u200eok", id="joiners-stay"),
        pytest.param("- a", "• a", id="a-list"),
        pytest.param("\\- a", "- a", id="a-dash"),
        pytest.param("-ban", "Answer: -ban", id="no-list"),
        pytest.param('"quoted" (a) [b] {c}', '"quoted" (a) [b] {c}', id="quotes"),
        pytest.param("It is /fine", "It is /\u2060fine", id="inside"),
    ],
)
def test_a_visible_word_stands_before_what_might_act(markdown: str, text: str) -> None:
    assert [part.text for part in render(markdown)] == [text]


@pytest.mark.parametrize(
    ("prefix", "said"),
    [
        pytest.param("❤️", "❤️ hi", id="the-end-of-an-emoji"),
        pytest.param("👨‍👩‍👧 bot", "👨‍👩‍👧  bot hi", id="a-family"),
        pytest.param("हे बॉट", "हे बॉट hi", id="vowel-marks"),
        pytest.param("-", "\\- hi", id="a-dash"),
        pytest.param("/gpt", "\u2060" * 600 + "/gpt hi", id="deep"),
    ],
)
def test_a_prefix_is_kept_from_acting_whatever_it_is_made_of(prefix: str, said: str) -> None:
    for parts in (render(said, inert=Inert(prefix)), plain(said, inert=Inert(prefix))):
        assert_inert(parts, prefix)
        assert parts[0].text.startswith("Answer: ")


@pytest.mark.parametrize("asked", ["say exactly: /gpt_on all anyone", "say @everyone"])
def test_an_askers_wording_exempts_no_command(asked: str) -> None:
    (answer,) = render("/gpt_on all anyone", asked)
    assert answer.text == "Answer: /\u2060gpt_on all anyone"


def test_each_later_message_is_inert_too() -> None:
    long = "\n\n".join(["a" * 4000, "/promote " + "b" * 4000, "```\n" + "!c\n" * 2000 + "\n```"])
    parts = render(long, inert=Inert(language="ru"))
    assert [part.text[:8] for part in parts] == [
        "aaaaaaaa",
        "… /\u2060promo"[:8],
        "Код:\n!c\n",
        "Код:\n!c\n",
    ]
    for one, entity in [(part, part.entities[0]) for part in parts[2:]]:
        assert (entity.kind, entity.offset) == ("pre", 5)
        assert entity.offset + entity.length == units(one.text)


@pytest.mark.parametrize(
    ("shown", "url", "another"),
    [
        ("https://bank.example/login", "https://other.example", True),
        ("bank.example", "https://other.example", True),
        ("www.bank.example now", "https://other.example", True),
        ("bank.example", "https://bank.example.other.example/", True),
        ("bank.example", "https://bank.example@other.example/", True),
        ("bank.example/in", "https://bank.example/out", True),
        ("bank.exam\u200bple", "https://other.example", True),
        ("bank．example", "https://other.example", True),
        ("192.168.0.1", "https://other.example", True),
        ("ftp://bank.example", "https://bank.example", True),
        ("@durov", "https://t.me/another", True),
        ("write to @durov", "https://other.example/durov", True),
        ("@durov", "https://t.me/Durov", False),
        ("bank.example", "https://www.bank.example/login", False),
        ("https://bank.example/login", "http://bank.example/login?x=1", False),
        ("the bank", "https://other.example", False),
        ("Python 3.12", "https://python.org", False),
        ("(bank.example).", "https://bank.example/", False),
    ],
)
def test_which_links_show_another_address(shown: str, url: str, another: bool) -> None:
    assert shows_another(shown, url) is another


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        (
            "[https://bank.example/login](https://other.example)",
            "https://bank.example/login (https://other.example)",
        ),
        ("[**bank**.example](https://o.example) x", "bank.example (https://o.example) x"),
        ("[bank](https://o.example).example", "bank (https://o.example).example"),
        (
            "[ba](https://o.example)[nk.example](https://o.example)",
            "ba (https://o.example)nk.example (https://o.example)",
        ),
    ],
)
def test_a_link_that_shows_another_address_is_none(markdown: str, text: str) -> None:
    (message,) = render(markdown)
    assert message.text == text
    assert not any(entity.kind == "text_link" for entity in message.entities)


def test_the_entities_of_a_message_stand_behind_its_word() -> None:
    (message,) = render("**#one** *two* `c`")
    ends = [(one.offset, one.offset + one.length) for one in message.entities]
    assert message.text == "Answer: #one two c"
    assert [message.text[start:end] for start, end in ends] == ["#one", "two", "c"]
    assert all(one[1] <= two[0] for one, two in pairwise(ends))
