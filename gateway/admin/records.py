"""Every register's pages: its list, the form of a record, and what is done to one."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect
from sqlalchemy.orm import Session

from gateway.admin import cells, forms, frame, screens
from gateway.admin.screens import Screen
from gateway.console import fields, shell
from gateway.console.shell import AgentRequest, Around, Console
from helpdesk import access
from helpdesk.desk import Desk
from helpdesk.errors import Conflict, Invalid, NotVisible
from helpdesk.registry import keeping, listing
from helpdesk.registry.listing import Asked, Page
from helpdesk.registry.shape import Record, Register

#: which records a list shows, as its address says it
SHOWN: dict[str, bool | None] = {"ativos": True, "inativos": False, "todos": None}
USUAL = "ativos"
#: the list that shows what is below each record
TREE = "admin/tree"
#: most records below others that a tree shows
MOST_BELOW = 2_000


@dataclass(frozen=True, slots=True)
class Listed:
    near: Around
    page: Page
    above: list[tuple[str, str]] | None
    #: by the code of the record they are below
    children: dict[str, list[Record]]


@get("/")
async def registers_show(request: AgentRequest) -> Redirect:
    """The first register this agent may read. Raises `Forbidden`."""
    listed = screens.menu(request.user)
    if not listed:
        access.require(request.user, access.REGISTERS_DOOR)
    return Redirect(f"{screens.ROOT}/{listed[0][1][0]}", status_code=303)


@get("/{slug:str}")
async def record_list(
    request: AgentRequest,
    console: NamedDependency[Console],
    slug: FromPath[str],
    q: FromQuery[str] = "",
    situacao: FromQuery[str] = "",
    de: FromQuery[str] = "",
    depois: FromQuery[str] = "",
    antes: FromQuery[str] = "",
) -> Response[str]:
    """Raises `NotVisible` for an unknown register, `Forbidden`."""
    screen = screens.screen_of(slug)
    state = situacao if situacao in SHOWN else USUAL
    asked = Asked(said=q, active=SHOWN[state], parent=de, after=depois, before=antes)
    found = await console.kit.work.read(
        _list, console.desk(request), screen.register, asked, screen.template == TREE
    )
    kept = {"q": q, "situacao": "" if state == USUAL else state, "de": de}

    def link(**more: str) -> str:
        query = urlencode({k: v for k, v in (kept | more).items() if v})
        return f"{screen.url}?{query}" if query else screen.url

    register, page = screen.register, found.page
    context: dict[str, object] = {
        "screen": screen,
        "register": register,
        "rows": [(record, cells.of(register, record)) for record in page.rows],
        "children": found.children,
        "child_path": screens.path_of(register.children[0]) if register.children else "",
        "above": found.above,
        "asked": {"q": q, "situacao": state, "de": de},
        "states": list(SHOWN),
        "previous": link(antes=page.previous) if page.previous else None,
        "next": link(depois=page.next) if page.next else None,
        "export": link().replace(screen.url, f"{screen.url}/exportar.csv", 1),
        "writes": request.user.may(register.writes),
    }
    return frame.page(console, request, screen.template, found.near, screen.path, context)


@get("/{slug:str}/novo")
async def record_new(
    request: AgentRequest,
    console: NamedDependency[Console],
    slug: FromPath[str],
    de: FromQuery[str] = "",
) -> Response[str]:
    screen = screens.screen_of(slug)
    access.require(request.user, screen.register.writes)
    texts = {each.name: each.default for each in screen.register.fields}
    if screen.register.parent and de:
        texts[screen.register.parent] = de
    return await forms.show(request, console, forms.Asking(screen, None, texts, ""))


@post("/{slug:str}/novo")
async def record_create(
    request: AgentRequest, console: NamedDependency[Console], slug: FromPath[str]
) -> Response[Any]:
    return await _save(request, console, screens.screen_of(slug), None)


@get("/{slug:str}/{record_id:int}")
async def record_form(
    request: AgentRequest,
    console: NamedDependency[Console],
    slug: FromPath[str],
    record_id: FromPath[int],
) -> Response[str]:
    return await forms.show(
        request, console, forms.Asking(screens.screen_of(slug), record_id, {}, "")
    )


@post("/{slug:str}/{record_id:int}")
async def record_change(
    request: AgentRequest,
    console: NamedDependency[Console],
    slug: FromPath[str],
    record_id: FromPath[int],
) -> Response[Any]:
    return await _save(request, console, screens.screen_of(slug), record_id)


@post("/{slug:str}/{record_id:int}/{verb:str}")
async def record_switch(
    request: AgentRequest,
    console: NamedDependency[Console],
    slug: FromPath[str],
    record_id: FromPath[int],
    verb: FromPath[str],
) -> Response[Any]:
    """Desativar, reativar, excluir: said first when it moves deadlines."""
    screen = screens.screen_of(slug)
    if verb not in _VERBS or not (screen.register.switch or verb == "excluir"):
        raise NotVisible("register", verb)
    form = await fields.read(request)
    desk, register, work = console.desk(request), screen.register, console.kit.work
    asking = forms.Asking(screen, record_id, {}, "")
    if form.one("confirmed") != "1" and register.foresee is not None:
        ask = keeping.preview_start if verb == "reativar" else keeping.preview_end
        effect = await work.read(ask, desk, register, record_id)
        if effect.total:
            return await forms.warned(request, console, asking, effect, f"/{verb}")
    try:
        if verb == "excluir":
            await work.write(keeping.remove, desk, register, record_id)
        else:
            on = verb == "reativar"
            await work.write(keeping.switch, desk, register, record_id, active=on)
    except Conflict as error:
        return await forms.show(request, console, asking, conflict=error, status=409)
    back = screen.url if verb == "excluir" else f"{screen.url}/{record_id}"
    return shell.go(console, back, _VERBS[verb])


#: what each verb of an address says once it is done
_VERBS = {"desativar": "record-off", "reativar": "record-on", "excluir": "record-removed"}


async def _save(
    request: AgentRequest, console: Console, screen: Screen, record_id: int | None
) -> Response[Any] | Redirect:
    form = await fields.read(request)
    register, desk, work = screen.register, console.desk(request), console.kit.work
    asking = forms.Asking(
        screen, record_id, forms.texts_of(register.fields, form), form.one("version")
    )
    try:
        if form.one("confirmed") != "1" and register.foresee is not None:
            effect = await work.read(
                keeping.preview, desk, register, asking.texts, record_id, asking.version
            )
            if effect.total:
                return await forms.warned(request, console, asking, effect, "")
        if record_id is None:
            record_id = await work.write(keeping.create, desk, register, asking.texts)
        else:
            await work.write(
                keeping.change, desk, register, record_id, asking.texts, asking.version
            )
    except Invalid as error:
        return await forms.show(
            request, console, asking, problems=fields.problems(error), status=422
        )
    except Conflict as error:
        return await forms.show(request, console, asking, conflict=error, status=409)
    return shell.go(console, f"{screen.url}/{record_id}", "record-saved")


def _list(
    session: Session,
    desk: Desk,
    register: Register,
    asked: Asked,
    tree: bool,  # noqa: FBT001 - of one caller
) -> Listed:
    page = listing.page(session, desk, register, asked)
    above = None
    if register.parent:
        above = listing.choices(session, desk, register)[register.parent]
    children: dict[str, list[Record]] = {}
    for name in register.children if tree else ():
        below = screens.SCREENS[screens.path_of(name)].register
        inside = Asked(active=True, limit=MOST_BELOW)
        for child in listing.page(session, desk, below, inside).rows:
            children.setdefault(child.texts[below.parent], []).append(child)
    return Listed(forms.near(session, desk), page, above, children)
