"""An authorization key, and messages encrypted with it (core.telegram.org/mtproto/description).

Rules:
1. The key's id is the low 64 bits of its SHA1, the auxiliary hash the high 64 bits.
2. msg_key is the middle 128 bits of SHA256 over 32 bytes of the key and the padded plaintext; AES
   key and IV come from it and from other parts of the key. x is 0 for what the client sends and 8
   for what the server sends.
3. The plaintext is salt, session id, message id, sequence number, length, body, and 12 to 1024
   bytes of padding to a multiple of 16. A message that breaks this, or whose msg_key does not fit,
   is dropped with the whole connection: nothing in it can be trusted.
"""

import os
import struct
from dataclasses import dataclass
from hashlib import sha1, sha256

from userbot.sandbox.tl import AES

_HEAD = struct.Struct("<qqqii")
_CLIENT, _SERVER = 0, 8


class InvalidMessageError(Exception):
    """An encrypted message that was damaged, or was not made with this key."""


@dataclass(frozen=True, slots=True)
class PlainMessage:
    """What is inside an encrypted message; salt and session id as signed 64-bit numbers."""

    salt: int
    session_id: int
    msg_id: int
    seq_no: int
    body: bytes


class AuthKey:
    def __init__(self, data: bytes) -> None:
        self.data = data
        digest = sha1(data, usedforsecurity=False).digest()
        self.aux_hash = digest[:8]
        self.id = int.from_bytes(digest[-8:], "little")

    def nonce_hash(self, new_nonce: bytes, number: int) -> int:
        """new_nonce_hash1, 2 or 3 of the key exchange's last answer, as TL's signed int128."""
        digest = sha1(new_nonce + bytes([number]) + self.aux_hash, usedforsecurity=False).digest()
        return int.from_bytes(digest[4:], "little", signed=True)

    def decrypt(self, payload: bytes) -> PlainMessage:
        """A client's payload, key id included. Raises InvalidMessageError."""
        msg_key, ciphertext = payload[8:24], payload[24:]
        if len(ciphertext) < 48 or len(ciphertext) % 16:
            raise InvalidMessageError("its size is wrong")
        key, iv = self._aes(msg_key, _CLIENT)
        plain: bytes = AES.decrypt_ige(ciphertext, key, iv)
        if self._msg_key(plain, _CLIENT) != msg_key:
            raise InvalidMessageError("msg_key does not fit")
        salt, session_id, msg_id, seq_no, length = _HEAD.unpack_from(plain)
        padding = len(plain) - _HEAD.size - length
        if length < 0 or length % 4 or not 12 <= padding <= 1024:
            raise InvalidMessageError("its length is wrong")
        return PlainMessage(salt, session_id, msg_id, seq_no, plain[_HEAD.size :][:length])

    def encrypt(self, message: PlainMessage) -> bytes:
        """A payload for the client, key id included."""
        body = message.body
        plain = _HEAD.pack(
            message.salt, message.session_id, message.msg_id, message.seq_no, len(body)
        )
        plain += body
        plain += os.urandom(12 + -(len(plain) + 12) % 16)
        msg_key = self._msg_key(plain, _SERVER)
        key, iv = self._aes(msg_key, _SERVER)
        ciphertext: bytes = AES.encrypt_ige(plain, key, iv)
        return struct.pack("<Q", self.id) + msg_key + ciphertext

    def _msg_key(self, plain: bytes, x: int) -> bytes:
        return sha256(self.data[88 + x : 120 + x] + plain).digest()[8:24]

    def _aes(self, msg_key: bytes, x: int) -> tuple[bytes, bytes]:
        a = sha256(msg_key + self.data[x : x + 36]).digest()
        b = sha256(self.data[x + 40 : x + 76] + msg_key).digest()
        return a[:8] + b[8:24] + a[24:], b[:8] + a[8:24] + b[24:]
