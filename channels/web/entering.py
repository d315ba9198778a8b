"""Logging in and out: by a code sent to the registered address, or by password."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromQuery, SkipValidation
from litestar.response import Redirect
from sqlalchemy.orm import Session

from channels import Kit
from channels.web import doors, keeping
from channels.web.doors import Door
from channels.web.keeping import Unsent
from channels.web.visitors import (
    COOKIE,
    HOME,
    PortalRequest,
    Visitor,
    entered,
    is_entered,
    local_path,
    session_cookie,
)
from helpdesk import identifiers, logins, sessions
from helpdesk.border import ActorKind
from helpdesk.errors import NotVisible, Throttled
from helpdesk.logins import Credential, WrongCode
from helpdesk.tokens import Keyring

PURPOSE = "portal"
MINUTE = 60
#: buttons and addresses that lead to another way in, as people read them
OTHER_WAYS: dict[str, doors.Step] = {"senha": "password", "codigo": "ask"}
MOST_PASSWORD = 200


@get("/")
async def session_ask(
    request: PortalRequest,
    kit: NamedDependency[SkipValidation[Kit]],
    voltar: FromQuery[str] = "",
    com: FromQuery[str] = "",
    guardado: FromQuery[str] = "",
) -> Response[str] | Redirect:
    if is_entered(request):
        return Redirect(local_path(voltar), status_code=303)
    door = Door(
        back=local_path(voltar),
        step=OTHER_WAYS.get(com, "ask"),
        saved=guardado == "1",
    )
    return doors.show(request, kit, door)


@post("/")
async def session_begin(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]
) -> Response[str] | Redirect:
    form = await request.form()
    door = Door(
        back=local_path(form.get("voltar")),
        email=str(form.get("email", "")).strip(),
        kept=str(form.get("kept", "")),
        saved=bool(form.get("guardado")),
    )
    other = OTHER_WAYS.get(str(form.get("com", "")))
    if other is not None:
        return doors.show(request, kit, replace(door, step=other))
    step = next((step for field, step in STEPS.items() if field in form), send_code)
    step = send_code if "again" in form else step
    if identifiers.email(door.email) is None:
        code = "invalid" if door.email else "required"
        here: doors.Step = "password" if step is check_password else "ask"
        return doors.show(request, kit, replace(door, step=here, error=code), status=422)
    return await step(request, kit, door, form)


async def send_code(
    request: PortalRequest, kit: Kit, door: Door, _: FormMultiDict
) -> Response[str] | Redirect:
    """The same answer to a known and an unknown address."""
    now = kit.clock()
    try:
        await kit.work.write(logins.send_code, door.email, PURPOSE, kit.keyring, now=now)
    except Throttled as error:
        return _wait(request, kit, door, error)
    return doors.show(request, kit, replace(door, step="code"))


async def check_code(
    request: PortalRequest, kit: Kit, door: Door, form: FormMultiDict
) -> Response[str] | Redirect:
    here = replace(door, step="code")
    code = str(form.get("code", "")).strip()
    if not code:
        return doors.show(request, kit, replace(here, error="code_missing"), status=422)
    now = kit.clock()
    found = await kit.work.write(logins.check_code, door.email, code, PURPOSE, kit.keyring, now=now)
    if isinstance(found, WrongCode):
        error = "code" if found.tries else "code_dead"
        shown = replace(here, error=error, tries=found.tries)
        return doors.show(request, kit, shown, status=422)
    return await enter(request, kit, door, found)


async def check_password(
    request: PortalRequest, kit: Kit, door: Door, form: FormMultiDict
) -> Response[str] | Redirect:
    """An unknown address costs the same time and gets the same answer as a wrong password."""
    here = replace(door, step="password")
    password, now = str(form.get("password", "")), kit.clock()
    key = f"person:{door.email.lower()}"
    try:
        credential = await kit.work.read(_credential, door.email, key, now=now)
    except Throttled as error:
        return _wait(request, kit, here, error)
    if not password:
        return doors.show(request, kit, replace(here, error="password_missing"), status=422)
    known = credential.password_hash if credential else ""
    right = await asyncio.to_thread(_verify, known, password[:MOST_PASSWORD])
    if credential is None or not right:
        await kit.work.write(logins.count_failure, key, now=now)
        return doors.show(request, kit, replace(here, error="wrong"), status=422)
    return await enter(request, kit, door, credential.id, throttle=key)


#: the field that tells which step was sent
STEPS: dict[
    str,
    Callable[[PortalRequest, Kit, Door, FormMultiDict], Awaitable[Response[str] | Redirect]],
] = {"code": check_code, "password": check_password}


async def enter(
    request: PortalRequest, kit: Kit, door: Door, person_id: int, *, throttle: str = ""
) -> Redirect:
    """Begin the session, hand over what waited for it, and go where it was about."""
    now = kit.clock()
    unsent = keeping.unseal(door.kept, kit.keyring, now)
    agent = request.headers.get("user-agent", "")
    token = await kit.work.write(
        _begin, person_id, unsent, kit.keyring, throttle, user_agent=agent, now=now
    )
    cookies = [session_cookie(kit, token)]
    return Redirect(door.back, status_code=303, cookies=cookies)


@post("/sair")
async def session_end(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]
) -> Redirect:
    token = request.cookies.get(COOKIE)
    if token:
        await kit.work.write(sessions.end, token, now=kit.clock())
    return Redirect("/", status_code=303, cookies=[session_cookie(kit, "")])


@post("/prestador")
async def provider_switch(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]
) -> Redirect:
    """Act for another provider of mine from now on."""
    visitor: Visitor = entered(request)
    wanted = str((await request.form()).get("provider", ""))
    mine = {str(provider): provider for provider, _ in visitor.actor.providers}
    if wanted not in mine:
        raise NotVisible("provider", wanted)
    await kit.work.write(sessions.switch, visitor.session_id, mine[wanted])
    return Redirect(HOME, status_code=303)


def hash_password(password: str) -> str:
    """Slow on purpose: call it in a thread, outside transactions."""
    return PasswordHasher().hash(password)


def _verify(known: str, password: str) -> bool:
    try:
        return PasswordHasher().verify(known or _nobody(), password) and bool(known)
    except (Argon2Error, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """What the password of somebody unknown is compared with, so that it takes as long."""
    return hash_password("nobody")


def _credential(session: Session, email: str, key: str, *, now: datetime) -> Credential | None:
    logins.check_throttle(session, key, now=now)
    return logins.person_credential(session, email)


def _begin(
    session: Session,
    person_id: int,
    unsent: Unsent | None,
    keyring: Keyring,
    throttle: str,
    *,
    user_agent: str,
    now: datetime,
) -> str:
    if throttle:
        logins.clear_failures(session, throttle)
    if unsent is not None:
        keeping.hand_over(session, unsent, person_id, keyring, now=now)
    return sessions.start(session, str(ActorKind.PERSON), person_id, now=now, user_agent=user_agent)


def _wait(request: PortalRequest, kit: Kit, door: Door, error: Throttled) -> Response[str]:
    minutes = max(round(error.seconds / MINUTE), 1)
    shown = replace(door, error="throttled", minutes=minutes)
    answer = doors.show(request, kit, shown, status=429)
    answer.headers["Retry-After"] = str(error.seconds)
    return answer
