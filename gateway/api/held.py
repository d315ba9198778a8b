"""The quarantine: what waits for a person, and the two decisions a script may take."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Annotated, Literal

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, PathParameter, QueryParameter
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.api import shapes
from gateway.api.bodies import Attach, Nothing
from gateway.api.call import MOST_NUMBER, Answer, Call
from gateway.api.filters import USUAL_ITEMS, Limit
from gateway.api.problems import ALWAYS, ONE, SENT, BodyMayBeLeftOut, problems
from helpdesk import access, quarantine
from helpdesk.desk import Desk
from helpdesk.models import Held, Ticket

#: Litestar keeps the name `state` for itself
HeldState = Annotated[Literal["held", "attached", "opened", "spam"], QueryParameter(name="state")]
HeldId = Annotated[str, PathParameter(pattern="^[0-9a-f]{32}$")]
Cursor = Annotated[int | None, QueryParameter(ge=1, le=MOST_NUMBER)]


@get("/quarantine", responses=problems(*ALWAYS))
async def held_list(
    call: NamedDependency[Call],
    situation: HeldState = "held",
    limit: FromQuery[Limit] = USUAL_ITEMS,
    cursor: Cursor = None,
) -> shapes.Quarantine:
    """List held messages, newest first."""

    def read(session: Session, desk: Desk) -> tuple[list[shapes.HeldMessage], str | None]:
        rows = quarantine.listing(
            session, desk.actor, state=situation, limit=limit + 1, before=cursor
        )
        following = str(rows[limit - 1].id) if len(rows) > limit else None
        return _shown(session, desk, rows[:limit]), following

    return shapes.Quarantine(*await call.ask(read))


@post(
    "/quarantine/{held_id:str}/retry",
    status_code=200,
    responses=problems(*ONE, *SENT),
    operation_class=BodyMayBeLeftOut,
)
async def held_retry(
    once: NamedDependency[Call],
    held_id: HeldId,
    data: JSONBody[Nothing | None] = None,  # noqa: ARG001 - its emptiness is checked before
) -> Response[shapes.HeldMessage]:
    """Judge a held message again: its sender may be registered by now."""

    def verb(session: Session, desk: Desk) -> Answer:
        held = quarantine.retry(session, desk, held_id)
        return Answer(200, _shown(session, desk, [held])[0])

    return await once.act(verb)


@post("/quarantine/{held_id:str}/attach", status_code=200, responses=problems(*ONE, *SENT))
async def held_attach(
    once: NamedDependency[Call], held_id: HeldId, data: JSONBody[Attach]
) -> Response[shapes.HeldMessage]:
    """Make a held message part of a ticket; it follows within a second."""

    def verb(session: Session, desk: Desk) -> Answer:
        held = quarantine.attach(session, desk, held_id, data.number)
        return Answer(200, _shown(session, desk, [held])[0])

    return await once.act(verb)


def _shown(session: Session, desk: Desk, rows: Sequence[Held]) -> list[shapes.HeldMessage]:
    """A suggestion is shown only to whom its ticket is."""
    numbers = {row.suggestion for row in rows if row.suggestion is not None}
    protocols = {
        number: shapes.Suggestion(number, protocol)
        for number, protocol in session.execute(
            select(Ticket.number, Ticket.protocol).where(
                Ticket.number.in_(numbers), access.visible(desk.actor)
            )
        )
    }
    zone = desk.policy.zone
    return [_document(row, protocols.get(row.suggestion or 0), zone) for row in rows]


def _document(row: Held, suggestion: shapes.Suggestion | None, zone: tzinfo) -> shapes.HeldMessage:
    return shapes.HeldMessage(
        id=row.public_id,
        received_at=row.received_at.astimezone(zone),
        channel=row.channel,
        mailbox=row.mailbox,
        sender=row.sender,
        subject=row.subject,
        reason=row.reason,
        detail=row.detail or None,
        suggestion=suggestion,
        state=row.state,
    )
