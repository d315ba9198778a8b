"""Pesquisa: a form chosen, filled in beside a ticket, corrected, and its answers as a file."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Stream
from sqlalchemy.orm import Session

from gateway.console import asking, commands, fields, refusals, shell, tabs
from gateway.console.asking import EMPTY, Typed
from gateway.console.shell import AgentRequest, Around, Console
from gateway.console.ticket import looked
from gateway.delimited import MARK, as_text, safe, written
from gateway.formats import Clock
from gateway.labels import label
from helpdesk import access, rows, survey_rows, surveys
from helpdesk.border import Actor
from helpdesk.errors import Conflict, Invalid, NotVisible
from helpdesk.models import Ticket
from helpdesk.policy import Policy
from helpdesk.rows import Row
from helpdesk.survey_rows import Columns, Line
from helpdesk.survey_rules import BETWEEN, SCALES
from helpdesk.surveys import Offer, Opened

COMMAND = "survey"
#: the form that is filled in, in an address and in what is sent
FORM = "formulario"
#: how many options are shown at once, each a button; more are a list to open
AT_A_GLANCE = 7
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """`opened` is None while a form has yet to be chosen."""

    near: Around
    row: Row
    offers: list[Offer]
    opened: Opened | None


@get("/{number:int}/pesquisas")
async def survey_tab(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    """What was answered, once the tab is opened."""
    kit = console.kit
    found = await kit.work.read(surveys.sheets, request.user, number)
    near = await kit.work.read(shell.around, request.user, now=kit.clock())
    may = {COMMAND: request.user.may(commands.permission_of(COMMAND)) and not near.crm}
    context: dict[str, object] = {
        "sheets": found,
        "address": asking.address_of(request),
        "number": number,
        "may": may,
        "now": kit.clock(),
    }
    return kit.page(request, "console/surveys.html", context)


@get("/{number:int}/pesquisa")
async def survey_form(
    request: AgentRequest,
    console: NamedDependency[Console],
    number: FromPath[int],
    formulario: FromQuery[int] = 0,
) -> Response[str]:
    """The form, or the choice of one where there are several."""
    return await _show(request, console, number, formulario, EMPTY)


@post("/{number:int}/pesquisa")
async def survey_fill(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    access.require(request.user, commands.permission_of(COMMAND))
    form = await fields.read(request)
    form_id, version = form.number(FORM) or 0, form.number("version") or 0
    if not form_id:
        return await _show(request, console, number, 0, EMPTY, 422)
    try:
        await console.kit.work.write(
            surveys.fill, console.desk(request), number, form_id, form.values, version
        )
    except Invalid as error:
        return await _show(
            request, console, number, form_id, Typed(form, fields.problems(error)), 422
        )
    except Conflict as error:
        stopped = "changed" if error.code == "changed" else refusals.reason(error)
        data = await refusals.meanwhile(request, console, number, error)
        return await _show(request, console, number, form_id, Typed(form, {}, stopped, data), 409)
    here = asking.address_of(request).url(f"/central/{number}")
    tab = f"{'&' if '?' in here else '?'}aba={tabs.SURVEYS}"
    return shell.go(console, here + tab, "survey-saved", number)


@get("/pesquisas/{form_id:int}/respostas.csv")
async def survey_export(
    request: AgentRequest, console: NamedDependency[Console], form_id: FromPath[int]
) -> Stream:
    """Every sheet of the form that this agent may know of. Raises `Forbidden`, `NotVisible`."""
    desk = console.desk(request)
    columns = await console.kit.work.read(survey_rows.columns, request.user, form_id)
    await looked(console, request, "export", None, request.url.path)
    name = f"pesquisa-{columns.code}-{desk.policy.day(desk.now).isoformat()}.csv"
    return Stream(
        _lines(console, request.user, form_id, columns),
        media_type="text/csv",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


async def _show(
    request: AgentRequest,
    console: Console,
    number: int,
    form_id: int,
    typed: Typed,
    status: int = 200,
) -> Response[str]:
    access.require(request.user, commands.permission_of(COMMAND))
    kit, address = console.kit, asking.address_of(request)
    asked = await kit.work.read(
        _read, request.user, number, form_id, policy=kit.policy, now=kit.clock()
    )
    opened = asked.opened
    context: dict[str, object] = {
        "asked": asked,
        "row": asked.row,
        "typed": typed,
        "given": given(opened, typed),
        "scales": SCALES,
        "glance": AT_A_GLANCE,
        "address": address,
        "action": address.url(f"/central/{number}/pesquisa"),
        "back": address.url(f"/central/{number}"),
    }
    name = "survey" if opened else "survey-choice"
    if request.headers.get("hx-request"):
        more: dict[str, object] = {"now": kit.clock()}
        return kit.page(request, f"console/forms/{name}.html", context | more, status)
    return shell.page(
        console, request, f"console/forms/{name}", asked.near, context | {"alone": True},
        kind=commands.OTHER, status=status,
    )  # fmt: skip


def given(opened: Opened | None, typed: Typed) -> dict[str, tuple[str, ...]]:
    """What stands in the fields: as it was typed, else as it was answered."""
    if opened is None:
        return {}
    if typed is not EMPTY:
        return {q.field: typed.fields.many(q.field) for q in opened.questions}
    answers = opened.sheet.answers if opened.sheet else ()
    return {
        f"q{one.question_id}": tuple(one.value.split(BETWEEN))
        if one.kind == "several"
        else (one.value,)
        for one in answers
    }


def _read(
    session: Session, actor: Actor, number: int, form_id: int, *, policy: Policy, now: datetime
) -> Asked:
    """With one form to choose it is chosen; what was filled in may be opened again."""
    offers = surveys.offers(session, actor, number)
    chosen = form_id or (offers[0].id if len(offers) == 1 else 0)
    found = rows.listing(session, actor, Ticket.number == number, policy, now)
    if not found:
        raise NotVisible("ticket", number)
    opened = surveys.open_form(session, actor, number, chosen) if chosen else None
    return Asked(shell.around(session, actor, now=now), found[0], offers, opened)


async def _lines(
    console: Console, actor: Actor, form_id: int, columns: Columns
) -> AsyncGenerator[str | bytes]:
    clock = Clock(console.kit.policy.zone)
    head = [label(name, "survey_column") for name in HEAD]
    yield MARK + written([[*head, *(safe(words) for _, words in columns.keys)]])
    after = 0
    while True:
        found = await console.kit.work.read(survey_rows.lines, actor, form_id, after, AT_ONCE)
        if found:
            yield written([_cells(line, columns, clock) for line in found])
        if len(found) < AT_ONCE:
            return
        after = found[-1].id


#: what stands before the questions in a file (labels of the kind `survey_column`)
HEAD = ("number", "protocol", "classification", "at", "author", "corrected_at")


def _cells(line: Line, columns: Columns, clock: Clock) -> list[str]:
    return [
        str(line.number),
        as_text(line.protocol),
        safe(line.classification),
        clock.moment(line.at),
        safe(line.author),
        clock.moment(line.corrected_at) if line.corrected_at else "",
        *(safe(said(*line.values[key])) if key in line.values else "" for key in columns.keys),
    ]


def said(kind: str, value: str) -> str:
    """An answer as people read it."""
    match kind:
        case "flag":
            return label(value, "yes_no") if value else ""
        case "date" if value:
            year, month, day = value.split("-")
            return f"{day}/{month}/{year}"
        case "several":
            return value.replace(BETWEEN, ", ")
        case _:
            return value
