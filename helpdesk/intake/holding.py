"""Settling raw arrivals, and the quarantine rows of what was held."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from helpdesk import events, inbound
from helpdesk.border import HoldReason, Inbound, Outcome, Receipt, Refusal
from helpdesk.intake.placing import Plan
from helpdesk.models import Held, InboundRaw

STATES = {
    Outcome.OPENED: "applied",
    Outcome.COMPLEMENTED: "applied",
    Outcome.NOTED: "applied",
    Outcome.DUPLICATE: "duplicate",
    Outcome.IGNORED: "ignored",
}
#: what becomes of a quarantined message that found its place
PLACED = {Outcome.OPENED: "opened"}


def settle(
    session: Session,
    plans: Sequence[Plan],
    answers: Sequence[Receipt | Refusal],
    *,
    now: datetime,
) -> None:
    pairs = [
        (plan.inbound, answer)
        for plan, answer in zip(plans, answers, strict=True)
        if plan.inbound.raw_id is not None
    ]
    if not pairs:
        return
    inbound.settle(
        session,
        {
            message.raw_id or 0: "held" if isinstance(answer, Refusal) else STATES[answer.outcome]
            for message, answer in pairs
        },
    )
    waiting = {
        held.raw_id: held
        for held in session.scalars(
            select(Held).where(
                Held.raw_id.in_([message.raw_id for message, _ in pairs]), Held.state == "held"
            )
        )
    }
    rows: list[dict[str, Any]] = []
    for message, answer in pairs:
        held = waiting.get(message.raw_id)
        if isinstance(answer, Refusal):
            if held is None:
                rows.append(_row(message, answer, now))
            else:
                held.reason, held.detail = answer.reason, answer.detail
                held.suggestion, held.trace = answer.suggestion, list(answer.trace)
                held.placed_by = held.placed_number = held.placed_provider_id = None
        elif held is not None:
            held.state = PLACED.get(answer.outcome, "attached")
            held.number, held.settled_at = answer.number, now
            held.settled_by = message.placed_by
    if rows:
        session.execute(insert(Held), rows)
        events.emit(session, None, "held", now=now)


def hold(
    session: Session, raw: InboundRaw, reason: HoldReason, detail: str, *, now: datetime
) -> None:
    """Hold an arrival that could not even be understood or applied."""
    inbound.settle(session, {raw.id: "held"})
    held = session.scalar(select(Held).where(Held.raw_id == raw.id, Held.state == "held"))
    if held is not None:
        held.reason, held.detail = reason, detail
        held.placed_by = held.placed_number = held.placed_provider_id = None
        return
    session.add(
        Held(
            public_id=secrets.token_hex(16),
            raw_id=raw.id,
            received_at=raw.received_at,
            channel="mail",
            mailbox=raw.mailbox,
            sender=raw.envelope_from or "",
            subject="",
            reason=reason,
            detail=detail,
            state="held",
            trace=[],
        )
    )
    events.emit(session, None, "held", now=now)


def _row(message: Inbound, answer: Refusal, now: datetime) -> dict[str, Any]:
    mail = message.mail
    return {
        "public_id": secrets.token_hex(16),
        "raw_id": message.raw_id,
        "received_at": now,
        "channel": message.channel,
        "mailbox": mail.mailbox if mail else None,
        "sender": message.sender.value[:320],
        "subject": (mail.subject if mail else message.title)[:998],
        "reason": answer.reason,
        "detail": answer.detail,
        "suggestion": answer.suggestion,
        "state": "held",
        "trace": list(answer.trace),
    }
