"""What an agent does to a ticket: one function a button, each a form that also stands alone.

A verb the core refuses changes nothing and loses nothing: the form comes back with what was typed,
says what happened meanwhile, and carries the version that is true now.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from gateway.console import asking, fields, refusals, shell
from gateway.console import ticket as pages
from gateway.console.fields import Fields
from gateway.console.shell import AgentRequest, Console
from gateway.console.ticket import Draft
from helpdesk import closing, routing, tickets
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, FieldError, Invalid, NotVisible
from helpdesk.policy import Policy

#: a change of one ticket: session, desk, number, what was typed, the version seen (None in bulk)
Verb = Callable[[Session, Desk, int, Fields, int | None], object]

#: where an agent goes on: back to the queue when the ticket left their hands
LEAVES = frozenset({"pended", "forwarded", "closed", "deleted", "gave-up"})


@get("/{number:int}/nota")
async def note_form(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    return await asking.show(request, console, number, "note", asking.EMPTY)


@get("/{number:int}/pendente")
async def pending_form(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    return await asking.show(request, console, number, "pending", asking.EMPTY)


@post("/{number:int}/pendente")
async def ticket_pending(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    return await act(request, console, number, "pending", _pending, "pended")


@get("/{number:int}/encaminhar")
async def forward_form(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    return await asking.show(request, console, number, "forward", asking.EMPTY)


@post("/{number:int}/encaminhar")
async def ticket_forward(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    return await act(request, console, number, "forward", _forward, "forwarded")


@get("/{number:int}/encerrar")
async def close_form(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    return await asking.show(request, console, number, "close", asking.EMPTY)


@post("/{number:int}/encerrar")
async def ticket_close(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    return await act(request, console, number, "close", _close, "closed")


@get("/{number:int}/reabrir")
async def reopen_form(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    return await asking.show(request, console, number, "reopen", asking.EMPTY)


@post("/{number:int}/reabrir")
async def ticket_reopen(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    return await act(request, console, number, "reopen", _reopen, "reopened")


@get("/{number:int}/classificar")
async def classify_form(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    return await asking.show(request, console, number, "classify", asking.EMPTY)


@post("/{number:int}/classificar")
async def ticket_classify(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    return await act(request, console, number, "classify", _classify, "classified")


@get("/{number:int}/excluir")
async def delete_form(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    return await asking.show(request, console, number, "delete", asking.EMPTY)


@post("/{number:int}/excluir")
async def ticket_delete(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    return await act(request, console, number, "delete", _delete, "deleted")


def _pending(
    session: Session, desk: Desk, number: int, form: Fields, version: int | None
) -> object:
    return tickets.pending(
        session,
        desk,
        number,
        body=form.one("text"),
        ask=form.one("ask").splitlines(),
        status=form.one("status") or None,
        until=_until(form.one("until"), desk.policy),
        version=version,
    )


def _forward(
    session: Session, desk: Desk, number: int, form: Fields, version: int | None
) -> object:
    return routing.forward(
        session,
        desk,
        number,
        note=form.one("note"),
        agent=form.one("agent") or None,
        sector=form.one("sector") or None,
        version=version,
    )


def _close(session: Session, desk: Desk, number: int, form: Fields, version: int | None) -> object:
    return closing.close(
        session,
        desk,
        number,
        status=form.one("status"),
        body=form.one("text"),
        reason=form.one("reason") or None,
        version=version,
    )


def _reopen(session: Session, desk: Desk, number: int, form: Fields, version: int | None) -> object:
    return closing.reopen(session, desk, number, body=form.one("text"), version=version)


def _classify(
    session: Session, desk: Desk, number: int, form: Fields, version: int | None
) -> object:
    return routing.classify(
        session,
        desk,
        number,
        classification=form.one("classification"),
        subclassification=form.one("subclassification") or None,
        reason=form.one("reason") or None,
        version=version,
    )


def _delete(session: Session, desk: Desk, number: int, form: Fields, _: int | None) -> object:
    return tickets.delete(session, desk, number, justification=form.one("justification"))


def _until(text: str, policy: Policy) -> datetime | None:
    """Until the start of a local day; empty for no date."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(FieldError("until", "invalid")) from error
    return datetime.combine(day, time(8), policy.zone).astimezone(UTC)


async def act(
    request: AgentRequest,
    console: Console,
    number: int,
    name: str,
    verb: Verb,
    done: str,
) -> Response[Any]:
    """Run the verb on one ticket, or on all that are selected; `name` is the form it came from."""
    form = await fields.read(request)
    numbers = asking.numbers_of(form, number)
    desk = console.desk(request)
    if len(numbers) > 1:
        return await _act_on_all(request, console, numbers, form, name, verb, done)
    try:
        await console.kit.work.write(verb, desk, numbers[0], form, form.number("version"))
    except (Invalid, Conflict) as error:
        if not name:
            if isinstance(error, Invalid):
                raise  # a button without fields cannot be filled wrongly
            data = await refusals.meanwhile(request, console, number, error)
            draft = Draft(stopped=refusals.reason(error), data=data)
            return await pages.render(console, request, number, draft, status=409)
        return await asking.again(request, console, number, name, form, error)
    where = asking.queue(request) if done in LEAVES else asking.here(request, numbers[0])
    return shell.go(console, where, done, numbers[0])


async def _act_on_all(
    request: AgentRequest,
    console: Console,
    numbers: Sequence[int],
    form: Fields,
    name: str,
    verb: Verb,
    done: str,
) -> Response[Any]:
    """Each ticket in its own transaction: what one refuses does not stop the others."""
    left = 0
    desk = console.desk(request)
    for number in numbers:
        try:
            await console.kit.work.write(verb, desk, number, form, None)
        except Invalid as error:
            return await asking.again(request, console, number, name, form, error)
        except (Conflict, NotVisible):
            left += 1
    return shell.go(console, asking.queue(request), done, left=left)
