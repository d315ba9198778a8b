"""Automatic mail: it opens nothing, reopens nothing and is never answered.

A bounce changes a delivery only when it proves to be about one of ours: by the envelope token or
by our signed Message-ID in the returned headers. Without proof it is noted on the ticket it names,
like an out-of-office or a receipt; the rest is kept raw and counted.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from helpdesk import audit, events, messages, outbox
from helpdesk.border import SYSTEM, Actor, ActorKind, Bounced, MailFacts, Outcome, Receipt
from helpdesk.intake.placing import Noting
from helpdesk.messages import NewMessage
from helpdesk.models import Delivery, Outbox

#: worth a line in the conversation when we know which one
NOTED = frozenset({"auto-reply", "out-of-office", "read-receipt", "bounce", "delayed"})


def note(session: Session, plan: Noting, *, now: datetime) -> Receipt:
    mail = plan.inbound.mail
    assert mail is not None
    if mail.automatic in {"bounce", "delayed"} and mail.returned_outbox:
        return _returned(session, mail, now)
    if plan.ticket is None or mail.automatic not in NOTED:
        return Receipt(Outcome.IGNORED)
    sender = plan.inbound.sender
    written = messages.write(
        session,
        [
            NewMessage(
                number=plan.ticket.number,
                kind="receipt",
                channel=plan.inbound.channel,
                author=Actor(ActorKind.SYSTEM, name=sender.name or sender.value),
                text=plan.inbound.text,
                quoted=plan.inbound.quoted,
                at=now,
                raw_id=plan.inbound.raw_id,
                mail_id=mail.message_id,
                verdict=plan.inbound.verdict,
                match={"automatic": mail.automatic},
                secret_group=plan.ticket.secret_group,
            )
        ],
        now=now,
    )
    plan.ticket.version += 1
    events.emit(session, plan.ticket.number, "message", now=now, version=plan.ticket.version)
    return Receipt(Outcome.NOTED, plan.ticket.number, plan.ticket.protocol, written[0])


def _returned(session: Session, mail: MailFacts, now: datetime) -> Receipt:
    rows = list(session.scalars(select(Outbox).where(Outbox.id.in_(mail.returned_outbox))))
    if not rows:
        return Receipt(Outcome.IGNORED)
    for row in rows:
        report = _report(row.address, mail.bounces)
        permanent = mail.automatic == "bounce" and (report is None or report.permanent)
        detail = (report.diagnostic or report.status) if report else ""
        state = "failed" if permanent else "deferred"
        session.execute(
            update(Delivery)
            .where(Delivery.outbox_id == row.id)
            .values(state=state, detail=detail, at=now)
        )
        if permanent:
            outbox.mark_failing(session, row, now=now)
        if row.number is not None:
            change = audit.Change("delivery", row.address, detail)
            action = "not_delivered" if permanent else "delivery_delayed"
            audit.record(session, SYSTEM, action, now=now, number=row.number, changes=(change,))
            events.emit(session, row.number, "delivery", now=now)
    return Receipt(Outcome.NOTED, rows[0].number)


def _report(address: str, bounces: Iterable[Bounced]) -> Bounced | None:
    """The report about this address; a lone report is about the only recipient we had."""
    reports = list(bounces)
    for report in reports:
        if report.recipient.lower() == address:
            return report
    return reports[0] if len(reports) == 1 else None
