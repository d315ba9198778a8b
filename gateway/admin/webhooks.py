"""Webhooks: which there are, what each was told, a new one, and switching one off."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy.orm import Session

from gateway.admin import frame
from gateway.console import fields, shell
from gateway.console.entrance import confirm, is_fresh
from gateway.console.shell import AgentRequest, Around, Console
from gateway.egress import Egress
from helpdesk import access, webhook_queue, webhooks
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, Invalid
from helpdesk.models import WebhookDelivery
from helpdesk.webhooks import Listed

PATH = "webhooks"
PAGE = f"/cadastros/{PATH}"
NEW = f"{PAGE}/novo"
ROWS = 50


@dataclass(frozen=True, slots=True)
class All:
    near: Around
    rows: list[Listed]


@dataclass(frozen=True, slots=True)
class One:
    """`older`: the delivery after which the next page begins."""

    near: Around
    one: Listed
    rows: list[WebhookDelivery]
    older: str | None


@get("/webhooks")
async def webhook_list(request: AgentRequest, console: NamedDependency[Console]) -> Response[str]:
    found = await console.kit.work.read(_read_all, console.desk(request))
    context = _context(request) | {"rows": found.rows}
    return frame.page(console, request, "admin/webhooks", found.near, PATH, context)


@get("/webhooks/novo")
async def webhook_new(request: AgentRequest, console: NamedDependency[Console]) -> Response[Any]:
    webhooks.check_maker(request.user)
    if not is_fresh(request, console.kit):
        return confirm(NEW)
    return await _form(request, console, "", webhooks.KINDS)


@post("/webhooks/novo")
async def webhook_create(
    request: AgentRequest, console: NamedDependency[Console], egress: NamedDependency[Egress]
) -> Response[Any]:
    """Its page, with the secret on it: shown this once. Only right after a log-in."""
    webhooks.check_maker(request.user)
    if not is_fresh(request, console.kit):
        return confirm(NEW)
    form = await fields.read(request)
    url, kinds = form.one("url").strip(), form.many("events")
    fault = await egress.fault(url)
    desk = console.desk(request)
    try:
        row, secret = await console.kit.work.write(webhooks.create, desk, url, kinds, fault)
    except Invalid as error:
        return await _form(request, console, url, kinds, error)
    return await _page(request, console, row.id, secret=secret)


@get("/webhooks/{webhook_id:int}")
async def webhook_show(
    request: AgentRequest,
    console: NamedDependency[Console],
    webhook_id: FromPath[int],
    antes: FromQuery[str] = "",
) -> Response[str]:
    return await _page(request, console, webhook_id, before=antes)


@post("/webhooks/{webhook_id:int}/desativar")
async def webhook_end(
    request: AgentRequest, console: NamedDependency[Console], webhook_id: FromPath[int]
) -> Redirect:
    await console.kit.work.write(webhooks.switch_off, console.desk(request), webhook_id)
    return shell.go(console, f"{PAGE}/{webhook_id}", "webhook-off")


@post("/webhooks/{webhook_id:int}/entregas/{delivery_id:str}/reenviar")
async def delivery_resend(
    request: AgentRequest,
    console: NamedDependency[Console],
    webhook_id: FromPath[int],
    delivery_id: FromPath[str],
) -> Response[Any]:
    desk = console.desk(request)
    try:
        await console.kit.work.write(webhook_queue.retry, desk, webhook_id, delivery_id)
    except Conflict as error:
        return await _page(request, console, webhook_id, conflict=error.code)
    return shell.go(console, f"{PAGE}/{webhook_id}", "webhook-again")


async def _form(
    request: AgentRequest,
    console: Console,
    url: str,
    kinds: Sequence[str],
    error: Invalid | None = None,
) -> Response[str]:
    near = await console.kit.work.read(_around, console.desk(request))
    context: dict[str, object] = {
        "url": url,
        "chosen": kinds,
        "kinds": webhooks.KINDS,
        "errors": fields.problems(error) if error else {},
    }
    status = 422 if error else 200
    return frame.page(console, request, "admin/webhook_form", near, PATH, context, status=status)


async def _page(
    request: AgentRequest,
    console: Console,
    webhook_id: int,
    *,
    before: str = "",
    secret: str = "",
    conflict: str = "",
) -> Response[str]:
    desk = console.desk(request)
    found = await console.kit.work.read(_read_one, desk, webhook_id, before or None)
    context = _context(request) | {
        "listed": found.one,
        "rows": found.rows,
        "older": found.older,
        "first": not before,
        "secret": secret,
        "conflict": conflict,
        "now": desk.now,
    }
    status = 409 if conflict else 200
    return frame.page(console, request, "admin/webhook", found.near, PATH, context, status=status)


def _context(request: AgentRequest) -> dict[str, object]:
    return {"writes": request.user.may(access.writes("webhook")), "kinds": webhooks.KINDS}


def _read_all(session: Session, desk: Desk) -> All:
    return All(_around(session, desk), webhooks.listing(session, desk))


def _read_one(session: Session, desk: Desk, webhook_id: int, before: str | None) -> One:
    one = webhooks.one(session, desk, webhook_id)
    rows = webhook_queue.listing(session, desk, webhook_id, limit=ROWS + 1, before=before)
    older = rows[ROWS - 1].public_id if len(rows) > ROWS else None
    return One(_around(session, desk), one, rows[:ROWS], older)


def _around(session: Session, desk: Desk) -> Around:
    return shell.around(session, desk.actor, now=desk.now)
