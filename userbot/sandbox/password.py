"""The 2FA password by SRP: it never travels (core.telegram.org/api/srp).

Rules:
1. v = g^x; B = k*v + g^b. The client proves with M1 that it knows x.
2. A challenge belongs to one auth key and is good for one attempt.
"""

import secrets
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from . import tl
from .errors import bad_request
from .mtproto.handshake import DH_PRIME, G

_SIZE = 256


@lru_cache
def verifier(password: str) -> int:
    """What the server keeps of a password: 100,000 rounds of a hash, so only once each."""
    return int.from_bytes(tl.password_digest(ALGORITHM, password), "big")


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a client got to prove the password with."""

    id: int
    password: str
    b: int
    public: int

    @classmethod
    def new(cls, password: str) -> "Challenge":
        b = secrets.randbits(2048)
        public = (_multiplier() * verifier(password) + pow(G, b, DH_PRIME)) % DH_PRIME
        return cls(secrets.randbits(62), password, b, public)

    def check(self, proof: tl.Tl) -> None:
        """Takes an inputCheckPasswordSRP. Raises RpcError unless it proves the password."""
        if proof.srp_id != self.id:
            raise bad_request("SRP_ID_INVALID")
        a = int.from_bytes(proof.A, "big")
        if not 0 < a < DH_PRIME or not secrets.compare_digest(self._expected(a), proof.M1):
            raise bad_request("PASSWORD_HASH_INVALID")

    def _expected(self, a: int) -> bytes:
        u = int.from_bytes(_hash(_bytes(a), _bytes(self.public)), "big")
        shared = pow(a * pow(verifier(self.password), u, DH_PRIME), self.b, DH_PRIME)
        p_hash, g_hash = _hash(_bytes(DH_PRIME)), _hash(_bytes(G))
        return _hash(
            bytes(x ^ y for x, y in zip(p_hash, g_hash, strict=True)),
            _hash(ALGORITHM.salt1),
            _hash(ALGORITHM.salt2),
            _bytes(a),
            _bytes(self.public),
            _hash(_bytes(shared)),
        )


def describe(challenge: Challenge | None) -> tl.Tl:
    """account.password: how to prove the password, if there is one."""
    proof = {}
    if challenge:
        proof = {
            "has_password": True,
            "current_algo": ALGORITHM,
            "srp_B": _bytes(challenge.public),
            "srp_id": challenge.id,
        }
    secure = tl.types.SecurePasswordKdfAlgoPBKDF2HMACSHA512iter100000(secrets.token_bytes(8))
    return tl.types.account.Password(
        new_algo=_new_algorithm(),
        new_secure_algo=secure,
        secure_random=secrets.token_bytes(_SIZE),
        **proof,
    )


def _new_algorithm() -> tl.Tl:
    return tl.types.PasswordKdfAlgoSHA256SHA256PBKDF2HMACSHA512iter100000SHA256ModPow(
        salt1=secrets.token_bytes(8), salt2=secrets.token_bytes(16), g=G, p=_bytes(DH_PRIME)
    )


def _multiplier() -> int:
    return int.from_bytes(_hash(_bytes(DH_PRIME), _bytes(G)), "big")


def _bytes(value: int) -> bytes:
    return value.to_bytes(_SIZE, "big")


def _hash(*parts: bytes) -> bytes:
    return sha256(b"".join(parts)).digest()


ALGORITHM = _new_algorithm()
"""One for all passwords of this process: salts that differ would protect nobody here."""
