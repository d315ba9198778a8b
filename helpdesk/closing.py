"""Ending a ticket and beginning it again."""

import re
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from helpdesk import catalog, clock, endpoints, events, measuring, words
from helpdesk.audit import Change
from helpdesk.catalog import Catalog
from helpdesk.desk import Desk, body_of, enter, load, log, release, say, tell, touch
from helpdesk.errors import FieldError, Invalid
from helpdesk.models import Ticket
from helpdesk.workflow import Action

#: stems of words that alone say nothing: an answer made only of them is no conclusion
#: (RN ANS 623/2024 counts "em análise" or "em processamento" as no answer)
EMPTY_TALK = frozenset(
    words.tokens(
        "verificado analisado análise processamento processo encerrado concluído concluída "
        "resolvido finalizado ok ciente atendido respondido feito certo de acordo com a o e em "
        "pelo pela do da no na área setor chamado protocolo atendimento solicitação conforme foi "
        "está segue obrigado"
    )
)


def close(
    session: Session,
    desk: Desk,
    number: int,
    *,
    status: str,
    body: str,
    reason: str | None = None,
    version: int | None = None,
    delay: timedelta = timedelta(),
) -> Ticket:
    """Encerrar with a final status and a conclusive text, which the provider receives; by mail or
    bot not before `delay` has passed."""
    ticket = load(session, desk, number, Action.CLOSE, version)
    registers = catalog.load(session, desk.policy)
    said = body_of(body)
    if registers.parameters.closing_conclusive and is_generic(said):
        raise Invalid(FieldError("text", "generic"))
    if status in catalog.NOT_CHOSEN:
        raise Invalid(FieldError("status", "unknown"))
    changes = enter(ticket, registers, Action.CLOSE, status, desk.now)
    changes += _give_reason(ticket, registers, reason)
    target, others = endpoints.choose(session, ticket, None)
    ticket.closed_at, ticket.late = desk.now, desk.now > ticket.due_at
    measuring.solved(session, ticket, desk.policy, desk.now)
    ticket.waiting_on, ticket.pending_until, ticket.started = "internal", None, True
    ticket.assignee_id = ticket.assignee_id or desk.actor.id
    release(ticket)
    message_id = say(session, desk, ticket, "closing", said, (), target)
    ticket.last_answer_id = message_id
    touch(ticket, desk)
    log(session, desk, ticket, "closed", changes)
    tell(session, desk, "closed", target, others, message_id, delay)
    events.emit(session, number, "changed", now=desk.now, version=ticket.version)
    return ticket


def reopen(
    session: Session, desk: Desk, number: int, *, body: str, version: int | None = None
) -> Ticket:
    """Reabrir: a new deadline cycle of the same length begins now."""
    ticket = load(session, desk, number, Action.REOPEN, version)
    registers = catalog.load(session, desk.policy)
    said = body_of(body)
    changes = begin_again(ticket, registers, desk.now)
    target, others = endpoints.choose(session, ticket, None)
    message_id = say(session, desk, ticket, "reopening", said, (), target)
    ticket.last_answer_id = message_id
    touch(ticket, desk)
    log(session, desk, ticket, "reopened", changes)
    tell(session, desk, "reopened", target, others, message_id)
    events.emit(session, number, "changed", now=desk.now, version=ticket.version)
    return ticket


def begin_again(ticket: Ticket, registers: Catalog, now: datetime) -> list[Change]:
    """Open a closed ticket: intake does it for a complement that comes in time."""
    changes = enter(ticket, registers, Action.REOPEN, catalog.REOPENED, now)
    changes.append(Change("closed_at", ticket.closed_at, None))
    ticket.closed_at = ticket.late = None
    measuring.unsolved(ticket)
    return changes + clock.restart(ticket, registers, now)


def is_generic(body: str) -> bool:
    """True when every word is empty talk and there is no figure to hold on to."""
    return not re.search(r"\d", body) and set(words.tokens(body)) <= EMPTY_TALK


def _give_reason(ticket: Ticket, registers: Catalog, code: str | None) -> list[Change]:
    if code is None:
        kinds = (r for r in registers.reasons.values() if r.active)
        asked = any(r.subclassification_id == ticket.subclassification_id for r in kinds)
        if registers.parameters.closing_reason and asked and ticket.reason_id is None:
            raise Invalid(FieldError("reason", "required"))
        return []
    chosen = registers.reason(code)
    if chosen is None or chosen.subclassification_id != ticket.subclassification_id:
        raise Invalid(FieldError("reason", "unknown"))
    if ticket.reason_id == chosen.id:
        return []
    before = registers.reasons.get(ticket.reason_id or 0)
    ticket.reason_id = chosen.id
    return [Change("reason", before and before.name, chosen.name)]
