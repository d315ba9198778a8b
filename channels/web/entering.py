"""Logging in and out: by a code sent to the registered address, or by password."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import FormMultiDict
from litestar.di import NamedDependency
from litestar.params import FromQuery, SkipValidation
from litestar.response import Redirect

from channels.kit import Kit
from channels.web import coming, doors, writer
from channels.web.coming import enter
from channels.web.doors import Door
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
from helpdesk import factors, identifiers, logins, passwords, sessions, throttles
from helpdesk.errors import NotVisible, Throttled
from helpdesk.logins import WrongCode

PURPOSE = "portal"
#: what a button or an address says that leads to the password
OTHER_WAYS: dict[str, doors.Step] = {"senha": "password"}


@get("/")
async def session_ask(
    request: PortalRequest,
    kit: NamedDependency[SkipValidation[Kit]],
    voltar: FromQuery[str] = "",
    com: FromQuery[str] = "",
    guardado: FromQuery[str] = "",
    confirmar: FromQuery[str] = "",
) -> Response[Any] | Redirect:
    if is_entered(request) and not confirmar:
        return Redirect(local_path(voltar), status_code=303)
    door = Door(
        back=local_path(voltar),
        step=OTHER_WAYS.get(com, "ask"),
        saved=guardado == "1",
        confirms=confirmar == "1",
    )
    return doors.show(request, kit, door)


@post("/")
async def session_begin(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]
) -> Response[Any] | Redirect:
    form = await request.form()
    door = Door(
        back=local_path(form.get("voltar")),
        email=str(form.get("email", "")).strip(),
        kept=str(form.get("kept", "")),
        saved=bool(form.get("guardado")),
        passed=str(form.get("passed", "")),
        in_place=bool(form.get("aqui")),
        writer=writer.of(form),
    )
    other = OTHER_WAYS.get(str(form.get("com", "")))
    if other is not None:
        return doors.show(request, kit, replace(door, step=other))
    step = next((step for field, step in STEPS.items() if field in form), send_code)
    step = send_code if "again" in form else step
    if step is not check_second and identifiers.email(door.email) is None:
        code = "invalid" if door.email else "required"
        here: doors.Step = "password" if step is check_password else "ask"
        return doors.show(request, kit, replace(door, step=here, error=code), status=422)
    return await step(request, kit, door, form)


async def send_code(
    request: PortalRequest, kit: Kit, door: Door, _: FormMultiDict
) -> Response[Any] | Redirect:
    """The same answer to a known and an unknown address."""
    try:
        await kit.work.write(
            logins.send_code,
            door.email,
            PURPOSE,
            kit.keyring,
            now=kit.clock(),
            link=kit.policy.link("/acesso/"),
            device=await _device(request, kit, door.email),
        )
    except Throttled as error:
        return doors.wait(request, kit, door, error)
    return doors.show(request, kit, replace(door, step="code"))


async def check_code(
    request: PortalRequest, kit: Kit, door: Door, form: FormMultiDict
) -> Response[Any] | Redirect:
    here = replace(door, step="code")
    code = str(form.get("code", "")).strip()
    if not code:
        return doors.show(request, kit, replace(here, error="code_missing"), status=422)
    found = await kit.work.write(
        logins.check_code,
        door.email,
        code,
        PURPOSE,
        kit.keyring,
        now=kit.clock(),
        device=await _device(request, kit, door.email),
    )
    if isinstance(found, WrongCode):
        error = "code" if found.tries else "code_dead"
        shown = replace(here, error=error, tries=found.tries)
        return doors.show(request, kit, shown, status=422)
    return await enter(request, kit, door, found, "code")


async def check_password(
    request: PortalRequest, kit: Kit, door: Door, form: FormMultiDict
) -> Response[Any] | Redirect:
    """An unknown address costs the same time and gets the same answer as a wrong password."""
    here = replace(door, step="password")
    password, now = str(form.get("password", "")), kit.clock()
    credential = await kit.work.read(logins.person_credential, door.email)
    person_id = credential.id if credential else None
    gates = coming.gates_of(request, kit, door.email, person_id)
    try:
        await kit.work.read(throttles.check, gates, now=now)
    except Throttled as error:
        return doors.wait(request, kit, here, error)
    if not password:
        return doors.show(request, kit, replace(here, error="password_missing"), status=422)
    known = credential.password_hash if credential else ""
    right = await asyncio.to_thread(passwords.verify, known, password)
    if credential is None or not right:
        await coming.refuse(request, kit, gates, person_id, "password")
        return doors.show(request, kit, replace(here, error="wrong"), status=422)
    return await enter(request, kit, door, credential.id, "password", cleared=gates)


async def check_second(
    request: PortalRequest, kit: Kit, door: Door, form: FormMultiDict
) -> Response[Any] | Redirect:
    """The code of the app, or a recovery code, after code or password."""
    who = coming.passed(request, kit, door.passed)
    if who is None:
        return doors.show(request, kit, replace(door, error="expired"), status=422)
    here = replace(door, step="second")
    person_id, method = who
    gates = throttles.gates(f"second:{coming.PERSON}:{person_id}")
    try:
        await kit.work.read(throttles.check, gates, now=kit.clock())
    except Throttled as error:
        return doors.wait(request, kit, here, error)
    right = await kit.work.write(
        factors.check,
        coming.PERSON,
        person_id,
        str(form.get("second", "")),
        kit.keyring,
        now=kit.clock(),
    )
    if not right:
        await coming.refuse(request, kit, gates, person_id, "code")
        return doors.show(request, kit, replace(here, error="second"), status=422)
    return await coming.begin(request, kit, door, person_id, method, cleared=gates)


#: the field that tells which step was sent
STEPS: dict[
    str,
    Callable[[PortalRequest, Kit, Door, FormMultiDict], Awaitable[Response[Any] | Redirect]],
] = {"second": check_second, "code": check_code, "password": check_password}


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


async def _device(request: PortalRequest, kit: Kit, email: str) -> str:
    credential = await kit.work.read(logins.person_credential, email)
    return coming.device_of(request, kit, credential.id if credential else None)
