"""The quarantine: what waits for a person, and the two decisions a script may take."""

from datetime import tzinfo
from typing import Annotated, Literal

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, PathParameter, QueryParameter
from sqlalchemy.orm import Session

from gateway.api import shapes
from gateway.api.bodies import Attach, Nothing
from gateway.api.call import MOST_NUMBER, Answer, Call
from gateway.api.filters import USUAL_ITEMS, Limit
from gateway.api.problems import ALWAYS, ONE, SENT, BodyMayBeLeftOut, problems
from helpdesk import held, quarantine
from helpdesk.desk import Desk
from helpdesk.models import Held

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
        asked = held.Asked(state=situation)
        rows = held.listing(session, desk.actor, asked, limit=limit + 1, before=cursor)
        following = str(rows[limit - 1].row.id) if len(rows) > limit else None
        return [_document(row, desk.policy.zone) for row in rows[:limit]], following

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
        return _answer(session, desk, quarantine.retry(session, desk, held_id))

    return await once.act(verb)


@post("/quarantine/{held_id:str}/attach", status_code=200, responses=problems(*ONE, *SENT))
async def held_attach(
    once: NamedDependency[Call], held_id: HeldId, data: JSONBody[Attach]
) -> Response[shapes.HeldMessage]:
    """Make a held message part of a ticket; it follows within a second."""

    def verb(session: Session, desk: Desk) -> Answer:
        row = quarantine.attach(session, desk, held_id, data.number)
        return _answer(session, desk, row)

    return await once.act(verb)


def _answer(session: Session, desk: Desk, row: Held) -> Answer:
    [found] = held.shown(session, desk.actor, [row])
    return Answer(200, _document(found, desk.policy.zone))


def _document(found: held.Shown, zone: tzinfo) -> shapes.HeldMessage:
    """A suggestion is shown only to whom its ticket is, and the reason says no more than that."""
    row, suggestion = found.row, found.suggestion
    return shapes.HeldMessage(
        id=row.public_id,
        received_at=row.received_at.astimezone(zone),
        channel=row.channel,
        mailbox=row.mailbox,
        sender=row.sender,
        subject=row.subject,
        reason=found.reason,
        detail=row.detail or None,
        suggestion=suggestion and shapes.Suggestion(suggestion.number, suggestion.protocol),
        state=row.state,
    )
