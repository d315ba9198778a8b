"""What a person may have of their data (LGPD art. 18, II and V): plain values, ready for JSON."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk.models import (
    Attachment,
    KnownAddress,
    Membership,
    Message,
    Person,
    Provider,
    SurveyAnswer,
    Ticket,
)
from helpdesk.models import Session as Login
from helpdesk.privacy.among import any_of
from helpdesk.privacy.scope import Scope


def told(session: Session, scope: Scope) -> dict[str, Any]:
    """The person, how they are reached, where they entered from, what they opened and wrote.
    Attachments are named with the sha256 of their bytes."""
    return {
        "people": _people(session, scope),
        "addresses": [
            {"channel": row.channel, "value": row.value}
            for row in session.scalars(
                select(KnownAddress)
                .where(any_of(session, KnownAddress.id, scope.of("known_address")))
                .order_by(KnownAddress.id)
            )
        ],
        "logins": [
            {
                "at": row.created_at,
                "method": row.method,
                "device": row.user_agent,
                "from": row.remote,
            }
            for row in session.scalars(
                select(Login)
                .where(any_of(session, Login.id, scope.of("session")))
                .order_by(Login.id)
            )
        ],
        "tickets": _tickets(session, scope),
    }


def _people(session: Session, scope: Scope) -> list[dict[str, Any]]:
    served = _listed(
        (row.person_id, {"provider": provider, "role": row.role})
        for row, provider in session.execute(
            select(Membership, Provider.name)
            .join(Provider, Provider.id == Membership.provider_id)
            .where(any_of(session, Membership.id, scope.of("membership")))
            .order_by(Membership.id)
        )
    )
    rows = session.scalars(
        select(Person).where(any_of(session, Person.id, scope.of("person"))).order_by(Person.id)
    )
    return [
        {
            "name": row.name,
            "email": row.email,
            "phone": row.phone,
            "providers": served.get(row.id, []),
        }
        for row in rows
    ]


def _tickets(session: Session, scope: Scope) -> list[dict[str, Any]]:
    files = _listed(
        (row.message_id, {"filename": row.filename, "size": row.size, "sha256": row.sha256})
        for row in session.scalars(
            select(Attachment)
            .where(any_of(session, Attachment.message_id, scope.of("author")))
            .order_by(Attachment.id)
        )
    )
    said = _listed(
        (
            row.number,
            {
                "at": row.at,
                "channel": row.channel,
                "text": row.text,
                "attachments": files.get(row.id, []),
            },
        )
        for row in session.scalars(
            select(Message)
            .where(any_of(session, Message.id, scope.of("author")))
            .order_by(Message.id)
        )
    )
    answered = _listed(
        (row.number, {"at": row.at, "question": row.label, "answer": row.value})
        for row in session.scalars(
            select(SurveyAnswer)
            .where(any_of(session, SurveyAnswer.id, scope.of("survey_answer")))
            .order_by(SurveyAnswer.id)
        )
    )
    numbers = sorted({*scope.of("contact"), *said})
    rows = session.scalars(
        select(Ticket).where(any_of(session, Ticket.number, numbers)).order_by(Ticket.number)
    )
    contact = {*scope.of("contact")}
    return [
        {
            "number": row.number,
            "protocol": row.protocol,
            "opened_at": row.opened_at,
            "closed_at": row.closed_at,
            "title": row.title if row.number in contact else "",
            "contact": {
                "name": row.contact_name,
                "phone": row.contact_phone,
                "email": row.contact_email,
            }
            if row.number in contact
            else None,
            "messages": said.get(row.number, []),
            "surveys": answered.get(row.number, []),
        }
        for row in rows
    ]


def _listed(rows: Iterable[tuple[int, dict[str, Any]]]) -> dict[int, list[dict[str, Any]]]:
    """What belongs to each, in the order it came."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for whose, row in rows:
        found[whose].append(row)
    return found
