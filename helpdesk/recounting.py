"""What a change of the calendar does to deadlines already promised: told before, done with it.

A day counts for a ticket when it lies after the opening of its cycle and not after its due day;
tickets that no changed day touches are not read again.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from helpdesk import access, audit, clock, deadlines, events, holidays
from helpdesk.audit import Change, Entry
from helpdesk.calendars import YEARS, Rule
from helpdesk.deadlines import Calendar, Deadline
from helpdesk.desk import Desk
from helpdesk.holidays import Calendars
from helpdesk.models import Provider, Ticket
from helpdesk.registry.shape import Effect, Moved, Pair, Values
from helpdesk.workflow import Situation

MOST_SHOWN = 100


def foresee(session: Session, desk: Desk, pairs: Sequence[Pair]) -> Effect:
    """The open tickets the actor may know of whose deadline would move, by number."""
    now = holidays.load(session, desk.policy)
    then = Calendars(now.policy, _after(now.rules, pairs), now.place)
    found = list(_moving(session, desk, then, _days(pairs), access.visible(desk.actor)))
    names = _providers(session, [ticket for ticket, _ in found[:MOST_SHOWN]])
    moved = tuple(
        Moved(t.number, t.title, names[t.provider_id], t.due_at, counted.due_at)
        for t, counted in found[:MOST_SHOWN]
    )
    return Effect(moved, len(found))


def act(session: Session, desk: Desk, pairs: Sequence[Pair]) -> None:
    """Count them anew. The register already says what it will."""
    calendars = holidays.load(session, desk.policy)
    entries: list[Entry] = []
    changed: list[tuple[int, str, int]] = []
    for ticket, counted in _moving(session, desk, calendars, _days(pairs), true()):
        change = Change("due_at", ticket.due_at, counted.due_at)
        ticket.due_at, ticket.attention_at = counted.due_at, counted.attention_at
        ticket.version += 1
        entries.append(Entry(ticket.number, desk.actor, "recounted", (change,)))
        changed.append((ticket.number, "changed", ticket.version))
    audit.write(session, entries, now=desk.now)
    events.emit_many(session, changed, now=desk.now)


def rule_of(values: Values) -> Rule:
    """A record of the calendar register as a rule."""
    return Rule(
        name=values["name"],
        rule=values["rule"],
        day=values["day"],
        from_easter=values["from_easter"],
        effect=values["effect"],
        opens=values["opens"],
        closes=values["closes"],
        state=values["state"],
        city=values["city"],
        sector_id=values["sector"],
    )


def _after(rules: tuple[Rule, ...], pairs: Sequence[Pair]) -> tuple[Rule, ...]:
    """The rules once the changes are there; one that is there twice is taken away once."""
    left = list(rules)
    for before, after in pairs:
        if before is not None and rule_of(before) in left:
            left.remove(rule_of(before))
        if after is not None:
            left.append(rule_of(after))
    return tuple(left)


def _days(pairs: Sequence[Pair]) -> list[date]:
    """Every day a changed record names, before or after."""
    rules = (rule_of(values) for pair in pairs for values in pair if values is not None)
    return sorted({day for rule in rules for day in rule.days(YEARS)})


def _moving(
    session: Session,
    desk: Desk,
    calendars: Calendars,
    days: Sequence[date],
    known: ColumnElement[bool],
) -> Iterator[tuple[Ticket, Deadline]]:
    if not days:
        return
    zone = desk.policy.zone
    first = datetime.combine(days[0], datetime.min.time(), zone)
    last = datetime.combine(days[-1] + timedelta(days=1), datetime.min.time(), zone)
    rows = session.scalars(
        select(Ticket)
        .where(
            Ticket.situation != Situation.CLOSED,
            Ticket.deleted_at.is_(None),
            Ticket.merged_into.is_(None),
            Ticket.due_at >= first,
            Ticket.cycle_at < last,
            known,
        )
        .order_by(Ticket.number)
    )
    for ticket in rows:
        calendar = clock.calendar_of(ticket, calendars)
        opening, due = calendar.local_day(ticket.cycle_at), calendar.local_day(ticket.due_at)
        if not any(opening < day <= due for day in days):
            continue
        counted = _count(ticket, calendar)
        if (counted.due_at, counted.attention_at) != (ticket.due_at, ticket.attention_at):
            yield ticket, counted


def _count(ticket: Ticket, calendar: Calendar) -> Deadline:
    terms = deadlines.longer(clock.terms_of(ticket), ticket.paused_days)
    return deadlines.deadline(ticket.cycle_at, terms, calendar)


def _providers(session: Session, tickets: Sequence[Ticket]) -> dict[int, str]:
    ids = sorted({ticket.provider_id for ticket in tickets})
    query = select(Provider.id, Provider.name).where(Provider.id.in_(ids))
    return dict(session.execute(query).all())
