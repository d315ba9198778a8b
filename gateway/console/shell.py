"""What stands around every page of the console, and how a handler gets at the parts it needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from litestar import Request, Response
from litestar.datastructures import State
from litestar.response import Redirect
from sqlalchemy.orm import Session

from channels import Kit
from gateway.console import commands
from gateway.console.presence import Presence
from gateway.identity import cookie
from gateway.labels import label
from gateway.pulse import Pulse
from helpdesk import alarms, alerts, choices, events, grid, quarantine
from helpdesk.border import Actor, Inbound
from helpdesk.desk import Desk
from helpdesk.filters import Filter
from helpdesk.models import Alarm, InboundRaw
from helpdesk.policy import Policy
from helpdesk.rows import Row
from helpdesk.sessions import Live

AgentRequest: TypeAlias = Request[Actor, Live, State]

SAID_COOKIE = "ponte_said"
#: code, ticket, message, how many were left alone: `replied.1014.77.`, `forwarded...2`
SAID_PARTS = 4
#: what was done to a held message can be undone by its id
SPAM = "held-spam"
#: how the ones that stayed as they were are called, where they are no tickets
LEFT = {
    "held-many-spam": "left_decided",
    "held-many-returned": "left_decided",
    "held-many-retried": "left_held",
}
#: said with care: it is not what was hoped for
CAREFUL = frozenset({"too-late", "held-still"})


@dataclass(frozen=True, slots=True)
class Console:
    """The parts a handler works with."""

    kit: Kit
    pulse: Pulse
    presence: Presence
    #: what reads a raw mail; None when no channel takes mail
    understand: Callable[[InboundRaw, bytes], Inbound] | None = None

    @property
    def secure(self) -> bool:
        return self.kit.policy.public_url.startswith("https:")

    def desk(self, request: AgentRequest) -> Desk:
        return Desk(request.user, self.kit.policy, self.kit.clock())


@dataclass(frozen=True, slots=True)
class View:
    label: str
    url: str
    count: int
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
    expired: int
    expired_url: str
    commands: list[dict[str, Any]]
    keys: list[tuple[str, str]]
    stream: str
    search: str
    finder: str
    alarms: list[Alarm]
    unread: int


@dataclass(frozen=True, slots=True)
class Around:
    """What the shell needs from the database, read in the page's own snapshot."""

    login: str
    views: list[View]
    held: int
    cursor: events.Cursor
    alarms: list[Alarm]
    #: what the bell counts
    unread: int


#: the seed's views: name, address, filter, band of its count
VIEWS: tuple[tuple[str, str, Filter, str | None], ...] = (
    ("open", "/central", Filter(situation="open"), None),
    ("mine", "/central?responsavel=eu", Filter(situation="open"), None),
    ("profile", "/central?situacao=pendentes-do-perfil", Filter(situation="pending_profile"), None),
    ("expired", "/central?prazo=expirado", Filter(situation="open", deadline="expired"), "expired"),
    ("pending", "/central?situacao=pendentes-do-operador", Filter(situation="pending_agent"), None),
    ("closed", "/central?situacao=encerrados", Filter(situation="closed"), None),
    ("all", "/central?situacao=todos", Filter(), None),
)
MINE = "mine"
EXPIRED_URL = "/central?prazo=expirado"


def around(
    session: Session, actor: Actor, *, policy: Policy, now: datetime, current: str = ""
) -> Around:
    login = choices.login_of(session, actor.id)
    views: list[View] = []
    for name, url, chosen, band in VIEWS:
        asked = Filter(situation="open", assignee=(login,)) if name == MINE else chosen
        count, _ = grid.count(session, actor, asked, policy=policy, now=now)
        views.append(View(label(name, "view"), url, count, url == current, band))
    held = quarantine.waiting(session) if actor.may("quarantine") else 0
    return Around(
        login,
        views,
        held,
        events.latest(session),
        alarms.seen(session, actor),
        alerts.unread(session, actor),
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
    listed = commands.for_page(actor, kind, near.login, row, query)
    expired = next(v.count for v in near.views if v.band)
    shell = Shell(
        agent=actor.name,
        csrf=console.kit.keyring.csrf_token(str(request.state.browser)),
        views=[{"title": label("views", "view"), "items": near.views}],
        areas=_areas(actor, near, request.url.path),
        online=console.presence.agents_online(actor.id),
        expired=expired,
        expired_url=EXPIRED_URL,
        commands=listed,
        keys=commands.hints(listed, kind),
        stream=f"/central/eventos?depois={near.cursor}",
        search=search,
        finder="/central/achar",
        alarms=near.alarms,
        unread=near.unread,
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


@dataclass(frozen=True, slots=True)
class Said:
    kind: str
    text: str
    undo: str | None = field(default=None)


def said_of(request: AgentRequest) -> list[Said]:
    parts = request.cookies.get(SAID_COOKIE, "").split(".")
    if len(parts) != SAID_PARTS or not all(p.isdecimal() or not p for p in parts[1:]):
        return []
    code, number, message, left = parts
    undo = f"/central/{number}/desfazer/{message}" if number and message else None
    if code == SPAM and message:
        undo = f"/central/quarentena/desfazer/{message}"
    text = label(code, "done")
    if "{n}" in text:
        text, number = text.format(n=number or 0), ""
    if left:
        words = LEFT.get(code, "left")
        text = f"{text}. {label('one' if left == '1' else 'many', words).format(n=left)}"
    kind = "att" if left or code in CAREFUL else "ok"
    return [Said(kind, f"{number} · {text}" if number else text, undo)]


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


def _areas(actor: Actor, near: Around, path: str) -> list[Area]:
    known: Sequence[tuple[str, str, str, str, int | None]] = (
        ("held", "/central/quarentena", "shield", "quarantine", near.held),
        ("outbox", "/central/saida", "mail", "outbox", None),
        ("registers", "/cadastros", "tune", "registers.read", None),
    )
    return [
        Area(label(name, "view"), url, icon, count, path.startswith(url))
        for name, url, icon, permission, count in known
        if actor.may(permission)
    ]
