"""Where each message goes, decided from the facts without a database."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from helpdesk import domains, matching, text
from helpdesk.border import (
    Actor,
    ActorKind,
    HoldReason,
    Inbound,
    MailFacts,
    Verdict,
)
from helpdesk.catalog import Catalog
from helpdesk.errors import Conflict, NotVisible
from helpdesk.intake import agents, checking, evidence
from helpdesk.intake.agents import Speaking
from helpdesk.intake.facts import Facts, Owner, content_key
from helpdesk.matching import Hold, Join, Layer
from helpdesk.models import Agent, Endpoint, Provider, ProviderDomain, Ticket
from helpdesk.policy import Policy
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


@dataclass(frozen=True, slots=True)
class Proving:
    """An answer from a provider's domain to the question whether it is the provider's."""

    inbound: Inbound
    row: ProviderDomain


Plan = Opening | Joining | Noting | Holding | Repeating | Speaking | Proving


#: of a display name, so that the address fits beside it
LONGEST_SAID = 80
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
    agent = facts.staff.get(inbound.sender.value) if inbound.mail is not None else None
    if inbound.mail is None or inbound.placed_by is not None:
        return _known_place(inbound, agent, facts, registers, now)
    for defect, reason in UNUSABLE.items():
        if defect in inbound.mail.defects:
            return Holding(inbound, Hold(reason, None, (f"defect {defect}",)))
    mail = inbound.mail
    found = _automatic(inbound, mail, agent, facts, policy)
    if found is None and agent is not None:
        found = _by_agent(inbound, mail, agent, facts, policy)
    elif found is None:
        found = _proof(inbound, mail, facts, policy, now)
    return found or _mail(inbound, mail, facts, policy, registers, now)


def _automatic(
    inbound: Inbound, mail: MailFacts, agent: Agent | None, facts: Facts, policy: Policy
) -> Plan | None:
    """None for a person's mail, and for a machine's that claims a ticket under a false name."""
    if mail.automatic is None:
        return None
    ticket = None if agent else _noted_ticket(mail, facts, policy)
    failed = inbound.verdict is Verdict.FAILED
    if mail.automatic == "list" and facts.owners.get(inbound.sender.value):
        # A provider's people may write by their list: a person of ours decides, no machine
        reason = HoldReason.AUTHENTICATION_FAILED if failed else HoldReason.UNVERIFIED
        trace = (f"verdict {inbound.verdict}", f"list {inbound.sender.value}")
        return Holding(inbound, Hold(reason, ticket.number if ticket else None, trace))
    if ticket is None or not failed or mail.returned_outbox:
        return Noting(inbound, ticket)
    return None


def _by_agent(
    inbound: Inbound, mail: MailFacts, agent: Agent, facts: Facts, policy: Policy
) -> Plan:
    said = agents.place(inbound, mail, agent, facts, policy)
    return Holding(inbound, said) if isinstance(said, Hold) else said


def _proof(
    inbound: Inbound, mail: MailFacts, facts: Facts, policy: Policy, now: datetime
) -> Plan | None:
    """An answer to the question whether a domain is a provider's; None when it is about none."""
    for token in mail.tokens:
        ref = policy.keyring.read_domain_token(token)
        row = facts.domains.get(ref.domain_id) if ref is not None else None
        if ref is None or row is None:
            continue
        reason = domains.objection(
            row, ref.asked, inbound.sender.value, inbound.verdict, policy, now
        )
        if reason is None:
            return Proving(inbound, row)
        trace = (f"verdict {inbound.verdict}", f"domain {row.domain}")
        return Holding(inbound, Hold(reason, None, trace))
    return None


def _known_place(
    inbound: Inbound, agent: Agent | None, facts: Facts, registers: Catalog, now: datetime
) -> Plan:
    """Where a channel or somebody in quarantine put it. What the address of an `agent` sent is
    never the provider speaking: put to a ticket it is a note, which the provider does not see."""
    if inbound.number is None:
        provider = facts.providers.get(inbound.provider_id or 0)
        if provider is None or not _speaks_for(inbound, provider, facts):
            raise NotVisible("provider", inbound.provider_id)
        checking.require_menu(inbound, provider, registers)
        return Opening(inbound, _author(inbound, provider.id, facts), provider.id)
    ticket = facts.ticket(inbound.number)
    if ticket is None or not _owns(inbound, ticket, facts):
        raise NotVisible("ticket", inbound.number)
    if ticket.deleted_at is not None:
        raise Conflict("deleted")
    if agent is not None:
        return Speaking(
            inbound, agent, ticket, Layer.AGENT, public=False, text=inbound.text, trace=()
        )
    author = _author(inbound, ticket.provider_id, facts)
    match = {"layer": str(Layer.AGENT), "score": 100} if inbound.placed_by else {}
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
    decision = matching.decide(
        matching.Facts(
            verdict=inbound.verdict,
            unverified=policy.unverified,
            judged=inbound.judged,
            matches=tuple(evidence.matches(inbound, mail, facts, policy.keyring)),
            providers=tuple(evidence.providers(inbound, owners, facts)),
            forged=evidence.forged(mail, policy.keyring),
            claimed=evidence.claimed(mail, facts, policy),
        )
    )
    if isinstance(decision, Hold):
        return Holding(inbound, decision)
    match: dict[str, Any] = {"trace": list(decision.trace), "standing": str(decision.standing)}
    if isinstance(decision, Join):
        ticket = facts.tickets[decision.number]
        match |= {"layer": str(decision.layer), "score": decision.score}
        if _is_other_matter(mail, decision, ticket):
            match["new_subject"] = True
        author = _author(inbound, ticket.provider_id, facts)
        return _join(inbound, author, ticket, match, registers, now)
    author = _author(inbound, decision.provider_id, facts)
    return Opening(inbound, author, decision.provider_id, match=match)


def _is_other_matter(mail: MailFacts, decision: Join, ticket: Ticket) -> bool:
    """A reply by address or thread alone, under a subject of its own, that quotes nothing."""
    if mail.quotes or decision.layer is Layer.SUBJECT_PROTOCOL or ticket.protocol in mail.protocols:
        return False
    known = (ticket.subject or "", ticket.title, f"Protocolo {ticket.protocol or ticket.number}")
    return matching.is_new_subject(mail.subject, known)


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


def _noted_ticket(mail: MailFacts, facts: Facts, policy: Policy) -> Ticket | None:
    """Automatic mail names a ticket only by what we signed."""
    for token in mail.tokens:
        ref = policy.keyring.read_reply_token(token)
        if ref is not None and (found := facts.ticket(ref.number)) is not None:
            return found
    for reference in reversed(mail.references):
        issued = policy.keyring.read_message_id(reference)
        # Endpoint 0: a notice to an agent, whose absence is nothing the ticket needs to know.
        if issued is None or not issued.endpoint_id:
            continue
        if (found := facts.ticket(issued.number)) is not None:
            return found
    return None


def _author(inbound: Inbound, provider_id: int, facts: Facts) -> Actor:
    if inbound.person_id is not None and inbound.person_id in facts.people:
        person = facts.people[inbound.person_id]
        return Actor(ActorKind.PERSON, person.id, person.name)
    if inbound.mail is not None:
        return _sender(inbound, facts.registered(inbound.sender.value, provider_id))
    agent = facts.agents.get(inbound.agent_id or 0)
    if agent is not None:
        return Actor(ActorKind.AGENT, agent.id, agent.name)
    return Actor(ActorKind.UNKNOWN, name=text.name(inbound.sender.name))


def _sender(inbound: Inbound, owner: Owner | None) -> Actor:
    """Who is registered is called by name; anybody may write any name, so of others the address
    stands beside it."""
    said, address = text.name(inbound.sender.name), inbound.sender.value
    if owner is not None:
        return Actor(ActorKind.PERSON, owner.person_id, owner.name or said or text.name(address))
    shown = f"{said[:LONGEST_SAID]} <{address}>" if said else address
    return Actor(ActorKind.UNKNOWN, name=text.name(shown))


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
