"""The registers every ticket refers to, each described once. Words for people are in
`gateway/admin/words.py`, addresses in `gateway/admin/screens.py`."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_

from helpdesk import canned, catalog
from helpdesk.desk import MOST_TEXT, Desk
from helpdesk.errors import FieldError
from helpdesk.models import (
    Agent,
    CalendarDay,
    CannedText,
    Classification,
    Reason,
    SavedView,
    Sector,
    Status,
    Subclassification,
    Terms,
    Ticket,
)
from helpdesk.registry.days import CALENDAR
from helpdesk.registry.shape import Field, Register, Values

#: the tints of a status; empty is the one of its situation
TINTS = ("info", "att", "ok", "exp", "no")
UNITS = ("business", "calendar")
SITUATIONS = ("open", "pending", "closed")
MOST_DAYS = 365
_CODE = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,39}")


def code(said: str) -> str | None:
    """Upper case, without blanks: `glo.2` is `GLO.2`."""
    spelled = said.upper()
    return spelled if _CODE.fullmatch(spelled) else None


def _code(*, fixed: bool = False) -> Field:
    return Field(name="code", limit=40, clean=code, listed=True, fixed=fixed)


def _position() -> Field:
    return Field(name="position", kind="number", required=False, default="0", most=9999)


def _texts() -> tuple[Field, ...]:
    names = ("default_message", "closing_message", "guidance")
    return tuple(
        Field(name=name, kind="long", required=False, limit=MOST_TEXT if name != names[0] else 2000)
        for name in names
    )


SECTOR = Register(
    name="sector",
    model=Sector,
    fields=(_code(), Field(name="name", listed=True)),
    order=("code", "id"),
    uses=(
        Ticket.sector_id,
        Ticket.counted_sector,
        CannedText.sector_id,
        SavedView.sector_id,
        CalendarDay.sector_id,
    ),
    holders=(
        (Classification.sector_id, Classification.active),
        (Subclassification.sector_id, Subclassification.active),
        (Agent.sector_id, Agent.active),
    ),
)

STATUS = Register(
    name="status",
    model=Status,
    title="label",
    fields=(
        _code(),
        Field(name="label", listed=True),
        Field(name="provider_label", required=False, listed=True),
        Field(
            name="situation",
            kind="choice",
            choices=SITUATIONS,
            label="situation",
            listed=True,
            fixed=True,
        ),
        Field(name="pauses", kind="flag", listed=True),
        Field(name="tint", kind="choice", choices=TINTS, label="tint", required=False, listed=True),
        _position(),
    ),
    order=("position", "id"),
    uses=(Ticket.status_id,),
    needed=frozenset(
        {
            catalog.OPEN,
            catalog.ANSWERED,
            catalog.WAITING_PROVIDER,
            catalog.WAITING_INTERNAL,
            catalog.FORWARDED,
            catalog.REOPENED,
            catalog.CANCELLED,
            catalog.MERGED,
        }
    ),
    check=lambda _session, _desk, values: _pauses_while_open(values),
)

CLASSIFICATION = Register(
    name="classification",
    model=Classification,
    fields=(
        _code(),
        Field(name="name", listed=True),
        Field(
            name="sector",
            kind="ref",
            column="sector_id",
            of=Sector.code,
            called=Sector.name,
            listed=True,
        ),
        Field(name="days", kind="number", least=1, most=MOST_DAYS, listed=True),
        Field(
            name="unit", kind="choice", choices=UNITS, label="unit", default="business", listed=True
        ),
        Field(name="attention", kind="number", default="1", most=MOST_DAYS, listed=True),
        Field(name="web", kind="flag", default="1", listed=True),
        *_texts(),
        _position(),
    ),
    order=("position", "id"),
    children=("subclassification",),
    uses=(Ticket.classification_id, Subclassification.classification_id, Terms.classification_id),
    needed=frozenset({catalog.TRIAGE}),
    check=lambda _session, _desk, values: _attention(values, values["days"]),
)

SUBCLASSIFICATION = Register(
    name="subclassification",
    right="classification",
    model=Subclassification,
    fields=(
        Field(
            name="classification", kind="ref", column="classification_id",
            of=Classification.code, called=Classification.name, listed=True, fixed=True,
        ),
        _code(),
        Field(name="name", listed=True),
        Field(
            name="sector", kind="ref", column="sector_id", required=False,
            of=Sector.code, called=Sector.name, listed=True,
        ),
        Field(name="days", kind="number", required=False, least=1, most=MOST_DAYS, listed=True),
        Field(name="unit", kind="choice", choices=UNITS, label="unit", required=False, listed=True),
        Field(name="attention", kind="number", required=False, most=MOST_DAYS, listed=True),
        Field(name="web", kind="flag", default="1", listed=True),
        *_texts(),
        _position(),
    ),
    order=("classification_id", "position", "id"),
    parent="classification",
    children=("reason",),
    uses=(Ticket.subclassification_id, Reason.subclassification_id, Terms.subclassification_id),
    check=lambda _session, _desk, values: _attention(values, values["days"]),
)  # fmt: skip

REASON = Register(
    name="reason",
    right="classification",
    model=Reason,
    fields=(
        Field(
            name="subclassification", kind="ref", column="subclassification_id",
            of=Subclassification.code, called=Subclassification.name, listed=True, fixed=True,
        ),
        _code(),
        Field(name="name", listed=True),
    ),
    order=("subclassification_id", "id"),
    parent="subclassification",
    uses=(Ticket.reason_id,),
)  # fmt: skip

CANNED = Register(
    name="canned_text",
    right="canned",
    model=CannedText,
    title="title",
    fields=(
        Field(name="shortcut", limit=40, clean=canned.spelled, listed=True),
        Field(name="title", listed=True),
        Field(
            name="sector", kind="ref", column="sector_id", required=False,
            of=Sector.code, called=Sector.name, listed=True,
        ),
        Field(name="body", kind="long", label="canned_variable", limit=MOST_TEXT),
    ),
    key=("shortcut", "sector"),
    order=("shortcut", "id"),
    only=lambda _desk: or_(CannedText.scope == "all", CannedText.scope == "sector"),
    check=lambda _session, _desk, values: canned.body_errors(values["body"]),
    settle=lambda _session, desk, row, values: _settle_text(desk, row, values),
)  # fmt: skip

REGISTERS: tuple[Register, ...] = (
    SECTOR,
    STATUS,
    CLASSIFICATION,
    SUBCLASSIFICATION,
    REASON,
    CALENDAR,
    CANNED,
)


def _pauses_while_open(values: Values) -> Sequence[FieldError]:
    """The clock of what is closed does not run."""
    if values["pauses"] and values["situation"] == "closed":
        return [FieldError("pauses", "invalid")]
    return []


def _attention(values: Values, days: int | None) -> Sequence[FieldError]:
    """A warning before the opening would always be on."""
    attention = values["attention"]
    if attention is not None and days is not None and attention > days:
        return [FieldError("attention", "range", (("least", 0), ("most", days)))]
    return []


def _settle_text(desk: Desk, row: Any, values: Values) -> None:
    row.scope = "sector" if values["sector"] is not None else "all"
    row.agent_id = row.agent_id or desk.actor.id
    row.changed_at = desk.now
