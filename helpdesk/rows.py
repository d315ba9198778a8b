"""One ticket of a list, with the names of everything it refers to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, select
from sqlalchemy.orm import Session, aliased

from helpdesk import access
from helpdesk.border import Actor, ActorKind
from helpdesk.deadlines import band, days_open
from helpdesk.models import (
    Agent,
    Classification,
    Provider,
    Reading,
    Reason,
    Sector,
    Status,
    Subclassification,
    Ticket,
)
from helpdesk.policy import Policy

Holder = aliased(Agent)
Assignee = aliased(Agent)
#: a list beside a ticket is short; what needs more pages uses `grid`
MOST_ROWS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One ticket of a list: names for people, codes for programs."""

    number: int
    protocol: str | None
    title: str
    situation: str
    status_code: str
    status_label: str
    #: how agents see it tinted; "" as its situation
    status_tint: str
    provider_code: str
    provider_name: str
    provider_document: str
    contact_name: str
    contact_phone: str
    contact_email: str
    opened_kind: str
    opened_id: int | None
    opened_name: str
    channel: str
    classification_code: str
    classification: str
    subclassification_code: str | None
    subclassification: str | None
    reason_code: str | None
    reason: str | None
    sector_code: str | None
    sector: str | None
    assignee_login: str | None
    assignee: str | None
    in_progress_login: str | None
    in_progress_with: str | None
    opened_at: datetime
    closed_at: datetime | None
    deleted_at: datetime | None
    last_message_at: datetime
    days: int
    unit: str
    due_at: datetime
    attention_at: datetime
    #: since when a status holds the deadline's clock; None while it runs
    paused_at: datetime | None
    band: str
    days_open: int
    waiting_on: str
    secret: str | None
    merged_into: int | None
    version: int
    started: bool
    unread: bool


def listing(
    session: Session, actor: Actor, condition: ColumnElement[bool], policy: Policy, now: datetime
) -> list[Row]:
    """Visible tickets that meet a condition, newest first, at most `MOST_ROWS`."""
    query = (
        columns(actor)
        .where(access.visible(actor), condition)
        .order_by(Ticket.number.desc())
        .limit(MOST_ROWS)
    )
    return [row_of(values, policy, now) for values in session.execute(query).all()]


def one(
    session: Session, actor: Actor, number: int, policy: Policy, now: datetime
) -> tuple[Ticket, Row] | None:
    """A visible ticket and its row."""
    query = columns(actor).where(access.visible(actor), Ticket.number == number)
    values = session.execute(query).first()
    return None if values is None else (values[0], row_of(values, policy, now))


def of_numbers(
    session: Session, actor: Actor, numbers: Sequence[int], policy: Policy, now: datetime
) -> list[Row]:
    """The visible ones of these tickets, in the order given."""
    query = columns(actor).where(access.visible(actor), Ticket.number.in_(numbers))
    found = {values[0].number: values for values in session.execute(query).all()}
    return [row_of(found[number], policy, now) for number in numbers if number in found]


def columns(actor: Actor) -> Any:
    unread: Any = literal(value=False)
    person = actor.kind is ActorKind.PERSON
    theirs = case((Status.provider_label != "", Status.provider_label), else_=Status.label)
    query = select(
        Ticket, Provider.code, Provider.name, Status.code, theirs if person else Status.label,
        Classification.code, Classification.name, Subclassification.code, Subclassification.name,
        Reason.code, Reason.name, Sector.code, Sector.name,
        Assignee.login, Assignee.name, Holder.login, Holder.name,
    )  # fmt: skip
    query = (
        query.join(Provider, Provider.id == Ticket.provider_id)
        .join(Status, Status.id == Ticket.status_id)
        .join(Classification, Classification.id == Ticket.classification_id)
        .outerjoin(Subclassification, Subclassification.id == Ticket.subclassification_id)
        .outerjoin(Reason, Reason.id == Ticket.reason_id)
        .outerjoin(Sector, Sector.id == Ticket.sector_id)
        .outerjoin(Assignee, Assignee.id == Ticket.assignee_id)
        .outerjoin(Holder, Holder.id == Ticket.claimed_by)
    )
    if person:
        query = query.outerjoin(
            Reading, and_(Reading.number == Ticket.number, Reading.person_id == actor.id)
        )
        newer = Ticket.last_answer_id > func.coalesce(Reading.message_id, 0)
        unread = case((newer, True), else_=False)
    return query.add_columns(unread, Provider.document, Status.tint)


def row_of(values: Any, policy: Policy, now: datetime) -> Row:
    ticket: Ticket = values[0]
    held = ticket.claimed_until is not None and ticket.claimed_until >= now
    until = ticket.closed_at or now
    return Row(
        number=ticket.number,
        protocol=ticket.protocol,
        title=ticket.title,
        situation=ticket.situation,
        provider_code=values[1],
        provider_name=values[2],
        provider_document=values[18],
        contact_name=ticket.contact_name,
        contact_phone=ticket.contact_phone,
        contact_email=ticket.contact_email,
        status_code=values[3],
        status_label=values[4],
        status_tint=values[19],
        classification_code=values[5],
        classification=values[6],
        subclassification_code=values[7],
        subclassification=values[8],
        reason_code=values[9],
        reason=values[10],
        sector_code=values[11],
        sector=values[12],
        assignee_login=values[13],
        assignee=values[14],
        in_progress_login=values[15] if held else None,
        in_progress_with=values[16] if held else None,
        opened_kind=ticket.opened_kind,
        opened_id=ticket.opened_id,
        opened_name=ticket.opened_name,
        channel=ticket.channel,
        opened_at=ticket.opened_at,
        closed_at=ticket.closed_at,
        deleted_at=ticket.deleted_at,
        last_message_at=ticket.last_message_at,
        days=ticket.days,
        unit=ticket.unit,
        due_at=ticket.due_at,
        attention_at=ticket.attention_at,
        paused_at=ticket.paused_at,
        # A deadline whose clock stands is as it was when it stopped.
        band=band(ticket.closed_at or ticket.paused_at or now, ticket.due_at, ticket.attention_at),
        days_open=days_open(ticket.opened_at, until, policy.zone),
        waiting_on=ticket.waiting_on,
        secret=ticket.secret_group,
        merged_into=ticket.merged_into,
        version=ticket.version,
        started=ticket.started,
        unread=bool(values[17]),
    )
