"""Where people of a ticket can be reached, and where an answer may go (DESIGN §4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from helpdesk.border import Channel
from helpdesk.errors import FieldError, Invalid
from helpdesk.models import Endpoint, KnownAddress, Membership, Message, Person, Ticket

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


def spoke(session: Session, endpoint_ids: Sequence[int]) -> None:
    """Messages came in by these: answers may carry their text there, and they work."""
    if endpoint_ids:
        session.execute(
            update(Endpoint)
            .where(Endpoint.id.in_(endpoint_ids), Endpoint.spoke.is_(False))
            .values(spoke=True)
        )


def of_ticket(session: Session, number: int) -> list[Endpoint]:
    return list(
        session.scalars(
            select(Endpoint)
            .where(Endpoint.number == number, Endpoint.state != "removed")
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


def add(session: Session, ticket: Ticket, address: str, *, channel: str = Channel.MAIL) -> Endpoint:
    """An agent adds an address by hand; only one registered to the provider, or the ticket's own,
    may receive at once."""
    known = registered(session, ticket.provider_id, [address])
    found = session.scalar(
        select(Endpoint).where(
            Endpoint.number == ticket.number,
            Endpoint.channel == channel,
            Endpoint.address == address,
        )
    )
    if found is None:
        found = Endpoint(
            number=ticket.number, channel=channel, address=address, name="", spoke=False
        )
        session.add(found)
    found.state = "active" if address in known or found.state == "active" else "unconfirmed"
    session.flush()  # the caller needs its id
    return found


def registered(session: Session, provider_id: int, addresses: Sequence[str]) -> set[str]:
    """Which of the mail addresses belong to the provider, by register or by an active person."""
    known = session.scalars(
        select(KnownAddress.value).where(
            KnownAddress.provider_id == provider_id,
            KnownAddress.channel == Channel.MAIL,
            KnownAddress.value.in_(addresses),
        )
    )
    people = session.scalars(
        select(Person.email)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.provider_id == provider_id,
            Membership.active,
            Person.active,
            Person.email.in_(addresses),
        )
    )
    return {*known, *people}
