"""The running deadline of a ticket: counted, paused by a status, and running again.

A status may pause the clock (register `status.pauses`). Each counted day that begins while the
clock stands is added to the deadline; what was expired before stays so.
"""

from datetime import datetime
from typing import cast

from helpdesk import deadlines
from helpdesk.audit import Change
from helpdesk.catalog import Catalog
from helpdesk.deadlines import Calendar, Terms
from helpdesk.holidays import Calendars
from helpdesk.models import Ticket


def terms_of(ticket: Ticket) -> Terms:
    """What its deadline was counted with, whatever the registers say now."""
    source = cast("deadlines.Source", ticket.terms_source)
    return Terms(ticket.days, deadlines.Unit(ticket.unit), ticket.attention, source)


def calendar_of(ticket: Ticket, calendars: Calendars) -> Calendar:
    """That of the sector its deadline was counted for, where its provider is. Forwarding keeps
    the deadline, and so its calendar."""
    return calendars.of(ticket.counted_sector, ticket.provider_id)


def count(ticket: Ticket, registers: Catalog, terms: Terms) -> list[Change]:
    """The deadline from the start of the running cycle, and the days it was paused."""
    counted = deadlines.deadline(
        ticket.cycle_at,
        deadlines.longer(terms, ticket.paused_days),
        calendar_of(ticket, registers.calendars),
    )
    ticket.days, ticket.unit, ticket.attention = terms.days, terms.unit, terms.attention
    ticket.terms_source = terms.source
    ticket.attention_at = counted.attention_at
    if ticket.due_at == counted.due_at:
        return []
    change = Change("due_at", ticket.due_at, counted.due_at)
    ticket.due_at = counted.due_at
    return [change]


def restart(ticket: Ticket, registers: Catalog, now: datetime) -> list[Change]:
    """A new cycle of the same length begins now."""
    ticket.cycle_at, ticket.paused_days = now, 0
    ticket.counted_sector = ticket.sector_id
    return count(ticket, registers, terms_of(ticket))


def follow(ticket: Ticket, registers: Catalog, now: datetime) -> list[Change]:
    """Stop or start the clock as the ticket's status asks."""
    pauses = registers.statuses[ticket.status_id].pauses
    if pauses and ticket.paused_at is None:
        ticket.paused_at = now
    elif not pauses and ticket.paused_at is not None:
        since, ticket.paused_at = ticket.paused_at, None
        unit = deadlines.Unit(ticket.unit)
        calendar = calendar_of(ticket, registers.calendars)
        added = deadlines.days_between(since, now, unit, calendar)
        if added and not is_expired(ticket, since):
            ticket.paused_days += added
            return count(ticket, registers, terms_of(ticket))
    return []


def is_expired(ticket: Ticket, at: datetime) -> bool:
    return at > ticket.due_at
