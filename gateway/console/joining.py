"""Two tickets about one matter become one, and one message about another becomes a ticket."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy.orm import Session

from gateway.console import asking, fields, shell
from gateway.console.actions import act
from gateway.console.asking import Typed
from gateway.console.fields import Fields
from gateway.console.shell import AgentRequest, Console
from helpdesk import merging, splitting, thread
from helpdesk.desk import Desk
from helpdesk.errors import FieldError, Invalid, NotVisible


@get("/{number:int}/juntar")
async def merge_form(
    request: AgentRequest,
    console: NamedDependency[Console],
    number: FromPath[int],
    com: FromQuery[str] = "",
) -> Response[str]:
    """`com`: the other ticket, when the agent came from it."""
    typed = Typed(Fields({"into": [com]} if com else {}), {})
    return await asking.show(request, console, number, "merge", typed)


@post("/{number:int}/juntar")
async def ticket_merge(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    return await act(request, console, number, "merge", _merge, "merged")


@post("/{number:int}/desjuntar")
async def ticket_unmerge(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Redirect:
    await console.kit.work.write(merging.unmerge, console.desk(request), number)
    return shell.go(console, asking.here(request, number), "unmerged", number)


@get("/{number:int}/separar")
async def split_form(
    request: AgentRequest,
    console: NamedDependency[Console],
    number: FromPath[int],
    message: FromQuery[int],
) -> Response[str]:
    return await asking.show(
        request, console, number, "split", Typed(Fields({"message": [str(message)]}), {})
    )


@post("/{number:int}/separar")
async def message_split(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    form = await fields.read(request)
    try:
        made = await console.kit.work.write(
            splitting.split,
            console.desk(request),
            number,
            form.number("message") or 0,
            title=form.one("title"),
            classification=form.one("classification"),
            subclassification=form.one("subclassification") or None,
        )
    except Invalid as error:
        return await asking.again(request, console, number, "split", form, error)
    return shell.go(console, f"/central/{made}", "split", made)


def _merge(session: Session, desk: Desk, number: int, form: Fields, version: int | None) -> object:
    return merging.merge(
        session, desk, number, into=_named(session, desk, form.one("into")), version=version
    )


def _named(session: Session, desk: Desk, text: str) -> int:
    """The ticket an agent names by number or protocol."""
    wanted = text.strip()
    if not wanted:
        raise Invalid(FieldError("into", "required"))
    short = fields.numbers([wanted])
    for ref in [*(f"n{n}" for n in short), wanted]:
        try:
            return thread.find(session, desk.actor, ref)
        except NotVisible:
            continue
    raise Invalid(FieldError("into", "unknown"))
