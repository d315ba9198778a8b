"""What an agent decides about held messages.

A decision re-runs the stored raw message with the agent's word in place of the matching: this
module only notes the decision and queues the message again, the applier does the rest. The same
decision of the same agent twice is one decision; a second agent is told who was first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from helpdesk import access, audit, catalog, endpoints, events, held, inbound, text
from helpdesk.audit import Change
from helpdesk.border import Channel
from helpdesk.desk import Desk, agent_name
from helpdesk.endpoints import NewEndpoint
from helpdesk.errors import Conflict, FieldError, Invalid, NotVisible
from helpdesk.models import Endpoint, Held, InboundRaw, Provider, Ticket

#: of one bulk decision
MOST_AT_ONCE = 500
#: a merge may lead to a merged ticket; more steps than this are a circle
MOST_MERGES = 8


@dataclass(frozen=True, slots=True)
class Done:
    """Of several: what was decided, and how many somebody else had decided before."""

    rows: list[Held]
    left: int


def waiting(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Held).where(Held.state == "held")) or 0


def retry(session: Session, desk: Desk, public_id: str, *, quiet: bool = False) -> Held:
    """Judge it again: the sender may have been registered since. `quiet`: whatever comes of it,
    nobody outside the console is told."""
    row = _open(session, desk, public_id)
    if row.placed_by is None:
        _again(session, row, quiet=quiet)
        _note(session, desk, row, "quarantine_retried")
    return row


def attach(
    session: Session, desk: Desk, public_id: str, number: int, *, answers: bool = False
) -> Held:
    """Make it a complement of a ticket. Its sender is read there; with `answers`, ticked by the
    agent at this moment, answers go to that address too (DESIGN §4, Where the answer goes).

    Raises `NotVisible` for a ticket unknown or not theirs, `Conflict`: `deleted`, `settled` or
    `decided` by somebody else, `failed_sender` for answers to a forged sender, `no_raw`.
    """
    ticket = _target(session, desk, number)
    place = ("attached", ticket.number)
    row = _open(session, desk, public_id, lambda r: (r.state, r.number) == place)
    if row.state != "held" or row.placed_number == ticket.number:
        return row
    if answers:
        _let_receive(session, desk, row, ticket)
    _again(session, row)
    row.placed_number, row.placed_by = ticket.number, desk.actor.id
    row.placed_provider_id = row.placed_classification = None
    _note(session, desk, row, "quarantine_attached", number=ticket.number)
    return row


def open_for(
    session: Session, desk: Desk, public_id: str, provider_code: str, classification: str = ""
) -> Held:
    """Open a ticket of this provider with it. Raises `NotVisible`, `Invalid`, `Conflict`."""
    provider = session.scalar(
        select(Provider).where(Provider.code == provider_code, Provider.active)
    )
    if provider is None:
        raise NotVisible("provider", provider_code)
    if classification and not catalog.load(session, desk.policy).classification(classification):
        raise Invalid(FieldError("classification", "unknown"))
    row = _open(session, desk, public_id, lambda r: r.state == "opened")
    if row.state != "held" or row.placed_provider_id == provider.id:
        return row
    _again(session, row)
    row.placed_provider_id, row.placed_by = provider.id, desk.actor.id
    row.placed_number, row.placed_classification = None, classification or None
    _note(session, desk, row, "quarantine_opened")
    return row


def mark_spam(session: Session, desk: Desk, public_id: str) -> Held:
    row = _open(session, desk, public_id, lambda r: r.state == "spam")
    if row.state == "held":
        if row.raw_id is not None:
            # It may be on its way to be judged again: no more.
            inbound.settle(session, {row.raw_id: "held"})
        row.placed_by = row.placed_number = row.placed_provider_id = None
        row.state, row.settled_at, row.settled_by = "spam", desk.now, desk.actor.id
        _note(session, desk, row, "quarantine_spam")
        events.emit(session, None, "placed", now=desk.now)
    return row


def not_spam(session: Session, desk: Desk, public_id: str) -> Held:
    """Back to what waits; the same when it waits already. Raises `Conflict` when it was placed."""
    row = _lock(session, desk, public_id)
    if row.state == "spam":
        row.state, row.settled_at, row.settled_by = "held", None, None
        _note(session, desk, row, "quarantine_not_spam")
        events.emit(session, None, "held", now=desk.now)
    elif row.state != "held":
        raise _settled(session, row)
    return row


def many(
    session: Session,
    desk: Desk,
    verb: Callable[[Session, Desk, str], Held],
    public_ids: Sequence[str],
) -> Done:
    """One decision about several; what somebody else decided meanwhile stays as it is."""
    rows: list[Held] = []
    left = 0
    # In one order, so that two agents with overlapping choices cannot wait for each other.
    for public_id in sorted(set(public_ids))[:MOST_AT_ONCE]:
        try:
            rows.append(verb(session, desk, public_id))
        except (Conflict, NotVisible):
            left += 1
    return Done(rows, left)


def decision(session: Session, raw_ids: Sequence[int]) -> dict[int, Held]:
    """What agents decided about these arrivals, for the applier."""
    found = session.scalars(
        select(Held).where(
            Held.raw_id.in_(raw_ids), Held.state == "held", Held.placed_by.is_not(None)
        )
    )
    return {row.raw_id: row for row in found if row.raw_id is not None}


def _target(session: Session, desk: Desk, number: int) -> Ticket:
    """The ticket, or the one it was merged into. Locked before the held row, as intake does."""
    ticket = access.ticket(session, desk.actor, number, lock=True)
    for _ in range(MOST_MERGES):
        if ticket.merged_into is None:
            break
        ticket = access.ticket(session, desk.actor, ticket.merged_into, lock=True)
    if ticket.deleted_at is not None:
        raise Conflict("deleted")
    return ticket


def _let_receive(session: Session, desk: Desk, row: Held, ticket: Ticket) -> None:
    if held.is_forged(row):
        raise Conflict("failed_sender")
    found = session.scalar(
        select(Endpoint).where(
            Endpoint.number == ticket.number,
            Endpoint.channel == Channel.MAIL,
            Endpoint.address == row.sender,
        )
    )
    if found is None:
        endpoints.write(
            session,
            [NewEndpoint(ticket.number, Channel.MAIL, row.sender, text.name(row.sender))],
        )
    else:
        found.state = "active"
    changes = (Change("endpoint", None, row.sender),)
    audit.record(
        session, desk.actor, "endpoint_added", now=desk.now, number=ticket.number, changes=changes
    )


def _again(session: Session, row: Held, *, quiet: bool = False) -> None:
    if row.raw_id is None:
        raise Conflict("no_raw")
    inbound.again(session, row.raw_id, quiet=quiet)


def _open(
    session: Session, desk: Desk, public_id: str, is_same: Callable[[Held], bool] = lambda _: False
) -> Held:
    """The row, locked. `is_same`: what is settled is what this agent asks for again."""
    row = _lock(session, desk, public_id)
    if row.state != "held":
        if row.settled_by == desk.actor.id and is_same(row):
            return row
        raise _settled(session, row)
    if row.placed_by is not None and row.placed_by != desk.actor.id:
        raise Conflict("decided", agent=agent_name(session, row.placed_by))
    return row


def _lock(session: Session, desk: Desk, public_id: str) -> Held:
    access.require(desk.actor, "quarantine")
    row = session.scalar(
        select(Held)
        .where(Held.public_id == public_id, held.known_to(desk.actor))
        .with_for_update(of=Held)
    )
    if row is None:
        raise NotVisible("quarantine", public_id)
    return row


def _settled(session: Session, row: Held) -> Conflict:
    more = {"number": row.number} if row.number is not None else {}
    return Conflict("settled", state=row.state, agent=agent_name(session, row.settled_by), **more)


def _note(
    session: Session, desk: Desk, row: Held, action: str, *, number: int | None = None
) -> None:
    audit.record(session, desk.actor, action, now=desk.now, number=number, note=row.public_id)


def raw_states(session: Session, raw_ids: Sequence[int]) -> dict[int, str]:
    """Where arrivals stand: waiting, applied, duplicate, ignored, held."""
    query = select(InboundRaw.id, InboundRaw.state).where(InboundRaw.id.in_(raw_ids))
    return dict(session.execute(query).all())
