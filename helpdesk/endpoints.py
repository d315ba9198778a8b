"""Where people of a ticket can be reached, and where an answer may go (DESIGN §4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, insert, or_, select
from sqlalchemy.orm import Session

from helpdesk.errors import FieldError, Invalid
from helpdesk.models import Endpoint, Membership, Message, Person, Ticket

#: states in which an endpoint may receive an answer; a failing one may be tried again by choice
USABLE = frozenset({"active", "failing"})


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    number: int
    channel: str
    address: str
    name: str = ""
    person_id: int | None = None
    state: str = "active"
    spoke: bool = False


def write(session: Session, endpoints: Sequence[NewEndpoint]) -> list[int]:
    if not endpoints:
        return []
    rows: list[dict[str, Any]] = [
        {
            "number": e.number,
            "channel": e.channel,
            "address": e.address,
            "name": e.name,
            "person_id": e.person_id,
            "state": e.state,
            "spoke": e.spoke,
        }
        for e in endpoints
    ]
    return list(
        session.scalars(insert(Endpoint).returning(Endpoint.id, sort_by_parameter_order=True), rows)
    )


def of_ticket(session: Session, number: int) -> list[Endpoint]:
    """Those in use: not removed, nor of a person who speaks for the provider no more."""
    speaks = and_(
        Membership.person_id == Endpoint.person_id,
        Membership.provider_id == Ticket.provider_id,
    )
    return list(
        session.scalars(
            select(Endpoint)
            .join(Ticket, Ticket.number == Endpoint.number)
            .outerjoin(Person, Person.id == Endpoint.person_id)
            .outerjoin(Membership, speaks)
            .where(
                Endpoint.number == number,
                Endpoint.state != "removed",
                or_(Endpoint.person_id.is_(None), and_(Person.active, Membership.active)),
            )
            .order_by(Endpoint.id)
        )
    )


def default(session: Session, ticket: Ticket, endpoints: Sequence[Endpoint]) -> Endpoint | None:
    """The endpoint of the last inbound message, else the first usable one."""
    usable = {e.id: e for e in endpoints if e.state in USABLE}
    last = session.scalar(
        select(Message.endpoint_id)
        .where(
            Message.number == ticket.number,
            Message.direction == "inbound",
            Message.audience == "public",
            Message.endpoint_id.is_not(None),
        )
        .order_by(Message.id.desc())
        .limit(1)
    )
    return usable.get(last or 0) or next(iter(usable.values()), None)


def choose(
    session: Session, ticket: Ticket, endpoint_id: int | None
) -> tuple[Endpoint | None, list[Endpoint]]:
    """The endpoint an answer goes to and all of the ticket's. Raises `Invalid` for a foreign or
    unusable choice."""
    endpoints = of_ticket(session, ticket.number)
    if endpoint_id is None:
        return default(session, ticket, endpoints), endpoints
    for endpoint in endpoints:
        if endpoint.id == endpoint_id and endpoint.state in USABLE:
            return endpoint, endpoints
    raise Invalid(FieldError("endpoint", "unknown"))
