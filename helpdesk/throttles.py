"""Wrong log-ins make others wait, and nobody for ever.

A try counts against the account and against the network it came from. A browser that was in the
account before carries a signed mark and is counted apart: whoever tries a victim's name from
elsewhere does not keep the victim out (OWASP, device cookies).
"""

import hashlib
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, select
from sqlalchemy.orm import Session

from helpdesk.errors import Throttled
from helpdesk.models import Throttle
from helpdesk.models.base import upsert
from helpdesk.tokens import Keyring

#: failures of an account or a known browser before it has to wait, and how long
TRIES = 8
WINDOW = timedelta(minutes=15)
#: failures from one network: an office shares an address
NETWORK_TRIES = 60
#: how long a browser stays known
KNOWN_FOR = timedelta(days=180)
_DEVICE = "device"
_IPV6_NETWORK = 64


@dataclass(frozen=True, slots=True)
class Gate:
    key: str
    tries: int = TRIES


def gates(account: str, *, device: str = "", remote: str = "") -> tuple[Gate, ...]:
    """What a try of `account` counts against. `device`: of a browser known to that very account
    (`known_device`); `remote`: the address it comes from, "" when nobody knows."""
    if device:
        return (Gate(f"{account} {device}"),)
    network = _network(remote)
    return (Gate(account), *((Gate(f"from {network}", NETWORK_TRIES),) if network else ()))


def check(session: Session, asked: Sequence[Gate], *, now: datetime) -> None:
    """Raises `Throttled` with the seconds to wait."""
    limits = {_short(gate.key): gate.tries for gate in asked}
    rows = session.scalars(select(Throttle).where(Throttle.key.in_(limits), Throttle.until > now))
    waits = [row.until - now for row in rows if row.count >= limits[row.key]]
    if waits:
        raise Throttled(int(max(waits).total_seconds()) + 1)


def count(session: Session, asked: Sequence[Gate], *, now: datetime) -> None:
    for gate in asked:
        row = upsert(session, Throttle).values(key=_short(gate.key), count=1, until=now + WINDOW)
        over = Throttle.until <= now
        session.execute(
            row.on_conflict_do_update(
                index_elements=[Throttle.key],
                set_={
                    "count": case((over, 1), else_=Throttle.count + 1),
                    "until": case((over, row.excluded.until), else_=Throttle.until),
                },
            )
        )


def clear(session: Session, asked: Sequence[Gate]) -> None:
    """Who got in starts anew; the network does not: one's own account proves nothing of others."""
    session.execute(delete(Throttle).where(Throttle.key == _short(asked[0].key)))


def forget(session: Session, *, now: datetime) -> None:
    session.execute(delete(Throttle).where(Throttle.until <= now))


def known_token(keyring: Keyring, kind: str, subject_id: int, *, now: datetime) -> str:
    """The mark for a browser that just got in."""
    subject = f"{kind}:{subject_id}:{secrets.token_hex(8)}"
    return keyring.link_token(_DEVICE, subject, now + KNOWN_FOR)


def known_device(
    keyring: Keyring, token: str, kind: str, subject_id: int | None, *, now: datetime
) -> str:
    """The name of the browser if it is known to that account, else ""."""
    subject = keyring.read_link_token(_DEVICE, token, now) if token else None
    if subject is None or subject_id is None:
        return ""
    whose, _, device = subject.rpartition(":")
    return device if whose == f"{kind}:{subject_id}" else ""


def _network(remote: str) -> str:
    """A household has a /64; loopback is our own proxy, so that it says nothing."""
    try:
        address = ipaddress.ip_address(remote)
    except ValueError:
        return ""
    if address.is_loopback:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _IPV6_NETWORK), strict=False))
    return str(address)


def _short(key: str) -> str:
    """What somebody typed as a name may be of any length and hold anything."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
