"""Whom somebody asks about: people and addresses that a name, an address or a phone leads to."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select, union
from sqlalchemy.orm import Session

from helpdesk import access
from helpdesk.border import Actor
from helpdesk.models import Endpoint, Held, KnownAddress, Membership, Person, Provider, Ticket
from helpdesk.privacy import holds
from helpdesk.privacy.subject import folded

MOST_FOUND = 50
SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person here (`person_id`), or an address nobody is registered for."""

    person_id: int | None
    name: str
    address: str
    providers: tuple[str, ...]


def who(session: Session, actor: Actor, asked: str) -> list[Somebody]:
    """Up to `MOST_FOUND`; people first. Raises `Forbidden`."""
    access.require(actor, holds.READS)
    word = folded(asked)
    if len(word) < SHORTEST:
        return []
    named = func.lower(Person.name).contains(word, autoescape=True)
    by_address = select(KnownAddress.person_id).where(func.lower(KnownAddress.value) == word)
    people = _people(
        session,
        or_(named, Person.email == word, Person.phone == word, Person.id.in_(by_address)),
    )
    known = {one.address for one in people}
    others = [
        Somebody(None, name, address, ())
        for name, address in _addresses(session, word)
        if address not in known
    ]
    return [*people, *others][:MOST_FOUND]


def person(session: Session, actor: Actor, person_id: int) -> Somebody | None:
    """Raises `Forbidden`."""
    access.require(actor, holds.READS)
    return next(iter(_people(session, Person.id == person_id)), None)


def stranger(session: Session, actor: Actor, address: str) -> Somebody | None:
    """Somebody with an address that no person here has. Raises `Forbidden`."""
    access.require(actor, holds.READS)
    found = [name for name, value in _addresses(session, address) if value == address and address]
    return Somebody(None, found[0], address, ()) if found else None


def _people(session: Session, asked: ColumnElement[bool]) -> list[Somebody]:
    rows = session.scalars(
        select(Person).where(asked).order_by(Person.name, Person.id).limit(MOST_FOUND)
    ).all()
    served: dict[int, list[str]] = {}
    for person_id, name in session.execute(
        select(Membership.person_id, Provider.name)
        .join(Provider, Provider.id == Membership.provider_id)
        .where(Membership.person_id.in_([row.id for row in rows]))
        .order_by(Provider.name)
    ):
        served.setdefault(person_id, []).append(name)
    return [
        Somebody(row.id, row.name, folded(row.email), tuple(served.get(row.id, ()))) for row in rows
    ]


def _addresses(session: Session, word: str) -> list[tuple[str, str]]:
    """Whole addresses, and the contacts of forms by their name."""
    address = func.lower(Endpoint.address)
    mail = Endpoint.channel == "mail"
    found = union(
        select(Endpoint.name, address.label("address")).where(address == word, mail),
        select(Ticket.contact_name, func.lower(Ticket.contact_email)).where(
            Ticket.contact_email != "",
            or_(
                func.lower(Ticket.contact_email) == word,
                func.lower(Ticket.contact_name).contains(word, autoescape=True),
            ),
        ),
        select(Held.sender, func.lower(Held.sender)).where(func.lower(Held.sender) == word),
    ).limit(MOST_FOUND * 4)
    by_address: dict[str, str] = {}
    for name, value in session.execute(found):
        by_address[value] = by_address.get(value) or name
    return [(name, value) for value, name in sorted(by_address.items())]
