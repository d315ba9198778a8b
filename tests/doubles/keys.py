"""DKIM keys of made-up senders, and messages signed with them."""

import base64
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HEADERS = (b"from", b"to", b"subject", b"date", b"message-id")


@dataclass(frozen=True, slots=True)
class Key:
    """`private` as PEM (PKCS#8), `public` as the `p=` of a record."""

    private: str
    public: str
    kind: str

    @property
    def record(self) -> str:
        return f"v=DKIM1; k={self.kind}; p={self.public}"


@lru_cache
def rsa_key(bits: int = 2048) -> Key:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Key(_pem(key), base64.b64encode(public).decode(), "rsa")


@lru_cache
def ed25519_key() -> Key:
    key = Ed25519PrivateKey.generate()
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    return Key(_pem(key), public, "ed25519")


def _pem(key: Any) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def signed(raw: bytes, domain: str, key: Key | None = None, **tags: Any) -> bytes:
    """The message under a signature of `s1` at the domain. `tags`: `headers`, `length`,
    `identity`, `algorithm`, and `extra`, tags to be added before signing."""
    key = key or rsa_key()
    secret = key.private.encode()
    if key.kind == "ed25519":
        loaded = serialization.load_pem_private_key(secret, None)
        assert isinstance(loaded, Ed25519PrivateKey)
        secret = base64.b64encode(loaded.private_bytes_raw())
    signing: Any = dkim.DKIM(raw, signature_algorithm=f"{key.kind}-sha256".encode())
    if "algorithm" in tags:
        signing.signature_algorithm = tags["algorithm"]
    if "extra" in tags:
        original = signing.gen_header

        def gen_header(fields: list[Any], *rest: Any, **more: Any) -> bytes:
            return original([*fields[:-1], *tags["extra"], fields[-1]], *rest, **more)

        signing.gen_header = gen_header
    return (
        signing.sign(
            b"s1",
            domain.encode(),
            secret,
            include_headers=list(tags.get("headers", HEADERS)),
            identity=tags.get("identity"),
            length=tags.get("length", False),
        )
        + raw
    )
