"""Addresses that agents let in: confided from a held message, listed, let go again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy.orm import Session

from gateway.console import commands, deciding, fields, quarantine, shell
from gateway.console.quarantine import Question
from gateway.console.shell import AgentRequest, Around, Console
from gateway.console.sifting import PATH, sifted
from helpdesk import choices, held, trust
from helpdesk.border import Actor
from helpdesk.errors import Conflict, FieldError, Invalid, NotVisible
from helpdesk.models import Held
from helpdesk.trust import Trusted

PAGE_ROWS = 50
TRUSTED_PATH = f"{PATH}/confiados"


@dataclass(frozen=True, slots=True)
class Addresses:
    near: Around
    rows: Sequence[Trusted]
    more: int | None


@post("/quarentena/{public_id:str}/confiar")
async def address_trust(
    request: AgentRequest, console: NamedDependency[Console], public_id: FromPath[str]
) -> Response[Any]:
    """`scope`: ticket (in this one alone) or provider. What else waits from the address is offered
    to be judged again on the page that follows."""
    form = await fields.read(request)
    kit, desk = console.kit, console.desk(request)
    asked = Question()
    try:
        if form.one("scope") == "provider":
            code = await kit.work.read(_provider, form.one("provider"))
            row = await kit.work.write(trust.for_provider, desk, public_id, code)
        else:
            asked = Question(ticket=form.one("number"))
            number = await kit.work.read(_number, request.user, asked.ticket)
            row = await kit.work.write(
                trust.in_ticket, desk, public_id, number, answers=form.one("answers") == "1"
            )
    except Invalid as error:
        return await quarantine.render(request, console, public_id, errors=error, asked=asked)
    except Conflict as error:
        return await quarantine.render(request, console, public_id, refused=error)
    except NotVisible as error:
        if error.what != "provider":
            raise
        unknown = Invalid(FieldError("trust-provider", "unknown"))
        return await quarantine.render(request, console, public_id, errors=unknown)
    return await _offered(request, console, row)


@get("/quarentena/confiados")
async def trusted_list(
    request: AgentRequest, console: NamedDependency[Console], antes: FromQuery[str] = ""
) -> Response[str]:
    kit = console.kit
    before = next(iter(fields.numbers([antes])), None)
    found = await kit.work.read(_read, request.user, before, now=kit.clock())
    return shell.page(
        console, request, "console/trusted", found.near, {"found": found}, kind=commands.OTHER
    )


@post("/quarentena/confiados/{address_id:int}/retirar")
async def trust_revoke(
    request: AgentRequest, console: NamedDependency[Console], address_id: FromPath[int]
) -> Redirect:
    await console.kit.work.write(trust.revoke, console.desk(request), address_id)
    return shell.go(console, TRUSTED_PATH, "untrusted")


async def _offered(request: AgentRequest, console: Console, row: Held) -> Redirect:
    """The message itself is judged at once; the others of its sender wait for a word."""
    await deciding.settled(console, [row])
    others = await console.kit.work.read(held.of_sender, request.user, row.sender)
    where = sifted(request)
    if not others:
        return shell.go(console, where.to(), "trusted")
    return shell.go(console, where.message(others[0], confiado=row.sender), "trusted")


def _number(session: Session, actor: Actor, said: str) -> int:
    number = quarantine.find(session, actor, said)
    if number is None:
        raise Invalid(FieldError("trust-number", "unknown"))
    return number


def _provider(session: Session, said: str) -> str:
    """The code of the one provider meant. Raises `Invalid` when none or several are."""
    found = choices.providers(session, said)
    exact = [p for p in found if p.code.lower() == said.strip().lower()]
    one = exact or found
    if len(one) != 1:
        raise Invalid(FieldError("trust-provider", "several" if one else "unknown"))
    return one[0].code


def _read(session: Session, actor: Actor, before: int | None, *, now: datetime) -> Addresses:
    rows = trust.listing(session, actor, limit=PAGE_ROWS, before=before)
    near = shell.around(session, actor, now=now, current=TRUSTED_PATH)
    more = rows[-1].row.id if len(rows) == PAGE_ROWS else None
    return Addresses(near, rows, more)
