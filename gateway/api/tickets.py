"""Tickets: listed, exported, opened, shown, deleted, and their log."""

from dataclasses import replace
from uuid import uuid4

from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.api import call as calls
from gateway.api import documents, shapes, uploads
from gateway.api.bodies import NewTicket
from gateway.api.call import Answer, Call, IfMatch, Number
from gateway.api.filters import USUAL_ITEMS, Limit, Listing
from gateway.api.problems import ALWAYS, CHANGE, ONE, SENT, problems
from gateway.errors import BadQuery
from helpdesk import access, catalog, grid, intake, thread, tickets
from helpdesk.border import Address, Channel, Contact, File, Inbound, Receipt
from helpdesk.desk import Desk
from helpdesk.errors import FieldError, Invalid
from helpdesk.intake import checking
from helpdesk.models import Provider
from helpdesk.views import LogView, Thread


@get("/tickets", responses=problems(*ALWAYS))
async def ticket_list(
    call: NamedDependency[Call],
    listing: NamedDependency[Listing],
    limit: FromQuery[Limit] = USUAL_ITEMS,
    cursor: FromQuery[str | None] = None,
) -> shapes.Tickets:
    """List tickets."""

    def read(session: Session, desk: Desk) -> grid.Page:
        return grid.page(
            session,
            desk.actor,
            listing.filter,
            listing.order,
            policy=desk.policy,
            now=desk.now,
            limit=limit,
            cursor=cursor,
        )

    try:
        page = await call.ask(read)
    except Invalid as error:
        raise BadQuery(error) from error
    zone = call.kit.policy.zone
    items = [documents.summary(row, zone) for row in page.rows]
    return shapes.Tickets(items, page.next, page.total, page.total_exact)


@post("/tickets", responses=problems(*SENT))
async def ticket_open(
    once: NamedDependency[Call], data: JSONBody[NewTicket]
) -> Response[shapes.Ticket]:
    """Open a ticket for a provider."""
    files = await uploads.files(once.kit, data.attachments)

    def verb(session: Session, desk: Desk) -> Answer:
        access.require(desk.actor, "ticket.open")
        number = _open(session, desk, data, files)
        return calls.ticket(session, desk, number, status=201)

    return await once.act(verb)


@get("/tickets/{number:int}", responses=problems(*ONE))
async def ticket_show(call: NamedDependency[Call], number: Number) -> Response[shapes.Ticket]:
    """Show a ticket with its messages."""

    def read(session: Session, desk: Desk) -> Thread:
        return thread.view(session, desk.actor, number, policy=desk.policy, now=desk.now)

    found = await call.ask(read)
    if found.row.secret is not None:
        await call.note_access("secret ticket", number)
    shown = documents.ticket(found, call.kit.policy.zone)
    return Response(shown, headers={"ETag": calls.etag(shown.version)})


@delete("/tickets/{number:int}", status_code=204, responses=problems(*CHANGE))
async def ticket_delete(
    call: NamedDependency[Call],
    number: Number,
    justification: FromQuery[str],
    if_match: IfMatch = None,
) -> None:
    """Delete a ticket that nobody has started; the provider sees it as cancelled."""

    def verb(session: Session, desk: Desk) -> Answer:
        tickets.delete(session, desk, number, justification=justification)
        return Answer(204)

    await replace(call, tags=calls.tags(if_match)).act(verb, number)


@get("/tickets/{number:int}/log", responses=problems(*ONE))
async def ticket_log(call: NamedDependency[Call], number: Number) -> shapes.Log:
    """List every change of a ticket, oldest first."""

    def read(session: Session, desk: Desk) -> list[LogView]:
        return thread.log(session, desk.actor, number)

    zone = call.kit.policy.zone
    return shapes.Log([documents.entry(each, zone) for each in await call.ask(read)])


def _open(session: Session, desk: Desk, data: NewTicket, files: tuple[File, ...]) -> int:
    provider = session.scalar(
        select(Provider.id).where(Provider.code == data.provider, Provider.active)
    )
    channel = Channel(data.channel)
    inbound = Inbound(
        channel=channel,
        sender=Address(channel, f"agent:{desk.actor.id}", desk.actor.name),
        text=data.text,
        arrival=f"api:{uuid4()}",
        at=desk.now,
        title=data.title,
        provider_id=provider,
        agent_id=desk.actor.id,
        classification=data.classification,
        subclassification=data.subclassification,
        contact=Contact(data.contact.name, data.contact.phone, data.contact.email),
        files=files,
    )
    if provider is None:
        raise Invalid(FieldError("provider", "unknown"), *_faults(session, desk, inbound))
    receipt = intake.receive_many(session, [inbound], desk.policy, now=desk.now)[0]
    assert isinstance(receipt, Receipt), "only mail is held"
    assert receipt.number is not None, "only automatic mail opens nothing"
    return receipt.number


def _faults(session: Session, desk: Desk, inbound: Inbound) -> tuple[FieldError, ...]:
    try:
        checking.check(inbound, catalog.load(session, desk.policy))
    except Invalid as error:
        return error.errors
    return ()
