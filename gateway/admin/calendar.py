"""The calendar deadlines are counted by: the law's days and the operadora's own."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy.orm import Session

from gateway.console import commands, fields, shell
from gateway.console.shell import AgentRequest, Around, Console
from helpdesk import access, holidays
from helpdesk.border import Actor
from helpdesk.catalog import YEARS
from helpdesk.errors import FieldError, Invalid, NotVisible
from helpdesk.holidays import Day
from helpdesk.policy import Policy


@dataclass(frozen=True, slots=True)
class Calendar:
    near: Around
    days: list[Day]


@get("/calendario")
async def calendar_show(
    request: AgentRequest, console: NamedDependency[Console], ano: FromQuery[str] = ""
) -> Response[str]:
    return await _page(request, console, ano, {}, {})


@post("/calendario")
async def day_decide(request: AgentRequest, console: NamedDependency[Console]) -> Response[Any]:
    form = await fields.read(request)
    try:
        day = _day(form.one("day"))
        await console.kit.work.write(
            holidays.decide,
            console.desk(request),
            day,
            form.one("name"),
            working=form.one("working") == "1",
        )
    except Invalid as error:
        typed = {name: form.one(name) for name in ("day", "name", "working")}
        year = form.one("day")[:4]
        return await _page(request, console, year, typed, fields.problems(error), 422)
    return shell.go(console, f"/cadastros/calendario?ano={day.year}", "day-saved")


@post("/calendario/{day:str}/retirar")
async def day_forget(
    request: AgentRequest, console: NamedDependency[Console], day: FromPath[str]
) -> Redirect:
    try:
        parsed = _day(day)
    except Invalid as error:
        raise NotVisible("holiday", day) from error
    await console.kit.work.write(holidays.forget, console.desk(request), parsed)
    return shell.go(console, f"/cadastros/calendario?ano={parsed.year}", "day-removed")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        code = "invalid" if text else "required"
        raise Invalid(FieldError("day", code)) from error


async def _page(
    request: AgentRequest,
    console: Console,
    year: str,
    typed: dict[str, str],
    errors: dict[str, dict[str, object]],
    status: int = 200,
) -> Response[str]:
    kit = console.kit
    now = kit.clock()
    asked = int(year) if year.isdecimal() and year.isascii() and len(year) < 6 else 0  # noqa: PLR2004
    chosen = asked if asked in YEARS else kit.policy.day(now).year
    found = await kit.work.read(_read, request.user, chosen, policy=kit.policy, now=now)
    context: dict[str, object] = {
        "days": found.days,
        "year": chosen,
        "years": [y for y in (chosen - 1, chosen, chosen + 1) if y in YEARS],
        "typed": typed,
        "errors": errors,
        "writes": request.user.may("registers.write"),
    }
    return shell.page(
        console, request, "admin/calendar", found.near, context,
        kind=commands.OTHER, status=status,
    )  # fmt: skip


def _read(session: Session, actor: Actor, year: int, *, policy: Policy, now: datetime) -> Calendar:
    access.require(actor, "registers.read")
    return Calendar(
        shell.around(session, actor, policy=policy, now=now),
        holidays.listing(session, policy, year),
    )
