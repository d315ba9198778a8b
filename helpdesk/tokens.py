"""Tokens that come back to us by mail, link or form, and the keys that vouch for them.

Every token starts with a format version and the id of the key that signed it, so that keys rotate:
the first secret signs, all of them verify. Each purpose has its own subkey (HKDF-SHA256, RFC 5869):
a signature made for one purpose is worth nothing for another. Nothing here is secret but the keys;
what a token names is still checked against the database by whoever reads it.
"""

import base64
import binascii
import hmac
import secrets as randomness
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, cast, get_args

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

Purpose = Literal[
    "session", "csrf", "link", "reply", "message-id", "bounce", "agent", "domain", "log", "oauth"
]
PURPOSES = cast("tuple[Purpose, ...]", get_args(Purpose))

VERSION = 1
#: octets of an id in a token: 2^48 tickets are more than a 64-bit identity will ever reach
ID_OCTETS = 6
#: octets of the signature: 80 bits, guessed online only, one mail a try
MAC_OCTETS = 10
#: octets of the signature of a link, whose length nobody limits
LINK_MAC_OCTETS = 16
#: characters of a reply token: version, key id, two ids and signature in base32
REPLY_LENGTH = -(-(2 + 2 * ID_OCTETS + MAC_OCTETS) * 8 // 5)
#: octets of a reply token and of a Message-ID of ours
SHAPES = frozenset(2 + count * ID_OCTETS + MAC_OCTETS for count in (2, 3))
NONCE_OCTETS = 9
EXPIRY_OCTETS = 5
SHORTEST_SECRET = 16

#: tells the tag of an envelope sender from that of a Reply-To
BOUNCE = "b-"


@dataclass(frozen=True, slots=True)
class ReplyRef:
    """The ticket, and the endpoint of it that a reply address was issued to."""

    number: int
    endpoint_id: int


@dataclass(frozen=True, slots=True)
class AgentRef:
    """The ticket, and the agent who was told of it."""

    number: int
    agent_id: int


@dataclass(frozen=True, slots=True)
class DomainRef:
    """A registered domain, and the second (Unix time) in which it was asked."""

    domain_id: int
    asked: int


@dataclass(frozen=True, slots=True)
class IssuedId:
    """What a Message-ID of ours was written for; `outbox_id` 0 is the root of a thread."""

    number: int
    outbox_id: int
    endpoint_id: int


@dataclass(frozen=True, slots=True)
class _Key:
    id: bytes
    subkeys: Mapping[Purpose, bytes]

    def mac(self, purpose: Purpose, value: bytes) -> bytes:
        return hmac.digest(self.subkeys[purpose], value, "sha256")


@dataclass(frozen=True)
class Keyring:
    """`secrets`: at least 16 octets each; the first signs, all verify.

    Raises `ValueError` without a secret or with a short one. Ids in tokens are 0 to 2^48 - 1,
    anything else raises `OverflowError`.
    """

    secrets: Sequence[bytes] = field(repr=False)
    _keys: tuple[_Key, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.secrets:
            msg = "a keyring needs at least one secret"
            raise ValueError(msg)
        if any(len(secret) < SHORTEST_SECRET for secret in self.secrets):
            msg = f"a secret has at least {SHORTEST_SECRET} octets"
            raise ValueError(msg)
        object.__setattr__(self, "_keys", tuple(_key(bytes(secret)) for secret in self.secrets))

    @property
    def ids(self) -> tuple[str, ...]:
        """Names of the keys (8 hex digits each), safe to print: they follow from the key itself."""
        return tuple(key.id.hex() for key in self._keys)

    def digest(self, purpose: Purpose, value: bytes) -> bytes:
        """Compute HMAC-SHA256 under the signing key: 32 octets."""
        return self._keys[0].mac(purpose, value)

    def digests(self, purpose: Purpose, value: bytes) -> tuple[bytes, ...]:
        """List the same under every key, newest first, to compare an older digest with."""
        return tuple(key.mac(purpose, value) for key in self._keys)

    def reply_token(self, number: int, endpoint_id: int) -> str:
        """Sign 39 characters a-z and 2-7 for the local part of a Reply-To; case does not matter."""
        return self._issue("reply", number, endpoint_id)

    def read_reply_token(self, token: str) -> ReplyRef | None:
        ids = self._read("reply", token, 2)
        return None if ids is None else ReplyRef(*ids)

    def agent_token(self, number: int, agent_id: int) -> str:
        """Sign 39 characters for the Reply-To of a notice to an agent about a ticket."""
        return self._issue("agent", number, agent_id)

    def read_agent_token(self, token: str) -> AgentRef | None:
        ids = self._read("agent", token, 2)
        return None if ids is None else AgentRef(*ids)

    def domain_token(self, domain_id: int, asked_at: datetime) -> str:
        """Sign 39 characters for the Reply-To of the mail that asks a domain to confirm itself;
        asking again (`asked_at`, aware) makes the one before void."""
        return self._issue("domain", domain_id, int(asked_at.timestamp()))

    def read_domain_token(self, token: str) -> DomainRef | None:
        ids = self._read("domain", token, 2)
        return None if ids is None else DomainRef(*ids)

    def claimed_number(self, text: str) -> int | None:
        """The ticket that a reply token or Message-ID *says* it is for, signed by us or not: good
        for a suggestion to a person and for nothing else. None for what is not in our form."""
        token = text.strip().removeprefix("<").removesuffix(">").partition("@")[0]
        raw = _raw(token)
        if raw is None or len(raw) not in SHAPES or raw[0] != VERSION:
            return None
        return int.from_bytes(raw[2 : 2 + ID_OCTETS], "big")

    def bounce_token(self, outbox_id: int) -> str:
        """Sign 29 characters for the envelope sender `local+b-<token>@`."""
        return self._issue("bounce", outbox_id)

    def read_bounce_token(self, token: str) -> int | None:
        """Read the outbox id; `token` with or without its `b-`, None when it is not ours."""
        ids = self._read("bounce", token.lower().removeprefix(BOUNCE), 1)
        return None if ids is None else ids[0]

    def message_id(self, number: int, outbox_id: int, endpoint_id: int, domain: str) -> str:
        """Write a Message-ID (RFC 5322 §3.6.4) with its brackets, equal for equal arguments."""
        return f"<{self._issue('message-id', number, outbox_id, endpoint_id)}@{domain}>"

    def wrote(self, message_id: str) -> bool:
        """Tell whether a Message-ID is one of ours."""
        return self.read_message_id(message_id) is not None

    def read_message_id(self, text: str) -> IssuedId | None:
        """Say what we issued it for, whatever its domain; None for everybody else's ids."""
        token = text.strip().removeprefix("<").removesuffix(">").partition("@")[0]
        ids = self._read("message-id", token, 3)
        return None if ids is None else IssuedId(*ids)

    def csrf_token(self, session_id: str) -> str:
        """Sign 64 hex digits bound to the session."""
        return self.digest("csrf", session_id.encode()).hex()

    def check_csrf(self, session_id: str, token: str) -> bool:
        given = token.encode("utf-8", "replace")
        return any(
            hmac.compare_digest(mac.hex().encode(), given)
            for mac in self.digests("csrf", session_id.encode())
        )

    def link_token(self, purpose: str, subject: str, expires_at: datetime) -> str:
        """Sign `subject` for `purpose` until `expires_at` (aware) as URL-safe text, no two equal.

        Single use is the caller's: keep `digest("link", token)`, delete it when spent.
        """
        seconds = int(expires_at.timestamp()).to_bytes(EXPIRY_OCTETS, "big")
        key = self._keys[0]
        nonce = randomness.token_bytes(NONCE_OCTETS)
        body = bytes([VERSION, key.id[0]]) + nonce + seconds + subject.encode()
        mac = key.mac("link", _link(purpose, body))[:LINK_MAC_OCTETS]
        return base64.urlsafe_b64encode(mac + body).rstrip(b"=").decode()

    def read_link_token(self, purpose: str, token: str, now: datetime) -> str | None:
        """Read the subject; None when forged, meant for something else, or expired at `now`."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True)
        except ValueError:
            return None
        mac, body = raw[:LINK_MAC_OCTETS], raw[LINK_MAC_OCTETS:]
        start = 2 + NONCE_OCTETS
        subject = body[start + EXPIRY_OCTETS :]
        signed = self._signed(body, mac, lambda key: key.mac("link", _link(purpose, body)))
        if not signed:
            return None
        expires = int.from_bytes(body[start : start + EXPIRY_OCTETS], "big")
        return subject.decode() if now < datetime.fromtimestamp(expires, UTC) else None

    def _issue(self, purpose: Purpose, *ids: int) -> str:
        key = self._keys[0]
        body = bytes([VERSION, key.id[0]]) + b"".join(i.to_bytes(ID_OCTETS, "big") for i in ids)
        return _base32(body + key.mac(purpose, body)[:MAC_OCTETS])

    def _read(self, purpose: Purpose, token: str, count: int) -> tuple[int, ...] | None:
        raw = _raw(token)
        if raw is None or len(raw) != 2 + ID_OCTETS * count + MAC_OCTETS:
            return None
        body, mac = raw[:-MAC_OCTETS], raw[-MAC_OCTETS:]
        if not self._signed(body, mac, lambda key: key.mac(purpose, body)):
            return None
        places = range(2, len(body), ID_OCTETS)
        return tuple(int.from_bytes(body[at : at + ID_OCTETS], "big") for at in places)

    def _signed(self, body: bytes, mac: bytes, sign: Callable[[_Key], bytes]) -> bool:
        return any(
            body[:2] == bytes([VERSION, key.id[0]])
            and hmac.compare_digest(sign(key)[: len(mac)], mac)
            for key in self._keys
        )


def _key(secret: bytes) -> _Key:
    def derive(purpose: str, octets: int) -> bytes:
        info = b"ponte " + purpose.encode()
        return HKDF(algorithm=SHA256(), length=octets, salt=None, info=info).derive(secret)

    return _Key(derive("key id", 4), {purpose: derive(purpose, 32) for purpose in PURPOSES})


def _raw(token: str) -> bytes | None:
    """The octets of a token; None when nothing of ours is spelled like it."""
    if not token.isascii():
        return None
    try:
        raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except binascii.Error:
        return None
    # The last character has bits to spare: of the spellings that decode alike one was issued.
    return raw if _base32(raw) == token.lower() else None


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).rstrip(b"=").decode().lower()


def _link(purpose: str, body: bytes) -> bytes:
    return purpose.encode() + b"\0" + body
