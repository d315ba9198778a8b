"""Visões salvas: lists under a name, for oneself, the sector or everybody; and what every view of
the side counts.

Counts come after the page, each in a read of its own: a page never waits for them, and no reader
of the database is held by many of them.
"""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from gateway.console import addresses, fields, lists, shell
from gateway.console.fields import Fields
from gateway.console.shell import AgentRequest, Console
from gateway.formats import number as written
from gateway.labels import label
from helpdesk import choices, grid, plans, saved_views, sharing
from helpdesk.border import Actor
from helpdesk.desk import Desk
from helpdesk.errors import Invalid
from helpdesk.models import SavedView
from helpdesk.saved_views import Shared, View

URL = "/central/visoes"


@get("/contagens")
async def views_count(
    request: AgentRequest, console: NamedDependency[Console]
) -> Response[dict[str, str]]:
    """`{key of the view: "128"}`, as the side shows it."""
    kit = console.kit
    login = await kit.work.read(choices.login_of, request.user.id)
    saved = await kit.work.read(saved_views.listing, request.user)
    queries = {name: url.partition("?")[2] for name, url, _ in shell.VIEWS}
    queries |= {f"v{view.id}": view.query for view in saved}
    counts: dict[str, str] = {}
    for key, query in queries.items():
        asked = addresses.parse(parse_qsl(query), login)
        total, exact = await kit.work.read(
            grid.count, request.user, asked.filter, policy=kit.policy, now=kit.clock()
        )
        counts[key] = counted(total, exact=exact)
    return Response(counts, headers={"Cache-Control": "no-store"})


def counted(total: int, *, exact: bool) -> str:
    """As many as there is room for."""
    if exact and total < plans.MOST_COUNTED:
        return written(total)
    return f"{written(min(total, plans.MOST_COUNTED - 1))}+"


@get("/visoes/nova")
async def view_new(request: AgentRequest, console: NamedDependency[Console]) -> Response[str]:
    """A name for the list the agent looks at."""
    return await _ask(request, console, Fields({}))


@post("/visoes/nova")
async def view_save(request: AgentRequest, console: NamedDependency[Console]) -> Response[Any]:
    form = await fields.read(request)
    address = lists.address_of(request)
    try:
        await console.kit.work.write(
            saved_views.save, console.desk(request), form.one("name"), address.query,
            form.one("scope"),
        )  # fmt: skip
    except Invalid as error:
        return await _ask(request, console, form, error)
    return shell.go(console, address.url(), "view-saved")


@get("/visoes")
async def views_form(request: AgentRequest, console: NamedDependency[Console]) -> Response[str]:
    views, others = await console.kit.work.read(_known, request.user)
    return await _organise(request, console, views, others)


@post("/visoes")
async def views_change(request: AgentRequest, console: NamedDependency[Console]) -> Response[Any]:
    """Names, sharing, order and removals at once; `move` changes places and asks again. Who may
    share with everybody also names and removes what others share."""
    form = await fields.read(request)
    mine, shared = await console.kit.work.read(_known, request.user)
    views = _typed(form, mine)
    others = [replace(one, name=_name(form, one.id, one.name)) for one in shared]
    if form.one("move"):
        return await _organise(request, console, lists.moved(views, form.one("move")), others)
    gone = set(fields.numbers(form.many("remove")))
    try:
        removed = await console.kit.work.write(_change, console.desk(request), views, others, gone)
    except Invalid as error:
        return await _organise(request, console, views, others, error)
    code, one = ("view-removed", removed[0]) if len(removed) == 1 else ("views-changed", None)
    return shell.go(console, lists.address_of(request).url(), code, message=one)


@post("/visoes/{view:int}/restaurar")
async def view_restore(
    request: AgentRequest, console: NamedDependency[Console], view: FromPath[int]
) -> Response[Any]:
    await console.kit.work.write(saved_views.restore, console.desk(request), view)
    return shell.go(console, "/central", "view-restored")


def _known(session: Session, actor: Actor) -> tuple[list[View], list[Shared]]:
    """One's own, and those of others one may change."""
    mine = [view for view in saved_views.listing(session, actor) if view.mine]
    return mine, saved_views.shared_by_others(session, actor)


def _change(
    session: Session, desk: Desk, views: list[View], others: list[Shared], gone: set[int]
) -> list[int]:
    """Returns the ids of those that were removed."""
    mine, shared = _known(session, desk.actor)
    before, named = {v.id: v for v in mine}, {v.id: v.name for v in shared}
    saved_views.order(session, desk, [v.id for v in views])
    removed = [v.id for v in (*views, *others) if v.id in gone]
    for view in removed:
        saved_views.remove(session, desk, view)
    for other in others:
        if other.id not in gone and named.get(other.id) not in {other.name, None}:
            saved_views.rename(session, desk, other.id, other.name)
    for view in views:
        was = before[view.id]
        if view.id not in gone and (was.name, was.scope) != (view.name, view.scope):
            saved_views.change(session, desk, view.id, view.name, view.scope)
    return removed


def _typed(form: Fields, known: list[View]) -> list[View]:
    """Each with what was typed, in the order sent; what another tab added meanwhile stays last."""
    by_id = {view.id: view for view in known}
    order = [n for n in fields.numbers(form.many("view")) if n in by_id]
    order += [n for n in by_id if n not in order]
    return [
        View(
            n,
            _name(form, n, by_id[n].name),
            by_id[n].query,
            form.one(f"scope-{n}") or by_id[n].scope,
            mine=True,
        )
        for n in order
    ]


def _name(form: Fields, view_id: int, known: str) -> str:
    field = f"name-{view_id}"
    return form.one(field) if field in form.values else known


def scopes(actor: Actor) -> list[tuple[str, str]]:
    """With whom this agent may share."""
    allowed = {
        "personal": True,
        "sector": actor.sector_id is not None,
        "all": actor.may(sharing.SHARES[SavedView]),
    }
    return [(scope, label(scope, "kept_scope")) for scope in sharing.SCOPES if allowed[scope]]


async def _ask(
    request: AgentRequest, console: Console, form: Fields, error: Invalid | None = None
) -> Response[str]:
    context: dict[str, object] = {
        "form": form,
        "scopes": scopes(request.user),
        "errors": fields.problems(error) if error else {},
    }
    return await lists.show(request, console, "view_new", context, 422 if error else 200)


async def _organise(
    request: AgentRequest,
    console: Console,
    views: list[View],
    others: list[Shared],
    error: Invalid | None = None,
) -> Response[str]:
    context: dict[str, object] = {
        "views": views,
        "others": others,
        "scopes": scopes(request.user),
        "errors": fields.problems(error) if error else {},
    }
    return await lists.show(request, console, "views", context, 422 if error else 200)
