"""What an agent says in a ticket: answer and note, taken back in time, sent another way, and the
draft that survives."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy.orm import Session

from gateway.console import asking, fields, phrases, refusals, shell, ways
from gateway.console import ticket as pages
from gateway.console.fields import Fields, Kept
from gateway.console.shell import AgentRequest, Console
from gateway.console.ticket import Draft
from helpdesk import access, catalog, drafts, resending, tickets
from helpdesk.border import File
from helpdesk.desk import MOST_TEXT, Desk
from helpdesk.errors import Conflict, Invalid


@post("/{number:int}/rascunho")
async def draft_save(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    """What stands in the composer, for when the page goes away; empty forgets it. 409 with the
    `turn` that counts now for what was typed before the last sending (`helpdesk.drafts`)."""
    form = await fields.read(request)
    text, turn = form.one("text")[:MOST_TEXT], form.number("turn") or 0
    now = await console.kit.work.write(_save_draft, console.desk(request), number, text, turn)
    if now != turn:
        return Response({"turn": now}, status_code=409)
    return Response(None, status_code=204)


@post("/{number:int}/responder")
async def ticket_reply(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    """Responder, by the way that was chosen; with `depois=pendente` the ticket is left pending in
    the same breath."""
    form = await fields.read(request)
    kept, refused = await fields.store(console.kit, form)
    later = form.one("depois") == "pendente"
    desk = console.desk(request)
    try:
        files = fields.files_of(kept, refused)
        message = await console.kit.work.write(_reply, desk, number, form, files, later)
    except (Invalid, Conflict) as error:
        return await _composer_again(request, console, number, form, kept, error)
    if later:
        return shell.go(console, asking.queue(request), "pended", number)
    return shell.go(console, asking.here(request, number), "replied", number, message)


@post("/{number:int}/nota")
async def ticket_note(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    """From the composer or from its own form; `de` says which, so that it comes back there."""
    form = await fields.read(request)
    kept, refused = await fields.store(console.kit, form)
    try:
        files = fields.files_of(kept, refused)
        await console.kit.work.write(_note, console.desk(request), number, form, files)
    except (Invalid, Conflict) as error:
        if form.one("from") == "composer":
            return await _composer_again(request, console, number, form, kept, error)
        return await asking.again(request, console, number, "note", form, error, kept)
    return shell.go(console, asking.here(request, number), "noted", number)


@post("/{number:int}/desfazer/{message:int}")
async def reply_undo(
    request: AgentRequest,
    console: NamedDependency[Console],
    number: FromPath[int],
    message: FromPath[int],
) -> Redirect:
    """Take an answer back before it leaves; its text returns to the composer."""
    done = await console.kit.work.write(resending.undo, console.desk(request), number, message)
    if not done:
        return shell.go(console, f"/central/{number}", "too-late", number)
    return shell.go(console, f"/central/{number}?retomar={message}", "undone", number)


@post("/{number:int}/mensagens/{message:int}/por/{endpoint:int}")
async def reply_resend(
    request: AgentRequest,
    console: NamedDependency[Console],
    number: FromPath[int],
    message: FromPath[int],
    endpoint: FromPath[int],
) -> Redirect:
    await console.kit.work.write(resending.resend, console.desk(request), number, message, endpoint)
    return shell.go(console, f"/central/{number}", "resent", number)


@post("/{number:int}/mensagens/{message:int}/para")
async def reply_readdress(
    request: AgentRequest,
    console: NamedDependency[Console],
    number: FromPath[int],
    message: FromPath[int],
    endereco: FromQuery[str] = "",
) -> Redirect:
    """The same message to another address that is registered to the provider."""
    await console.kit.work.write(
        resending.resend_to, console.desk(request), number, message, endereco
    )
    return shell.go(console, f"/central/{number}", "resent", number)


def _save_draft(session: Session, desk: Desk, number: int, text: str, turn: int) -> int:
    """Returns the turn that counts: another than the page's when it came too late."""
    access.ticket(session, desk.actor, number, lock=True)
    owner, place = _owner(desk), drafts.of_ticket(number)
    known = drafts.turn_of(session, owner, place)
    if turn < known:
        return known
    if text.strip():
        drafts.save(session, owner, place, {"text": text}, (), now=desk.now)
    else:
        drafts.drop(session, owner, place)
    return turn


def _owner(desk: Desk) -> tuple[str, int]:
    return "agent", desk.actor.id or 0


def _note(session: Session, desk: Desk, number: int, form: Fields, files: Sequence[File]) -> None:
    """A note from a form of its own leaves alone what stands in the composer."""
    tickets.note(session, desk, number, form.one("text"), files=files)
    if form.one("from") == "composer":
        drafts.spend(session, _owner(desk), drafts.of_ticket(number), now=desk.now)


def _reply(
    session: Session,
    desk: Desk,
    number: int,
    form: Fields,
    files: Sequence[File],
    later: bool,  # noqa: FBT001 - by position through the thread
) -> int:
    phrases.refuse_blanks(form.one("text"))
    way = ways.chosen(
        session, desk, number, form.one("endpoint"), vouched=form.one("vouched") == "1"
    )
    message = tickets.reply(
        session,
        desk,
        number,
        form.one("text"),
        files=files,
        endpoint_id=way,
        version=form.number("version"),
        delay=resending.GRACE,
    )
    drafts.spend(session, _owner(desk), drafts.of_ticket(number), now=desk.now)
    if later:
        ticket = tickets.pending(session, desk, number, status=catalog.WAITING_PROVIDER)
        ticket.waiting_on = "provider"
    return message


async def _composer_again(
    request: AgentRequest,
    console: Console,
    number: int,
    form: Fields,
    kept: Sequence[Kept],
    error: Invalid | Conflict,
) -> Response[str]:
    draft = Draft(
        text=form.one("text"),
        endpoint=form.one("endpoint"),
        kept=kept,
        errors=fields.problems(error) if isinstance(error, Invalid) else {},
        stopped=refusals.reason(error),
        data=await refusals.meanwhile(request, console, number, error),
    )
    return await pages.render(console, request, number, draft, status=refusals.status(error))
