"""Webhooks: other systems that are told what happened, and what each was told."""

from datetime import datetime, tzinfo
from typing import Annotated, Any

from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody, PathParameter, QueryParameter
from sqlalchemy.orm import Session

from gateway.api import shapes
from gateway.api.bodies import NewWebhook, Nothing
from gateway.api.call import MOST_NUMBER, Answer, Call
from gateway.api.filters import USUAL_ITEMS, Limit
from gateway.api.problems import ALWAYS, ONE, SENT, BodyMayBeLeftOut, problems
from gateway.egress import Egress
from helpdesk import webhook_queue, webhooks
from helpdesk.desk import Desk
from helpdesk.models import WebhookDelivery
from helpdesk.webhooks import Listed

WebhookId = Annotated[int, PathParameter(ge=1, le=MOST_NUMBER)]
DeliveryId = Annotated[str, PathParameter(pattern="^[0-9a-f]{32}$")]
Cursor = Annotated[int | None, QueryParameter(ge=1, le=MOST_NUMBER)]
DeliveryCursor = Annotated[str | None, QueryParameter(pattern="^[0-9a-f]{32}$")]


@post("/webhooks", responses=problems(*SENT))
async def webhook_add(
    once: NamedDependency[Call], egress: NamedDependency[Egress], data: JSONBody[NewWebhook]
) -> Response[shapes.NewWebhook]:
    """Tell an address what happens to the tickets this agent may see.

    Each event is posted as `{id, event, at, number, protocol, version}` until a 2xx is answered,
    for 24 hours, in no particular order and at least once: `Ponte-Delivery` is the same for each
    try. `Ponte-Signature: t=<unix>,v1=<hex>` is the HMAC-SHA256 of `<t>.<body>` by the secret.
    """
    webhooks.check_maker(once.actor)
    # Told within the change: a repeated request gets its first answer, whatever the name leads to
    # by then.
    fault = await egress.fault(data.url)

    def verb(session: Session, desk: Desk) -> Answer:
        kinds = webhooks.KINDS if data.events is None else data.events
        row, secret = webhooks.create(session, desk, data.url, kinds, fault)
        listed = webhooks.one(session, desk, row.id)
        body = shapes.NewWebhook(**_fields(listed, desk.policy.zone), secret=secret)
        return Answer(201, body, secret=True)

    return await once.act(verb)


@get("/webhooks", responses=problems(*ALWAYS))
async def webhook_list(
    call: NamedDependency[Call], limit: FromQuery[Limit] = USUAL_ITEMS, cursor: Cursor = None
) -> shapes.Webhooks:
    """List one's webhooks, newest first; who may everything sees everybody's."""

    def read(session: Session, desk: Desk) -> tuple[list[shapes.Webhook], str | None]:
        rows = webhooks.listing(session, desk, limit=limit + 1, before=cursor)
        following = str(rows[limit - 1].row.id) if len(rows) > limit else None
        zone = desk.policy.zone
        return [shapes.Webhook(**_fields(row, zone)) for row in rows[:limit]], following

    return shapes.Webhooks(*await call.ask(read))


@delete("/webhooks/{webhook_id:int}", status_code=204, responses=problems(*ONE))
async def webhook_remove(call: NamedDependency[Call], webhook_id: WebhookId) -> None:
    """Switch a webhook off for good; what it was told can be looked at for 30 days."""

    def verb(session: Session, desk: Desk) -> Answer:
        webhooks.switch_off(session, desk, webhook_id)
        return Answer(204)

    await call.act(verb)


@get("/webhooks/{webhook_id:int}/deliveries", responses=problems(*ONE))
async def delivery_list(
    call: NamedDependency[Call],
    webhook_id: WebhookId,
    limit: FromQuery[Limit] = USUAL_ITEMS,
    cursor: DeliveryCursor = None,
) -> shapes.WebhookDeliveries:
    """List what a webhook was told and is still to be told, newest first."""

    def read(session: Session, desk: Desk) -> tuple[list[shapes.WebhookDelivery], str | None]:
        rows = webhook_queue.listing(session, desk, webhook_id, limit=limit + 1, before=cursor)
        following = rows[limit - 1].public_id if len(rows) > limit else None
        return [_delivery(row, desk.policy.zone) for row in rows[:limit]], following

    return shapes.WebhookDeliveries(*await call.ask(read))


@post(
    "/webhooks/{webhook_id:int}/deliveries/{delivery_id:str}/retry",
    status_code=200,
    responses=problems(*ONE, *SENT),
    operation_class=BodyMayBeLeftOut,
)
async def delivery_retry(
    once: NamedDependency[Call],
    webhook_id: WebhookId,
    delivery_id: DeliveryId,
    data: JSONBody[Nothing | None] = None,  # noqa: ARG001 - its emptiness is checked before
) -> Response[shapes.WebhookDelivery]:
    """Send a failed delivery again, under the same id."""

    def verb(session: Session, desk: Desk) -> Answer:
        row = webhook_queue.retry(session, desk, webhook_id, delivery_id)
        return Answer(200, _delivery(row, desk.policy.zone))

    return await once.act(verb)


def _fields(listed: Listed, zone: tzinfo) -> dict[str, Any]:
    row = listed.row
    return {
        "id": str(row.id),
        "url": row.url,
        "events": row.events,
        "active": row.active,
        "agent": shapes.Named(listed.login, listed.agent),
        "created_at": row.created_at.astimezone(zone),
        "ended_at": _moment(row.ended_at, zone),
        "why": row.why or None,
        "failing_since": _moment(row.failing_since, zone),
    }


def _delivery(row: WebhookDelivery, zone: tzinfo) -> shapes.WebhookDelivery:
    waits = row.state == "waiting"
    return shapes.WebhookDelivery(
        id=row.public_id,
        event=row.event,
        number=row.number,
        state=row.state,
        attempts=row.attempts,
        at=row.at.astimezone(zone),
        next_at=row.next_at.astimezone(zone) if waits else None,
        settled_at=None if waits else row.next_at.astimezone(zone),
        status=row.status,
        detail=row.detail or None,
    )


def _moment(at: datetime | None, zone: tzinfo) -> datetime | None:
    return at.astimezone(zone) if at is not None else None
