"""Settling raw arrivals, and the quarantine rows of what was held."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from helpdesk import events, inbound
from helpdesk.border import HoldReason, Inbound, Outcome, Receipt, Refusal
from helpdesk.intake.facts import content_key
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
    # Locked before the arrivals, as an agent's decision does.
    known = _known(session, [message.raw_id or 0 for message, _ in pairs])
    refused = [m for m, answer in pairs if isinstance(answer, Refusal) and m.raw_id not in known]
    waiting = _waiting(session, [content_key(message) for message in refused])
    rows: list[dict[str, Any]] = []
    states: dict[int, str] = {}
    news: list[str] = []
    for message, answer in pairs:
        raw_id = message.raw_id or 0
        held = known.get(raw_id)
        states[raw_id] = "held" if isinstance(answer, Refusal) else STATES[answer.outcome]
        if isinstance(answer, Refusal):
            if held is None and content_key(message) in waiting:
                states[raw_id] = "duplicate"
            elif held is None:
                rows.append(_row(message, answer, now))
                waiting.add(content_key(message))
                news.append("held")
            elif _was_decided_since(held, message):
                states[raw_id] = "waiting"
            elif held.state == "held":
                held.reason, held.detail = answer.reason, answer.detail
                held.suggestion, held.trace = answer.suggestion, list(answer.trace)
                _forget_decision(held)
        elif held is not None:
            held.state = PLACED.get(answer.outcome, "attached")
            held.number, held.settled_at = answer.number, now
            held.settled_by = message.placed_by
            news.append("placed")
    inbound.settle(session, states)
    inbound.keep_verdicts(
        session,
        {m.raw_id or 0: (str(m.verdict), m.judged) for m, _ in pairs if m.judged},
    )
    _remember_tickets(session, pairs)
    if rows:
        session.execute(insert(Held), rows)
    events.emit_many(session, [(None, kind, 0) for kind in news], now=now)


def _known(session: Session, raw_ids: list[int]) -> dict[int, Held]:
    """What waits of these arrivals, or was called spam while it was being judged."""
    found = session.scalars(
        select(Held)
        .where(Held.raw_id.in_(raw_ids), Held.state.in_(["held", "spam"]))
        .order_by(Held.id)
        .with_for_update()
    )
    return {held.raw_id or 0: held for held in found}


def _waiting(session: Session, contents: Sequence[str]) -> set[str]:
    """Which contents wait already: of a mail held by two routes a person sees one."""
    query = select(Held.content).where(Held.content.in_(contents), Held.state == "held")
    return set(session.scalars(query)) if contents else set()


def _was_decided_since(held: Held, message: Inbound) -> bool:
    """An agent decided while the message was being judged without that word."""
    return held.state == "held" and held.placed_by is not None and message.placed_by is None


def _forget_decision(held: Held) -> None:
    held.placed_by = held.placed_number = held.placed_provider_id = None
    held.placed_classification = None


def _remember_tickets(session: Session, pairs: Sequence[tuple[Inbound, Receipt | Refusal]]) -> None:
    values = [
        {"id": message.raw_id, "number": answer.number}
        for message, answer in pairs
        if isinstance(answer, Receipt) and answer.number is not None
    ]
    if values:
        session.execute(update(InboundRaw), values)


def hold(
    session: Session, raw: InboundRaw, reason: HoldReason, detail: str, *, now: datetime
) -> None:
    """Hold an arrival that could not even be understood or applied."""
    inbound.settle(session, {raw.id: "held"})
    held = session.scalar(select(Held).where(Held.raw_id == raw.id, Held.state == "held"))
    if held is not None:
        held.reason, held.detail = reason, detail
        _forget_decision(held)
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
        "content": content_key(message),
        "suggestion": answer.suggestion,
        "state": "held",
        "trace": list(answer.trace),
    }
