"""Who is answered: every rule, who × where × how."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userbot.rules.policy import Allowed, ChatRule, Policy
from userbot.rules.trigger import (
    TELEGRAM_ITSELF,
    Known,
    command_of,
    decide,
    is_order,
    question_of,
)
from userbot.settings import Respond, VoiceConfig
from userbot.types import (
    ChatKind,
    Command,
    ConversationId,
    Decision,
    Ignore,
    Message,
    Person,
    Question,
    Voice,
)

BEGAN = datetime(2026, 11, 1, 12, 0, 0, 700_000, tzinfo=UTC)
LATER = BEGAN + timedelta(hours=1)

OWNER = Person(id=1, name="Olga", username="olga")
FRIEND = Person(id=2, name="Finn", contact=True)
NAMED = Person(id=3, name="Nora")
STRANGER = Person(id=4, name="Sam")
EVERYBODY = [
    pytest.param(OWNER, id="owner"),
    pytest.param(FRIEND, id="contact"),
    pytest.param(NAMED, id="named"),
    pytest.param(STRANGER, id="stranger"),
]
OTHERS = EVERYBODY[1:]

GROUP = -1001
UNLISTED = -1002
KINDS = {1: ChatKind.SAVED, 2: ChatKind.PRIVATE, 3: ChatKind.PRIVATE, 4: ChatKind.PRIVATE}

STRANGE = Known(ours=False, replies_to_answer=False)
TO_ANSWER = Known(ours=False, replies_to_answer=True)


def message(
    text: str = "",
    sender: Person | None = OWNER,
    chat: int = GROUP,
    *,
    reply_to: int | None = None,
    mentions: tuple[int | str, ...] = (),
    media: str | None = None,
    forwarded: bool = False,
) -> Message:
    return Message(
        conversation=ConversationId(chat),
        message=10,
        kind=KINDS.get(chat, ChatKind.SUPERGROUP),
        title="A chat",
        sender=sender,
        text=text,
        at=LATER,
        outgoing=sender == OWNER,
        reply_to=reply_to,
        mentions=frozenset(mentions),
        media=media,
        forwarded=forwarded,
    )


def policy(
    respond: Respond = "all",
    allowed: Allowed = "anyone",
    *,
    chat: int = GROUP,
    elsewhere: Allowed = "me",
    prefix: str = "/gpt",
) -> Policy:
    return Policy(
        prefix=prefix,
        owner=OWNER.id,
        owner_usernames=frozenset({"olga", "olga_second"}),
        elsewhere=elsewhere,
        chats={chat: ChatRule(respond=respond, allowed=allowed)},
        began=BEGAN,
    )


def outcome(decision: Decision) -> str:
    """A decision as one word: "ask: text", "command: name" or the reason."""
    if isinstance(decision, Question):
        return f"ask: {decision.text}"
    if isinstance(decision, Command):
        return f"command: {decision.name}"
    return decision.reason


# Rule 1: never answered, whoever asks, however.

SPEECHES = [
    pytest.param("/gpt hello", id="prefix"),
    pytest.param("/gpt_new", id="command"),
    pytest.param("hello", id="words"),
]


@pytest.mark.parametrize("text", SPEECHES)
@pytest.mark.parametrize("sender", EVERYBODY)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"service": True}, "service", id="service message"),
        pytest.param({"by_machine": "via_bot"}, "via_bot", id="sent via a bot"),
        pytest.param({"by_machine": "via_business_bot"}, "via_business_bot", id="a connected bot"),
        pytest.param({"by_machine": "away"}, "away", id="an away message"),
        pytest.param({"post": True}, "post", id="channel's post or its auto-forward"),
        pytest.param({"sender": None}, "no_sender", id="nobody"),
        pytest.param({"at": BEGAN - timedelta(seconds=1)}, "before_start", id="before first start"),
    ],
)
def test_some_messages_are_never_answered(
    text: str, sender: Person, change: dict[str, object], reason: str
) -> None:
    incoming = replace(message(text, sender, mentions=("olga",)), **change)  # type: ignore[arg-type]
    assert decide(incoming, TO_ANSWER, policy()) == Ignore(reason)


@pytest.mark.parametrize("text", SPEECHES)
@pytest.mark.parametrize(
    ("sender", "reason"),
    [
        pytest.param(Person(id=9, name="Robot", bot=True, contact=True), "bot", id="bot"),
        pytest.param(Person(id=-1003, name="A channel"), "channel_sender", id="channel"),
        pytest.param(Person(id=GROUP, name="The group"), "channel_sender", id="anonymous admin"),
        pytest.param(replace(FRIEND, blocked=True), "blocked", id="somebody we blocked"),
        pytest.param(Person(id=TELEGRAM_ITSELF, name="Telegram"), "service", id="login codes"),
    ],
)
def test_some_senders_are_never_answered(text: str, sender: Person, reason: str) -> None:
    assert decide(message(text, sender), TO_ANSWER, policy()) == Ignore(reason)


@pytest.mark.parametrize("text", SPEECHES)
@pytest.mark.parametrize("chat", [GROUP, UNLISTED, OWNER.id])
def test_an_answer_of_ours_is_never_a_question(text: str, chat: int) -> None:
    known = Known(ours=True, replies_to_answer=True)
    assert decide(message(text, OWNER, chat), known, policy(chat=chat)) == Ignore("ours")


def test_a_channels_post_has_no_sender_and_is_still_called_a_post() -> None:
    incoming = replace(message("/gpt hi", None), post=True)
    assert decide(incoming, STRANGE, policy()) == Ignore("post")


def test_a_message_of_the_same_second_as_the_first_start_counts_as_after_it() -> None:
    incoming = replace(message("/gpt hi"), at=BEGAN.replace(microsecond=0))
    assert outcome(decide(incoming, STRANGE, policy())) == "ask: hi"


# Rule 2: commands.


@pytest.mark.parametrize("chat", [GROUP, UNLISTED, OWNER.id, FRIEND.id])
@pytest.mark.parametrize(
    ("text", "command"),
    [
        pytest.param("/gpt_new", Command("new", ""), id="bare"),
        pytest.param("/gpt_history 5", Command("history", "5"), id="argument"),
        pytest.param("/GPT_Model Gpt-X", Command("model", "Gpt-X"), id="any case"),
        pytest.param("/gpt_system\nBe\nbrief ", Command("system", "Be\nbrief"), id="lines"),
        pytest.param("/gpt_on all anyone", Command("on", "all anyone"), id="several words"),
        pytest.param("/gpt_nonsense", Command("nonsense", ""), id="unknown, to be told"),
        pytest.param("/gpt_", Command("help", ""), id="nothing after the line"),
    ],
)
def test_a_command_of_the_owner_is_carried_out_in_any_chat(
    chat: int, text: str, command: Command
) -> None:
    assert decide(message(text, OWNER, chat), STRANGE, policy("off", "me")) == command


@pytest.mark.parametrize("sender", OTHERS)
@pytest.mark.parametrize("chat", [GROUP, UNLISTED])
@pytest.mark.parametrize("text", ["/gpt_new", "/gpt_forget @nora", "/gpt_", "/gpt_new@robot"])
def test_a_command_of_anybody_else_is_ignored(sender: Person, chat: int, text: str) -> None:
    decision = decide(message(text, sender, chat), TO_ANSWER, policy(elsewhere="anyone"))
    assert decision == Ignore("not_owner_command")


def test_a_command_for_another_bot_is_not_ours() -> None:
    assert decide(message("/gpt_new@robot"), STRANGE, policy()) == Ignore("other_bots_command")


def test_a_forwarded_command_is_no_command() -> None:
    incoming = message("/gpt_new", forwarded=True)
    assert decide(incoming, STRANGE, policy()) == Ignore("owner_no_prefix")


@pytest.mark.parametrize(
    ("prefix", "text", "expected"),
    [
        pytest.param("/ai", "/ai_new", Command("new", ""), id="slash word"),
        pytest.param("/ai", "/gpt_new", None, id="slash word replaces gpt"),
        pytest.param("/Бот", "/бот_new", Command("new", ""), id="slash word in Russian"),
        pytest.param("!ai", "/gpt_new", Command("new", ""), id="another sign"),
        pytest.param("!ai", "!ai_new", None, id="another sign takes no commands"),
        pytest.param("hey bot", "/gpt_new", Command("new", ""), id="words"),
        pytest.param("/a.i", "/gpt_new", Command("new", ""), id="not a word after the slash"),
        pytest.param("/gpt", "/gptx_new", None, id="a longer word"),
        pytest.param("/gpt", "see /gpt_new", None, id="not at the start"),
    ],
)
def test_commands_follow_a_slash_prefix_and_stay_gpt_with_any_other(
    prefix: str, text: str, expected: Command | None
) -> None:
    assert command_of(text, prefix) == expected


# The prefix.


@pytest.mark.parametrize(
    ("prefix", "text", "question"),
    [
        pytest.param("/gpt", "/gpt hello", "hello", id="space"),
        pytest.param("/gpt", "/gpt\nhello\nyou", "hello\nyou", id="new line"),
        pytest.param("/gpt", "/gpt\thello", "hello", id="tab"),
        pytest.param("/gpt", "/gpt\u00a0hello", "hello", id="no-break space"),
        pytest.param("/gpt", "/gpt\u3000hello", "hello", id="ideographic space"),
        pytest.param("/gpt", "/GPT  Hello ", "Hello", id="any case"),
        pytest.param("/gpt", "/gpt", "", id="alone"),
        pytest.param("/gpt", "/gpt \n ", "", id="white space only"),
        pytest.param("/gpt", "/gptx hello", None, id="longer word"),
        pytest.param("/gpt", "/gpt@robot hello", None, id="addressed to a bot"),
        pytest.param("/gpt", "/gpt, hello", None, id="comma"),
        pytest.param("/gpt", "/gpt\u200bhello", None, id="zero width is no space"),
        pytest.param("/gpt", "/gpt_new", None, id="command"),
        pytest.param("/gpt", " /gpt hello", None, id="not at the very start"),
        pytest.param("/gpt", "try /gpt hello", None, id="in the middle"),
        pytest.param("/gpt", "gpt hello", None, id="without its slash"),
        pytest.param("/gpt", "", None, id="no text"),
        pytest.param("/бот", "/БОТ привет", "привет", id="Russian"),
        pytest.param("a.b*", "A.B* hi", "hi", id="signs are taken literally"),
        pytest.param("a.b*", "aXbbb hi", None, id="signs are no pattern"),
        pytest.param("hey bot", "Hey  bot hi", "hi", id="two words"),
        pytest.param("hey bot", "hey bottle", None, id="two words, longer"),
    ],
)
def test_the_prefix_stands_at_the_start_and_ends_with_white_space(
    prefix: str, text: str, question: str | None
) -> None:
    assert question_of(text, prefix) == question


@given(st.text(), st.sampled_from(["/gpt", "!ai", "hey bot"]))
def test_what_follows_the_prefix_is_the_question_whatever_it_is(rest: str, prefix: str) -> None:
    assert question_of(f"{prefix} {rest}", prefix) == rest.strip()


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        pytest.param(OWNER, "command: help", id="owner sees help"),
        pytest.param(FRIEND, "bare_prefix", id="others see nothing"),
    ],
)
def test_a_bare_prefix_shows_help_to_the_owner_alone(sender: Person, expected: str) -> None:
    assert outcome(decide(message("/gpt", sender), STRANGE, policy())) == expected


@pytest.mark.parametrize("sender", [OWNER, FRIEND])
@pytest.mark.parametrize(
    ("text", "known", "asked", "about_reply"),
    [
        pytest.param("/gpt", STRANGE, "", True, id="bare, to a message"),
        pytest.param("/gpt translate", STRANGE, "translate", True, id="with words, to a message"),
        pytest.param("/gpt", TO_ANSWER, "", True, id="bare, to our answer"),
        pytest.param("/gpt more", TO_ANSWER, "more", False, id="with words, to our answer"),
    ],
)
def test_the_prefix_as_a_reply_asks_about_the_message_replied_to(
    sender: Person, text: str, known: Known, asked: str, about_reply: bool
) -> None:
    decision = decide(message(text, sender, reply_to=7), known, policy("prefix"))
    assert isinstance(decision, Question)
    assert (decision.text, decision.about_reply, decision.reply_to) == (asked, about_reply, 7)


def test_a_question_carries_all_that_is_stored_of_it() -> None:
    incoming = replace(
        message("/gpt hello", FRIEND), conversation=ConversationId(GROUP, 5), title="Weekend"
    )
    assert decide(incoming, STRANGE, policy()) == Question(
        conversation=ConversationId(GROUP, 5),
        source=GROUP,
        message=10,
        kind=ChatKind.SUPERGROUP,
        title="Weekend",
        sender=FRIEND,
        text="hello",
        at=LATER,
        by_owner=False,
        plain=True,
    )


# Rule 3: the owner.


@pytest.mark.parametrize("respond", ["all", "mention", "prefix", "off"])
@pytest.mark.parametrize("allowed", ["me", "contacts", "anyone", frozenset({NAMED.id})])
@pytest.mark.parametrize("chat", [GROUP, UNLISTED, FRIEND.id, OWNER.id])
def test_the_owners_prefix_asks_in_any_chat(respond: Respond, allowed: Allowed, chat: int) -> None:
    rules = replace(policy(respond, allowed), elsewhere=allowed)
    for listed in (rules, policy(respond, allowed, chat=OWNER.id)):
        decision = decide(message("/gpt hi", OWNER, chat), STRANGE, listed)
        assert isinstance(decision, Question)
        assert decision.by_owner


@pytest.mark.parametrize("respond", ["all", "mention", "prefix", "off"])
@pytest.mark.parametrize("chat", [GROUP, UNLISTED, FRIEND.id])
@pytest.mark.parametrize("known", [STRANGE, TO_ANSWER])
def test_the_owner_without_prefix_is_left_alone(respond: Respond, chat: int, known: Known) -> None:
    incoming = message("hello @olga", OWNER, chat, reply_to=7, mentions=("olga",))
    assert decide(incoming, known, policy(respond, chat=chat)) == Ignore("owner_no_prefix")


@pytest.mark.parametrize(
    ("respond", "text", "known", "expected"),
    [
        pytest.param("all", "hi", STRANGE, "ask: hi", id="all: any text"),
        pytest.param("mention", "hi", STRANGE, "ask: hi", id="mention: it is a private chat"),
        pytest.param("prefix", "hi", STRANGE, "no_prefix", id="prefix: words are notes"),
        pytest.param("prefix", "hi", TO_ANSWER, "ask: hi", id="prefix: a reply to an answer"),
        pytest.param("off", "hi", STRANGE, "off", id="off: words"),
        pytest.param("off", "hi", TO_ANSWER, "off", id="off: a reply to an answer"),
        pytest.param("off", "/gpt hi", STRANGE, "ask: hi", id="off: the owner's prefix"),
    ],
)
@pytest.mark.parametrize("allowed", ["me", frozenset({NAMED.id})])
def test_in_saved_messages_the_block_decides(
    respond: Respond, text: str, known: Known, expected: str, allowed: Allowed
) -> None:
    rules = policy(respond, allowed, chat=OWNER.id)
    assert outcome(decide(message(text, OWNER, OWNER.id), known, rules)) == expected


def test_saved_messages_that_are_not_listed_stay_the_owners_notes() -> None:
    assert decide(message("hi", OWNER, OWNER.id), STRANGE, policy()) == Ignore("not_listed")


# Rules 4 to 6: who may ask, and where.

WHO_MAY = [
    pytest.param("me", set(), id="me"),
    pytest.param("contacts", {FRIEND.id}, id="contacts"),
    pytest.param("anyone", {FRIEND.id, NAMED.id, STRANGER.id}, id="anyone"),
    pytest.param(frozenset({NAMED.id}), {NAMED.id}, id="a list"),
    pytest.param(frozenset(), set(), id="an empty list"),
]


@pytest.mark.parametrize("sender", OTHERS)
@pytest.mark.parametrize(("allowed", "may"), WHO_MAY)
@pytest.mark.parametrize("respond", ["all", "mention", "prefix"])
def test_the_prefix_asks_for_those_whom_the_chat_lets_in(
    sender: Person, allowed: Allowed, may: set[int], respond: Respond
) -> None:
    decision = decide(message("/gpt hi", sender), STRANGE, policy(respond, allowed))
    assert outcome(decision) == ("ask: hi" if sender.id in may else "not_allowed")


@pytest.mark.parametrize("sender", OTHERS)
@pytest.mark.parametrize(("allowed", "may"), WHO_MAY)
def test_the_prefix_in_a_chat_not_listed_asks_for_those_whom_the_trigger_lets_in(
    sender: Person, allowed: Allowed, may: set[int]
) -> None:
    rules = policy("all", "anyone", elsewhere=allowed)
    for chat in (UNLISTED, sender.id):
        decision = decide(message("/gpt hi", sender, chat), STRANGE, rules)
        assert outcome(decision) == ("ask: hi" if sender.id in may else "not_allowed")


@pytest.mark.parametrize("sender", OTHERS)
@pytest.mark.parametrize(("allowed", "may"), WHO_MAY)
def test_words_ask_only_where_everything_is_a_question_and_of_whom_it_lets_in(
    sender: Person, allowed: Allowed, may: set[int]
) -> None:
    decision = decide(message("hi", sender), STRANGE, policy("all", allowed))
    assert outcome(decision) == ("ask: hi" if sender.id in may else "not_allowed")


@pytest.mark.parametrize("sender", OTHERS)
@pytest.mark.parametrize("elsewhere", ["me", "contacts", "anyone", frozenset({NAMED.id})])
@pytest.mark.parametrize("known", [STRANGE, TO_ANSWER])
def test_talk_in_a_chat_not_listed_is_nobodys_question(
    sender: Person, elsewhere: Allowed, known: Known
) -> None:
    rules = policy("all", "anyone", elsewhere=elsewhere)
    for chat in (UNLISTED, sender.id):
        incoming = message("hi @olga", sender, chat, mentions=("olga", OWNER.id))
        assert decide(incoming, known, rules) == Ignore("not_listed")


@pytest.mark.parametrize("text", ["/gpt hi", "hi"])
@pytest.mark.parametrize("known", [STRANGE, TO_ANSWER])
def test_where_respond_is_off_nobody_else_is_answered(text: str, known: Known) -> None:
    incoming = message(text, FRIEND, mentions=("olga",))
    assert decide(incoming, known, policy("off", "anyone")) == Ignore("off")


@pytest.mark.parametrize("text", ["/gpt hi", "hi"])
def test_who_is_forgotten_is_kept_out(text: str) -> None:
    known = Known(ours=False, replies_to_answer=True, forgotten=True)
    assert decide(message(text, FRIEND), known, policy()) == Ignore("forgotten")
    assert outcome(decide(message("/gpt hi"), known, policy())) == "ask: hi"


# Rules 7 and 8: what a listed chat answers without the prefix.


@pytest.mark.parametrize("respond", ["all", "mention", "prefix"])
def test_a_reply_to_an_answer_of_ours_asks(respond: Respond) -> None:
    decision = decide(message("why?", FRIEND, reply_to=7), TO_ANSWER, policy(respond))
    assert isinstance(decision, Question)
    assert (decision.text, decision.reply_to, decision.about_reply) == ("why?", 7, False)


@pytest.mark.parametrize(
    ("respond", "chat", "mentions", "expected"),
    [
        pytest.param("all", GROUP, (), "ask: hi", id="all"),
        pytest.param("prefix", GROUP, ("olga",), "no_prefix", id="prefix"),
        pytest.param("mention", GROUP, (), "no_mention", id="mention: nobody named"),
        pytest.param("mention", GROUP, ("olga",), "ask: hi", id="mention: by name"),
        pytest.param("mention", GROUP, ("olga_second",), "ask: hi", id="mention: by another name"),
        pytest.param("mention", GROUP, (OWNER.id,), "ask: hi", id="mention: by id"),
        pytest.param("mention", GROUP, ("nora", 3), "no_mention", id="mention: somebody else"),
        pytest.param("mention", FRIEND.id, (), "ask: hi", id="mention: private chat"),
        pytest.param("prefix", FRIEND.id, (), "no_prefix", id="prefix: private chat"),
    ],
)
@pytest.mark.parametrize("reply_to", [None, 7])
def test_respond_decides_about_words_without_prefix(
    respond: Respond,
    chat: int,
    mentions: tuple[int | str, ...],
    expected: str,
    reply_to: int | None,
) -> None:
    incoming = message("hi", FRIEND, chat, mentions=mentions, reply_to=reply_to)
    assert outcome(decide(incoming, STRANGE, policy(respond, chat=chat))) == expected


# Forwarded words are somebody else's; forwarding them is the sender's act.


@pytest.mark.parametrize(
    ("respond", "sender", "chat", "expected"),
    [
        pytest.param("all", FRIEND, GROUP, "ask: /gpt hi", id="all: a message like any"),
        pytest.param("mention", FRIEND, FRIEND.id, "ask: /gpt hi", id="mention: private chat"),
        pytest.param("mention", FRIEND, GROUP, "no_mention", id="mention: not his words"),
        pytest.param("prefix", FRIEND, GROUP, "no_prefix", id="prefix: not his words"),
        pytest.param("prefix", FRIEND, UNLISTED, "not_listed", id="not listed"),
        pytest.param("all", OWNER, GROUP, "owner_no_prefix", id="the owner"),
        pytest.param("all", OWNER, OWNER.id, "ask: /gpt hi", id="into Saved Messages"),
    ],
)
def test_forwarded_words_hold_no_prefix_and_no_mention(
    respond: Respond, sender: Person, chat: int, expected: str
) -> None:
    listed = GROUP if chat == UNLISTED else chat
    rules = policy(respond, chat=listed, elsewhere="anyone")
    incoming = message("/gpt hi", sender, chat, mentions=("olga",), forwarded=True)
    assert outcome(decide(incoming, STRANGE, rules)) == expected


# Messages without words.


@pytest.mark.parametrize(
    ("text", "sender", "chat", "media", "expected"),
    [
        pytest.param("", FRIEND, GROUP, "photo", "no_text", id="photo"),
        pytest.param("", FRIEND, GROUP, None, "no_text", id="nothing at all"),
        pytest.param("look", FRIEND, GROUP, "photo", "ask: [photo] look", id="photo, caption"),
        pytest.param("/gpt who?", OWNER, GROUP, "photo", "ask: [photo] who?", id="caption"),
        pytest.param("/gpt", OWNER, GROUP, "photo", "no_text", id="bare prefix under a photo"),
    ],
)
def test_a_message_without_words_is_no_question_yet(
    text: str, sender: Person, chat: int, media: str | None, expected: str
) -> None:
    incoming = message(text, sender, chat, media=media)
    assert outcome(decide(incoming, STRANGE, policy("all", chat=chat))) == expected


# Sound.

NOTE = Voice(kind="voice", size=11_000, seconds=4)
SONG = Voice(kind="audio", size=4_000_000, seconds=200)
ONCE = Voice(kind="voice", size=11_000, seconds=4, sealed="view_once")


def sound(voice: Voice, text: str = "", sender: Person = FRIEND, **more: Any) -> Message:
    return replace(message(text, sender, media="voice", **more), voice=voice)


def listening(respond: Respond, *wake_words: str, enabled: bool = True) -> Policy:
    rules = policy(respond, elsewhere="anyone")
    rule = VoiceConfig(enabled=enabled, wake_words=wake_words)
    return replace(rules, chats={GROUP: replace(rules.chats[GROUP], voice=rule)})


def heard(decision: Decision) -> str:
    """As `outcome`, with what is listened to."""
    if not isinstance(decision, Question):
        return outcome(decision)
    how = "first" if decision.listen_first else "yes" if decision.voice else "no"
    return f"{outcome(decision)} listen: {how}"


@pytest.mark.parametrize(
    ("respond", "incoming", "known", "expected"),
    [
        pytest.param("all", sound(NOTE), STRANGE, "ask:  listen: yes", id="all"),
        pytest.param("all", sound(SONG), STRANGE, "ask:  listen: yes", id="all, a song"),
        pytest.param(
            "all", sound(NOTE, forwarded=True), STRANGE, "ask:  listen: yes", id="all, forwarded"
        ),
        pytest.param("all", sound(NOTE, "hm"), STRANGE, "ask: hm listen: yes", id="caption"),
        pytest.param("all", sound(ONCE), STRANGE, "view_once", id="to be heard once"),
        pytest.param("all", sound(ONCE, "hm"), STRANGE, "ask: [voice] hm listen: no", id="once"),
        pytest.param("all", sound(NOTE, sender=OWNER), STRANGE, "owner_no_prefix", id="the owner"),
        pytest.param("mention", sound(NOTE), STRANGE, "no_mention", id="mention"),
        pytest.param("mention", sound(NOTE), TO_ANSWER, "ask:  listen: yes", id="to an answer"),
        pytest.param("prefix", sound(NOTE), STRANGE, "no_prefix", id="prefix"),
        pytest.param("prefix", sound(NOTE), TO_ANSWER, "ask:  listen: yes", id="prefix, answer"),
        pytest.param(
            "prefix", sound(SONG, "/gpt sum up"), STRANGE, "ask: sum up listen: yes", id="under it"
        ),
        pytest.param("prefix", sound(NOTE, "/gpt"), STRANGE, "ask:  listen: yes", id="bare prefix"),
        pytest.param("off", sound(NOTE), TO_ANSWER, "off", id="off"),
    ],
)
def test_sound_asks_where_words_would(
    respond: Respond, incoming: Message, known: Known, expected: str
) -> None:
    assert heard(decide(incoming, known, listening(respond))) == expected


@pytest.mark.parametrize(
    ("respond", "incoming", "expected"),
    [
        pytest.param("mention", sound(NOTE), "ask:  listen: first", id="mention"),
        pytest.param("mention", sound(NOTE, "psst"), "ask:  listen: first", id="beside a caption"),
        pytest.param("mention", sound(SONG), "no_mention", id="a song is no speech"),
        pytest.param("mention", sound(NOTE, forwarded=True), "no_mention", id="others' words"),
        pytest.param("mention", sound(ONCE), "no_mention", id="once"),
        pytest.param("prefix", sound(NOTE), "no_prefix", id="prefix"),
        pytest.param(
            "mention",
            sound(NOTE, "@olga", mentions=("olga",)),
            "ask: @olga listen: yes",
            id="addressed in writing",
        ),
        pytest.param("mention", sound(NOTE, sender=OWNER), "owner_no_prefix", id="the owner"),
    ],
)
def test_wake_words_are_listened_for_where_they_are_configured(
    respond: Respond, incoming: Message, expected: str
) -> None:
    assert heard(decide(incoming, STRANGE, listening(respond, "olga"))) == expected


def test_a_stranger_is_not_listened_to() -> None:
    rules = listening("mention", "olga")
    rules = replace(rules, chats={GROUP: replace(rules.chats[GROUP], allowed="contacts")})
    assert decide(sound(NOTE, sender=STRANGER), STRANGE, rules) == Ignore("not_allowed")


def test_where_voice_is_off_sound_is_as_good_as_none() -> None:
    rules = listening("all", enabled=False)
    assert decide(sound(NOTE), STRANGE, rules) == Ignore("voice_off")
    assert heard(decide(sound(NOTE, "hm"), STRANGE, rules)) == "ask: [voice] hm listen: no"


def test_in_saved_messages_the_owner_may_speak() -> None:
    assert heard(decide(sound(NOTE, sender=OWNER, chat=1), STRANGE, policy("all", chat=1))) == (
        "ask:  listen: yes"
    )


@pytest.mark.parametrize("marks", ["\u200f", "\ufeff", "\u2067\u200b", "\u200f ", "\u2060\u2060"])
def test_marks_that_nobody_sees_do_not_hide_a_prefix(marks: str) -> None:
    assert question_of(f"{marks}/gpt hi", "/gpt") == "hi"
    assert command_of(f"{marks}/gpt_off", "/gpt") == Command("off", "")


@pytest.mark.parametrize(
    ("text", "sender", "chat", "expected"),
    [
        pytest.param("/gpt -q when?", OWNER, GROUP, ("when?", 1, GROUP, True), id="quiet"),
        pytest.param("/gpt -q when?", OWNER, UNLISTED, ("when?", 1, UNLISTED, True), id="unlisted"),
        pytest.param("/gpt -q when?", OWNER, 1, ("when?", 1, None, True), id="where it is"),
        pytest.param("/gpt -q when?", FRIEND, GROUP, ("when?", GROUP, None, False), id="others"),
        pytest.param("/gpt -c A when?", OWNER, GROUP, ("when?", GROUP, None, False), id="not here"),
        pytest.param("-q when?", OWNER, 1, ("-q when?", 1, None, False), id="no prefix"),
    ],
)
def test_switches_say_where_an_answer_goes(
    text: str, sender: Person, chat: int, expected: tuple[str, int, int | None, bool]
) -> None:
    rules = policy(chat=1) if text[0] == "-" else policy()
    decision = decide(message(text, sender, chat), STRANGE, rules)
    assert isinstance(decision, Question)
    about = None if decision.about is None else decision.about.chat
    assert (decision.text, decision.conversation.chat, about, decision.quiet) == expected
    assert decision.source == chat
    assert decision.replied_to == (None if decision.quiet else 10)
    assert decision.about_name == ("A chat" if decision.about else "")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param('/gpt -c "Weekend plans" when?', "Weekend plans", id="a title"),
        pytest.param("/gpt -c -q when?", "-c", id="no chat"),
    ],
)
def test_in_saved_messages_a_question_names_the_chat_that_it_is_about(text: str, name: str) -> None:
    decision = decide(message(text, OWNER, 1), STRANGE, policy())
    assert isinstance(decision, Question)
    assert (decision.text, decision.about_name, decision.about) == ("when?", name, None)


@pytest.mark.parametrize("text", ["/gpt -q", "/gpt -q -c Club", "/gpt -c Club --"])
def test_switches_alone_ask_nothing(text: str) -> None:
    assert outcome(decide(message(text, OWNER, 1), STRANGE, policy())) == "command: help"


@pytest.mark.parametrize(
    ("given", "is_one"),
    [
        pytest.param(message("/gpt_usage"), True, id="the owner's"),
        pytest.param(message("/gpt_usage@somebody"), True, id="the owner's, to another bot"),
        pytest.param(message("/gpt_usage", FRIEND), False, id="of somebody else"),
        pytest.param(message("/gpt_usage", forwarded=True), False, id="forwarded"),
        pytest.param(message("/gpt usage"), False, id="a question"),
    ],
)
def test_a_command_is_one_where_it_is_the_owners_own_words(given: Message, is_one: bool) -> None:
    assert is_order(given, policy()) is is_one


@pytest.mark.parametrize(
    ("given", "prefixed"),
    [
        pytest.param(message("/gpt hello", FRIEND), True, id="the prefix"),
        pytest.param(message("hello", FRIEND), False, id="every message"),
        pytest.param(message("/gpt hello", FRIEND, forwarded=True), False, id="forwarded"),
    ],
)
def test_a_question_tells_whether_its_sender_wrote_the_prefix(
    given: Message, prefixed: bool
) -> None:
    question = decide(given, STRANGE, policy())
    assert isinstance(question, Question)
    assert question.prefixed is prefixed


@pytest.mark.parametrize(
    ("text", "reply_to", "reads", "said"),
    [
        pytest.param("/gpt what is it?", None, True, "ask: [document “a”] what is it?", id="asked"),
        pytest.param("/gpt", None, True, "ask: [document “a”]", id="the prefix alone"),
        pytest.param("/gpt", 5, True, "ask: [document “a”]", id="rather than the reply"),
        pytest.param("what is it?", None, True, "ask: [document “a”] what is it?", id="words"),
        pytest.param("", None, True, "no_text", id="not a word"),
        pytest.param("/gpt", None, False, "no_text", id="not read, the prefix alone"),
        pytest.param("/gpt what?", None, False, "ask: [document “a”] what?", id="not read"),
        pytest.param("/gpt_help", None, True, "not_owner_command", id="no order"),
    ],
)
def test_a_document_is_asked_about_as_a_picture_is(
    text: str, reply_to: int | None, reads: bool, said: str
) -> None:
    given = replace(message(text, FRIEND, reply_to=reply_to, media="document “a”"), document=True)
    decision = decide(given, STRANGE, replace(policy(), documents=reads))
    assert outcome(decision) == said
    if isinstance(decision, Question):
        assert decision.documents == ((10,) if reads else ())
        assert not decision.about_reply
