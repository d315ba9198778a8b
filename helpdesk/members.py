"""The people of a provider, as its manager keeps them: invited, given rights, taken out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from helpdesk import audit, departures, identifiers, logins, registers
from helpdesk.audit import Change
from helpdesk.border import Actor, ActorKind
from helpdesk.errors import Conflict, FieldError, Forbidden, Invalid, NotVisible
from helpdesk.models import Log, LogPrivate, Membership, Person, Provider, Ticket
from helpdesk.models import Session as Login
from helpdesk.policy import Policy

ROLES = ("manager", "member")
SCOPES = ("all", "own")
LONGEST_NAME = 200
MOST_ACTIONS = 30

#: id and name of a provider, and the person's role there
Membered: TypeAlias = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Member:
    id: int
    name: str
    email: str
    role: str
    scope: str
    #: False until the person has logged in
    entered: bool
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class Done:
    """One thing a person of the provider did."""

    at: datetime
    who: str
    action: str
    number: int | None
    protocol: str | None


def role_at(session: Session, person_id: int, provider_id: int) -> str:
    """The role: manager | member, "" for somebody who does not speak for the provider."""
    found = session.scalar(
        select(Membership.role).where(
            Membership.person_id == person_id,
            Membership.provider_id == provider_id,
            Membership.active,
        )
    )
    return found or ""


def providers_of(session: Session, person_id: int) -> list[Membered]:
    """Those the person speaks for, in the order they came."""
    rows = session.execute(
        select(Provider.id, Provider.name, Membership.role)
        .join(Membership, Membership.provider_id == Provider.id)
        .where(Membership.person_id == person_id, Membership.active)
        .order_by(Membership.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def listing(session: Session, actor: Actor, provider_id: int) -> list[Member]:
    """Raises `Forbidden` for whoever is no manager there."""
    _require_manager(session, actor, provider_id)
    seen = (
        select(Login.subject_id, func.max(Login.seen_at).label("at"))
        .where(Login.kind == "person", Login.provider_id == provider_id)
        .group_by(Login.subject_id)
        .subquery()
    )
    rows = session.execute(
        select(Membership, Person, seen.c.at)
        .join(Person, Person.id == Membership.person_id)
        .outerjoin(seen, seen.c.subject_id == Person.id)
        .where(Membership.provider_id == provider_id, Membership.active, Person.active)
        .order_by(Person.name, Person.id)
    )
    return [
        Member(p.id, p.name, p.email, m.role, m.scope, at is not None or bool(p.password_hash), at)
        for m, p, at in rows
    ]


def done(session: Session, actor: Actor, provider_id: int) -> Sequence[Done]:
    """What people of the provider did last, newest first. Raises `Forbidden`."""
    _require_manager(session, actor, provider_id)
    rows = session.execute(
        select(Log.at, LogPrivate.values, Log.action, Ticket.number, Ticket.protocol)
        .join(Ticket, Ticket.number == Log.number)
        .outerjoin(LogPrivate, LogPrivate.log_id == Log.id)
        .where(Ticket.provider_id == provider_id, Log.actor_kind == ActorKind.PERSON)
        .order_by(Log.id.desc())
        .limit(MOST_ACTIONS)
    )
    return [
        Done(at, values["actor"] if values else "", action, number, protocol)
        for at, values, action, number, protocol in rows
    ]


def invite(
    session: Session,
    actor: Actor,
    provider_id: int,
    name: str,
    email: str,
    role: str,
    scope: str,
    policy: Policy,
    *,
    now: datetime,
) -> None:
    """Raises `Forbidden` and `Invalid`. Somebody who is there already is invited anew."""
    _require_manager(session, actor, provider_id)
    errors = [
        FieldError(field, code, data)
        for field, code, data, wrong in (
            ("name", "required", (), not name.strip()),
            ("name", "too_long", (("limit", LONGEST_NAME),), len(name) > LONGEST_NAME),
            ("email", "required", (), not email.strip()),
            ("email", "invalid", (), bool(email.strip()) and not identifiers.email(email)),
            ("role", "unknown", (), role not in ROLES),
            ("scope", "unknown", (), scope not in SCOPES),
        )
        if wrong
    ]
    if errors:
        raise Invalid(*errors)
    code = session.scalar(select(Provider.code).where(Provider.id == provider_id))
    assert code is not None, "who manages it was found above"
    person = registers.invite(session, code, email, policy, actor, now=now)
    if person.name == person.email:
        person.name = name.strip()
    member = _membership(session, person.id, provider_id)
    member.role, member.scope = role, "all" if role == "manager" else scope


def change(
    session: Session,
    actor: Actor,
    provider_id: int,
    person_id: int,
    role: str,
    scope: str,
    *,
    now: datetime,
) -> None:
    """Raises `Forbidden`, `NotVisible`, `Invalid`, and `Conflict("last_manager")`."""
    _require_manager(session, actor, provider_id)
    if role not in ROLES or scope not in SCOPES:
        raise Invalid(FieldError("role" if role not in ROLES else "scope", "unknown"))
    member = _membership(session, person_id, provider_id)
    scope = "all" if role == "manager" else scope
    if member.role == "manager" and role != "manager":
        _require_other_manager(session, person_id, provider_id)
    changes = [
        Change(field, before, after)
        for field, before, after in (
            ("role", member.role, role),
            ("scope", member.scope, scope),
        )
        if before != after
    ]
    member.role, member.scope = role, scope
    if changes:
        note = _email(session, person_id)
        audit.record(session, actor, "person_changed", now=now, changes=changes, note=note)


def take_out(
    session: Session, actor: Actor, provider_id: int, person_id: int, *, now: datetime
) -> None:
    """The person speaks for this provider no more; for others it still may.
    Raises `Forbidden`, `NotVisible`, and `Conflict("last_manager")`."""
    _require_manager(session, actor, provider_id)
    member = _membership(session, person_id, provider_id)
    if member.role == "manager":
        _require_other_manager(session, person_id, provider_id)
    member.active = False
    changes = [Change("active", before=True, after=False)]
    note = _email(session, person_id)
    audit.record(session, actor, "person_changed", now=now, changes=changes, note=note)
    session.flush()  # whom they still serve is looked up
    departures.member(session, person_id, now=now)


def invite_again(
    session: Session, actor: Actor, provider_id: int, person_id: int, policy: Policy, *,
    now: datetime,
) -> None:  # fmt: skip
    """A new link for somebody who lost theirs. Raises `Forbidden` and `NotVisible`."""
    _require_manager(session, actor, provider_id)
    _membership(session, person_id, provider_id)
    person = session.get_one(Person, person_id)
    logins.invite(session, person, policy.keyring, policy.link("/convite/"), now=now)
    audit.record(session, actor, "invited", now=now, changes=[Change("person", None, person.email)])


def _membership(session: Session, person_id: int, provider_id: int) -> Membership:
    found = session.scalar(
        select(Membership).where(
            Membership.person_id == person_id,
            Membership.provider_id == provider_id,
            Membership.active,
        )
    )
    if found is None:
        msg = "person"
        raise NotVisible(msg, person_id)
    return found


def _require_manager(session: Session, actor: Actor, provider_id: int) -> None:
    person_id = actor.id if actor.kind is ActorKind.PERSON else None
    if person_id is None or role_at(session, person_id, provider_id) != "manager":
        msg = "manager"
        raise Forbidden(msg)


def _require_other_manager(session: Session, person_id: int, provider_id: int) -> None:
    other = session.scalar(
        select(Membership.id)
        .join(Person, Person.id == Membership.person_id)
        .where(
            Membership.provider_id == provider_id,
            Membership.person_id != person_id,
            Membership.role == "manager",
            Membership.active,
            Person.active,
        )
        .limit(1)
    )
    if other is None:
        msg = "last_manager"
        raise Conflict(msg)


def _email(session: Session, person_id: int) -> str:
    return session.scalar(select(Person.email).where(Person.id == person_id)) or ""
