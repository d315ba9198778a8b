"""What an agent chooses from in a form: colleagues and providers."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, false, func, or_, select
from sqlalchemy.orm import Session

from helpdesk.models import Agent, KnownAddress, Membership, Person, Provider, Sector, Ticket
from helpdesk.text import normalise, sort_name

MOST_PROVIDERS = 20


@dataclass(frozen=True, slots=True)
class Colleague:
    """`open` counts the tickets not closed that are theirs."""

    login: str
    name: str
    sector_code: str | None
    open: int


@dataclass(frozen=True, slots=True)
class ProviderChoice:
    code: str
    name: str
    document: str
    city: str


@dataclass(frozen=True, slots=True)
class Caller:
    """The contact a new ticket of a provider is likely to have."""

    name: str = ""
    phone: str = ""
    email: str = ""


def login_of(session: Session, agent_id: int | None) -> str:
    return session.scalar(select(Agent.login).where(Agent.id == agent_id)) or ""


def colleagues(session: Session) -> list[Colleague]:
    """Active agents by name."""
    open_ones = (
        select(func.count())
        .where(Ticket.assignee_id == Agent.id, Ticket.situation.in_(["open", "pending"]))
        .correlate(Agent)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Agent.login, Agent.name, Sector.code, open_ones)
        .outerjoin(Sector, Sector.id == Agent.sector_id)
        .where(Agent.active)
        .order_by(Agent.sort_name, Agent.id)
    )
    return [Colleague(*row) for row in rows]


def providers(session: Session, words: str) -> list[ProviderChoice]:
    """Active providers whose name holds every word, or whose code or document is given."""
    wanted = words.strip()
    digits = "".join(c for c in wanted if c.isalnum())
    name = [
        Provider.sort_name.contains(word, autoescape=True) for word in sort_name(wanted).split()
    ]
    found = session.scalars(
        select(Provider)
        .where(
            Provider.active,
            or_(
                func.lower(Provider.code) == wanted.lower(),
                (Provider.document == digits.upper()) & (Provider.document != ""),
                and_(*name) if name else false(),
            ),
        )
        .order_by(Provider.sort_name, Provider.id)
        .limit(MOST_PROVIDERS)
    )
    return [ProviderChoice(p.code, p.name, p.document, p.city) for p in found]


def provider_names(session: Session, codes: Sequence[str]) -> dict[str, str]:
    """Names by code, active or not, of those there are."""
    query = select(Provider.code, Provider.name).where(
        Provider.code.in_([normalise(code) for code in codes])
    )
    rows = session.execute(query.order_by(Provider.sort_name))
    return {row.code: row.name for row in rows}


def provider(session: Session, code: str) -> tuple[Provider, Caller] | None:
    """An active provider and whom to ask back: its first person, else the register's own data."""
    found = session.scalar(select(Provider).where(Provider.code == code, Provider.active))
    if found is None:
        return None
    person = session.scalar(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.provider_id == found.id, Membership.active, Person.active)
        .order_by(Membership.role, Membership.id)
        .limit(1)
    )
    known = session.scalar(
        select(KnownAddress.value)
        .where(KnownAddress.provider_id == found.id, KnownAddress.channel == "mail")
        .order_by(KnownAddress.id)
        .limit(1)
    )
    if person is not None:
        return found, Caller(person.name, person.phone or found.phone, person.email)
    return found, Caller("", found.phone, found.email or known or "")
