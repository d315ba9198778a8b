"""Entering with the company's account (OpenID Connect): there and back again.

The way back is a GET that begins a session: the protocol has it so. It acts only for the browser
that left, whose cookie holds the state, once.
"""

import hmac
import logging
from datetime import timedelta
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect

from gateway.console.entrance import HOME, Door, Entrance, come_in, cookie, local, show
from gateway.console.shell import AgentRequest
from gateway.oidc import DirectoryFailed, Trip
from helpdesk import identities, sealing
from helpdesk.errors import NotVisible
from helpdesk.identities import Unwelcome

log = logging.getLogger("ponte.oidc")

COOKIE = "ponte_trip"
LIFE = timedelta(minutes=10)
PATH = "/entrar/empresa/retorno"
LONGEST_BACK = 1_000
_BOUND = "oidc-trip"


@get("/entrar/empresa")
async def directory_leave(
    request: AgentRequest, entrance: NamedDependency[Entrance], voltar: FromQuery[str] = ""
) -> Response[Any]:
    """A link, not a form: the policy of our pages lets no form lead elsewhere. A link on a page of
    others leads to the log-in only: a directory that asks nothing would begin a session unasked."""
    kit, directory = entrance.kit, entrance.directory
    if directory is None:
        raise NotVisible("directory")
    if request.headers.get("sec-fetch-site") == "cross-site":
        return show(request, entrance, Door(back=local(voltar)))
    try:
        url, trip = await directory.leave(_short(local(voltar)))
    except DirectoryFailed as error:
        log.warning("the directory cannot be asked: %s", error)
        return show(request, entrance, Door(back=local(voltar), problem="directory"), 502)
    sealed = sealing.seal(kit.keyring, trip.dump(), bound=f"{_BOUND} {request.state.browser}")
    return Redirect(url, status_code=303, cookies=[cookie(kit, COOKIE, sealed, LIFE)])


@get(PATH)
async def directory_arrive(
    request: AgentRequest,
    entrance: NamedDependency[Entrance],
    code: FromQuery[str] = "",
    iss: FromQuery[str] = "",
    error: FromQuery[str] = "",
) -> Response[Any]:
    # Litestar keeps the name `state` for itself.
    state = request.query_params.get("state", "")
    kit, directory = entrance.kit, entrance.directory
    if directory is None:
        raise NotVisible("directory")
    trip = _trip(request, entrance)
    if trip is None or not hmac.compare_digest(trip.state.encode(), state.encode()):
        return _back(request, entrance, Door(problem="expired"), 422)
    door = Door(back=trip.back, problem="directory")
    if error or not code:
        log.info("the directory let nobody in: %s", error[:80] if error.isprintable() else "")
        return _back(request, entrance, door, 422)
    try:
        claims = await directory.arrive(code, trip, iss)
        agent_id = await kit.work.write(
            identities.welcome, claims, directory.rules, now=kit.clock()
        )
    except DirectoryFailed as failed:
        log.warning("the directory's answer was refused: %s", failed)
        return _back(request, entrance, door, 502)
    except Unwelcome as unwelcome:
        log.info("an account of the directory was not let in: %s", unwelcome.why)
        refused = Door(back=trip.back, problem=f"unwelcome-{unwelcome.why}")
        return _back(request, entrance, refused, 403)
    entered = await come_in(request, kit, agent_id, "directory", trip.back)
    entered.cookies.append(cookie(kit, COOKIE, ""))
    return entered


def _short(back: str) -> str:
    """A cookie holds 4,096 octets."""
    return back if len(back) <= LONGEST_BACK else HOME


def _trip(request: AgentRequest, entrance: Entrance) -> Trip | None:
    kept = request.cookies.get(COOKIE, "")
    bound = f"{_BOUND} {request.state.browser}"
    opened = sealing.unseal(entrance.kit.keyring, kept, bound=bound) if kept else None
    return Trip.load(opened) if opened else None


def _back(request: AgentRequest, entrance: Entrance, door: Door, status: int) -> Response[str]:
    page = show(request, entrance, door, status)
    page.cookies.append(cookie(entrance.kit, COOKIE, ""))
    return page
