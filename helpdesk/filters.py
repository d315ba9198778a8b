"""What a list shows: the seed's filters and the gate as one predicate, and the ways to what it
leaves."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.orm import Session

from helpdesk import access, bands, periods, search, survey_figures, text
from helpdesk.bands import DEADLINES, RUNNING
from helpdesk.border import Actor, ActorKind
from helpdesk.errors import FieldError, Invalid
from helpdesk.models import (
    Agent,
    Classification,
    Provider,
    Reason,
    Sector,
    Status,
    Subclassification,
    Ticket,
)
from helpdesk.models.tickets import filter_index, order_index
from helpdesk.policy import Policy

#: situations of the seed's filter; None is whatever
SITUATIONS: dict[str, tuple[str, ...] | None] = {
    "all": None,
    "open": ("open", "pending"),
    "closed": ("closed",),
    "pending_profile": ("pending",),
    "pending_agent": ("pending",),
}
#: field of `Filter` to its column and register, what leaves fewest first
REGISTERS: dict[str, tuple[Any, Any]] = {
    "provider": (Ticket.provider_id, (Provider.id, Provider.code)),
    "reason": (Ticket.reason_id, (Reason.id, Reason.code)),
    "subclassification": (
        Ticket.subclassification_id, (Subclassification.id, Subclassification.code)
    ),
    "assignee": (Ticket.assignee_id, (Agent.id, Agent.login)),
    "classification": (Ticket.classification_id, (Classification.id, Classification.code)),
    "status": (Ticket.status_id, (Status.id, Status.code)),
    "sector": (Ticket.sector_id, (Sector.id, Sector.code)),
}  # fmt: skip
#: field of `Filter` to the column that holds its values
COLUMNS: dict[str, Any] = {
    **{name: column for name, (column, _) in REGISTERS.items()},
    "channel": Ticket.channel,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Tuples of codes mean any of them; empty means whatever.

    situation: all | open (includes pending) | closed | pending_profile | pending_agent.
    deadline: expired | attention | within. Dates are local days, both included. `opened_in` is an
    hour of a weekday in the period of opening; `open_on` the end of a day, whose deadlines count;
    `answered` an answer to a survey form.
    """

    situation: str = "all"
    classification: tuple[str, ...] = ()
    subclassification: tuple[str, ...] = ()
    reason: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    sector: tuple[str, ...] = ()
    provider: tuple[str, ...] = ()
    assignee: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    opened_from: date | None = None
    opened_to: date | None = None
    opened_in: periods.Hour | None = None
    closed_from: date | None = None
    closed_to: date | None = None
    open_on: date | None = None
    answered: survey_figures.Counted | None = None
    deadline: str | None = None
    q: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """Part of an index that holds every ticket of the filter, and some more."""

    index: str
    condition: ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Wanted:
    """`condition` says what is shown. `ranges` lead to it, the narrowest kind first; none when
    nearly everything is shown. `numbers` are the hits of a search, None when nothing is searched;
    `complete` is false when it stopped at the newest. `situations`: None for whatever.
    `late` when it shows only what was closed after its deadline. `chosen` holds the values of each
    of `COLUMNS` that is filtered, `fixed` what the filter says of columns a list is sorted by."""

    condition: ColumnElement[bool]
    ranges: tuple[Range, ...]
    numbers: list[int] | None
    complete: bool
    situations: tuple[str, ...] | None
    late: bool
    chosen: dict[str, list[Any]]
    fixed: dict[str, ColumnElement[bool]]


def where(
    session: Session, actor: Actor, chosen: Filter, *, policy: Policy, now: datetime
) -> ColumnElement[bool]:
    """The filter and the gate as one predicate."""
    wanted = read(session, actor, chosen, policy=policy, now=now)
    if wanted.numbers is None:
        return wanted.condition
    return and_(wanted.condition, search.among(session, wanted.numbers))


def read(
    session: Session, actor: Actor, chosen: Filter, *, policy: Policy, now: datetime
) -> Wanted:
    """Codes become ids here: registers are small, and an index is walked by ids.

    Raises `Invalid` for an unknown situation or deadline.
    """
    if chosen.situation not in SITUATIONS:
        raise Invalid(FieldError("situation", "unknown"))
    if chosen.deadline is not None and chosen.deadline not in DEADLINES:
        raise Invalid(FieldError("deadline", "unknown"))
    situations = SITUATIONS[chosen.situation]
    ids = _ids(session, chosen)
    if chosen.situation == "pending_agent":
        ids["assignee"] = [n for n in ids.get("assignee", [actor.id or 0]) if n == actor.id]
    # A profile works in a sector: what is pending there, whoever holds it
    if chosen.situation == "pending_profile" and actor.sector_id is not None:
        sector = actor.sector_id
        ids["sector"] = [n for n in ids.get("sector", [sector]) if n == sector]
    in_situation = true() if situations is None else Ticket.situation.in_(situations)
    values: dict[str, list[Any]] = {**ids}
    if chosen.channel:
        values["channel"] = _clean(chosen.channel)
    by_register = {
        column.key: column.in_(values[name]) for name, column in COLUMNS.items() if name in values
    }
    opened = _opened(chosen, policy)
    due = bands.within(chosen.deadline, situations, now) if chosen.open_on is None else _ALWAYS
    parts: list[ColumnElement[bool]] = [access.visible(actor), in_situation, opened, due]
    parts += _times(chosen, policy)
    # A provider was given the number of a deleted ticket and keeps seeing it, as cancelled.
    if actor.kind is not ActorKind.PERSON:
        parts.append(Ticket.deleted_at.is_(None))
    running = situations is not None and RUNNING.issuperset(situations)
    near = bands.near(chosen.deadline if chosen.open_on is None else None, now)
    narrow = and_(in_situation, near) if running else in_situation
    ranges = [
        Range(filter_index(column), and_(condition, narrow))
        for column, condition in by_register.items()
    ]
    if actor.kind is ActorKind.PERSON:
        theirs = Ticket.provider_id.in_([provider for provider, _ in actor.providers])
        ranges.append(Range(filter_index("provider_id"), and_(theirs, in_situation)))
    if opened is not _ALWAYS:
        ranges.append(Range(order_index("opened_at"), opened))
    ranges += _by_closing(chosen, policy)
    if running:
        ranges.append(Range(filter_index("situation"), narrow))
    found = search.hits(session, actor, chosen.q) if chosen.q.strip() else None
    return Wanted(
        condition=and_(*parts, *by_register.values()),
        ranges=tuple(ranges),
        numbers=None if found is None else found.numbers,
        complete=found is None or found.complete,
        situations=situations,
        late=situations == ("closed",) and chosen.deadline == "expired",
        chosen=_implied(session, values),
        fixed=_fixed(session, ids, chosen, opened, policy),
    )


_ALWAYS = true()


def _ids(session: Session, chosen: Filter) -> dict[str, list[int]]:
    """Of each filter by codes, the ids; what no register has is nobody's."""
    found: dict[str, list[int]] = {}
    for name, (_, (key, code)) in REGISTERS.items():
        codes: tuple[str, ...] = getattr(chosen, name)
        if codes:
            found[name] = list(session.scalars(select(key).where(code.in_(_clean(codes)))))
    return found


def _implied(session: Session, ids: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """What is chosen, and the classification of a chosen subclassification."""
    if "classification" in ids or "subclassification" not in ids:
        return ids
    owners = select(Subclassification.classification_id).where(
        Subclassification.id.in_(ids["subclassification"])
    )
    return ids | {"classification": list(session.scalars(owners.distinct()))}


def _fixed(
    session: Session, ids: dict[str, list[int]], chosen: Filter, opened: ColumnElement[bool],
    policy: Policy,
) -> dict[str, ColumnElement[bool]]:  # fmt: skip
    """What follows from the filter for a sorted column: a walk starts and ends there."""
    fixed: dict[str, ColumnElement[bool]] = {}
    if "provider" in ids:
        names = select(Provider.sort_name).where(Provider.id.in_(ids["provider"]))
        fixed["provider"] = Ticket.sort_provider.in_(list(session.scalars(names)))
    if "assignee" in ids:
        names = select(Agent.sort_name).where(Agent.id.in_(ids["assignee"]))
        fixed["agent"] = Ticket.sort_agent.in_(list(session.scalars(names)))
    if opened is not _ALWAYS:
        fixed["opened"] = opened
    if chosen.opened_from is not None:
        # No deadline ends before the opening.
        fixed["due"] = Ticket.due_at >= periods.midnight(chosen.opened_from, policy)
    return fixed


def _opened(chosen: Filter, policy: Policy) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = []
    if chosen.opened_from is not None:
        parts.append(Ticket.opened_at >= periods.midnight(chosen.opened_from, policy))
    if chosen.opened_to is not None:
        after = chosen.opened_to + timedelta(days=1)
        parts.append(Ticket.opened_at < periods.midnight(after, policy))
    return and_(*parts) if parts else _ALWAYS


def _by_closing(chosen: Filter, policy: Policy) -> list[Range]:
    parts: list[ColumnElement[bool]] = []
    if chosen.closed_from is not None or chosen.closed_to is not None:
        parts.append(periods.closed(chosen.closed_from, chosen.closed_to, policy))
    if chosen.open_on is not None:
        parts.append(periods.still_open(chosen.open_on, policy))
    return [Range(filter_index("closed_at"), part) for part in parts]


def _times(chosen: Filter, policy: Policy) -> list[ColumnElement[bool]]:
    """What the panel's figures ask besides. Raises `Invalid` for an hour without a period."""
    parts = [near.condition for near in _by_closing(chosen, policy)]
    if chosen.open_on is not None:
        parts.append(periods.open_on(chosen.open_on, chosen.deadline, policy))
    if chosen.answered is not None:
        parts.append(chosen.answered.where(policy))
    if chosen.opened_in is not None:
        if chosen.opened_from is None or chosen.opened_to is None:
            raise Invalid(FieldError("opened_in", "required"))
        period = (chosen.opened_from, chosen.opened_to)
        parts.append(periods.opened_at(chosen.opened_in, *period, policy))
    return parts


def _clean(codes: tuple[str, ...]) -> list[str]:
    """Each once; what no database takes is nobody's code."""
    return list(dict.fromkeys(text.normalise(code) for code in codes))
