"""Our own check of the sender (RFC 6376, RFC 7489), where no server in front of us does it.

No SPF: behind an MTA, an IMAP server or a pipe we do not see the address the message came from, and
a check of the wrong address passes everybody who uses the same relay.
"""

import contextlib
import logging
import re
from datetime import datetime
from typing import Any

import dkim

from channels.mail import dmarc
from channels.mail.domains import aligned, ascii_domain, organisational
from channels.mail.resolver import Questions, Resolver, Unanswered
from helpdesk.border import Verdict

#: aligned signatures beyond these are not tried: each costs a look-up and a verification
MOST_SIGNATURES = 4
SMALLEST_KEY = 1_024
#: characters of a key in base64: 4,096 bits take 736, more would only make us work
LONGEST_KEY = 1_100
ALGORITHMS = frozenset({b"rsa-sha256", b"ed25519-sha256"})  # rsa-sha1 is dead: RFC 8301
#: what has to be under the signature: who says it, and where a protocol number would stand
SIGNED = frozenset({b"from", b"subject"})
#: headers that a second copy would change for the reader and not for the signature
ONCE = frozenset(
    {b"from", b"subject", b"date", b"message-id", b"in-reply-to", b"references", b"reply-to",
     b"to", b"cc", b"content-type", b"content-transfer-encoding"}
)  # fmt: skip
#: what stands once found; a server that was silent is asked again
ANSWERED = frozenset({"own-signature", "own-policy", "own-unsigned"})
_SPOILED = re.compile(rb"\r(?!\n)|\0")
_HEAD_END = re.compile(rb"\r?\n\r?\n")

#: dkimpy would write every refused key into the log as an error of ours
_silent = logging.getLogger("ponte.dkim")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


def check(raw: bytes, from_domain: str, resolver: Resolver, at: datetime) -> tuple[Verdict, str]:
    """The verdict and what it rests on, a word of the label table `judged`. `at`: when the message
    arrived.

    verified: a signature aligned with `from_domain` holds. failed: none does, and the domain asks
    in DNS to refuse such mail. unknown otherwise: a missing or broken signature alone says nothing
    (RFC 6376 §6.1), and neither does a DNS server that is silent.
    """
    domain = ascii_domain(from_domain)
    if not domain:
        return Verdict.FAILED, "no-from"
    questions = Questions(resolver, organisational(domain))
    policy: dmarc.Policy | None = None
    with contextlib.suppress(Unanswered):
        policy = dmarc.policy(domain, questions)
    # Not knowing the policy, only the signature that satisfies each of them counts.
    strict = policy is None or policy.strict
    try:
        if _is_signed(raw, domain, questions, at, strict=strict):
            return Verdict.VERIFIED, "own-signature"
    except Unanswered:
        policy = None
    if policy is None:
        return Verdict.UNKNOWN, "own-unanswered"
    if policy.enforced:
        return Verdict.FAILED, "own-policy"
    return Verdict.UNKNOWN, "own-unsigned"


def _is_signed(
    raw: bytes, domain: str, questions: Questions, at: datetime, *, strict: bool
) -> bool:
    """Whether one aligned signature holds. Raises `Unanswered` when none does and the key of one
    could not be asked for."""
    head = _HEAD_END.split(raw, maxsplit=1)[0]
    if _SPOILED.search(head):
        return False
    try:
        message: Any = dkim.DKIM(raw, logger=_silent, minkey=SMALLEST_KEY)
    except (dkim.DKIMException, IndexError):
        return False
    names = [name.lower() for name, _ in message.headers]
    if b"from" not in names or any(names.count(name) > 1 for name in ONCE):
        return False
    needed = SIGNED.intersection(names)
    tried, silent = 0, None
    for place in range(names.count(b"dkim-signature")):
        tags = _tags(message, place)
        signed = {name.strip().lower() for name in tags.get(b"h", b"").split(b":")}
        if tried == MOST_SIGNATURES or not needed <= signed:
            continue
        if not _counts(tags, domain, at, strict=strict):
            continue
        tried += 1
        try:
            if _holds(message, place, tags, questions):
                return True
        except Unanswered as error:
            silent = error
    if silent is not None:
        raise silent
    return False


def _tags(message: Any, place: int) -> dict[bytes, bytes]:
    """The tags of the signature at `place`; none when it is no signature."""
    with contextlib.suppress(dkim.DKIMException, ValueError, LookupError):
        message.verify_headerprep(place)
        return message.signature_fields
    return {}


def _counts(tags: dict[bytes, bytes], domain: str, at: datetime, *, strict: bool) -> bool:
    """Whether the signature, should it hold, would speak for `domain` and the whole body, now."""
    expires = tags.get(b"x", b"")
    return (
        aligned(tags.get(b"d", b"").decode("utf-8", "replace"), domain, strict=strict)
        and tags.get(b"a") in ALGORITHMS
        and b"l" not in tags
        and not (expires.isdigit() and int(expires) < at.timestamp())
    )


def _holds(message: Any, place: int, tags: dict[bytes, bytes], questions: Questions) -> bool:
    def key(name: bytes, timeout: float) -> bytes | None:  # noqa: ARG001 - dkimpy calls it so
        return _key(name.decode("ascii").rstrip("."), tags, questions)

    try:
        holds = message.verify(idx=place, dnsfunc=key)
    except Unanswered:
        raise
    except Exception:  # noqa: BLE001 - a broken signature makes dkimpy raise anything
        return False
    return bool(holds)


def _key(name: str, tags: dict[bytes, bytes], questions: Questions) -> bytes | None:
    """The key record, if it is meant for this signature (RFC 6376 §3.6.1). Raises `Unanswered`."""
    found = [record for record in questions.txt(name) if "p" in dmarc.tags(record)]
    if len(found) != 1:
        return None
    record = dmarc.tags(found[0])
    flags = record.get("t", "").lower().split(":")
    services = record.get("s", "*").lower().split(":")
    hashes = record.get("h", "sha256").lower().split(":")
    # A testing domain (`t=y`) asks to be treated as one that does not sign.
    meant = (
        "y" not in flags
        and not {"*", "email"}.isdisjoint(services)
        and "sha256" in hashes
        and len(record["p"]) <= LONGEST_KEY
    )
    if "s" in flags:
        identity = tags.get(b"i", b"").rpartition(b"@")[2]
        meant = meant and (not identity or identity.lower() == tags[b"d"].lower())
    return found[0].encode() if meant else None
