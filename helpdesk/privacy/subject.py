"""Whose data it is about: a person, addresses of somebody who is no person here, whole tickets."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from helpdesk.models import Endpoint, Held, KnownAddress, Person
from helpdesk.privacy.among import any_of


@dataclass(frozen=True, slots=True)
class Subject:
    """`addresses`: mail addresses and phone numbers, folded. `whole`: tickets of which nothing
    that was said stays. `texts`: also what they wrote, not only who they are."""

    persons: tuple[int, ...] = ()
    addresses: tuple[str, ...] = ()
    whole: tuple[int, ...] = ()
    texts: bool = True


def of_person(session: Session, person_id: int, *, texts: bool) -> Subject:
    return _known(session, [person_id], [], (), texts)


def of_address(session: Session, address: str, *, texts: bool) -> Subject:
    """An address may be a person's: then the person is meant, with all addresses."""
    return _known(session, [], [folded(address)], (), texts)


def _known(
    session: Session, persons: Iterable[int], addresses: Iterable[str], whole: tuple[int, ...],
    texts: bool,  # noqa: FBT001 - of the subject, not a switch of this function
) -> Subject:  # fmt: skip
    found = set(addresses)
    ids = {*persons, *session.scalars(select(Person.id).where(Person.email.in_(sorted(found))))}
    rows = session.execute(select(Person.email, Person.phone).where(Person.id.in_(sorted(ids))))
    for row in rows:
        found.update(folded(value) for value in row if value)
    known = select(KnownAddress.value).where(KnownAddress.person_id.in_(sorted(ids)))
    found.update(folded(value) for value in session.scalars(known))
    return Subject(tuple(sorted(ids)), tuple(sorted(found)), whole, texts)


def folded(address: str) -> str:
    return address.strip().casefold()


def referred(session: Session, subject: Subject) -> dict[str, Any]:
    """The subject by ids alone: what a ledger may hold. An older copy of the database has the
    addresses that these ids stand for."""
    mine = any_of(session, func.lower(Endpoint.address), subject.addresses)
    held = any_of(session, func.lower(Held.sender), subject.addresses)
    nobody = not subject.persons
    alone = list(session.scalars(select(Endpoint.id).where(mine))) if nobody else []
    waiting = list(session.scalars(select(Held.id).where(held))) if nobody else []
    return {
        "persons": list(subject.persons),
        "endpoints": alone,
        "held": waiting,
        "whole": list(subject.whole),
        "texts": subject.texts,
    }


def resolved(session: Session, reference: dict[str, Any]) -> Subject:
    """What `referred` wrote, in a database that still has the data."""
    addresses = {
        folded(value)
        for column, key, name in (
            (Endpoint.address, Endpoint.id, "endpoints"),
            (Held.sender, Held.id, "held"),
        )
        for value in session.scalars(select(column).where(key.in_(reference[name])))
        if value
    }
    whole = tuple(reference["whole"])
    return _known(session, reference["persons"], addresses, whole, reference["texts"])
