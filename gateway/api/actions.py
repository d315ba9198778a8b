"""What agents do to a ticket, one call each; all answer with the ticket as it is then."""

from datetime import timedelta

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from sqlalchemy.orm import Session

from gateway.api import call as calls
from gateway.api import shapes
from gateway.api.bodies import Classify, Close, Forward, Leave, Nothing, Reopen
from gateway.api.call import Answer, Call, Number
from gateway.api.problems import CHANGE, BodyMayBeLeftOut, problems
from helpdesk import closing, routing, tickets
from helpdesk.desk import Desk
from helpdesk.errors import FieldError, Invalid

#: nothing is left pending for longer
LONGEST_PENDING = timedelta(days=3660)


@post(
    "/tickets/{number:int}/claim",
    status_code=200,
    responses=problems(*CHANGE),
    operation_class=BodyMayBeLeftOut,
)
async def ticket_claim(
    once: NamedDependency[Call],
    number: Number,
    data: JSONBody[Nothing | None] = None,  # noqa: ARG001 - its emptiness is checked before
) -> Response[shapes.Ticket]:
    """Take a ticket; 409 names who has it already."""

    def verb(session: Session, desk: Desk) -> Answer:
        tickets.claim(session, desk, number)
        return calls.ticket(session, desk, number)

    return await once.act(verb, number)


@post(
    "/tickets/{number:int}/give-up",
    status_code=200,
    responses=problems(*CHANGE),
    operation_class=BodyMayBeLeftOut,
)
async def ticket_give_up(
    once: NamedDependency[Call],
    number: Number,
    data: JSONBody[Nothing | None] = None,  # noqa: ARG001 - its emptiness is checked before
) -> Response[shapes.Ticket]:
    """Let go of a ticket that was claimed."""

    def verb(session: Session, desk: Desk) -> Answer:
        tickets.give_up(session, desk, number)
        return calls.ticket(session, desk, number)

    return await once.act(verb, number)


@post("/tickets/{number:int}/pending", status_code=200, responses=problems(*CHANGE))
async def ticket_leave_pending(
    once: NamedDependency[Call], number: Number, data: JSONBody[Leave]
) -> Response[shapes.Ticket]:
    """Leave a ticket for later; with a text or a list the provider is told what is missing."""

    def verb(session: Session, desk: Desk) -> Answer:
        if data.until is not None and data.until > desk.now + LONGEST_PENDING:
            raise Invalid(FieldError("until", "invalid"))
        tickets.pending(
            session,
            desk,
            number,
            body=data.text or "",
            ask=data.ask,
            status=data.status,
            until=data.until,
        )
        return calls.ticket(session, desk, number)

    return await once.act(verb, number)


@post("/tickets/{number:int}/close", status_code=200, responses=problems(*CHANGE))
async def ticket_close(
    once: NamedDependency[Call], number: Number, data: JSONBody[Close]
) -> Response[shapes.Ticket]:
    """Close a ticket with a final status and a conclusive text, which the provider receives."""

    def verb(session: Session, desk: Desk) -> Answer:
        closing.close(session, desk, number, status=data.status, body=data.text, reason=data.reason)
        return calls.ticket(session, desk, number)

    return await once.act(verb, number)


@post("/tickets/{number:int}/reopen", status_code=200, responses=problems(*CHANGE))
async def ticket_reopen(
    once: NamedDependency[Call], number: Number, data: JSONBody[Reopen]
) -> Response[shapes.Ticket]:
    """Open a closed ticket again; a new deadline of the same length begins."""

    def verb(session: Session, desk: Desk) -> Answer:
        closing.reopen(session, desk, number, body=data.text)
        return calls.ticket(session, desk, number)

    return await once.act(verb, number)


@post("/tickets/{number:int}/forward", status_code=200, responses=problems(*CHANGE))
async def ticket_forward(
    once: NamedDependency[Call], number: Number, data: JSONBody[Forward]
) -> Response[shapes.Ticket]:
    """Hand a ticket on to an agent, a sector or both; the deadline stays."""

    def verb(session: Session, desk: Desk) -> Answer:
        routing.forward(session, desk, number, note=data.note, agent=data.agent, sector=data.sector)
        return calls.ticket(session, desk, number)

    return await once.act(verb, number)


@post("/tickets/{number:int}/classify", status_code=200, responses=problems(*CHANGE))
async def ticket_classify(
    once: NamedDependency[Call], number: Number, data: JSONBody[Classify]
) -> Response[shapes.Ticket]:
    """Classify a ticket; its deadline is counted anew."""

    def verb(session: Session, desk: Desk) -> Answer:
        routing.classify(
            session,
            desk,
            number,
            classification=data.classification,
            subclassification=data.subclassification,
            reason=data.reason,
        )
        return calls.ticket(session, desk, number)

    return await once.act(verb, number)
