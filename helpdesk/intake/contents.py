"""What was applied is not applied again, whichever way a copy of it comes."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, func, insert, select, update
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from helpdesk.border import Inbound, Outcome, Receipt, Refusal
from helpdesk.intake.facts import content_key
from helpdesk.intake.placing import Plan, Repeating
from helpdesk.models import Content, Message, Ticket

APPLIED = frozenset({Outcome.OPENED, Outcome.COMPLEMENTED, Outcome.NOTED})


def lock(session: Session, inbounds: Sequence[Inbound]) -> None:
    """Of two processes that hold copies of one mail the second waits here, and then reads what the
    first made of it. SQLite has one writer anyway."""
    keys = {content_key(inbound) for inbound in inbounds if inbound.mail is not None}
    if not keys or session.get_bind().dialect.name != "postgresql":
        return
    digests = [hashlib.sha256(key.encode()).digest()[:8] for key in keys]
    # In one order, so that two batches cannot wait for each other.
    names = sorted(int.from_bytes(digest, "big", signed=True) for digest in digests)
    each = func.unnest(array(names, type_=BigInteger)).column_valued("name")
    session.execute(select(func.pg_advisory_xact_lock(each)))


def remember(
    session: Session,
    plans: Sequence[Plan],
    answers: Sequence[Receipt | Refusal],
    *,
    now: datetime,
) -> None:
    rows = [
        {
            "key": content_key(plan.inbound),
            "number": answer.number,
            "message_id": answer.message_id,
            "at": now,
        }
        for plan, answer in zip(plans, answers, strict=True)
        if isinstance(answer, Receipt) and answer.outcome in APPLIED
    ]
    if rows:
        session.execute(insert(Content), rows)


def repeat(session: Session, plan: Repeating) -> Receipt:
    """Counted, and said on the message: who asks why there is no second one sees why."""
    repeats = session.scalar(
        update(Content)
        .where(Content.key == content_key(plan.inbound))
        .values(repeats=Content.repeats + 1)
        .returning(Content.repeats)
    )
    message = session.get(Message, plan.message_id) if plan.message_id else None
    if message is not None:
        message.match = {**(message.match or {}), "repeats": repeats}
    found = session.execute(
        select(Ticket.protocol, Ticket.due_at).where(Ticket.number == plan.number)
    ).first()
    protocol, due_at = found or (None, None)
    return Receipt(Outcome.DUPLICATE, plan.number, protocol, plan.message_id, due_at)
