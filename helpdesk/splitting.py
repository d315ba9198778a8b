"""Making a message that speaks of something else a ticket of its own (separar mensagem)."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import access, audit, catalog, events, intake, text
from helpdesk.audit import Change
from helpdesk.border import Address, Channel, Contact, File, Inbound, MailFacts, Receipt
from helpdesk.catalog import Catalog
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, Invalid, NotVisible
from helpdesk.intake import checking
from helpdesk.models import Attachment, Endpoint, Message, Ticket


def split(
    session: Session,
    desk: Desk,
    number: int,
    message_id: int,
    *,
    title: str,
    classification: str,
    subclassification: str | None = None,
) -> int:
    """Open a ticket of the same provider with the message, and return its number.

    The message stays where it was written, marked with where it went on; asked twice, the answer
    is the same ticket. Raises `Invalid` for the new ticket's fields, `Conflict("not_inbound")`.
    """
    access.require(desk.actor, "ticket.open")
    ticket = access.ticket(session, desk.actor, number, lock=True)
    message = session.scalar(
        select(Message).where(
            Message.id == message_id, Message.number == number, access.readable(desk.actor)
        )
    )
    if message is None:
        raise NotVisible("message", message_id)
    if message.direction != "inbound" or message.audience != "public":
        code = "not_inbound"
        raise Conflict(code)
    asked = _inbound(session, desk, ticket, message, title, classification, subclassification)
    _check(asked, catalog.load(session, desk.policy))
    answer = intake.receive_many(session, [asked], desk.policy, now=desk.now)[0]
    assert isinstance(answer, Receipt)  # what an agent places is never held
    assert answer.number is not None
    if answer.number == (message.match or {}).get("split"):
        return answer.number
    _follow(session, ticket, answer.number)
    message.match = (message.match or {}) | {"split": answer.number}
    ticket.version += 1
    change = Change("split", None, answer.number)
    audit.record(session, desk.actor, "split", now=desk.now, number=number, changes=(change,))
    events.emit(session, number, "message", now=desk.now, version=ticket.version)
    return answer.number


def _inbound(
    session: Session,
    desk: Desk,
    ticket: Ticket,
    message: Message,
    title: str,
    classification: str,
    subclassification: str | None,
) -> Inbound:
    endpoint = session.get(Endpoint, message.endpoint_id) if message.endpoint_id else None
    files = session.scalars(select(Attachment).where(Attachment.message_id == message.id))
    by_mail = message.channel == Channel.MAIL
    contact = Contact(ticket.contact_name, ticket.contact_phone, ticket.contact_email)
    return Inbound(
        channel=Channel(message.channel),
        sender=Address(
            Channel(message.channel), endpoint.address if endpoint else "", message.author_name
        ),
        text=message.text,
        quoted=message.quoted,
        html=message.html,
        arrival=f"split:{message.id}",
        at=message.at,
        title=text.normalise(title),
        provider_id=ticket.provider_id,
        person_id=message.author_id if message.author_kind == "person" else None,
        agent_id=desk.actor.id,
        placed_by=desk.actor.id,
        classification=classification,
        subclassification=subclassification,
        contact=None if by_mail else contact,
        mail=MailFacts(subject=title, mailbox=ticket.mailbox) if by_mail else None,
        files=tuple(
            File(f.filename, f.content_type, f.size, f.sha256, f.inline, f.content_id)
            for f in files
        ),
    )


def _check(asked: Inbound, registers: Catalog) -> None:
    """Mail may be without a title and a class; what an agent fills in may not."""
    errors = checking.title_errors(asked.title) + checking.classification_errors(asked, registers)
    if errors:
        raise Invalid(*errors)


def _follow(session: Session, ticket: Ticket, number: int) -> None:
    """The new ticket is linked to the old one and as secret."""
    session.execute(
        update(Ticket)
        .where(Ticket.number == number)
        .values(follows=ticket.number, secret_group=ticket.secret_group)
    )
    if ticket.secret_group is not None:
        for table in (Message, Attachment):
            session.execute(
                update(table).where(table.number == number).values(secret_group=ticket.secret_group)
            )
