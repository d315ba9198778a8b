"""DKIM signatures of what we send (RFC 6376; Ed25519 by RFC 8463)."""

import base64
from dataclasses import dataclass, field
from typing import Any

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from channels.mail import dmarc
from channels.mail.domains import aligned, ascii_domain
from channels.mail.resolver import Resolver

#: shorter keys are worth nothing to receivers (RFC 8301 §3.2)
SMALLEST_KEY = 2_048
#: signed whether the message has it or not, once more than it has it: none can be added later
OVERSIGNED = ("from", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references",
              "reply-to", "sender", "content-type", "mime-version")  # fmt: skip
#: signed where the message has it
SIGNED = ("auto-submitted", "content-language", "x-ponte-id", "x-auto-response-suppress")


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs mail whose From is of `domain` or below it; `selector` names the key in DNS."""

    domain: str
    selector: str
    algorithm: str
    #: what belongs into the `p=` of the record
    public: str
    _key: bytes = field(repr=False)

    def sign(self, message: bytes, from_domain: str) -> bytes:
        """The message with a DKIM-Signature on top; as it is when the key is not for its domain."""
        if not aligned(self.domain, from_domain):
            return message
        signing: Any = dkim.DKIM(message, signature_algorithm=self.algorithm.encode())
        present = [name.lower().decode() for name, _ in signing.headers]
        covered = [name for name in present if name in OVERSIGNED or name in SIGNED]
        signature: bytes = signing.sign(
            self.selector.encode(),
            self.domain.encode(),
            self._key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[*covered, *OVERSIGNED],
        )
        return signature + message

    @property
    def record(self) -> str:
        """What is to be published at `name`."""
        return f"v=DKIM1; k={self.algorithm.partition('-')[0]}; p={self.public}"

    @property
    def name(self) -> str:
        return f"{self.selector}._domainkey.{self.domain}"

    def is_published(self, resolver: Resolver) -> bool:
        """Whether DNS says `record`. Raises `Unanswered`."""
        records = resolver.txt(self.name, self.domain)
        return any(
            "".join(dmarc.tags(record).get("p", "").split()) == self.public for record in records
        )


def load_signer(pem: str, selector: str, domain: str) -> Signer:
    """A signer from a private key in PEM (RSA or Ed25519). Raises `ValueError`."""
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        msg = "is no private key in PEM without a password"
        raise ValueError(msg) from error
    if isinstance(key, Ed25519PrivateKey):
        secret = base64.b64encode(key.private_bytes_raw())
        public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
        return Signer(ascii_domain(domain), selector, "ed25519-sha256", public, secret)
    if not isinstance(key, RSAPrivateKey):
        msg = "should be an RSA or Ed25519 key"
        raise ValueError(msg)  # noqa: TRY004 - of a setting, not of an argument
    if key.key_size < SMALLEST_KEY:
        msg = f"should have at least {SMALLEST_KEY} bits"
        raise ValueError(msg)
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Signer(
        ascii_domain(domain), selector, "rsa-sha256", base64.b64encode(der).decode(), secret
    )
