"""An MTProto session: which messages count, what they are answered with, how answers leave.

Rules (core.telegram.org/mtproto/description and /mtproto/service_messages):
1. A session is a pair of auth key and the session id that the client has chosen.
2. A wrong salt is answered by bad_server_salt, which names the outermost message, container or not,
   and nothing in that message is carried out. The client sends it again.
3. The first good message of a session is preceded by new_session_created.
4. A client's message id is divisible by 4 and of the last 300 s or the next 30 s; otherwise
   bad_msg_notification. Inside a container, messages may be older (they are sent again), and there
   are no containers.
5. A message id seen before is never carried out again: its answer is repeated if there is one. The
   last 1024 are remembered, or fewer when their answers come to more than 4 MiB.
6. Messages that leave together leave in one container, whose id is the highest.
7. Results over 512 bytes are gzipped if that makes them smaller, but not those over 64 KiB: they
   are parts of files, and packing them would hold up everyone.
"""

import struct
from collections import OrderedDict
from dataclasses import dataclass

from userbot.sandbox import tl

from .auth_key import PlainMessage
from .clock import OTHER, MessageIds, Salts

_CONTAINER = 0x73F1F8DC
_RPC_RESULT = 0xF35C6D01
_REMEMBERED = 1024
_REMEMBERED_BYTES = 4 << 20
_GZIPPED = range(513, (64 << 10) + 1)


@dataclass(frozen=True, slots=True)
class Request:
    """A method to carry out and `Session.answer`; `body` may still be wrapped (invokeWith…)."""

    msg_id: int
    body: tl.Tl


@dataclass(frozen=True, slots=True)
class DestroySession:
    """The client wants another session of its key gone; answer with `Session.reply`."""

    msg_id: int
    session_id: int


@dataclass(frozen=True, slots=True)
class DestroyKey:
    """The client wants its auth key gone; answer with `Session.reply`."""

    msg_id: int


@dataclass(frozen=True, slots=True)
class DisconnectAfter:
    """The client wants the connection closed if it is silent for so long."""

    seconds: int


Event = Request | DestroySession | DestroyKey | DisconnectAfter


class Session:
    def __init__(self, session_id: int, salts: Salts, msg_ids: MessageIds) -> None:
        self.id = session_id
        self._salts = salts
        self._msg_ids = msg_ids
        self._announced = False
        self._content_messages = 0
        self._seen: OrderedDict[int, bytes | None] = OrderedDict()
        self._answer_bytes = 0
        self._outbox: list[tuple[int, int, bytes]] = []

    def receive(self, message: PlainMessage, now: float) -> list[Event]:
        """Takes a decrypted message; answers to service messages wait in `flush`."""
        if not self._salts.is_valid(message.salt, now):
            self._refuse(message, 48, self._salts.current(now))
            return []
        if code := _wrong_id(message.msg_id, now):
            self._refuse(message, code)
            return []
        if not self._announced:
            self._announced = True
            created = tl.types.NewSessionCreated(
                first_msg_id=message.msg_id, unique_id=self.id, server_salt=self._salts.current(now)
            )
            self._put(tl.write(created), OTHER, content=True)
        events: list[Event] = []
        for msg_id, body in self._unpack(message):
            if msg_id not in self._seen:
                self._seen[msg_id] = None
                events += self._open(msg_id, body, now)
            elif (answer := self._seen[msg_id]) is not None:
                self._put(answer, content=True)
        while len(self._seen) > _REMEMBERED:
            self._forget_oldest()
        return events

    def answer(self, msg_id: int, result: bytes) -> None:
        """The result of a Request, or an RpcError, as TL bytes."""
        if len(result) in _GZIPPED:
            result = tl.GzipPacked.gzip_if_smaller(True, result)
        body = struct.pack("<Iq", _RPC_RESULT, msg_id) + result
        if msg_id in self._seen:
            self._seen[msg_id] = body
            self._answer_bytes += len(body)
            while self._answer_bytes > _REMEMBERED_BYTES and len(self._seen) > 1:
                self._forget_oldest()
        self._put(body, content=True)

    def reply(self, message: tl.Tl) -> None:
        """The answer to a service message, which is not a result."""
        self._put(tl.write(message))

    def acknowledge(self, msg_id: int) -> None:
        """Tells that a request has arrived, where its result takes longer."""
        self._put(tl.write(tl.types.MsgsAck([msg_id])), OTHER)

    def push(self, updates: bytes) -> None:
        """Updates that nobody asked for, as TL bytes."""
        self._put(updates, OTHER, content=True)

    def flush(self, now: float) -> PlainMessage | None:
        """What waits to be sent, as one message to encrypt."""
        waiting, self._outbox = self._outbox, []
        if not waiting:
            return None
        salt = self._salts.current(now)
        if len(waiting) == 1:
            return PlainMessage(salt, self.id, *waiting[0])
        parts = [struct.pack("<II", _CONTAINER, len(waiting))]
        for msg_id, seq_no, body in waiting:
            parts += [struct.pack("<qii", msg_id, seq_no, len(body)), body]
        msg_id, seq_no = self._msg_ids.next(OTHER), self._content_messages * 2
        return PlainMessage(salt, self.id, msg_id, seq_no, b"".join(parts))

    def _put(self, body: bytes, kind: int = 1, *, content: bool = False) -> None:
        seq_no = self._content_messages * 2 + content
        self._content_messages += content
        self._outbox.append((self._msg_ids.next(kind), seq_no, body))

    def _forget_oldest(self) -> None:
        _, answer = self._seen.popitem(last=False)
        self._answer_bytes -= len(answer or b"")

    def _refuse(self, message: PlainMessage, code: int, salt: int | None = None) -> None:
        about = {
            "bad_msg_id": message.msg_id,
            "bad_msg_seqno": message.seq_no,
            "error_code": code,
        }
        if salt is None:
            self.reply(tl.types.BadMsgNotification(**about))
        else:
            self.reply(tl.types.BadServerSalt(**about, new_server_salt=salt))

    def _unpack(self, message: PlainMessage) -> list[tuple[int, bytes]]:
        body = message.body
        if body[:4] != struct.pack("<I", _CONTAINER):
            return [(message.msg_id, body)]
        parts: list[tuple[int, bytes]] = []
        try:
            (count,), at = struct.unpack_from("<I", body, 4), 8
            for _ in range(count):
                msg_id, _seq_no, length = struct.unpack_from("<qii", body, at)
                part = body[at + 16 : at + 16 + length]
                if len(part) != length or part[:4] == body[:4]:
                    raise ValueError
                parts.append((msg_id, part))
                at += 16 + length
        except (struct.error, ValueError):
            self._refuse(message, 64)
            return []
        return parts

    def _open(self, msg_id: int, body: bytes, now: float) -> list[Event]:
        try:
            value = tl.read(body)
            if isinstance(value, tl.GzipPacked):
                value = tl.read(value.data)
        except Exception:  # the generated readers raise anything on garbage
            error = f"INPUT_METHOD_INVALID_{int.from_bytes(body[:4], 'little')}"
            self.answer(msg_id, tl.write(tl.types.RpcError(400, error)))
            return []
        functions, types = tl.functions, tl.types
        match value:
            case types.MsgsAck() | types.MsgsStateInfo() | types.MsgsAllInfo():
                pass
            case functions.PingRequest():
                self.reply(types.Pong(msg_id=msg_id, ping_id=value.ping_id))
            case functions.PingDelayDisconnectRequest():
                self.reply(types.Pong(msg_id=msg_id, ping_id=value.ping_id))
                return [DisconnectAfter(value.disconnect_delay)]
            case functions.GetFutureSaltsRequest():
                salts = self._salts.future(max(1, min(value.num, 64)), now)
                self.reply(types.FutureSalts(req_msg_id=msg_id, now=int(now), salts=salts))
            case functions.DestroySessionRequest():
                return [DestroySession(msg_id, value.session_id)]
            case functions.DestroyAuthKeyRequest():
                return [DestroyKey(msg_id)]
            case functions.RpcDropAnswerRequest():
                self.answer(msg_id, tl.write(types.RpcAnswerUnknown()))
            case types.MsgsStateReq() | types.MsgResendReq():
                # 1: nothing is known about the message; 4: it was received.
                known = "".join(chr(4 if i in self._seen else 1) for i in value.msg_ids)
                self.reply(types.MsgsStateInfo(req_msg_id=msg_id, info=known))
            case _:
                return [Request(msg_id, value)]
        return []


def _wrong_id(msg_id: int, now: float) -> int:
    """The error code of bad_msg_notification, or 0."""
    if msg_id % 4:
        return 18
    seconds = (msg_id >> 32) - now
    return 16 if seconds < -300 else 17 if seconds > 30 else 0
