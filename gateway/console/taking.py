"""Taking a ticket and letting go of it: assumir, assumir o próximo, desistir."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from gateway.console import asking, fields, shell
from gateway.console.actions import act
from gateway.console.asking import Typed
from gateway.console.fields import Fields
from gateway.console.shell import AgentRequest, Console
from helpdesk import access, claiming, drafts, tickets
from helpdesk.desk import Desk

#: the form that asks before a draft goes
GIVE_UP = "give-up"


@post("/proximo")
async def next_claim(request: AgentRequest, console: NamedDependency[Console]) -> Response[Any]:
    """Assumir o próximo: the most urgent one that is free, opened; back to the list for none."""
    number = await console.kit.work.write(_claim_next, console.desk(request))
    if number is None:
        return shell.go(console, asking.queue(request), "nothing-next")
    return shell.go(console, asking.here(request, number), "claimed", number)


@post("/{number:int}/assumir")
async def ticket_claim(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    return await act(request, console, number, "", _claim, "claimed")


@post("/{number:int}/renovar", status_code=204)
async def ticket_renew(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> None:
    """The page is still open: the claim lasts."""
    await console.kit.work.write(tickets.renew, console.desk(request), number)


@get("/{number:int}/desistir")
async def give_up_form(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    return await asking.show(request, console, number, GIVE_UP, asking.EMPTY)


@post("/{number:int}/desistir")
async def ticket_give_up(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    """At once when nothing was being written; else only once `drop` says that the draft may go."""
    form = await fields.read(request)
    if not form.one("drop"):
        numbers = asking.numbers_of(form, number)
        if await console.kit.work.read(_is_writing, console.desk(request), numbers):
            return await asking.show(request, console, number, GIVE_UP, Typed(form, {}), 409)
    return await act(request, console, number, "", _give_up, "gave-up")


def _claim_next(session: Session, desk: Desk) -> int | None:
    found = claiming.claim_next(session, desk)
    return found.number if found else None


def _claim(session: Session, desk: Desk, number: int, _: Fields, __: int | None) -> object:
    return tickets.claim(session, desk, number)


def _is_writing(session: Session, desk: Desk, numbers: Sequence[int]) -> bool:
    access.require(desk.actor, "ticket.claim")
    owner = ("agent", desk.actor.id or 0)
    return any(drafts.load(session, owner, drafts.of_ticket(n)) for n in numbers)


def _give_up(session: Session, desk: Desk, number: int, _: Fields, __: int | None) -> object:
    ticket = tickets.give_up(session, desk, number)
    drafts.spend(session, ("agent", desk.actor.id or 0), drafts.of_ticket(number), now=desk.now)
    return ticket
