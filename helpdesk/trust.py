"""Addresses an agent lets in from quarantine, and lets go again.

Trust means: what this address writes is read as that provider's, or in that one ticket. It never
overrides a failed verdict, and it is no person: no log-in code or link ever goes to it, those are
for invited people alone (DESIGN §4, Log-in by code).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import access, audit, held, quarantine
from helpdesk.audit import Change
from helpdesk.border import Actor, Channel
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, NotVisible
from helpdesk.models import (
    Agent,
    Endpoint,
    Held,
    KnownAddress,
    Membership,
    Person,
    Provider,
    Ticket,
)

TRUSTED = "trusted"


@dataclass(frozen=True, slots=True)
class Trusted:
    row: KnownAddress
    provider_code: str
    provider: str
    agent: str


def listing(
    session: Session, actor: Actor, *, limit: int = 50, before: int | None = None
) -> Sequence[Trusted]:
    """Newest first; `before` is the id of the last row of the page before. Raises `Forbidden`."""
    access.require(actor, "quarantine")
    query = (
        select(KnownAddress, Provider.code, Provider.name, Agent.name)
        .join(Provider, Provider.id == KnownAddress.provider_id)
        .outerjoin(Agent, Agent.id == KnownAddress.added_by)
        .where(KnownAddress.source == TRUSTED)
        .order_by(KnownAddress.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(KnownAddress.id < before)
    return [
        Trusted(row, code, name, agent or "") for row, code, name, agent in session.execute(query)
    ]


def in_ticket(
    session: Session, desk: Desk, public_id: str, number: int, *, answers: bool = False
) -> Held:
    """Its sender may write in this one ticket, beginning with this message; with `answers`, ticked
    by the agent, it receives answers there. Raises as `quarantine.attach`."""
    _trustworthy(session, desk, public_id)
    return quarantine.attach(session, desk, public_id, number, answers=answers)


def for_provider(session: Session, desk: Desk, public_id: str, provider_code: str) -> Held:
    """Its sender may write for this provider from now on; the message is judged again.

    Raises `NotVisible`, `Forbidden`, `Conflict` (`failed_sender`, `no_address`, `settled`).
    """
    provider = session.scalar(
        select(Provider).where(Provider.code == provider_code, Provider.active)
    )
    if provider is None:
        raise NotVisible("provider", provider_code)
    row = _trustworthy(session, desk, public_id)
    known = session.scalar(
        select(KnownAddress).where(
            KnownAddress.provider_id == provider.id,
            KnownAddress.channel == Channel.MAIL,
            KnownAddress.value == row.sender,
        )
    )
    if known is None:
        session.add(
            KnownAddress(
                provider_id=provider.id,
                channel=Channel.MAIL,
                value=row.sender,
                source=TRUSTED,
                added_by=desk.actor.id,
                added_at=desk.now,
            )
        )
        _note(session, desk, "address_trusted", provider, row.sender)
    return quarantine.retry(session, desk, public_id)


def revoke(session: Session, desk: Desk, address_id: int) -> KnownAddress:
    """Trust it no more: it is a stranger again, and no ticket of the provider answers it.

    Raises `NotVisible` for what is not there or is registered otherwise, `Forbidden`.
    """
    access.require(desk.actor, "quarantine")
    row = session.get(KnownAddress, address_id, with_for_update=True)
    if row is None or row.source != TRUSTED:
        raise NotVisible("address", address_id)
    provider = session.get_one(Provider, row.provider_id)
    person = session.scalar(
        select(Person.id)
        .join(Membership, Membership.person_id == Person.id)
        .where(Person.email == row.value, Membership.provider_id == provider.id, Membership.active)
        .limit(1)
    )
    if person is None:
        mine = select(Ticket.number).where(Ticket.provider_id == provider.id)
        session.execute(
            update(Endpoint)
            .where(
                Endpoint.channel == Channel.MAIL,
                Endpoint.address == row.value,
                Endpoint.number.in_(mine),
            )
            .values(state="removed")
        )
    _note(session, desk, "address_untrusted", provider, row.value)
    session.delete(row)
    return row


def _trustworthy(session: Session, desk: Desk, public_id: str) -> Held:
    """The row, if its sender's address can be trusted at all."""
    shown, _ = held.get(session, desk.actor, public_id)
    if held.is_forged(shown.row):
        raise Conflict("failed_sender")
    if "@" not in shown.row.sender:
        raise Conflict("no_address")
    return shown.row


def _note(session: Session, desk: Desk, action: str, provider: Provider, address: str) -> None:
    changes = (Change("provider", None, provider.name), Change("email", None, address))
    audit.record(session, desk.actor, action, now=desk.now, changes=changes)
