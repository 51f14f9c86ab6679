"""The server's RSA key: how a client knows which Telegram it talks to.

Rules (core.telegram.org/mtproto/auth_key, steps 4.1 and 5):
1. The fingerprint is the low 64 bits of SHA1 over the TL strings of n and e.
2. RSA_PAD: reversed data and its SHA256 are encrypted by AES256-IGE with a random key, which is
   then hidden by the SHA256 of that ciphertext. Its hash is checked before anything is believed.
3. The padding before 2021, SHA1 + data + random bytes, is what Telethon still sends; it is taken.
"""

from base64 import encodebytes
from hashlib import sha1, sha256

from userbot.sandbox.tl import AES

# One fixed key for every sandbox, in the open on purpose: making a key takes a second, and what it
# protects is a toy that listens on loopback. Never trust this key with a real Telegram.
_P = int(
    "dec2934809ec2d97b3257f02333d9dd3a3a8fe446cef6a0b97a2a039a4cd66c6da25088a41c5fe84"
    "7108dbf21428f4ecc0ed308226dbe7aeafca8b9b0756ba9ed3e42f465a2a0cdabd278a979bb731e1"
    "0ab8bef3f9087274810ac88d2cec68753c57520724e89db51751dfaf8b166dfd1143635a1c6a6452"
    "c5fe5a908c0364f0b86a82076c40f4f3",
    16,
)
_Q = int(
    "94344d6c65c934104f7e126c1343ec12e1e7d7f4eed3762ed907cd0bc4936abadc28b3a7b4caf49f"
    "92d2169375fe9accd454cf2e4c191dc685c0ba18e986e9433c3331409072c438d2d701cec1b1209b"
    "263070d435cf4be64b45d21a4ed8d906e42e245314834a0a8709c2f9715487d3a0c9cb613d438d93",
    16,
)
_E = 65537


class ServerKey:
    """An RSA key pair with what MTProto needs of it."""

    def __init__(self, p: int = _P, q: int = _Q, e: int = _E) -> None:
        self.n = p * q
        self.e = e
        self._p, self._q = p, q
        d = pow(e, -1, (p - 1) * (q - 1))
        self._dp, self._dq, self._q_inv = d % (p - 1), d % (q - 1), pow(q, -1, p)
        digest = sha1(_tl_int(self.n) + _tl_int(e), usedforsecurity=False).digest()
        self.fingerprint = int.from_bytes(digest[-8:], "little", signed=True)

    @property
    def pem(self) -> str:
        """The public half as PKCS#1 PEM, the form that clients take."""
        body = _der_int(self.n) + _der_int(self.e)
        text = encodebytes(b"\x30" + _der_length(len(body)) + body).decode().replace("\n", "")
        lines = [text[i : i + 64] for i in range(0, len(text), 64)]
        head, tail = "-----BEGIN RSA PUBLIC KEY-----", "-----END RSA PUBLIC KEY-----"
        return "\n".join([head, *lines, tail, ""])

    def decrypt(self, data: bytes) -> bytes | None:
        """What a client encrypted for this key, by either padding; None if by neither.

        RSA_PAD pads inside: trailing bytes of the answer are padding, TL says where the data ends.
        """
        number = int.from_bytes(data, "big")
        if len(data) != 256 or number >= self.n:
            return None
        block = self._private(number).to_bytes(256, "big")
        return _unpad(block) or _unpad_old(block)

    def _private(self, number: int) -> int:
        # By the Chinese remainder theorem: a third of the time of one big power.
        m1, m2 = pow(number, self._dp, self._p), pow(number, self._dq, self._q)
        return m2 + self._q * ((m1 - m2) * self._q_inv % self._p)


def _unpad(block: bytes) -> bytes | None:
    hidden_key, ciphertext = block[:32], block[32:]
    mask = sha256(ciphertext).digest()
    key = bytes(a ^ b for a, b in zip(hidden_key, mask, strict=True))
    plain: bytes = AES.decrypt_ige(ciphertext, key, bytes(32))
    data = plain[:192][::-1]
    return data if sha256(key + data).digest() == plain[192:] else None


def _unpad_old(block: bytes) -> bytes | None:
    digest, padded = block[1:21], block[21:]
    # The data's own length is only in its TL structure, and the hash covers exactly the data.
    for end in range(len(padded), 0, -1):
        if sha1(padded[:end], usedforsecurity=False).digest() == digest:
            return padded[:end]
    return None


def _tl_int(value: int) -> bytes:
    data = value.to_bytes((value.bit_length() + 7) // 8, "big")
    head = bytes([len(data)]) if len(data) < 254 else b"\xfe" + len(data).to_bytes(3, "little")
    return head + data + bytes(-len(head + data) % 4)


def _der_int(value: int) -> bytes:
    data = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return b"\x02" + _der_length(len(data)) + data


def _der_length(length: int) -> bytes:
    if length < 0x80:
        return bytes([length])
    data = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(data)]) + data
