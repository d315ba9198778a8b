"""What stands around every page of the console, and how a handler gets at the parts it needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from litestar import Request, Response
from litestar.datastructures import State
from litestar.response import Redirect
from sqlalchemy.orm import Session

from channels.kit import Kit
from gateway.console import commands
from gateway.console.outcomes import SAID_COOKIE, said_of
from gateway.console.presence import Presence
from gateway.console.progress import Bulks, Exports
from gateway.identity import cookie
from gateway.labels import label
from gateway.pulse import Pulse
from helpdesk import (
    access,
    agent_settings,
    alarms,
    alerts,
    bulk_views,
    choices,
    events,
    parameters,
    quarantine,
    saved_views,
)
from helpdesk.agent_settings import Settings
from helpdesk.border import Actor, Inbound
from helpdesk.desk import Desk
from helpdesk.models import Alarm, InboundRaw
from helpdesk.parameters import Parameters
from helpdesk.rows import Row
from helpdesk.sessions import Live

AgentRequest: TypeAlias = Request[Actor, Live, State]

#: commands that change a ticket or make one: off where another system answers
WRITING = frozenset(c.id for c in commands.COMMANDS if c.step is not None) | {"new", "claim-next"}
#: has its form at the end of the menu
LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Console:
    """The parts a handler works with."""

    kit: Kit
    pulse: Pulse
    presence: Presence
    exports: Exports
    #: what reads a raw mail; None when no channel takes mail
    understand: Callable[[InboundRaw, bytes], Inbound] | None = None
    bulks: Bulks = field(default_factory=Bulks)

    @property
    def secure(self) -> bool:
        return self.kit.policy.public_url.startswith("https:")

    def desk(self, request: AgentRequest) -> Desk:
        return Desk(request.user, self.kit.policy, self.kit.clock())


@dataclass(frozen=True, slots=True)
class View:
    """`key` names its count, which the page asks for once it is drawn (`gateway/console/views`)."""

    label: str
    url: str
    key: str
    current: bool
    band: str | None = None


@dataclass(frozen=True, slots=True)
class Area:
    label: str
    url: str
    icon: str
    count: int | None
    current: bool


@dataclass(frozen=True, slots=True)
class Shell:
    """See templates/layout/console.html."""

    agent: str
    csrf: str
    views: list[dict[str, Any]]
    areas: list[Area]
    online: int
    expired_url: str
    commands: list[dict[str, Any]]
    bulks: list[bulk_views.View]
    #: those about no ticket, by group
    menu: dict[str, list[dict[str, Any]]]
    keys: list[tuple[str, str]]
    stream: str
    search: str
    finder: str
    alarms: list[Alarm]
    unread: int
    crm: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """What the shell needs from the database, read in the page's own snapshot."""

    login: str
    views: list[View]
    #: what agents keep under a name: one's own, and what others share
    kept: list[View]
    shared: list[View]
    #: the agent's actions on many tickets that are not finished, or may still be undone
    bulks: list[bulk_views.View]
    held: int
    cursor: events.Cursor
    alarms: list[Alarm]
    #: what the bell counts
    unread: int
    #: how the agent has the console
    settings: Settings
    #: another system answers: the console only shows
    crm: bool = False


#: the seed's views: name, address, band of its count
VIEWS: tuple[tuple[str, str, str | None], ...] = (
    ("open", "/central", None),
    ("mine", "/central?responsavel=eu", None),
    ("profile", "/central?situacao=pendentes-do-perfil", None),
    ("expired", "/central?prazo=expirado", "expired"),
    ("pending", "/central?situacao=pendentes-do-operador", None),
    ("closed", "/central?situacao=encerrados", None),
    ("all", "/central?situacao=todos", None),
)
EXPIRED_URL = "/central?prazo=expirado"


def around(
    session: Session,
    actor: Actor,
    *,
    now: datetime,
    current: str = "",
    query: str = "",
    known: Parameters | None = None,
) -> Around:
    """`current` and `query`: the address of a list, without and with its order; `known`: the
    parameters, when they have been read. Nothing is counted here: that would make every page wait
    for every view."""
    views = [View(label(name, "view"), url, name, url == current, band)
             for name, url, band in VIEWS]  # fmt: skip
    saved = saved_views.listing(session, actor)
    kept, shared = (
        [View(v.name, f"/central?{v.query}", f"v{v.id}", bool(query) and v.query == query)
         for v in saved if v.mine == mine]
        for mine in (True, False)
    )  # fmt: skip
    held = quarantine.waiting(session) if actor.may("quarantine") else 0
    return Around(
        choices.login_of(session, actor.id),
        views,
        kept,
        shared,
        bulk_views.at_hand(session, actor, now=now),
        held,
        events.latest(session),
        alarms.seen(session, actor),
        alerts.unread(session, actor),
        agent_settings.load(session, actor),
        crm=(known or parameters.load(session)).use_crm,
    )


def page(
    console: Console,
    request: AgentRequest,
    name: str,
    near: Around,
    context: Mapping[str, object],
    *,
    kind: str,
    row: Row | None = None,
    query: str = "",
    search: str = "",
    status: int = 200,
) -> Response[str]:
    """Render `templates/<name>.html` in the shell. What the action before said is said once."""
    actor = request.user
    listed = commands.for_page(actor, kind, near.login, row, query, near.settings.keys)
    if near.crm:
        listed = [c | {"disabled": True} if c["id"] in WRITING else c for c in listed]
    shell = Shell(
        agent=actor.name,
        csrf=console.kit.keyring.csrf_token(str(request.state.browser)),
        views=[
            {"name": name, "title": label(name, "view"), "items": items}
            for name, items in (
                ("views", near.views),
                ("kept", near.kept),
                ("shared", near.shared),
            )
            if items
        ],
        areas=_areas(actor, near, request.url.path),
        online=console.presence.agents_online(actor.id, console.kit.clock()),
        expired_url=EXPIRED_URL,
        commands=listed,
        bulks=near.bulks,
        menu=_menu(listed),
        keys=commands.hints(listed, kind),
        stream=f"/central/eventos?depois={near.cursor}",
        search=search,
        finder="/central/achar",
        alarms=near.alarms,
        unread=near.unread,
        crm=near.crm,
    )
    said = said_of(request)
    given: dict[str, object] = {
        "shell": shell,
        "now": console.kit.clock(),
        "may": {c["id"]: not c.get("disabled", False) for c in listed},
        "flash": said,
    }
    response = console.kit.page(request, f"{name}.html", given | dict(context), status)
    if said:
        response.headers["Set-Cookie"] = cookie(SAID_COOKIE, "", secure=console.secure, seconds=0)
    return response


def go(
    console: Console,
    url: str,
    code: str = "",
    number: int | None = None,
    message: int | None = None,
    left: int = 0,
) -> Redirect:
    """303 to a page that says what was done."""
    redirect = Redirect(url, status_code=303)
    if code:
        value = f"{code}.{number or ''}.{message or ''}.{left or ''}"
        redirect.headers["Set-Cookie"] = cookie(SAID_COOKIE, value, secure=console.secure)
    return redirect


def _menu(listed: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for command in listed:
        if command["scope"] == "page" and command["id"] != LEAVE:
            groups.setdefault(command["group"], []).append(command)
    return groups


def _areas(actor: Actor, near: Around, path: str) -> list[Area]:
    known: Sequence[tuple[str, str, str, str, int | None]] = (
        ("held", "/central/quarentena", "shield", "quarantine", near.held),
        ("outbox", "/central/saida", "mail", "outbox", None),
        ("panel", "/central/painel", "chart", "panel", None),
        ("registers", "/cadastros", "tune", access.REGISTERS_DOOR, None),
    )
    return [
        Area(label(name, "view"), url, icon, count, path.startswith(url))
        for name, url, icon, permission, count in known
        if actor.may(permission)
    ]
