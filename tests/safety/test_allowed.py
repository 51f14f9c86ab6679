"""The list of allowed methods: what is not on it never leaves the machine."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from telethon.tl import functions, types

from tests.harness import Stage
from userbot.errors import TelegramError
from userbot.ports import SystemClock
from userbot.rules.rate_limiter import RateLimiter
from userbot.telegram.client import Client, new_client
from userbot.telegram.gate import Gate
from userbot.telegram.requests import ALLOWED, checked

CLUB = types.InputChannel(1, 2)
PEER = types.InputPeerUser(1, 2)
SOMEBODY = types.InputUser(1, 2)
FORBIDDEN = [
    functions.channels.JoinChannelRequest(CLUB),
    functions.messages.ImportChatInviteRequest("hash"),
    functions.channels.InviteToChannelRequest(CLUB, [SOMEBODY]),
    functions.messages.AddChatUserRequest(1, SOMEBODY, 0),
    functions.contacts.ImportContactsRequest([]),
    functions.contacts.AddContactRequest(SOMEBODY, "a", "b", "c"),
    functions.contacts.BlockRequest(PEER),
    functions.messages.ReadHistoryRequest(PEER, 1),
    functions.channels.ReadHistoryRequest(CLUB, 1),
    functions.account.UpdateStatusRequest(offline=False),
    functions.account.UpdateProfileRequest(first_name="x"),
    functions.account.DeleteAccountRequest("why"),
    functions.messages.ForwardMessagesRequest(PEER, [1], PEER, [2]),
    functions.messages.SendReactionRequest(PEER, 1),
    functions.auth.ResetAuthorizationsRequest(),
]  # fmt: skip


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[Client]:
    gate = Gate(RateLimiter(1, 20), SystemClock(), print, print)
    client = new_client(stage.settings().telegram, gate, persistent=False)
    await client.connect()
    yield client
    await client.disconnect()


def wrapped(request: object) -> list[object]:
    """A request as it may be wrapped (core.telegram.org/api/invoking)."""
    return [
        request,
        functions.InvokeWithLayerRequest(1, request),
        functions.InvokeWithoutUpdatesRequest(request),
        functions.InvokeAfterMsgRequest(1, functions.InvokeWithTakeoutRequest(2, request)),
    ]


@pytest.mark.parametrize("request_", FORBIDDEN, ids=lambda one: type(one).__name__)
async def test_what_is_not_on_the_list_raises_before_it_leaves(
    stage: Stage, client: Client, request_: object
) -> None:
    before = len(stage.telegram.calls)
    for one in wrapped(request_):
        with pytest.raises(TelegramError, match="which is not allowed"):
            await client(one)
        with pytest.raises(TelegramError):
            await client._call(client._sender, [one])
    assert len(stage.telegram.calls) == before, "the server saw nothing"


def test_what_is_on_the_list_passes_in_its_wrappers() -> None:
    for one in wrapped(functions.users.GetUsersRequest([types.InputUserSelf()])):
        checked(one)


def test_nothing_on_the_list_joins_invites_reads_or_shows_the_account() -> None:
    names = {f"{kind.__module__}.{kind.__name__}".lower() for kind in ALLOWED}
    for word in ("join", "invite", "importcontacts", "addcontact", "readhistory", "updatestatus"):
        assert not [name for name in names if word in name], word


async def test_a_client_that_is_connected_asks_only_what_is_on_the_list(stage: Stage) -> None:
    program = await stage.program()
    stage.max.says(stage.group, "/gpt hello")
    await stage.max.expects(stage.group, from_=stage.olga)
    await program.stop()
    allowed = {kind.__name__.removesuffix("Request").lower() for kind in ALLOWED}
    methods = {call.method.rpartition(".")[2].lower() for call in stage.telegram.calls}
    assert methods <= allowed, methods - allowed


async def test_telegram_transcribes_nothing_but_what_is_being_understood(
    stage: Stage, client: Client
) -> None:
    before = len(stage.telegram.calls)
    asking = functions.messages.TranscribeAudioRequest(PEER, 7)
    with pytest.raises(TelegramError, match="another recording"):
        await client(asking)
    for chat, message in ((1, 8), (2, 7)):
        for one in wrapped(asking):
            with client.gate.listening(chat, message), pytest.raises(TelegramError):
                await client(one)
    assert len(stage.telegram.calls) == before, "the server saw nothing"
