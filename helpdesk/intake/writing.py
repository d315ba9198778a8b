"""Writing a batch of plans: each table once, protocols last."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from helpdesk import (
    audit,
    catalog,
    deadlines,
    desk,
    domains,
    events,
    messages,
    notices,
    pendency,
    protocols,
    text,
)
from helpdesk.audit import Change, Entry
from helpdesk.border import Outcome, Receipt, Refusal
from helpdesk.catalog import Catalog
from helpdesk.closing import begin_again
from helpdesk.intake import agents, automatic, contents, holding, reach
from helpdesk.intake.agents import Speaking
from helpdesk.intake.facts import Facts
from helpdesk.intake.placing import (
    Holding,
    Joining,
    Noting,
    Opening,
    Plan,
    Proving,
    Repeating,
)
from helpdesk.messages import NewMessage
from helpdesk.models import Ticket
from helpdesk.policy import Policy
from helpdesk.workflow import Action, Situation

MOST_TITLE = 200
#: RFC 5322 §2.1.1: a longer line is no subject anybody wrote
LONGEST_SUBJECT = 998


@dataclass(slots=True)
class Batch:
    """What a batch gathers on its way to the tables."""

    session: Session
    facts: Facts
    registers: Catalog
    policy: Policy
    now: datetime
    entries: list[Entry] = field(default_factory=list[Entry])
    events: list[tuple[int | None, str, int]] = field(
        default_factory=list[tuple[int | None, str, int]]
    )
    answers: dict[int, Receipt | Refusal] = field(default_factory=dict[int, Receipt | Refusal])


def carry_out(
    session: Session,
    plans: Sequence[Plan],
    facts: Facts,
    registers: Catalog,
    policy: Policy,
    now: datetime,
) -> list[Receipt | Refusal]:
    batch = Batch(session, facts, registers, policy, now)
    numbered = list(enumerate(plans))
    openings = [(i, p) for i, p in numbered if isinstance(p, Opening)]
    numbers = _open(batch, [p for _, p in openings])
    for (i, _), number in zip(openings, numbers, strict=True):
        batch.answers[i] = Receipt(Outcome.OPENED, number)
    talking = [(i, p) for i, p in numbered if isinstance(p, Opening | Joining)]
    _converse(batch, talking)
    for i, plan in numbered:
        match plan:
            case Noting():
                batch.answers[i] = automatic.note(session, plan, now=now)
            case Holding():
                batch.answers[i] = Refusal(
                    plan.hold.reason, "", plan.hold.suggestion, plan.hold.trace
                )
            case Repeating():
                batch.answers[i] = contents.repeat(session, plan)
            case Speaking():
                batch.answers[i] = agents.say(session, plan, policy, now=now)
            case Proving():
                domains.prove(session, plan.row, plan.inbound.sender.value, now=now)
                batch.answers[i] = Receipt(Outcome.NOTED)
            case _:
                pass
    audit.write(session, batch.entries, now=now)
    events.emit_many(session, batch.events, now=now)
    answers = [batch.answers[i] for i in range(len(plans))]
    contents.remember(session, plans, answers, now=now)
    holding.settle(session, plans, answers, now=now)
    if not registers.parameters.generate_protocol:
        return answers
    given = protocols.assign(session, numbers, policy, now=now)
    return [_with_protocol(answer, given) for answer in answers]


def _open(batch: Batch, plans: Sequence[Opening]) -> list[int]:
    rows = [_ticket_row(batch, plan) for plan in plans]
    if not rows:
        return []
    numbers = list(
        batch.session.scalars(
            insert(Ticket).returning(Ticket.number, sort_by_parameter_order=True), rows
        )
    )
    for number, plan in zip(numbers, plans, strict=True):
        changes = [Change("follows", None, plan.follows)] if plan.follows else []
        batch.entries.append(Entry(number, plan.author, "opened", tuple(changes)))
        batch.events.append((number, "opened", 1))
    return numbers


def _ticket_row(batch: Batch, plan: Opening) -> dict[str, Any]:
    inbound, registers = plan.inbound, batch.registers
    chosen = registers.classification(inbound.classification or "") or registers.triage
    sub = registers.subclassification(inbound.subclassification or "")
    opened_at = inbound.at if inbound.imported else batch.now
    terms = registers.terms(plan.provider_id, chosen.id, sub.id if sub else None)
    sector_id = registers.sector_of(chosen.id, sub.id if sub else None)
    calendar = registers.calendars.of(sector_id, plan.provider_id)
    counted = deadlines.deadline(opened_at, terms, calendar)
    status = registers.status(catalog.OPEN)
    if status is None:
        msg = "the register has no status ABE: run `ponte migrate`"
        raise LookupError(msg)
    contact = reach.contact(plan, batch.facts)
    return {
        "provider_id": plan.provider_id,
        "title": _title(plan, batch.facts),
        "contact_name": contact.name,
        "contact_phone": contact.phone,
        "contact_email": contact.email,
        "classification_id": chosen.id,
        "subclassification_id": sub.id if sub else None,
        "sector_id": sector_id,
        "status_id": status.id,
        "situation": Situation.OPEN,
        "waiting_on": "agent",
        "channel": inbound.channel,
        "opened_kind": plan.author.kind,
        "opened_id": plan.author.id,
        "opened_name": plan.author.name,
        "opened_at": opened_at,
        "cycle_at": opened_at,
        "days": terms.days,
        "unit": terms.unit,
        "attention": terms.attention,
        "terms_source": terms.source,
        "counted_sector": sector_id,
        "due_at": counted.due_at,
        "attention_at": counted.attention_at,
        "subject": inbound.mail.subject[:LONGEST_SUBJECT] if inbound.mail else None,
        "mailbox": inbound.mail.mailbox if inbound.mail else None,
        "secret_group": _secret_group(plan, batch.facts),
        "follows": plan.follows,
        "imported": inbound.imported,
        "last_message_at": opened_at,
    }


def _secret_group(plan: Opening | Joining, facts: Facts) -> str | None:
    """What continues a secret ticket is as secret."""
    if isinstance(plan, Joining):
        return plan.ticket.secret_group
    followed = facts.ticket(plan.follows) if plan.follows is not None else None
    return followed.secret_group if followed else None


def _title(plan: Opening, facts: Facts) -> str:
    """The form's title; of a mail its subject, else its first line."""
    candidates = (
        text.normalise(plan.inbound.title).strip(),
        next((line.strip() for line in plan.inbound.text.splitlines() if line.strip()), ""),
        plan.author.name,
        facts.providers[plan.provider_id].name,
    )
    title = " ".join(next(c for c in candidates if c).split())
    return title if len(title) <= MOST_TITLE else title[: MOST_TITLE - 1] + "…"


def _converse(batch: Batch, plans: Sequence[tuple[int, Opening | Joining]]) -> None:
    """Endpoints, messages, contents, notices of openings and complements alike."""
    if not plans:
        return
    numbers: list[int] = []
    for i, plan in plans:
        if isinstance(plan, Joining):
            _revive(batch, plan)
            numbers.append(plan.ticket.number)
        else:
            answer = batch.answers[i]
            numbers.append(answer.number or 0 if isinstance(answer, Receipt) else 0)
    reached = reach.resolve(
        batch.session,
        [(number, plan) for number, (_, plan) in zip(numbers, plans, strict=True)],
        batch.facts,
    )
    rows = [
        _message(batch, number, plan, ends.spoken.id if ends.spoken else None)
        for number, (_, plan), ends in zip(numbers, plans, reached, strict=True)
    ]
    ids = messages.write(batch.session, rows, now=batch.now)
    told: list[notices.Notice] = []
    for (i, plan), number, message_id, ends in zip(plans, numbers, ids, reached, strict=True):
        outcome = Outcome.COMPLEMENTED
        protocol, due_at = None, None
        if isinstance(plan, Opening):
            outcome = Outcome.OPENED
            if not plan.inbound.quiet:
                told += reach.acknowledge(ends)
        else:
            protocol, due_at = plan.ticket.protocol, plan.ticket.due_at
            pendency.answer(batch.session, number, plan.inbound.answers, message_id, now=batch.now)
        batch.answers[i] = Receipt(outcome, number, protocol, message_id, due_at)
    notices.post(batch.session, told, now=batch.now)


def _revive(batch: Batch, plan: Joining) -> None:
    """A complement: the agent's turn again; a pending ticket is open, a closed one reopens."""
    ticket = plan.ticket
    changes: list[Change] = []
    reopens = plan.reopens and ticket.situation == Situation.CLOSED
    if reopens:
        changes = begin_again(ticket, batch.registers, batch.now)
    elif ticket.situation == Situation.PENDING:
        changes = desk.enter(ticket, batch.registers, Action.COMPLEMENT, catalog.OPEN, batch.now)
    ticket.waiting_on, ticket.pending_until = "agent", None
    ticket.version += 1
    ticket.last_message_at = batch.now
    action = "reopened" if reopens else "complemented"
    batch.entries.append(Entry(ticket.number, plan.author, action, tuple(changes)))
    batch.events.append((ticket.number, "message", ticket.version))


def _message(
    batch: Batch, number: int, plan: Opening | Joining, endpoint_id: int | None
) -> NewMessage:
    inbound = plan.inbound
    found = [plan.author.name, inbound.title] if isinstance(plan, Opening) else []
    return NewMessage(
        number=number,
        kind="opening" if isinstance(plan, Opening) else "complement",
        channel=inbound.channel,
        author=plan.author,
        text=text.normalise(inbound.text),
        quoted=text.normalise(inbound.quoted),
        html=inbound.html,
        at=inbound.at if inbound.imported else batch.now,
        files=inbound.files,
        endpoint_id=endpoint_id,
        raw_id=inbound.raw_id,
        mail_id=inbound.mail.message_id if inbound.mail else None,
        verdict=inbound.verdict if inbound.mail else None,
        judged=inbound.judged,
        match=_noticed(plan) or None,
        secret_group=_secret_group(plan, batch.facts),
        words=" ".join(found),
    )


def _noticed(plan: Opening | Joining) -> dict[str, Any]:
    """How it was placed and, of a mail that is signed or encrypted, that it is."""
    mail = plan.inbound.mail
    if mail is None or mail.protection is None:
        return plan.match
    return {**plan.match, "protection": mail.protection}


def _with_protocol(answer: Receipt | Refusal, given: dict[int, str]) -> Receipt | Refusal:
    if isinstance(answer, Refusal) or answer.number not in given:
        return answer
    return Receipt(
        answer.outcome, answer.number, given[answer.number], answer.message_id, answer.due_at
    )
