"""Our own DKIM check (RFC 6376), where no server in front of us does it."""

from collections.abc import Callable
from typing import Any

import dkim

from channels.mail.authentication import aligned
from helpdesk.border import Verdict

#: signatures beyond these are not tried: each costs a look-up and a verification
MOST_SIGNATURES = 8


def dkim_verdict(raw: bytes, from_domain: str, dnsfunc: Callable[..., bytes | None]) -> Verdict:
    """verified: a signature of a domain aligned with `from_domain` holds; unknown otherwise,
    because a missing or broken signature alone says nothing about the sender (RFC 6376 §6.1).

    `dnsfunc(name, timeout=…)` gives the TXT record of a name (bytes both).
    """
    message: Any = dkim.DKIM(raw)
    signatures = sum(name.lower() == b"dkim-signature" for name, _ in message.headers)
    for at in range(min(signatures, MOST_SIGNATURES)):
        try:
            holds = message.verify(idx=at, dnsfunc=dnsfunc)
        except Exception:  # noqa: BLE001, S112 - broken signatures raise anything; none verifies
            continue
        domain = (message.domain or b"").decode("ascii", "replace")
        if holds and aligned(domain, from_domain):
            return Verdict.VERIFIED
    return Verdict.UNKNOWN
