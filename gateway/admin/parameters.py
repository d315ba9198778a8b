"""Parâmetros: what the operadora decides for the whole instance, and who decided it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from gateway.admin import cells, forms, frame
from gateway.console import fields, shell
from gateway.console.shell import AgentRequest, Around, Console
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, Invalid
from helpdesk.registry import decisions
from helpdesk.registry.decisions import Line, State

PATH = "parametros"


@dataclass(frozen=True, slots=True)
class Found:
    near: Around
    state: State
    history: list[Line]


@get("/parametros")
async def parameter_list(request: AgentRequest, console: NamedDependency[Console]) -> Response[str]:
    """Raises `Forbidden`."""
    return await _page(request, console)


@post("/parametros")
async def parameters_change(
    request: AgentRequest, console: NamedDependency[Console]
) -> Response[Any]:
    form = await fields.read(request)
    texts = forms.texts_of(decisions.FIELDS, form)
    try:
        await console.kit.work.write(
            decisions.change, console.desk(request), texts, form.one("version")
        )
    except Invalid as error:
        problems = fields.problems(error)
        return await _page(request, console, texts, form.one("version"), problems, 422)
    except Conflict:
        return await _page(request, console, texts, status=409)
    return shell.go(console, f"/cadastros/{PATH}", "parameters-saved")


async def _page(
    request: AgentRequest,
    console: Console,
    typed: dict[str, str] | None = None,
    version: str = "",
    problems: dict[str, dict[str, object]] | None = None,
    status: int = 200,
) -> Response[str]:
    """What was typed stays; after a conflict the version is that of now."""
    found = await console.kit.work.read(_read, console.desk(request))
    stored = found.state.texts
    conflict = status == 409  # noqa: PLR2004 - as it was called
    types = dict(found.state.types)
    context: dict[str, object] = {
        "groups": decisions.GROUPS,
        "texts": stored | (typed or {}),
        "said": found.state.said,
        "types": found.state.types,
        "version": version or found.state.version,
        "problems": problems or {},
        "theirs": _differing(stored, typed, types) if conflict and typed else {},
        "conflict": conflict,
        "history": [(line, _shown(line, types)) for line in found.history],
        "usual": console.kit.policy.protocol_template,
        "writes": request.user.may(decisions.WRITES),
    }
    return frame.page(
        console, request, "admin/parameters", found.near, PATH, context, status=status
    )


def _differing(
    stored: dict[str, str], typed: dict[str, str], types: dict[str, str]
) -> dict[str, str]:
    return {
        name: _people(name, text, types) for name, text in stored.items() if typed.get(name) != text
    }


def _shown(line: Line, types: dict[str, str]) -> tuple[str, str]:
    return _people(line.field, line.before, types), _people(line.field, line.after, types)


def _people(name: str, text: str, types: dict[str, str]) -> str:
    """A value as people read it."""
    if name == "contact_types":
        parts = text.replace(", ", "|").split("|")
        return ", ".join(types.get(part, part) for part in parts if part)
    each = next((f for f in decisions.FIELDS if f.name == name), None)
    return cells.shown(each, text) if each is not None else text


def _read(session: Session, desk: Desk) -> Found:
    state = decisions.state(session, desk)
    now: datetime = desk.now
    near = shell.around(session, desk.actor, now=now)
    return Found(near, state, decisions.history(session, desk))
