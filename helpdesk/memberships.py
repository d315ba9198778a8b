"""The people who speak for a provider, as agents keep them: invited, given a part, let go.

What the provider's own managers do is in `members`; the history of the provider holds both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.orm import Session

from helpdesk import access, departures, identifiers, logins, registers, text
from helpdesk.audit import Change, Entry
from helpdesk.border import Actor
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, FieldError, Invalid, NotVisible
from helpdesk.members import LONGEST_NAME, ROLES, SCOPES
from helpdesk.models import LoginCode, Membership, Person, Provider
from helpdesk.models import Session as Login
from helpdesk.registry import history
from helpdesk.registry.providers import PROVIDER

INVITE = "people.invite"
MOST = 500


@dataclass(frozen=True, slots=True)
class Member:
    """`state`: none (never invited), invited, accepted (came in), expired, left. `until`: when a
    waiting invitation ends."""

    id: int
    person_id: int
    name: str
    email: str
    role: str
    scope: str
    state: str
    invited_at: datetime | None
    until: datetime | None


def listing(session: Session, actor: Actor, provider_id: int, *, now: datetime) -> list[Member]:
    """The provider's people, who is there before who left. Whoever reads providers reads them.
    Raises `NotVisible`, `Forbidden`."""
    if not actor.may(INVITE):
        access.require(actor, access.reads(PROVIDER.name))
    _provider(session, provider_id)
    return _members(session, now, Membership.provider_id == provider_id)


def invite(
    session: Session, desk: Desk, provider_id: int, *, name: str, email: str, role: str, scope: str
) -> int:
    """Returns the membership's id. Raises `NotVisible`, `Forbidden`, `Invalid` with every wrong
    field."""
    access.require(desk.actor, INVITE)
    provider = _provider(session, provider_id)
    called = " ".join(text.normalise(name).split())
    address = identifiers.email(email)
    errors = [
        FieldError(field, code)
        for field, code, wrong in (
            ("name", "required", not called),
            ("name", "too_long", len(called) > LONGEST_NAME),
            ("email", "invalid" if email.strip() else "required", address is None),
            ("role", "unknown", role not in ROLES),
            ("scope", "unknown", scope not in SCOPES),
        )
        if wrong
    ]
    if errors or address is None:
        raise Invalid(*errors)
    known = session.scalar(
        select(Membership)
        .join(Person, Person.id == Membership.person_id)
        .where(Person.email == address, Membership.provider_id == provider_id, Membership.active)
    )
    if known is not None and _one(session, known.id, desk.now).state in {"invited", "accepted"}:
        raise Invalid(FieldError("email", "taken"))
    person = registers.add_person(session, provider, called, address)
    session.flush()  # the membership is there to be read
    member = session.scalars(
        select(Membership).where(
            Membership.person_id == person.id, Membership.provider_id == provider_id
        )
    ).one()
    member.role, member.scope, member.active = role, _scope(role, scope), True
    person.active = True
    _send(session, desk, person)
    _log(session, desk, provider_id, "invited", [Change("person", None, address)])
    return member.id


def resend(session: Session, desk: Desk, provider_id: int, member_id: int) -> None:
    """The link sent before no longer opens. Raises `Conflict` (`not_waiting`) for who came in or
    left."""
    member, person = _load(session, desk, provider_id, member_id)
    if _one(session, member.id, desk.now).state not in {"none", "invited", "expired"}:
        raise Conflict("not_waiting")
    _send(session, desk, person)
    _log(session, desk, provider_id, "invited", [Change("person", None, person.email)])


def change(
    session: Session, desk: Desk, provider_id: int, member_id: int, *, role: str, scope: str
) -> None:
    """Raises `NotVisible`, `Forbidden`, `Invalid`."""
    member, person = _load(session, desk, provider_id, member_id)
    if role not in ROLES or scope not in SCOPES:
        raise Invalid(FieldError("role" if role not in ROLES else "scope", "unknown"))
    was = (member.role, member.scope)
    member.role, member.scope = role, _scope(role, scope)
    changes = [
        Change(field, before, after)
        for field, before, after in zip(
            ("role", "scope"), was, (member.role, member.scope), strict=True
        )
        if before != after
    ]
    if changes:
        _log(session, desk, provider_id, "person_changed", changes, person.email)


def leave(session: Session, desk: Desk, provider_id: int, member_id: int) -> None:
    """Revoke the invitation, or let the person go: they no longer speak for this provider and, when
    it was the only one, no longer come in. Raises `NotVisible`, `Forbidden`."""
    member, person = _load(session, desk, provider_id, member_id)
    if not member.active:
        return
    member.active = False
    session.flush()  # whether another provider is left is read next
    departures.member(session, person.id, now=desk.now)
    gone = [Change("active", before=True, after=False)]
    _log(session, desk, provider_id, "person_changed", gone, person.email)


def _provider(session: Session, provider_id: int) -> Provider:
    provider = session.get(Provider, provider_id)
    if provider is None:
        raise NotVisible("provider", provider_id)
    return provider


def _scope(role: str, scope: str) -> str:
    """A manager sees all there is."""
    return "all" if role == "manager" else scope


def _load(
    session: Session, desk: Desk, provider_id: int, member_id: int
) -> tuple[Membership, Person]:
    access.require(desk.actor, INVITE)
    found = session.execute(
        select(Membership, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.id == member_id, Membership.provider_id == provider_id)
        .with_for_update()
    ).first()
    if found is None:
        raise NotVisible("person", member_id)
    return found[0], found[1]


def _send(session: Session, desk: Desk, person: Person) -> None:
    """One link at a time opens."""
    session.execute(
        update(LoginCode)
        .where(
            LoginCode.person_id == person.id,
            LoginCode.purpose == logins.INVITATION,
            LoginCode.used_at.is_(None),
            LoginCode.expires_at > desk.now,
        )
        .values(expires_at=desk.now)
    )
    policy = desk.policy
    logins.invite(session, person, policy.keyring, policy.link("/convite/"), now=desk.now)


def _one(session: Session, member_id: int, now: datetime) -> Member:
    return _members(session, now, Membership.id == member_id)[0]


def _members(session: Session, now: datetime, which: ColumnElement[bool]) -> list[Member]:
    until = (
        select(func.max(LoginCode.expires_at))
        .where(
            LoginCode.person_id == Person.id,
            LoginCode.purpose == logins.INVITATION,
            LoginCode.used_at.is_(None),
            LoginCode.expires_at > now,
        )
        .correlate(Person)
        .scalar_subquery()
    )
    # Who left and is asked in again has not come by having been there before.
    came = exists().where(
        Login.kind == "person",
        Login.subject_id == Person.id,
        Login.created_at >= Person.invited_at,
    )
    rows = session.execute(
        select(Membership, Person, until, came)
        .join(Person, Person.id == Membership.person_id)
        .where(which)
        .order_by(Membership.active.desc(), Person.name, Membership.id)
        .limit(MOST)
    )
    return [
        Member(
            member.id,
            person.id,
            person.name,
            person.email,
            member.role,
            member.scope,
            _state(member, person, ends, came=entered),
            person.invited_at,
            ends,
        )
        for member, person, ends, entered in rows
    ]


def _state(member: Membership, person: Person, ends: datetime | None, *, came: bool) -> str:
    if not member.active or not person.active:
        return "left"
    if came or person.password_hash:
        return "accepted"
    if ends is not None:
        return "invited"
    return "none" if person.invited_at is None else "expired"


def _log(
    session: Session,
    desk: Desk,
    provider_id: int,
    action: str,
    changes: Sequence[Change],
    note: str = "",
) -> None:
    entry = Entry(None, desk.actor, action, tuple(changes), note)
    history.write(session, PROVIDER, [(provider_id, entry)], now=desk.now)
