"""Who can be reached about a message: endpoints found or made, and what they are told at once.

An address may receive only if it is the ticket's already, registered to its provider, or confirmed
by its owner; any other is only asked to confirm itself (DESIGN §4, Where the answer goes).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import endpoints, notices, text
from helpdesk.border import Channel, Contact
from helpdesk.endpoints import NewEndpoint
from helpdesk.intake.facts import Facts
from helpdesk.intake.placing import Joining, Opening
from helpdesk.models import Endpoint, KnownAddress
from helpdesk.notices import Notice

#: channels in which the sender's address is an endpoint of its own
TALKING = frozenset({Channel.MAIL, Channel.TELEGRAM, Channel.CHAT, Channel.WEB})


@dataclass(slots=True)
class Ends:
    """`spoken` is where the message came from: the next answer goes there."""

    spoken: Endpoint | None = None
    all: list[Endpoint] = field(default_factory=list[Endpoint])


def contact(plan: Opening, facts: Facts) -> Contact:
    """What the form says; a mail or chat has its sender and the provider's registered phone."""
    inbound = plan.inbound
    if inbound.contact is not None:
        return Contact(
            text.normalise(inbound.contact.name).strip(),
            text.normalise(inbound.contact.phone).strip(),
            inbound.contact.email.strip().lower(),
        )
    person = facts.people.get(inbound.person_id or plan.author.id or 0)
    email = inbound.sender.value if inbound.channel is Channel.MAIL else ""
    return Contact(
        plan.author.name,
        (person.phone if person else "") or facts.providers[plan.provider_id].phone,
        email or (person.email if person else ""),
    )


def resolve(
    session: Session, plans: Sequence[tuple[int, Opening | Joining]], facts: Facts
) -> list[Ends]:
    """Endpoints of each message; what is missing is made, all in one insert."""
    wanted = [_wanted(number, plan, facts) for number, plan in plans]
    known = {
        (e.number, e.channel, e.address): e for found in facts.endpoints.values() for e in found
    }
    missing = {
        (new.number, new.channel, new.address): new
        for news in wanted
        for new in news
        if (new.number, new.channel, new.address) not in known
    }
    ids = endpoints.write(session, list(missing.values()))
    if ids:
        made = session.scalars(select(Endpoint).where(Endpoint.id.in_(ids)))
        known |= {(e.number, e.channel, e.address): e for e in made}
    result: list[Ends] = []
    for (_, plan), news in zip(plans, wanted, strict=True):
        ends = Ends()
        for new in news:
            endpoint = known[new.number, new.channel, new.address]
            if new.state == "active" and endpoint.state in {"reading", "unconfirmed"}:
                endpoint.state = "active"  # registered to the provider by now
            ends.all.append(endpoint)
            if new.spoke and plan.inbound.channel in TALKING:
                ends.spoken = ends.spoken or endpoint
                _awaken(endpoint)
        result.append(ends)
    _hear(session, [ends.spoken for ends in result if ends.spoken is not None])
    return result


def acknowledge(ends: Ends) -> list[Notice]:
    """What a requester is told at once: the protocol, or to confirm the address first. A chat
    answers by itself."""
    told: list[Notice] = []
    for endpoint in ends.all:
        if endpoint.channel != Channel.MAIL:
            continue
        if endpoint.state in endpoints.USABLE:
            told.append(notices.to_endpoint("opened", endpoint))
        elif endpoint.state == "unconfirmed":
            told.append(notices.to_endpoint("confirm_address", endpoint))
    return told[:1]


def _hear(session: Session, spoken: Sequence[Endpoint]) -> None:
    """An address that writes is not dead, whatever came back from it once."""
    addresses = {e.address for e in spoken if e.channel == Channel.MAIL}
    if addresses:
        session.execute(
            update(KnownAddress)
            .where(
                KnownAddress.channel == Channel.MAIL,
                KnownAddress.value.in_(addresses),
                KnownAddress.failing_since.is_not(None),
            )
            .values(failing_since=None)
        )


def _awaken(endpoint: Endpoint) -> None:
    """It writes, so it works; one that was removed stays so."""
    endpoint.spoke = True
    if endpoint.state == "failing":
        endpoint.state = "active"


def _wanted(number: int, plan: Opening | Joining, facts: Facts) -> list[NewEndpoint]:
    inbound = plan.inbound
    provider_id = plan.provider_id if isinstance(plan, Opening) else plan.ticket.provider_id
    if inbound.channel is Channel.MAIL:
        return _by_mail(number, plan, provider_id, facts)
    found: list[NewEndpoint] = []
    if inbound.channel in TALKING:
        found.append(
            NewEndpoint(
                number,
                inbound.channel,
                inbound.sender.value,
                plan.author.name,
                inbound.person_id,
                spoke=True,
            )
        )
    if isinstance(plan, Opening) and inbound.contact is not None and inbound.contact.email:
        email = inbound.contact.email.strip().lower()
        state = "active" if facts.registered(email, provider_id) else "unconfirmed"
        found.append(
            NewEndpoint(number, Channel.MAIL, email, contact(plan, facts).name, state=state)
        )
    return found


def _by_mail(
    number: int, plan: Opening | Joining, provider_id: int, facts: Facts
) -> list[NewEndpoint]:
    inbound = plan.inbound
    sender = inbound.sender.value
    address = sender
    reply_to = inbound.mail.reply_to if inbound.mail else None
    if (
        reply_to
        and reply_to != sender
        and reply_to not in facts.staff
        and (facts.registered(reply_to, provider_id) or _is_end(number, reply_to, facts))
    ):
        address = reply_to
    trusted = facts.registered(sender, provider_id) is not None or address != sender
    name = text.name(inbound.sender.name)
    found = [
        NewEndpoint(
            number,
            Channel.MAIL,
            address,
            name,
            plan.author.id if address == sender else None,
            state="active" if trusted else "reading",
            spoke=True,
        )
    ]
    if address != sender:
        # The sender stays a participant: what is written from there later is recognised.
        found.append(_participant(number, sender, name, provider_id, facts))
    copied = inbound.mail.copied if inbound.mail else ()
    found += [
        _participant(number, other, "", provider_id, facts)
        for other in copied
        if other not in {sender, address, *facts.staff} and _is_of(other, provider_id, facts)
    ]
    return found


def _participant(
    number: int, address: str, name: str, provider_id: int, facts: Facts
) -> NewEndpoint:
    """Registered to the provider it may be answered; of its domain alone it is read."""
    owner = facts.registered(address, provider_id)
    return NewEndpoint(
        number,
        Channel.MAIL,
        address,
        (owner.name if owner else "") or name,
        owner.person_id if owner else None,
        state="active" if owner else "reading",
    )


def _is_of(address: str, provider_id: int, facts: Facts) -> bool:
    """Registered to the provider, or at a domain it proved."""
    return any(o.provider_id == provider_id for o in facts.owners.get(address, []))


def _is_end(number: int, address: str, facts: Facts) -> bool:
    """Whether answers of this ticket go there already."""
    return any(
        e.address == address and e.channel == Channel.MAIL and e.state in endpoints.USABLE
        for e in facts.endpoints.get(number, [])
    )
