"""Where each message goes, decided from the facts without a database."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from helpdesk import matching, text
from helpdesk.border import (
    Actor,
    ActorKind,
    Channel,
    HoldReason,
    Inbound,
    MailFacts,
    Verdict,
)
from helpdesk.catalog import Catalog
from helpdesk.errors import Conflict, NotVisible
from helpdesk.intake.facts import Facts, Owner, content_key
from helpdesk.matching import Hold, Join, Layer, Match, SenderProvider, mentions
from helpdesk.models import Endpoint, Provider, Ticket
from helpdesk.policy import Policy
from helpdesk.tokens import Keyring
from helpdesk.workflow import Situation


@dataclass(frozen=True, slots=True)
class Opening:
    inbound: Inbound
    author: Actor
    provider_id: int
    #: the closed ticket this one continues
    follows: int | None = None
    match: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Joining:
    """A complement; `reopens` when the ticket was closed not long ago."""

    inbound: Inbound
    author: Actor
    ticket: Ticket
    reopens: bool
    match: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Noting:
    """Automatic mail: noted on a ticket, or only counted (`ticket` None). Never answered."""

    inbound: Inbound
    ticket: Ticket | None


@dataclass(frozen=True, slots=True)
class Holding:
    inbound: Inbound
    hold: Hold


@dataclass(frozen=True, slots=True)
class Repeating:
    inbound: Inbound
    number: int | None
    message_id: int | None


Plan = Opening | Joining | Noting | Holding | Repeating


#: defects that leave nothing to place
UNUSABLE = {"unreadable": HoldReason.UNREADABLE, "limit": HoldReason.LIMIT}


def place(
    inbound: Inbound, facts: Facts, policy: Policy, registers: Catalog, now: datetime
) -> Plan:
    """Raises `NotVisible` when somebody logged in names what is not theirs, `Conflict` when it was
    deleted."""
    seen = facts.seen.get(content_key(inbound))
    if seen is not None:
        return Repeating(inbound, *seen)
    if inbound.mail is None or inbound.placed_by is not None:
        return _known_place(inbound, facts, registers, now)
    for defect, reason in UNUSABLE.items():
        if defect in inbound.mail.defects:
            return Holding(inbound, Hold(reason, None, (f"defect {defect}",)))
    if inbound.mail.automatic is not None:
        ticket = _noted_ticket(inbound.mail, facts, policy)
        if ticket is None or inbound.verdict is not Verdict.FAILED or inbound.mail.returned_outbox:
            return Noting(inbound, ticket)
    return _mail(inbound, inbound.mail, facts, policy, registers, now)


def _known_place(inbound: Inbound, facts: Facts, registers: Catalog, now: datetime) -> Plan:
    author = _author(inbound, facts)
    if inbound.number is None:
        provider = facts.providers.get(inbound.provider_id or 0)
        if provider is None or not _speaks_for(inbound, provider, facts):
            raise NotVisible("provider", inbound.provider_id)
        return Opening(inbound, author, provider.id)
    ticket = facts.ticket(inbound.number)
    if ticket is None or not _owns(inbound, ticket, facts):
        raise NotVisible("ticket", inbound.number)
    if ticket.deleted_at is not None:
        raise Conflict("deleted")
    match = {"layer": "agent", "score": 100} if inbound.placed_by else {}
    return _join(inbound, author, ticket, match, registers, now)


def _mail(
    inbound: Inbound,
    mail: MailFacts,
    facts: Facts,
    policy: Policy,
    registers: Catalog,
    now: datetime,
) -> Plan:
    owners = facts.owners.get(inbound.sender.value, [])
    refs = [policy.keyring.read_reply_token(token) for token in mail.tokens]
    decision = matching.decide(
        matching.Facts(
            verdict=inbound.verdict,
            unverified=policy.unverified,
            matches=tuple(_matches(inbound, mail, facts, policy.keyring)),
            providers=tuple(_providers(inbound, owners, facts)),
            forged_token=any(ref is None for ref in refs),
        )
    )
    if isinstance(decision, Hold):
        return Holding(inbound, decision)
    if isinstance(decision, Join):
        ticket = facts.tickets[decision.number]
        author = _sender(inbound, [o for o in owners if o.provider_id == ticket.provider_id])
        match = {
            "layer": str(decision.layer),
            "score": decision.score,
            "standing": str(decision.reason_code),
            "trace": list(decision.trace),
        }
        return _join(inbound, author, ticket, match, registers, now)
    author = _sender(inbound, [o for o in owners if o.provider_id == decision.provider_id])
    match = {"trace": list(decision.trace)}
    return Opening(inbound, author, decision.provider_id, match=match)


def _join(
    inbound: Inbound,
    author: Actor,
    ticket: Ticket,
    match: dict[str, Any],
    registers: Catalog,
    now: datetime,
) -> Plan:
    """A closed ticket reopens for some days; later the message opens a new one that follows it."""
    if ticket.situation != Situation.CLOSED:
        return Joining(inbound, author, ticket, reopens=False, match=match)
    until = (ticket.closed_at or now) + timedelta(days=registers.parameters.reopen_days)
    if now <= until:
        return Joining(inbound, author, ticket, reopens=True, match=match)
    return Opening(inbound, author, ticket.provider_id, follows=ticket.number, match=match)


def _matches(inbound: Inbound, mail: MailFacts, facts: Facts, keyring: Keyring) -> list[Match]:
    found: list[Match] = []
    for token in mail.tokens:
        ref = keyring.read_reply_token(token)
        if ref is not None:
            found += _signed(Layer.TOKEN, ref.number, ref.endpoint_id, inbound, facts)
    for reference in reversed(mail.references):
        issued = keyring.read_message_id(reference)
        if issued is not None:
            found += _signed(Layer.ISSUED_ID, issued.number, issued.endpoint_id, inbound, facts)
    numbers = [(Layer.SUBJECT_PROTOCOL, facts.protocols.get(p)) for p in mail.protocols]
    numbers += [(Layer.FOREIGN_ID, facts.mail_ids.get(r)) for r in reversed(mail.references)]
    for layer, number in numbers:
        ticket = facts.ticket(number) if number is not None else None
        if ticket is not None and ticket.deleted_at is None:
            participant = _participates(ticket, inbound.sender.value, facts)
            found.append(Match(layer, ticket.number, ticket.provider_id, participant))
    return found


def _signed(
    layer: Layer, number: int, endpoint_id: int, inbound: Inbound, facts: Facts
) -> list[Match]:
    ticket = facts.ticket(number)
    if ticket is None or ticket.deleted_at is not None:
        return []
    issued = next((e for e in facts.endpoints.get(number, []) if e.id == endpoint_id), None)
    return [
        Match(
            layer,
            ticket.number,
            ticket.provider_id,
            participant=_participates(ticket, inbound.sender.value, facts),
            issued_to_sender=issued is not None and issued.address == inbound.sender.value,
            void=issued is None or issued.state == "removed",
        )
    ]


def _participates(ticket: Ticket, address: str, facts: Facts) -> bool:
    return any(
        e.address == address and e.channel == Channel.MAIL and e.state != "removed"
        for e in facts.endpoints.get(ticket.number, [])
    )


def _providers(inbound: Inbound, owners: list[Owner], facts: Facts) -> list[SenderProvider]:
    wording = f"{inbound.mail.subject if inbound.mail else ''}\n{inbound.text}"
    found: list[SenderProvider] = []
    for owner in owners:
        provider = facts.providers[owner.provider_id]
        if provider.active:
            named = mentions(wording, provider.code, provider.document)
            found.append(SenderProvider(provider.id, named))
    return found


def _noted_ticket(mail: MailFacts, facts: Facts, policy: Policy) -> Ticket | None:
    """Automatic mail names a ticket only by what we signed."""
    for token in mail.tokens:
        ref = policy.keyring.read_reply_token(token)
        if ref is not None and (found := facts.ticket(ref.number)) is not None:
            return found
    for reference in reversed(mail.references):
        issued = policy.keyring.read_message_id(reference)
        if issued is not None and (found := facts.ticket(issued.number)) is not None:
            return found
    return None


def _author(inbound: Inbound, facts: Facts) -> Actor:
    if inbound.person_id is not None and inbound.person_id in facts.people:
        person = facts.people[inbound.person_id]
        return Actor(ActorKind.PERSON, person.id, person.name)
    if inbound.mail is not None:
        return _sender(inbound, facts.owners.get(inbound.sender.value, []))
    agent = facts.agents.get(inbound.agent_id or 0)
    if agent is not None:
        return Actor(ActorKind.AGENT, agent.id, agent.name)
    return Actor(ActorKind.UNKNOWN, name=text.name(inbound.sender.name))


def _sender(inbound: Inbound, owners: list[Owner]) -> Actor:
    owner = next(iter(owners), None)
    said = text.name(inbound.sender.name)
    name = (owner.name if owner else "") or said or text.name(inbound.sender.value)
    if owner is None:
        return Actor(ActorKind.UNKNOWN, name=name)
    return Actor(ActorKind.PERSON, owner.person_id, name)


def _speaks_for(inbound: Inbound, provider: Provider, facts: Facts) -> bool:
    if inbound.agent_id is not None or inbound.placed_by is not None:
        return True
    memberships = facts.memberships.get(inbound.person_id or 0, [])
    return provider.active and any(m.provider_id == provider.id for m in memberships)


def _owns(inbound: Inbound, ticket: Ticket, facts: Facts) -> bool:
    """The person may see the ticket: of its provider, and a party to it if the scope is own."""
    if inbound.agent_id is not None or inbound.placed_by is not None:
        return True
    for membership in facts.memberships.get(inbound.person_id or 0, []):
        if membership.provider_id == ticket.provider_id:
            return membership.scope == "all" or _is_party(inbound.person_id, ticket, facts)
    return False


def _is_party(person_id: int | None, ticket: Ticket, facts: Facts) -> bool:
    opened = ticket.opened_kind == ActorKind.PERSON and ticket.opened_id == person_id
    return opened or any(_is(e, person_id) for e in facts.endpoints.get(ticket.number, []))


def _is(endpoint: Endpoint, person_id: int | None) -> bool:
    return person_id is not None and endpoint.person_id == person_id
