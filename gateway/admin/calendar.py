"""The year as deadlines are counted by: the law's days and those of the register."""

from dataclasses import dataclass
from datetime import datetime

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.admin import frame
from gateway.console import shell
from gateway.console.shell import AgentRequest, Around, Console
from helpdesk import access, holidays
from helpdesk.border import Actor
from helpdesk.calendars import YEARS
from helpdesk.holidays import Day
from helpdesk.models import Sector
from helpdesk.policy import Policy
from helpdesk.registry.days import CALENDAR


@dataclass(frozen=True, slots=True)
class Calendar:
    near: Around
    days: list[Day]
    sectors: dict[int, str]


@get("/calendario")
async def calendar_show(
    request: AgentRequest, console: NamedDependency[Console], ano: FromQuery[str] = ""
) -> Response[str]:
    """Raises `Forbidden`."""
    kit = console.kit
    now = kit.clock()
    asked = int(ano) if ano.isdecimal() and ano.isascii() and len(ano) < 6 else 0  # noqa: PLR2004
    chosen = asked if asked in YEARS else kit.policy.day(now).year
    found = await kit.work.read(_read, request.user, chosen, policy=kit.policy, now=now)
    context: dict[str, object] = {
        "days": found.days,
        "sectors": found.sectors,
        "year": chosen,
        "years": [y for y in (chosen - 1, chosen, chosen + 1) if y in YEARS],
    }
    return frame.page(console, request, "admin/calendar", found.near, "calendario", context)


def _read(session: Session, actor: Actor, year: int, *, policy: Policy, now: datetime) -> Calendar:
    access.require(actor, CALENDAR.reads)
    sectors = session.execute(select(Sector.id, Sector.code)).all()
    return Calendar(
        shell.around(session, actor, now=now),
        holidays.listing(session, policy, year),
        dict(sectors),
    )
