"""The calendar as a register: days that are not served as the law's calendar says."""

from datetime import date
from typing import Any

from helpdesk import recounting
from helpdesk.calendars import YEARS
from helpdesk.errors import FieldError
from helpdesk.models import CalendarDay, Sector
from helpdesk.registry.shape import Field, Register, Values

STATES = "AC AL AM AP BA CE DF ES GO MA MG MS MT PA PB PE PI PR RJ RN RO RR RS SC SE SP TO".split()
#: days from Easter that a movable day may be
FARTHEST = 200

CALENDAR = Register(
    name="calendar_day",
    right="calendar",
    model=CalendarDay,
    fields=(
        Field(name="name", listed=True),
        Field(
            name="rule", kind="choice", choices=("date", "yearly", "easter"),
            label="day_rule", default="date", listed=True,
        ),
        Field(name="day", kind="day", required=False, listed=True),
        Field(
            name="from_easter", kind="number", required=False,
            least=-FARTHEST, most=FARTHEST, listed=True,
        ),
        Field(
            name="effect", kind="choice", choices=("closed", "half", "open"),
            label="day_effect", default="closed", listed=True,
        ),
        Field(name="opens", kind="time", required=False),
        Field(name="closes", kind="time", required=False),
        Field(
            name="state", kind="choice", choices=tuple(STATES),
            label="state", required=False, listed=True,
        ),
        Field(name="city", required=False, listed=True),
        Field(
            name="sector", kind="ref", column="sector_id", required=False,
            of=Sector.code, called=Sector.name, listed=True,
        ),
    ),
    key=("name", "state", "city", "sector"),
    order=("name", "id"),
    check=lambda _session, _desk, values: _calendar_day(values),
    settle=lambda _session, _desk, row, _values: _settle_day(row),
    foresee=recounting.foresee,
    act=recounting.act,
)  # fmt: skip


def _calendar_day(values: Values) -> list[FieldError]:
    errors: list[FieldError] = []
    day: date | None = values["day"]
    movable = values["rule"] == "easter"
    if movable and values["from_easter"] is None:
        errors.append(FieldError("from_easter", "required"))
    if not movable and day is None:
        errors.append(FieldError("day", "required"))
    if values["rule"] == "date" and day is not None and day.year not in YEARS:
        errors.append(FieldError("day", "invalid"))
    opens, closes = values["opens"], values["closes"]
    if values["effect"] == "half":
        if opens is None and closes is None:
            errors.append(FieldError("closes", "required"))
        elif opens is not None and closes is not None and opens >= closes:
            errors.append(FieldError("closes", "invalid"))
    if values["city"] and not values["state"]:
        errors.append(FieldError("state", "required"))
    return errors


def _settle_day(row: Any) -> None:
    """What its rule does not speak of is empty."""
    if row.rule == "easter":
        row.day = None
    else:
        row.from_easter = None
    if row.effect != "half":
        row.opens = row.closes = None
