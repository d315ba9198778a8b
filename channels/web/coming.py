"""What every way into the portal ends in: what a try counts for, the second factor, a session."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from litestar import Response
from litestar.datastructures import Cookie
from litestar.response import Redirect
from sqlalchemy.orm import Session

from channels.kit import Kit
from channels.web import doors, keeping, writer
from channels.web.doors import Door
from channels.web.keeping import Unsent
from channels.web.visitors import COOKIE, PortalRequest, session_cookie
from helpdesk import accounts, factors, sessions, throttles
from helpdesk.border import ActorKind
from helpdesk.throttles import Gate
from helpdesk.tokens import Keyring

PERSON = str(ActorKind.PERSON)
#: marks a browser that was in an account before (`throttles`)
KNOWN_COOKIE = "ponte_known_person"
SECOND = "second-person"
SECOND_LIFE = timedelta(minutes=5)


def remote_of(request: PortalRequest) -> str:
    return request.client.host if request.client is not None else ""


def device_of(request: PortalRequest, kit: Kit, person_id: int | None) -> str:
    """The name of this browser if it is known to that very account, else ""."""
    mark = request.cookies.get(KNOWN_COOKIE, "")
    return throttles.known_device(kit.keyring, mark, PERSON, person_id, now=kit.clock())


def gates_of(
    request: PortalRequest, kit: Kit, email: str, person_id: int | None
) -> tuple[Gate, ...]:
    device = device_of(request, kit, person_id)
    return throttles.gates(f"{PERSON}:{email.lower()}", device=device, remote=remote_of(request))


async def refuse(
    request: PortalRequest, kit: Kit, gates: Sequence[Gate], person_id: int | None, method: str
) -> None:
    """Count a wrong try, and let its owner see it."""
    browser = request.headers.get("user-agent", "")
    await kit.work.write(
        _refuse, gates, person_id, method, browser, remote_of(request), now=kit.clock()
    )


async def enter(
    request: PortalRequest,
    kit: Kit,
    door: Door,
    person_id: int,
    method: str,
    *,
    cleared: Sequence[Gate] = (),
) -> Response[Any] | Redirect:
    """Ask for the second factor of whoever has one, else begin the session."""
    if not await kit.work.read(_has_second, person_id):
        return await begin(request, kit, door, person_id, method, cleared=cleared)
    if cleared:
        await kit.work.write(throttles.clear, cleared)
    subject = f"{request.state.browser} {method} {person_id}"
    passed = kit.keyring.link_token(SECOND, subject, kit.clock() + SECOND_LIFE)
    return doors.show(request, kit, replace(door, step="second", error="", passed=passed))


async def begin(
    request: PortalRequest,
    kit: Kit,
    door: Door,
    person_id: int,
    method: str,
    *,
    cleared: Sequence[Gate] = (),
) -> Response[Any] | Redirect:
    """Begin the session instead of the one the browser had, hand over what waited for it, and go
    where it was about; nowhere from a dialog, whose page is another's for anybody else."""
    now = kit.clock()
    if door.in_place and not writer.is_theirs(door.writer, person_id, kit):
        again = replace(door, step="password", passed="", error="other")
        return doors.show(request, kit, again, status=422)
    token = await kit.work.write(
        _begin,
        person_id,
        keeping.unseal(door.kept, kit.keyring, now),
        kit.keyring,
        cleared,
        browser=request.headers.get("user-agent", ""),
        remote=remote_of(request),
        method=method,
        instead_of=request.cookies.get(COOKIE, ""),
        now=now,
    )
    known = throttles.known_token(kit.keyring, PERSON, person_id, now=now)
    cookies = [session_cookie(kit, token), _known_cookie(kit, known)]
    if door.in_place:
        return Response(None, status_code=204, cookies=cookies)
    return Redirect(door.back, status_code=303, cookies=cookies)


def passed(request: PortalRequest, kit: Kit, token: str) -> tuple[int, str] | None:
    """Who got past the first factor in this browser, and how."""
    subject = kit.keyring.read_link_token(SECOND, token, kit.clock())
    browser, _, rest = (subject or "").partition(" ")
    method, _, person_id = rest.partition(" ")
    return (int(person_id), method) if subject and browser == request.state.browser else None


def _known_cookie(kit: Kit, value: str) -> Cookie:
    return Cookie(
        key=KNOWN_COOKIE,
        value=value,
        path="/",
        httponly=True,
        samesite="lax",
        secure=kit.policy.public_url.startswith("https:"),
        max_age=int(throttles.KNOWN_FOR.total_seconds()),
    )


def _has_second(session: Session, person_id: int) -> bool:
    """Only an app: a passkey is a way in beside code and password, never a step after them. Whoever
    loses the device still enters by mail."""
    return factors.of(session, PERSON, person_id).totp_since is not None


def _refuse(
    session: Session, gates: Sequence[Gate], person_id: int | None, method: str,
    browser: str, remote: str, *, now: datetime,
) -> None:  # fmt: skip
    throttles.count(session, gates, now=now)
    if person_id is not None:
        accounts.failed(
            session, PERSON, person_id, method=method, browser=browser, remote=remote, now=now
        )


def _begin(
    session: Session,
    person_id: int,
    unsent: Unsent | None,
    keyring: Keyring,
    cleared: Sequence[Gate],
    *,
    browser: str,
    instead_of: str,
    now: datetime,
    **come_from: Any,
) -> str:
    """Somebody who comes back goes on for the provider they acted for."""
    if cleared:
        throttles.clear(session, cleared)
    if unsent is not None:
        keeping.hand_over(session, unsent, person_id, keyring, now=now)
    return sessions.start(
        session,
        PERSON,
        person_id,
        now=now,
        user_agent=browser,
        instead_of=instead_of,
        provider_id=sessions.stood_for(session, instead_of, person_id),
        **come_from,
    )
