"""How long what was said is kept, and what may not be erased."""

from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from gateway.admin import privacy
from gateway.console import fields, shell
from gateway.console.shell import AgentRequest, Console
from helpdesk.errors import FieldError, Invalid
from helpdesk.privacy import holds, retention


@post("/privacidade/prazos")
async def retention_change(
    request: AgentRequest, console: NamedDependency[Console]
) -> Response[Any]:
    """An empty number keeps for ever."""
    form = await fields.read(request)
    typed = {"code": form.one("code"), "months": form.one("months").strip()}
    now = console.kit.clock()
    try:
        months = _months(typed["months"])
        await console.kit.work.write(retention.keep, request.user, typed["code"], months, now=now)
    except Invalid as error:
        return await privacy.overview(request, console, typed, fields.problems(error), 422)
    return shell.go(console, privacy.PAGE, "retention-changed")


@post("/privacidade/bloqueios")
async def hold_place(request: AgentRequest, console: NamedDependency[Console]) -> Response[Any]:
    form = await fields.read(request)
    typed = {name: form.one(name) for name in ("kind", "key", "reason")}
    now = console.kit.clock()
    try:
        await console.kit.work.write(holds.place, request.user, **typed, now=now)
    except Invalid as error:
        return await privacy.overview(request, console, typed, fields.problems(error), 422)
    return shell.go(console, privacy.PAGE, "hold-placed")


@post("/privacidade/bloqueios/{hold_id:int}/liberar")
async def hold_release(
    request: AgentRequest, console: NamedDependency[Console], hold_id: FromPath[int]
) -> Redirect:
    now = console.kit.clock()
    await console.kit.work.write(holds.release, request.user, hold_id, now=now)
    return shell.go(console, privacy.PAGE, "hold-released")


def _months(typed: str) -> int | None:
    if not typed:
        return None
    if not typed.isdecimal() or len(typed) > len(str(retention.MOST_MONTHS)):
        limits = (("least", 1), ("most", retention.MOST_MONTHS))
        raise Invalid(FieldError("months", "range", limits))
    return int(typed)
