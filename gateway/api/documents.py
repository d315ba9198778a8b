"""From what the core shows to what the contract names."""

from datetime import datetime, tzinfo
from typing import Any

from gateway.api import shapes
from helpdesk.rows import Row
from helpdesk.views import EndpointView, LogView, MessageView, Thread


def summary(row: Row, zone: tzinfo) -> shapes.TicketSummary:
    return shapes.TicketSummary(**_common(row, zone))


def ticket(thread: Thread, zone: tzinfo) -> shapes.Ticket:
    return shapes.Ticket(
        **_common(thread.row, zone),
        linked=thread.linked,
        endpoints=[_endpoint(endpoint) for endpoint in thread.endpoints],
        messages=[message(each, zone) for each in thread.messages],
    )


def message(view: MessageView, zone: tzinfo) -> shapes.Message:
    return shapes.Message(
        id=str(view.id),
        direction=view.direction,
        audience=view.audience,
        secret=view.secret,
        channel=view.channel,
        author=shapes.Author(view.author_kind, view.author_name),
        at=view.at.astimezone(zone),
        text=view.text,
        quoted=view.quoted or None,
        html=view.html,
        attachments=[
            shapes.Attachment(
                id=file.public_id,
                filename=file.filename,
                content_type=file.content_type,
                size=file.size,
                sha256=file.sha256,
                audience=file.audience,
                secret=file.secret,
            )
            for file in view.attachments
        ],
        deliveries=[
            shapes.Delivery(
                recipient=each.recipient,
                channel=each.channel,
                state=each.state,
                at=each.at.astimezone(zone),
                detail=each.detail or None,
            )
            for each in view.deliveries
        ],
    )


def entry(view: LogView, zone: tzinfo) -> shapes.LogEntry:
    return shapes.LogEntry(
        id=str(view.id),
        at=view.at.astimezone(zone),
        actor=shapes.Actor(view.actor_kind, _id(view.actor_id), view.actor_name),
        action=view.action,
        changes=[
            shapes.Change(change["field"], change["before"], change["after"])
            for change in view.changes
        ],
        note=view.note or None,
        digest=view.digest,
        seal=_id(view.seal),
    )


def _common(row: Row, zone: tzinfo) -> dict[str, Any]:
    return {
        "number": row.number,
        "protocol": row.protocol,
        "title": row.title,
        "situation": row.situation,
        "status": shapes.Labelled(row.status_code, row.status_label),
        "provider": shapes.ProviderName(
            row.provider_code, row.provider_name, row.provider_document or None
        ),
        "opened_by": shapes.Actor(row.opened_kind, _id(row.opened_id), row.opened_name),
        "contact": shapes.Contact(row.contact_name, row.contact_phone, row.contact_email),
        "classification": shapes.Named(row.classification_code, row.classification),
        "subclassification": _named(row.subclassification_code, row.subclassification),
        "reason": _named(row.reason_code, row.reason),
        "sector": _named(row.sector_code, row.sector),
        "assignee": _named(row.assignee_login, row.assignee),
        "in_progress_with": _named(row.in_progress_login, row.in_progress_with),
        "channel": row.channel,
        "opened_at": row.opened_at.astimezone(zone),
        "closed_at": _moment(row.closed_at, zone),
        "deleted_at": _moment(row.deleted_at, zone),
        "days_open": row.days_open,
        "deadline": shapes.Deadline(
            days=row.days,
            unit=row.unit,
            due_at=row.due_at.astimezone(zone),
            attention_at=row.attention_at.astimezone(zone),
            band=row.band,
        ),
        "waiting_on": row.waiting_on,
        "secret": row.secret,
        "merged_into": row.merged_into,
        "version": row.version,
    }


def _endpoint(view: EndpointView) -> shapes.Endpoint:
    return shapes.Endpoint(
        id=str(view.id),
        channel=view.channel,
        address=view.address,
        default=view.default,
        usable=view.usable,
    )


def _named(code: str | None, name: str | None) -> shapes.Named | None:
    return shapes.Named(code, name or "") if code is not None else None


def _moment(at: datetime | None, zone: tzinfo) -> datetime | None:
    return at.astimezone(zone) if at is not None else None


def _id(value: int | None) -> str | None:
    return str(value) if value is not None else None
