"""Automatic mail: it opens nothing, reopens nothing and is never answered.

A bounce changes a delivery only when it proves to be about one of ours: by the envelope token or
by our signed Message-ID in the returned headers. Without proof it is noted on the ticket it names,
like an out-of-office or a receipt; the rest is kept raw and counted.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk import deliveries, events, messages
from helpdesk.border import Actor, ActorKind, Bounced, MailFacts, Outcome, Receipt
from helpdesk.intake.placing import Noting
from helpdesk.messages import NewMessage
from helpdesk.models import Outbox, Ticket

#: worth a line in the conversation when we know which one
NOTED = frozenset({"auto-reply", "out-of-office", "read-receipt", "bounce", "delayed"})
#: what a report that names no recipient says
_ACTIONS = {"bounce": "failed", "delayed": "delayed"}


def note(session: Session, plan: Noting, *, now: datetime) -> Receipt:
    mail = plan.inbound.mail
    assert mail is not None
    if mail.automatic in {"bounce", "delayed"} and mail.returned_outbox:
        return _returned(session, mail, now)
    if mail.automatic not in NOTED:
        return Receipt(Outcome.IGNORED)
    ticket = plan.ticket or _ticket(session, mail)
    if ticket is None:
        return Receipt(Outcome.IGNORED)
    sender = plan.inbound.sender
    written = messages.write(
        session,
        [
            NewMessage(
                number=ticket.number,
                kind="receipt",
                channel=plan.inbound.channel,
                author=Actor(ActorKind.SYSTEM, name=sender.name or sender.value),
                text=plan.inbound.text,
                quoted=plan.inbound.quoted,
                at=now,
                raw_id=plan.inbound.raw_id,
                mail_id=mail.message_id,
                verdict=plan.inbound.verdict,
                judged=plan.inbound.judged,
                match={"automatic": mail.automatic},
                secret_group=ticket.secret_group,
            )
        ],
        now=now,
    )
    ticket.version += 1
    events.emit(session, ticket.number, "message", now=now, version=ticket.version)
    return Receipt(Outcome.NOTED, ticket.number, ticket.protocol, written[0])


def _ticket(session: Session, mail: MailFacts) -> Ticket | None:
    """Machines answer to the envelope sender (RFC 3834 §4): its token names what they answer."""
    sent = select(Outbox.number).where(
        Outbox.id.in_(mail.returned_outbox), Outbox.endpoint_id.is_not(None)
    )
    query = select(Ticket).where(Ticket.number.in_(sent)).order_by(Ticket.number).limit(1)
    found = session.scalar(query.with_for_update(key_share=True))
    while found is not None and found.merged_into is not None:
        found = session.get(Ticket, found.merged_into, with_for_update={"key_share": True})
    return found


def _returned(session: Session, mail: MailFacts, now: datetime) -> Receipt:
    rows = list(session.scalars(select(Outbox).where(Outbox.id.in_(mail.returned_outbox))))
    if not rows:
        return Receipt(Outcome.IGNORED)
    for row in rows:
        report = _report(row.address, mail.bounces)
        detail, status = (report.diagnostic, report.status) if report else ("", "")
        match report.action if report else _ACTIONS[mail.automatic or ""]:
            case "failed":
                deliveries.lost(session, row, detail, now=now, status=status)
            case "delayed":
                deliveries.late(session, row, detail, now=now, status=status)
            case _:
                pass  # it did arrive: the report is about another recipient
    return Receipt(Outcome.NOTED, rows[0].number)


def _report(address: str, bounces: Iterable[Bounced]) -> Bounced | None:
    """The report about this address; else, as we had one recipient only, about those behind it."""
    reports = list(bounces)
    own = [report for report in reports if report.recipient.lower() == address]
    worst = sorted(own or reports, key=lambda report: report.action != "failed")
    return worst[0] if worst else None
