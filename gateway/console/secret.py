"""Who among the agents may read: a ticket, a message, an attachment; and opening with a reason."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from gateway.console import asking, commands, fields, shell
from gateway.console.actions import act
from gateway.console.fields import Fields
from gateway.console.shell import AgentRequest, Console
from helpdesk import access, conversation, secrecy, thread
from helpdesk.border import SYSTEM
from helpdesk.desk import Desk
from helpdesk.errors import FieldError, Invalid, NotVisible


@get("/{number:int}/sigilo")
async def secrecy_form(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    return await asking.show(request, console, number, "secrecy", asking.EMPTY)


@post("/{number:int}/sigilo")
async def ticket_hide(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    return await act(request, console, number, "secrecy", _hide, "hidden")


@get("/{number:int}/mensagens/{message:int}/sigilo")
async def message_secrecy_form(
    request: AgentRequest,
    console: NamedDependency[Console],
    number: FromPath[int],
    message: FromPath[int],
) -> Response[str]:
    said = await console.kit.work.read(conversation.message, request.user, number, message)
    held = {"message": [str(message)], "group": [said.secret or ""]}
    typed = asking.Typed(Fields(held), {})
    return await asking.show(request, console, number, "message-secrecy", typed)


@post("/{number:int}/mensagens/{message:int}/sigilo")
async def message_hide(
    request: AgentRequest,
    console: NamedDependency[Console],
    number: FromPath[int],
    message: FromPath[int],
) -> Redirect:
    form = await fields.read(request)
    await console.kit.work.write(
        secrecy.hide_message, console.desk(request), number, message, form.one("group") or None
    )
    return shell.go(console, asking.here(request, number), "hidden", number)


@post("/{number:int}/anexos/{public_id:str}/quem-ve")
async def attachment_audience(
    request: AgentRequest,
    console: NamedDependency[Console],
    number: FromPath[int],
    public_id: FromPath[str],
) -> Redirect:
    form = await fields.read(request)
    await console.kit.work.write(
        secrecy.set_audience, console.desk(request), public_id, form.one("audience")
    )
    return shell.go(console, asking.here(request, number), "hidden", number)


@get("/abrir-sigiloso")
async def glass_form(request: AgentRequest, console: NamedDependency[Console]) -> Response[str]:
    return await _glass(request, console, Fields({}), None)


@post("/abrir-sigiloso")
async def glass_break(request: AgentRequest, console: NamedDependency[Console]) -> Response[Any]:
    form = await fields.read(request)
    try:
        number = await console.kit.work.write(
            _break, console.desk(request), form.one("ticket"), form.one("reason")
        )
    except Invalid as error:
        return await _glass(request, console, form, error)
    return shell.go(console, f"/central/{number}", "glass-broken", number)


async def _glass(
    request: AgentRequest, console: Console, form: Fields, error: Invalid | None
) -> Response[str]:
    access.require(request.user, "ticket.break_glass")
    near = await console.kit.work.read(shell.around, request.user, now=console.kit.clock())
    context: dict[str, object] = {
        "form": form,
        "errors": fields.problems(error) if error else {},
    }
    return shell.page(
        console, request, "console/glass", near, context,
        kind=commands.OTHER, status=422 if error else 200,
    )  # fmt: skip


def _hide(session: Session, desk: Desk, number: int, form: Fields, version: int | None) -> object:
    return secrecy.hide(session, desk, number, form.one("group") or None, version=version)


def _break(session: Session, desk: Desk, named: str, reason: str) -> int:
    """By number or protocol: whoever has the right is told whether it is there."""
    access.require(desk.actor, "ticket.break_glass")
    wanted = named.strip()
    for ref in [*(f"n{n}" for n in fields.numbers([wanted])), wanted]:
        try:
            number = thread.find(session, SYSTEM, ref)
        except NotVisible:
            continue
        secrecy.break_glass(session, desk, number, reason)
        return number
    raise Invalid(FieldError("ticket", "unknown"))
