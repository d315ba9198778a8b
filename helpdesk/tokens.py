"""Tokens that come back to us by mail, link or form, and the keys that vouch for them.

Every token starts with a format version and the id of the key that signed it, so that keys rotate:
the first secret signs, all of them verify. Each purpose has its own subkey (HKDF-SHA256, RFC 5869):
a signature made for one purpose is worth nothing for another. Nothing here is secret but the keys;
what a token names is still checked against the database by whoever reads it.
"""

import base64
import binascii
import hmac
import re
import secrets as randomness
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, cast, get_args

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

Purpose = Literal["session", "csrf", "link", "reply", "message-id", "bounce", "log"]
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
NONCE_OCTETS = 9
EXPIRY_OCTETS = 5
SHORTEST_SECRET = 16

#: RFC 5321 §4.5.3.1.1
LONGEST_LOCAL = 64
DEFAULT_TEMPLATE = "{local}+{token}@{domain}"
#: tells the tag of an envelope sender from that of a Reply-To
BOUNCE = "b-"
#: nobody types a tag this long: it is one of our tokens, whole, cut or invented
_TAG = r"(?P<tag>(?:b-)?[a-z0-9]{20,64})"


@dataclass(frozen=True, slots=True)
class ReplyRef:
    """The ticket, and the endpoint of it that a reply address was issued to."""

    number: int
    endpoint_id: int


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
        octets = 2 + ID_OCTETS * count + MAC_OCTETS
        characters = -(-octets * 8 // 5)
        if len(token) != characters or not token.isascii():
            return None
        try:
            raw = base64.b32decode(token.upper() + "=" * (-characters % 8))
        except binascii.Error:
            return None
        body, mac = raw[:-MAC_OCTETS], raw[-MAC_OCTETS:]
        # The last character has bits to spare: of the spellings that decode alike one was issued.
        if _base32(raw) != token.lower():
            return None
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


def reply_address(mailbox: str, token: str, template: str = DEFAULT_TEMPLATE) -> str:
    """Put `token` into the mailbox: `central@x.example` gives `central+<token>@x.example`.

    For an envelope sender pass `BOUNCE + token`.
    """
    local, _, domain = mailbox.rpartition("@")
    return template.format(local=local, token=token, domain=domain)


def find_reply_tokens(
    addresses: Iterable[str], mailboxes: Iterable[str], template: str = DEFAULT_TEMPLATE
) -> tuple[str, ...]:
    """List the candidates in the addresses that are ours, lower-case, in order, distinct.

    They look like tokens; `Keyring.read_reply_token` says which were issued. One that was not is
    cut or forged.
    """
    tags = _tags(addresses, mailboxes, template)
    return tuple(tag for tag in tags if not tag.startswith(BOUNCE))


def find_bounce_tokens(
    addresses: Iterable[str], mailboxes: Iterable[str], template: str = DEFAULT_TEMPLATE
) -> tuple[str, ...]:
    """List the same for envelope senders of ours, without their `b-`."""
    tags = _tags(addresses, mailboxes, template)
    return tuple(tag.removeprefix(BOUNCE) for tag in tags if tag.startswith(BOUNCE))


def check_reply_length(mailbox: str, template: str = DEFAULT_TEMPLATE) -> None:
    """Raise `ValueError` when addresses made from the template could not carry a token home.

    Servers on the way cut or refuse a longer local part, and with it every answer.
    """
    if "{token}" not in template.rpartition("@")[0]:
        msg = f"{template}: the part before @ needs {{token}}"
        raise ValueError(msg)
    longest = reply_address(mailbox, "x" * REPLY_LENGTH, template)
    octets = len(longest.rpartition("@")[0].encode())
    if octets > LONGEST_LOCAL:
        msg = f"{mailbox}: local part and token take {octets} octets of {LONGEST_LOCAL}"
        raise ValueError(msg)


def _tags(addresses: Iterable[str], mailboxes: Iterable[str], template: str) -> dict[str, None]:
    patterns = [_pattern(mailbox, template) for mailbox in mailboxes]
    found: dict[str, None] = {}
    for address in addresses:
        for pattern in patterns:
            match = pattern.fullmatch(address)
            if match:
                found[match["tag"].lower()] = None
    return found


@lru_cache(maxsize=256)
def _pattern(mailbox: str, template: str) -> re.Pattern[str]:
    literal = re.escape(reply_address(mailbox, "\0", template))
    return re.compile(literal.replace(re.escape("\0"), _TAG), re.IGNORECASE | re.ASCII)


def _key(secret: bytes) -> _Key:
    def derive(purpose: str, octets: int) -> bytes:
        info = b"ponte " + purpose.encode()
        return HKDF(algorithm=SHA256(), length=octets, salt=None, info=info).derive(secret)

    return _Key(derive("key id", 4), {purpose: derive(purpose, 32) for purpose in PURPOSES})


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).rstrip(b"=").decode().lower()


def _link(purpose: str, body: bytes) -> bytes:
    return purpose.encode() + b"\0" + body
