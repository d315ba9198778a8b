"""What an agent does to a ticket: one function a button, each a form that also stands alone.

A verb the core refuses changes nothing and loses nothing: the form comes back with what was typed,
says what happened meanwhile, and carries the version that is true now.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from gateway.console import addresses, commands, fields, shell
from gateway.console import ticket as pages
from gateway.console.addresses import Address
from gateway.console.fields import Fields, Kept
from gateway.console.shell import AgentRequest, Around, Console
from gateway.console.ticket import Draft
from helpdesk import catalog, choices, closing, resending, routing, thread, tickets
from helpdesk.border import Actor, File
from helpdesk.catalog import Catalog
from helpdesk.choices import Colleague
from helpdesk.desk import Desk
from helpdesk.errors import (
    Claimed,
    Conflict,
    FieldError,
    Invalid,
    NotVisible,
    Stale,
)
from helpdesk.policy import Policy
from helpdesk.views import Thread

#: a change of one ticket: session, desk, number, what was typed, the version seen (None in bulk)
Verb = Callable[[Session, Desk, int, Fields, int | None], object]

#: where an agent goes on: back to the queue when the ticket left their hands
LEAVES = frozenset({"pended", "forwarded", "closed", "deleted", "gave-up"})
MOST_AT_ONCE = 200
#: templates/console/forms/<name>.html and where it is sent
PATHS = {
    "note": "nota",
    "pending": "pendente",
    "forward": "encaminhar",
    "close": "encerrar",
    "reopen": "reabrir",
    "classify": "classificar",
    "delete": "excluir",
}


@dataclass(frozen=True, slots=True)
class Form:
    """What a form needs beside the ticket."""

    near: Around
    thread: Thread
    others: list[Thread]
    registers: Catalog
    colleagues: list[Colleague]


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form holds when it is shown (again)."""

    fields: Fields
    errors: dict[str, dict[str, object]]
    stopped: str = ""
    data: dict[str, Any] | None = None
    kept: Sequence[Kept] = ()


EMPTY = Typed(Fields({}), {})


@post("/{number:int}/assumir")
async def ticket_claim(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    return await _act(request, console, number, "", _claim, "claimed")


@post("/{number:int}/desistir")
async def ticket_give_up(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    return await _act(request, console, number, "", _give_up, "gave-up")


@post("/{number:int}/renovar", status_code=204)
async def ticket_renew(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> None:
    """The page is still open: the claim lasts."""
    await console.kit.work.write(tickets.renew, console.desk(request), number)


@post("/{number:int}/responder")
async def ticket_reply(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    """Responder; with `depois=pendente` the ticket is left pending in the same breath."""
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
        return shell.go(console, _list(request), "pended", number)
    return shell.go(console, _here(request, number), "replied", number, message)


@get("/{number:int}/nota")
async def note_form(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    return await _form(request, console, number, "note", EMPTY)


@post("/{number:int}/nota")
async def ticket_note(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    """From the composer or from its own form; `de` says which, so that it comes back there."""
    form = await fields.read(request)
    kept, refused = await fields.store(console.kit, form)
    try:
        files = fields.files_of(kept, refused)
        await console.kit.work.write(
            tickets.note, console.desk(request), number, form.one("text"), files=files
        )
    except (Invalid, Conflict) as error:
        if form.one("from") == "composer":
            return await _composer_again(request, console, number, form, kept, error)
        return await _form_again(request, console, number, "note", form, error, kept)
    return shell.go(console, _here(request, number), "noted", number)


@get("/{number:int}/pendente")
async def pending_form(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    return await _form(request, console, number, "pending", EMPTY)


@post("/{number:int}/pendente")
async def ticket_pending(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    return await _act(request, console, number, "pending", _pending, "pended")


@get("/{number:int}/encaminhar")
async def forward_form(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    return await _form(request, console, number, "forward", EMPTY)


@post("/{number:int}/encaminhar")
async def ticket_forward(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    return await _act(request, console, number, "forward", _forward, "forwarded")


@get("/{number:int}/encerrar")
async def close_form(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    return await _form(request, console, number, "close", EMPTY)


@post("/{number:int}/encerrar")
async def ticket_close(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    return await _act(request, console, number, "close", _close, "closed")


@get("/{number:int}/reabrir")
async def reopen_form(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    return await _form(request, console, number, "reopen", EMPTY)


@post("/{number:int}/reabrir")
async def ticket_reopen(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    return await _act(request, console, number, "reopen", _reopen, "reopened")


@get("/{number:int}/classificar")
async def classify_form(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    return await _form(request, console, number, "classify", EMPTY)


@post("/{number:int}/classificar")
async def ticket_classify(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    return await _act(request, console, number, "classify", _classify, "classified")


@get("/{number:int}/excluir")
async def delete_form(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[str]:
    return await _form(request, console, number, "delete", EMPTY)


@post("/{number:int}/excluir")
async def ticket_delete(
    request: AgentRequest, console: NamedDependency[Console], number: FromPath[int]
) -> Response[Any]:
    return await _act(request, console, number, "delete", _delete, "deleted")


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


def _claim(session: Session, desk: Desk, number: int, _: Fields, __: int | None) -> object:
    return tickets.claim(session, desk, number)


def _give_up(session: Session, desk: Desk, number: int, _: Fields, __: int | None) -> object:
    return tickets.give_up(session, desk, number)


def _reply(
    session: Session,
    desk: Desk,
    number: int,
    form: Fields,
    files: Sequence[File],
    later: bool,  # noqa: FBT001 - by position through the thread
) -> int:
    message = tickets.reply(
        session,
        desk,
        number,
        form.one("text"),
        files=files,
        endpoint_id=form.number("endpoint"),
        version=form.number("version"),
        delay=resending.GRACE,
    )
    if later:
        ticket = tickets.pending(session, desk, number, status=catalog.WAITING_PROVIDER)
        ticket.waiting_on = "provider"
    return message


def _pending(
    session: Session, desk: Desk, number: int, form: Fields, version: int | None
) -> object:
    return tickets.pending(
        session,
        desk,
        number,
        body=form.one("text"),
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


async def _act(
    request: AgentRequest,
    console: Console,
    number: int,
    name: str,
    verb: Verb,
    done: str,
) -> Response[Any]:
    """Run the verb on one ticket, or on all that are selected; `name` is the form it came from."""
    form = await fields.read(request)
    numbers = _numbers(form, number)
    desk = console.desk(request)
    if len(numbers) > 1:
        return await _act_on_all(request, console, numbers, form, name, verb, done)
    try:
        await console.kit.work.write(verb, desk, numbers[0], form, form.number("version"))
    except (Invalid, Conflict) as error:
        if not name:
            if isinstance(error, Invalid):
                raise  # a button without fields cannot be filled wrongly
            data = await _meanwhile(request, console, number, error)
            draft = Draft(stopped=_stopped(error), data=data)
            return await pages.render(console, request, number, draft, status=409)
        return await _form_again(request, console, number, name, form, error)
    where = _list(request) if done in LEAVES else _here(request, numbers[0])
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
            return await _form_again(request, console, number, name, form, error)
        except (Conflict, NotVisible):
            left += 1
    return shell.go(console, _list(request), done, left=left)


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
        endpoint=form.number("endpoint"),
        kept=kept,
        errors=fields.problems(error) if isinstance(error, Invalid) else {},
        stopped=_stopped(error),
        data=await _meanwhile(request, console, number, error),
    )
    return await pages.render(console, request, number, draft, status=_status(error))


async def _form_again(
    request: AgentRequest,
    console: Console,
    number: int,
    name: str,
    form: Fields,
    error: Invalid | Conflict,
    kept: Sequence[Kept] = (),
) -> Response[str]:
    typed = Typed(
        form,
        fields.problems(error) if isinstance(error, Invalid) else {},
        _stopped(error),
        await _meanwhile(request, console, number, error),
        kept,
    )
    return await _form(request, console, number, name, typed, _status(error))


def _status(error: Invalid | Conflict) -> int:
    return 422 if isinstance(error, Invalid) else 409


def _stopped(error: Invalid | Conflict) -> str:
    match error:
        case Claimed():
            return "claimed"
        case Stale():
            return "stale"
        case Conflict():
            return "refused"
        case _:
            return ""


async def _meanwhile(
    request: AgentRequest, console: Console, number: int, error: Invalid | Conflict
) -> dict[str, Any]:
    """What to tell the second of two: who holds it, or who did what last."""
    if isinstance(error, Claimed):
        return {"holder": error.holder}
    if isinstance(error, Invalid):
        return {}
    log = await console.kit.work.read(thread.log, request.user, number)
    last = log[-1] if log else None
    return {"code": error.code, "last": last}


async def _form(
    request: AgentRequest,
    console: Console,
    number: int,
    name: str,
    typed: Typed,
    status: int = 200,
) -> Response[str]:
    """The form as a dialog for the script, as a page without it."""
    numbers = _numbers(typed.fields, number)
    if len(numbers) == 1:
        asked = [n for n in request.query_params.getall("number", []) if n.isdecimal()]
        numbers = [int(n) for n in asked[:MOST_AT_ONCE]] or numbers
    kit = console.kit
    found = await kit.work.read(_read, request.user, numbers, policy=kit.policy, now=kit.clock())
    context: dict[str, object] = {
        "form": found,
        "action": _address(request).url(f"/central/{found.thread.row.number}/{PATHS[name]}"),
        "back": _here(request, found.thread.row.number),
        "row": found.thread.row,
        "name": name,
        "typed": typed,
        "address": _address(request),
        "limits": pages.limits_of(console),
    } | _choices(name, found)
    if request.headers.get("hx-request"):
        more: dict[str, object] = {"now": kit.clock()}
        return kit.page(request, f"console/forms/{name}.html", context | more, status)
    return shell.page(
        console, request, f"forms/{name}", found.near, context | {"alone": True},
        kind=commands.OTHER, status=status,
    )  # fmt: skip


def _choices(name: str, found: Form) -> dict[str, object]:
    """What the selects of a form offer."""
    registers, row = found.registers, found.thread.row
    situation = {"pending": "pending", "close": "closed"}.get(name)
    sub = registers.subclassification(row.subclassification_code or "")
    active = sorted(
        (c for c in registers.classifications.values() if c.active),
        key=lambda c: (c.position, c.id),
    )
    return {
        "statuses": [
            (s.code, s.label)
            for s in sorted(registers.statuses.values(), key=lambda s: s.position)
            if s.active and s.situation == situation and s.code != catalog.CANCELLED
        ],
        "sectors": [(s.code, s.name) for s in registers.sectors.values() if s.active],
        "people": [
            (c.login, f"{c.name} · {c.sector_code or '—'} · {c.open}") for c in found.colleagues
        ],
        "reasons": _reasons(registers, sub.id) if sub else [],
        "classifications": [(c.code, c.name) for c in active],
        "subclassifications": [
            (c.code, c.name, [(s.code, s.name) for s in registers.children(c.id)]) for c in active
        ],
        "reasons_by": [
            (s.code, s.name, _reasons(registers, s.id))
            for s in registers.subclassifications.values()
        ],
    }


def _reasons(registers: Catalog, subclassification_id: int) -> list[tuple[str, str]]:
    return [
        (r.code, r.name)
        for r in registers.reasons.values()
        if r.subclassification_id == subclassification_id and r.active
    ]


def _read(
    session: Session, actor: Actor, numbers: Sequence[int], *, policy: Policy, now: datetime
) -> Form:
    seen = [thread.view(session, actor, n, policy=policy, now=now) for n in numbers]
    return Form(
        near=shell.around(session, actor, policy=policy, now=now),
        thread=seen[0],
        others=seen,
        registers=catalog.load(session, policy),
        colleagues=choices.colleagues(session),
    )


def _numbers(form: Fields, number: int) -> list[int]:
    given = [int(text) for text in form.many("number") if text.isdecimal()]
    return list(dict.fromkeys(given[:MOST_AT_ONCE])) or [number]


def _address(request: AgentRequest) -> Address:
    return addresses.parse(list(request.query_params.multi_items()), "").address


def _here(request: AgentRequest, number: int) -> str:
    return _address(request).url(f"/central/{number}")


def _list(request: AgentRequest) -> str:
    return _address(request).url()
