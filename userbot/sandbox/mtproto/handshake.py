"""The key exchange that makes an authorization key (core.telegram.org/mtproto/auth_key).

Rules:
1. Plain messages: key id 0, message id, length, body. The order is req_pq_multi, req_DH_params,
   set_client_DH_params; whatever breaks it, or names other nonces, ends the exchange.
2. The client proves work by factoring pq and encrypts its new_nonce for the server's RSA key.
3. Both sides compute g^ab. The server answers dh_gen_ok and from then on knows the key.
4. Wrong inner data is answered as Telegram does: by closing the connection with error 404.
"""

import os
import random
import struct
from collections.abc import Callable
from hashlib import sha1
from typing import NamedTuple

from userbot.sandbox import tl

from .auth_key import AuthKey
from .server_key import ServerKey

# The prime that Telegram itself uses; clients know it, so they need not prove it prime, which takes
# Telethon minutes.
DH_PRIME = int(
    "c71caeb9c6b1c9048e6c522f70f13f73980d40238e3e21c14934d037563d930f"
    "48198a0aa7c14058229493d22530f4dbfa336f6e0ac925139543aed44cce7c37"
    "20fd51f69458705ac68cd4fe6b6b13abdc9746512969328454f18faf8c595f64"
    "2477fe96bb2a941d5bcd1d4ac8cc49880708fa9b378e3c4f3a9060bee67cf9a4"
    "a4a695811051907e162753b56b0f6b410dba74d8a84b2a14b3144e0ef1284754"
    "fd17ed950d5965b4b9dd46582db1178d169c6bc465b0d6ff9ca3928fef5b9ae4"
    "e418fc15e83ebea0f87fa9ff5eed70050ded2849f47bf959d956850ce929851f"
    "0d8115f635b105ee2e4e15d04b2454bf6f4fadf034b10403119cd8e3b92fcc5b",
    16,
)
G = 3

# Telegram's pq has two factors of 31 bits, to cost an attacker something. Here the client's time is
# ours, so p is small. It is also far from q, because the usual method now and then finds two
# factors of one size only together; and pq has 41 bits: Telethon reads its bytes as signed.
_P = [n for n in range(1103, 2000) if all(n % d for d in range(2, 45))]
_Q = [10**9 + n for n in (7, 9, 21, 33, 87, 93, 97, 103, 123, 181, 207, 223)]


class HandshakeError(Exception):
    """The client broke the key exchange; the connection cannot go on."""


class _Asked(NamedTuple):
    """After req_pq_multi."""

    nonce: int
    server_nonce: int
    p: int
    q: int


class _Offered(NamedTuple):
    """After req_DH_params."""

    asked: _Asked
    new_nonce: bytes
    a: int


class Handshake:
    """One connection's key exchange: plain payloads in, plain payloads out, a key at the end."""

    def __init__(self, server_key: ServerKey, next_msg_id: Callable[[], int], now: int) -> None:
        self._server_key = server_key
        self._next_msg_id = next_msg_id
        self._now = now
        self._state: _Asked | _Offered | None = None
        self.key: AuthKey | None = None
        """The key agreed upon, once the client has been told so."""

    def receive(self, payload: bytes) -> bytes:
        """Takes a plain payload, returns the answer's. Raises HandshakeError."""
        if len(payload) < 24:
            raise HandshakeError("a plain message that is too short")
        (length,) = struct.unpack_from("<i", payload, 16)
        try:
            request = tl.read(payload[20 : 20 + length])
        except Exception as error:  # the generated readers raise anything on garbage
            raise HandshakeError(f"unreadable: {error}") from error
        answer = tl.write(self._answer(request))
        return struct.pack("<qqi", 0, self._next_msg_id(), len(answer)) + answer

    def _answer(self, request: tl.Tl) -> tl.Tl:
        match request, self._state:
            case ((tl.functions.ReqPqMultiRequest() | tl.functions.ReqPqRequest()), _):
                return self._ask(request)
            case tl.functions.ReqDHParamsRequest(), _Asked() as asked:
                _same_nonces(request, asked)
                return self._offer(request, asked)
            case tl.functions.SetClientDHParamsRequest(), _Offered() as offered:
                _same_nonces(request, offered.asked)
                return self._finish(request, offered)
        raise HandshakeError(f"{type(request).__name__} is out of order")

    def _ask(self, request: tl.Tl) -> tl.Tl:
        p, q = random.choice(_P), random.choice(_Q)
        server_nonce = int.from_bytes(os.urandom(16), "little", signed=True)
        self._state = _Asked(request.nonce, server_nonce, p, q)
        return tl.types.ResPQ(
            nonce=request.nonce,
            server_nonce=server_nonce,
            pq=_number(p * q),
            server_public_key_fingerprints=[self._server_key.fingerprint],
        )

    def _offer(self, request: tl.Tl, asked: _Asked) -> tl.Tl:
        if request.public_key_fingerprint != self._server_key.fingerprint:
            raise HandshakeError("another server's key")
        plain = self._server_key.decrypt(request.encrypted_data)
        try:
            inner = tl.read(plain or b"")
        except Exception as error:  # see receive
            raise HandshakeError(f"unreadable inner data: {error}") from error
        if not isinstance(inner, (tl.types.PQInnerData, tl.types.PQInnerDataDc)):
            raise HandshakeError("the inner data is of another kind")
        _same_nonces(inner, asked)
        if (_int(inner.p), _int(inner.q)) != (asked.p, asked.q):
            raise HandshakeError("pq was not factored")
        new_nonce: bytes = inner.new_nonce.to_bytes(32, "little", signed=True)
        # 256 random bits are plenty for a toy, and g^a is ten times faster than with 2048.
        a = int.from_bytes(os.urandom(32), "big") | 1 << 255
        self._state = _Offered(asked, new_nonce, a)
        answer = tl.write(
            tl.types.ServerDHInnerData(
                nonce=asked.nonce,
                server_nonce=asked.server_nonce,
                g=G,
                dh_prime=_number(DH_PRIME),
                g_a=_number(pow(G, a, DH_PRIME)),
                server_time=self._now,
            )
        )
        hashed = sha1(answer, usedforsecurity=False).digest() + answer
        hashed += os.urandom(-len(hashed) % 16)
        encrypted = tl.AES.encrypt_ige(hashed, *_temporary_key(asked.server_nonce, new_nonce))
        return tl.types.ServerDHParamsOk(
            nonce=asked.nonce, server_nonce=asked.server_nonce, encrypted_answer=encrypted
        )

    def _finish(self, request: tl.Tl, offered: _Offered) -> tl.Tl:
        asked = offered.asked
        if not request.encrypted_data or len(request.encrypted_data) % 16:
            raise HandshakeError("the client's answer has a wrong size")
        temporary = _temporary_key(asked.server_nonce, offered.new_nonce)
        hashed = tl.AES.decrypt_ige(request.encrypted_data, *temporary)
        try:
            inner = tl.read(hashed[20:])
        except Exception as error:  # see receive
            raise HandshakeError(f"unreadable inner data: {error}") from error
        if not isinstance(inner, tl.types.ClientDHInnerData):
            raise HandshakeError("the inner data is of another kind")
        if hashed[:20] != sha1(tl.write(inner), usedforsecurity=False).digest():
            raise HandshakeError("the inner data's hash does not fit")
        _same_nonces(inner, asked)
        g_b = _int(inner.g_b)
        margin = 1 << (2048 - 64)
        if not margin <= g_b <= DH_PRIME - margin:
            raise HandshakeError("g_b is out of range")
        # Telegram takes the key as 256 bytes. Telethon strips leading zeros, once in 256 keys: it
        # is followed here, so that no login fails by chance.
        self.key = AuthKey(_number(pow(g_b, offered.a, DH_PRIME)))
        return tl.types.DhGenOk(
            nonce=asked.nonce,
            server_nonce=asked.server_nonce,
            new_nonce_hash1=self.key.nonce_hash(offered.new_nonce, 1),
        )


def _same_nonces(message: tl.Tl, asked: _Asked) -> None:
    if (message.nonce, message.server_nonce) != (asked.nonce, asked.server_nonce):
        raise HandshakeError("the nonces are of another exchange")


def _temporary_key(server_nonce: int, new_nonce: bytes) -> tuple[bytes, bytes]:
    server = server_nonce.to_bytes(16, "little", signed=True)

    def digest(data: bytes) -> bytes:
        return sha1(data, usedforsecurity=False).digest()

    one, two = digest(new_nonce + server), digest(server + new_nonce)
    three = digest(new_nonce + new_nonce)
    return one + two[:12], two[12:] + three + new_nonce[:4]


def _number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _int(data: bytes) -> int:
    return int.from_bytes(data, "big")
