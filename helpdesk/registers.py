"""Providers, their people and agents: created, changed, invited."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import audit, identifiers, logins
from helpdesk.audit import Change
from helpdesk.border import SYSTEM, Actor, Channel
from helpdesk.errors import FieldError, Invalid, NotVisible
from helpdesk.models import (
    Agent,
    KnownAddress,
    Membership,
    Person,
    Profile,
    Provider,
    ProviderType,
    Sector,
)
from helpdesk.policy import Policy
from helpdesk.text import sort_name

#: lower case, as log-in pages read it
LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{0,39}")
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRow:
    """One line about a provider; None keeps what is stored. `line` names it in messages."""

    code: str
    name: str | None = None
    document: str | None = None
    type: str | None = None
    cnes: str | None = None
    city: str | None = None
    state: str | None = None
    phone: str | None = None
    email: str | None = None
    person: str | None = None
    active: bool | None = None
    line: int = 0


class ImportRefused(Exception):
    """Nothing was imported. `problems`: line and reason."""

    def __init__(self, problems: Sequence[tuple[int, str]]) -> None:
        super().__init__(f"{len(problems)} lines are wrong")
        self.problems = tuple(problems)


def import_providers(
    session: Session, rows: Sequence[ProviderRow], actor: Actor = SYSTEM, *, now: datetime
) -> tuple[int, int]:
    """All or nothing; a repeated code adds a person. Returns how many providers are new and how
    many were there. Raises `ImportRefused` naming every wrong line."""
    problems = [
        (row.line, f"{error.field}: {_reason(error)}") for row in rows for error in check(row)
    ]
    codes = {row.code for row in rows}
    known = set(session.scalars(select(Provider.code).where(Provider.code.in_(codes))))
    named = {row.code for row in rows if row.name}
    problems += [
        (row.line, "name: is required for a new provider")
        for row in rows
        if row.code and row.code not in known | named
    ]
    if problems:
        raise ImportRefused(sorted(problems))
    # A name may stand on a later line of its code.
    for row in sorted(rows, key=lambda row: not row.name):
        upsert_provider(session, row, actor, now=now)
    return len(codes - known), len(codes & known)


def check(row: ProviderRow) -> list[FieldError]:
    errors: list[FieldError] = []
    if not row.code.strip():
        errors.append(FieldError("code", "required"))
    limits = dict.fromkeys(("name", "type", "city", "person"), 200)
    limits |= {"code": 40, "state": 2, "phone": 40}
    for field, limit in limits.items():
        value = getattr(row, field)
        if value is not None and len(value) > limit:
            errors.append(FieldError(field, "too_long", (("limit", limit),)))
    rules = {
        "document": identifiers.document,
        "email": identifiers.email,
        "cnes": identifiers.cnes,
    }
    for field, rule in rules.items():
        value = getattr(row, field)
        if value and rule(value) is None:
            errors.append(FieldError(field, "invalid"))
    return errors


def upsert_provider(
    session: Session, row: ProviderRow, actor: Actor = SYSTEM, *, now: datetime
) -> Provider:
    """Create or change by code. Raises `Invalid`. The e-mail becomes a known address of the
    provider and, with a person's name, that person's log-in."""
    errors = check(row)
    provider = session.scalar(select(Provider).where(Provider.code == row.code))
    if provider is None and not row.name:
        errors.append(FieldError("name", "required"))
    if errors:
        raise Invalid(*errors)
    if provider is None:
        provider = Provider(
            code=row.code, name=row.name or "", sort_name=sort_name(row.name or ""), document=""
        )
        session.add(provider)
        action, changes = "provider_added", [Change("code", None, row.code)]
    else:
        action, changes = "provider_changed", []
    changes += _assign(session, provider, row)
    session.flush()  # addresses and people need its id
    if row.email:
        know(session, provider, identifiers.email(row.email) or "", row.person)
    if changes:
        audit.record(session, actor, action, now=now, changes=changes)
    return provider


def add_person(
    session: Session, provider: Provider, name: str, email: str, *, role: str = "member"
) -> Person:
    """Find or create the person by e-mail and make it a member of the provider."""
    person = session.scalar(select(Person).where(Person.email == email))
    if person is None:
        person = Person(name=name or email, email=email)
        session.add(person)
        session.flush()  # the membership needs its id
    member = session.scalar(
        select(Membership).where(
            Membership.person_id == person.id, Membership.provider_id == provider.id
        )
    )
    if member is None:
        session.add(Membership(person_id=person.id, provider_id=provider.id, role=role))
    return person


def invite(
    session: Session, code: str, email: str, policy: Policy, actor: Actor = SYSTEM, *, now: datetime
) -> Person:
    """Invite somebody to speak for a provider; the first one becomes its manager.
    Raises `NotVisible` for the provider, `Invalid` for the address."""
    provider = session.scalar(select(Provider).where(Provider.code == code))
    if provider is None:
        raise NotVisible("provider", code)
    address = identifiers.email(email)
    if address is None:
        raise Invalid(FieldError("email", "invalid"))
    first = not session.scalar(
        select(Membership.id).where(Membership.provider_id == provider.id).limit(1)
    )
    person = add_person(session, provider, "", address, role="manager" if first else "member")
    person.active = True
    session.flush()  # a new membership is there, an old one is made active again
    session.execute(
        update(Membership)
        .where(Membership.person_id == person.id, Membership.provider_id == provider.id)
        .values(active=True)
    )
    logins.invite(session, person, policy.keyring, policy.link("/convite/"), now=now)
    change = Change("person", None, address)
    audit.record(session, actor, "invited", now=now, changes=(change,), note=code)
    return person


def add_agent(
    session: Session,
    login: str,
    name: str,
    email: str,
    password_hash: str,
    *,
    now: datetime,
    profile: str = "atendente",
    sector: str | None = None,
) -> Agent:
    """Raises `Invalid` when the login is taken or not one, or something else is wrong."""
    if session.scalar(select(Agent.id).where(Agent.login == login)) is not None:
        raise Invalid(FieldError("login", "taken"))
    profile_id = session.scalar(select(Profile.id).where(Profile.code == profile))
    sector_id = session.scalar(select(Sector.id).where(Sector.code == sector)) if sector else None
    errors = [
        FieldError(field, code)
        for field, code, wrong in (
            ("login", "invalid", LOGIN.fullmatch(login) is None),
            ("name", "required", not name.strip()),
            ("name", "too_long", len(name) > LONGEST_NAME),
            ("profile", "unknown", profile_id is None),
            ("sector", "unknown", sector is not None and sector_id is None),
        )
        if wrong
    ]
    if identifiers.email(email) is None:
        errors.append(FieldError("email", "invalid"))
    if errors or profile_id is None:
        raise Invalid(*errors)
    agent = Agent(
        login=login,
        name=name,
        email=email.strip().lower(),
        password_hash=password_hash,
        profile_id=profile_id,
        sector_id=sector_id,
    )
    session.add(agent)
    audit.record(session, SYSTEM, "agent_added", now=now, changes=(Change("login", None, login),))
    return agent


def _assign(session: Session, provider: Provider, row: ProviderRow) -> list[Change]:
    """Set what the row gives; an empty value keeps what is there."""
    given: dict[str, object | None] = {
        "name": row.name,
        "document": identifiers.document(row.document) if row.document else None,
        "cnes": row.cnes,
        "city": row.city,
        "state": row.state.upper() if row.state else None,
        "phone": row.phone,
        "email": identifiers.email(row.email) if row.email and not provider.email else None,
        "active": row.active,
    }
    if row.type:
        given["type_id"] = _type_id(session, row.type.strip())
    changes: list[Change] = []
    for field, value in given.items():
        if value in (None, "") or getattr(provider, field) == value:
            continue
        changes.append(Change(field, getattr(provider, field), value))
        setattr(provider, field, value)
    if row.name:
        provider.sort_name = sort_name(row.name)
    return changes


def _type_id(session: Session, name: str) -> int:
    found = session.scalar(select(ProviderType.id).where(ProviderType.name == name))
    if found is not None:
        return found
    added = ProviderType(name=name)
    session.add(added)
    session.flush()  # the provider needs its id
    return added.id


def know(session: Session, provider: Provider, email: str, name: str | None = None) -> None:
    """The address is the provider's from now on and, with a name, that person's log-in."""
    person = add_person(session, provider, name, email) if name else None
    known = session.scalar(
        select(KnownAddress).where(
            KnownAddress.provider_id == provider.id,
            KnownAddress.channel == Channel.MAIL,
            KnownAddress.value == email,
        )
    )
    if known is None:
        known = KnownAddress(provider_id=provider.id, channel=Channel.MAIL, value=email)
        session.add(known)
    if person is not None:
        known.person_id = person.id


def _reason(error: FieldError) -> str:
    limit = dict(error.data).get("limit")
    words = {"required": "is required", "too_long": f"is longer than {limit}"}
    return words.get(error.code, "is not valid")
