"""The key exchange, played by hand against its sans-IO side."""

import os
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha1, sha256
from typing import Any

import pytest
from telethon.crypto import AES, Factorization, rsa

from userbot.sandbox import tl
from userbot.sandbox.mtproto.auth_key import AuthKey
from userbot.sandbox.mtproto.clock import MessageIds
from userbot.sandbox.mtproto.handshake import DH_PRIME, Handshake, HandshakeError
from userbot.sandbox.mtproto.server_key import ServerKey

SERVER_KEY = ServerKey()


def rsa_pad(data: bytes) -> bytes:
    """core.telegram.org/mtproto/auth_key#41-rsa-paddata-server-public-key-mentioned-above..."""
    padded = data + os.urandom(192 - len(data))
    while True:
        key = os.urandom(32)
        block = AES.encrypt_ige(padded[::-1] + sha256(key + padded).digest(), key, bytes(32))
        hidden = bytes(a ^ b for a, b in zip(key, sha256(block).digest(), strict=True))
        number = int.from_bytes(hidden + block, "big")
        if number < SERVER_KEY.n:
            return pow(number, SERVER_KEY.e, SERVER_KEY.n).to_bytes(256, "big")


def old_padding(data: bytes) -> bytes:
    block = sha1(data).digest() + data + os.urandom(235 - len(data))
    return pow(int.from_bytes(block, "big"), SERVER_KEY.e, SERVER_KEY.n).to_bytes(256, "big")


@dataclass
class Player:
    """A client that can be told to do one step wrong."""

    pad: Callable[[bytes], bytes] = rsa_pad
    fingerprint: int = SERVER_KEY.fingerprint
    swap_factors: bool = False
    wrong_nonce_at: int = 0
    skip_step: int = 0
    g_b: int | None = None
    spoil_hash: bool = False

    def play(self) -> tuple[Handshake, AuthKey]:
        server = Handshake(SERVER_KEY, MessageIds().next, 1_700_000_000)
        nonce = random.getrandbits(127)
        asked = self.ask(server, tl.functions.ReqPqMultiRequest(nonce))
        assert asked.nonce == nonce
        nonces = {"nonce": nonce, "server_nonce": asked.server_nonce}
        p, q = map(_bytes, Factorization.factorize(int.from_bytes(asked.pq, "big", signed=True)))
        if self.swap_factors:
            p, q = q, p
        new_nonce = random.getrandbits(255)
        inner = tl.types.PQInnerDataDc(
            pq=asked.pq, p=p, q=q, new_nonce=new_nonce, dc=2, **self.at(1, nonces)
        )
        if self.skip_step != 2:
            request = tl.functions.ReqDHParamsRequest(
                p=p,
                q=q,
                public_key_fingerprint=self.fingerprint,
                encrypted_data=self.pad(bytes(inner)),
                **self.at(2, nonces),
            )
            offered = self.ask(server, request)
            server_nonce = asked.server_nonce.to_bytes(16, "little", signed=True)
            key, iv = _temporary(server_nonce, new_nonce.to_bytes(32, "little", signed=True))
            answer = tl.read(AES.decrypt_ige(offered.encrypted_answer, key, iv)[20:])
            assert answer.server_time == 1_700_000_000
            g_a = int.from_bytes(answer.g_a, "big")
        else:
            key, iv, g_a = bytes(32), bytes(32), 3
        b = random.getrandbits(2048)
        g_b = pow(3, b, DH_PRIME) if self.g_b is None else self.g_b
        data = bytes(tl.types.ClientDHInnerData(retry_id=0, g_b=_bytes(g_b), **self.at(3, nonces)))
        digest = bytes(20) if self.spoil_hash else sha1(data).digest()
        request = tl.functions.SetClientDHParamsRequest(
            encrypted_data=AES.encrypt_ige(digest + data, key, iv), **self.at(4, nonces)
        )
        done = self.ask(server, request)
        auth_key = AuthKey(_bytes(pow(g_a, b, DH_PRIME)))
        little = new_nonce.to_bytes(32, "little", signed=True)
        assert done.new_nonce_hash1 == auth_key.nonce_hash(little, 1)
        return server, auth_key

    def at(self, step: int, nonces: dict[str, int]) -> dict[str, int]:
        return {**nonces, "server_nonce": 7} if step == self.wrong_nonce_at else nonces

    def ask(self, server: Handshake, request: Any) -> Any:
        data = bytes(request)
        answer = server.receive(struct.pack("<qqi", 0, 4, len(data)) + data)
        key_id, msg_id, length = struct.unpack_from("<qqi", answer)
        assert (key_id, msg_id % 4, length) == (0, 1, len(answer) - 20)
        return tl.read(answer[20:])


def _bytes(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _temporary(server_nonce: bytes, new_nonce: bytes) -> tuple[bytes, bytes]:
    one = sha1(new_nonce + server_nonce).digest()
    two = sha1(server_nonce + new_nonce).digest()
    three = sha1(new_nonce + new_nonce).digest()
    return one + two[:12], two[12:] + three + new_nonce[:4]


@pytest.mark.parametrize("pad", [rsa_pad, old_padding])
def test_both_sides_agree_on_a_key(pad: Callable[[bytes], bytes]) -> None:
    server, key = Player(pad=pad).play()
    assert server.key
    assert server.key.data == key.data


@pytest.mark.parametrize(
    "player",
    [
        pytest.param(Player(pad=lambda data: os.urandom(255) + data[:1]), id="noise"),
        pytest.param(Player(pad=lambda _: b"\xff" * 256), id="a number above n"),
        pytest.param(Player(pad=lambda _: b"short"), id="too short"),
        pytest.param(Player(pad=lambda data: rsa_pad(data[4:])), id="not an object"),
        pytest.param(Player(fingerprint=1), id="another server's key"),
        pytest.param(Player(swap_factors=True), id="factors swapped"),
        pytest.param(Player(skip_step=2), id="a step left out"),
        pytest.param(Player(g_b=1), id="g_b too small"),
        pytest.param(Player(g_b=DH_PRIME - 1), id="g_b too large"),
        pytest.param(Player(spoil_hash=True), id="wrong hash"),
        *[pytest.param(Player(wrong_nonce_at=n), id=f"wrong nonce {n}") for n in range(1, 5)],
    ],
)
def test_a_client_that_errs_gets_no_key(player: Player) -> None:
    with pytest.raises(HandshakeError):
        player.play()


@pytest.mark.parametrize("payload", [b"", bytes(24), struct.pack("<qqi", 0, 4, 8) + b"8 bytes!"])
def test_garbage_ends_the_exchange(payload: bytes) -> None:
    with pytest.raises(HandshakeError):
        Handshake(SERVER_KEY, MessageIds().next, 0).receive(payload)


def test_the_public_key_is_the_one_telethon_reads() -> None:
    rsa.add_key(SERVER_KEY.pem, old=False)
    key, old = rsa._server_keys[SERVER_KEY.fingerprint]
    assert (key.n, key.e, old) == (SERVER_KEY.n, SERVER_KEY.e, False)
