"""What the ways into the console have in common: who tried, what it counts against, the session."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.response import Redirect
from sqlalchemy.orm import Session

from channels.kit import Kit
from gateway.console.shell import AgentRequest, Console
from gateway.identity import AGENT_COOKIE, remote_of
from gateway.oidc import Directory
from gateway.runtime import Runtime
from helpdesk import accounts, factors, passkeys, sessions, throttles
from helpdesk.models import Agent
from helpdesk.passkeys import Party
from helpdesk.throttles import Gate

AGENT = "agent"
HOME = "/central"
#: marks a browser that was in an account before (`throttles`)
KNOWN_COOKIE = "ponte_known_agent"
#: locks of the account are changed only by who proved a moment ago who they are
FRESH = timedelta(minutes=15)
#: a form of a dialog over the page, whose answer is a fragment or nothing at all
IN_PLACE = "aqui"
#: tells the page under the dialog
ENTERED = "ponte-entered"


@dataclass(frozen=True, slots=True)
class Entrance:
    """`directory` and `party` are None where the instance has no such way in."""

    console: Console
    directory: Directory | None
    party: Party | None

    @property
    def kit(self) -> Kit:
        return self.console.kit


@dataclass(frozen=True, slots=True)
class Door:
    """What the log-in page shows. `step`: password | second | confirm (again, to change a lock).

    `problem`: "" | wrong | throttled | code | passkey | expired | directory | unwelcome-<why>.
    """

    step: str = "password"
    login: str = ""
    back: str = HOME
    problem: str = ""
    minutes: int = 0
    #: proves that the password was right (step second)
    passed: str = ""
    in_place: bool = False
    #: which second factors there are (step second)
    app: bool = True
    keys: bool = False


def party_of(kit: Kit) -> Party | None:
    return passkeys.party(kit.policy.public_url, kit.policy.insurer or "Ponte")


def directory_of(runtime: Runtime) -> Directory | None:
    config = runtime.settings.oidc
    if not config:
        return None
    back = runtime.policy.link("/entrar/empresa/retorno")
    return Directory(config, back, runtime.kit.clock, runtime.egress)


def show(
    request: AgentRequest, entrance: Entrance, door: Door, status: int = 200, seconds: int = 0
) -> Response[str]:
    directory = entrance.directory
    context: dict[str, object] = {
        "door": door,
        "directory": None if directory is None else directory.name,
        "passkeys": entrance.party is not None,
    }
    name = "console/door_dialog.html" if door.in_place else "console/login.html"
    page = entrance.kit.page(request, name, context, status)
    if seconds:
        page.headers["Retry-After"] = str(seconds)
    return page


def local(back: str) -> str:
    """A path of the console and nothing else: no host, no scheme, no backslash a browser reads as
    a slash."""
    parts = urlsplit(back)
    foreign = parts.scheme or parts.netloc or "\\" in back or back.startswith("//")
    inside = parts.path.startswith(("/central", "/cadastros"))
    return HOME if foreign or not inside or any(c < " " for c in back) else back


def gates_of(
    request: Request[Any, Any, Any], kit: Kit, name: str, agent_id: int | None
) -> tuple[Gate, ...]:
    """What a try for the account called `name` counts against."""
    mark = request.cookies.get(KNOWN_COOKIE, "")
    device = throttles.known_device(kit.keyring, mark, AGENT, agent_id, now=kit.clock())
    return throttles.gates(f"{AGENT}:{name}", device=device, remote=remote_of(request))


async def refuse(
    request: Request[Any, Any, Any],
    kit: Kit,
    asked: Sequence[Gate],
    agent_id: int | None,
    method: str,
) -> None:
    """Count a wrong try, and let its owner see it."""
    browser = request.headers.get("user-agent", "")
    await kit.work.write(
        _refuse, asked, agent_id, method, browser, remote_of(request), now=kit.clock()
    )


async def come_in(
    request: Request[Any, Any, Any],
    kit: Kit,
    agent_id: int,
    method: str,
    back: str,
    *,
    in_place: bool = False,
    cleared: Sequence[Gate] = (),
) -> Response[Any]:
    """A new session instead of the one the browser had, and the browser is known from now on."""
    token = await kit.work.write(
        _begin,
        agent_id,
        method,
        cleared,
        browser=request.headers.get("user-agent", ""),
        remote=remote_of(request),
        instead_of=request.cookies.get(AGENT_COOKIE, ""),
        now=kit.clock(),
    )
    known = throttles.known_token(kit.keyring, AGENT, agent_id, now=kit.clock())
    cookies = [
        cookie(kit, AGENT_COOKIE, token),
        cookie(kit, KNOWN_COOKIE, known, throttles.KNOWN_FOR),
    ]
    if in_place:
        headers = {"HX-Trigger": ENTERED}
        return Response(b"", status_code=204, headers=headers, cookies=cookies)
    return Redirect(local(back), status_code=303, cookies=cookies)


def cookie(kit: Kit, name: str, value: str, life: timedelta | None = None) -> Cookie:
    """Of the browser's session unless it has a life; an empty value takes it away."""
    seconds = int(life.total_seconds()) if life is not None else None
    return Cookie(
        key=name,
        value=value,
        path="/",
        httponly=True,
        samesite="lax",
        secure=kit.policy.public_url.startswith("https:"),
        max_age=seconds if value else 0,
    )


def is_fresh(request: AgentRequest, kit: Kit) -> bool:
    return kit.clock() - request.auth.begun_at < FRESH


def confirm(back: str) -> Redirect:
    """To the log-in, to come back and go on."""
    return Redirect(f"/entrar?confirmar=1&voltar={quote(back, safe='/')}", status_code=303)


def login_of(session: Session, agent_id: int) -> str:
    agent = session.get(Agent, agent_id)
    return agent.login if agent is not None else ""


def _refuse(
    session: Session, asked: Sequence[Gate], agent_id: int | None, method: str,
    browser: str, remote: str, *, now: Any,
) -> None:  # fmt: skip
    throttles.count(session, asked, now=now)
    if agent_id is not None:
        accounts.failed(
            session, AGENT, agent_id, method=method, browser=browser, remote=remote, now=now
        )


def _begin(
    session: Session, agent_id: int, method: str, cleared: Sequence[Gate], *,
    browser: str, remote: str, instead_of: str, now: Any,
) -> str:  # fmt: skip
    if cleared:
        throttles.clear(session, cleared)
    return sessions.start(
        session, AGENT, agent_id, now=now, user_agent=browser, remote=remote, method=method,
        instead_of=instead_of,
    )  # fmt: skip


def factors_of(session: Session, agent_id: int) -> factors.Factors:
    return factors.of(session, AGENT, agent_id)
