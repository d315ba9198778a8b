"""Links that arrive by mail: an invitation, a log-in, a new password. Looking shows a form, only
the form acts: mail scanners follow links."""

import asyncio

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation
from litestar.response import Redirect

from channels.kit import Kit
from channels.web.coming import PERSON, enter
from channels.web.doors import Door
from channels.web.visitors import PortalRequest
from helpdesk import identifiers, logins, passwords, resets
from helpdesk.errors import Throttled


@get("/convite/{token:str}")
async def invitation_show(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], token: FromPath[str]
) -> Response[str]:
    return await _page(request, kit, token)


@post("/convite/{token:str}")
async def invitation_accept(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], token: FromPath[str]
) -> Response[str] | Redirect:
    """With a password, unless the person has one from another provider."""
    password = str((await request.form()).get("password", ""))
    person = await kit.work.read(logins.invited, token, kit.keyring, now=kit.clock())
    if person is None:
        return await _page(request, kit, token)
    hashed = ""
    if password or not person.password_hash:
        words = (person.name, person.email, kit.policy.insurer)
        problem = await asyncio.to_thread(passwords.problem, password, words=words)
        if problem:
            return await _page(request, kit, token, error=problem)
        hashed = await asyncio.to_thread(passwords.hash_password, password)
    person_id = await kit.work.write(logins.accept, token, kit.keyring, hashed, now=kit.clock())
    if person_id is None:
        return await _page(request, kit, token)
    return await enter(request, kit, Door(), person_id, "invitation")


@get("/acesso/{token:str}")
async def link_show(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], token: FromPath[str]
) -> Response[str]:
    person = await kit.work.read(logins.linked, token, kit.keyring, now=kit.clock())
    if person is None:
        return kit.page(request, "web/void.html", {"what": "link"}, 410)
    context: dict[str, object] = {"token": token, "name": person.name, "email": person.email}
    return kit.page(request, "web/link.html", context)


@post("/acesso/{token:str}")
async def link_enter(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], token: FromPath[str]
) -> Response[str] | Redirect:
    person_id = await kit.work.write(logins.use_link, token, kit.keyring, now=kit.clock())
    if person_id is None:
        return kit.page(request, "web/void.html", {"what": "link"}, 410)
    return await enter(request, kit, Door(), person_id, "link")


@get("/esqueci")
async def reset_form(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]
) -> Response[str]:
    return _forgotten(request, kit, {})


@post("/esqueci")
async def reset_ask(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]]
) -> Response[str]:
    """The same answer to a known and an unknown address."""
    email = str((await request.form()).get("email", "")).strip()
    if identifiers.email(email) is None:
        error = "invalid" if email else "required"
        return _forgotten(request, kit, {"email": email, "error": error}, 422)
    link = kit.policy.link("/nova-senha/")
    try:
        await kit.work.write(resets.ask, PERSON, email, kit.keyring, link, now=kit.clock())
    except Throttled as throttled:
        page = _forgotten(request, kit, {"email": email, "error": "throttled"}, 429)
        page.headers["Retry-After"] = str(throttled.seconds)
        return page
    return _forgotten(request, kit, {"email": email, "sent": True})


@get("/nova-senha/{token:str}")
async def password_form(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], token: FromPath[str]
) -> Response[str]:
    return await _choose(request, kit, token)


@post("/nova-senha/{token:str}")
async def password_renew(
    request: PortalRequest, kit: NamedDependency[SkipValidation[Kit]], token: FromPath[str]
) -> Response[str] | Redirect:
    password = str((await request.form()).get("password", ""))
    owner = await kit.work.read(resets.look, PERSON, token, kit.keyring, now=kit.clock())
    if owner is None:
        return await _choose(request, kit, token)
    words = (owner.name, owner.email, kit.policy.insurer)
    problem = await asyncio.to_thread(passwords.problem, password, words=words)
    if problem:
        return await _choose(request, kit, token, problem)
    hashed = await asyncio.to_thread(passwords.hash_password, password)
    used = await kit.work.write(resets.use, PERSON, token, hashed, kit.keyring, now=kit.clock())
    if used is None:
        return await _choose(request, kit, token)
    return await enter(request, kit, Door(), used.id, "reset")


async def _page(request: PortalRequest, kit: Kit, token: str, *, error: str = "") -> Response[str]:
    """410 for a link that was used, expired or never sent: it says how to get another."""
    person = await kit.work.read(logins.invited, token, kit.keyring, now=kit.clock())
    if person is None:
        return kit.page(request, "web/void.html", {"what": "invitation"}, 410)
    context: dict[str, object] = {
        "token": token,
        "name": person.name,
        "email": person.email,
        "has_password": bool(person.password_hash),
        "least": passwords.LEAST,
        "error": error,
    }
    return kit.page(request, "web/invitation.html", context, 422 if error else 200)


async def _choose(request: PortalRequest, kit: Kit, token: str, error: str = "") -> Response[str]:
    owner = await kit.work.read(resets.look, PERSON, token, kit.keyring, now=kit.clock())
    if owner is None:
        return kit.page(request, "web/void.html", {"what": "reset"}, 410)
    context: dict[str, object] = {
        "token": token,
        "name": owner.name,
        "email": owner.email,
        "least": passwords.LEAST,
        "error": error,
    }
    return kit.page(request, "web/new_password.html", context, 422 if error else 200)


def _forgotten(
    request: PortalRequest, kit: Kit, given: dict[str, object], status: int = 200
) -> Response[str]:
    context: dict[str, object] = {"email": "", "error": "", "sent": False}
    return kit.page(request, "web/forgotten.html", context | given, status)
