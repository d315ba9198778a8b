"""One ticket as a page or the API shows it: the conversation, its people, its log."""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from helpdesk import (
    access,
    clock,
    conversation,
    deadlines,
    endpoints,
    history,
    pendency,
    rows,
    text,
)
from helpdesk.border import Actor, ActorKind
from helpdesk.conversation import WHOLE, Window
from helpdesk.deadlines import CountedDay
from helpdesk.errors import NotVisible
from helpdesk.holidays import Calendars
from helpdesk.models import (
    Attachment,
    InboundRaw,
    Log,
    LogPrivate,
    Membership,
    Message,
    Person,
    Provider,
    ProviderType,
    Reading,
    Ticket,
)
from helpdesk.models import Endpoint as EndpointRow
from helpdesk.policy import Policy
from helpdesk.rows import Row
from helpdesk.views import (
    AttachmentView,
    EndpointView,
    LogView,
    ProviderView,
    Thread,
)


def find(session: Session, actor: Actor, ref: str) -> int:
    """The number behind a portal address: `n<number>` or the protocol. Raises `NotVisible`."""
    by_number = re.fullmatch(r"n([0-9]{1,18})", ref)
    wanted = (
        Ticket.number == int(by_number[1]) if by_number else Ticket.protocol == text.normalise(ref)
    )
    number = session.scalar(select(Ticket.number).where(wanted, access.visible(actor)))
    if number is None:
        raise NotVisible("ticket", ref)
    return number


def view(
    session: Session,
    actor: Actor,
    number: int,
    *,
    policy: Policy,
    now: datetime,
    window: Window = WHOLE,
) -> Thread:
    """Raises `NotVisible`. A fixed number of queries, whatever the length of the conversation; of
    that, `window` is shown."""
    found = rows.one(session, actor, number, policy, now)
    if found is None:
        raise NotVisible("ticket", number)
    ticket, row = found
    ends = endpoints.of_ticket(session, number)
    default = endpoints.default(session, ticket, ends)
    part = conversation.read(session, actor, number, window, ticket.last_answer_id)
    # `OR` with what is never true finds no index: a ticket without predecessor asks for none.
    before = [] if ticket.follows is None else [Ticket.number == ticket.follows]
    linked = session.scalars(
        select(Ticket.number)
        .where(or_(*before, Ticket.follows == number), access.visible(actor))
        .order_by(Ticket.number)
    )
    return Thread(
        row=row,
        contact_name=ticket.contact_name,
        contact_phone=ticket.contact_phone,
        contact_email=ticket.contact_email,
        endpoints=[_endpoint(e, default) for e in ends],
        messages=part.messages,
        earlier=part.earlier,
        provider=_provider(session, ticket.provider_id),
        merged_into=_known(session, actor, ticket.merged_into),
        linked=list(linked),
        pending_until=ticket.pending_until,
        attention=ticket.attention,
        asked=pendency.of_ticket(session, number),
        paused_at=ticket.paused_at,
        terms_source=clock.terms_of(ticket).source,
    )


def log(session: Session, actor: Actor, number: int) -> list[LogView]:
    """Every change, oldest first; a person of a provider has no access to it."""
    access.ticket(session, actor, number)
    if actor.kind is ActorKind.PERSON:
        raise NotVisible("log", number)
    query = (
        select(Log, LogPrivate.values)
        .outerjoin(LogPrivate, LogPrivate.log_id == Log.id)
        .where(Log.number == number)
        .order_by(Log.id)
    )
    return [history.view(row, private) for row, private in session.execute(query)]


def previous(
    session: Session, actor: Actor, number: int, *, policy: Policy, now: datetime
) -> list[Row]:
    """Other tickets of the same provider, newest first (Chamados anteriores)."""
    ticket = access.ticket(session, actor, number)
    same = (Ticket.provider_id == ticket.provider_id) & (Ticket.number != number)
    return rows.listing(session, actor, same & Ticket.deleted_at.is_(None), policy, now)


def explain_deadline(ticket: Ticket, calendars: Calendars) -> tuple[CountedDay, ...]:
    """Each day between opening and due date, and why it counts or does not."""
    calendar = clock.calendar_of(ticket, calendars)
    terms = deadlines.longer(clock.terms_of(ticket), ticket.paused_days)
    return deadlines.explain(ticket.cycle_at, terms, calendar)


def attachment(session: Session, actor: Actor, public_id: str) -> AttachmentView:
    """Raises `NotVisible` unless ticket, message and attachment are all the actor's to see."""
    found = session.scalar(
        select(Attachment)
        .join(Message, Message.id == Attachment.message_id)
        .join(Ticket, Ticket.number == Attachment.number)
        .where(
            Attachment.public_id == text.normalise(public_id),
            access.visible(actor),
            access.readable(actor),
            access.downloadable(actor),
        )
    )
    if found is None:
        raise NotVisible("attachment", public_id)
    return conversation.shown(found)


def raw(session: Session, actor: Actor, message_id: int) -> str:
    """The blob of a message's raw mail. Raises `NotVisible`; nothing for people of providers."""
    sha256 = session.scalar(
        select(InboundRaw.sha256)
        .join(Message, Message.raw_id == InboundRaw.id)
        .join(Ticket, Ticket.number == Message.number)
        .where(Message.id == message_id, access.visible(actor), access.readable(actor))
    )
    if sha256 is None or actor.kind is ActorKind.PERSON:
        raise NotVisible("message", message_id)
    return sha256


def mark_read(session: Session, actor: Actor, number: int) -> None:
    """The person has seen every answer so far: the badge forgets them."""
    ticket = access.ticket(session, actor, number)
    if actor.kind is ActorKind.PERSON and ticket.last_answer_id is not None:
        session.merge(Reading(person_id=actor.id, number=number, message_id=ticket.last_answer_id))


def _known(session: Session, actor: Actor, number: int | None) -> int | None:
    """The ticket it was merged into: the provider's people know that it goes on elsewhere, an agent
    only of what is not secret."""
    if number is None or actor.kind is ActorKind.PERSON:
        return number
    return number if number in access.visible_numbers(session, actor, {number}) else None


def _endpoint(endpoint: EndpointRow, default: EndpointRow | None) -> EndpointView:
    return EndpointView(
        id=endpoint.id,
        channel=endpoint.channel,
        address=endpoint.address,
        name=endpoint.name,
        state=endpoint.state,
        default=default is not None and default.id == endpoint.id,
        usable=endpoint.state in endpoints.USABLE,
        spoke=endpoint.spoke,
    )


def _provider(session: Session, provider_id: int) -> ProviderView:
    row = session.execute(
        select(Provider, ProviderType.name)
        .outerjoin(ProviderType, ProviderType.id == Provider.type_id)
        .where(Provider.id == provider_id)
    ).one()
    provider, kind = row
    people: Sequence[tuple[str, str, str]] = session.execute(
        select(Person.name, Person.email, Membership.role)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.provider_id == provider_id, Membership.active, Person.active)
        .order_by(Person.name)
    ).all()
    return ProviderView(
        provider.code,
        provider.name,
        provider.document,
        kind or "",
        provider.cnes,
        provider.city,
        provider.state,
        provider.phone,
        provider.email,
        provider.active,
        list(people),
    )
