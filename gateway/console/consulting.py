"""Asking others without handing over: another sector, and the provider item by item."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from gateway.console import asking, fields, shell
from gateway.console.actions import act
from gateway.console.fields import Fields
from gateway.console.shell import AgentRequest, Console
from helpdesk import pendency, routing
from helpdesk.desk import Desk


@get("/{number:int}/consultar")
async def consult_form(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    return await asking.show(request, console, number, "consult", asking.EMPTY)


@post("/{number:int}/consultar")
async def ticket_consult(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    return await act(request, console, number, "consult", _consult, "consulted")


@post("/{number:int}/itens/{item:int}")
async def item_settle(
    request: AgentRequest,
    console: NamedDependency[Console],
    number: FromPath[int],
    item: FromPath[int],
) -> Redirect:
    """What was asked of the provider is there (`there=1`) or is not."""
    form = await fields.read(request)
    await console.kit.work.write(
        pendency.settle, console.desk(request), number, item, there=form.one("there") == "1"
    )
    return shell.go(console, asking.here(request, number), "item-settled", number)


def _consult(session: Session, desk: Desk, number: int, form: Fields, _: int | None) -> object:
    return routing.consult(session, desk, number, sector=form.one("sector"), note=form.one("note"))
