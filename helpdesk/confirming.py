"""An address typed into a form becomes one that answers go to once its owner says it is theirs."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from helpdesk import audit, events, notices
from helpdesk.audit import Change
from helpdesk.border import Actor, ActorKind
from helpdesk.models import Endpoint, Ticket
from helpdesk.policy import Policy

PURPOSE = "confirm-address"
LIFE = timedelta(days=7)
#: the notice that carries the link
NOTICE = "confirm_address"


@dataclass(frozen=True, slots=True)
class Address:
    """What a link is about. `confirmed` says that it was used, here or before."""

    number: int
    protocol: str | None
    value: str
    confirmed: bool


def link(policy: Policy, endpoint_id: int, issued_at: datetime) -> str:
    """The page with the button; the link ends `LIFE` after the notice was written."""
    token = policy.keyring.link_token(PURPOSE, str(endpoint_id), issued_at + LIFE)
    return policy.link(f"/confirmar/{token}")


def find(session: Session, token: str, policy: Policy, *, now: datetime) -> Address | None:
    """What the link may do; None when it is forged, expired or void. Looking changes nothing."""
    found = _find(session, token, policy, now)
    return _address(*found) if found else None


def confirm(session: Session, token: str, policy: Policy, *, now: datetime) -> Address | None:
    """Let answers go to the address, and tell it the protocol. A second time changes nothing."""
    found = _find(session, token, policy, now)
    if found is None:
        return None
    endpoint, ticket = found
    if endpoint.state == "unconfirmed":
        endpoint.state = "active"
        ticket.version += 1
        owner = Actor(ActorKind.UNKNOWN, name=endpoint.name or endpoint.address)
        change = Change("endpoint", None, endpoint.address)
        audit.record(
            session, owner, "endpoint_confirmed", now=now, number=ticket.number, changes=(change,)
        )
        notices.post(session, [notices.to_endpoint("opened", endpoint)], now=now)
        events.emit(session, ticket.number, "changed", now=now, version=ticket.version)
    return _address(endpoint, ticket)


def _find(
    session: Session, token: str, policy: Policy, now: datetime
) -> tuple[Endpoint, Ticket] | None:
    subject = policy.keyring.read_link_token(PURPOSE, token, now)
    endpoint = session.get(Endpoint, int(subject)) if subject else None
    ticket = session.get(Ticket, endpoint.number) if endpoint else None
    if endpoint is None or ticket is None or endpoint.state == "removed":
        return None
    return endpoint, ticket


def _address(endpoint: Endpoint, ticket: Ticket) -> Address:
    confirmed = endpoint.state != "unconfirmed"
    return Address(ticket.number, ticket.protocol, endpoint.address, confirmed)
