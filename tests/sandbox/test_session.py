"""Sessions: salts, ids, containers, service messages; played by hand against the sans-IO side."""

import struct
import time
from hashlib import sha256
from typing import Any

import pytest
from telethon.crypto import AES
from telethon.network.mtprotostate import MTProtoState

from userbot.sandbox import tl
from userbot.sandbox.mtproto.auth_key import AuthKey, InvalidMessageError, PlainMessage
from userbot.sandbox.mtproto.clock import MessageIds, Salts
from userbot.sandbox.mtproto.session import (
    DestroyKey,
    DestroySession,
    DisconnectAfter,
    Event,
    Request,
    Session,
)

KEY = AuthKey(bytes(range(256)))
REQUEST = tl.functions.help.GetConfigRequest()


class Pair:
    """A client's side of one session, with nothing between it and the server's."""

    def __init__(self) -> None:
        self.now = time.time()
        self.salts = Salts(b"secret", KEY.id)
        self.session = Session(42, self.salts, MessageIds())
        self._last = 0

    def msg_id(self, seconds: float = 0) -> int:
        self._last = max(int((self.now + seconds) * 2**32) & ~3, self._last + 4)
        return self._last

    def send(self, *bodies: Any, salt: int | None = None, msg_id: int | None = None) -> list[Event]:
        """Sends objects or bytes: one as it is, several in a container."""
        data = [body if isinstance(body, bytes) else bytes(body) for body in bodies]
        if len(data) == 1:
            body = data[0]
        else:
            body = struct.pack("<II", 0x73F1F8DC, len(data))
            for part in data:
                body += struct.pack("<qii", self.msg_id(), 1, len(part)) + part
        salt = self.salts.current(self.now) if salt is None else salt
        message = PlainMessage(salt, 42, msg_id or self.msg_id(), 1, body)
        return self.session.receive(message, self.now)

    def answers(self) -> list[Any]:
        """What the server sends now, containers opened; new_session_created is left out."""
        message = self.session.flush(self.now)
        if message is None:
            return []
        assert message.msg_id % 2 == 1
        value = tl.read(message.body)
        parts = (
            [m.obj for m in value.messages] if isinstance(value, tl.MessageContainer) else [value]
        )
        return [part for part in parts if not isinstance(part, tl.types.NewSessionCreated)]


@pytest.fixture
def pair() -> Pair:
    return Pair()


def test_a_session_is_announced_once_with_the_salt(pair: Pair) -> None:
    (request,) = pair.send(REQUEST)
    assert isinstance(request, Request)
    message = pair.session.flush(pair.now)
    assert message
    created = tl.read(message.body)
    assert created.server_salt == message.salt == pair.salts.current(pair.now)
    assert created.first_msg_id == request.msg_id
    pair.send(REQUEST)
    assert pair.session.flush(pair.now) is None


def test_a_wrong_salt_is_answered_with_the_right_one_and_nothing_is_done(pair: Pair) -> None:
    outer = pair.msg_id(5)
    assert pair.send(REQUEST, REQUEST, salt=0, msg_id=outer) == []
    (bad,) = pair.answers()
    assert (bad.bad_msg_id, bad.error_code) == (outer, 48)
    assert bad.new_server_salt == pair.salts.current(pair.now)
    assert len(pair.send(REQUEST, REQUEST)) == 2


def test_the_last_salt_is_still_good_and_the_one_before_is_not(pair: Pair) -> None:
    salt = pair.salts.current(pair.now)
    assert pair.salts.is_valid(salt, pair.now + 1800)
    assert not pair.salts.is_valid(salt, pair.now + 3600)
    future = pair.salts.future(3, pair.now)
    assert [each.salt for each in future][1] == pair.salts.current(pair.now + 1800)


@pytest.mark.parametrize(
    ("offset", "extra", "code"),
    [
        pytest.param(-301, 0, 16, id="too old"),
        pytest.param(31, 0, 17, id="too new"),
        pytest.param(0, 1, 18, id="not divisible by 4"),
    ],
)
def test_a_wrong_message_id_is_named(pair: Pair, offset: int, extra: int, code: int) -> None:
    number = (int((pair.now + offset) * 2**32) & ~3) + extra
    assert pair.send(REQUEST, msg_id=number) == []
    (bad,) = pair.answers()
    assert (bad.bad_msg_id, bad.error_code) == (number, code)


def test_a_request_is_carried_out_once_and_its_answer_repeated(pair: Pair) -> None:
    number = pair.msg_id()
    assert len(pair.send(REQUEST, msg_id=number)) == 1
    assert pair.send(REQUEST, msg_id=number) == []
    assert pair.answers() == []
    pair.session.answer(number, tl.write(True))
    (answer,) = pair.answers()
    pair.send(REQUEST, msg_id=number)
    (again,) = pair.answers()
    assert (again.req_msg_id, again.body[:4]) == (answer.req_msg_id, answer.body[:4])


def test_a_long_result_is_gzipped(pair: Pair) -> None:
    (request,) = pair.send(REQUEST)
    assert isinstance(request, Request)
    result = bytes(tl.types.RpcError(400, "x" * 2000))
    pair.session.answer(request.msg_id, result)
    message = pair.session.flush(pair.now)
    assert message
    assert len(message.body) < 200


def test_parts_of_files_are_not_gzipped_and_not_all_remembered(pair: Pair) -> None:
    numbers = [pair.msg_id() for _ in range(5)]
    result = bytes(1 << 20)
    for number in numbers:
        pair.send(REQUEST, msg_id=number)
        pair.session.answer(number, result)
        message = pair.session.flush(pair.now)
        assert message
        assert len(message.body) > len(result)
    # The oldest answers were let go: the request would be carried out anew.
    carried_out = [len(pair.send(REQUEST, msg_id=number)) for number in numbers]
    assert carried_out == [1, 1, 0, 0, 0]


def test_a_gzipped_request_is_unpacked(pair: Pair) -> None:
    (request,) = pair.send(bytes(tl.GzipPacked(bytes(REQUEST))))
    assert isinstance(request, Request)
    assert isinstance(request.body, tl.functions.help.GetConfigRequest)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(struct.pack("<IIqii", 0x73F1F8DC, 1, 4, 1, 100), id="cut short"),
        pytest.param(struct.pack("<II", 0x73F1F8DC, 9), id="wrong count"),
        pytest.param(
            struct.pack("<IIqiiII", 0x73F1F8DC, 1, 4, 1, 8, 0x73F1F8DC, 0), id="one in another"
        ),
    ],
)
def test_a_broken_container_is_refused(pair: Pair, body: bytes) -> None:
    assert pair.send(body) == []
    (bad,) = pair.answers()
    assert bad.error_code == 64


def test_an_unknown_method_is_an_error_of_its_own(pair: Pair) -> None:
    assert pair.send(struct.pack("<I", 0xDEADBEEF)) == []
    (answer,) = pair.answers()
    assert answer.error.error_message == f"INPUT_METHOD_INVALID_{0xDEADBEEF}"


def test_service_messages_are_answered_outside_results(pair: Pair) -> None:
    functions, types = tl.functions, tl.types
    number = pair.msg_id()
    assert pair.send(functions.PingRequest(7), msg_id=number) == []
    (pong,) = pair.answers()
    assert (pong.ping_id, pong.msg_id) == (7, number)
    assert pair.send(functions.PingDelayDisconnectRequest(8, 75)) == [DisconnectAfter(75)]
    (pong,) = pair.answers()
    assert pong.ping_id == 8
    pair.send(functions.GetFutureSaltsRequest(2))
    (salts,) = pair.answers()
    assert salts.salts[0].salt == pair.salts.current(pair.now)
    pair.send(types.MsgsStateReq([number, 4]))
    (info,) = pair.answers()
    assert [ord(state) for state in info.info] == [4, 1]
    pair.send(functions.RpcDropAnswerRequest(number))
    assert pair.answers()[0].body == bytes(types.RpcAnswerUnknown())
    assert pair.send(types.MsgsAck([1])) == []
    assert pair.answers() == []
    (event,) = pair.send(functions.DestroySessionRequest(5))
    assert isinstance(event, DestroySession)
    assert event.session_id == 5
    (event,) = pair.send(functions.DestroyAuthKeyRequest())
    assert isinstance(event, DestroyKey)


def test_what_leaves_together_leaves_in_one_container_with_the_highest_id(pair: Pair) -> None:
    pair.send(REQUEST)
    pair.session.push(bytes(tl.types.UpdatesTooLong()))
    pair.session.acknowledge(4)
    message = pair.session.flush(pair.now)
    assert message
    parts = tl.read(message.body).messages
    ids = [part.msg_id for part in parts] + [message.msg_id]
    assert ids == sorted(set(ids))
    assert [part.seq_no for part in parts] == [1, 3, 4]
    assert message.seq_no == 4


def as_client(message: PlainMessage) -> bytes:
    """The message encrypted as a client would: with x = 0."""
    plain = struct.pack(
        "<qqqii", message.salt, message.session_id, message.msg_id, 1, len(message.body)
    )
    plain += message.body
    plain += bytes(12 + -(len(plain) + 12) % 16)
    msg_key = sha256(KEY.data[88:120] + plain).digest()[8:24]
    key, iv = MTProtoState._calc_key(KEY.data, msg_key, True)
    return struct.pack("<Q", KEY.id) + msg_key + bytes(AES.encrypt_ige(plain, key, iv))


def test_a_message_comes_out_as_it_went_in() -> None:
    message = PlainMessage(-1, 2, 4, 1, b"abcd" * 5)
    assert KEY.decrypt(as_client(message)) == message


@pytest.mark.parametrize("spoilt", ["cut", "flipped", "from the server"])
def test_a_damaged_message_is_not_believed(spoilt: str) -> None:
    payload = as_client(PlainMessage(1, 2, 4, 1, b"abcd" * 5))
    if spoilt == "cut":
        payload = payload[:-16]
    elif spoilt == "flipped":
        payload = payload[:-1] + bytes([payload[-1] ^ 1])
    else:
        payload = KEY.encrypt(PlainMessage(1, 2, 4, 1, b"abcd" * 5))
    with pytest.raises(InvalidMessageError):
        KEY.decrypt(payload)
