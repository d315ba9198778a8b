"""Providers, people, agents and conversations, made through the verbs that make them for real."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import registers, sessions
from helpdesk.border import (
    Actor,
    Address,
    Channel,
    Contact,
    File,
    Inbound,
    MailFacts,
    Receipt,
    Refusal,
    Verdict,
)
from helpdesk.desk import Desk
from helpdesk.intake import receive_many
from helpdesk.models import Endpoint, KnownAddress, Membership, Message, Outbox, Profile, Ticket
from helpdesk.policy import Policy
from helpdesk.registers import ProviderRow

#: a Tuesday, 09:00 in São Paulo
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CLINIC = "recepcao@clinica.example"

_numbers = itertools.count(1)


def make_provider(session: Session, code: str = "P1", **more: Any) -> int:
    row = ProviderRow(code=code, name=more.pop("name", f"Clínica {code}"), **more)
    return registers.upsert_provider(session, row, now=NOW).id


def know(session: Session, provider_id: int, address: str) -> None:
    session.add(KnownAddress(provider_id=provider_id, channel=Channel.MAIL, value=address))
    session.flush()


def make_person(
    session: Session, provider_id: int, name: str, email: str, *, scope: str = "all"
) -> Actor:
    provider = session.get_one(registers.Provider, provider_id)
    person = registers.add_person(session, provider, name, email)
    session.flush()
    session.execute(update(Membership).where(Membership.person_id == person.id).values(scope=scope))
    return person_of(session, person.id)


def person_of(session: Session, person_id: int | None) -> Actor:
    actor = sessions.person_actor(session, person_id or 0)
    assert actor is not None
    return actor


def make_agent(
    session: Session,
    login: str = "ana",
    *,
    permissions: tuple[str, ...] = ("*",),
    groups: tuple[str, ...] = (),
    sector: str | None = None,
) -> Actor:
    profile = f"perfil-{login}"
    session.add(
        Profile(code=profile, name=profile, permissions=list(permissions), groups=list(groups))
    )
    session.flush()
    agent = registers.add_agent(
        session,
        login,
        login.title(),
        f"{login}@operadora.example",
        "",
        now=NOW,
        profile=profile,
        sector=sector,
    )
    session.flush()
    actor = sessions.agent_actor(session, agent.id)
    assert actor is not None
    return actor


def pdf(name: str = "laudo.pdf") -> File:
    """An attachment whose bytes nobody reads."""
    return File(name, "application/pdf", 5, "e" * 64)


def form(person: Actor, provider_id: int, **more: Any) -> Inbound:
    """A new contact by the portal's form; `number=` makes it a complement."""
    n = next(_numbers)
    base = Inbound(
        channel=Channel.WEB,
        sender=Address(Channel.WEB, f"person:{person.id}", person.name),
        text=f"Mensagem {n}: a glosa da guia 4711 não procede.",
        arrival=f"form:{n}",
        at=NOW,
        title=f"Recurso {n}",
        provider_id=provider_id,
        person_id=person.id,
        classification="GLO",
        subclassification="GLO.1",
        contact=Contact(person.name, "(31) 3222-0101", "luciana@clinica.example"),
    )
    if "number" in more:
        base = replace(base, title="", classification=None, subclassification=None, contact=None)
    return replace(base, **more)


def mail(sender: str = CLINIC, **more: Any) -> Inbound:
    """A mail; what `MailFacts` knows may be given beside what `Inbound` knows."""
    n = next(_numbers)
    facts: dict[str, Any] = {
        "message_id": f"<m{n}@clinica.example>",
        "subject": f"Assunto {n}",
        "mailbox": "contato@operadora.example",
    }
    facts |= {k: more.pop(k) for k in list(more) if k in MailFacts.__dataclass_fields__}
    base = Inbound(
        channel=Channel.MAIL,
        sender=Address(Channel.MAIL, sender, more.pop("name", "Recepção")),
        text=f"Texto {n} sobre a glosa.",
        arrival=f"smtp:{n}",
        at=NOW,
        content=f"content-{n}",
        verdict=Verdict.UNKNOWN,
        mail=MailFacts(**facts),
    )
    return replace(base, **more)


def receive(
    session: Session, inbound: Inbound, policy: Policy, *, now: datetime = NOW
) -> Receipt | Refusal:
    return receive_many(session, [inbound], policy, now=now)[0]


def opened(session: Session, inbound: Inbound, policy: Policy, *, now: datetime = NOW) -> Ticket:
    """Receive, and answer the ticket it is part of."""
    answer = receive(session, inbound, policy, now=now)
    assert isinstance(answer, Receipt), answer
    return session.get_one(Ticket, answer.number)


def make_ticket(
    session: Session, policy: Policy, provider_id: int, *, now: datetime = NOW, **more: Any
) -> Ticket:
    """Opened by an agent, as after a telephone call: nobody hears of it by itself."""
    agent_id = more.pop("agent_id", None) or session.scalar(select(registers.Agent.id).limit(1))
    n = next(_numbers)
    fields: dict[str, Any] = {
        "channel": Channel.PHONE,
        "sender": Address(Channel.PHONE, "+553132220101"),
        "text": f"Ligação {n} sobre pagamento.",
        "arrival": f"call:{n}",
        "at": now,
        "title": f"Ligação {n}",
        "provider_id": provider_id,
        "agent_id": agent_id,
        "classification": "PAG",
        "contact": Contact("Luciana", "(31) 3222-0101", "luciana@clinica.example"),
    }
    return opened(session, Inbound(**(fields | more)), policy, now=now)


def desk_of(actor: Actor, policy: Policy, now: datetime = NOW) -> Desk:
    return Desk(actor, policy, now)


def endpoints_of(session: Session, number: int) -> dict[str, Endpoint]:
    found = session.scalars(select(Endpoint).where(Endpoint.number == number))
    return {endpoint.address: endpoint for endpoint in found}


def messages_of(session: Session, number: int) -> list[Message]:
    return list(
        session.scalars(select(Message).where(Message.number == number).order_by(Message.id))
    )


def outbox_of(session: Session, number: int | None = None) -> list[Outbox]:
    query = select(Outbox).order_by(Outbox.id)
    if number is not None:
        query = query.where(Outbox.number == number)
    return list(session.scalars(query))


def hide(session: Session, number: int, group: str = "juridico") -> None:
    """Make a ticket and what was said in it secret: no verb of an agent does it yet."""
    session.execute(update(Ticket).where(Ticket.number == number).values(secret_group=group))
    session.execute(update(Message).where(Message.number == number).values(secret_group=group))
