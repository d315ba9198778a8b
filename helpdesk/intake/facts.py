"""What a batch of messages needs to know, loaded with a fixed number of queries."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from helpdesk.border import Channel, Inbound, MailFacts
from helpdesk.models import (
    Agent,
    Content,
    Endpoint,
    KnownAddress,
    Membership,
    Message,
    Person,
    Provider,
    ProviderDomain,
    Ticket,
)
from helpdesk.policy import Policy

Row = TypeVar("Row", Person, Agent, Provider)

#: a merge may lead to a merged ticket; more steps than this are a circle
MOST_MERGES = 8


@dataclass(frozen=True, slots=True)
class Owner:
    """A provider that has an address, and the person it belongs to, if known. `by_domain`: the
    provider proved the domain, and the address is not registered to it."""

    provider_id: int
    person_id: int | None
    name: str
    by_domain: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    #: content key to (ticket, message) for what was applied before
    seen: dict[str, tuple[int | None, int | None]]
    owners: dict[str, list[Owner]]
    protocols: dict[str, int]
    mail_ids: dict[str, int]
    tickets: dict[int, Ticket]
    endpoints: dict[int, list[Endpoint]]
    people: dict[int, Person]
    memberships: dict[int, list[Membership]]
    agents: dict[int, Agent]
    #: active agents by their own address, among all the addresses of the batch
    staff: dict[str, Agent]
    providers: dict[int, Provider]
    #: domains that a token in a mail may prove
    domains: dict[int, ProviderDomain]

    def registered(self, address: str, provider_id: int) -> Owner | None:
        """The provider's own registration of an address; a proved domain is none."""
        found = self.owners.get(address, [])
        return next((o for o in found if o.provider_id == provider_id and not o.by_domain), None)

    def ticket(self, number: int) -> Ticket | None:
        """The ticket a number leads to: the target when it was merged."""
        found = self.tickets.get(number)
        for _ in range(MOST_MERGES):
            if found is None or found.merged_into is None:
                return found
            found = self.tickets.get(found.merged_into)
        return None


def content_key(inbound: Inbound) -> str:
    """At most 80 characters: the content's own key, or that of the arrival."""
    key = inbound.content or inbound.arrival
    return key if len(key) <= 80 else hashlib.sha256(key.encode()).hexdigest()  # noqa: PLR2004


def load(session: Session, inbounds: Sequence[Inbound], policy: Policy) -> Facts:
    mails = [inbound.mail for inbound in inbounds if inbound.mail is not None]
    keys = {content_key(inbound) for inbound in inbounds}
    seen = {
        key: (number, message_id)
        for key, number, message_id in session.execute(
            select(Content.key, Content.number, Content.message_id).where(Content.key.in_(keys))
        )
    }
    protocols = _protocols(session, {p for mail in mails for p in mail.protocols})
    mail_ids = _mail_ids(session, {r for mail in mails for r in mail.references})
    numbers = {inbound.number for inbound in inbounds if inbound.number is not None}
    numbers |= set(protocols.values()) | set(mail_ids.values())
    numbers |= {number for mail in mails for number in named(mail, policy)}
    tickets = _tickets(session, numbers)
    addresses = _addresses(inbounds)
    owners = _owners(session, addresses)
    staff = _staff(session, addresses)
    people_ids = {inbound.person_id for inbound in inbounds if inbound.person_id is not None}
    people_ids |= {o.person_id for found in owners.values() for o in found if o.person_id}
    agents = {inbound.agent_id for inbound in inbounds if inbound.agent_id is not None}
    agents |= {inbound.placed_by for inbound in inbounds if inbound.placed_by is not None}
    providers = {inbound.provider_id for inbound in inbounds if inbound.provider_id is not None}
    providers |= {o.provider_id for found in owners.values() for o in found}
    providers |= {ticket.provider_id for ticket in tickets.values()}
    return Facts(
        seen=seen,
        owners=owners,
        protocols=protocols,
        mail_ids=mail_ids,
        tickets=tickets,
        endpoints=_endpoints(session, tickets),
        people=_by_id(session.scalars(select(Person).where(Person.id.in_(people_ids)))),
        memberships=_memberships(session, people_ids),
        agents=_by_id(session.scalars(select(Agent).where(Agent.id.in_(agents)))),
        staff=staff,
        providers=_by_id(session.scalars(select(Provider).where(Provider.id.in_(providers)))),
        domains=_domains(session, mails, policy),
    )


def named(mail: MailFacts, policy: Policy) -> list[int]:
    """Ticket numbers that tokens and Message-IDs of a mail are for, signed by us or not."""
    tokens = [*mail.tokens, *mail.references]
    found = [policy.keyring.claimed_number(each) for each in tokens]
    return [number for number in found if number]


def _addresses(inbounds: Sequence[Inbound]) -> set[str]:
    """Mail addresses whose owner matters: senders, Reply-To, copied people, form contacts."""
    found: set[str] = set()
    for inbound in inbounds:
        if inbound.channel is Channel.MAIL:
            found.add(inbound.sender.value)
        if inbound.contact is not None and inbound.contact.email:
            found.add(inbound.contact.email.strip().lower())
        if inbound.mail is not None:
            found.update(inbound.mail.copied)
            if inbound.mail.reply_to:
                found.add(inbound.mail.reply_to)
    return found


def _protocols(session: Session, protocols: set[str]) -> dict[str, int]:
    if not protocols:
        return {}
    query = select(Ticket.protocol, Ticket.number).where(Ticket.protocol.in_(protocols))
    return {protocol: number for protocol, number in session.execute(query) if protocol}


def _mail_ids(session: Session, references: set[str]) -> dict[str, int]:
    """Only ids that name one message: an id reused with other content counts for nothing."""
    if not references:
        return {}
    found: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)
    query = select(Message.mail_id, Message.id, Message.number).where(
        Message.mail_id.in_(references)
    )
    for mail_id, message_id, number in session.execute(query):
        found[mail_id or ""].add((message_id, number))
    return {mail_id: next(iter(rows))[1] for mail_id, rows in found.items() if len(rows) == 1}


def _tickets(session: Session, numbers: set[int]) -> dict[int, Ticket]:
    """Locked in the order of their numbers, so that two batches cannot wait for each other."""
    found: dict[int, Ticket] = {}
    wanted = numbers
    while wanted:
        query = select(Ticket).where(Ticket.number.in_(wanted)).order_by(Ticket.number)
        loaded = {t.number: t for t in session.scalars(query.with_for_update(key_share=True))}
        found |= loaded
        wanted = {t.merged_into for t in loaded.values() if t.merged_into} - found.keys()
    return found


def _endpoints(session: Session, tickets: dict[int, Ticket]) -> dict[int, list[Endpoint]]:
    found: defaultdict[int, list[Endpoint]] = defaultdict(list)
    if tickets:
        query = select(Endpoint).where(Endpoint.number.in_(tickets)).order_by(Endpoint.id)
        for endpoint in session.scalars(query):
            found[endpoint.number].append(endpoint)
    return dict(found)


def _owners(session: Session, addresses: set[str]) -> dict[str, list[Owner]]:
    """Registrations before domains. Who no longer speaks for a provider has no address there."""
    if not addresses:
        return {}
    found: defaultdict[str, dict[int, Owner]] = defaultdict(dict)
    at: defaultdict[str, list[str]] = defaultdict(list)
    for address in sorted(addresses):
        at[address.rpartition("@")[2]].append(address)
    proved = select(ProviderDomain.domain, ProviderDomain.provider_id).where(
        ProviderDomain.domain.in_(at), ProviderDomain.verified_at.is_not(None)
    )
    for domain, provider_id in session.execute(proved):
        for address in at[domain]:
            found[address][provider_id] = Owner(provider_id, None, "", by_domain=True)
    registered = (
        select(KnownAddress.value, KnownAddress.provider_id, KnownAddress.person_id, Person.name)
        .outerjoin(Person, Person.id == KnownAddress.person_id)
        .outerjoin(
            Membership,
            (Membership.person_id == KnownAddress.person_id)
            & (Membership.provider_id == KnownAddress.provider_id),
        )
        .where(
            KnownAddress.channel == Channel.MAIL,
            KnownAddress.value.in_(addresses),
            or_(KnownAddress.person_id.is_(None), Person.active & Membership.active),
        )
    )
    for value, provider_id, person_id, name in session.execute(registered):
        found[value][provider_id] = Owner(provider_id, person_id, name or "")
    people = (
        select(
            Person.email,
            Membership.provider_id,
            Person.id,
            Person.name,
            Person.active & Membership.active,
        )
        .join(Membership, Membership.person_id == Person.id)
        .where(Person.email.in_(addresses))
    )
    for value, provider_id, person_id, name, speaks in session.execute(people):
        if speaks:
            found[value][provider_id] = Owner(provider_id, person_id, name)
        else:
            found[value].pop(provider_id, None)
    return {value: list(owners.values()) for value, owners in found.items()}


def _staff(session: Session, addresses: set[str]) -> dict[str, Agent]:
    if not addresses:
        return {}
    query = select(Agent).where(Agent.email.in_(addresses), Agent.active).order_by(Agent.id.desc())
    return {agent.email: agent for agent in session.scalars(query)}


def _domains(
    session: Session, mails: Sequence[MailFacts], policy: Policy
) -> dict[int, ProviderDomain]:
    refs = [policy.keyring.read_domain_token(token) for mail in mails for token in mail.tokens]
    ids = {ref.domain_id for ref in refs if ref is not None}
    if not ids:
        return {}
    rows = session.scalars(select(ProviderDomain).where(ProviderDomain.id.in_(ids)))
    return {row.id: row for row in rows}


def _memberships(session: Session, people: set[int]) -> dict[int, list[Membership]]:
    found: defaultdict[int, list[Membership]] = defaultdict(list)
    if people:
        query = select(Membership).where(Membership.person_id.in_(people), Membership.active)
        for membership in session.scalars(query):
            found[membership.person_id].append(membership)
    return dict(found)


def _by_id(rows: Iterable[Row]) -> dict[int, Row]:
    return {row.id: row for row in rows}
